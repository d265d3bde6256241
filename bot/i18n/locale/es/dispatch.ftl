# Lo que dice el propio despachador.
error-outside-thread = Solo el servidor dice que este mensaje pertenece al hilo de { $ref }; no se retransmitió.
    .hint = Para retransmitirlo, envíe `!responder { $ref }` y su texto.
error-command-in-caption = Un comando no funciona como descripción de un archivo; no se hizo nada.
    .hint = Publique primero el archivo y luego envíe el comando como respuesta a él.
error-out-of-order = Su respuesta llegó tarde o fuera de orden y no es seguro a qué responde; no se hizo nada.
    .hint = Responda directamente al mensaje al que se refiere.
error-several-open = Hay más de una pregunta abierta aquí; no se hizo nada.
    .hint = Responda directamente al mensaje al que se refiere.
error-unforeseen = Algo falló dentro de enlace ({ $id }); no se hizo nada.
    .hint = Inténtelo de nuevo en un minuto y, si persiste, dé este número a una persona coordinadora.
late-command = { $minutes ->
        [one] Esto llegó con 1 minuto de retraso y no se hizo. Responda **ok** para hacerlo ahora.
       *[other] Esto llegó con { $minutes } minutos de retraso y no se hizo. Responda **ok** para hacerlo ahora.
    }
never-mind = De acuerdo, no se hizo nada.
reaction-seen = Se vio su { $sign }, pero un servidor podría falsificarla, así que no cuenta para nada: responda **ok** (o **no**) con un mensaje.
