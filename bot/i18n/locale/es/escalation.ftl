# Escalamientos: lo que ven quien llama, quien es llamado y las personas coordinadoras.
severity-low = BAJA
    .words = baja
severity-medium = MEDIA
    .words = media
severity-high = ALTA
    .words = alta
severity-critical = CRÍTICA
    .words = crítica crítico

command-escalate = Llamar a quien está de guardia y subir hasta que alguien responda
    .words = escalar
    .usage = !escalar DESTINO [tlp:ETIQUETA] baja|media|alta|crítica RESUMEN⏎DETALLES
    .example = !escalar BR tlp:amber crítica DDoS contra el sistema de pagos
command-ack = Atender un escalamiento
    .words = atiendo
    .usage = !atiendo [REF]
    .example = !atiendo ESC-7F3KQ
command-decline = Avisar que no puede atender un escalamiento: sube de inmediato
    .words = rechazo
    .usage = !rechazo [REF] [MOTIVO]
    .example = !rechazo ESC-7F3KQ sin acceso hasta las 08:00
command-resolve = Cerrar un escalamiento ya atendido
    .words = resuelto
    .usage = !resuelto [REF]
    .example = !resuelto ESC-7F3KQ
command-cancel = Retirar un escalamiento propio
    .words = cancelar
    .usage = !cancelar [REF]
    .example = !cancelar ESC-7F3KQ

# Una llamada. La primera línea es lo que muestra un teléfono bloqueado.
escalation-page-head = { $severity } · { $who } llama · responda **ok** para atender · **no** si no puede
escalation-notice-head = { $severity } · { $who } escribió fuera de horario · sonará { $when } · responda **ok** para atender ya
escalation-page-line = { $ref } · responder antes de { $there }
escalation-page-line-both = { $ref } · responder antes de { $there } · { $here }
escalation-page-line-late = { $ref } · responder de inmediato
escalation-page-bare = Los detalles no se muestran aquí: esta sala o su etiqueta no lo permite en este momento.
escalation-page-said = { $label } · **{ $summary }**
escalation-page-joined = + { $name }, { $time } · { $label } · **{ $summary }**
escalation-joined-head = { $ref } · otra llamada de { $who } se unió a esta
escalation-beyond-head = { $severity } · { $who } llama a { $whom } · allí nadie ha respondido
escalation-beyond-last = { $severity } · { $who } llama a { $whom } · **se agotaron todos los pasos y nadie ha respondido**
escalation-beyond-line = { $ref } · ayude a localizar a { $whom } por teléfono (`!quien { $whom }` lo muestra); alguien de { $whom } lo atiende con `!atiendo { $ref }`
escalation-outside-head = { $severity } · { $who } llama a { $whom } por enlace
escalation-outside-line = { $ref } · Abra su sala con enlace, o escriba allí `!atiendo { $ref }`, para atenderlo. Responder a este mensaje no hace nada.
escalation-outside-unsealed = { $severity } · enlace le llama: { $ref } · Abra su sala con enlace: allí dice quién llama y qué hacer. Responder a este mensaje no hace nada.
escalation-outside-link = Para atenderlo sin Matrix, abra este enlace y pulse el botón: { $url }
    Sirve hasta { $until } y solo mientras nadie lo atienda. No lo comparta.

# El único mensaje de estado de quien llama.
escalation-status-open = **{ $ref }** · { $severity } · { $whom }: espera allí como aviso y sonará cuando abra su oficina, { $there }
escalation-status-not-here = **{ $ref } · { $whom } aún no está en enlace: llame por teléfono** · { $severity }
escalation-status-paging = **{ $ref }** · { $severity } · { $whom }: nadie ha respondido todavía · siguiente paso { $here }
escalation-status-acknowledged = **{ $name } ({ $whom }) lo atiende** · { $took } · { $ref } · { $severity }
escalation-by-link = confirmado por el enlace del correo
escalation-status-exhausted = **{ $ref } · nadie en { $whom } ha respondido y se agotaron todos los pasos: llame por teléfono**
escalation-status-resolved = **{ $ref }** · { $whom } · resuelto por { $name }
escalation-status-cancelled = **{ $ref }** · { $whom } · cancelado por { $name }
escalation-status-page = { $step }. { $here } · { $name } · { $fate }
escalation-status-page-there = { $step }. { $here } · { $name }, allí { $there } · { $fate }
escalation-fate-out = en camino
escalation-fate-sent = en la sala
escalation-fate-lost = no llegó
escalation-fate-notice = como aviso
escalation-fate-mail = entregado al servidor de correo, no se sabe más
escalation-fate-webhook = recibido por el webhook, no se sabe más
escalation-status-joined = { $count ->
        [one] se le unió 1 llamada más
       *[other] se le unieron { $count } llamadas más
    }
