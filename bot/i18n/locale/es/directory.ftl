# El directorio: !quien, importaciones.
command-whois = Quién es un punto de contacto, quién está de guardia ahora y cómo contactarlo
    .words = quien
    .usage = !quien PAÍS, IDENTIFICADOR, NOMBRE o @usuario:servidor, con llave para ver las huellas
    .example = !quien MX

whois-usage = ¿Quién? Por ejemplo `!quien MX`, `!quien CERT-BR llave` o `!quien @ana:cert.example.mx`.
whois-several = «{ $who }»: { $count } entradas.
error-targets-too-long = Ningún destino ni lista de destinos es tan largo ({ $limit } caracteres como máximo); no se hizo nada.
    .hint = Escriba primero los destinos, luego la etiqueta o la severidad y después el texto: `!enviar MX tlp:amber Asunto`.
whois-lookalike = No hay nadie con el nombre «{ $who }»: está escrito con letras que solo se parecen a estas:
whois-nearest = No hay nadie con el nombre «{ $who }». Los más parecidos:
whois-nobody = No hay nadie con el nombre «{ $who }». Pruebe con el código de un país, un identificador o parte de un nombre.
whois-nobody-there = El directorio no tiene a nadie en { $country }.
whois-more = … y { $count } más: indique el identificador o agregue un rol, como en `MX/diplomático`.
whois-choose = Responda con un número.
whois-also = También: { $names }
whois-formerly = Antes: { $names }
directory-also = (también «{ $name }»)
directory-formerly = (antes «{ $name }»)
whois-on-duty = **De guardia ahora:** { $people }
whois-nobody-rostered = **De guardia ahora:** nadie en el turno
whois-always = 24/7
whois-local-time = Hora local: { $time }; horario de oficina desconocido
whois-no-hours = Hora local y horario de oficina desconocidos
whois-hours-no-zone = Horario de oficina { $hours }; zona horaria desconocida
whois-open = Hora local: { $time }, en horario de oficina ({ $hours })
whois-closed = Hora local: { $time }, fuera del horario de oficina ({ $hours })
whois-closed-until = Hora local: { $time }, fuera del horario de oficina ({ $hours }); abre { $opens }
whois-no-contacts = Aquí no se puede mostrar ningún contacto
whois-hidden = { $count ->
        [one] Un contacto no se muestra
       *[other] { $count } contactos no se muestran
    } aquí por su etiqueta TLP
whois-role = { $network }, { $role }: { $purpose }
whois-member = { $network }
whois-expected = Se espera: { $expected }
whois-in-role = **En esta función:** { $people }
whois-in-role-nobody = **En esta función:** la propia organización; no consta ninguna persona
whois-listed = **Entradas:** { $count }
whois-languages = Idiomas: { $languages }
whois-capabilities = Capacidades: { $capabilities }
whois-response = Respuesta esperada: { $times }
whois-response-one = { $severity } { $time }
whois-severity-critical = crítica
whois-severity-high = alta
whois-severity-medium = media
whois-severity-low = baja
whois-time-m = { $n } min
whois-time-h = { $n } h
whois-time-d = { $n ->
        [one] 1 día
       *[other] { $n } días
    }
whois-room-verified = En enlace: sala verificada ✅
whois-room-not-verified = En enlace: sala **no** verificada ⚠
whois-no-room = Todavía no está en enlace: sin sala
whois-confirmed = Entrada confirmada el { $date }
whois-lead = responsable
whois-person-verified = Identidad verificada ✅
whois-person-vouched = Identidad avalada por dos coordinadores, hasta TLP:AMBER
whois-person-grace = Declaración vencida, hasta TLP:GREEN por unos días
whois-person-expired = Identidad **no** verificada: la declaración venció ⚠
whois-person-changed = Identidad **no** verificada: cambió ⚠
whois-person-revoked = Identidad **no** verificada: revocada ⚠
whois-person-unknown = Identidad no verificada
whois-key = { $who }: { $fingerprint }
whois-no-key = El directorio no tiene ninguna llave OpenPGP de esta entrada.

