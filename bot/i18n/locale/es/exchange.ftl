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
exchange-status-withdrawn = **Retirado por usted:** se está borrando de sus salas.
exchange-status-withdrawn-mail = **Retirado por usted:** una carta ya entregada al correo no se puede retirar.
exchange-status-mail = Por correo a { $who }: entregado al servidor de correo { $taken }/{ $of }. Más nadie puede prometer. Ni respuestas posteriores, ni ediciones, ni archivos van por correo; la respuesta llegará por correo o teléfono.
exchange-letter-foot = Responda a { $who } por correo o teléfono: { $ways }. enlace no lee correo: lo que se envíe a la dirección de la que viene esta carta no llega a nadie.
exchange-letter-foot-bare = Responda a { $who } por correo o teléfono. enlace no lee correo: lo que se envíe a la dirección de la que viene esta carta no llega a nadie.
exchange-not-mailed = { $ref } fue solo por correo, y las respuestas posteriores no van por correo: no se envió nada. Escríbales o llámeles; `!enviar` abre otra carta.
exchange-status-closed = **Cerrado:** ya no se retransmite nada.
exchange-status-lost = **No entregado a { $who }** ({ $why }). No se volverá a intentar; envíelo de nuevo.
exchange-consent = Esto va a { $to }. `ok` lo envía, `//` lo deja aquí.
exchange-consent-kept = Hay líneas que empiezan con `//`: aún no se retransmitió nada. `ok` envía todo a { $to }, también esas líneas; para dejarlas fuera, responda `no` y escríbalo de nuevo sin ellas.
exchange-relayed = { $ref } · retransmitido a { $to }.
exchange-nobody-left = { $ref }: ya no participa nadie más; no se retransmitió nada.

held-not-encrypted = su sala no está cifrada, o enlace ya no está en ella
held-not-verified = su sala no está verificada en este momento; sale por sí solo si se corrige dentro de una hora
held-members = { $users }: en su sala y sin verificar; saldrá por sí solo si se corrige en una hora
held-label = alguien en su sala no puede leer esta etiqueta, o tiene un dispositivo sin firmar (TLP:RED)
held-new-members = hay alguien en la sala que no estaba cuando se envió
held-held-long = su sala no estuvo verificada durante más de una hora
held-no-device = nadie en su sala tiene ahora un dispositivo verificado; sale por sí solo si eso cambia dentro de una hora
held-root-held = el mensaje al que responde sigue retenido allí; sale después de ese
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
lost-no-key = no se pudo cifrar correo con ninguna llave suya del directorio, así que no se envió
lost-mail-label = su etiqueta no va por correo
lost-not-configured = ya no hay servidor de correo configurado
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
error-above-ceiling = { $label } supera lo que usted puede decir: como máximo { $most }, según su verificación actual. No se envió nada.
    .hint = Elija una etiqueta más baja o identifíquese con una declaración firmada: `!verificar`. `!confianza` muestra por qué.
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

exchange-left-out = { $count ->
        [one] Participa una organización más: `!todos` escribe a todas.
       *[other] Participan { $count } organizaciones más: `!todos` escribe a todas.
    }
exchange-closed = { $ref } está cerrado: ya no se retransmite nada. Se avisa a quienes participan.
exchange-left = { $ref }: su organización ya no participa. No le llegará nada más, y se avisa a las demás.
exchange-withdrawn = { $ref }: { $count ->
        [one] se retiró su mensaje
       *[other] se retiraron sus { $count } mensajes
    }; { $rooms ->
        [0] no había llegado a nadie.
        [one] se está borrando de 1 sala.
       *[other] se está borrando de { $rooms } salas.
    } Lo leído, leído está; en el registro queda que se dijo y se retiró.
exchange-withdrawn-mail = Una carta no se puede retirar: { $who } la tiene por correo. Pídales por correo o teléfono que la borren.
exchange-withdrawn-mail-only = { $ref } queda retirado en el registro, pero una carta no se puede retirar: { $who } la tiene por correo. Pídales por correo o teléfono que la borren.
exchange-withdraw-which = { $ref }: ¿cuál de sus mensajes? Aún no se retiró nada. Un número lo retira:
exchange-withdraw-first = el primer mensaje, { $said }
exchange-withdraw-one = mensaje { $seq }, { $said }
exchange-withdraw-all = los { $count }
withdrawal-refused = **{ $ref }: su mensaje sigue en la sala de { $who }.** Su servidor no lo borró y no se volverá a intentar. Pídales por teléfono que lo borren: `!quien { $who }`
exchange-withdrawn-unsent = Su autor lo retiró antes de que se enviara.
exchange-note-closed = { $ref } · { $who } cerró este intercambio: ya no se retransmite nada.
exchange-note-left = { $ref } · { $who } dejó este intercambio: ya no le llega nada.
exchange-note-withdrawn = { $ref } · { $who } retiró un mensaje; se borró aquí. En el registro queda que se dijo.
exchange-note-removed = { $ref } · En su propia sala, un servidor retiró un mensaje de { $who }. La palabra de un servidor no borra nada aquí: su copia sigue.
exchange-note-removed-own = { $ref } · Un servidor dice que aquí se borró un mensaje suyo. Las copias de los demás siguen. Para retirarlas: `!retirar { $ref }`
exchange-note-removed-copy = { $ref } · Un servidor retiró aquí un mensaje de { $who }. Los demás conservan el suyo y en el registro consta que se entregó; si lo necesita, pídalo de nuevo.

