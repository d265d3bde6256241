# Claves y confianza: errores (`error-…` con `.hint`) y comprobaciones fallidas (`check-…` con `.mend`).

error-keys = Hay un problema con una clave.
    .hint = Consulte a una persona coordinadora.
error-not-accepted = Esto no se aceptó.
    .hint = Consulte a una persona coordinadora.

## Huellas y claves de Matrix
error-not-a-fingerprint = «{ $value }» no es una huella OpenPGP completa.
    .hint = Tiene 40 (o 64) dígitos hexadecimales; `gpg --fingerprint` la muestra. No se aceptan identificadores cortos.
error-not-a-matrix-key = «{ $value }» no es una clave de Matrix.
    .hint = La clave de sesión en los ajustes del cliente tiene 43 letras y dígitos; cópiela completa.
error-not-canonical = Este objeto no tiene forma de JSON canónico: { $why }.
    .hint = No lo hizo un cliente de Matrix; revise el servidor.
error-bad-seeds = Estas no son las tres semillas de una identidad de firma cruzada.
    .hint = Use el archivo de recuperación sellado que escribió `enlace init`.
error-not-our-device = «{ $device }» no es un dispositivo de { $user }.
    .hint = Revise los dispositivos de la cuenta; firme solo el que creó `enlace init`.

## Declaraciones de identidad
error-statement-unreadable = Esto no es una declaración de identidad: su primera línea no es «{ $heading }».
    .hint = Escriba `!verificar` para recibir un texto nuevo, complete la línea del dispositivo y firme el texto entero.
error-statement-line-unclear = No se puede leer la línea { $line } de la declaración: «{ $text }».
    .hint = Escriba `!verificar` para recibir un texto nuevo y cambie solo la línea del dispositivo.
error-statement-field-unknown = La declaración tiene un campo «{ $field }» que ninguna declaración lleva.
    .hint = Escriba `!verificar` para recibir un texto nuevo y cambie solo la línea del dispositivo.
error-statement-field-twice = La declaración tiene dos veces el campo «{ $field }».
    .hint = Solo `Device` puede repetirse. Escriba `!verificar` para recibir un texto nuevo.
error-statement-field-missing = A la declaración le falta el campo «{ $field }».
    .hint = Escriba `!verificar` para recibir un texto nuevo y cambie solo la línea del dispositivo.
error-statement-field-unclear = No se puede leer el campo «{ $field }» de la declaración: «{ $value }».
    .hint = La línea de dispositivo lleva el identificador, un espacio y la clave de sesión que muestran los ajustes del cliente.
error-statement-device-blank = La línea de dispositivo de la declaración quedó sin completar.
    .hint = Reemplácela por el identificador y la clave de sesión que muestra el propio cliente y firme de nuevo.
error-statement-mismatch = La declaración dice «{ $stated }» en { $field }; se esperaba «{ $expected }».
    .hint = Escriba `!verificar` para recibir un texto con los datos correctos, o pida antes corregir el directorio.
error-statement-expired = La declaración venció el { $expires }.
    .hint = Escriba `!verificar` para recibir una nueva.
error-statement-from-future = La declaración dice que se emitió el { $issued }, fecha que aún no llega.
    .hint = Escriba `!verificar` para recibir una nueva y no cambie sus fechas.
error-statement-too-long = La declaración regiría { $days } días; el máximo es { $longest }.
    .hint = Escriba `!verificar` para recibir una nueva y no cambie sus fechas.
error-nonce-unknown = La declaración no responde a ningún desafío abierto: su nonce es desconocido o ya se usó.
    .hint = Escriba `!verificar` para recibir una nueva.
error-nonce-late = El desafío al que responde la declaración ya venció.
    .hint = Escriba `!verificar` para recibir una nueva.
error-sending-device-not-listed = La declaración se envió desde el dispositivo { $device }, que no figura en ella con su propia clave.
    .hint = Envíela desde el dispositivo cuyo identificador y clave de sesión figuran en ella.

