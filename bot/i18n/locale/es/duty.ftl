# Guardia: turnos y horario de oficina.
error-bad-office-hours = «{ $value }» no es un horario que se pueda leer.
    .hint = Se escribe así: `Mon-Fri 09:00-18:00`, `Dom-Jue 08:00-16:00` o `24/7`, en la hora de la propia organización.
error-duty-not-on-staff = { $person } no figura como personal de { $organisation }. El turno no se cambió.
    .hint = Una persona responsable agrega gente con `!personas agregar`.
error-duty-bad-rotation = Una rotación necesita al menos una persona y un período de días completos. El turno no se cambió.
error-duty-bad-period = El final debe ser posterior al inicio. El turno no se cambió.

# !duty
command-duty = Quién está de guardia, el próximo relevo y los huecos de 14 días; tomarla, pasarla, ausentarse, importar un calendario
    .words = guardia
    .usage = !guardia [DESTINO] | tomo [ROL] [HASTA] | paso @usuario:servidor [ROL] [DESDE..HASTA] | ausente DESDE..HASTA | importar⏎CALENDARIO | prueba
    .example = !guardia paso @luis:cert.example.mx viernes 18:00..lunes 09:00
duty-do-take = tomo tomar
duty-do-hand = paso pasar
duty-do-away = ausente ausencia
duty-do-import = importar importo
duty-now = **{ $organisation }**, { $role }: { $people } hasta { $until }
duty-nobody = **{ $organisation }**, { $role }: **nadie está de guardia ahora**
duty-always = **{ $organisation }**, { $role }: { $people }, a toda hora; no se llevan turnos
duty-times = Las horas son de { $place }, donde ahora es { $now }.
duty-next = Después: { $people }, { $at }
duty-no-gaps = Ningún hueco a la vista.
duty-gaps = { $count ->
        [one] ⚠ 1 hueco sin nadie de guardia:
       *[other] ⚠ { $count } huecos sin nadie de guardia:
    }
duty-gap = { $start } – { $end } ({ $length })
duty-gaps-more = { $count ->
        [one] … y 1 más
       *[other] … y { $count } más
    }
duty-minutes = { $minutes } min
duty-hours = { $hours } h
duty-unknown = No conozco ninguna organización «{ $who }». `!quien` muestra los nombres más parecidos.
duty-which = «{ $who }» puede ser varias organizaciones. Responda con un número:
duty-not-shown = Los turnos de { $organisation } son para quienes comparten una red con ella, en salas donde nadie más lee. No se mostró nada.
duty-none-kept = { $organisation } no lleva turnos en enlace. Su personal los carga con `!guardia importar`.
duty-taken = Listo: { $who } tiene la guardia de { $organisation } ({ $role }) de { $start } a { $end }.
duty-handed = { $by } le pasó la guardia de { $organisation } ({ $role }): { $who }, de { $start } a { $end }. Si no puede, pásela con `!guardia paso @usuario:servidor`.
duty-away = Anotado: { $who } se ausenta de { $start } a { $end } y no cuenta como de guardia en ese tiempo.
duty-fill-gap = Alguien lo cubre con `!guardia tomo`, o usted con `!guardia paso @usuario:servidor DESDE..HASTA`.
duty-import-nothing-near = En este calendario nadie está de guardia en los próximos 14 días.
duty-import-ask = Serían todos los turnos de { $organisation }, en lugar de los actuales. Aún no se cambió nada: responda **ok** para ponerlos en vigor.
duty-imported = Listo: el calendario rige ahora los turnos de { $organisation }.
duty-handover = **Relevo** · { $organisation } ({ $role }): { $before } → { $after }, hasta { $until }
duty-open = { $count ->
        [one] Abierto: { $refs }
       *[other] { $count } abiertos: { $refs }
    }
duty-none-open = Ningún escalamiento abierto.
duty-gap-ahead = ⚠ **Nadie estará de guardia** en { $organisation } ({ $role }) de { $start } a { $end } ({ $length }). Cúbralo con `!guardia tomo` o `!guardia paso @usuario:servidor DESDE..HASTA`; si no, una llamada en ese tiempo sube de inmediato al paso siguiente.
duty-gap-begun = ⚠ **Nadie está de guardia** en { $organisation } ({ $role }) de { $start } a { $end } ({ $length }). Cúbralo con `!guardia tomo` o `!guardia paso @usuario:servidor`; si no, una llamada en ese tiempo sube de inmediato al paso siguiente.
error-duty-no-organisation = El directorio no lo incluye en ninguna organización, así que no tiene turnos propios. No se cambió nada.
    .hint = Nombre una: `!guardia CERT-MX`.
error-duty-until-when = No está claro hasta cuándo. El turno no se cambió.
    .hint = Dígalo en la hora de su organización: `!guardia tomo 18:00`, `!guardia ausente lunes..viernes`.
error-duty-nobody-named = No está claro a quién se le pasa la guardia. El turno no se cambió.
    .hint = Nombre a alguien de su organización: `!guardia paso @luis:cert.example.mx 18:00..22:00`.
error-duty-no-calendar = No hay ningún calendario debajo de la orden, ni es respuesta a un archivo. El turno no se cambió.
    .hint = Responda al archivo `.ics` de esta sala con `!guardia importar`, o pegue su texto debajo de la orden.
error-duty-unclear-time = «{ $value }» no es una hora que se pueda leer. El turno no se cambió.
    .hint = En la hora de su organización: `18:00`, `mañana 08:00`, `viernes`, `2026-12-24 18:00`, `4h`; un período como `DESDE..HASTA`.
