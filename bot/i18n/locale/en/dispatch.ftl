# What the dispatcher itself says.
error-outside-thread = Only the server says that this message belongs to the thread of { $ref }; it was not relayed.
    .hint = To relay it, send `!reply { $ref }` and your text.
error-command-in-caption = A command does not work as the caption of a file; nothing was done.
    .hint = Post the file first, then send the command as a reply to it.
error-out-of-order = Your answer came late or out of order, so it is not sure what it answers; nothing was done.
    .hint = Answer as a reply to the message that you mean.
error-several-open = More than one question is open here; nothing was done.
    .hint = Answer as a reply to the message that you mean.
error-unforeseen = Something failed inside enlace ({ $id }); nothing was done.
    .hint = Try again in a minute, and give this number to a coordinator if it stays.
late-command = { $minutes ->
        [one] This reached me 1 minute late and was not done. Reply **ok** to do it now.
       *[other] This reached me { $minutes } minutes late and was not done. Reply **ok** to do it now.
    }
never-mind = All right, nothing was done.
reaction-seen = I saw your { $sign }, but a server could forge it, so it counts for nothing: reply **ok** (or **no**) as a message.
