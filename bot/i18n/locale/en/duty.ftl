# Duty: rosters and office hours.
error-bad-office-hours = “{ $value }” are no office hours that I can read.
    .hint = Write them like `Mon-Fri 09:00-18:00`, `Sun-Thu 08:00-16:00` or `24/7`, in the organisation's own time.
error-duty-not-on-staff = { $person } is not listed as staff of { $organisation }. The roster was not changed.
    .hint = A lead adds people with `!people add`.
error-duty-bad-rotation = A rotation needs at least one person and a period of whole days. The roster was not changed.
error-duty-bad-period = The end must come after the start. The roster was not changed.

# !duty
command-duty = Who is on duty, the next hand-over and the gaps of 14 days; take it, hand it over, be away, import a calendar
    .words = duty
    .usage = !duty [TARGET] | take [ROLE] [UNTIL] | hand @user:server [ROLE] [FROM..TO] | away FROM..TO | import⏎CALENDAR | test
    .example = !duty hand @luis:cert.example.mx friday 18:00..monday 09:00
duty-do-take = take
duty-do-hand = hand
duty-do-away = away
duty-do-import = import
duty-now = **{ $organisation }**, { $role }: { $people } until { $until }
duty-nobody = **{ $organisation }**, { $role }: **nobody is on duty now**
duty-always = **{ $organisation }**, { $role }: { $people }, at any hour; no roster is kept
duty-times = These are times of { $place }, where it is { $now } now.
duty-next = Next: { $people }, { $at }
duty-no-gaps = No gap in sight.
duty-gaps = { $count ->
        [one] ⚠ 1 gap, nobody on duty:
       *[other] ⚠ { $count } gaps, nobody on duty:
    }
duty-gap = { $start } – { $end } ({ $length })
duty-gaps-more = { $count ->
        [one] … and 1 more
       *[other] … and { $count } more
    }
duty-minutes = { $minutes } min
duty-hours = { $hours } h
duty-unknown = I know no organisation “{ $who }”. `!whois` shows the nearest names.
duty-which = “{ $who }” can be several organisations. Reply with a number:
duty-not-shown = The roster of { $organisation } is for the members of its networks, in rooms where nobody else reads along. Nothing was shown.
duty-none-kept = { $organisation } keeps no roster with enlace. Its people import one with `!duty import`.
duty-taken = Done: { $who } is on duty for { $organisation } ({ $role }) from { $start } to { $end }.
duty-handed = { $by } handed you the duty for { $organisation } ({ $role }): { $who }, from { $start } to { $end }. If you cannot, hand it on with `!duty hand @user:server`.
duty-away = Noted: { $who } is away from { $start } to { $end } and does not count as on duty in that time.
duty-fill-gap = Somebody fills it with `!duty take`, or you do with `!duty hand @user:server FROM..TO`.
duty-import-nothing-near = This calendar has nobody on duty in the next 14 days.
duty-import-ask = It would be the whole roster of { $organisation }, in place of the present one. Nothing was changed yet: reply **ok** to put it in force.
duty-imported = Done: the calendar is the roster of { $organisation } now.
duty-handover = **Hand-over** · { $organisation } ({ $role }): { $before } → { $after }, until { $until }
duty-open = { $count ->
        [one] Open: { $refs }
       *[other] { $count } open: { $refs }
    }
duty-none-open = No open escalation.
duty-gap-ahead = ⚠ **Nobody will be on duty** for { $organisation } ({ $role }) from { $start } to { $end } ({ $length }). Fill it with `!duty take` or `!duty hand @user:server FROM..TO`; else a page in that time climbs at once to the next step.
duty-gap-begun = ⚠ **Nobody is on duty** for { $organisation } ({ $role }) from { $start } to { $end } ({ $length }). Fill it with `!duty take` or `!duty hand @user:server`; else a page in that time climbs at once to the next step.
error-duty-no-organisation = The directory lists you in no organisation, so there is no roster of yours. Nothing was changed.
    .hint = Name one: `!duty CERT-MX`.
error-duty-until-when = It is not clear until when. The roster was not changed.
    .hint = Say it in your organisation's time: `!duty take 18:00`, `!duty away monday..friday`.
error-duty-nobody-named = It is not clear to whom the duty goes. The roster was not changed.
    .hint = Name somebody of your organisation: `!duty hand @luis:cert.example.mx 18:00..22:00`.
error-duty-no-calendar = There is no calendar below the command, and it is no reply to a file. The roster was not changed.
    .hint = Send `!duty import` as a reply to the `.ics` file in this room, or paste its text on the lines below the command.
