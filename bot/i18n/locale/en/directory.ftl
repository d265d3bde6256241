# The directory: !whois, imports.
command-whois = Who a point of contact is, who is on duty there now, and how to reach them
    .words = whois
    .usage = !whois COUNTRY, HANDLE, NAME or @user:server, with key for the fingerprints
    .example = !whois MX

whois-usage = Whom? For example `!whois MX`, `!whois CERT-BR key` or `!whois @ana:cert.example.mx`.
whois-several = “{ $who }”: { $count } entries.
error-targets-too-long = No target and no list of targets is that long ({ $limit } characters at most); nothing was done.
    .hint = Write the targets first, then the label or the severity, then the text: `!send MX tlp:amber Subject`.
whois-lookalike = I know nobody called “{ $who }”: it is written with letters that only look like these:
whois-nearest = I know nobody called “{ $who }”. The nearest names:
whois-nobody = I know nobody called “{ $who }”. Try a country's code, a handle, or part of a name.
whois-nobody-there = The directory lists nobody in { $country }.
whois-more = … and { $count } more: name the handle, or add a role as in `MX/diplomatic`.
whois-choose = Reply with a number.
whois-also = Also: { $names }
whois-formerly = Formerly: { $names }
directory-also = (also “{ $name }”)
directory-formerly = (formerly “{ $name }”)
whois-on-duty = **On duty now:** { $people }
whois-nobody-rostered = **On duty now:** nobody rostered
whois-always = 24/7
whois-local-time = There it is { $time }; office hours not known
whois-no-hours = Local time and office hours not known
whois-hours-no-zone = Office hours { $hours }; time zone not known
whois-open = There it is { $time }, in office hours ({ $hours })
whois-closed = There it is { $time }, outside office hours ({ $hours })
whois-closed-until = There it is { $time }, outside office hours ({ $hours }); opens { $opens }
whois-no-contacts = No contact can be shown here
whois-hidden = { $count ->
        [one] One contact is
       *[other] { $count } contacts are
    } not shown here because of the TLP label
whois-role = { $network }, { $role }: { $purpose }
whois-member = { $network }
whois-expected = Expected: { $expected }
whois-in-role = **In this role:** { $people }
whois-in-role-nobody = **In this role:** the organisation itself; no person is named
whois-listed = **Listed:** { $count }
whois-languages = Languages: { $languages }
whois-capabilities = Capabilities: { $capabilities }
whois-response = Expected response: { $times }
whois-response-one = { $severity } { $time }
whois-severity-critical = critical
whois-severity-high = high
whois-severity-medium = medium
whois-severity-low = low
whois-time-m = { $n } min
whois-time-h = { $n } h
whois-time-d = { $n ->
        [one] 1 day
       *[other] { $n } days
    }
whois-room-verified = On enlace: room verified ✅
whois-room-not-verified = On enlace: room **not** verified ⚠
whois-no-room = Not on enlace yet: no room
whois-confirmed = Entry confirmed { $date }
whois-lead = lead
whois-person-verified = Verified ✅
whois-person-vouched = Vouched for by two coordinators, up to TLP:AMBER
whois-person-grace = Statement expired, up to TLP:GREEN for a few days
whois-person-expired = **Not** verified: the statement has expired ⚠
whois-person-changed = **Not** verified: the identity has changed ⚠
whois-person-revoked = **Not** verified: revoked ⚠
whois-person-unknown = Not verified
whois-key = { $who }: { $fingerprint }
whois-no-key = The directory holds no OpenPGP key for this entry.

error-directory-founding-closed = The founding import is over, because a coordinator is verified. Nothing was imported.
    .hint = Changes are proposals now, and a second coordinator approves them.
error-directory-plan-has-problems = { $count ->
        [one] The file has one mistake.
       *[other] The file has { $count } mistakes.
    } Nothing was imported.
    .hint = Put them right, or leave them out with `--skip-bad`.
error-directory-open-questions = { $count ->
        [one] One record has
       *[other] { $count } records have
    } almost the name of an entry that is there. Nothing was imported.
    .hint = Say for each whether it is new, the same, or to be skipped.
error-directory-no-identity = { $user } has no verified identity, so there was nothing to revoke.
error-directory-no-such-room = The room { $room } is not on record. Nothing was changed.
error-directory-bad-profile = The network profile cannot be used: { $problem }.

