"""What may be refused, as people read it."""

from bot.errors import NotDone


class UnknownEscalation(NotDone):
    """There is no escalation {ref} that your organisation called or was called by. Nothing was changed."""

    code = "escalation-unknown"


class NotCalled(NotDone):
    """Only somebody of {organisation} can answer {ref}. Nothing was changed."""

    code = "escalation-not-called"


class NotTheCaller(NotDone):
    """Only {name}, who opened {ref}, or a lead of {organisation} can cancel it. Nothing was changed."""

    code = "escalation-not-caller"


class AlreadyTaken(NotDone):
    """{name} has {ref} already. Nothing was changed."""

    code = "escalation-taken"


class AlreadyClosed(NotDone):
    """{ref} is closed already. Nothing was changed."""

    code = "escalation-closed"


class TooManyTargets(NotDone):
    """An escalation calls at most {limit} organisations, and you named {count}. Nobody was paged."""

    code = "escalation-too-many"


class CallsAGroup(NotDone):
    """An escalation calls organisations by name, and “{group}” is a whole group. Nobody was paged."""

    code = "escalation-group"


class OwnOrganisation(NotDone):
    """{organisation} is your own organisation. Nobody was paged."""

    code = "escalation-own"


class RedForbidden(NotDone):
    """TLP:RED is for people whom you name, and a ladder reaches whoever answers. Nobody was paged."""

    code = "escalation-red"


class NoSummary(NotDone):
    """What is it about? After the severity there was no summary. Nobody was paged."""

    code = "escalation-no-summary"


class NoOrganisation(NotDone):
    """You are listed with no organisation, so nobody could be told who calls. Nobody was paged."""

    code = "escalation-no-organisation"
