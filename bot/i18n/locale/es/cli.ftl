# La línea de órdenes.
cli-running = enlace funciona como { $user }. Ctrl-C lo termina.
cli-upgraded = La base de datos tiene la forma { $revision }.
cli-ask-homeserver = URL base del servidor Matrix
cli-ask-user = Usuario de Matrix del bot
cli-ask-password = Contraseña de la cuenta del bot
cli-ask-passphrase = Frase de contraseña para la bóveda (al menos { $shortest } caracteres)
cli-ask-recovery-passphrase = Otra frase de contraseña, para el archivo de recuperación (al menos { $shortest } caracteres)
cli-ask-its-passphrase = Frase de contraseña del archivo de recuperación
cli-ask-coordinator = Una persona coordinadora, así: «@usuario:servidor; huella OpenPGP; nombre; teléfono publicado»
cli-init-identity = { $user } tiene ahora una identidad de firma cruzada y su dispositivo { $device } está firmado. Clave de sesión: { $session }
cli-init-openpgp = La llave OpenPGP del bot: { $fingerprint }
cli-init-done = Listo. Configuración: { $config }. **Ponga ahora { $recovery } donde ninguna máquina en marcha pueda alcanzarlo.**
    Siguiente: `enlace check`, `enlace directory import ARCHIVO`, `enlace run`; después cada persona coordinadora invita al bot y escribe `!verificar`.
cli-check-ok = ✓ { $what }
cli-check-bad = ✗ { $what }: { $why }
cli-check-not-looked-at = – { $what }: no se revisó, porque esto no está bien: { $first }
cli-check-state = carpeta de estado
cli-check-vault = bóveda
cli-check-homeserver = servidor Matrix
cli-check-time = reloj
cli-check-identity = identidad de Matrix del bot
cli-check-openpgp = llave OpenPGP del bot
cli-check-database = base de datos
cli-check-ladders = escalones
cli-check-log = registro
cli-rooms-none = Todavía no hay ninguna sala registrada. Invite al bot a una sala cifrada.
cli-room-desk = mesa
cli-room-direct = directa
cli-room-incident = incidente
cli-room-coordination = coordinación
cli-room-outside = fuera de Matrix
cli-room-unknown = sin registro
cli-rooms-line = { $room }  { $kind }  { $who }  en espera: { $waiting }  retenidos: { $held }  no entregados: { $lost }{ $since ->
        [none] {""}
       *[other] {"  "}desde { $since }
    }
cli-audit-ok = ✓ { $entries ->
        [one] 1 asiento concuerda
       *[other] { $entries } asientos concuerdan
    } con lo escrito y con { $checkpoints ->
        [0] ningún punto de control, porque aún no se firmó ninguno.
        [one] 1 punto de control firmado.
       *[other] { $checkpoints } puntos de control firmados.
    }
cli-audit-bad = ✗ El registro no es confiable. { $problem }
cli-audit-receipt-ok = ✓ El recibo es válido: { $entries ->
        [one] 1 asiento está en el registro.
       *[other] { $entries } asientos están en el registro.
    }
cli-import-read = lectura
cli-import-keys = claves
cli-import-compare = comparación
cli-import-write = escritura
cli-import-plan = { $rows ->
        [one] 1 registro:
       *[other] { $rows } registros:
    } { $added } por agregar, { $changed } por cambiar, { $gone } por retirar; { $bad ->
        [one] 1 error
       *[other] { $bad } errores
    }; { $notes ->
        [0] 0 corregidos u omitidos en el camino.
       *[other] { $notes } corregidos u omitidos en el camino: `--notes` los muestra.
    }
cli-import-near = { $new } se parece a { $known }, que ya está. Nada se une por un nombre parecido: indique `--same { $new }`, `--new { $new }` o `--skip { $new }`.
cli-import-nothing = No se escribió nada. Corrija el archivo e intente de nuevo, u omita los registros malos con `--skip-bad`.
cli-import-unclear = No se escribió nada. Diga de cada uno qué es, o corrija el archivo, e intente de nuevo.
cli-import-not-asked = No se escribió nada. Indique `--yes` para hacerlo.
cli-import-ask = ¿Hacerlo?
cli-import-done = Importado: { $added } nuevos, { $changed } cambiados, { $gone } retirados.
cli-export-done = { $path }, con { $files } archivos de llaves y turnos al lado.
cli-export-labelled = { $path }, con contactos hasta { $tlp }.
cli-find-nothing = No hay nada llamado «{ $query }».
cli-why-refused = ahí no escucha nadie
cli-why-timeout = no respondió a tiempo
cli-why-name = su nombre no se conoce
cli-why-certificate = su certificado no es aceptado
cli-why-missing = no existe tal archivo o carpeta
cli-why-rights = esta cuenta no tiene permiso
cli-why-not-text = no es texto UTF-8
cli-why-folder = es una carpeta
cli-why-full = el disco está lleno
error-no-config = No hay configuración en { $path }.
    .hint = Indíquela con `--config` o `ENLACE_CONFIG`, o cree una con `enlace init`.
error-file-trouble = No se puede leer o escribir «{ $path }»: { $reason }.
    .hint = Revise su nombre, su carpeta y sus permisos.
error-cli-unforeseen = Algo falló dentro de enlace: { $what }
    .hint = Ejecute `enlace check`; si eso no lo muestra, reporte esta línea, que no contiene secretos.
error-homeserver-down = No se puede alcanzar el servidor Matrix en { $url }: { $reason }.
    .hint = Revise que esté en marcha, y la dirección (`matrix.homeserver`), el DNS y el cortafuegos; después intente de nuevo.
