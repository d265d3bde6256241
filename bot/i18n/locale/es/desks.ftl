# Salas de mesa que crea el bot (enlace rooms open)
desk-opened = Esta es la sala de mesa de { $organisation } ({ $name }) con enlace. Solo para personas verificadas de { $organisation }; las invitan sus responsables. Primero: `!verificar`. `!confianza` dice qué falta y `!ayuda` qué puede hacer.
desk-open-failed = No se pudo crear la sala de mesa de { $organisation }; no hay ninguna. `enlace rooms open` la pide de nuevo.
desk-invite-failed = No se pudo invitar a { $user } a la sala de mesa de { $organisation }: puede hacerlo un responsable, o su servidor no responde.
error-no-such-organisation = El directorio no tiene ninguna organización «{ $handle }». No se hizo nada.
    .hint = `enlace directory find` muestra cómo se escriben las siglas.
error-desk-there = { $organisation } ya tiene la sala de mesa { $room }. No se creó nada.
    .hint = `enlace rooms why` dice cómo está; `--another` crea una más.
error-desk-asked = Ya se pidió una sala de mesa de { $organisation } y aún no está creada. No se hizo nada más.
    .hint = La crea el bot en marcha; la verá con `enlace rooms list`.
error-nobody-for-desk = El directorio no nombra a nadie de { $organisation } a quien invitar. No se creó nada.
    .hint = Indique antes los usuarios de Matrix de sus personas: `enlace directory import`.
