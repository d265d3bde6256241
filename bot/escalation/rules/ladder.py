"""The built-in ladder as a table of numbers, and when its steps are due.  Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from bot.escalation.model import Door, Policy, Position, Severity, Step, Wait, Who

Doors = Callable[[datetime], Door]
"""The callee's office at any instant."""

ON_DUTY = (Who.ON_DUTY,)
AGAIN = (Who.ON_DUTY, Who.BACKUP)
LEAD = (Who.LEAD,)
BEYOND = (Who.DIPLOMATIC, Who.COORDINATORS)
DAY = timedelta(days=1)


def _minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


# Minutes from the start.  Exhausted comes as long after the last step as makes the whole twice as long.
DEFAULT: Mapping[Severity, Policy] = {
    Severity.CRITICAL: Policy(
        (Step(_minutes(0), ON_DUTY), Step(_minutes(5), AGAIN), Step(_minutes(15), LEAD), Step(_minutes(30), BEYOND)),
        exhausted_after=_minutes(60),
        any_hour=True,
    ),
    Severity.HIGH: Policy(
        (Step(_minutes(0), ON_DUTY), Step(_minutes(15), AGAIN), Step(_minutes(30), LEAD), Step(_minutes(60), BEYOND)),
        exhausted_after=_minutes(120),
        any_hour=True,
    ),
    Severity.MEDIUM: Policy(
        (Step(_minutes(0), ON_DUTY), Step(_minutes(60), AGAIN), Step(_minutes(120), LEAD), Step(DAY, BEYOND)),
        exhausted_after=2 * DAY,
        any_hour=False,
    ),
    Severity.LOW: Policy(
        (Step(_minutes(0), ON_DUTY), Step(Wait.OPENING, AGAIN)),
        exhausted_after=Wait.OPENING,
        any_hour=False,
    ),
}


def begin(policy: Policy, doors: Doors, now: datetime) -> Position:
    """The first step: at once, or when the callee's office opens."""
    return Position(0, ready(policy, doors, now))


def after(policy: Policy, fired: Position, doors: Doors) -> Position | None:
    """What comes after the step that ``fired``, if it was not empty; None after exhausted.

    Counted from when it was due, not from when it fired: after an outage every overdue step fires at once, once."""
    if fired.step >= len(policy.steps):
        return None
    gap = _gap(policy, fired.step)
    if isinstance(gap, Wait):
        return Position(fired.step + 1, _opening(doors, fired.due))
    return Position(fired.step + 1, ready(policy, doors, fired.due + gap))


def at_once(policy: Policy, position: Position, doors: Doors, now: datetime, *, nobody: bool = False) -> Position:
    """The coming step, brought forward to ``now``: the one before it was empty, or somebody declined.

    Somebody who waits for office hours still does, unless there is ``nobody`` in the callee's rooms to wake."""
    soon = now if nobody else ready(policy, doors, now)
    return Position(position.step, min(soon, position.due))


def ready(policy: Policy, doors: Doors, at: datetime) -> datetime:
    """``at``, or for a ladder that waits the next opening of the callee's office after it."""
    if policy.any_hour:
        return at
    door = doors(at)
    if door.open or door.round_the_clock:
        return at
    return door.next_open or at


def next_look(due: datetime | None, look_at: datetime | None) -> datetime | None:
    """When the ladder must be looked at next."""
    return min((instant for instant in (due, look_at) if instant is not None), default=None)


def _gap(policy: Policy, step: int) -> timedelta | Wait:
    """From one step to the next (or from the last one to exhausted)."""
    here = policy.steps[step].after
    there = policy.steps[step + 1].after if step + 1 < len(policy.steps) else policy.exhausted_after
    if isinstance(there, Wait):
        return there
    if isinstance(here, Wait):
        return there  # counted from the opening
    return there - here


def _opening(doors: Doors, at: datetime) -> datetime:
    return doors(at).next_open or at + DAY