error-database-down = No se puede usar la base de datos: { $reason }.
    .hint = Revise que esté en marcha, y `database.url` y la contraseña; después intente de nuevo.
error-store-missing = En { $path } no hay almacén criptográfico del dispositivo del bot.
    .hint = Restituya el más reciente; nunca una copia anterior ni una carpeta vacía.
error-no-state-folder = No existe la carpeta de estado { $path }.
    .hint = Corrija `state_directory`, o cree todo con `enlace init`.
error-clock-wrong = { $seconds ->
        [one] El reloj de esta máquina y el del servidor Matrix difieren en 1 segundo.
       *[other] El reloj de esta máquina y el del servidor Matrix difieren en { $seconds } segundos.
    }
    .hint = Deje que NTP ajuste el reloj (`timedatectl set-ntp true`): con él se juzgan las declaraciones y las respuestas tardías.
error-own-key-unfit = El bot no puede firmar con su propia llave OpenPGP. { $why }
    .hint = Hasta entonces nadie puede comprobar quién es el bot.
error-no-passphrase = No se indicó la frase de contraseña de la bóveda.
    .hint = Ponga en `ENLACE_VAULT__PASSPHRASE_FILE` un archivo que la contenga, o use las credenciales del gestor de servicios.
error-not-our-package = El paquete de Python «bot» en uso está en { $path } y no es el de enlace.
    .hint = Instale enlace en un entorno propio.
error-init-not-asked = { $what }: no se indicó, y no hay terminal donde preguntar. No se hizo nada.
    .hint = `enlace init --help` dice la opción, la variable o el archivo correspondiente.
error-init-bad-coordinator = «{ $value }» no nombra a una persona coordinadora. No se hizo nada.
    .hint = Escriba «@usuario:servidor; huella OpenPGP; nombre; teléfono publicado»; el teléfono puede omitirse.
error-init-too-few-coordinators = { $count ->
        [0] No se nombra a ninguna persona coordinadora; se necesitan al menos dos. No se hizo nada.
        [one] Solo se nombra a 1 persona coordinadora; se necesitan al menos dos. No se hizo nada.
       *[other] Solo se nombra a { $count } personas coordinadoras; se necesitan al menos dos. No se hizo nada.
    }
    .hint = Indique `--coordinator` dos veces.
error-init-already-there = { $path } ya existe; no se cambió nada.
    .hint = Indique otros lugares, o continúe con lo que hay: `enlace check`.
error-init-wrong-password = El servidor Matrix no acepta esta contraseña para { $user }. No se hizo nada.
    .hint = Revise el usuario y la contraseña, y ejecute de nuevo `enlace init`.
error-init-no-password-login = El servidor Matrix no permite a { $user } iniciar sesión con contraseña: { $reason }. No se hizo nada.
    .hint = Pida a quien lo opera un token de acceso e indíquelo con `--access-token-file`.
error-init-other-device = El token de acceso pertenece al dispositivo { $found }, no a { $wanted }. No se hizo nada.
    .hint = Indique con `--device-id` el dispositivo del token.
error-init-half-published = La identidad de { $user } quizá ya esté publicada, pero después algo falló: { $reason }
    .hint = Se conserva todo lo que se hizo. Cuando eso esté resuelto, ejecute `enlace init --finish`.
error-init-stopped = Se detuvo.
    .hint = Ejecútelo otra vez.
error-init-other-recovery = El archivo de recuperación { $path } contiene otra identidad que la que está en uso. No se cambió nada.
    .hint = Indique con `--recovery` el archivo que `enlace init` escribió para esta cuenta.
error-export-folder-there = { $path } ya existe; una exportación crea lo suyo aparte. No se escribió nada.
    .hint = Indique otra.
error-init-other-account = El token de acceso pertenece a { $found }, no a { $wanted }. No se hizo nada.
    .hint = Indique el token de { $wanted }.
error-directory-unknown-format = «{ $file }» no está en ningún formato que se pueda importar. No se importó nada.
    .hint = El formato propio termina en .yaml, una tabla en .csv; las listas de FIRST, Trusted Introducer y MISP en .json.
error-directory-file-unreadable = No se puede leer «{ $file }»: { $reason }. No se importó nada.
    .hint = Revise su nombre y sus permisos.
error-demo-command-failed = «enlace { $command }» falló: { $said }

# enlace rooms open|why
cli-rooms-asked = se ha pedido una sala de mesa de { $organisation } y aún no está creada{ $attempts ->
        [0] {""}
        [one] {" "}(1 intento)
       *[other] {" "}({ $attempts } intentos)
    }; la crea el bot en marcha
cli-rooms-will-open = Se ha pedido una sala de mesa de { $organisation }. El bot en marcha la crea en segundos e invita; la verá con `enlace rooms list`. Si el bot está parado, queda pendiente.
cli-rooms-verified = { $room }  { $kind }  { $who }: verificada
cli-rooms-not-verified = { $room }  { $kind }  { $who }: NO verificada
cli-rooms-seen = Como la vio el bot el { $at }.
error-no-room-yet = No hay ninguna sala registrada de { $whose }.
    .hint = `enlace rooms list` muestra las salas registradas; `enlace rooms open SIGLA` crea una sala de mesa.
cli-check-one-approval = ! policy.approvals es 1: una sola persona que coordina cambia el directorio, y cada punto de control lo dice
cli-check-unknown-organisation = ! { $where } nombra a { $organisation }, que el directorio no conoce: por ahí no se avisa a nadie
cli-check-silence-nobody = ! hay correo, pero nadie recibe aviso si el servidor Matrix calla: el directorio no tiene correo de ningún coordinador y notify.operators está vacío
