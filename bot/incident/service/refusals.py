"""Why something about an incident was not done."""

from bot.errors import NotDone


class MayNotOpen(NotDone):
    """Only leads of an organisation and coordinators open incidents. Nothing was opened."""

    code = "incident-no-open"


class MayNotCommand(NotDone):
    """Only {name}, who commands {ref}, and coordinators may do this. Nothing was done."""

    code = "incident-no-command"


class UnknownIncident(NotDone):
    """There is no incident {ref} in which you take part."""

    code = "unknown-incident"


class NoIncident(NotDone):
    """You take part in no open incident."""

    code = "no-incident"


class SeveralIncidents(NotDone):
    """You take part in several open incidents: {refs}. Nothing was done."""

    code = "several-incidents"


class IncidentClosed(NotDone):
    """{ref} is closed. Nothing was done."""

    code = "incident-closed"


class IncidentNotReady(NotDone):
    """The room of {ref} is being made. Nothing was done."""

    code = "incident-not-ready"


class IncidentFailed(NotDone):
    """The room of {ref} could not be made. Nothing was done."""

    code = "incident-failed"


class LabelTooHigh(NotDone):
    """{label} is for named people in their direct rooms, not for a shared room. Nothing was opened."""

    code = "incident-label"


class NothingToNote(NotDone):
    """There is nothing to note."""

    code = "incident-empty-note"


class NoteTooLong(NotDone):
    """The text is too long: {size} bytes, and {limit} fit. Nothing was done."""

    code = "incident-too-long"
