# The command line.
cli-running = enlace runs as { $user }. Ctrl-C ends it.
cli-upgraded = The database has the shape { $revision }.
cli-ask-homeserver = Base URL of the homeserver
cli-ask-user = Matrix user of the bot
cli-ask-password = Password of the bot's account
cli-ask-passphrase = Passphrase for the vault (at least { $shortest } characters)
cli-ask-recovery-passphrase = Another passphrase, for the recovery file (at least { $shortest } characters)
cli-ask-its-passphrase = Passphrase of the recovery file
cli-ask-coordinator = A coordinator, as “@user:server; OpenPGP fingerprint; name; published phone”
cli-init-identity = { $user } now has a cross-signing identity, and its device { $device } is signed. Session key: { $session }
cli-init-openpgp = The bot's OpenPGP key: { $fingerprint }
cli-init-done = Done. Settings: { $config }. **Now put { $recovery } where no running machine can reach it.**
    Next: `enlace check`, `enlace directory import FILE`, `enlace run`; then every coordinator invites the bot and types `!verify`.
cli-check-ok = ✓ { $what }
cli-check-bad = ✗ { $what }: { $why }
cli-check-not-looked-at = – { $what }: not looked at, since this is not right: { $first }
cli-check-state = state folder
cli-check-vault = vault
cli-check-homeserver = homeserver
cli-check-time = clock
cli-check-identity = the bot's Matrix identity
cli-check-openpgp = the bot's OpenPGP key
cli-check-database = database
cli-check-ladders = escalation ladders
cli-check-log = log
cli-rooms-none = No room is on record yet. Invite the bot into an encrypted room.
cli-room-desk = desk
cli-room-direct = direct
cli-room-incident = incident
cli-room-coordination = coordination
cli-room-outside = outside Matrix
cli-room-unknown = not on record
cli-rooms-line = { $room }  { $kind }  { $who }  waiting: { $waiting }  held: { $held }  not delivered: { $lost }{ $since ->
        [none] {""}
       *[other] {"  "}since { $since }
    }
cli-audit-ok = ✓ { $entries ->
        [one] 1 entry agrees with itself
       *[other] { $entries } entries agree with themselves
    } and with { $checkpoints ->
        [0] no checkpoint, since none was signed yet.
        [one] 1 signed checkpoint.
       *[other] { $checkpoints } signed checkpoints.
    }
cli-audit-bad = ✗ The log cannot be believed. { $problem }
cli-audit-receipt-ok = ✓ The receipt holds: { $entries ->
        [one] 1 entry stands in the log.
       *[other] { $entries } entries stand in the log.
    }
cli-import-read = reading
cli-import-keys = keys
cli-import-compare = comparing
cli-import-write = writing
cli-import-plan = { $rows ->
        [one] 1 record:
       *[other] { $rows } records:
    } { $added } to add, { $changed } to change, { $gone } to take out; { $bad ->
        [one] 1 mistake
       *[other] { $bad } mistakes
    }; { $notes ->
        [0] 0 put right or left out on the way.
       *[other] { $notes } put right or left out on the way: `--notes` shows them.
    }
cli-import-near = { $new } looks like { $known }, which is there already. Nothing is merged on a near name: say `--same { $new }`, `--new { $new }` or `--skip { $new }`.
cli-import-nothing = Nothing was written. Put the file right and try again, or leave the bad records out with `--skip-bad`.
cli-import-unclear = Nothing was written. Say for each what it is, or put the file right, and try again.
cli-import-not-asked = Nothing was written. Say `--yes` to do it.
cli-import-ask = Do it?
cli-import-done = Imported: { $added } added, { $changed } changed, { $gone } gone.
cli-export-done = { $path }, with { $files } key and roster files beside it.
cli-export-labelled = { $path }, with contacts up to { $tlp }.
cli-find-nothing = Nothing is called “{ $query }”.
cli-why-refused = nothing listens there
cli-why-timeout = no answer in time
cli-why-name = its name is not known
cli-why-certificate = its certificate is not accepted
cli-why-missing = there is no such file or folder
cli-why-rights = this account may not
cli-why-not-text = it is not UTF-8 text
cli-why-folder = it is a folder
cli-why-full = the disk is full
error-no-config = There is no configuration at { $path }.
    .hint = Name it with `--config` or `ENLACE_CONFIG`, or make one with `enlace init`.
error-file-trouble = “{ $path }” cannot be read or written: { $reason }.
    .hint = Check its name, its folder and its rights.
error-cli-unforeseen = Something failed inside enlace: { $what }
    .hint = Run `enlace check`; if that does not show it, report this line, which holds no secrets.
error-homeserver-down = The homeserver at { $url } cannot be reached: { $reason }.
    .hint = Check that it runs, and the address (`matrix.homeserver`), DNS and firewall; then try again.
