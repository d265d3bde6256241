# Desk rooms that the bot makes (enlace rooms open)
desk-opened = This is the desk room of { $organisation } ({ $name }) with enlace. Only verified people of { $organisation } belong in it; leads can invite them. First: `!verify`. `!trust` says what is still missing, `!help` what you can do.
desk-open-failed = The desk room of { $organisation } could not be made, so there is none. `enlace rooms open` asks for it again.
desk-invite-failed = { $user } could not be invited into the desk room of { $organisation }: a lead there can, or their homeserver does not answer.
error-no-such-organisation = The directory has no organisation “{ $handle }”. Nothing was done.
    .hint = `enlace directory find` shows how handles are spelled.
error-desk-there = { $organisation } has the desk room { $room } already. Nothing was made.
    .hint = `enlace rooms why` says how it is; `--another` makes one more.
error-desk-asked = A desk room of { $organisation } is asked for already and not made yet. Nothing more was done.
    .hint = The running bot makes it; `enlace rooms list` shows it.
error-nobody-for-desk = The directory names nobody of { $organisation } who could be invited. Nothing was made.
    .hint = Give its people their Matrix users first: `enlace directory import`.
