# El registro: puntos de control, recibos, comprobación.
error-audit-behind = El registro tiene { $entries ->
        [one] 1 asiento
       *[other] { $entries } asientos
    }, pero se firmó un punto de control sobre { $signed }: esta base de datos es más antigua que lo ya entregado. No se envía nada.
    .hint = Hay que reponer la base de datos más reciente; solo si se perdió definitivamente: `enlace audit resume`.
error-audit-rewritten = El registro ya no coincide con su propio punto de control sobre { $signed } asientos (hay { $entries }): fue alterado. No se envía nada.
    .hint = `enlace audit verify` indica el primer asiento dañado. Hay que reponer una base de datos que coincida y averiguar quién escribió en esta.
error-audit-entry-damaged = El asiento { $entry } del registro no está como se escribió.
    .hint = `enlace audit verify` comprueba el registro completo.
error-audit-file-failed = No se puede leer o escribir el archivo de punto de control { $path }: { $reason }.
    .hint = Su carpeta debe pertenecer a la cuenta con la que se ejecuta enlace (`audit.checkpoint_file`).
error-audit-file-wrong = El archivo { $path } no contiene un punto de control firmado por el registro { $log }.
    .hint = Revisar `audit.checkpoint_file` y `audit.origin`. Mover el archivo solo si consta que no es de este registro.
error-audit-bad-checkpoint = Esto no es un punto de control de un registro.
    .hint = Un punto de control es el texto completo, desde el nombre del registro hasta la línea que empieza con «—».
error-audit-not-signed = El punto de control no está firmado con la clave del registro { $log }.
    .hint = Si llegó como propio de este registro, avise a sus coordinadores: alguien lo inventó.
error-audit-wrong-log = El punto de control pertenece al registro { $found }, no a { $log }.
    .hint = Compárelo con ese registro.
error-audit-bad-key = Esto no es la clave pública de un registro.
    .hint = Tiene la forma `example.org/enlace+1a2b3c4d+AQ…`; pida la suya a quienes operan el servicio.
error-audit-bad-receipt = Esto no es un recibo de un registro de enlace.
    .hint = Use el archivo tal como se recibió, sin cambios.
error-audit-receipt-refuted = El asiento { $entry } de este recibo no está en el registro para el que se firmó su punto de control.
    .hint = No confíe en este recibo; pida uno nuevo y avise a sus coordinadores.
error-audit-nothing-logged = El registro no contiene nada sobre { $ref } que usted pueda ver.
    .hint = Es posible que los detalles se hayan depurado; `!estado` muestra lo que está abierto.
error-audit-not-resumable = El registro { $log } no puede suceder a uno perdido: no tiene clave o ya firmó antes con este nombre.
    .hint = Definir en `audit.origin` un nombre que nunca se haya usado.

audit-one = **asiento { $first }**
audit-many = **asientos { $first } a { $last }**
audit-problem-entry = { $which }: no está como se escribió.
audit-problem-details = { $which }: los detalles no son los que se registraron.
audit-problem-details-gone = { $which }: faltan los detalles y ningún asiento indica que se hayan depurado.
audit-problem-missing = { $which }: falta.
audit-problem-rewritten = { $which }: reescrito; la raíz no es la que se firmó.
audit-problem-tree = { $which }: tal como se firmó, pero el árbol guardado encima no coincide.
audit-problem-checkpoint = { $which }: el punto de control que lo cubre está dañado o no lleva la firma del registro.
