# !incident and what incident rooms show
command-incident = Open and run an incident room
    .words = incident
    .usage = !incident open ["name"] [tlp:LABEL] SEVERITY TARGETS, the summary on the next lines · invite TARGETS · note TEXT · status · close
    .example = !incident open "Phishing wave" tlp:amber high CERT-BR CSIRT-CL

# What follows the command word; the first is shown, all of every language are understood.
incident-do-open = open
incident-do-invite = invite
incident-do-note = note
incident-do-status = status
incident-do-close = close

incident-state-opening = the room is being made
incident-state-open = open
incident-state-closing = closed
incident-state-closed = closed, read-only
incident-state-failed = the room could not be made

# The card
incident-head = **{ $severity } · { $ref } · { $name }**
incident-label = { $label } · { $state }
incident-commander = Commander: { $name } ({ $organisation })
incident-organisations = Organisations: { $names }
incident-people = { $count ->
        [one] People: 1
       *[other] People: { $count }
    }
incident-opened-at = Opened: { $at }
incident-closed-at = Closed: { $at }, { $who }
incident-card-cut = The summary is shortened here: `!incident status` shows more of it, and the report all of it.
incident-card-foot = `!incident note …`, also as a reply to a message, puts it on the timeline.

# Answers
incident-usage = What shall I do? For example `!incident open "Phishing wave" tlp:amber high CERT-BR`, the summary on the next lines; or `invite`, `note`, `status`, `close`. Nothing was done.
incident-no-severity = How severe is it? Say `low`, `medium`, `high` or `critical` before the targets. Nothing was opened; send only the first line again, and the summary is taken along.
incident-no-targets = Whom does it concern? Name organisations or people, for example `CERT-BR @ana:cert.example.mx`. Nothing was done; send only the first line again, and the rest is taken along.
incident-no-summary = What has happened? Put it on the lines below the first. Nothing was opened.
incident-no-organisation = You belong to no organisation in the directory, so nothing was done.
incident-leftover = “{ $word }” is neither a target nor an option. Nothing was done.
incident-unknown = I know nobody called “{ $target }”. Nothing was done.
incident-unclear = “{ $target }” can be several. Nothing was done; answer with a number.
incident-lookalike = It is written with letters that only look like those of `{ $spelled }`.
incident-nearest = I know nobody called exactly “{ $target }”. Nothing was done; if it is one of these, answer with its number.
incident-no-role = “{ $target }”: nobody there holds this role. Nothing was done; name another role, or none.
incident-opening = **{ $ref }** is being opened as “{ $name }”, { $label }. I will tell you here when its room is ready.
incident-default-label = You named no label, so { $label } was used.
incident-inviting = { $ref }: invitations are on their way.
incident-invited = { $count ->
        [one] Invited: { $names }
       *[other] Invited ({ $count }): { $names }
    }
incident-already = Already in the room: { $names }
incident-preview = { $people ->
        [one] This invites 1 person
       *[other] This invites { $people } people
    } of { $count } organisations ({ $typed }): { $names }. Nothing was done yet: reply **ok** to go on.
incident-nobody = { $ref }: nobody new was invited.
incident-noted = { $ref }: noted.
incident-noted-unread = { $ref }: noted. I could not read the message that you replied to: the timeline holds only a reference to it, and what you wrote.
incident-closing = **{ $ref }** is closed. The report goes to the room, then the room becomes read-only.
incident-none = No open incident that you take part in.
incident-list = { $ref } · { $severity } · { $name } · { $state }
incident-last = Latest on the timeline:
incident-status-cut = What ends in … is shortened here, and older lines may be left out: the report holds all of it.

incident-left-more = { $count ->
        [one] … and 1 more was **not** invited.
       *[other] … and { $count } more were **not** invited.
    }
incident-names-more = { " " }{ $count ->
        [one] and 1 more
       *[other] and { $count } more
    }
