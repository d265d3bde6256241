# Keys and trust: errors (`error-…` with `.hint`) and failed checks (`check-…` with `.mend`).

error-keys = Something is wrong with a key.
    .hint = Ask a coordinator.
error-not-accepted = This was not accepted.
    .hint = Ask a coordinator.

## Fingerprints and Matrix keys
error-not-a-fingerprint = “{ $value }” is not a full OpenPGP fingerprint.
    .hint = It has 40 (or 64) hexadecimal digits; `gpg --fingerprint` shows it. Short key ids are not accepted.
error-not-a-matrix-key = “{ $value }” is not a Matrix key.
    .hint = The session key in your client's settings has 43 letters and digits; copy all of it.
error-not-canonical = This object has no canonical JSON form: { $why }.
    .hint = It was not made by a Matrix client; look at the homeserver.
error-bad-seeds = These are not the three seeds of a cross-signing identity.
    .hint = Use the sealed recovery file that `enlace init` wrote.
error-not-our-device = “{ $device }” is not a device of { $user }.
    .hint = Look at the device list of the account; sign only the device that `enlace init` made.

## Identity statements
error-statement-unreadable = This is not an identity statement: its first line is not “{ $heading }”.
    .hint = Write `!verify` for a new text, fill in your device line and sign the whole text.
error-statement-line-unclear = Line { $line } of the statement cannot be read: “{ $text }”.
    .hint = Write `!verify` for a new text and change nothing but the device line.
error-statement-field-unknown = The statement has a field “{ $field }” that no statement has.
    .hint = Write `!verify` for a new text and change nothing but the device line.
error-statement-field-twice = The statement has the field “{ $field }” twice.
    .hint = Only `Device` may stand more than once. Write `!verify` for a new text.
error-statement-field-missing = The statement lacks the field “{ $field }”.
    .hint = Write `!verify` for a new text and change nothing but the device line.
error-statement-field-unclear = The statement's field “{ $field }” cannot be read: “{ $value }”.
    .hint = A device line is the device id, a space, and the session key from your client's settings.
error-statement-device-blank = The statement's device line was not filled in.
    .hint = Replace it by the device id and the session key that your own client shows, then sign again.
error-statement-mismatch = The statement says “{ $stated }” as { $field }; “{ $expected }” was expected.
    .hint = Write `!verify` for a text with the right details, or have the directory corrected first.
error-statement-expired = The statement expired on { $expires }.
    .hint = Write `!verify` for a new one.
error-statement-from-future = The statement says that it was issued at { $issued }, which has not come yet.
    .hint = Write `!verify` for a new one and leave its dates as they are.
error-statement-too-long = The statement would run for { $days } days; { $longest } is the most.
    .hint = Write `!verify` for a new one and leave its dates as they are.
error-nonce-unknown = The statement answers no open challenge: its nonce is unknown or already used.
    .hint = Write `!verify` for a new one.
error-nonce-late = The challenge that the statement answers has run out.
    .hint = Write `!verify` for a new one.
error-sending-device-not-listed = The statement was sent from the device { $device }, which it does not list with that device's own key.
    .hint = Send it from the device whose id and session key stand in it.

## Pins
error-identity-not-published = The homeserver publishes no cross-signing identity for { $user }.
    .hint = Set up encryption (“Secure Backup”, “Cross-signing”) in the client's settings, then try again.
error-device-not-published = The homeserver publishes no device of { $user } with this key: { $device }.
    .hint = Compare id and session key with the client's settings, character by character.
error-device-key-differs = The homeserver publishes another key for the device { $device } of { $user } than the statement lists.
    .hint = Compare the session key in the client once more. If it is right, somebody is replacing keys: tell a coordinator by phone.
error-device-not-signed = The device { $device } is not signed by the identity of { $user }.
    .hint = Verify this device in the client with the recovery key or with another device, then try again.
error-vouches-differ = The two coordinators typed different session keys for { $user }.
    .hint = Have the session key read out again to each of them, from the client's settings.