## Identidades fijadas
error-identity-not-published = El servidor no publica ninguna identidad de firma cruzada de { $user }.
    .hint = Configure el cifrado («Copia de seguridad», «Firma cruzada») en los ajustes del cliente e intente de nuevo.
error-device-not-published = El servidor no publica ningún dispositivo de { $user } con esta clave: { $device }.
    .hint = Compare identificador y clave de sesión con los ajustes del cliente, carácter por carácter.
error-device-key-differs = El servidor publica para el dispositivo { $device } de { $user } una clave distinta de la declarada.
    .hint = Compare otra vez la clave de sesión en el cliente. Si es correcta, alguien está cambiando claves: avise por teléfono a una persona coordinadora.
error-device-not-signed = El dispositivo { $device } no está firmado por la identidad de { $user }.
    .hint = Verifique el dispositivo en el cliente con la clave de recuperación o con otro dispositivo e intente de nuevo.
error-vouches-differ = Las dos personas coordinadoras escribieron claves de sesión distintas para { $user }.
    .hint = Haga leer de nuevo la clave de sesión a cada una, desde los ajustes del cliente.
error-vouches-not-apart = Los dos avales de { $user } no vienen de dos personas coordinadoras de dos organizaciones, ambas distintas de { $user }.
    .hint = Pida el aval a una persona coordinadora de otra organización.

## La bóveda
error-vault = No se puede usar la bóveda.
    .hint = Consulte a quien opera el servicio.
error-vault-missing = No hay una bóveda en { $path }.
    .hint = Créela con `enlace init` o corrija la ruta en la configuración.
error-vault-exists = Ya hay una bóveda en { $path }.
    .hint = Nunca se reemplaza. Muévala antes a otro lugar si hay certeza de que sobra.
error-vault-too-open = { $path } tiene modo { $mode }; otras cuentas de este equipo podrían acceder.
    .hint = Los archivos requieren modo 0600 y su carpeta 0700: use `chmod`.
error-vault-not-ours = { $path } es un enlace o pertenece a otra cuenta.
    .hint = Coloque ahí el archivo real, propiedad de la cuenta que ejecuta el servicio.
error-vault-damaged = { $path } no es una bóveda que esta versión pueda leer.
    .hint = Restáurela desde una copia.
error-vault-kdf-unsound = El costo de Argon2id de la bóveda está fuera de lo seguro: { $memory_kib } KiB, { $iterations } pasadas, { $lanes } carriles.
    .hint = Restaure la bóveda desde una copia; alguien cambió su encabezado.
error-wrong-passphrase = La bóveda en { $path } no abre: la frase de contraseña es incorrecta o el archivo fue modificado.
    .hint = Revise de dónde viene la frase (archivo, entorno, credencial) y luego restaure la bóveda desde una copia.
error-passphrase-too-short = La frase de contraseña de una bóveda tiene al menos { $least } caracteres.
    .hint = Elija una más larga.
error-secret-missing = La bóveda no guarda ningún secreto llamado «{ $name }».
    .hint = Ejecute otra vez `enlace init`; pregunta por lo que falta.
error-seal-broken = Algo sellado en la base de datos fue modificado o se selló con otra bóveda.
    .hint = Use la bóveda que corresponde a esta base de datos.

## OpenPGP
error-openpgp = Hay un problema con una clave, una firma o un mensaje OpenPGP.
    .hint = Consulte a una persona coordinadora.
error-gnupg-missing = El programa «{ $binary }» (GnuPG 2.2 o posterior) no está instalado o no funciona.
    .hint = Instale GnuPG (en Debian: `apt install gnupg`).
error-gnupg-home-too-open = La carpeta OpenPGP { $path } tiene modo { $mode }; otras cuentas de este equipo podrían acceder.
    .hint = Asígnele modo 0700: use `chmod`.
error-gnupg-failed = GnuPG no pudo completar la operación ({ $operation }): { $status }.
    .hint = Intente de nuevo; si persiste, revise el disco y la carpeta OpenPGP.
error-openpgp-too-large = Esto es demasiado grande: { $bytes } bytes; el máximo es { $most }.
    .hint = Envíe un archivo más pequeño.
