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

# The page that the link of an encrypted letter leads to.
web-ack-ask = { $severity } · **{ $caller }** calls **{ $whom }** · { $ref }. Nobody has it yet. If you take it, everybody concerned is told.
web-ack-button = I take it
web-ack-done = **You have { $ref }.** { $caller } has been told. Details are in your room with enlace; `!resolve { $ref }` there when it is dealt with.
error-web-nothing-here = This address takes no such request. Nothing was changed. Use the address exactly as it was given to you.
error-web-too-often = Too many requests from here. Nothing was changed. Try again in a minute.
error-web-not-recorded = This could not be recorded. Nothing was changed. Try again in a moment, or answer in your room with enlace.

# Letters to coordinators and operators when the homeserver is silent; they say nothing that is not for everybody.
silence-told-subject = enlace hears nothing
silence-told = enlace has heard nothing from its homeserver since { $since }. Until it does, nothing is delivered in Matrix and no answer there is read; calls ring by mail and webhook where these are set up. Please look at the homeserver, the network and the bot’s machine. You are told once more when it is over.
silence-over-subject = enlace hears again
silence-over = enlace hears its homeserver again. It was silent from { $since } to { $until }. What waited goes out now, each message once.
