# Exchanges: what the source and the recipients see.
exchange-copy-head = { $who }: { $subject }
exchange-copy-label = { $label } · { $ref } · to { $to }
exchange-copy-foot = ↩ reply in this thread: it reaches { $back } · `//` keeps a line here
exchange-reply-head = **{ $who }** · { $label }
exchange-file = 📎 { $name } · { $size }
exchange-status-head = **{ $ref }** · { $label } · to { $to }
exchange-status = In their room { $rooms }/{ $of_rooms } · keys for { $devices }/{ $of_devices } devices · { $answers ->
        [0] nobody has answered yet
        [one] 1 answer
       *[other] { $answers } answers
    }
exchange-status-held = Held for { $who }: { $why }
exchange-status-lost = **Not delivered to { $who }** ({ $why }). It will not be tried again; send it anew.
exchange-consent = This goes to { $to }. `ok` sends it, `//` keeps it here.
exchange-relayed = { $ref } · relayed to { $to }.
exchange-nobody-left = { $ref }: nobody else takes part any more; nothing was relayed.

held-not-encrypted = their room is not encrypted, or enlace is not in it any more
held-not-verified = their room is not verified now; it goes out by itself if that is mended within an hour
held-label = somebody in their room may not read this label
held-new-members = somebody is in the room who was not there when you sent it
held-held-long = their room was not verified for more than an hour
held-no-device = nobody in their room has a verified device now; it goes out by itself if that is mended within an hour
held-reply = { $ref }: your message is held for { $who }: { $why }
held-question = **{ $ref } is still held for { $who }.** Reply **ok** to send it to everybody who is there now, **no** to give it up.
held-question-new = { $who }, not there when you sent it: { $users }
held-question-long = { $who }: held for more than an hour
held-question-end = Without your answer it is given up { $hours } hours after you sent it.
held-released = { $ref }: it goes out to { $who } now.
held-given-up = { $ref }: given up; nothing goes out to { $who }.
held-lost = **{ $ref } was not delivered to { $who }**: { $why }. It will not be tried again; send it anew.

lost-not-encrypted = for a day their room was not encrypted, or enlace was not in it
lost-not-verified = their room was not verified for a day
lost-label = for a day somebody was in their room who may not read this label
lost-no-device = for a day nobody in their room had a verified device
lost-held-long = it was held for a day
lost-new-members = it was held for a day
lost-given-up = you gave it up
lost-too-late = its time was over
lost-other = { $reason }

tlp-no-red-room = anybody in a shared room: everyone here has seen it. Use your direct room with enlace

error-nothing-asked = That question about a held message is settled; nothing was done.
    .hint = `!status` shows what is still held.
error-unknown-exchange = There is no exchange { $ref } in which your organisation takes part.
    .hint = `!status` lists the open ones.
error-exchange-closed = { $ref } is closed; nothing was relayed.
    .hint = Open a new one with `!send`.
error-too-long = The text is too long: { $size } bytes, and { $limit } fit into a message. Nothing was sent.
    .hint = Send it in two parts.
error-label-forbids = { $label } does not let this go to { $whom }. Nothing was sent.
    .hint = `!help tlp` shows where each label may go.
error-file-not-encrypted = The file is not encrypted: your homeserver can read it. It was not sent on.
    .hint = Post it from a client that encrypts files, and remove this one.
error-file-too-large = The file is larger than { $limit } MB, the most that is carried here. Nothing was sent.
    .hint = Send it in parts, or say in the thread where to fetch it.
error-file-changed = The file is not what its sender encrypted: it was damaged or changed on the server. Nothing was sent.
    .hint = Post it again. If it happens again, tell a coordinator.
error-file-away = The file could not be fetched and handed on ({ $reason }). Nothing was sent.
    .hint = Try again in a few minutes.
error-nothing-taken-along = The message that you replied to could not be read again, so it cannot go along. Nothing was sent.
    .hint = Post it again and reply to that, or send without replying to anything.
error-try-later = The homeserver did not take the message: { $reason }.
error-refused = The message can never be sent there: { $reason }.
error-unfit = At the last look the room was not fit to receive it: { $reason }.
