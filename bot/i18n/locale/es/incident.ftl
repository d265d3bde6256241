# !incidente y lo que muestran las salas de incidentes
command-incident = Abrir y conducir una sala de incidente
    .words = incidente
    .usage = !incidente abrir ["nombre"] [tlp:ETIQUETA] SEVERIDAD DESTINOS, el resumen en las líneas siguientes · invitar DESTINOS · nota TEXTO · estado · cerrar
    .example = !incidente abrir "Ola de phishing" tlp:amber alta CERT-BR CSIRT-CL

# Lo que sigue a la palabra del comando; se muestra la primera, se entienden todas las de cada idioma.
incident-do-open = abrir
incident-do-invite = invitar
incident-do-note = nota anotar
incident-do-status = estado
incident-do-close = cerrar

incident-state-opening = se está creando la sala
incident-state-open = abierto
incident-state-closing = cerrado
incident-state-closed = cerrado, solo lectura
incident-state-failed = no se pudo crear la sala

# La ficha
incident-head = **{ $severity } · { $ref } · { $name }**
incident-label = { $label } · { $state }
incident-commander = Al mando: { $name } ({ $organisation })
incident-organisations = Organizaciones: { $names }
incident-people = { $count ->
        [one] Personas: 1
       *[other] Personas: { $count }
    }
incident-opened-at = Apertura: { $at }
incident-closed-at = Cierre: { $at }, { $who }
incident-card-cut = El resumen está abreviado aquí: `!incidente estado` muestra más, y el informe lo trae completo.
incident-card-foot = `!incidente nota …`, también como respuesta a un mensaje, lo agrega a la cronología.

# Respuestas
incident-usage = ¿Qué se debe hacer? Por ejemplo `!incidente abrir "Ola de phishing" tlp:amber alta CERT-BR`, con el resumen en las líneas siguientes; o `invitar`, `nota`, `estado`, `cerrar`. No se hizo nada.
incident-no-severity = ¿Qué severidad tiene? Indique `baja`, `media`, `alta` o `crítica` antes de los destinos. No se abrió nada; envíe solo la primera línea otra vez y se toma el resumen ya escrito.
incident-no-targets = ¿A quién concierne? Indique organizaciones o personas, por ejemplo `CERT-BR @ana:cert.example.mx`. No se hizo nada; envíe solo la primera línea otra vez y se toma el resto.
incident-no-summary = ¿Qué pasó? Escríbalo en las líneas debajo de la primera. No se abrió nada.
incident-no-organisation = No pertenece a ninguna organización del directorio, así que no se hizo nada.
incident-leftover = «{ $word }» no es ni un destino ni una opción. No se hizo nada.
incident-unknown = No conozco a nadie llamado «{ $target }». No se hizo nada.
incident-unclear = «{ $target }» puede ser más de uno. No se hizo nada; responda con un número.
incident-lookalike = Está escrito con letras que solo se parecen a las de `{ $spelled }`.
incident-nearest = No conozco a nadie llamado exactamente «{ $target }». No se hizo nada; si es uno de estos, responda con su número.
incident-no-role = «{ $target }»: nadie tiene allí ese rol. No se hizo nada; indique otro rol, o ninguno.
incident-opening = **{ $ref }** se está abriendo como «{ $name }», { $label }. Avisaré aquí cuando la sala esté lista.
incident-default-label = No indicó etiqueta, así que se usó { $label }.
incident-inviting = { $ref }: las invitaciones están en camino.
incident-invited = { $count ->
        [one] Invitación para: { $names }
       *[other] Invitaciones ({ $count }): { $names }
    }
incident-already = Ya están en la sala: { $names }
incident-preview = { $people ->
        [one] Esto invita a 1 persona
       *[other] Esto invita a { $people } personas
    } de { $count } organizaciones ({ $typed }): { $names }. Aún no se hizo nada: responda **ok** para continuar.
incident-nobody = { $ref }: no se invitó a nadie nuevo.
incident-noted = { $ref }: anotado.
incident-noted-unread = { $ref }: anotado. No pude leer el mensaje al que respondió: la cronología guarda solo una referencia a él y lo que usted escribió.
incident-closing = **{ $ref }** queda cerrado. El informe va a la sala y después la sala pasa a solo lectura.
incident-none = No participa en ningún incidente abierto.
incident-list = { $ref } · { $severity } · { $name } · { $state }
incident-last = Lo último de la cronología:
incident-status-cut = Lo que termina en … está abreviado aquí, y pueden faltar líneas anteriores: el informe lo trae todo.

incident-left-more = { $count ->
        [one] … y 1 más, a quien **no** se invitó.
       *[other] … y { $count } más, a quienes **no** se invitó.
    }
incident-names-more = { " " }{ $count ->
        [one] y 1 más
       *[other] y { $count } más
    }
