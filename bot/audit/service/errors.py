"""When the log stops rather than sign or tell something that contradicts what it signed."""

from bot.errors import NotDone, ServiceError


class LogBehind(ServiceError):
    """The log has {entries} entries, but {signed} were signed: the database is older than the checkpoint."""

    code = "audit-behind"


class LogRewritten(LogBehind):
    """The log of {entries} entries no longer agrees with its own checkpoint over {signed}: it was changed."""

    code = "audit-rewritten"


class EntryDamaged(ServiceError):
    """Entry {entry} of the log is not as it was written."""

    code = "audit-entry-damaged"


class CheckpointFileFailed(ServiceError):
    """The checkpoint file {path} cannot be read or written: {reason}."""

    code = "audit-file-failed"


class CheckpointFileWrong(ServiceError):
    """The checkpoint file {path} does not hold a checkpoint that the log {log} signed."""

    code = "audit-file-wrong"


class NothingLogged(NotDone):
    """The log holds nothing about {ref} that you may see."""

    code = "audit-nothing-logged"


class NotResumable(NotDone):
    """The log {log} has signed checkpoints already; only a new name can follow a lost log."""

    code = "audit-not-resumable"