incident-left-not-verified = **Not invited: { $name }** ({ $organisation }): not verified. They write `!verify` to enlace; then `!incident invite` here.
incident-left-level = **Not invited: { $name }** ({ $organisation }): { $label } is above what their verification allows. They renew it with `!verify`, or need an OpenPGP statement instead of a vouch.
incident-left-no-account = **Not invited: { $name }** ({ $organisation }): the directory knows no Matrix account. Call them, or have their lead add it with `!people`.
incident-left-nobody = **Nobody to invite at { $organisation }** ({ $name }): the directory lists nobody there, or nobody in this role. `!whois { $organisation }` shows the phone.

# What enlace tells by itself
incident-told-ready = { $ref } “{ $name }”: the room is ready. { $link }
incident-told-failed = **{ $ref }: the room could not be made**, and enlace has given up. Try `!incident open` again, and tell a coordinator if it stays so.
incident-told-not-invited = { $ref }: { $who } was **not** invited after all: not verified any more, or the homeserver did not take the invitation. `!incident invite` tries again.
incident-told-not-read-only = { $ref } is closed, but the homeserver did **not** make this room read-only. Write nothing here any more, and tell a coordinator.
incident-told-no-report = The report of { $ref } could **not** be posted whole: the homeserver did not take it, or this room was not verified for too long. Tell a coordinator.
incident-told-removed = { $ref }: { $who } was removed from this room. { $why }

incident-remove-unknown = Not verified: write `!verify` to enlace, then ask to be invited again.
incident-remove-changed = The person's Matrix identity has changed: write `!verify` to enlace, then ask to be invited again.
incident-remove-revoked = The person's verification was withdrawn: write `!verify` to enlace, then ask to be invited again.
incident-remove-expired = The person's identity statement has expired: write `!verify` to enlace, then ask to be invited again.
incident-remove-stranger = The person's organisation takes no part in this incident: the commander can invite with `!incident invite`.

# The timeline
incident-line-opened = { $at } · { $who } opened the incident: { $text }
incident-line-ready = { $at } · { $who } made the room{ $text }
incident-line-invited = { $at } · { $who } invited { $text }
incident-line-removed = { $at } · { $who } removed { $text }
incident-line-note = { $at } · { $who }: { $text }
incident-line-closed = { $at } · { $who } closed the incident{ $text }
incident-line-about = { " " }[on: { $what }]

incident-report-title = **After-action report · { $ref } · { $name }**
incident-report-part = { $ref }: report, part { $number } of { $of }
incident-report-who = Who and when
incident-report-people = Invited: { $names }
incident-report-lasted = { $minutes ->
        [one] Lasted: 1 minute
       *[other] Lasted: { $minutes } minutes
    }
incident-report-timeline = Timeline

# Refusals
error-incident-no-open = Only leads of an organisation and coordinators open incidents. Nothing was opened.
    .hint = Ask your lead; or call somebody now with `!escalate`.
error-incident-no-command = Only { $name }, who commands { $ref }, and coordinators may do this. Nothing was done.
    .hint = Ask { $name } in the room.
error-unknown-incident = There is no incident { $ref } in which you take part.
    .hint = `!incident status` lists yours.
error-no-incident = You take part in no open incident.
    .hint = Leads and coordinators open one with `!incident open`.
error-several-incidents = You take part in several open incidents: { $refs }. Nothing was done.
    .hint = Name the one that you mean, or write in its room.
error-incident-closed = { $ref } is closed. Nothing was done.
    .hint = Open a new one with `!incident open`.
error-incident-not-ready = The room of { $ref } is being made. Nothing was done.
    .hint = Try again when I have told that it is ready.
error-incident-failed = The room of { $ref } could not be made. Nothing was done.
    .hint = Open it again with `!incident open`.
error-incident-label = { $label } is for named people in their direct rooms, not for a shared room. Nothing was opened.
    .hint = Use `tlp:amber+strict` or lower, and send what is RED with `!send @person` from your direct room.
error-incident-empty-note = There is nothing to note.
    .hint = Write `!incident note` and the text, or reply to a message with `!incident note`.
error-incident-too-long = The text is too long: { $size } bytes, and { $limit } fit. Nothing was done.
    .hint = Shorten it, or split it into several notes.
error-incident-changed = { $ref } has changed in the meantime.