command-all = Escribir a todas las organizaciones de un intercambio con más de otras cinco
    .words = todos all
    .usage = !todos TEXTO en el hilo, o !todos MSG-… TEXTO
    .example = !todos MSG-7F3KQ El dominio ya está caído
command-withdraw = Retirar lo que dijo en un intercambio: las copias se borran de las otras salas
    .words = retirar
    .usage = !retirar como respuesta al mensaje, o !retirar MSG-…
    .example = !retirar MSG-7F3KQ
command-leave = Dejar un intercambio: ya no le llega nada
    .words = dejar
    .usage = !dejar [MSG-…]
    .example = !dejar MSG-7F3KQ
command-close = Cerrar un intercambio que abrió su organización: ya no se retransmite nada
    .words = cerrar
    .usage = !cerrar [MSG-…]
    .example = !cerrar MSG-7F3KQ

reply-red = { $label } solo se acepta en su sala directa: aquí ya lo vieron todos. No se retransmitió ni se guardó nada; use allí `!responder { $ref } …`.
reply-label = Su texto dice { $written } y { $ref } es { $label }: no se retransmitió ni se guardó nada. Abra un mensaje aparte con `!enviar … { $written }`, o escríbalo sin esa etiqueta.

error-which-exchange = No está claro de qué intercambio se trata; no se hizo nada.
    .hint = Escríbalo en el hilo del intercambio o con su referencia. `!estado` muestra los abiertos.
error-only-the-source = { $ref } lo abrió { $source } y solo { $source } puede cerrarlo; no se hizo nada.
    .hint = `!dejar { $ref }` retira a su organización.
error-source-stays = Su organización abrió { $ref } y no puede dejarlo; no se hizo nada.
    .hint = `!cerrar { $ref }` lo termina para todos.
error-nothing-of-yours = No hay nada suyo en { $ref } que se pueda retirar; no se hizo nada.
    .hint = Solo la palabra del propio autor retira un mensaje.
error-edit-asked = Todavía se le pregunta por esta línea, así que su edición no se tomó: `ok` la enviaría como estaba.
    .hint = Responda `no` y escríbala de nuevo.
error-edit-not-followed = Su edición de lo que dijo en { $ref } no se transmitió; los demás lo siguen leyendo como estaba.
    .hint = Puede cambiar el texto, no la etiqueta ni los destinatarios; los archivos, `//` y los comandos no pasan con una edición. `!retirar { $ref }` lo retira; luego envíelo de nuevo.
exchange-note-default-label = No indicó etiqueta, así que se usó { $label }.
exchange-note-unopened = 🔒 Cifrado con OpenPGP por su autor: enlace lo lleva sin abrirlo y no puede leerlo.

onward-question = **{ $who } pide reenviar a { $to } lo que usted dijo en { $ref }**, con { $label }:
onward-question-end = Aún no les ha llegado nada. Responda a esto **ok** para permitirlo o **no** para negarlo; sin respuesta, se descarta en un día.
onward-asked = Lo dijo { $source }, así que se le pregunta. **A { $to } aún no le llegó nada**; saldrá cuando respondan `ok`, y lo verá aquí.
onward-allowed = { $ref }: permitido; sale ahora para { $to }.
onward-declined = { $ref }: negado; no sale nada para { $to }, y se avisa a quien lo pidió.
onward-refused = { $ref }: { $source } no quiere que se reenvíe. No se envió nada a { $to }.
onward-expired = { $ref }: { $source } no respondió en un día si puede reenviarse. No se envió nada a { $to }; vuelva a pedirlo o llámelos (`!quien { $source }`).
onward-withdrawn = { $ref }: { $source } retiró lo que usted quería reenviar. No se envió nada a { $to }.
onward-lower = Llegó como { $label } y solo { $source } puede bajar la etiqueta. No se envió nada; omita la etiqueta o pregúnteles.
error-source-away = Ahora no se puede preguntar a { $source }: su sala no está verificada. No se reenvió nada.
    .hint = Inténtelo más tarde, o pregúnteles por otra vía y que lo envíen ellos.
error-onward-settled = Esa pregunta sobre un reenvío ya está resuelta o venció; no se hizo nada.
    .hint = Quien quiera reenviarlo puede pedirlo de nuevo.
