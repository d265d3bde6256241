# Las claves propias del bot en la línea de comandos y la salida cuando se pierde un disco.
cli-ask-backup-passphrase = Frase de contraseña del respaldo de las claves (mínimo { $shortest } caracteres)
keys-cli-backed-up = Sellado en { $path }: configuración, bóveda y clave OpenPGP. **Guardarlo separado del archivo de recuperación y de ambas frases de contraseña.** El almacén criptográfico no está incluido, a propósito; la base de datos necesita sus propios respaldos.
keys-cli-restored = Listo: misma identidad, dispositivo nuevo. Sigue: poner en su lugar la copia más reciente de la base de datos (o `enlace db upgrade` si está vacía), `enlace check`, `enlace run`.
    Pedir que se elimine de la cuenta el dispositivo perdido: `enlace check` lo nombra.
error-already-running = Enlace ya está en ejecución, u otro comando trabaja con sus claves, en { $path }.
    .hint = Detenerlo primero; dos a la vez en un mismo dispositivo vuelven ilegibles los mensajes.
error-keys-not-a-backup = { $path } no es un respaldo escrito por `enlace keys backup`.
    .hint = Indicar ese archivo; el archivo de recuperación va en `--recovery`.
error-keys-device-lost = El token de acceso pertenece al dispositivo { $device }, cuyo almacén criptográfico se perdió. No se creó nada.
    .hint = Iniciar una sesión nueva, para que el servidor cree otro dispositivo, y entregar ese token.
error-keys-set-elsewhere = El ajuste `{ $key }` no proviene de { $path } sino del entorno. No se creó nada.
    .hint = Quitar la variable e intentar de nuevo: el valor nuevo debe quedar en el archivo.
error-config-not-rewritable = No se pudo definir `{ $key }` en { $path }: su YAML está escrito de una forma que no se modifica automáticamente. No se cambió nada.
    .hint = Escribir cada sección en líneas simples con sangría, como en config.example.yaml, e intentar de nuevo.
keys-cli-safe-mode = **Modo seguro: no se envía ni se firma nada.** La salida:
    1. Reponer la base de datos más reciente e iniciar de nuevo.
    2. Solo si se perdió definitivamente: `enlace audit resume --after-loss { $file }` indica qué deben firmar dos coordinadores, y luego continúa.
keys-cli-resumed = El registro continúa como { $origin }. { $count ->
        [0] No había nada en curso.
        [one] 1 entrega queda como desconocida: no se reenvía y se avisa a quien la envió.
       *[other] { $count } entregas quedan como desconocidas: no se reenvían y se avisa a quienes las enviaron.
    } Sigue: `enlace keys backup` en un archivo nuevo, `enlace run`.
error-resume-nothing-lost = La base de datos contiene todo lo que dice este punto de control. No se cambió nada.
    .hint = Iniciar con `enlace run`.
error-resume-not-newest = El archivo { $path } contiene un punto de control más reciente, sobre { $newest } asientos; este es sobre { $given }. No se cambió nada.
    .hint = Usar ese archivo.
error-resume-not-approved = { $count ->
        [0] Nadie ha aprobado todavía. No se cambió nada.
        [one] Solo aprobó un coordinador. No se cambió nada.
       *[other] Aprobaron { $count } coordinadores. No se cambió nada.
    }
    .hint = { $needed ->
        [one] Quien coordina firma en claro exactamente esta línea: `{ $line }`. Entregar el archivo con `--approval`.
       *[other] Dos coordinadores firman en claro, cada uno, exactamente esta línea: `{ $line }`. Entregar ambos archivos con `--approval`.
    }
error-resume-other-approval = El texto firmado en { $path } es otro. No se cambió nada.
    .hint = Debe ser exactamente esta línea: `{ $line }`
after-loss-notice = **enlace perdió parte de su memoria.** Lo escrito, respondido o entregado entre { $since } y { $until } es *desconocido* aquí: pudo haber llegado o no. Nada de ello se reenvía por sí solo. Revise `!estado`, pregunte a la otra parte y envíe de nuevo lo que falte.
after-loss-unknown = - { $ref } para { $whom }: se desconoce si fue entregado
after-loss-more = { $count ->
        [one] … y 1 más.
       *[other] … y { $count } más.
    }
cli-check-devices = ningún otro dispositivo de la cuenta
cli-check-device-signed = { $device } (firmado)
cli-check-device-unsigned = { $device } (sin firmar)
error-other-devices = La cuenta { $user } tiene otros dispositivos además del propio del bot: { $devices }. Ninguno recibe claves del bot y a ninguno se le obedece.
    .hint = Pedir a quien opera el servidor que elimine cada uno, o hacerlo en la configuración de un cliente con sesión iniciada como el bot. Si alguno está *firmado* y no es el dispositivo de una máquina que se dio de baja, alguien tiene el archivo de recuperación: avisar a los coordinadores.

# enlace keys rotate
cli-ask-new-passphrase = Nueva frase de paso de la bóveda (al menos { $shortest } caracteres)
keys-cli-new-passphrase = La bóveda solo se abre con la nueva frase de paso. Póngala donde `enlace run` la encuentre (`vault.passphrase_file`, variable o credencial) y haga una copia nueva: `enlace keys backup`. Las copias anteriores de la bóveda aún se abren con la frase anterior; destrúyalas.
keys-cli-new-device = Listo: la misma identidad en un dispositivo nuevo; la sesión del anterior está cerrada y su almacén criptográfico, borrado. Siguiente: `enlace check`, una copia nueva (`enlace keys backup`), `enlace run`.
keys-cli-new-log = El registro sigue como { $origin }, con una clave nueva; la configuración la nombra. Entregue la nueva clave (`enlace audit key`) y haga una copia nueva: `enlace keys backup`.
error-rotate-same-device = El token de acceso es del dispositivo { $device }, que es el que está en uso. No se cambió nada.
    .hint = Inicie otra sesión con cualquier cliente y entregue el token de esa sesión.
error-rotate-no-log-yet = El registro aún no ha firmado nada, así que no necesita otra clave. No se cambió nada.
