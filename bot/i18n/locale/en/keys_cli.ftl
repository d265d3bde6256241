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
