# !verify
command-verify = Prove who you are, or ask the bot to prove who it is
    .words = verify
    .usage = !verify, then send back the signed statement; !verify bot; !verify revoke @USER
    .example = !verify bot
error-verify-what = “{ $word }” is nothing that can be verified here; nothing was done.
    .hint = `!verify` asks for your statement, `!verify bot` shows mine, `!verify revoke @user` withdraws a verification.
error-not-in-the-directory = The directory does not know { $user }, so there is nobody to verify.
    .hint = Ask your organisation's lead or a coordinator to list you with this Matrix user.
error-no-directory-key = The directory holds no OpenPGP key of { $name } or of { $organisation }, so a statement cannot be checked.
    .hint = Ask a coordinator to add the key, or two coordinators to vouch (`!vouch`).
verify-how = Copy this text, put **your own** device's id and session key in place of the angle brackets, sign it with your OpenPGP key or your organisation's (`gpg --clear-sign`), and send the signed text. A detached signature (`gpg --armor --detach-sign`) does as well: send `!verify`, the text below it, and the signature below the text. It is good for 24 hours.
verify-where = Your device id and session key stand in your client's settings, under Sessions (Element: “Session” → “Session ID” and “Session key”). Never take them from this room: a server could have put them here.
verify-done-master = { $name }, you are verified until { $until }. Every device that you verify in your client counts from now on.
verify-done-devices = { $name }, you are verified until { $until }, **with exactly these devices**: { $devices }. To have others counted too, list them in a new statement, or send one from the device on which you first set up your account.
verify-bot = This is who I am, signed with my OpenPGP key { $fingerprint }. Compare that fingerprint with the one that your coordinators published.
