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