error-duty-unclear-time = “{ $value }” is no time that I can read. The roster was not changed.
    .hint = Times of your organisation's clock: `18:00`, `tomorrow 08:00`, `friday`, `2026-12-24 18:00`, `4h`; a period as `FROM..TO`.
error-duty-calendar-stranger = The calendar names people who are not, or not clearly, staff of { $organisation }: { $who }. The roster was not changed.
    .hint = Write them as `matrix:u/user:server` or by the name that `!people` shows.
error-calendar-not-encrypted = The file is not encrypted, so it could come from any server. The roster was not changed.
    .hint = Post it in this encrypted room and reply to it with `!duty import`.
error-calendar-file-too-large = The file is larger than { $limit } MB, more than a roster needs. The roster was not changed.
    .hint = Export only the coming months, as shifts that repeat.
error-calendar-file-not-read = The file could not be fetched and read ({ $reason }). The roster was not changed.
    .hint = Post it again, or paste its text below `!duty import`.
error-calendar-file-of-nobody = The message that you replied to cannot be read again, or whoever posted it is not verified. The roster was not changed.
    .hint = Post the file yourself and reply to it with `!duty import`.
error-calendar-bad = The calendar cannot be a roster. The roster was not changed.
error-calendar-unreadable = This is no iCalendar that I can read. The roster was not changed.
    .hint = Paste the whole text, from `BEGIN:VCALENDAR` to `END:VCALENDAR`.
error-calendar-empty = There is no shift in this calendar. The roster was not changed.
    .hint = A shift is an event; its guests, or else its title, say who has it.
error-calendar-too-large = This calendar has more shifts than can be a roster. The roster was not changed.
    .hint = Let shifts repeat (RRULE) instead of writing each of them.
error-calendar-nobody = The shift “{ $what }” names nobody. The roster was not changed.
    .hint = Put whoever has it among its guests, or write the name as its title.
error-calendar-bad-time = The shift “{ $what }” has no time that I can use. The roster was not changed.
    .hint = It needs a start and a later end, at most 62 days after it.
error-calendar-bad-zone = The shift “{ $what }” is in “{ $zone }”, which is no time zone that I know. The roster was not changed.
    .hint = Use a name such as `America/Mexico_City`.
error-calendar-bad-rule = The shift “{ $what }” repeats in a way that I cannot use ({ $rule }). The roster was not changed.
    .hint = Days, weeks, months and years are possible, such as `FREQ=WEEKLY;INTERVAL=2;BYDAY=MO`.

# enlace duty
duty-nobody-word = nobody on duty
duty-written = Written: { $path }
error-duty-unknown = The directory has no organisation “{ $handle }”.
    .hint = `enlace directory find` searches by any name.
error-duty-none = { $organisation } keeps no roster.
    .hint = It comes with the directory, or from its people by `!duty import`.
error-duty-file-there = { $path } is there already. Nothing was written.
    .hint = Name a new file.

# !duty test
duty-do-test = test
page-test = **TEST** · { $name } tries how a page of enlace rings here · nothing is to be done
page-test-head = Paging you by every means, as if it were real. The results follow here.
page-test-done = **You were paged by every means.** What became of each:
page-test-silence = If your phone did not ring: in your client, set this room to ring for mentions, and let it break through silent mode.
page-test-to-direct = your own room
page-test-to-desk = desk room
page-test-to-webhook = webhook
page-test-sent = in the room, and a device of yours has the key
page-test-handed-over = handed over; whether it arrives nobody can promise
page-test-held = **held**: the room is not as it must be; `!trust` says why
page-test-failed = **failed**
page-test-no-device = **no device there could get the key**
page-test-stuck = **still waiting after 30 seconds**: the server does not answer
error-page-test-no-way = There is no room, address or webhook by which you could be paged now. Nothing was sent.
    .hint = Open a direct room with me and verify yourself there: `!verify`.

# The feed that people subscribe to.
error-duty-feed-there = { $organisation } has a feed since { $at }, and its address cannot be shown again. Nothing was changed.
    .hint = `enlace duty feed HANDLE --renew` makes another address, and the one before it leads nowhere.
error-duty-feed-none = { $organisation } has no feed. Nothing was changed.
    .hint = `enlace duty feed HANDLE` makes one.
error-duty-feed-unknown = There is no calendar at this address (any more). Ask whoever gave it to you for another.
error-duty-feed-nowhere = There is no public address under which a feed could be read. Nothing was changed.
    .hint = Set `web.public_url` and start the bot anew.
duty-feed-either = --revoke goes with neither --renew nor --names
duty-feed-made = Shown this once. Whoever has this address reads the duty of the coming 90 days: give it only to those who may, by an encrypted way. Another one: --renew; none: --revoke.
duty-feed-revoked = Revoked: the feed of { $organisation } leads nowhere.