error-database-down = The database cannot be used: { $reason }.
    .hint = Check that it runs, and `database.url` and the password; then try again.
error-store-missing = There is no crypto store of the bot's device in { $path }.
    .hint = Put the newest one back; never an older copy, and never an empty folder.
error-no-state-folder = The state folder { $path } is not there.
    .hint = Correct `state_directory`, or make everything with `enlace init`.
error-clock-wrong = { $seconds ->
        [one] This machine's clock and the homeserver's differ by 1 second.
       *[other] This machine's clock and the homeserver's differ by { $seconds } seconds.
    }
    .hint = Let NTP set the clock (`timedatectl set-ntp true`): statements and late answers are judged by it.
error-own-key-unfit = The bot cannot sign with its own OpenPGP key. { $why }
    .hint = Until then nobody can check who the bot is.
error-no-passphrase = The vault's passphrase is not given.
    .hint = Set `ENLACE_VAULT__PASSPHRASE_FILE` to a file that holds it, or use the service manager's credentials.
error-not-our-package = The Python package “bot” in use lies in { $path } and is not enlace's.
    .hint = Install enlace into an environment of its own.
error-init-not-asked = { $what }: not given, and there is no terminal to ask on. Nothing was made.
    .hint = `enlace init --help` names the option, the variable or the file for it.
error-init-bad-coordinator = “{ $value }” does not name a coordinator. Nothing was made.
    .hint = Write “@user:server; OpenPGP fingerprint; name; published phone”; the phone may be left out.
error-init-too-few-coordinators = { $count ->
        [0] No coordinator is named; at least two are needed. Nothing was made.
        [one] Only 1 coordinator is named; at least two are needed. Nothing was made.
       *[other] Only { $count } coordinators are named; at least two are needed. Nothing was made.
    }
    .hint = Give `--coordinator` twice.
error-init-already-there = { $path } is there already; nothing was changed.
    .hint = Name other places, or continue with what is there: `enlace check`.
error-init-wrong-password = The homeserver does not accept this password for { $user }. Nothing was made.
    .hint = Check the user and the password, and run `enlace init` again.
error-init-no-password-login = The homeserver does not let { $user } log in with a password: { $reason }. Nothing was made.
    .hint = Get an access token from its operator and give it with `--access-token-file`.
error-init-other-device = The access token belongs to the device { $found }, not to { $wanted }. Nothing was made.
    .hint = Give the token's own device with `--device-id`.
error-init-half-published = The identity of { $user } may be published already, but then something failed: { $reason }
    .hint = Everything that was made is kept. When that is mended, run `enlace init --finish`.
error-init-stopped = It was stopped.
    .hint = Run it again.
error-init-other-recovery = The recovery file { $path } holds another identity than the one in use. Nothing was changed.
    .hint = Name the file that `enlace init` wrote for this account with `--recovery`.
error-export-folder-there = { $path } is there already; an export makes a new one. Nothing was written.
    .hint = Name another one.
error-init-other-account = The access token belongs to { $found }, not to { $wanted }. Nothing was made.
    .hint = Give the token of { $wanted }.
error-directory-unknown-format = “{ $file }” is in no format that can be imported. Nothing was imported.
    .hint = enlace’s own form ends in .yaml, a table in .csv; lists of FIRST, the Trusted Introducer and MISP in .json.
error-directory-file-unreadable = “{ $file }” cannot be read: { $reason }. Nothing was imported.
    .hint = Check its name and rights.
error-demo-command-failed = “enlace { $command }” failed: { $said }

# enlace rooms open|why
cli-rooms-asked = a desk room of { $organisation } is asked for and not made yet{ $attempts ->
        [0] {""}
        [one] {" "}(1 attempt)
       *[other] {" "}({ $attempts } attempts)
    }; the running bot makes it
cli-rooms-will-open = A desk room of { $organisation } is asked for. The running bot makes it within seconds and invites; `enlace rooms list` shows it. While the bot is stopped, it waits.
cli-rooms-verified = { $room }  { $kind }  { $who }: verified
cli-rooms-not-verified = { $room }  { $kind }  { $who }: NOT verified
cli-rooms-seen = As the bot saw it at { $at }.
error-no-room-yet = Nothing on record is a room of { $whose }.
    .hint = `enlace rooms list` shows the rooms on record; `enlace rooms open HANDLE` makes a desk room.
cli-check-one-approval = ! policy.approvals is 1: one coordinator alone changes the directory, and every checkpoint says so
cli-check-unknown-organisation = ! { $where } names { $organisation }, which the directory does not know: nobody is reached there
cli-check-silence-nobody = ! mail is set up, but nobody is written to when the homeserver falls silent: the directory has no mail address of a coordinator, and notify.operators is empty
