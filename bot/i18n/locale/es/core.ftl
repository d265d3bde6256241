# Textos de la planta baja.
language-name = Español

error-internal = Algo falló dentro de enlace.
error-service = El servicio no puede continuar.
error-not-done = No se hizo lo que se pidió.
error-bad-user-id = «{ $value }» no es un identificador de usuario de Matrix.
    .hint = Se ve así: `@ana:cert.example.mx`.
error-bad-room-id = «{ $value }» no es un identificador de sala de Matrix.
    .hint = Empieza con un signo de exclamación; la configuración de la sala lo muestra en «Avanzado».
error-bad-ref = «{ $value }» no es una referencia.
    .hint = Las referencias se ven así: `MSG-7F3KQ`.
error-unclear-label = «{ $value }» no es una etiqueta TLP 2.0. No se envió nada.
    .hint = Use `tlp:red`, `tlp:amber+strict`, `tlp:amber`, `tlp:green` o `tlp:clear`.
error-database-behind = La base de datos tiene otra forma ({ $found }) que la que necesita esta versión de enlace ({ $needed }).
    .hint = Haga una copia y luego ejecute `enlace db upgrade`.
error-database-ahead = La base de datos tiene la forma { $found }, que esta versión de enlace no conoce; la suya es { $needed }.
    .hint = Ejecute la versión más nueva que la creó o restaure la copia anterior.
error-synapse-missing = No hay ningún Synapse en este entorno de Python.
    .hint = `make demo` y `make test` lo instalan desde el archivo de bloqueo.
error-synapse-dead = Synapse no arrancó: { $reason }.
    .hint = Vea `console.log` y `server.log` en su carpeta.