error-not-a-key = En este archivo no hay ninguna clave pública OpenPGP.
    .hint = Expórtela con `gpg --armor --export` y envíe el resultado.
error-secret-key-given = Este archivo contiene una clave secreta. No se guardó, y quien la envió ya no debería usarla.
    .hint = Revoque esa clave, genere otra y envíe solo la clave pública (`gpg --armor --export`).
error-no-such-key = La clave OpenPGP { $fingerprint } no está registrada.
    .hint = Pida que se agregue su clave pública al directorio.
error-no-secret-key = Aquí no hay una clave secreta { $fingerprint } con que firmar.
    .hint = Revise la clave del bot con `enlace check`.
error-key-expired = La clave OpenPGP { $fingerprint } venció el { $expires }.
    .hint = Pida a su titular que la prorrogue y envíe de nuevo la clave pública.
error-key-revoked = La clave OpenPGP { $fingerprint } está revocada.
    .hint = Pida que se agregue al directorio la clave nueva de su titular.
error-key-invalid = La clave OpenPGP { $fingerprint } no tiene una firma propia válida o está deshabilitada.
    .hint = Pida de nuevo la clave pública a su titular.
error-key-weak = La clave OpenPGP { $fingerprint } es demasiado débil: { $algorithm }, { $bits } bits.
    .hint = Su titular necesita una clave nueva: Ed25519 o RSA de al menos 2048 bits.
error-key-cannot-encrypt = La clave OpenPGP { $fingerprint } no tiene una subclave vigente para cifrar.
    .hint = Pida a su titular que agregue una subclave de cifrado y envíe de nuevo la clave pública.
error-bad-key-name = «{ $value }» no puede ir en un identificador de usuario OpenPGP.
    .hint = Use un nombre y un correo sin caracteres especiales.
error-wrong-key-passphrase = La frase de contraseña de la clave OpenPGP falta o es incorrecta.
    .hint = Revise su entrada en la bóveda.
error-not-for-us = Este mensaje no está cifrado para la clave del bot.
    .hint = Cífrelo para la clave del bot: `!verificar bot` muestra la huella.
error-decryption-failed = Este mensaje no se puede descifrar: está dañado o fue modificado.
    .hint = Envíelo de nuevo, como archivo.
error-signature = La firma no cuenta.
    .hint = Firme de nuevo con la clave que figura en el directorio.
error-not-signed = Aquí no hay ninguna firma OpenPGP.
    .hint = Firme el texto entero con `gpg --clearsign` y envíe el resultado.
error-several-signatures = Aquí hay { $count } firmas o textos firmados; se acepta exactamente uno.
    .hint = Firme una sola vez, con una sola clave, y envíe solo eso.
error-signature-bad = La firma no corresponde al texto: se modificó después de firmarlo.
    .hint = Los clientes de chat cambian espacios y comillas: envíe el texto firmado como archivo.
error-signature-unclear = No se puede evaluar la firma: { $status }.
    .hint = Firme con `gpg --clearsign` o `gpg --armor --detach-sign` y envíe el resultado como archivo.
error-signature-expired = La firma de la clave { $signer } venció.
    .hint = Firme de nuevo, sin fecha de vencimiento.
error-signer-unknown = La clave { $signer } con que se firmó no está registrada.
    .hint = Firme con la clave que figura en el directorio o pida que se agregue esta.
error-signer-key-expired = La clave { $signer } con que se firmó está vencida.
    .hint = Prorrogue la clave, pida actualizarla en el directorio y firme de nuevo.
error-signer-key-revoked = La clave { $signer } con que se firmó está revocada.
    .hint = Pida que se agregue su clave nueva al directorio y firme con ella.
error-digest-weak = La firma usa { $digest }, que se puede falsificar.
    .hint = Firme de nuevo con `gpg --digest-algo SHA512`.
error-signed-by-another-key = Esto lo firmó la clave { $found }, no { $wanted }.
    .hint = Firme con la clave que figura en el directorio o pida antes cambiar el directorio.

