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
exchange-status-withdrawn = **Withdrawn by you:** it is being taken out of their rooms.
exchange-status-withdrawn-mail = **Withdrawn by you:** a letter that was handed over cannot be taken back.
exchange-status-mail = By mail to { $who }: handed over to the mail server { $taken }/{ $of }. More nobody can promise. No later answer, edit or file is mailed; they answer by mail or phone.
exchange-letter-foot = Please answer { $who } by mail or phone: { $ways }. enlace does not read mail: what is sent to the address that this came from reaches nobody.
exchange-letter-foot-bare = Please answer { $who } by mail or phone. enlace does not read mail: what is sent to the address that this came from reaches nobody.
exchange-not-mailed = { $ref } went by mail only, and later answers are not mailed: nothing was sent. Write or phone them; `!send` opens a new letter.
exchange-status-closed = **Closed:** nothing more is relayed.
exchange-status-lost = **Not delivered to { $who }** ({ $why }). It will not be tried again; send it anew.
exchange-consent = This goes to { $to }. `ok` sends it, `//` keeps it here.
exchange-consent-kept = Lines that begin with `//` are in this, so nothing was relayed yet. `ok` sends all of it to { $to }, those lines too; to leave them out, answer `no` and write it again without them.
exchange-relayed = { $ref } · relayed to { $to }.
exchange-nobody-left = { $ref }: nobody else takes part any more; nothing was relayed.

held-not-encrypted = their room is not encrypted, or enlace is not in it any more
held-not-verified = their room is not verified now; it goes out by itself if that is mended within an hour
held-members = { $users }: in their room and not verified; it goes out by itself if that is mended within an hour
held-label = somebody in their room may not read this label, or has a device that is not signed (TLP:RED)
held-new-members = somebody is in the room who was not there when you sent it
held-held-long = their room was not verified for more than an hour
held-no-device = nobody in their room has a verified device now; it goes out by itself if that is mended within an hour
held-root-held = what it belongs under is held there; it goes out after that
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
lost-no-key = no mail could be encrypted to a key that the directory has of them, so none was sent
lost-mail-label = its label does not go by mail
lost-not-configured = no mail server is set up any more
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
error-above-ceiling = { $label } is above what you may say: { $most } at most, as you are verified now. Nothing was sent.
    .hint = Choose a lower label, or prove yourself with a signed statement: `!verify`. `!trust` shows why.
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

exchange-left-out = { $count ->
        [one] One participant more takes part: `!all` writes to everyone.
       *[other] { $count } participants more take part: `!all` writes to everyone.
    }
exchange-closed = { $ref } is closed: nothing more is relayed. Everybody in it is told.
exchange-left = { $ref }: your organisation has left it. Nothing more of it reaches you, and the others are told.
exchange-withdrawn = { $ref }: { $count ->
        [one] your message is withdrawn
       *[other] your { $count } messages are withdrawn
    } and { $rooms ->
        [0] had reached nobody.
        [one] is being removed from 1 room.
       *[other] is being removed from { $rooms } rooms.
    } What was read there stays read; the log keeps that it was said and withdrawn.
exchange-withdrawn-mail = A letter cannot be taken back: { $who } has it by mail. Ask them by mail or phone to delete it.
exchange-withdrawn-mail-only = { $ref } is withdrawn in the log, but a letter cannot be taken back: { $who } has it by mail. Ask them by mail or phone to delete it.
exchange-withdraw-which = { $ref }: which of your messages? Nothing was withdrawn yet. A number withdraws it:
exchange-withdraw-first = the first message, { $said }
exchange-withdraw-one = message { $seq }, { $said }
exchange-withdraw-all = all { $count }
withdrawal-refused = **{ $ref }: your message is still in the room of { $who }.** Their server did not remove it, and it is not tried again. Ask them by phone to remove it there: `!whois { $who }`
exchange-withdrawn-unsent = Withdrawn by its author before it was sent.
exchange-note-closed = { $ref } · { $who } has closed this exchange: nothing more is relayed.
exchange-note-left = { $ref } · { $who } has left this exchange: nothing more reaches them.
exchange-note-withdrawn = { $ref } · { $who } has withdrawn a message; it was removed here. The log keeps that it was said.
exchange-note-removed = { $ref } · In their own room a server has withdrawn a message of { $who }. A server's word removes nothing here: your copy stays.
exchange-note-removed-own = { $ref } · A server says that a message of yours was removed here. The others' copies stay. If you want them back: `!withdraw { $ref }`
exchange-note-removed-copy = { $ref } · A server has withdrawn a message of { $who } here. Others still have theirs, and the log keeps that it was delivered; ask for it again if you need it.

