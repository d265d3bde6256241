# Four eyes: proposals and !approve.
command-approve = Approve a change of the directory that somebody else proposes, in your own room with enlace
    .words = approve
    .usage = !approve [PRO-REFERENCE] [no]
    .example = !approve PRO-7F3KQ
proposal-console = whoever holds the console
proposal-head = **{ $ref }: { $who } proposes to change the directory**
proposal-more = { $count ->
        [one] … and 1 more line
       *[other] … and { $count } more lines
    }: `enlace directory proposals` on the console shows everything.
proposal-call-first = ⚠ { $whose } would be called on another number. **Before you approve, call the number that the directory has now**, and vouch for nobody by the new one until then.
proposal-how = `!approve { $ref }` approves, `!approve { $ref } no` rejects. Approvals: { $given } of { $needed }; open until { $until }.
proposal-which = Which one? Reply with a number.
proposal-choice = { $number }. { $ref } · { $at } · { $who } · { $line }
proposal-applied = { $ref } is approved, and the directory is changed.
proposal-rejected = { $ref } (proposed by { $who }) was rejected. The directory stays as it is.
proposal-expired = { $ref } (proposed by { $who }) was not approved within 14 days and is closed. The directory stays as it is.
proposal-overtaken = { $ref } (proposed by { $who }) no longer fits the directory and is closed. Propose it again if it is still wanted.
approve-open = Your approval of { $ref } counts: { $given } of { $needed }. Somebody else who coordinates has to approve it too.
approve-applied = { $ref } is approved, and the directory is changed.
approve-rejected = { $ref } is rejected. The directory stays as it is.
approve-overtaken = { $ref } was **not** done: the directory has changed since it was proposed, and what you were shown no longer fits. It is closed; whoever proposed it can propose it again.
error-approve-alone = You approve only in your own room with enlace. Nothing was done.
    .hint = Write `!approve` there.
error-nothing-to-approve = No change waits for your approval.
    .hint = Your own proposals, and those that you have approved, wait for somebody else who coordinates.
error-approve-how = “{ $word }” is not an answer to a proposal. Nothing was done.
    .hint = `!approve PRO-7F3KQ` approves, `!approve PRO-7F3KQ no` rejects.
error-nothing-to-propose = This would change nothing in the directory, so there is nothing to propose.
error-directory-moved = What was to change does not fit the directory as it is now. Nothing was proposed.
    .hint = Another organisation may have the same person or key, or the directory was changed a moment ago: look at the plan again.
error-no-such-proposal = There is no proposal { $ref }. Nothing was changed.
    .hint = `!approve` lists those that wait for you.
error-proposal-ended = The proposal { $ref } is no longer open. Nothing was changed.
    .hint = If the change is still wanted, it has to be proposed again.
error-proposal-altered = The proposal { $ref } in the database is not what was proposed. Nothing was changed.
    .hint = Somebody changed the database: check the log with `enlace audit verify`, and propose the change again.
error-own-proposal = The proposal { $ref } is your own: somebody else who coordinates approves it. Nothing was changed.
    .hint = `!approve { $ref } no` takes it back.
error-approved-already = You have approved { $ref } already; it waits for somebody else who coordinates.
error-not-a-coordinator = { $user } does not coordinate, so this approval does not count. Nothing was changed.
error-not-an-approval = The signed text does not approve a proposal: it must be exactly one line. Nothing was changed.
    .hint = `enlace directory proposals` shows the line to sign.
error-approves-something-else = What was signed is not what { $ref } holds. Nothing was changed.
    .hint = `enlace directory proposals` shows the line to sign.

# The command line.
cli-propose-ask = The founding import is over: propose this to the coordinators?
cli-proposed = Proposed as { $ref }. Nothing is changed yet: it needs { $needed } coordinators until { $until }. They are told in their own rooms with enlace and answer `!approve { $ref }`, or sign exactly this line:
cli-proposals-none = No proposal is open.
cli-proposals-line = { $ref } · { $at } · { $who } · { $file } · approvals { $given } of { $needed } · open until { $until }
cli-proposals-sign = To approve it by file, sign exactly this line (`gpg --clear-sign`):
cli-approved-open = Your approval of { $ref } counts: { $given } of { $needed }. Nothing is changed yet.
cli-approved-applied = { $ref } is approved, and the directory is changed.
cli-approved-overtaken = { $ref } was not done: the directory has changed since it was proposed. It is closed; propose it again.
