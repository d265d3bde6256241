# Lo que `/readyz` dice a quien mantiene el servicio en marcha.
web-ready = Listo.
web-never-synced = El servidor Matrix todavía no ha respondido a ninguna sincronización.
web-sync-old = El servidor Matrix respondió a la última sincronización hace { $seconds ->
        [one] 1 segundo
       *[other] { $seconds } segundos
    }; más de { $most } es demasiado. Revise el servidor y la conexión con él.
web-database-away = La base de datos no responde. El motivo está en los mensajes del proceso.
web-outbox-old = El mensaje en cola más antiguo lleva esperando { $seconds ->
        [one] 1 segundo
       *[other] { $seconds } segundos
    }; más de { $most } es demasiado. Por qué falla el envío está en los mensajes del proceso.

# La página a la que lleva el enlace de un correo cifrado.
web-ack-ask = { $severity } · **{ $caller }** llama a **{ $whom }** · { $ref }. Nadie lo atiende todavía. Si usted lo atiende, se avisa a quienes tienen que ver.
web-ack-button = Lo atiendo
web-ack-done = **Usted atiende { $ref }.** Ya se avisó a { $caller }. Los detalles están en su sala con enlace; allí `!resuelto { $ref }` cuando termine.
error-web-nothing-here = Esta dirección no admite esa petición. No se cambió nada. Use la dirección exactamente como se la dieron.
error-web-too-often = Demasiadas solicitudes desde aquí. No se cambió nada. Pruebe de nuevo en un minuto.
error-web-not-recorded = No se pudo registrar. No se cambió nada. Pruebe de nuevo en un momento o responda en su sala con enlace.

# Letters to coordinators and operators when the homeserver is silent; they say nothing that is not for everybody.
silence-told-subject = enlace no recibe nada
silence-told = enlace no recibe nada de su servidor Matrix desde el { $since }. Mientras tanto no se entrega nada en Matrix ni se leen respuestas allí; las llamadas suenan por correo y webhook donde estén configurados. Revise el servidor Matrix, la red y la máquina del bot. Recibirá otro aviso cuando termine.
silence-over-subject = enlace vuelve a recibir
silence-over = enlace vuelve a recibir de su servidor Matrix. Estuvo en silencio del { $since } al { $until }. Lo que esperaba sale ahora, cada mensaje una sola vez.
