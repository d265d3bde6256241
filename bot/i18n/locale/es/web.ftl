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