## Comprobaciones de una clave OpenPGP
check-key-valid = La clave { $fingerprint } no tiene una firma propia válida, está deshabilitada o lleva fecha futura.
    .mend = Pida de nuevo la clave pública a su titular.
check-key-not-revoked = La clave { $fingerprint } está revocada.
    .mend = Pida que se agregue al directorio la clave nueva de su titular.
check-key-not-expired = La clave { $fingerprint } venció el { $expires }.
    .mend = Pida a su titular que la prorrogue y envíe de nuevo la clave pública.
check-key-strong = La clave { $fingerprint } es demasiado débil: { $algorithm }, { $bits } bits.
    .mend = Su titular necesita una clave nueva: Ed25519 o RSA de al menos 2048 bits.
check-key-can-sign = La clave { $fingerprint } no tiene nada vigente y robusto con que firmar.
    .mend = Pida a su titular que agregue una subclave de firma y envíe de nuevo la clave pública.
check-key-can-encrypt = La clave { $fingerprint } no tiene nada vigente y robusto para cifrar.
    .mend = Pida a su titular que agregue una subclave de cifrado y envíe de nuevo la clave pública.

## Comprobaciones de una persona
check-person-pinned = Nadie ha verificado aún a { $user }.
    .mend = { $user } escribe `!verificar` al bot, o dos personas coordinadoras dan su aval.
check-person-identity-kept = { $user } tiene otra identidad criptográfica desde el { $date }.
    .mend = Pregunte por teléfono a { $user } qué pasó; luego { $user } escribe `!verificar` y firma una declaración nueva.
check-person-not-revoked = La verificación de { $user } se retiró el { $date }.
    .mend = Si fue un error, { $user } escribe `!verificar` y firma una declaración nueva.
check-person-key-not-revoked = La clave OpenPGP que respaldaba a { $user } se revocó el { $date }.
    .mend = Pida que se agregue la clave nueva al directorio; luego { $user } escribe `!verificar` y firma con ella una declaración nueva.
check-person-fingerprint-kept = El directorio indica otra clave OpenPGP para { $user } desde el { $date }.
    .mend = { $user } escribe `!verificar` y firma una declaración nueva con la clave que ahora indica el directorio.
check-person-identity-published = El servidor no muestra por ahora ninguna identidad criptográfica de { $user }.
    .mend = { $user } configura la firma cruzada en los ajustes del cliente; si ya existía, consulte a quien opera ese servidor.
check-person-master-key = El servidor muestra para { $user } una identidad criptográfica distinta de la verificada.
    .mend = Pregunte por teléfono a { $user } qué pasó; luego { $user } escribe `!verificar` y firma una declaración nueva.
check-person-statement-current = La declaración de { $user } rigió hasta el { $expires }.
    .mend = { $user } escribe `!verificar` y firma una declaración nueva.
check-person-devices-signed =
    { $count ->
        [one] Un dispositivo de { $user } no está confirmado y no recibe nada: { $devices }.
       *[other] { $count } dispositivos de { $user } no están confirmados y no reciben nada: { $devices }.
    }
    .mend = { $user } los verifica en el cliente con la clave de recuperación u otro dispositivo, los incluye en una declaración nueva o cierra esas sesiones.
check-person-device-trusted = { $user } no tiene ningún dispositivo confirmado que pueda leer.
    .mend = { $user } verifica un dispositivo en el cliente con la clave de recuperación u otro dispositivo.

## Comprobaciones de una sala
check-room-registered = La sala no está registrada y no se envía nada en ella.
    .mend = La sala de una sola organización se registra sola cuando todas sus personas están en el directorio; `enlace rooms open` crea una.
    .good = La sala está registrada.
check-room-bot-joined = El bot no está en la sala.
    .mend = Invítelo.
    .good = El bot está en la sala.
check-room-encrypted = La sala no está cifrada.
    .mend = Active el cifrado en los ajustes de la sala; después no se puede desactivar.
    .good = La sala está cifrada.
