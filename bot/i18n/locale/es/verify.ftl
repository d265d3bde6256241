# !verificar
command-verify = Demostrar quién es usted, o pedirle al bot que demuestre quién es
    .words = verificar
    .usage = !verificar, y luego enviar la declaración firmada; !verificar bot; !verificar revocar @USUARIO
    .example = !verificar bot
error-verify-what = «{ $word }» no es nada que se pueda verificar aquí; no se hizo nada.
    .hint = `!verificar` pide su declaración, `!verificar bot` muestra la mía, `!verificar revocar @usuario` retira una verificación.
error-not-in-the-directory = El directorio no conoce a { $user }, así que no hay a quién verificar.
    .hint = Pida a la persona responsable de su organización o a quien coordina que le incluya con este usuario de Matrix.
error-no-directory-key = El directorio no tiene ninguna llave OpenPGP de { $name } ni de { $organisation }, así que no se puede comprobar una declaración.
    .hint = Pida a quien coordina que agregue la llave, o a dos personas que coordinan que avalen (`!avalar`).
verify-how = Copie este texto, ponga el identificador y la clave de sesión de **su propio** dispositivo en lugar de los corchetes angulares, fírmelo con su llave OpenPGP o la de su organización (`gpg --clear-sign`) y envíe el texto firmado. También sirve una firma separada (`gpg --armor --detach-sign`): envíe `!verificar`, debajo el texto y debajo del texto la firma. Vale 24 horas.
verify-where = El identificador y la clave de sesión de su dispositivo están en los ajustes de su cliente, en Sesiones (Element: «Sesión» → «ID de sesión» y «Clave de sesión»). No los tome nunca de esta sala: un servidor podría haberlos puesto aquí.
verify-done-master = { $name }, su identidad queda verificada hasta el { $until }. Desde ahora cuenta cada dispositivo que verifique en su cliente.
verify-done-devices = { $name }, su identidad queda verificada hasta el { $until }, **exactamente con estos dispositivos**: { $devices }. Para que cuenten otros, inclúyalos en una nueva declaración o envíela desde el dispositivo en el que configuró su cuenta por primera vez.
verify-bot = Esta es mi identidad, firmada con mi llave OpenPGP { $fingerprint }. Compare esa huella con la que publicaron quienes coordinan.