error-directory-founding-closed = La importación inicial ya terminó, porque hay un coordinador verificado. No se importó nada.
    .hint = Ahora los cambios son propuestas y los aprueba un segundo coordinador.
error-directory-plan-has-problems = { $count ->
        [one] El archivo tiene un error.
       *[other] El archivo tiene { $count } errores.
    } No se importó nada.
    .hint = Corríjalos u omítalos con `--skip-bad`.
error-directory-open-questions = { $count ->
        [one] Un registro tiene
       *[other] { $count } registros tienen
    } casi el mismo nombre que una entrada existente. No se importó nada.
    .hint = Indique para cada uno si es nuevo, si es el mismo o si se omite.
error-directory-no-identity = { $user } no tiene una identidad verificada, así que no había nada que revocar.
error-directory-no-such-room = La sala { $room } no está registrada. No se cambió nada.
error-directory-bad-profile = El perfil de red no se puede usar: { $problem }.

directory-problem-not-utf8 = esto no es texto UTF-8
directory-problem-not-yaml = esto no es YAML: { $said }
directory-problem-second-document = aquí empieza un segundo documento; cada archivo contiene uno solo
directory-problem-too-deep = demasiados niveles anidados
directory-problem-no-aliases = aquí no se usan anclas ni alias; escríbalo completo
directory-problem-no-tags = aquí no se usan etiquetas de YAML
directory-problem-bad-key = esto no puede ser el nombre de un campo
directory-problem-key-twice = «{ $field }» aparece dos veces
directory-problem-not-a-table = aquí se esperaban campos con valores
directory-problem-not-a-list = «{ $field }» debe ser una lista
directory-problem-not-a-text = «{ $field }» debe ser un texto
directory-problem-not-a-flag = «{ $field }» debe ser true o false, no «{ $value }»
directory-problem-unknown-key = no existe el campo «{ $field }»
directory-problem-missing = falta «{ $field }»
directory-problem-control-character = «{ $field }» contiene caracteres de control
directory-problem-too-long = «{ $field }» es demasiado largo
directory-problem-bad-date = «{ $value }» no es una fecha; se escribe 2026-10-01
directory-problem-bad-network-kind = «{ $value }» no es un tipo de red; use csirt, diplomatic o judicial
directory-problem-bad-rhythm = «{ $value }» no dice cada cuánto; escriba P6M, P1Y, P2W o P90D
directory-problem-role-twice = un rol de «{ $network }» aparece dos veces
directory-problem-bad-id = «{ $value }» no puede ser un id; use minúsculas, cifras y guiones
directory-problem-unknown-network = no existe la red «{ $value }»
directory-problem-network-twice = la red «{ $value }» ya existe
directory-problem-no-such-role = «{ $network }» no tiene el rol «{ $value }»
directory-problem-unknown-role = ninguna red tiene el rol «{ $value }»
directory-problem-judicial-merged = un contacto de una red judicial 24/7 no puede ser la misma entrada que un CSIRT; sepárelos en dos
directory-problem-bad-handle = «{ $value }» no puede ser un identificador; use letras, cifras, punto, guion y guion bajo
directory-problem-handle-is-code = «{ $value }» es el código de un país y no puede ser un identificador
directory-problem-bad-language = «{ $value }» no es una etiqueta de idioma; se escribe es o pt-BR
directory-problem-unknown-country = «{ $value }» no es el código de un país
directory-problem-unknown-timezone = «{ $value }» no es una zona horaria; se escribe America/Mexico_City
directory-problem-bad-office-hours = «{ $value }» no es un horario de oficina; se escribe Mon-Fri 09:00-18:00
directory-problem-bad-severity = «{ $value }» no es una severidad; use low, medium, high o critical
directory-problem-bad-duration = «{ $value }» no es un plazo; se escribe 15m, 4h o 2d
directory-problem-bad-contact-kind = «{ $value }» no es un tipo de contacto
directory-problem-bad-address = «{ $value }» no es una dirección
directory-problem-bad-label = «{ $value }» no es una etiqueta TLP 2.0
directory-problem-bad-mxid = «{ $value }» no es un identificador de Matrix; se escribe @ana:cert.example.mx
directory-problem-bad-fingerprint = «{ $value }» no es una huella OpenPGP completa (40 o 64 cifras hexadecimales)
directory-problem-bad-file-name = «{ $value }» no es el nombre simple de un archivo junto a este
directory-problem-no-such-file = no hay ningún archivo «{ $value }» junto a este
directory-problem-policy-rings = «{ $value }» no dice cuándo suena; se escribe always u office-hours
directory-problem-policy-steps = hacen falta de uno a 50 pasos y un tiempo en que se agotan
directory-problem-policy-order = el primer paso es inmediato, y cada uno de los siguientes posterior al anterior; exhausted, al final
directory-problem-policy-long = «{ $value }» es demasiado para la espera de un paso; se escribe 366d como máximo
directory-problem-policy-who = «{ $value }» no es nadie a quien un paso pueda llamar; se escribe on-duty, backup, lead, diplomatic, coordinators, role:… u organisation:…
directory-problem-policy-by = «{ $value }» no es un medio de un paso; se escribe room, desk, mail o webhook
directory-problem-policy-by-missing = «{ $value }» no está configurado aquí; hay que configurarlo en notify o quitarlo del paso
directory-problem-policy-hours = «{ $value }» no son horas de un paso; se escribe any, inside u outside
directory-problem-policy-repeat = un paso que se repite necesita repeat (1 a 99), every (por ejemplo 5m) y un tiempo fijo
directory-problem-calendar-unreadable = los turnos no son un iCalendar que se pueda leer
directory-problem-calendar-empty = no hay ningún turno en el calendario
directory-problem-calendar-too-large = el calendario tiene demasiados turnos
directory-problem-calendar-nobody = en el calendario, el turno «{ $what }» no nombra a nadie
directory-problem-calendar-bad-time = en el calendario, el turno «{ $what }» no tiene una hora que se pueda usar
directory-problem-calendar-bad-zone = en el calendario, el turno «{ $what }» está en «{ $zone }», que no es una zona horaria
directory-problem-calendar-bad-rule = en el calendario, el turno «{ $what }» se repite de un modo que no se puede usar ({ $rule })
directory-problem-calendar-stranger = el calendario nombra a «{ $who }», que no es, o no está claro que sea, una de estas personas con usuario de Matrix
directory-problem-file-too-large = el archivo «{ $value }» es demasiado grande
directory-problem-bad-url = «{ $value }» no es una dirección web; empieza con https://
directory-problem-same-handle = el identificador «{ $value }» ya lo ocupa { $first }
directory-problem-same-person = { $value } ya figura en { $first }
directory-problem-looks-like = { $value } se parece a { $known }, que es otra persona; si es la misma, escríbalo como figura allí
directory-problem-letters-mixed = «{ $value }» mezcla letras de varios alfabetos que se ven igual; se leyó como «{ $plain }»
directory-problem-same-key = la llave { $value } ya figura en { $first }
directory-problem-no-such-column = faltan estas columnas: { $value }
directory-problem-too-many-fields = esta fila tiene más campos que el encabezado
directory-problem-joined = «{ $value }» es el mismo equipo que { $first } y se unió a él
directory-problem-inactive = «{ $value }» no está activo y se omitió
directory-problem-code-put-right = el código de país { $value } se leyó como { $code }
directory-problem-not-a-state = { $value } no es el código de un Estado
directory-problem-handle-made = «{ $value }» recibió el identificador { $handle }
directory-problem-unknown-kind = «{ $value }» no es un tipo de equipo conocido; quedó vacío
directory-problem-key-secret = el archivo { $file } de { $owner } contiene una llave secreta ({ $fingerprint }); solo su titular puede tenerla. Exporte la pública.
directory-problem-key-unreadable = el archivo { $file } de { $owner } no contiene ninguna llave pública OpenPGP (se esperaba { $fingerprint }).
directory-problem-key-other = el archivo { $file } de { $owner } contiene otra llave, no { $fingerprint }. Compare las huellas con su titular por teléfono.
directory-problem-key-expired = la llave { $fingerprint } de { $owner } ha caducado. Pida a su titular la llave prorrogada u omita la llave.
directory-problem-key-revoked = la llave { $fingerprint } de { $owner } fue revocada. Pida a su titular la nueva.
directory-problem-key-no-sign = la llave { $fingerprint } de { $owner } no sirve para firmar una declaración. Pida a su titular una con llave de firma vigente y fuerte.
directory-problem-key-no-encrypt = nadie puede cifrar para la llave { $fingerprint } de { $owner }: no tiene subllave de cifrado vigente. Pida a su titular que la agregue.