check-room-encryption-kept = La sala estaba cifrada y el servidor ahora dice que no lo está.
    .mend = No escriba aquí. Avise a quien opera el servidor y abra una sala nueva.
    .good = Ha seguido cifrada.
check-room-invite-only = Pueden entrar personas sin invitación (regla de acceso: { $value }).
    .mend = Elija «Privada (solo con invitación)» en los ajustes de la sala.
    .good = Solo se entra con invitación.
check-room-history-closed = Quien llega puede leer lo escrito antes (historial: { $value }).
    .mend = Elija «Solo miembros, desde que se unieron» o «desde que fueron invitados» en los ajustes de la sala.
    .good = Quien llega no puede leer lo escrito antes.
check-room-no-guests = Pueden entrar invitados sin cuenta (acceso de invitados: { $value }).
    .mend = Prohíba el acceso de invitados en los ajustes de la sala.
    .good = No pueden entrar invitados sin cuenta.
check-room-members-known =
    { $count ->
        [one] { $users } está en la sala sin verificar.
       *[other] Hay { $count } personas sin verificar en la sala: { $users }.
    }
    .mend = Escriben `!verificar` al bot o salen de la sala.
    .good = Todas las personas de la sala se han verificado.
check-room-members-unchanged =
    { $count ->
        [one] { $users } está en la sala con una identidad criptográfica distinta de la verificada.
       *[other] Hay { $count } personas en la sala con identidades criptográficas distintas de las verificadas: { $users }.
    }
    .mend = Pregunte por teléfono qué pasó; luego escriben `!verificar` o salen de la sala.
    .good = Nadie en la sala muestra una identidad distinta de la verificada.
check-room-members-unrevoked =
    { $count ->
        [one] { $users } está en la sala y su verificación fue retirada.
       *[other] Hay { $count } personas en la sala cuya verificación fue retirada: { $users }.
    }
    .mend = Retírelas de la sala o haga que se verifiquen de nuevo.
    .good = A nadie en la sala se le ha retirado la verificación.
check-room-members-current =
    { $count ->
        [one] { $users } está en la sala con la declaración vencida.
       *[other] Hay { $count } personas en la sala con la declaración vencida: { $users }.
    }
    .mend = Escriben `!verificar` y firman una declaración nueva.
    .good = A nadie en la sala le ha vencido la declaración.
check-room-members-belong =
    { $count ->
        [one] { $users } está en la sala y no pertenece a ninguna de las organizaciones a las que está destinada.
       *[other] Hay { $count } personas en la sala que no pertenecen a ninguna de las organizaciones a las que está destinada: { $users }.
    }
    .mend = Retírelas de la sala o pida abrirla para su organización.
    .good = Todas las personas pertenecen a las organizaciones a las que está destinada.
check-room-direct-alone =
    { $count ->
        [0] En esta sala directa no hay nadie más que el bot.
        [one] Hay { $count } persona en esta sala directa.
       *[other] Hay { $count } personas en esta sala directa, que es para una sola.
    }
    .mend = En una sala directa están una persona y el bot: abra otra sala para las demás.
    .good = No hay nadie que no deba estar.
check-room-guarded =
    { $count ->
        [0] Cualquiera que entre puede cambiar el cifrado, el acceso o los permisos de la sala.
        [one] { $users } puede cambiar el cifrado, el acceso o los permisos de la sala y no está verificada.
       *[other] Hay { $count } personas sin verificar que pueden cambiar el cifrado, el acceso o los permisos de la sala: { $users }.
    }
    .mend = En los ajustes de la sala, deje esos permisos solo a personas verificadas y al bot.
    .good = Solo personas verificadas y el bot pueden cambiar el cifrado, el acceso o los permisos.
check-room-servers-allowed =
    { $count ->
        [one] { $users } está en un servidor que aquí no se permite.
       *[other] Hay { $count } personas en servidores que aquí no se permiten: { $users }.
    }
    .mend = Retírelas de la sala o pida permitir su servidor en la configuración.
    .good = Todas las personas están en servidores permitidos.