error-duty-calendar-stranger = El calendario nombra a personas que no son, o no está claro que sean, personal de { $organisation }: { $who }. Los turnos no se cambiaron.
    .hint = Escríbalas como `matrix:u/usuario:servidor` o con el nombre que muestra `!personas`.
error-calendar-not-encrypted = El archivo no está cifrado: puede venir de cualquier servidor. El turno no se cambió.
    .hint = Publíquelo en esta sala cifrada y respóndale con `!guardia importar`.
error-calendar-file-too-large = El archivo pasa de { $limit } MB, más de lo que necesita un turno. El turno no se cambió.
    .hint = Exporte solo los próximos meses, como turnos que se repiten.
error-calendar-file-not-read = No se pudo obtener y leer el archivo ({ $reason }). El turno no se cambió.
    .hint = Publíquelo de nuevo, o pegue su texto debajo de `!guardia importar`.
error-calendar-file-of-nobody = El mensaje al que respondió no se puede volver a leer, o quien lo publicó no está verificado. El turno no se cambió.
    .hint = Publique usted el archivo y respóndale con `!guardia importar`.
error-calendar-bad = El calendario no sirve como turnos. Los turnos no se cambiaron.
error-calendar-unreadable = Esto no es un iCalendar que se pueda leer. Los turnos no se cambiaron.
    .hint = Pegue el texto entero, de `BEGIN:VCALENDAR` a `END:VCALENDAR`.
error-calendar-empty = En este calendario no hay ningún turno. Los turnos no se cambiaron.
    .hint = Un turno es un evento; sus invitados, o si no su título, dicen de quién es.
error-calendar-too-large = Este calendario tiene más turnos de los que caben. Los turnos no se cambiaron.
    .hint = Use turnos que se repiten (RRULE) en lugar de escribir cada uno.
error-calendar-nobody = El turno «{ $what }» no nombra a nadie. Los turnos no se cambiaron.
    .hint = Ponga a la persona entre los invitados o escriba su nombre como título.
error-calendar-bad-time = El turno «{ $what }» no tiene una hora que se pueda usar. Los turnos no se cambiaron.
    .hint = Necesita un inicio y un final posterior, a 62 días como máximo.
error-calendar-bad-zone = El turno «{ $what }» está en «{ $zone }», que no es una zona horaria conocida. Los turnos no se cambiaron.
    .hint = Use un nombre como `America/Mexico_City`.
error-calendar-bad-rule = El turno «{ $what }» se repite de un modo que no se puede usar ({ $rule }). Los turnos no se cambiaron.
    .hint = Se admiten días, semanas, meses y años, por ejemplo `FREQ=WEEKLY;INTERVAL=2;BYDAY=MO`.

# enlace duty
duty-nobody-word = nadie de guardia
duty-written = Escrito: { $path }
error-duty-unknown = El directorio no tiene ninguna organización «{ $handle }».
    .hint = `enlace directory find` busca por cualquier nombre.
error-duty-none = { $organisation } no lleva turnos.
    .hint = Vienen con el directorio, o los carga su personal con `!guardia importar`.
error-duty-file-there = { $path } ya existe. No se escribió nada.
    .hint = Indique un archivo nuevo.

# !duty test
duty-do-test = prueba probar
page-test = **PRUEBA** · { $name } prueba cómo suena aquí una llamada de enlace · no hay que hacer nada
page-test-head = Se le llama por todos los medios, como si fuera real. Los resultados aparecerán aquí.
page-test-done = **Se le llamó por todos los medios.** Qué fue de cada uno:
page-test-silence = Si su teléfono no sonó: en su cliente, active el sonido de las menciones en esta sala y permita que atraviese el modo silencioso.
page-test-to-direct = su propia sala
page-test-to-desk = sala de la organización
page-test-to-webhook = webhook
page-test-sent = en la sala, y un dispositivo suyo tiene la clave
page-test-handed-over = entregado al servidor; nadie puede prometer que llegue
page-test-held = **retenido**: la sala no está como debe; `!confianza` dice por qué
page-test-failed = **falló**
page-test-no-device = **ningún dispositivo allí pudo recibir la clave**
page-test-stuck = **sigue esperando tras 30 segundos**: el servidor no responde
error-page-test-no-way = No hay sala, dirección ni webhook por los que se le pueda llamar ahora. No se envió nada.
    .hint = Abra una sala directa conmigo y verifíquese allí: `!verificar`.

# The feed that people subscribe to.
error-duty-feed-there = { $organisation } ya tiene un calendario para suscribirse desde el { $at }, y su dirección no se puede volver a mostrar. No se cambió nada.
    .hint = `enlace duty feed HANDLE --renew` crea otra dirección, y la anterior deja de servir.
error-duty-feed-none = { $organisation } no tiene calendario para suscribirse. No se cambió nada.
    .hint = `enlace duty feed HANDLE` crea uno.
error-duty-feed-unknown = En esta dirección no hay (o ya no hay) ningún calendario. Pida otra a quien se la dio.
error-duty-feed-nowhere = No hay dirección pública donde leer un calendario. No se cambió nada.
    .hint = Ponga `web.public_url` y reinicie el bot.
duty-feed-either = --revoke no va con --renew ni con --names
duty-feed-made = Se muestra solo esta vez. Quien tenga esta dirección lee la guardia de los próximos 90 días: désela solo a quien pueda verla y por una vía cifrada. Para otra: --renew; para ninguna: --revoke.
duty-feed-revoked = Revocado: el calendario de { $organisation } ya no lleva a ninguna parte.
