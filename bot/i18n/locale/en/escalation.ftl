# Escalations: what callers, the called and coordinators see.
severity-low = LOW
    .words = low
severity-medium = MEDIUM
    .words = medium
severity-high = HIGH
    .words = high
severity-critical = CRITICAL
    .words = critical

command-escalate = Page who is on duty and climb until somebody answers
    .words = escalate
    .usage = !escalate TARGET [tlp:LABEL] low|medium|high|critical SUMMARY⏎DETAILS
    .example = !escalate BR tlp:amber critical DDoS against the payment system
command-ack = Take an escalation
    .words = ack
    .usage = !ack [REF]
    .example = !ack ESC-7F3KQ
command-decline = Say that you cannot take an escalation: it climbs at once
    .words = decline
    .usage = !decline [REF] [WHY]
    .example = !decline ESC-7F3KQ no access until 08:00
command-resolve = Close an escalation that is dealt with
    .words = resolve
    .usage = !resolve [REF]
    .example = !resolve ESC-7F3KQ
command-cancel = Take back an escalation that you opened
    .words = cancel
    .usage = !cancel [REF]
    .example = !cancel ESC-7F3KQ

# A page. The first line is what a locked phone shows.
escalation-page-head = { $severity } · { $who } calls · reply **ok** to take it · **no** if you can't
escalation-notice-head = { $severity } · { $who } wrote out of hours · it rings { $when } · reply **ok** to take it now
escalation-page-line = { $ref } · answer by { $there }
escalation-page-line-both = { $ref } · answer by { $there } · { $here }
escalation-page-line-late = { $ref } · answer at once
escalation-page-bare = Details are not shown here: this room or its label does not allow it now.
escalation-page-said = { $label } · **{ $summary }**
escalation-page-joined = + { $name }, { $time } · { $label } · **{ $summary }**
escalation-joined-head = { $ref } · another call from { $who } joined this one
escalation-beyond-head = { $severity } · { $who } calls { $whom } · nobody there has answered
escalation-beyond-last = { $severity } · { $who } calls { $whom } · **every step was tried and nobody has answered**
escalation-beyond-line = { $ref } · please help to reach { $whom } by phone (`!whois { $whom }` shows it); somebody of { $whom } takes it with `!ack { $ref }`
escalation-outside-head = { $severity } · { $who } calls { $whom } through enlace
escalation-outside-line = { $ref } · Open your room with enlace, or type `!ack { $ref }` there, to take it. Answering this message does nothing.
escalation-outside-unsealed = { $severity } · enlace is calling you: { $ref } · Open your room with enlace: it says who calls and what to do. Answering this message does nothing.
escalation-outside-link = To take it without Matrix, open this link and press the button: { $url }
    It works until { $until }, and only while nobody has it. Do not pass it on.

# The caller's one status message.
escalation-status-open = **{ $ref }** · { $severity } · { $whom }: it waits there as a notice and rings when their office opens, { $there }
escalation-status-not-here = **{ $ref } · { $whom } is not on enlace yet: please phone** · { $severity }
escalation-status-paging = **{ $ref }** · { $severity } · { $whom }: nobody has answered yet · next step { $here }
escalation-status-acknowledged = **{ $name } ({ $whom }) has it** · { $took } · { $ref } · { $severity }
escalation-by-link = acknowledged by mail link
escalation-status-exhausted = **{ $ref } · nobody at { $whom } has answered and every step was tried: please phone**
escalation-status-resolved = **{ $ref }** · { $whom } · resolved by { $name }
escalation-status-cancelled = **{ $ref }** · { $whom } · cancelled by { $name }
escalation-status-page = { $step }. { $here } · { $name } · { $fate }
escalation-status-page-there = { $step }. { $here } · { $name }, { $there } there · { $fate }
escalation-fate-out = on its way
escalation-fate-sent = in the room
escalation-fate-lost = did not get through
escalation-fate-notice = as a notice
escalation-fate-mail = handed to the mail server, no more is known
escalation-fate-webhook = taken by the webhook, no more is known
escalation-status-joined = { $count ->
        [one] 1 more call joined it
       *[other] { $count } more calls joined it
    }
