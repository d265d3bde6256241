"""Why help was not offered, asked for or given."""

from bot.errors import NotDone


class NobodyOffers(NotDone):
    """Nobody who shares a network with you offers {service}. Nothing was sent."""

    code = "assist-nobody-offers"


class NoneReachable(NotDone):
    """Those who offer {service} are not on enlace yet: {who}. Nothing was sent."""

    code = "assist-none-reachable"


class TooManyRequests(NotDone):
    """Your organisation has {count} requests open, the most at a time. Nothing was sent."""

    code = "assist-too-many"


class NotForEverybody(NotDone):
    """{label} is for people whom you name, not for whoever offers help. Nothing was sent."""

    code = "assist-red"


class UnknownRequest(NotDone):
    """There is no request {ref} that your organisation made or was asked. Nothing was done."""

    code = "assist-unknown-request"


class RequestOver(NotDone):
    """{ref} is over; nothing was done."""

    code = "assist-request-over"


class AskerAway(NotDone):
    """Whoever asked in {ref} is not verified for {organisation} as they were. Nothing was opened."""

    code = "assist-asker-away"


class OfferedByDirectory(NotDone):
    """{service} stands in the directory's entry of {organisation}, among its capabilities. Nothing was changed."""

    code = "assist-in-directory"


class NotOffered(NotDone):
    """{organisation} does not offer {service}. Nothing was changed."""

    code = "assist-not-offered"
