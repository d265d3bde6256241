# The log: checkpoints, receipts, checking.
error-audit-behind = The log has { $entries ->
        [one] 1 entry
       *[other] { $entries } entries
    }, but a checkpoint over { $signed } was signed: this database is older than what was given out. Nothing is sent.
    .hint = Put the newest database back; only if it is lost for good: `enlace audit resume`.
error-audit-rewritten = The log no longer agrees with its own checkpoint over { $signed } entries ({ $entries } are there): it was changed. Nothing is sent.
    .hint = `enlace audit verify` names the first bad entry. Put back a database that agrees, and find out who wrote to this one.
error-audit-entry-damaged = Entry { $entry } of the log is not as it was written.
    .hint = `enlace audit verify` checks the whole log.
error-audit-file-failed = The checkpoint file { $path } cannot be read or written: { $reason }.
    .hint = Its folder must belong to the account that enlace runs as (`audit.checkpoint_file`).
error-audit-file-wrong = The checkpoint file { $path } does not hold a checkpoint that the log { $log } signed.
    .hint = Check `audit.checkpoint_file` and `audit.origin`. Move the file away only if you know that it is not this log's.
error-audit-bad-checkpoint = This is not a checkpoint of a log.
    .hint = A checkpoint is the whole text from the log's name down to the line that begins with “—”.
error-audit-not-signed = The checkpoint is not signed by the key of the log { $log }.
    .hint = If it reached you as this log's, tell your coordinators: somebody made it up.
error-audit-wrong-log = The checkpoint belongs to the log { $found }, not to { $log }.
    .hint = Compare it with that log.
error-audit-bad-key = This is not the public key of a log.
    .hint = It looks like `example.org/enlace+1a2b3c4d+AQ…`; ask the operators for theirs.
error-audit-bad-receipt = This is not a receipt of an enlace log.
    .hint = Use the file as it was sent, unchanged.
error-audit-receipt-refuted = Entry { $entry } of this receipt is not in the log that its checkpoint was signed for.
    .hint = Do not rely on this receipt; ask for a new one and tell your coordinators.
error-audit-nothing-logged = The log holds nothing about { $ref } that you may see.
    .hint = Details may have been pruned; `!status` lists what is open.
error-audit-not-resumable = The log { $log } cannot follow a lost log: it has no key, or has signed before under this name.
    .hint = Set a new `audit.origin` that was never used.

audit-one = **entry { $first }**
audit-many = **entries { $first } to { $last }**
audit-problem-entry = { $which }: not as written.
audit-problem-details = { $which }: the details are not the ones that were logged.
audit-problem-details-gone = { $which }: the details are gone, and no entry says that they were pruned.
audit-problem-missing = { $which }: missing.
audit-problem-rewritten = { $which }: rewritten; the root is not the one that was signed.
audit-problem-tree = { $which }: as signed, but the kept tree above is not.
audit-problem-checkpoint = { $which }: the checkpoint over them is damaged or not signed by the log's key.
