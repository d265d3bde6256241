# The life of a person's trust: withdrawn, running out, vouched for, listed.
verify-do-revoke = revoke withdraw
verify-revoked = The verification of { $user } is withdrawn as of now. Their rooms and the coordinators are told. The way back is a new statement: `!verify`.
identity-revoked = **{ $name } has withdrawn the verification of { $user }.** From now on nothing goes to this person, and rooms with this person are held until { $user } sends `!verify` with a new signed statement, or leaves the room.
error-may-not-revoke = Only { $user }, a lead of the same organisation or a coordinator may revoke this. Nothing was changed.
    .hint = If it is urgent, phone a coordinator: `!help` shows the number.

reminder-soon = { $name }: your verification runs out on { $until }, in { $days ->
        [one] 1 day
       *[other] { $days } days
    }. `!verify` renews it; until then nothing changes.
reminder-over = **{ $name }: your verification ran out on { $until }.** Until { $end } you still read what is TLP:GREEN or TLP:CLEAR; after that nothing goes to you, and rooms with you are held. `!verify` renews it.
reminder-ended = **{ $name }: your verification has ended.** It ran out on { $until }, and so did the days of grace. Nothing goes to you, and rooms with you are held. `!verify` brings you back.
reminder-vouched = You were vouched for: ask two coordinators to vouch for you again, or send `!verify` with an OpenPGP signature.

# !vouch
command-vouch = Vouch for somebody without OpenPGP: two coordinators of two organisations, each on their own
    .words = vouch
    .usage = !vouch @USER SESSION-KEY (as the person reads it to you from their client, by phone or in person)
    .example = !vouch @ana:cert.mx 7pN2 kQ0v …
vouch-noted = Noted for { $name } ({ $user }). It counts once a coordinator of another organisation has done the same, within 24 hours; ask one, and do not tell them the key.
vouch-pinned = { $name } ({ $user }) is vouched for until { $until }, up to TLP:AMBER.
vouch-differed = **The keys differ**: another coordinator typed another session key for { $name } ({ $user }). Nobody is vouched for, and both words are forgotten. Have the person read the key to each of you again, on a call that you placed yourself.
vouch-differed-notice = **The keys differ**: another coordinator typed another session key for { $user } than you. Nobody is vouched for, and both words are forgotten. Have the person read the key to each of you again, on a call that you placed yourself.
vouch-done-notice = A second coordinator agreed: { $user } is vouched for until { $until }, up to TLP:AMBER.
vouch-done-room = { $user } is vouched for by two coordinators until { $until }, up to TLP:AMBER.
error-vouch-how = To vouch, name the Matrix user and the session key that the person read to you. Nothing was done.
    .hint = `!vouch @ana:cert.mx 7pN2 kQ0v …`; spaces in the key do not matter.
error-vouch-alone = You vouch only in your own room with enlace, where no other coordinator reads along. Nothing was done.
    .hint = Open a direct room with enlace, or use the one that you have.
error-coordinator-not-vouched = { $user } is a coordinator: only an OpenPGP statement counts. Nothing was done.
    .hint = They send `!verify`.
error-already-verified = { $user } is verified by a statement until { $until }, which counts for more. Nothing was done.
    .hint = If that is no longer right, `!verify revoke { $user }` first.

# !people
command-people = Who staffs your organisation, and how each of them stands; adding somebody is a proposal, removing works at once
    .words = people
    .usage = !people [list] · add @USER NAME ROLE · remove @USER
    .example = !people add @ana:cert.mx Ana Pérez technical
people-do-list = list
people-do-add = add
people-do-remove = remove
people-proposed = Proposed as { $ref }: it waits for a coordinator until { $until }, and nothing is changed yet.
people-proposed-then = Once it is approved, { $user } invites me into an encrypted room and sends `!verify`.
people-removed = { $name } ({ $user }) is out of { $organisation } in the directory as of now, and nothing goes to them any more. Remove them from your rooms: until then, rooms with them are held.
person-removed = **{ $by } took { $name } ({ $user }) out of { $organisation } in the directory.** Nothing goes to this person any more, and rooms with them are held until they are removed from them.
people-head = **{ $organisation }**: { $count ->
        [0] nobody is listed
        [one] 1 person
       *[other] { $count } people
    }
people-lead = leads
people-no-matrix = no Matrix user
people-unknown = **not verified**
people-verified = verified until { $until }
people-vouched = vouched for until { $until }, up to TLP:AMBER
people-grace = **ran out on { $until }**, up to TLP:GREEN for a few days
people-expired = **ran out on { $until }**
people-changed = **another identity than before: not verified**
people-revoked = **withdrawn**
error-people-what = “{ $word }” is nothing that can be done with people here; nothing was done.
    .hint = `!people list` shows yours; `!people add @ana:cert.mx Ana Pérez technical` proposes somebody; `!people remove @ana:cert.mx` works at once.
error-people-add-whom = To add somebody, name the Matrix user, the person's name and the role. Nothing was proposed.
    .hint = `!people add @ana:cert.mx Ana Pérez technical`
error-person-there = { $user } is in the directory already, as { $name } of { $organisation }. Nothing was proposed.
    .hint = Remove them there first, or ask a coordinator.
error-role-not-held = { $organisation } holds no role “{ $role }” in its networks. Nothing was proposed.
    .hint = The role is the last word: `!people add @ana:cert.mx Ana Pérez technical`. `!whois { $organisation }` shows its roles.
error-name-too-long = A name has at most { $most } characters. Nothing was proposed.
error-not-oneself = Nobody takes themselves out of the directory. Nothing was changed.
    .hint = Another lead or a coordinator does it; `!verify revoke` with your own user withdraws your verification.
error-is-coordinator = { $user } coordinates, and only the configuration says who does. Nothing was changed.
    .hint = `!verify revoke { $user }` withdraws at once; then ask whoever runs enlace.
error-directory-no-such-person = The directory names nobody with the Matrix user { $user }. Nothing was changed.
    .hint = `!people list` shows how each is written.
error-not-your-people = The directory has no organisation “{ $handle }” whose people you may see. Nothing was done.
    .hint = `!people list` shows your own; coordinators may name an organisation's handle in their direct room.