directory-problem-not-utf8 = this is not UTF-8 text
directory-problem-not-yaml = this is not YAML: { $said }
directory-problem-second-document = a second document starts here; one file holds one
directory-problem-too-deep = this is nested too deep
directory-problem-no-aliases = anchors and aliases are not used here; write it out
directory-problem-no-tags = tags are not used here
directory-problem-bad-key = this cannot be a field's name
directory-problem-key-twice = “{ $field }” stands twice
directory-problem-not-a-table = fields and values were expected here
directory-problem-not-a-list = “{ $field }” must be a list
directory-problem-not-a-text = “{ $field }” must be text
directory-problem-not-a-flag = “{ $field }” must be true or false, not “{ $value }”
directory-problem-unknown-key = there is no field “{ $field }”
directory-problem-missing = “{ $field }” is missing
directory-problem-control-character = “{ $field }” holds control characters
directory-problem-too-long = “{ $field }” is too long
directory-problem-bad-date = “{ $value }” is not a date; write 2026-10-01
directory-problem-bad-network-kind = “{ $value }” is not a kind of network; use csirt, diplomatic or judicial
directory-problem-bad-rhythm = “{ $value }” does not say how often; write P6M, P1Y, P2W or P90D
directory-problem-role-twice = a role of “{ $network }” stands twice
directory-problem-bad-id = “{ $value }” cannot be an id; use small letters, digits and hyphens
directory-problem-unknown-network = there is no network “{ $value }”
directory-problem-network-twice = the network “{ $value }” is there already
directory-problem-no-such-role = “{ $network }” has no role “{ $value }”
directory-problem-unknown-role = no network has a role “{ $value }”
directory-problem-judicial-merged = a contact of a judicial 24/7 network must not be the same entry as a CSIRT; make two
directory-problem-bad-handle = “{ $value }” cannot be a handle; use letters, digits, dot, hyphen and underscore
directory-problem-handle-is-code = “{ $value }” is a country's code and cannot be a handle
directory-problem-bad-language = “{ $value }” is not a language tag; write es or pt-BR
directory-problem-unknown-country = “{ $value }” is not a country's code
directory-problem-unknown-timezone = “{ $value }” is not a time zone; write America/Mexico_City
directory-problem-bad-office-hours = “{ $value }” are no office hours; write Mon-Fri 09:00-18:00
directory-problem-bad-severity = “{ $value }” is not a severity; use low, medium, high or critical
directory-problem-bad-duration = “{ $value }” is not a time; write 15m, 4h or 2d
directory-problem-bad-contact-kind = “{ $value }” is not a kind of contact
directory-problem-bad-address = “{ $value }” is not an address
directory-problem-bad-label = “{ $value }” is not a TLP 2.0 label
directory-problem-bad-mxid = “{ $value }” is not a Matrix user id; write @ana:cert.example.mx
directory-problem-bad-fingerprint = “{ $value }” is not a full OpenPGP fingerprint (40 or 64 hexadecimal digits)
directory-problem-bad-file-name = “{ $value }” is not the plain name of a file beside this one
directory-problem-no-such-file = there is no file “{ $value }” beside this one
directory-problem-policy-rings = “{ $value }” says nothing about when it rings; write always or office-hours
directory-problem-policy-steps = a ladder needs one to 50 steps and a time at which it is exhausted
directory-problem-policy-order = the first step is made now, and each later one after the one before it, exhausted last
directory-problem-policy-long = “{ $value }” is too long for a step to wait; write 366d at most
directory-problem-policy-who = “{ $value }” is nobody whom a step can page; write on-duty, backup, lead, diplomatic, coordinators, role:… or organisation:…
directory-problem-policy-by = “{ $value }” is no means of a step; write room, desk, mail or webhook
directory-problem-policy-by-missing = “{ $value }” is not set up here; set it up under notify, or leave it out of the step
directory-problem-policy-hours = “{ $value }” are no hours of a step; write any, inside or outside
directory-problem-policy-repeat = a step that repeats needs repeat (1 to 99), every (such as 5m) and a fixed time
directory-problem-calendar-unreadable = the roster is no iCalendar that can be read
directory-problem-calendar-empty = there is no shift in the roster
directory-problem-calendar-too-large = the roster has too many shifts
directory-problem-calendar-nobody = in the roster the shift “{ $what }” names nobody
directory-problem-calendar-bad-time = in the roster the shift “{ $what }” has no time that can be used
directory-problem-calendar-bad-zone = in the roster the shift “{ $what }” is in “{ $zone }”, which is no time zone
directory-problem-calendar-bad-rule = in the roster the shift “{ $what }” repeats in a way that cannot be used ({ $rule })
directory-problem-calendar-stranger = the roster names “{ $who }”, who is not, or not clearly, one of these people with a Matrix user
directory-problem-file-too-large = the file “{ $value }” is too large
directory-problem-bad-url = “{ $value }” is not a web address; it starts with https://
directory-problem-same-handle = the handle “{ $value }” is taken by { $first }
directory-problem-same-person = { $value } is listed at { $first } already
directory-problem-looks-like = { $value } looks like { $known }, who is somebody else; if it is the same person, write it as it is there
directory-problem-letters-mixed = “{ $value }” mixes letters of several alphabets that look the same; it was read as “{ $plain }”
directory-problem-same-key = the key { $value } stands at { $first } already
directory-problem-no-such-column = these columns are missing: { $value }
directory-problem-too-many-fields = this row has more fields than the heading
directory-problem-joined = “{ $value }” is the same team as { $first } and was joined to it
directory-problem-inactive = “{ $value }” is not active and was left out
directory-problem-code-put-right = the country's code { $value } was read as { $code }
directory-problem-not-a-state = { $value } is not the code of a State
directory-problem-handle-made = “{ $value }” got the handle { $handle }
directory-problem-unknown-kind = “{ $value }” is not a kind of team that I know; left empty
directory-problem-key-secret = the file { $file } of { $owner } holds a secret key ({ $fingerprint }); only its owner may have it. Export the public one.
directory-problem-key-unreadable = the file { $file } of { $owner } holds no OpenPGP public key ({ $fingerprint } was expected).
directory-problem-key-other = the file { $file } of { $owner } holds another key than { $fingerprint }. Compare fingerprints with the owner by phone.
directory-problem-key-expired = the key { $fingerprint } of { $owner } has expired. Ask the owner for the extended key, or leave the key out.
directory-problem-key-revoked = the key { $fingerprint } of { $owner } was revoked. Ask the owner for the new one.
directory-problem-key-no-sign = the key { $fingerprint } of { $owner } is not good enough to sign a statement. Ask the owner for a key with a current, strong signing key.
directory-problem-key-no-encrypt = nobody can encrypt to the key { $fingerprint } of { $owner }: it has no current encryption subkey. Ask the owner to add one.