escalation-desk = whole desk room
escalation-phone = ☎ { $whom }: { $phones }
escalation-mail = ✉ { $whom }: { $mails }
escalation-fingerprint = OpenPGP { $whom }: { $fingerprint }
escalation-no-phone = The directory has no phone of { $whom } that you may see; a coordinator can tell you.

escalation-trouble-not-here = { $who } is not on enlace yet: the ladder went on to the coordinators at once.
escalation-trouble-nobody-on-duty = Nobody is on duty at { $who }: the next step started at once.
escalation-trouble-nobody-backup = { $who } has nobody else on its roster: the next step started at once.
escalation-trouble-nobody-lead = { $who } has no lead who can be paged: the next step started at once.
escalation-trouble-nobody-diplomatic = { $who } has no diplomatic contact who can be paged: the next step started at once.
escalation-trouble-nobody-role = { $who } has nobody in the role of this step: the next step started at once.
escalation-trouble-nobody-organisation = The other organisation of this step has nobody to page: the next step started at once.
escalation-trouble-nobody-coordinators = No coordinator can be paged.
escalation-trouble-no-room = { $who } has no room with enlace that can be used now: other means were tried at once.
escalation-trouble-held = The page to { $who } was held, because their room is not verified now: other means were tried at once.
escalation-trouble-failed = The page to { $who } could not be delivered: other means were tried at once.
escalation-trouble-stuck = The page to { $who } is stuck on its way: other means were tried at once.
escalation-trouble-no-device = No device of { $who } could get the key to read the page: other means were tried at once.
escalation-trouble-declined = { $who } cannot take it.
escalation-trouble-declined-why = { $who } cannot take it: “{ $why }”
escalation-trouble-given-back = { $who } had it and gave it back.

escalation-took-seconds = { $seconds } s
escalation-took-minutes = { $minutes } min
escalation-took-hours = { $hours } h { $minutes } min

# Told to everybody concerned.
escalation-told-taken = **{ $name } ({ $organisation }) has it** · { $took } · { $ref }
escalation-told-back = { $ref }: { $name } ({ $organisation }) gave it back; whoever can take it replies **ok** to the page.
escalation-told-back-caller = **{ $ref }: { $name } ({ $organisation }) gave it back**; nobody has it now.
escalation-told-exhausted = **{ $ref }: nobody at { $whom } has answered. Please phone.**
escalation-share-ask = **{ $ref }: { $names } were called too and know only who calls whom.** To show them what it is about, reply **ok** to this message.
escalation-share-head = { $ref } · { $who } shows you what it is about:
escalation-shared = { $ref }: what it is about can be read now by { $names }.
escalation-shared-none = { $ref }: nobody was shown what it is about, because no room of theirs may show it now. Tell them by phone: `!whois` shows the number.
escalation-share-declined = { $ref }: noted. Nobody beyond { $whom } is shown what it is about.
escalation-told-resolved = { $ref } · resolved by { $name } ({ $organisation })
escalation-told-cancelled = { $ref } · cancelled by { $name } ({ $organisation })

# Answers to commands.
escalation-acked = **You have { $ref }** · { $who } has been told · `!resolve { $ref }` when it is dealt with
escalation-acked-again = You have { $ref } already.
escalation-acked-bare = What it is about may not be shown in this room now. `!ack { $ref }` in your own verified room with enlace shows it; or phone { $caller } (`!whois { $caller }`).
escalation-declined = { $ref }: noted, the ladder climbs at once.
escalation-declined-waits = { $ref }: noted; it rings the others { $when }, when the office opens.
escalation-declined-again = { $ref }: noted before; the next step comes { $when }.
escalation-declined-last = { $ref }: noted. Every step was tried already, and the caller was told to phone: if somebody else can take it, they type `!ack { $ref }`.
escalation-resolved = { $ref } is resolved; everybody concerned has been told.
escalation-cancelled = { $ref } is cancelled; everybody who was paged has been told.
escalation-folded = **Your call joined { $ref }** to { $whom }, opened { $took } ago, which nobody has taken yet. Nobody was paged twice; you are told here who takes it.
escalation-which = Which one? Reply with its number. Nothing was changed.
escalation-which-line = { $number }. { $ref } · { $severity } · { $caller } → { $called } · { $took }
error-escalation-none-open = There is no open escalation here that you could change this way. Nothing was changed.
    .hint = `!status` shows the open ones.