escalation-desk = toda la sala de la organización
escalation-phone = ☎ { $whom }: { $phones }
escalation-mail = ✉ { $whom }: { $mails }
escalation-fingerprint = OpenPGP { $whom }: { $fingerprint }
escalation-no-phone = El directorio no tiene un teléfono de { $whom } que usted pueda ver; una persona coordinadora puede dárselo.

escalation-trouble-not-here = { $who } aún no está en enlace: se pasó de inmediato a las personas coordinadoras.
escalation-trouble-nobody-on-duty = Nadie está de guardia en { $who }: el siguiente paso empezó de inmediato.
escalation-trouble-nobody-backup = { $who } no tiene a nadie más en su turno: el siguiente paso empezó de inmediato.
escalation-trouble-nobody-lead = { $who } no tiene responsable a quien llamar: el siguiente paso empezó de inmediato.
escalation-trouble-nobody-diplomatic = { $who } no tiene contacto diplomático a quien llamar: el siguiente paso empezó de inmediato.
escalation-trouble-nobody-role = { $who } no tiene a nadie en el rol de este paso: el siguiente paso empezó de inmediato.
escalation-trouble-nobody-organisation = La otra organización de este paso no tiene a quién llamar: el siguiente paso empezó de inmediato.
escalation-trouble-nobody-coordinators = No hay persona coordinadora a quien llamar.
escalation-trouble-no-room = { $who } no tiene ahora una sala con enlace que pueda usarse: se probaron otros medios de inmediato.
escalation-trouble-held = La llamada a { $who } quedó retenida, porque su sala no está verificada en este momento: se probaron otros medios de inmediato.
escalation-trouble-failed = La llamada a { $who } no pudo entregarse: se probaron otros medios de inmediato.
escalation-trouble-stuck = La llamada a { $who } no logra salir: se probaron otros medios de inmediato.
escalation-trouble-no-device = Ningún dispositivo de { $who } recibió la llave para leer la llamada: se probaron otros medios de inmediato.
escalation-trouble-declined = { $who } no puede atender.
escalation-trouble-declined-why = { $who } no puede atender: «{ $why }»
escalation-trouble-given-back = { $who } lo atendía y lo devolvió.

escalation-took-seconds = { $seconds } s
escalation-took-minutes = { $minutes } min
escalation-took-hours = { $hours } h { $minutes } min

# Lo que se avisa a quienes tienen que ver.
escalation-told-taken = **{ $name } ({ $organisation }) lo atiende** · { $took } · { $ref }
escalation-told-back = { $ref }: { $name } ({ $organisation }) lo devolvió; quien pueda atender responde **ok** a la llamada.
escalation-told-back-caller = **{ $ref }: { $name } ({ $organisation }) lo devolvió**; ahora nadie lo atiende.
escalation-told-exhausted = **{ $ref }: nadie en { $whom } ha respondido. Llame por teléfono.**
escalation-share-ask = **{ $ref }: también se llamó a { $names }, que solo saben quién llama a quién.** Para mostrarles de qué se trata, responda **ok** a este mensaje.
escalation-share-head = { $ref } · { $who } le muestra de qué se trata:
escalation-shared = { $ref }: ya pueden leer de qué se trata: { $names }.
escalation-shared-none = { $ref }: no se mostró a nadie de qué se trata, porque ninguna de sus salas puede mostrarlo ahora. Dígalo por teléfono: `!quien` muestra el número.
escalation-share-declined = { $ref }: anotado. A nadie fuera de { $whom } se le muestra de qué se trata.
escalation-told-resolved = { $ref } · resuelto por { $name } ({ $organisation })
escalation-told-cancelled = { $ref } · cancelado por { $name } ({ $organisation })

# Respuestas a los comandos.
escalation-acked = **Usted atiende { $ref }** · ya se avisó a { $who } · `!resuelto { $ref }` cuando termine
escalation-acked-again = Usted ya atiende { $ref }.
escalation-acked-bare = De qué se trata no puede mostrarse ahora en esta sala. `!atiendo { $ref }` en su propia sala verificada con enlace lo muestra; o llame por teléfono a { $caller } (`!quien { $caller }`).
escalation-declined = { $ref }: anotado, sube de inmediato.
escalation-declined-waits = { $ref }: anotado; a los demás les sonará { $when }, cuando abra la oficina.
escalation-declined-again = { $ref }: ya estaba anotado; el siguiente paso será { $when }.
escalation-declined-last = { $ref }: anotado. Ya se agotaron todos los pasos y se pidió llamar por teléfono: si otra persona puede atender, escribe `!atiendo { $ref }`.
escalation-resolved = { $ref } está resuelto; se avisó a quienes tienen que ver.
escalation-cancelled = { $ref } está cancelado; se avisó a todas las personas llamadas.
escalation-folded = **Su llamada se unió a { $ref }** para { $whom }, abierto hace { $took } y que nadie ha atendido todavía. No se llamó dos veces a nadie; aquí se le avisa quién lo atiende.
escalation-which = ¿Cuál? Responda con su número. No se cambió nada.
escalation-which-line = { $number }. { $ref } · { $severity } · { $caller } → { $called } · { $took }
error-escalation-none-open = Aquí no hay ningún escalamiento abierto que usted pueda cambiar así. No se cambió nada.
    .hint = `!estado` muestra los abiertos.

