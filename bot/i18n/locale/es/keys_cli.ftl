# Las claves propias del bot en la línea de comandos y la salida cuando se pierde un disco.
cli-ask-backup-passphrase = Frase de contraseña del respaldo de las claves (mínimo { $shortest } caracteres)
keys-cli-backed-up = Sellado en { $path }: configuración, bóveda y clave OpenPGP. **Guardarlo separado del archivo de recuperación y de ambas frases de contraseña.** El almacén criptográfico no está incluido, a propósito; la base de datos necesita sus propios respaldos.
keys-cli-restored = Listo: misma identidad, dispositivo nuevo. Sigue: poner en su lugar la copia más reciente de la base de datos (o `enlace db upgrade` si está vacía), `enlace check`, `enlace run`.
    Pedir que se elimine de la cuenta el dispositivo perdido: `enlace check` lo nombra.
error-already-running = Enlace ya está en ejecución, u otro comando trabaja con sus claves, en { $path }.
    .hint = Detenerlo primero; dos a la vez en un mismo dispositivo vuelven ilegibles los mensajes.
error-keys-not-a-backup = { $path } no es un respaldo escrito por `enlace keys backup`.
    .hint = Indicar ese archivo; el archivo de recuperación va en `--recovery`.
error-keys-device-lost = El token de acceso pertenece al dispositivo { $device }, cuyo almacén criptográfico se perdió. No se creó nada.
    .hint = Iniciar una sesión nueva, para que el servidor cree otro dispositivo, y entregar ese token.
error-keys-set-elsewhere = El ajuste `{ $key }` no proviene de { $path } sino del entorno. No se creó nada.
    .hint = Quitar la variable e intentar de nuevo: el valor nuevo debe quedar en el archivo.
error-config-not-rewritable = No se pudo definir `{ $key }` en { $path }: su YAML está escrito de una forma que no se modifica automáticamente. No se cambió nada.
    .hint = Escribir cada sección en líneas simples con sangría, como en config.example.yaml, e intentar de nuevo.
