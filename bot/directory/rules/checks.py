"""A network's communication checks: how often, when the next one is due, and when that is said.  Pure."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

_RHYTHM = re.compile(r"P([1-9]\d{0,2})([YMWD])")
_MONTHS = {"Y": 12, "M": 1}
_DAYS = {"W": 7, "D": 1}

AHEAD = ((timedelta(0), "due"), (timedelta(days=14), "soon"))
"""So long before the day it is said, and as what."""
AGAIN = timedelta(days=30)
"""What is overdue is said again so often."""


class BadRhythm(ValueError):
    """Not how often something is done."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """One unit of ISO 8601's durations: ``P6M``, ``P1Y``, ``P2W``, ``P90D``."""

    number: int
    unit: str

    @classmethod
    def parse(cls, text: str) -> "Rhythm":
        """Raises :class:`BadRhythm`."""
        match = _RHYTHM.fullmatch(text.strip().upper())
        if match is None:
            raise BadRhythm(text)
        return cls(int(match[1]), match[2])

    def after(self, day: date) -> date:
        """The same day so much later; where that month is shorter, its last one."""
        if self.unit in _DAYS:
            return day + timedelta(days=self.number * _DAYS[self.unit])
        years, month = divmod(day.month - 1 + self.number * _MONTHS[self.unit], 12)
        year, month = day.year + years, month + 1
        return date(year, month, min(day.day, monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class Check:
    """What is known of a network's checks."""

    network: str
    since: date
    """From when on the first one counts: enlace knew then that somebody is listed."""
    last: date | None = None
    by: str = ""
    """Who recorded the last one."""
    said: str = ""
    """The newest reminder, as :func:`news` names it."""

    def due(self, rhythm: Rhythm) -> date:
        """The day of the next one."""
        return rhythm.after(self.last or self.since)


def news(due: date, today: date) -> str | None:
    """What is to be said today: ``soon``, ``due``, or ``late`` every 30 days, each with its day; None: nothing."""
    late = (today - due) // AGAIN
    if late > 0:
        return f"late {due + late * AGAIN}"
    stage = next((word for ahead, word in AHEAD if today >= due - ahead), None)
    return f"{stage} {due}" if stage else None
