"""Who is on duty over a time: stretches, the next hand-over, and the gaps in what an organisation promises.  Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.duty.model import Absence, Override, Roster, Shift, Stretch
from bot.duty.rules.roster import handover, on_duty, turn

Period = tuple[datetime, datetime]
"""Start and end, instants in UTC."""


def coverage(roster: Roster, start: datetime, end: datetime) -> list[Stretch]:
    """The time from ``start`` to ``end`` without a hole, parted wherever whoever is on duty changes."""
    found: list[Stretch] = []
    instants = sorted({start, *(at for at in _changes(roster, start, end) if start < at < end)})
    for at, until in zip(instants, (*instants[1:], end), strict=True):
        people = tuple(on_duty(roster, at))
        if found and found[-1].people == people:
            found[-1] = Stretch(found[-1].start, until, people)
        else:
            found.append(Stretch(at, until, people))
    return found


def gaps(stretches: Iterable[Stretch], promised: Sequence[Period]) -> list[Period]:
    """When nobody is on duty although the organisation promises that somebody is; neighbours are one."""
    found: list[Period] = []
    for stretch in stretches:
        if stretch.people:
            continue
        for start, end in promised:
            first, last = max(start, stretch.start), min(end, stretch.end)
            if first < last:
                if found and found[-1][1] >= first:
                    found[-1] = (found[-1][0], max(found[-1][1], last))
                else:
                    found.append((first, last))
    return found


def _changes(roster: Roster, start: datetime, end: datetime) -> Iterable[datetime]:
    periods: tuple[Shift | Override | Absence, ...] = (*roster.shifts, *roster.overrides, *roster.absences)
    for period in periods:
        yield period.start
        yield period.end
    for rotation in roster.rotations:
        at = max(start, handover(rotation, roster.where, 0))
        yield at
        while at < end and (current := turn(rotation, roster.where, at)) is not None:
            yield current.end
            at = current.end
