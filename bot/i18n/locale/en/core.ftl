# Texts of the ground floor.
language-name = English

error-internal = Something went wrong inside enlace.
error-service = The service cannot go on.
error-not-done = What was asked for was not done.
error-bad-user-id = “{ $value }” is not a Matrix user id.
    .hint = It looks like `@ana:cert.example.mx`.
error-bad-room-id = “{ $value }” is not a Matrix room id.
    .hint = It starts with an exclamation mark; the room's settings show it under “Advanced”.
error-bad-ref = “{ $value }” is not a reference.
    .hint = References look like `MSG-7F3KQ`.
error-unclear-label = “{ $value }” is not a TLP 2.0 label. Nothing was sent.
    .hint = Use `tlp:red`, `tlp:amber+strict`, `tlp:amber`, `tlp:green` or `tlp:clear`.
error-database-behind = The database has another shape ({ $found }) than this version of enlace needs ({ $needed }).
    .hint = Make a copy of it, then run `enlace db upgrade`.
error-database-ahead = The database has the shape { $found }, which this version of enlace does not know; its own is { $needed }.
    .hint = Run the newer version that made it, or put back the copy from before.
error-synapse-missing = There is no Synapse in this Python environment.
    .hint = `make demo` and `make test` install it from the lock file.
error-synapse-dead = Synapse did not start: { $reason }.
    .hint = See `console.log` and `server.log` in its folder.
