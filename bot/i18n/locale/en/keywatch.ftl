# OpenPGP keys watched, and refreshed.
keywatch-head = **OpenPGP keys need attention**
keywatch-soon = { $owner }: the key { $key } expires on { $until }, in { $days ->
        [one] 1 day
       *[other] { $days } days
    }.
keywatch-over = { $owner }: the key { $key } **expired** on { $until }.
keywatch-revoked = { $owner }: the key { $key } **was revoked**.
keywatch-no-encryption = { $owner }: nothing can be encrypted to the key { $key }; it has no good subkey for that.
keywatch-how = Whoever owns it prolongs or replaces it, and sends the public key to a coordinator; the console proposes it (`enlace directory refresh`).
keywatch-withdrawn = **The OpenPGP key behind the verification of { $user } was revoked** ({ $key }). From now on nothing goes to this person, and rooms with this person are held until { $user } sends `!verify` with a statement signed by a new key of the directory, or leaves the room.
cli-refresh-unknown = No entry of the directory has the key { $fingerprint }: left out.
error-nothing-to-refresh = “{ $file }” says nothing new about a key of the directory. Nothing was written.
    .hint = A new key, with another fingerprint, comes with `enlace directory import`.
