# La línea de órdenes.
cli-running = enlace funciona como { $user }. Ctrl-C lo termina.
cli-upgraded = La base de datos tiene la forma { $revision }.
cli-ask-homeserver = URL base del servidor Matrix
cli-ask-user = Usuario de Matrix del bot
cli-ask-password = Contraseña de la cuenta del bot
cli-ask-passphrase = Frase de paso para la bóveda (al menos { $shortest } caracteres)
cli-ask-recovery-passphrase = Otra frase de paso, para el archivo de recuperación
cli-ask-coordinator = Una persona coordinadora, así: «@usuario:servidor; huella OpenPGP; nombre; teléfono publicado»
cli-init-identity = { $user } tiene ahora una identidad de firma cruzada y su dispositivo { $device } está firmado. Clave de sesión: { $session }
cli-init-openpgp = La llave OpenPGP del bot: { $fingerprint }
cli-init-done = Listo. Configuración: { $config }. **Ponga ahora { $recovery } donde ninguna máquina en marcha pueda alcanzarlo.**
    Siguiente: `enlace check`, `enlace directory import ARCHIVO`, `enlace run`; después cada persona coordinadora invita al bot y escribe `!verificar`.
cli-check-ok = ✓ { $what }
cli-rooms-none = Todavía no hay ninguna sala registrada. Invite al bot a una sala cifrada.
cli-rooms-line = { $room }  { $kind }  { $who }  retenidos: { $held }
cli-audit-ok = ✓ { $entries } entradas concuerdan entre sí y con { $checkpoints } puntos de control firmados.
cli-audit-bad = ✗ No se puede creer la entrada { $entry }: { $problem }.
cli-audit-receipt-ok = ✓ El recibo es válido: { $entries } entradas están en el registro.
cli-import-plan = { $rows } registros: { $added } nuevos, { $changed } cambiados, { $gone } retirados, { $bad } malos, { $notes } corregidos u omitidos en el camino.
cli-import-near = { $new } se parece a { $known }, que ya está. Nada se une por un nombre parecido: ponga a ambos el mismo identificador, o un nombre claramente distinto.
cli-import-nothing = No se escribió nada.
cli-import-not-asked = No se escribió nada. Indique `--yes` para hacerlo.
cli-import-ask = ¿Hacerlo?
cli-import-done = Importado: { $added } nuevos, { $changed } cambiados, { $gone } retirados.
cli-export-done = { $path }, con { $files } archivos de llaves y turnos al lado.
cli-find-nothing = No hay nada llamado «{ $query }».
error-no-passphrase = No se indicó la frase de paso de la bóveda.
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
error-init-other-account = El token de acceso pertenece a { $found }, no a { $wanted }. No se hizo nada.
    .hint = Indique el token de { $wanted }.
error-directory-unknown-format = «{ $file }» no es ni YAML ni CSV. No se importó nada.
    .hint = Póngale nombre .yaml o .csv.
error-directory-file-unreadable = No se puede leer «{ $file }»: { $reason }. No se importó nada.
    .hint = Revise su nombre y sus permisos.
error-demo-command-failed = «enlace { $command }» falló: { $said }
