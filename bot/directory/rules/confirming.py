"""When an organisation is asked whether its entry is still right, and when an entry is stale; pure."""

from dataclasses import replace
from datetime import date, timedelta

from bot.directory.model import Organisation

FIELDS = frozenset({"last_confirmed", "confirmed_by"})
"""That an entry was confirmed changes nothing of what it says."""
FIRST = timedelta(days=7)
"""So long after an organisation can be asked it is asked for the first time, however old its entry is."""
WEEK = timedelta(days=7)
WEEKLY = 4
"""So often it is asked once a week, the first time on the day itself."""
THEN = timedelta(days=30)
"""And then so often."""


def due(organisation: Organisation, since: date, every: int, today: date) -> date:
    """The day from which on it is asked; ``since``: when it could first be asked; ``every``: in days.

    A day of confirmation that is still to come is a mistake and counts for nothing."""
    first, last = since + FIRST, organisation.last_confirmed
    return first if last is None or last > today else max(first, last + timedelta(days=every))


def asked_on(due: date, today: date) -> date | None:
    """The newest day up to today on which it is to be asked; None while it is not due."""
    if today < due:
        return None
    last_weekly = due + (WEEKLY - 1) * WEEK
    if today < last_weekly:
        return due + (today - due) // WEEK * WEEK
    return last_weekly + (today - last_weekly) // THEN * THEN


def unconfirmed(organisation: Organisation, days: int, today: date) -> bool:
    """Whether nobody has confirmed it for more than so many days, or ever."""
    last = organisation.last_confirmed
    return last is None or (today - last).days > days


def still_confirmed(organisation: Organisation, last: date | None, by: str | None) -> Organisation:
    """The entry, which takes the place of one that was last confirmed then: the later day stays."""
    if last is None or (organisation.last_confirmed is not None and organisation.last_confirmed >= last):
        return organisation
    return replace(organisation, last_confirmed=last, confirmed_by=by)
