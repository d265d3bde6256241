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
command-people = Quiénes integran su organización y cómo está cada persona; agregar es una propuesta, quitar vale al instante
    .words = personas
    .usage = !personas [lista] · agregar @USUARIO NOMBRE FUNCIÓN · quitar @USUARIO
    .example = !personas agregar @ana:cert.mx Ana Pérez técnica
people-do-list = lista listar
people-do-add = agregar añadir
people-do-remove = quitar retirar
people-proposed = Propuesto como { $ref }: espera a quien coordina hasta el { $until }; todavía no cambió nada.
people-proposed-then = Cuando se apruebe, { $user } me invita a una sala cifrada y envía `!verificar`.
people-removed = { $name } ({ $user }) ya no está en { $organisation } en el directorio y no recibe nada más. Retírele de sus salas: mientras siga allí, quedan retenidas.
person-removed = **{ $by } quitó a { $name } ({ $user }) de { $organisation } en el directorio.** Ya no recibe nada, y las salas donde esté quedan retenidas hasta que salga de ellas.
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
    .hint = `!personas lista` muestra las suyas; `!personas agregar @ana:cert.mx Ana Pérez técnica` propone a alguien; `!personas quitar @ana:cert.mx` vale al instante.
error-people-add-whom = Para agregar a alguien, indique el usuario de Matrix, el nombre y la función. No se propuso nada.
    .hint = `!personas agregar @ana:cert.mx Ana Pérez técnica`
error-person-there = { $user } ya está en el directorio, como { $name } de { $organisation }. No se propuso nada.
    .hint = Quítele primero allí, o pregunte a quien coordina.
error-role-not-held = { $organisation } no tiene la función «{ $role }» en sus redes. No se propuso nada.
    .hint = La función es la última palabra: `!personas agregar @ana:cert.mx Ana Pérez técnica`. `!quien { $organisation }` muestra sus funciones.
error-name-too-long = Un nombre tiene { $most } caracteres como máximo. No se propuso nada.
error-not-oneself = Nadie se quita a sí mismo del directorio. No se cambió nada.
    .hint = Lo hace otra persona responsable o quien coordina; `!verificar revocar` con su usuario retira su verificación.
error-is-coordinator = { $user } coordina, y solo la configuración dice quién coordina. No se cambió nada.
    .hint = `!verificar revocar { $user }` le retira al instante; luego avise a quien opera enlace.
error-directory-no-such-person = El directorio no nombra a nadie con el usuario de Matrix { $user }. No se cambió nada.
    .hint = `!personas lista` muestra cómo se escribe cada uno.
error-not-your-people = El directorio no tiene una organización «{ $handle }» cuyas personas usted pueda ver. No se hizo nada.
    .hint = `!personas lista` muestra las propias; quien coordina puede indicar el identificador de una organización en su sala directa.
