# La vida de la confianza en una persona: retirada, por vencer, avalada, en lista.
verify-do-revoke = revocar retirar
verify-revoked = La verificación de { $user } queda retirada desde este momento. Se avisa a sus salas y a quienes coordinan. El camino de vuelta es una nueva declaración: `!verificar`.
identity-revoked = **{ $name } retiró la verificación de { $user }.** Desde ahora nada llega a esta persona, y las salas donde está quedan retenidas hasta que { $user } envíe `!verificar` con una nueva declaración firmada, o salga de la sala.
error-may-not-revoke = Solo { $user }, una persona responsable de la misma organización o quien coordina puede revocar esto. No se cambió nada.
    .hint = Si es urgente, llame por teléfono a quien coordina: `!ayuda` muestra el número.

reminder-soon = { $name }: su verificación vence el { $until }, en { $days ->
        [one] 1 día
       *[other] { $days } días
    }. `!verificar` la renueva; hasta entonces nada cambia.
reminder-over = **{ $name }: su verificación venció el { $until }.** Hasta el { $end } todavía recibe lo que es TLP:GREEN o TLP:CLEAR; después nada le llega, y las salas donde está quedan retenidas. `!verificar` la renueva.
reminder-ended = **{ $name }: su verificación terminó.** Venció el { $until }, y los días de gracia también pasaron. Nada le llega, y las salas donde está quedan retenidas. `!verificar` la restablece.
reminder-vouched = Su identidad fue avalada: pida a dos personas que coordinan que la avalen de nuevo, o envíe `!verificar` con una firma OpenPGP.

# !avalar
command-vouch = Avalar a alguien sin OpenPGP: dos personas que coordinan, de dos organizaciones, cada una por su lado
    .words = avalar
    .usage = !avalar @USUARIO CLAVE-DE-SESIÓN (como la persona se la lee desde su cliente, por teléfono o en persona)
    .example = !avalar @ana:cert.mx 7pN2 kQ0v …
vouch-noted = Anotado para { $name } ({ $user }). Cuenta cuando alguien que coordina desde otra organización haga lo mismo, dentro de 24 horas; pídaselo, sin decirle la clave.
vouch-pinned = { $name } ({ $user }) queda con aval hasta el { $until }, hasta TLP:AMBER.
vouch-differed = **Las claves difieren**: otra persona que coordina escribió otra clave de sesión para { $name } ({ $user }). Nadie queda con aval y ambas palabras se olvidan. Que la persona lea la clave de nuevo a cada quien, en una llamada que usted haya iniciado.
vouch-differed-notice = **Las claves difieren**: otra persona que coordina escribió para { $user } una clave de sesión distinta de la suya. Nadie queda con aval y ambas palabras se olvidan. Que la persona lea la clave de nuevo a cada quien, en una llamada que usted haya iniciado.
vouch-done-notice = Una segunda persona que coordina coincidió: { $user } queda con aval hasta el { $until }, hasta TLP:AMBER.
vouch-done-room = { $user } cuenta con el aval de dos personas que coordinan hasta el { $until }, hasta TLP:AMBER.
error-vouch-how = Para avalar, indique el usuario de Matrix y la clave de sesión que la persona le leyó. No se hizo nada.
    .hint = `!avalar @ana:cert.mx 7pN2 kQ0v …`; los espacios de la clave no importan.
error-vouch-alone = Solo se avala en la propia sala con enlace, donde nadie más que coordine lee. No se hizo nada.
    .hint = Abra una sala directa con enlace o use la que ya tiene.
error-coordinator-not-vouched = { $user } coordina: solo cuenta una declaración OpenPGP. No se hizo nada.
    .hint = Debe enviar `!verificar`.
error-already-verified = { $user } tiene verificación por declaración hasta el { $until }, que cuenta más. No se hizo nada.
    .hint = Si eso ya no es correcto, primero `!verificar revocar { $user }`.

# !personas
command-people = Quiénes integran su organización y cómo está cada persona
    .words = personas
    .usage = !personas [lista]
    .example = !personas lista
people-do-list = lista listar
people-head = **{ $organisation }**: { $count ->
        [0] nadie en la lista
        [one] 1 persona
       *[other] { $count } personas
    }
people-lead = responsable
people-no-matrix = sin usuario de Matrix
people-unknown = **sin verificar**
people-verified = verificada hasta el { $until }
people-vouched = con aval hasta el { $until }, hasta TLP:AMBER
people-grace = **venció el { $until }**, hasta TLP:GREEN por unos días
people-expired = **venció el { $until }**
people-changed = **otra identidad que antes: sin verificar**
people-revoked = **retirada**
error-people-what = «{ $word }» no es nada que se pueda hacer aquí con personas; no se hizo nada.
    .hint = `!personas lista` muestra las suyas.
error-not-your-people = El directorio no tiene una organización «{ $handle }» cuyas personas usted pueda ver. No se hizo nada.
    .hint = `!personas lista` muestra las propias; quien coordina puede indicar el identificador de una organización en su sala directa.