error-vouches-not-apart = The two words for { $user } do not come from two coordinators of two organisations, neither of them { $user }.
    .hint = Ask a coordinator of another organisation.

## The vault
error-vault = The vault cannot be used.
    .hint = Ask whoever runs the service.
error-vault-missing = There is no vault at { $path }.
    .hint = Make it with `enlace init`, or correct the path in the configuration.
error-vault-exists = There is a vault at { $path } already.
    .hint = It is never replaced. Move it away first if you are sure.
error-vault-too-open = { $path } has mode { $mode }; others on this machine could reach it.
    .hint = Files need mode 0600 and their folder 0700: use `chmod`.
error-vault-not-ours = { $path } is a link or belongs to another user.
    .hint = Put the real file there, owned by the user that runs the service.
error-vault-damaged = { $path } is not a vault that this version can read.
    .hint = Restore it from a copy.
error-vault-kdf-unsound = The vault's Argon2id cost is outside what is safe: { $memory_kib } KiB, { $iterations } passes, { $lanes } lanes.
    .hint = Restore the vault from a copy; somebody changed its header.
error-wrong-passphrase = The vault at { $path } does not open: the passphrase is wrong, or the file was changed.
    .hint = Check where the passphrase comes from (file, environment, credential), then restore the vault from a copy.
error-passphrase-too-short = A vault's passphrase has at least { $least } characters.
    .hint = Choose a longer one.
error-secret-missing = The vault holds no secret named “{ $name }”.
    .hint = Run `enlace init` again; it asks for what is missing.
error-seal-broken = Something sealed in the database was changed, or sealed with another vault.
    .hint = Use the vault that belongs to this database.

## OpenPGP
error-openpgp = Something is wrong with an OpenPGP key, signature or message.
    .hint = Ask a coordinator.
error-gnupg-missing = The program “{ $binary }” (GnuPG 2.2 or later) is not installed or does not run.
    .hint = Install GnuPG (Debian: `apt install gnupg`).
error-gnupg-home-too-open = The OpenPGP folder { $path } has mode { $mode }; others on this machine could reach it.
    .hint = Give it mode 0700: use `chmod`.
error-gnupg-failed = GnuPG could not { $operation }: { $status }.
    .hint = Try again; if it stays, look at the disk and at the OpenPGP folder.
error-openpgp-too-large = This is too large: { $bytes } bytes, { $most } are the most.
    .hint = Send a smaller file.
error-not-a-key = There is no OpenPGP public key in this file.
    .hint = Export it with `gpg --armor --export` and send that.
error-secret-key-given = This file holds a secret key. It was not taken, and whoever sent it should no longer use it.
    .hint = Revoke that key, make a new one, and send only the public key (`gpg --armor --export`).
error-no-such-key = The OpenPGP key { $fingerprint } is not on file.
    .hint = Have its public key added to the directory.
error-no-secret-key = There is no secret key { $fingerprint } here to sign with.
    .hint = Look at the bot's own key with `enlace check`.
error-key-expired = The OpenPGP key { $fingerprint } expired on { $expires }.
    .hint = Have its owner extend it and send the public key again.
error-key-revoked = The OpenPGP key { $fingerprint } is revoked.
    .hint = Have its owner's new key added to the directory.
error-key-invalid = The OpenPGP key { $fingerprint } has no good signature of its own, or is disabled.
    .hint = Ask its owner for the public key again.
error-key-weak = The OpenPGP key { $fingerprint } is too weak: { $algorithm }, { $bits } bits.
    .hint = Its owner needs a new key, Ed25519 or RSA with at least 2048 bits.
error-key-cannot-encrypt = The OpenPGP key { $fingerprint } has no current subkey to encrypt to.
    .hint = Have its owner add an encryption subkey and send the public key again.
error-bad-key-name = “{ $value }” cannot stand in an OpenPGP user id.
    .hint = Use a plain name and a plain mail address.
error-wrong-key-passphrase = The passphrase of the OpenPGP key is missing or wrong.
    .hint = Look at the vault's entry for it.
error-not-for-us = This message is not encrypted to the bot's key.
    .hint = Encrypt it to the bot's key: `!verify bot` shows the fingerprint.
