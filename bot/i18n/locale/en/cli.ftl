# The command line.
cli-running = enlace runs as { $user }. Ctrl-C ends it.
cli-upgraded = The database has the shape { $revision }.
cli-ask-homeserver = Base URL of the homeserver
cli-ask-user = Matrix user of the bot
cli-ask-password = Password of the bot's account
cli-ask-passphrase = Passphrase for the vault (at least { $shortest } characters)
cli-ask-recovery-passphrase = Another passphrase, for the recovery file
cli-ask-coordinator = A coordinator, as “@user:server; OpenPGP fingerprint; name; published phone”
cli-init-identity = { $user } now has a cross-signing identity, and its device { $device } is signed. Session key: { $session }
cli-init-openpgp = The bot's OpenPGP key: { $fingerprint }
cli-init-done = Done. Settings: { $config }. **Now put { $recovery } where no running machine can reach it.**
    Next: `enlace check`, `enlace directory import FILE`, `enlace run`; then every coordinator invites the bot and types `!verify`.
cli-check-ok = ✓ { $what }
cli-rooms-none = No room is on record yet. Invite the bot into an encrypted room.
cli-rooms-line = { $room }  { $kind }  { $who }  held: { $held }
cli-audit-ok = ✓ { $entries } entries agree with themselves and with { $checkpoints } signed checkpoints.
cli-audit-bad = ✗ Entry { $entry } cannot be believed: { $problem }.
cli-audit-receipt-ok = ✓ The receipt holds: { $entries } entries stand in the log.
cli-import-plan = { $rows } records: { $added } added, { $changed } changed, { $gone } gone, { $bad } bad, { $notes } put right or left out on the way.
cli-import-near = { $new } looks like { $known }, which is there already. Nothing is merged on a near name: give both the same handle, or a clearly different name.
cli-import-nothing = Nothing was written.
cli-import-not-asked = Nothing was written. Say `--yes` to do it.
cli-import-ask = Do it?
cli-import-done = Imported: { $added } added, { $changed } changed, { $gone } gone.
cli-export-done = { $path }, with { $files } key and roster files beside it.
cli-find-nothing = Nothing is called “{ $query }”.
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
error-init-other-account = The access token belongs to { $found }, not to { $wanted }. Nothing was made.
    .hint = Give the token of { $wanted }.
error-directory-unknown-format = “{ $file }” is neither YAML nor CSV. Nothing was imported.
    .hint = Name it .yaml or .csv.
error-directory-file-unreadable = “{ $file }” cannot be read: { $reason }. Nothing was imported.
    .hint = Check its name and rights.
error-demo-command-failed = “enlace { $command }” failed: { $said }
