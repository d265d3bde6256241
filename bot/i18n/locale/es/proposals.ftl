# Cuatro ojos: propuestas y !aprobar.
command-approve = Aprobar un cambio del directorio que otra persona propone, en la propia sala con enlace
    .words = aprobar
    .usage = !aprobar [REFERENCIA-PRO] [no]
    .example = !aprobar PRO-7F3KQ
proposal-console = quien maneja la consola
proposal-head = **{ $ref }: { $who } propone cambiar el directorio**
proposal-more = { $count ->
        [one] … y 1 línea más
       *[other] … y { $count } líneas más
    }: `enlace directory proposals` en la consola lo muestra todo.
proposal-call-first = ⚠ A { $whose } se llamaría a otro número. **Antes de aprobar, llame al número que tiene ahora el directorio**, y hasta entonces no avale a nadie por el nuevo.
proposal-how = `!aprobar { $ref }` aprueba, `!aprobar { $ref } no` rechaza. Aprobaciones: { $given } de { $needed }; abierta hasta el { $until }.
proposal-which = ¿Cuál? Responder con un número.
proposal-choice = { $number }. { $ref } · { $at } · { $who } · { $line }
proposal-applied = { $ref } está aprobada y el directorio cambió.
proposal-rejected = { $ref } (propuesta por { $who }) fue rechazada. El directorio sigue igual.
proposal-expired = { $ref } (propuesta por { $who }) no se aprobó en 14 días y queda cerrada. El directorio sigue igual.
proposal-overtaken = { $ref } (propuesta por { $who }) ya no corresponde al directorio y queda cerrada. Si aún hace falta, hay que proponerla de nuevo.
approve-open = Su aprobación de { $ref } cuenta: { $given } de { $needed }. Falta la de otra persona que coordine.
approve-applied = { $ref } está aprobada y el directorio cambió.
approve-rejected = { $ref } está rechazada. El directorio sigue igual.
approve-overtaken = { $ref } **no** se hizo: el directorio cambió desde que se propuso, y lo que se le mostró ya no corresponde. Queda cerrada; quien la propuso puede proponerla de nuevo.
error-approve-alone = Solo se aprueba en la propia sala con enlace. No se hizo nada.
    .hint = Escriba `!aprobar` allí.
error-nothing-to-approve = Ningún cambio espera su aprobación.
    .hint = Sus propias propuestas, y las que ya aprobó, esperan a otra persona que coordine.
error-approve-how = «{ $word }» no es una respuesta a una propuesta. No se hizo nada.
    .hint = `!aprobar PRO-7F3KQ` aprueba, `!aprobar PRO-7F3KQ no` rechaza.
error-nothing-to-propose = Esto no cambiaría nada en el directorio, así que no hay nada que proponer.
error-directory-moved = Lo que se iba a cambiar no corresponde al directorio como está ahora. No se propuso nada.
    .hint = Puede que otra organización tenga la misma persona o llave, o que el directorio acabe de cambiar: mire el plan de nuevo.
error-no-such-proposal = No hay ninguna propuesta { $ref }. No se cambió nada.
    .hint = `!aprobar` muestra las que esperan su aprobación.
error-proposal-ended = La propuesta { $ref } ya no está abierta. No se cambió nada.
    .hint = Si el cambio aún hace falta, hay que proponerlo de nuevo.
error-proposal-altered = La propuesta { $ref } en la base de datos no es lo que se propuso. No se cambió nada.
    .hint = Alguien modificó la base de datos: revise el registro con `enlace audit verify` y proponga el cambio de nuevo.
error-own-proposal = La propuesta { $ref } es suya: la aprueba otra persona que coordine. No se cambió nada.
    .hint = `!aprobar { $ref } no` la retira.
error-approved-already = Ya aprobó { $ref }; espera a otra persona que coordine.
error-not-a-coordinator = { $user } no coordina, así que esta aprobación no cuenta. No se cambió nada.
error-not-an-approval = El texto firmado no aprueba ninguna propuesta: debe ser exactamente una línea. No se cambió nada.
    .hint = `enlace directory proposals` muestra la línea que se firma.
error-approves-something-else = Lo firmado no es lo que contiene { $ref }. No se cambió nada.
    .hint = `enlace directory proposals` muestra la línea que se firma.

# La línea de órdenes.
cli-propose-ask = La importación fundacional terminó: ¿proponer esto a quienes coordinan?
cli-proposed = Propuesto como { $ref }. Aún no cambia nada: hacen falta { $needed } personas que coordinen, hasta el { $until }. Reciben el aviso en su propia sala con enlace y responden `!aprobar { $ref }`, o firman exactamente esta línea:
cli-proposals-none = No hay propuestas abiertas.
cli-proposals-line = { $ref } · { $at } · { $who } · { $file } · aprobaciones { $given } de { $needed } · abierta hasta el { $until }
cli-proposals-sign = Para aprobarla por archivo, firmar exactamente esta línea (`gpg --clear-sign`):
cli-approved-open = Su aprobación de { $ref } cuenta: { $given } de { $needed }. Aún no cambia nada.
cli-approved-applied = { $ref } está aprobada y el directorio cambió.
cli-approved-overtaken = { $ref } no se hizo: el directorio cambió desde que se propuso. Queda cerrada; hay que proponerla de nuevo.