command-all = Write to everyone in an exchange with more than five others
    .words = all
    .usage = !all TEXT in the thread, or !all MSG-… TEXT
    .example = !all MSG-7F3KQ The domain is down now
command-withdraw = Take back what you said in an exchange: the copies are removed from the others' rooms
    .words = withdraw
    .usage = !withdraw as a reply to it, or !withdraw MSG-…
    .example = !withdraw MSG-7F3KQ
command-leave = Leave an exchange: nothing more of it reaches you
    .words = leave
    .usage = !leave [MSG-…]
    .example = !leave MSG-7F3KQ
command-close = Close an exchange that your organisation opened: nothing more is relayed
    .words = close
    .usage = !close [MSG-…]
    .example = !close MSG-7F3KQ

reply-red = { $label } is accepted only in your direct room: everyone here has seen it. Nothing was relayed or kept; use `!reply { $ref } …` there.
reply-label = Your text says { $written }, and { $ref } is { $label }: nothing was relayed or kept. Open a message of its own with `!send … { $written }`, or write it without that label.

error-which-exchange = It is not clear which exchange is meant; nothing was done.
    .hint = Say it in the exchange's thread, or with its reference. `!status` lists the open ones.
error-only-the-source = { $ref } was opened by { $source }, so only { $source } can close it; nothing was done.
    .hint = `!leave { $ref }` takes your organisation out of it.
error-source-stays = Your organisation opened { $ref } and cannot leave it; nothing was done.
    .hint = `!close { $ref }` ends it for everybody.
error-nothing-of-yours = There is nothing of yours in { $ref } that could be withdrawn; nothing was done.
    .hint = Only the author's own word withdraws a message.
error-edit-asked = You are still being asked about this line, so your edit was not taken: `ok` would send it as it was.
    .hint = Reply `no`, and write it anew.
error-edit-not-followed = Your edit of what you said in { $ref } was not passed on; the others still read it as it was.
    .hint = Text may change; label and addressees may not, and files, `//` and commands are not passed on by an edit. `!withdraw { $ref }` takes it back; then send it anew.
exchange-note-default-label = You named no label, so { $label } was taken.
exchange-note-unopened = 🔒 Encrypted with OpenPGP by its author: enlace carries it unopened and cannot read it.

onward-question = **{ $who } asks to send on what you said in { $ref } to { $to }**, under { $label }:
onward-question-end = Nothing has gone to them. Reply **ok** to this to allow it, **no** to refuse; without your answer it is dropped after a day.
onward-asked = { $source } said it, so { $source } is asked. **Nothing has gone to { $to } yet**; it does when they reply `ok`, and you see it here.
onward-allowed = { $ref }: allowed; it goes to { $to } now.
onward-declined = { $ref }: refused; nothing goes to { $to }, and whoever asked is told.
onward-refused = { $ref }: { $source } does not want it sent on. Nothing was sent to { $to }.
onward-expired = { $ref }: { $source } did not answer within a day whether it may be sent on. Nothing was sent to { $to }; ask again, or ask them by phone (`!whois { $source }`).
onward-withdrawn = { $ref }: { $source } has withdrawn what you wanted to send on. Nothing was sent to { $to }.
onward-lower = It came as { $label }, and only { $source } lowers a label. Nothing was sent; leave the label out, or ask them.
error-source-away = { $source } cannot be asked now: its room is not verified. Nothing was sent on.
    .hint = Try again later, or ask them by another way and have them send it.
error-onward-settled = That question about sending something on is settled or too old; nothing was done.
    .hint = Whoever wants it sent on can ask again.
