# What `/readyz` says to whoever keeps the service running.
web-ready = Ready.
web-never-synced = The homeserver has not answered a sync yet.
web-sync-old = The homeserver last answered a sync { $seconds ->
        [one] 1 second
       *[other] { $seconds } seconds
    } ago; more than { $most } is too long. Check the homeserver and the way to it.
web-database-away = The database does not answer. What the process writes says why.
web-outbox-old = The oldest queued message has waited for { $seconds ->
        [one] 1 second
       *[other] { $seconds } seconds
    }; more than { $most } is too long. What the process writes says why sending fails.
