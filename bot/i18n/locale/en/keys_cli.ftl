# The bot's own keys on the command line, and the way out of a lost disk.
cli-ask-backup-passphrase = Passphrase of the backup of the keys (at least { $shortest } characters)
keys-cli-backed-up = Sealed into { $path }: settings, vault, OpenPGP key. **Keep it apart from the recovery file and from both passphrases.** The crypto store is not in it, on purpose; the database needs backups of its own.
keys-cli-restored = Done: same identity, new device. Next: put the newest copy of the database in place (or `enlace db upgrade` for an empty one), `enlace check`, `enlace run`.
    Have the lost device removed from the account: `enlace check` names it.
error-already-running = Enlace runs already, or another command works on its keys, in { $path }.
    .hint = Stop it first; two at once on one device make messages unreadable.
error-keys-not-a-backup = { $path } is not a backup that `enlace keys backup` wrote.
    .hint = Name that file; the recovery file goes to `--recovery`.
error-keys-device-lost = The access token belongs to the device { $device }, whose crypto store is lost. Nothing was made.
    .hint = Log in anew, so that the homeserver makes another device, and give that token.
error-keys-set-elsewhere = The setting `{ $key }` does not come from { $path } but from the environment. Nothing was made.
    .hint = Take the variable away and try again: the new value has to stand in the file.
error-config-not-rewritable = `{ $key }` could not be set in { $path }: its YAML is written in a way that is not changed by machine. Nothing was changed.
    .hint = Write each section as plain indented lines, as in config.example.yaml, and try again.
keys-cli-safe-mode = **Safe mode: nothing is sent and nothing is signed.** The way out:
    1. Put the newest database back and start again.
    2. Only if it is lost for good: `enlace audit resume --after-loss { $file }` says what two coordinators have to sign, and then goes on.
keys-cli-resumed = The log goes on as { $origin }. { $count ->
        [0] Nothing was under way.
        [one] 1 delivery is unknown: it is not sent again, and its sender is told.
       *[other] { $count } deliveries are unknown: they are not sent again, and their senders are told.
    } Next: `enlace keys backup` into a new file, `enlace run`.
error-resume-nothing-lost = The database holds everything that this checkpoint says. Nothing was changed.
    .hint = Start with `enlace run`.
error-resume-not-newest = The checkpoint file { $path } knows a newer checkpoint, over { $newest } entries; this one is over { $given }. Nothing was changed.
    .hint = Use that file.
error-resume-not-approved = { $count ->
        [0] Nobody approved yet. Nothing was changed.
        [one] Only one coordinator approved. Nothing was changed.
       *[other] { $count } coordinators approved. Nothing was changed.
    }
    .hint = { $needed ->
        [one] A coordinator clear-signs exactly this line: `{ $line }`. Give the file with `--approval`.
       *[other] Two coordinators each clear-sign exactly this line: `{ $line }`. Give both files with `--approval`.
    }
error-resume-other-approval = The signed text in { $path } is another one. Nothing was changed.
    .hint = It has to be exactly this line: `{ $line }`
after-loss-notice = **enlace lost part of its memory.** What was written, answered or delivered between { $since } and { $until } is *unknown* here: it may have arrived or not. Nothing of it is sent again by itself. Look at `!status`, ask the other side, and send again what is missing.
after-loss-unknown = - { $ref } to { $whom }: unknown whether it was delivered
after-loss-more = { $count ->
        [one] … and 1 more.
       *[other] … and { $count } more.
    }
cli-check-devices = no other devices of the account
cli-check-device-signed = { $device } (signed)
cli-check-device-unsigned = { $device } (not signed)
error-other-devices = The account { $user } has other devices than the bot's: { $devices }. None of them gets a key from the bot, and none is obeyed.
    .hint = Have each removed by the homeserver's operator, or in the settings of a client that is logged in as the bot. If one is *signed* and it is not the device of a machine that you gave up, somebody has the recovery file: tell the coordinators.

# enlace keys rotate
cli-ask-new-passphrase = New passphrase for the vault (at least { $shortest } characters)
keys-cli-new-passphrase = The vault opens with the new passphrase only. Put it where `enlace run` finds it (`vault.passphrase_file`, variable or credential), then make a new backup: `enlace keys backup`. Older copies of the vault still open with the old passphrase; destroy them.
keys-cli-new-device = Done: same identity, new device; the old one is logged out and its crypto store gone. Next: `enlace check`, a new backup (`enlace keys backup`), `enlace run`.
keys-cli-new-log = The log goes on as { $origin }, under a new key; the configuration names it. Hand out the new key (`enlace audit key`) and make a new backup: `enlace keys backup`.
error-rotate-same-device = The access token belongs to the device { $device }, which is the one in use. Nothing was changed.
    .hint = Log in anew with any client, and give the token of that log-in.
error-rotate-no-log-yet = The log has signed nothing yet, so its key needs no other. Nothing was changed.