sheet-who = Organisation
sheet-roles = Roles
sheet-phone = Phone
sheet-mail = Mail
sheet-key = OpenPGP fingerprint
sheet-languages = Languages
sheet-hours = Hours there
sheet-no-network = In no network

directory-problem-not-json = this is not JSON: { $said }
directory-problem-not-csv = this is not CSV: { $said }
directory-problem-answer-failed = this is an answer that says “{ $value }”, not a list of teams; fetch it again
directory-problem-no-zone = “{ $value }” is not the name of a time zone and was left out
directory-problem-zone-by-country = “{ $value }” was read as { $zone }, the only time zone of that country
directory-problem-key-other-mail = the key { $fingerprint } names other mail addresses than { $owner } has here; compare its fingerprint with the owner by phone
directory-problem-hours-left-out = “{ $value }” are no office hours that I can read; left out

# Networks: their communication checks.
network-check = Communication check every { $every }: last { $last }, next due { $due }
network-check-overdue = ⚠ Communication check every { $every }: last { $last }, **was due { $due }**
network-check-never = none on record
network-check-soon = On { $due } the next communication check of { $network } is due ({ $count } organisations). When it is made, the operator records it: `enlace networks checked { $id }`
network-check-due = **Communication check of { $network } due since { $due }** ({ $count } organisations). When it is made, the operator records it: `enlace networks checked { $id }`
network-check-late = ⚠ **The communication check of { $network } is still due, since { $due }** ({ $count } organisations). When it is made, the operator records it: `enlace networks checked { $id }`
error-network-unknown = There is no network “{ $network }”. Nothing was recorded.
    .hint = `enlace networks list` shows them all.
error-network-check-to-come = { $day } is still to come. Nothing was recorded.
    .hint = Record the check once it is made.
cli-network = { $id }  { $name }: { $count ->
        [one] 1 organisation
       *[other] { $count } organisations
    }
cli-network-checked = Recorded: communication check of { $id } on { $day }.
directory-problem-no-cards = there is no vCard in this file
directory-problem-card-outside = this line belongs to no card; a card begins with BEGIN:VCARD
directory-problem-card-open = this card is not closed by END:VCARD
directory-problem-card-line = this is no line of a vCard
directory-problem-card-version = only vCard 4.0 can be read, and this is “{ $value }”; save it as 4.0
directory-problem-card-of-nobody = the card of “{ $value }” does not say clearly whose person it is; give it the name of one organisation (ORG)
directory-problem-card-kind = a card of the kind “{ $value }” is neither a person nor an organisation and was left out
directory-problem-card-key = a key without its whole fingerprint was left out
