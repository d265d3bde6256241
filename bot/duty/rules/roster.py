"""Whose turn it is.  Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.duty.model import Roster, Rotation, Turn
from bot.duty.rules.walltime import instant
from bot.ids import UserId


def turn(rotation: Rotation, where: ZoneInfo, at: datetime) -> Turn | None:
    """Whose turn it is at ``at``; None before the first handover or where nobody is in the rotation."""
    days = rotation.every.days
    if not rotation.people or days < 1:
        return None
    # The local date gives the number; before that day's handover it is still the turn of the one before.
    number = (at.astimezone(where).date() - rotation.starts_on).days // days
    start = handover(rotation, where, number)
    while at < start:  # twice only where a skipped hour moved a handover into the next day
        number -= 1
        start = handover(rotation, where, number)
    if number < 0:
        return None
    person = rotation.people[number % len(rotation.people)]
    return Turn(person, number, start, handover(rotation, where, number + 1))


def on_duty(roster: Roster, at: datetime) -> list[UserId]:
    """Everyone whose duty it is at ``at``, without doubles.

    An override that covers ``at`` replaces every rotation's turn and every shift.  Somebody who is away is not on
    duty: that is a gap, and a gap is shown, never filled in silence."""
    covering = [o for o in roster.overrides if o.start <= at < o.end]
    if covering:
        found = [max(covering, key=lambda o: o.seq).person]
    else:
        found = [current.person for r in roster.rotations if (current := turn(r, roster.where, at))]
        found += [shift.person for shift in roster.shifts if shift.start <= at < shift.end]
    away = {a.person for a in roster.absences if a.start <= at < a.end}
    return [person for person in dict.fromkeys(found) if person not in away]


def next_on_roster(roster: Roster, at: datetime, but: Iterable[UserId]) -> list[UserId]:
    """The backup of each rotation and of the shifts: the next one in turn who is neither away nor among ``but``."""
    leave_out = {*but, *(a.person for a in roster.absences if a.start <= at < a.end)}
    found = []
    for rotation in roster.rotations:
        current = turn(rotation, roster.where, at)
        if current is None:
            continue
        size = len(rotation.people)
        order = (rotation.people[(current.number + step) % size] for step in range(1, size + 1))
        found += [person for person in order if person not in leave_out][:1]
    coming = (shift.person for shift in sorted(roster.shifts, key=lambda s: s.start) if shift.start > at)
    found += [person for person in coming if person not in leave_out][:1]
    return list(dict.fromkeys(found))


def handover(rotation: Rotation, where: ZoneInfo, number: int) -> datetime:
    """When the turn of this number begins (UTC)."""
    return instant(rotation.starts_on + timedelta(days=rotation.every.days * number), rotation.handover, where)