incident-left-not-verified = **No se invitó a { $name }** ({ $organisation }): sin verificar. Debe escribir `!verificar` a enlace; después, `!incidente invitar` aquí.
incident-left-level = **No se invitó a { $name }** ({ $organisation }): { $label } está por encima de lo que permite su verificación. Puede renovarla con `!verificar`, o necesita una declaración OpenPGP en lugar de un aval.
incident-left-no-account = **No se invitó a { $name }** ({ $organisation }): el directorio no tiene su cuenta de Matrix. Llame por teléfono, o pida que el responsable la agregue con `!personas`.
incident-left-nobody = **No hay a quién invitar en { $organisation }** ({ $name }): el directorio no lista a nadie allí, o a nadie en ese rol. `!quien { $organisation }` muestra el teléfono.

# Lo que enlace avisa por sí mismo
incident-told-ready = { $ref } «{ $name }»: la sala está lista. { $link }
incident-told-failed = **{ $ref }: no se pudo crear la sala** y enlace dejó de intentarlo. Pruebe otra vez con `!incidente abrir` y avise a la coordinación si sigue igual.
incident-told-not-invited = { $ref }: finalmente **no** se invitó a { $who }: ya no tiene verificación vigente, o el servidor no aceptó la invitación. `!incidente invitar` lo intenta de nuevo.
incident-told-not-read-only = { $ref } está cerrado, pero el servidor **no** dejó esta sala en solo lectura. No escriba más aquí y avise a la coordinación.
incident-told-no-report = El informe de { $ref } **no** se pudo publicar completo: el servidor no lo aceptó, o esta sala pasó demasiado tiempo sin verificar. Avise a la coordinación.
incident-told-removed = { $ref }: se retiró a { $who } de esta sala. { $why }

incident-remove-unknown = Sin verificar: escriba `!verificar` a enlace y después pida otra invitación.
incident-remove-changed = La identidad de Matrix de esta persona cambió: escriba `!verificar` a enlace y después pida otra invitación.
incident-remove-revoked = Se retiró la verificación de esta persona: escriba `!verificar` a enlace y después pida otra invitación.
incident-remove-expired = Venció la declaración de identidad de esta persona: escriba `!verificar` a enlace y después pida otra invitación.
incident-remove-stranger = La organización de esta persona no participa en este incidente: quien está al mando puede invitar con `!incidente invitar`.

# La cronología
incident-line-opened = { $at } · { $who } abrió el incidente: { $text }
incident-line-ready = { $at } · { $who } creó la sala{ $text }
incident-line-invited = { $at } · { $who } invitó a { $text }
incident-line-removed = { $at } · { $who } retiró a { $text }
incident-line-note = { $at } · { $who }: { $text }
incident-line-closed = { $at } · { $who } cerró el incidente{ $text }
incident-line-about = { " " }[sobre: { $what }]

incident-report-title = **Informe posterior · { $ref } · { $name }**
incident-report-part = { $ref }: informe, parte { $number } de { $of }
incident-report-who = Quién y cuándo
incident-report-people = Personas invitadas: { $names }
incident-report-lasted = { $minutes ->
        [one] Duración: 1 minuto
       *[other] Duración: { $minutes } minutos
    }
incident-report-timeline = Cronología

# Negativas
error-incident-no-open = Solo responsables de una organización y coordinadores abren incidentes. No se abrió nada.
    .hint = Pídalo a su responsable; o llame a alguien ahora con `!escalar`.
error-incident-no-command = Solo { $name }, al mando de { $ref }, y los coordinadores pueden hacerlo. No se hizo nada.
    .hint = Pídalo a { $name } en la sala.
error-unknown-incident = No hay ningún incidente { $ref } en el que participe.
    .hint = `!incidente estado` muestra los suyos.
error-no-incident = No participa en ningún incidente abierto.
    .hint = Responsables y coordinadores abren uno con `!incidente abrir`.
error-several-incidents = Participa en varios incidentes abiertos: { $refs }. No se hizo nada.
    .hint = Indique cuál, o escriba en su sala.
error-incident-closed = { $ref } está cerrado. No se hizo nada.
    .hint = Abra uno nuevo con `!incidente abrir`.
error-incident-not-ready = La sala de { $ref } se está creando. No se hizo nada.
    .hint = Pruebe de nuevo cuando avise que está lista.
error-incident-failed = No se pudo crear la sala de { $ref }. No se hizo nada.
    .hint = Ábralo de nuevo con `!incidente abrir`.
error-incident-label = { $label } es para personas nombradas en sus salas directas, no para una sala compartida. No se abrió nada.
    .hint = Use `tlp:amber+strict` o menos, y envíe lo que sea RED con `!enviar @persona` desde su sala directa.
error-incident-empty-note = No hay nada que anotar.
    .hint = Escriba `!incidente nota` y el texto, o responda a un mensaje con `!incidente nota`.
error-incident-too-long = El texto es demasiado largo: { $size } bytes, y caben { $limit }. No se hizo nada.
    .hint = Acórtelo, o divídalo en varias notas.
error-incident-changed = { $ref } cambió entre tanto.
