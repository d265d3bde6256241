"""What somebody may say: nothing above their own ceiling, whichever way it goes."""

from bot.errors import NotDone
from bot.exchange.rules.tlp import ceiling, level_of, within_ceiling
from bot.tlp import Tlp
from keys.trust import PersonVerdict


class AboveCeiling(NotDone):
    """{label} is above what you may say: {most} at most, as you are verified now. Nothing was sent."""

    code = "above-ceiling"


def keep_to_ceiling(label: Tlp, author: PersonVerdict) -> None:
    """Raises :class:`AboveCeiling`."""
    level = level_of(author)
    if not within_ceiling(label, level).allowed:
        raise AboveCeiling(label=str(label), most=str(ceiling(level) or Tlp.CLEAR))
