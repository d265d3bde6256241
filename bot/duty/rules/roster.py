"""Whose turn it is.  Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.duty.model import Absence, Override, Rotation, Turn
from bot.duty.rules.walltime import instant
from bot.ids import UserId


def turn(rotation: Rotation, where: ZoneInfo, at: datetime) -> Turn | None:
    """Whose turn it is at ``at``; None before the first handover or where nobody is in the rotation."""
    days = rotation.every.days
    if not rotation.people or days < 1:
        return None
    # The local date gives the number; before that day's handover it is still the turn of the one before.
    number = (at.astimezone(where).date() - rotation.starts_on).days // days
    start = _handover(rotation, where, number)
    while at < start:  # twice only where a skipped hour moved a handover into the next day
        number -= 1
        start = _handover(rotation, where, number)
    if number < 0:
        return None
    person = rotation.people[number % len(rotation.people)]
    return Turn(person, number, start, _handover(rotation, where, number + 1))


def on_duty(
    rotations: Sequence[Rotation],
    overrides: Sequence[Override],
    absences: Sequence[Absence],
    where: ZoneInfo,
    at: datetime,
) -> list[UserId]:
    """Everyone whose duty it is at ``at``, without doubles.

    An override that covers ``at`` replaces every rotation's turn.  Somebody who is away is not on duty: that is
    a gap, and a gap is shown, never filled in silence."""
    covering = [o for o in overrides if o.start <= at < o.end]
    if covering:
        found = [max(covering, key=lambda o: o.seq).person]
    else:
        found = [current.person for r in rotations if (current := turn(r, where, at))]
    return _present(found, absences, at)


def next_on_roster(
    rotations: Sequence[Rotation],
    absences: Sequence[Absence],
    where: ZoneInfo,
    at: datetime,
    but: Iterable[UserId],
) -> list[UserId]:
    """The backup of each rotation: the next one in turn who is neither away nor among ``but``."""
    leave_out = {*but, *(a.person for a in absences if a.start <= at < a.end)}
    found = []
    for rotation in rotations:
        current = turn(rotation, where, at)
        if current is None:
            continue
        size = len(rotation.people)
        order = (rotation.people[(current.number + step) % size] for step in range(1, size + 1))
        found += [person for person in order if person not in leave_out][:1]
    return list(dict.fromkeys(found))


def _handover(rotation: Rotation, where: ZoneInfo, number: int) -> datetime:
    return instant(rotation.starts_on + timedelta(days=rotation.every.days * number), rotation.handover, where)


def _present(people: Iterable[UserId], absences: Iterable[Absence], at: datetime) -> list[UserId]:
    away = {a.person for a in absences if a.start <= at < a.end}
    return [person for person in dict.fromkeys(people) if person not in away]
