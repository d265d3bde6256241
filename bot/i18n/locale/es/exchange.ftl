# Intercambios: lo que ven el origen y los destinatarios.
exchange-copy-head = { $who }: { $subject }
exchange-copy-label = { $label } · { $ref } · para { $to }
exchange-copy-foot = ↩ responda en este hilo: llega a { $back } · `//` deja una línea solo aquí
exchange-reply-head = **{ $who }** · { $label }
exchange-file = 📎 { $name } · { $size }
exchange-status-head = **{ $ref }** · { $label } · para { $to }
exchange-status = En su sala { $rooms }/{ $of_rooms } · llaves para { $devices }/{ $of_devices } dispositivos · { $answers ->
        [0] nadie ha respondido todavía
        [one] 1 respuesta
       *[other] { $answers } respuestas
    }
exchange-status-held = Retenido para { $who }: { $why }
exchange-status-lost = **No entregado a { $who }** ({ $why }). No se volverá a intentar; envíelo de nuevo.
exchange-consent = Esto va a { $to }. `ok` lo envía, `//` lo deja aquí.
exchange-relayed = { $ref } · retransmitido a { $to }.
exchange-nobody-left = { $ref }: ya no participa nadie más; no se retransmitió nada.

held-not-encrypted = su sala no está cifrada, o enlace ya no está en ella
held-not-verified = su sala no está verificada en este momento; sale por sí solo si se corrige dentro de una hora
held-label = en su sala hay alguien que no puede leer esta etiqueta
held-new-members = hay alguien en la sala que no estaba cuando se envió
held-held-long = su sala no estuvo verificada durante más de una hora
held-no-device = nadie en su sala tiene ahora un dispositivo verificado; sale por sí solo si eso cambia dentro de una hora
held-reply = { $ref }: su mensaje está retenido para { $who }: { $why }
held-question = **{ $ref } sigue retenido para { $who }.** Responda **ok** para enviarlo a todos los que están ahora, **no** para desistir.
held-question-new = { $who }, no estaba cuando se envió: { $users }
held-question-long = { $who }: retenido desde hace más de una hora
held-question-end = Sin su respuesta, se descarta { $hours } horas después del envío.
held-released = { $ref }: ya sale para { $who }.
held-given-up = { $ref }: descartado; no sale nada para { $who }.
held-lost = **{ $ref } no se entregó a { $who }**: { $why }. No se volverá a intentar; envíelo de nuevo.

lost-not-encrypted = durante un día su sala no estuvo cifrada, o enlace no estaba en ella
lost-not-verified = su sala no estuvo verificada durante un día
lost-label = durante un día hubo en su sala alguien que no puede leer esta etiqueta
lost-no-device = durante un día nadie en su sala tuvo un dispositivo verificado
lost-held-long = estuvo retenido un día
lost-new-members = estuvo retenido un día
lost-given-up = usted desistió
lost-too-late = se pasó el plazo
lost-other = { $reason }

tlp-no-red-room = nadie en una sala compartida: aquí ya lo han visto todos. Use su sala directa con enlace

error-nothing-asked = Esa pregunta sobre un mensaje retenido ya está resuelta; no se hizo nada.
    .hint = `!estado` muestra lo que sigue retenido.
error-unknown-exchange = No hay ningún intercambio { $ref } en el que participe su organización.
    .hint = `!estado` muestra los abiertos.
error-exchange-closed = { $ref } está cerrado; no se retransmitió nada.
    .hint = Abra uno nuevo con `!enviar`.
error-too-long = El texto es demasiado largo: { $size } bytes, y en un mensaje caben { $limit }. No se envió nada.
    .hint = Envíelo en dos partes.
error-label-forbids = { $label } no permite que esto vaya a { $whom }. No se envió nada.
    .hint = `!ayuda tlp` muestra hasta dónde puede ir cada etiqueta.
error-file-not-encrypted = El archivo no está cifrado: su servidor puede leerlo. No se reenvió.
    .hint = Publíquelo desde un cliente que cifre los archivos y elimine este.
error-file-too-large = El archivo supera los { $limit } MB, el máximo que se lleva aquí. No se envió nada.
    .hint = Envíelo en partes, o diga en el hilo dónde obtenerlo.
error-file-changed = El archivo no es el que cifró su remitente: se dañó o se cambió en el servidor. No se envió nada.
    .hint = Publíquelo de nuevo. Si vuelve a ocurrir, avise a una persona coordinadora.
error-file-away = No se pudo obtener y entregar el archivo ({ $reason }). No se envió nada.
    .hint = Inténtelo de nuevo en unos minutos.
error-nothing-taken-along = No se pudo volver a leer el mensaje al que respondió, así que no puede acompañar al suyo. No se envió nada.
    .hint = Publíquelo de nuevo y responda a ese, o envíe sin responder a nada.
error-try-later = El servidor no aceptó el mensaje: { $reason }.
error-refused = El mensaje no puede enviarse nunca allí: { $reason }.
error-unfit = En la última comprobación la sala no era apta para recibirlo: { $reason }.
