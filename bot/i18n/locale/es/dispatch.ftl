# Lo que dice el propio despachador.
error-outside-thread = Lo que muestra el servidor y lo que está cifrado no coinciden en si esto pertenece a { $ref }; no se retransmitió.
    .hint = Para retransmitirlo, envíe `!responder { $ref }` y su texto.
error-command-in-caption = Un comando no funciona como descripción de un archivo; no se hizo nada.
    .hint = Publique primero el archivo y luego envíe el comando como respuesta a él.
error-nothing-waits = Ahí nada espera su respuesta, o ya no: una pregunta queda abierta diez minutos, para quien la recibió. No se hizo nada; si aún lo desea, escriba el comando de nuevo.
error-question-expired = La pregunta sobre su línea caducó (diez minutos), así que no se retransmitió nada: ni la línea ni esta palabra.
    .hint = Escriba la línea de nuevo y responda entonces. Si la palabra era para los demás, dígala en una frase.
error-out-of-order = Su respuesta llegó tarde o fuera de orden y no es seguro a qué responde; no se hizo nada.
    .hint = Responda directamente al mensaje al que se refiere.
error-command-edited = Todavía se le pregunta por este comando, así que su edición no se tomó: `ok` lo haría como estaba.
    .hint = Responda `no` y escríbalo de nuevo.
error-several-open = Hay más de una pregunta abierta aquí; no se hizo nada.
    .hint = Responda directamente al mensaje al que se refiere.
error-unforeseen = Algo falló dentro de enlace ({ $id }); no se hizo nada.
    .hint = Inténtelo de nuevo en un minuto y, si persiste, dé este número a una persona coordinadora.
error-too-much = Envió en un minuto más de lo que hago por una persona, así que esto no se hizo. Durante { $seconds } s no haré nada de lo que pida.
    .hint = Después responda **ok** a este mensaje y se hará: el texto queda guardado. Siempre se hacen al momento: **ok** a un aviso, `!atiendo`, `!rechazo`, `!resuelto`, `!escalar … crítica`, `!verificar revocar`.
error-too-much-here = Aquí se pidió en un minuto más de lo que hago en una sala, así que esto no se hizo. Durante { $seconds } s no haré nada de lo que se pida aquí.
    .hint = Después responda **ok** a este mensaje y se hará: el texto queda guardado. Siempre se hacen al momento: **ok** a un aviso, `!atiendo`, `!rechazo`, `!resuelto`, `!escalar … crítica`, `!verificar revocar`. Su sala directa cuenta aparte.
error-too-much-unproved = Aquí llegó en un minuto más de lo que contesto sin prueba de quién lo envía, así que no se hizo. Durante { $seconds } s no contestaré aquí a nada de ese tipo.
    .hint = Lo que escriben las personas verificadas se hace como siempre. `!verificar` dice cómo verificarse; en una sala directa no depende de los demás.
late-command = { $minutes ->
        [one] Esto llegó con 1 minuto de retraso y no se hizo. Responda **ok** para hacerlo ahora.
       *[other] Esto llegó con { $minutes } minutos de retraso y no se hizo. Responda **ok** para hacerlo ahora.
    }
working = ⏳ En ello; la respuesta aparecerá aquí mismo.
working-file = ⏳ El archivo va en camino; aquí mismo aparecerá el resultado.
never-mind = De acuerdo, no se hizo nada.
answered-together = Su **ok** envió { $count } líneas.
question-removed = Aquello por lo que se le preguntó se eliminó en esta sala, así que **ok** ya no lo envía ni lo hace. Escríbalo de nuevo si aún debe ir.
reaction-seen = Se vio su { $sign }, pero un servidor podría falsificarla, así que no cuenta para nada: responda **ok** (o **no**) con un mensaje.

error-not-an-answer = Con eso { $ref } no queda atendido: todavía no lo atiende nadie. No se cambió nada.
    .hint = Responda solo **ok** para atender, o solo **no** si no puede.
