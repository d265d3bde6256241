# !actualizar: una organización propone cambios de su propia entrada.
command-update = Proponer un cambio de la entrada de su organización: teléfono, correo, horario y similares
    .words = actualizar
    .usage = !actualizar teléfono|emergencia|fax|correo [agregar|quitar|NÚMERO] VALOR [tlp:ETIQUETA] · horario|zona|idiomas|web|security.txt|respuesta VALOR|quitar; varios, uno por línea
    .example = !actualizar teléfono +52 55 1234 5678
update-do-add = agregar añadir
update-do-remove = quitar borrar eliminar
update-word-phone = teléfono tel
update-word-emergency-phone = emergencia emergencias
update-word-fax = fax
update-word-email = correo
update-word-office_hours = horario
update-word-timezone = zona zona-horaria huso
update-word-languages = idiomas idioma
update-word-website = web sitio sitio-web
update-word-security_txt = security.txt
update-word-response = respuesta
update-usage = ¿Qué hay que cambiar? Por ejemplo `!actualizar teléfono +52 55 1234 5678`, `!actualizar correo agregar noc@cert.example.mx tlp:CLEAR`, `!actualizar horario Lun-Vie 09:00-18:00`; si son varios, uno por línea. No se propuso nada.
update-which = ¿A cuál se refiere `{ $line }`? Responda con un número. No se propuso nada.
update-not-here = No todos los que leen aquí pueden ver un contacto con esa etiqueta: cámbielo en su propia sala con enlace, y TLP:RED y TLP:AMBER+STRICT solo si está verificado por una declaración. **No se propuso nada y no guardé el texto.**
update-preview = **¿Proponer esto para { $organisation }?** Todavía no cambió nada.
update-beside = { $count ->
        [one] La propuesta { $refs } ya está abierta y cambia lo mismo de su entrada. En cuanto se apruebe una de las dos, la otra deja de corresponder y se cierra.
       *[other] Las propuestas { $refs } ya están abiertas y cambian lo mismo de su entrada. En cuanto se apruebe una de ellas, las demás dejan de corresponder y se cierran.
    }
update-ok = Responda **ok** para proponerlo. Que el resto de la entrada es correcto se dice con `!confirmar`.
update-proposed = Propuesto como { $ref }: espera a quien coordina hasta el { $until }; todavía no cambió nada. Le diré qué fue de la propuesta.
error-update-what = «{ $word }» no es nada de su entrada que se pueda cambiar aquí. No se propuso nada.
    .hint = Se puede cambiar: teléfono, emergencia, fax, correo, horario, zona, idiomas, web, security.txt, respuesta. Para las personas, `!personas`; para lo demás, pida ayuda a quien coordina.
error-update-too-much = Como máximo { $most } cambios a la vez. No se propuso nada.
    .hint = Proponga los primeros y, cuando se aprueben, los demás.
error-update-of-whom = El directorio no lo nombra en ninguna organización, así que no tiene entrada que cambiar. No se propuso nada.
    .hint = La entrada la cambia alguien de la organización.
error-not-for-this-field = «{ $value }» no puede figurar ahí en una entrada ({ $field ->
        [phone] teléfono
        [emergency-phone] número de emergencia
        [email] correo
        [office_hours] horario
        [timezone] zona horaria
        [languages] idiomas
        [website] web
        [security_txt] security.txt
        [response] respuesta
       *[other] { $field }
    }). No se propuso nada.
    .hint = { $field ->
        [phone] Escriba el número internacional completo: `+52 55 1234 5678`; la extensión, como `ext. 12`.
        [emergency-phone] Escriba el número internacional completo: `+52 55 1234 5678`; la extensión, como `ext. 12`.
        [fax] Escriba el número internacional completo: `+52 55 1234 5678`.
        [email] Escriba una sola dirección, sin nombre: `cert@cert.example.mx`.
        [office_hours] Escríbalo como `Lun-Vie 09:00-18:00`, o `24/7`.
        [timezone] Escriba su nombre IANA: `America/Mexico_City`.
        [languages] Escriba sus códigos, primero el que prefieren para que les escriban: `es, en`.
        [website] Escriba la dirección completa: `https://cert.example.mx`.
        [security_txt] Escriba la dirección completa: `https://cert.example.mx/.well-known/security.txt`.
        [response] Escríbalo como `crítica 15m, alta 4h, media 2d`, 30 días como máximo.
       *[other] `!ayuda actualizar` muestra cómo.
    }
