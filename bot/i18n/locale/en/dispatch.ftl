# What the dispatcher itself says.
error-outside-thread = What the server shows and what is encrypted disagree on whether this belongs to { $ref }; it was not relayed.
    .hint = To relay it, send `!reply { $ref }` and your text.
error-command-in-caption = A command does not work as the caption of a file; nothing was done.
    .hint = Post the file first, then send the command as a reply to it.
error-nothing-waits = Nothing waits for your answer there, or no longer: a question is open for ten minutes, to whoever it asks. Nothing was done; if you still want it, type the command again.
error-question-expired = The question about your line has expired (ten minutes), so nothing was relayed: neither the line nor this word.
    .hint = Write the line again, and answer then. If the word was for the others, say it in a sentence.
error-out-of-order = Your answer came late or out of order, so it is not sure what it answers; nothing was done.
    .hint = Answer as a reply to the message that you mean.
error-command-edited = You are still being asked about this command, so your edit was not taken: `ok` would do it as it was.
    .hint = Reply `no`, and type it anew.
error-several-open = More than one question is open here; nothing was done.
    .hint = Answer as a reply to the message that you mean.
error-unforeseen = Something failed inside enlace ({ $id }); nothing was done.
    .hint = Try again in a minute, and give this number to a coordinator if it stays.
error-too-much = More came from you in a minute than I do for one person, so this was not done. For { $seconds } s, nothing that you ask for is done.
    .hint = Then reply **ok** to this, and it is done: its text is kept. Always done at once: **ok** to a call, `!ack`, `!decline`, `!resolve`, `!escalate … critical`, `!verify revoke`.
error-too-much-here = More was asked for here in a minute than I do in one room, so this was not done. For { $seconds } s, nothing that is asked for here is done.
    .hint = Then reply **ok** to this, and it is done: its text is kept. Always done at once: **ok** to a call, `!ack`, `!decline`, `!resolve`, `!escalate … critical`, `!verify revoke`. Your direct room has a share of its own.
error-too-much-unproved = More came here in a minute that nothing proves than I answer, so it was not done. For { $seconds } s, I answer nothing of that kind here.
    .hint = What verified people write is done as always. `!verify` shows how to be one; in a direct room it is not held up by others.
late-command = { $minutes ->
        [one] This reached me 1 minute late and was not done. Reply **ok** to do it now.
       *[other] This reached me { $minutes } minutes late and was not done. Reply **ok** to do it now.
    }
working = ⏳ Working on it; the answer appears here.
working-file = ⏳ The file is on its way; what becomes of it appears here.
never-mind = All right, nothing was done.
answered-together = Your **ok** sent { $count } lines.
question-removed = What you were asked about was deleted in this room, so **ok** does not send or do it any more. Write it again if it should still go.
reaction-seen = I saw your { $sign }, but a server could forge it, so it counts for nothing: reply **ok** (or **no**) as a message.

error-not-an-answer = That did not take { $ref }: nobody has it yet. Nothing was changed.
    .hint = Reply only **ok** to take it, or only **no** if you can't.