error-decryption-failed = This message cannot be decrypted: it is damaged or was changed.
    .hint = Send it again, as a file.
error-signature = The signature does not count.
    .hint = Sign again with the key that the directory names.
error-not-signed = There is no OpenPGP signature in this.
    .hint = Sign the whole text with `gpg --clearsign` and send the result.
error-several-signatures = There are { $count } signatures or signed texts in this; exactly one is accepted.
    .hint = Sign once, with one key, and send only that.
error-signature-bad = The signature does not fit the text: the text was changed after it was signed.
    .hint = Chat clients change spaces and quotes: send the signed text as a file.
error-signature-unclear = The signature cannot be judged: { $status }.
    .hint = Sign with `gpg --clearsign` or `gpg --armor --detach-sign` and send the result as a file.
error-signature-expired = The signature by the key { $signer } has expired.
    .hint = Sign again, without an end date.
error-signer-unknown = The key { $signer } that signed this is not on file.
    .hint = Sign with the key that the directory names, or have this one added.
error-signer-key-expired = The key { $signer } that signed this has expired.
    .hint = Extend the key, have the public key added to the directory, and sign again.
error-signer-key-revoked = The key { $signer } that signed this is revoked.
    .hint = Have your new key added to the directory and sign with it.
error-digest-weak = The signature uses { $digest }, which can be forged.
    .hint = Sign again with `gpg --digest-algo SHA512`.
error-signed-by-another-key = This was signed by the key { $found }, not by { $wanted }.
    .hint = Sign with the key that the directory names, or have the directory changed first.

## Checks of an OpenPGP key
check-key-valid = The key { $fingerprint } has no good signature of its own, is disabled, or comes from the future.
    .mend = Ask its owner for the public key again.
check-key-not-revoked = The key { $fingerprint } is revoked.
    .mend = Have its owner's new key added to the directory.
check-key-not-expired = The key { $fingerprint } expired on { $expires }.
    .mend = Have its owner extend it and send the public key again.
check-key-strong = The key { $fingerprint } is too weak: { $algorithm }, { $bits } bits.
    .mend = Its owner needs a new key, Ed25519 or RSA with at least 2048 bits.
check-key-can-sign = The key { $fingerprint } has nothing current and strong to sign with.
    .mend = Have its owner add a signing subkey and send the public key again.
check-key-can-encrypt = The key { $fingerprint } has nothing current and strong to encrypt to.
    .mend = Have its owner add an encryption subkey and send the public key again.

## Checks of a person
check-person-pinned = Nobody has verified { $user } yet.
    .mend = { $user } writes `!verify` to the bot, or two coordinators vouch.
check-person-identity-kept = { $user } has had another cryptographic identity since { $date }.
    .mend = Ask { $user } by phone what happened; then { $user } writes `!verify` and signs a new statement.
check-person-not-revoked = { $user }'s verification was withdrawn on { $date }.
    .mend = If that was in error, { $user } writes `!verify` and signs a new statement.
check-person-key-not-revoked = The OpenPGP key that stood for { $user } was revoked on { $date }.
    .mend = Have the new key added to the directory; then { $user } writes `!verify` and signs a new statement with it.
check-person-fingerprint-kept = The directory has named another OpenPGP key for { $user } since { $date }.
    .mend = { $user } writes `!verify` and signs a new statement with the key that the directory names now.
check-person-identity-published = The homeserver shows no cryptographic identity for { $user } at the moment.
    .mend = { $user } sets up cross-signing in the client's settings; if it was there before, ask who runs that homeserver.
check-person-master-key = The homeserver shows another cryptographic identity for { $user } than the one that was verified.
    .mend = Ask { $user } by phone what happened; then { $user } writes `!verify` and signs a new statement.
check-person-statement-current = { $user }'s statement ran until { $expires }.
    .mend = { $user } writes `!verify` and signs a new statement.
check-person-devices-signed =
    { $count ->
        [one] A device of { $user } is not confirmed and gets nothing: { $devices }.
       *[other] { $count } devices of { $user } are not confirmed and get nothing: { $devices }.
    }
    .mend = { $user } verifies them in the client with the recovery key or another device, or lists them in a new statement, or signs them out.