escalate-no-targets = ¿A quién hay que llamar? Por ejemplo `!escalar BR crítica DDoS contra el sistema de pagos`. No se llamó a nadie.
escalate-severity = ¿Qué tan grave es? Aún no se llamó a nadie; responda con un número.
escalate-severity-unknown = «{ $word }» no es una gravedad. Aún no se llamó a nadie; responda con un número.
escalate-choice = { $number }. { $what }
escalate-unclear = «{ $word }» puede ser más de una organización. No se llamó a nadie; responda con un número.
escalate-unknown = No está claro quién es «{ $word }». No se llamó a nadie. `!quien` busca por país, nombre o identificador.
escalate-unknown-near = No está claro quién es «{ $word }». No se llamó a nadie; responda con un número si se trata de alguno de estos.
escalate-why-unknown = Nada en el directorio se llama «{ $word }».
escalate-why-lookalike = Está escrito con letras que solo se parecen a las de `{ $spelled }`.
escalate-why-country = El directorio no tiene a nadie para «{ $word }».
escalate-why-own = Para «{ $word }» solo figura su propia organización.
escalate-why-network = «{ $word }» figura, pero en ninguna red a la que pertenezca su organización.
escalate-why-role = «{ $word }» figura, pero no tiene ese rol.
escalate-preview = Aún no se llamó a nadie. Para: **{ $to }** · { $severity } · Asunto: **{ $summary }** · responda **ok** para llamar
escalate-preview-left = No se entendió: { $words }

error-escalation-unknown = No hay ningún escalamiento { $ref } que su organización haya hecho o recibido. No se cambió nada.
    .hint = `!estado` muestra los abiertos.
error-escalation-not-called = Solo alguien de { $organisation } puede responder a { $ref }. No se cambió nada.
    .hint = Llame por teléfono (`!quien { $organisation }`) y pida que respondan `ok`.
error-escalation-not-caller = Solo { $name }, que abrió { $ref }, o una persona responsable de { $organisation } puede cancelarlo. No se cambió nada.
    .hint = Si ya está atendido, use `!resuelto { $ref }`.
error-escalation-taken = { $name } ya atiende { $ref }. No se cambió nada.
    .hint = `!resuelto { $ref }` cuando termine.
error-escalation-closed = { $ref } ya está cerrado. No se cambió nada.
    .hint = Si continúa, llame de nuevo con `!escalar`.
error-escalation-too-many = Un escalamiento llama a { $limit } organizaciones como máximo y usted nombró { $count }. No se llamó a nadie.
    .hint = Para avisar a más, use `!enviar`.
error-escalation-group = Un escalamiento llama a organizaciones por su nombre, y «{ $group }» es un grupo entero. No se llamó a nadie.
    .hint = Nombre hasta tres: `!escalar BR CL crítica DDoS`. Con `!enviar` se avisa a todo el grupo.
error-escalation-own = { $organisation } es su propia organización. No se llamó a nadie.
    .hint = `!guardia` muestra quién de los suyos está de guardia.
error-escalation-red = TLP:RED es para personas que usted nombra, y un escalamiento llega a quien responda. No se llamó a nadie.
    .hint = Escale sin los detalles y envíelos con `!enviar` a quien lo atienda.
error-escalation-no-summary = ¿De qué se trata? Después de la gravedad no había resumen. No se llamó a nadie.
    .hint = Por ejemplo: `!escalar BR crítica DDoS contra el sistema de pagos`
error-escalation-no-organisation = Usted no figura en ninguna organización, así que no se podría decir quién llama. No se llamó a nadie.
    .hint = Una persona coordinadora puede incluirle en una.
error-escalation-bad-policies = No se pueden usar los escalones configurados: { $problem }
    .hint = La forma está en `docs/escalation.md`; sin `policy.ladders` valen los escalones incluidos.
error-escalation-dead-link = Este enlace no sirve o ya no sirve: pasó su plazo o alguien ya atiende la llamada. No se cambió nada.
    .hint = Su sala con enlace muestra cómo va la llamada; allí puede responderla con `ok`.