escalate-no-targets = Whom shall I call? For example `!escalate BR critical DDoS against the payment system`. Nobody was paged.
escalate-severity = How bad is it? Nobody was paged yet; reply with a number.
escalate-severity-unknown = “{ $word }” is no severity. Nobody was paged yet; reply with a number.
escalate-choice = { $number }. { $what }
escalate-unclear = “{ $word }” could be more than one organisation. Nobody was paged; reply with a number.
escalate-unknown = I could not tell who “{ $word }” is. Nobody was paged. `!whois` finds a country, a name or a handle.
escalate-unknown-near = I could not tell who “{ $word }” is. Nobody was paged; reply with a number if one of these is meant.
escalate-why-unknown = Nothing in the directory is called “{ $word }”.
escalate-why-lookalike = It is written with letters that only look like those of `{ $spelled }`.
escalate-why-country = The directory lists nobody for “{ $word }”.
escalate-why-own = For “{ $word }” only your own organisation is listed.
escalate-why-network = “{ $word }” is listed, but in no network that your organisation belongs to.
escalate-why-role = “{ $word }” is listed, but does not hold that role.
escalate-preview = Nobody was paged yet. To: **{ $to }** · { $severity } · Subject: **{ $summary }** · reply **ok** to page
escalate-preview-left = I could not place: { $words }

error-escalation-unknown = There is no escalation { $ref } that your organisation called or was called by. Nothing was changed.
    .hint = `!status` shows the open ones.
error-escalation-not-called = Only somebody of { $organisation } can answer { $ref }. Nothing was changed.
    .hint = Reach them by phone (`!whois { $organisation }`) and ask them for an `ok`.
error-escalation-not-caller = Only { $name }, who opened { $ref }, or a lead of { $organisation } can cancel it. Nothing was changed.
    .hint = If it is dealt with, use `!resolve { $ref }`.
error-escalation-taken = { $name } has { $ref } already. Nothing was changed.
    .hint = `!resolve { $ref }` when it is dealt with.
error-escalation-closed = { $ref } is closed already. Nothing was changed.
    .hint = If it goes on, call anew with `!escalate`.
error-escalation-too-many = An escalation calls at most { $limit } organisations, and you named { $count }. Nobody was paged.
    .hint = To tell more of them, use `!send`.
error-escalation-group = An escalation calls organisations by name, and “{ $group }” is a whole group. Nobody was paged.
    .hint = Name up to three of them: `!escalate BR CL critical DDoS`. `!send` tells the whole group.
error-escalation-own = { $organisation } is your own organisation. Nobody was paged.
    .hint = `!duty` shows who of yours is on duty.
error-escalation-red = TLP:RED is for people whom you name, and a ladder reaches whoever answers. Nobody was paged.
    .hint = Escalate without the details, and send them with `!send` to who takes it.
error-escalation-no-summary = What is it about? After the severity there was no summary. Nobody was paged.
    .hint = For example: `!escalate BR critical DDoS against the payment system`
error-escalation-no-organisation = You are listed with no organisation, so nobody could be told who calls. Nobody was paged.
    .hint = A coordinator can add you to one.
error-escalation-bad-policies = The escalation policies cannot be used: { $problem }
    .hint = The form stands in `docs/escalation.md`; leave `policy.ladders` out for the built-in ladders.
error-escalation-dead-link = This link cannot be used (any more): its time is over, or somebody has the call already. Nothing was changed.
    .hint = Your room with enlace shows how the call stands; there you can answer it with `ok`.