check-person-device-trusted = { $user } has no confirmed device that could read.
    .mend = { $user } verifies a device in the client with the recovery key or another device.

## Checks of a room
check-room-registered = The room is not on record, so nothing is sent into it.
    .mend = A room of one organisation's people is put on record by itself when everybody in it is in the directory; `enlace rooms open` makes one.
    .good = The room is on record.
check-room-bot-joined = The bot is not in the room.
    .mend = Invite it.
    .good = The bot is in the room.
check-room-encrypted = The room is not encrypted.
    .mend = Turn encryption on in the room's settings; it cannot be turned off again.
    .good = The room is encrypted.
check-room-encryption-kept = The room was encrypted, and the homeserver now says that it is not.
    .mend = Do not write here. Tell who runs the homeserver, and open a new room.
    .good = It has stayed encrypted.
check-room-invite-only = Not only invited people can join (join rule: { $value }).
    .mend = Set “Private (invite only)” in the room's settings.
    .good = Only who is invited can join.
check-room-history-closed = Newcomers can read what was written before them (history: { $value }).
    .mend = Set “Members only, since they joined” or “since they were invited” in the room's settings.
    .good = Newcomers cannot read what was written before them.
check-room-no-guests = Guests can join (guest access: { $value }).
    .mend = Forbid guests in the room's settings.
    .good = Guests cannot join.
check-room-members-known =
    { $count ->
        [one] { $users } is in the room and not verified.
       *[other] { $count } people are in the room and not verified: { $users }.
    }
    .mend = They write `!verify` to the bot, or leave the room.
    .good = Everybody in it has been verified.
check-room-members-unchanged =
    { $count ->
        [one] { $users } is in the room with another cryptographic identity than the verified one.
       *[other] { $count } people are in the room with other cryptographic identities than the verified ones: { $users }.
    }
    .mend = Ask by phone what happened; then they write `!verify`, or leave the room.
    .good = Nobody in it shows another identity than the verified one.
check-room-members-unrevoked =
    { $count ->
        [one] { $users } is in the room, and the verification was withdrawn.
       *[other] { $count } people are in the room whose verification was withdrawn: { $users }.
    }
    .mend = Remove them from the room, or have them verified again.
    .good = Nobody's verification in it is withdrawn.
check-room-members-current =
    { $count ->
        [one] { $users } is in the room with a statement that ran out.
       *[other] { $count } people are in the room with statements that ran out: { $users }.
    }
    .mend = They write `!verify` and sign a new statement.
    .good = Nobody's statement in it has run out.
check-room-members-belong =
    { $count ->
        [one] { $users } is in the room and belongs to none of the organisations that it is for.
       *[other] { $count } people are in the room and belong to none of the organisations that it is for: { $users }.
    }
    .mend = Remove them from the room, or have the room opened for their organisation.
    .good = Everybody in it belongs to an organisation that it is for.
check-room-direct-alone =
    { $count ->
        [0] Nobody but the bot is in this direct room.
        [one] { $count } person is in this direct room.
       *[other] { $count } people are in this direct room, which is for one.
    }
    .mend = A direct room holds one person and the bot: open another room for the others.
    .good = Nobody is in it who should not be.
check-room-guarded =
    { $count ->
        [0] Everybody who comes in can change encryption, access or rights in the room.
        [one] { $users } can change encryption, access or rights in the room and is not verified.
       *[other] { $count } people who are not verified can change encryption, access or rights in the room: { $users }.
    }
    .mend = In the room's settings, leave those rights to verified people and the bot.
    .good = Only verified people and the bot can change its encryption, access or rights.
check-room-servers-allowed =
    { $count ->
        [one] { $users } is on a homeserver that is not allowed here.
       *[other] { $count } people are on homeservers that are not allowed here: { $users }.
    }
    .mend = Remove them from the room, or have their homeserver allowed in the configuration.
    .good = Everybody in it is on an allowed server.