sheet-who = Organización
sheet-roles = Funciones
sheet-phone = Teléfono
sheet-mail = Correo
sheet-key = Huella OpenPGP
sheet-languages = Idiomas
sheet-hours = Horario local
sheet-no-network = En ninguna red

directory-problem-not-json = esto no es JSON: { $said }
directory-problem-not-csv = esto no es CSV: { $said }
directory-problem-answer-failed = esto es una respuesta que dice «{ $value }», no una lista de equipos; descárguela otra vez
directory-problem-no-zone = «{ $value }» no es el nombre de una zona horaria y se dejó fuera
directory-problem-zone-by-country = «{ $value }» se leyó como { $zone }, la única zona horaria de ese país
directory-problem-key-other-mail = la clave { $fingerprint } tiene otras direcciones de correo que las de { $owner } aquí; compare la huella con su titular por teléfono
directory-problem-hours-left-out = «{ $value }» no es un horario de oficina que yo pueda leer; se dejó fuera

# Redes: sus verificaciones de comunicación.
network-check = Verificación de comunicación cada { $every }: última { $last }, la próxima toca el { $due }
network-check-overdue = ⚠ Verificación de comunicación cada { $every }: última { $last }, **tocaba el { $due }**
network-check-never = ninguna registrada
network-check-soon = El { $due } toca la próxima verificación de comunicación de { $network } ({ $count } organizaciones). Una vez hecha, el operador la registra: `enlace networks checked { $id }`
network-check-due = **La verificación de comunicación de { $network } toca desde el { $due }** ({ $count } organizaciones). Una vez hecha, el operador la registra: `enlace networks checked { $id }`
network-check-late = ⚠ **La verificación de comunicación de { $network } sigue pendiente desde el { $due }** ({ $count } organizaciones). Una vez hecha, el operador la registra: `enlace networks checked { $id }`
error-network-unknown = No hay ninguna red «{ $network }». No se registró nada.
    .hint = `enlace networks list` las muestra todas.
error-network-check-to-come = El { $day } todavía no ha llegado. No se registró nada.
    .hint = Registre la verificación una vez hecha.
cli-network = { $id }  { $name }: { $count ->
        [one] 1 organización
       *[other] { $count } organizaciones
    }
cli-network-checked = Registrada: verificación de comunicación de { $id } del { $day }.
directory-problem-no-cards = en este archivo no hay ninguna vCard
directory-problem-card-outside = esta línea no es de ninguna tarjeta; una tarjeta empieza con BEGIN:VCARD
directory-problem-card-open = a esta tarjeta le falta END:VCARD
directory-problem-card-line = esto no es una línea de vCard
directory-problem-card-version = solo se lee vCard 4.0 y esta es «{ $value }»; guárdela como 4.0
directory-problem-card-of-nobody = la tarjeta de «{ $value }» no dice con claridad de qué organización es; ponga el nombre de una sola (ORG)
directory-problem-card-kind = una tarjeta de tipo «{ $value }» no es de persona ni de organización y se dejó fuera
directory-problem-card-key = se dejó fuera una clave sin su huella completa
