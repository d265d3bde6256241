# Lo que puede estar mal en la configuración.
error-config = { $count ->
    [one] La configuración tiene un problema:
   *[other] La configuración tiene { $count } problemas:
  }
  { $lines }
error-config-problem = { $where }: `{ $setting }` no es correcto.
error-config-unreadable = { $where }: no se puede leer `{ $setting }`: { $reason }.
error-config-bad-yaml = { $where }: esto no es YAML válido: { $reason }.
error-config-twice = { $where }: `{ $setting }` aparece dos veces; la primera está en la línea { $first }. Dejar una sola.
error-config-unknown-key = { $where }: no existe el ajuste `{ $setting }`.
error-config-unknown-key-near = { $where }: no existe el ajuste `{ $setting }`. ¿Se quiso escribir `{ $near }`?
error-config-missing-key = { $where }: falta `{ $setting }`. Es obligatorio, por ejemplo: `{ $example }`.
error-config-wants-text = { $where }: `{ $setting }` debe ser texto; ponerlo entre comillas, por ejemplo: `{ $example }`.
error-config-wants-number = { $where }: `{ $setting }` debe ser un número entero, por ejemplo: `{ $example }`.
error-config-too-small = { $where }: `{ $setting }` debe ser { $limit } como mínimo.
error-config-too-large = { $where }: `{ $setting }` debe ser { $limit } como máximo.
error-config-wants-truth = { $where }: `{ $setting }` debe ser `true` o `false`.
error-config-wants-choice = { $where }: `{ $setting }` debe ser uno de: { $choices }.
error-config-wants-list = { $where }: `{ $setting }` debe ser una lista, por ejemplo: `{ $example }`.
error-config-wants-section = { $where }: `{ $setting }` debe ser una sección: sus ajustes van debajo, con sangría, como `nombre: valor`.
error-config-wants-form = { $where }: `{ $setting }` no tiene la forma correcta, por ejemplo: `{ $example }`.
error-config-secret-in-file = { $where }: `{ $setting }` es un secreto y no va en la configuración.
    .hint = Guardarlo en un archivo con permisos 0600 e indicar ese archivo en `{ $setting }_file`, o darlo como credencial de systemd.
error-config-secret-in-url = { $where }: `{ $setting }` contiene una contraseña.
    .hint = Quitarla e indicar en `database.password_file` el archivo que la contiene.
error-config-secret-twice = { $where }: `{ $setting }` también se da con `{ $other }`. Dejar una sola de las dos.
error-config-open-to-others = { $where }: otros usuarios de esta máquina pueden leer { $path }, indicado en `{ $setting }`.
    .hint = Ejecutar: `chmod 600 { $path }`
error-config-plain-http = { $where }: `{ $setting }` debe empezar con `https://` (`http://` solo vale para esta misma máquina).
error-config-mail-without-sender = { $where }: falta `{ $setting }`; con `notify.smtp_host` hay correo, y todo correo tiene remitente.
error-config-plain-mail = { $where }: `{ $setting }` puede ser `none` solo si `notify.smtp_host` es esta misma máquina.
error-config-webhooks-without-secret = { $where }: falta `{ $setting }`; con él se firma cada POST de `notify.webhooks`.
    .hint = Indicar en `notify.webhook_secret_file` el archivo que lo contiene.
error-config-same-port = { $where }: `{ $setting }` no puede ser `web.port`: lo que se alcanza desde fuera tiene su propio puerto.
error-config-stale-before-asked = { $where }: `{ $setting }` no puede ser menor que `directory.confirm_every_days`: las entradas quedarían desactualizadas antes de que se pregunte por ellas.
error-config-not-loopback = { $where }: `{ $setting }` debe ser una dirección de esta misma máquina, `127.0.0.1` o `::1`; un proxy inverso puede publicarla.
error-config-too-few-coordinators = { $where }: `{ $setting }` necesita al menos dos personas (una, si `policy.approvals` es 1), para que la confianza nunca dependa de una sola cuenta ni de una sola llave.
error-config-same-coordinator = { $where }: `{ $setting }` usa { $value } para dos coordinadores. Cada uno necesita su propia cuenta y su propia llave.
error-config-language-not-offered = { $where }: `{ $setting }` es `{ $value }`, idioma que enlace no habla. Debe ser uno de: { $choices }.
