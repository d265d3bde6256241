"""The built-in ladder as a table of numbers, and which step comes when.  Pure."""

import enum
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


class Happened(enum.Enum):
    """What has become of a ladder since it was looked at last."""

    NOTHING = enum.auto()
    """The coming step waits for its time."""
    RANG = enum.auto()
    """The step was made and rings somebody: the next one in its own time."""
    LEFT_OUT = enum.auto()
    """The step was not for this hour: the next one at once."""
    NOBODY = enum.auto()
    """The step rings nobody: the next one at once, whatever the hour, since nobody is woken who could wait."""
    LOST = enum.auto()
    """The step before was declined, or all its pages were held or failed: the coming one at once."""
    BACK = enum.auto()
    """Whoever had it has given it back: the coming one at once, however long that took."""
    UNHEARD = enum.auto()
    """The coming step waits for the office, and not even a notice of it lies anywhere: at once, whatever the hour."""


_MADE = (Happened.RANG, Happened.LEFT_OUT, Happened.NOBODY)


def next_step(
    policy: Policy, doors: Doors, at: Position | None, now: datetime, happened: Happened = Happened.NOTHING
) -> Position | None:
    """Which step comes next, and when it is due: it is made once ``due <= now``.  None after exhausted.

    ``at``: the step that was made, or is to come; None before the first.

    - A step is due so long after the one before it *was due*, not after it was made: after an outage every overdue
      step is made at once, and once.
    - None is due later than its whole wait from ``now`` on: a clock that is set back keeps nobody waiting.
    - What is brought forward still waits for the callee's office hours where the ladder does, and is never put off.
    """
    if happened in _MADE:
        if at is None or at.step >= len(policy.steps):
            return None
        at = Position(at.step + 1, _due(policy, at.step + 1, doors, at.due))
    step = at.step if at is not None else 0
    match happened:
        case Happened.NOTHING | Happened.RANG:
            latest = _due(policy, step, doors, now)
        case Happened.LEFT_OUT | Happened.LOST:
            latest = _ready(policy, doors, now)
        case Happened.BACK:
            return Position(step, _ready(policy, doors, now))
        case Happened.NOBODY | Happened.UNHEARD:
            latest = now
    return Position(step, min(at.due, latest) if at is not None else latest)


def _due(policy: Policy, step: int, doors: Doors, since: datetime) -> datetime:
    """When ``step`` is due if the one before it was due at ``since``; the first one at once."""
    gap = _gap(policy, step)
    if isinstance(gap, Wait):
        return doors(since).next_open or since + DAY
    return _ready(policy, doors, since + gap)


def _ready(policy: Policy, doors: Doors, at: datetime) -> datetime:
    """``at``, or for a ladder that waits the next opening of the callee's office after it."""
    if policy.any_hour:
        return at
    door = doors(at)
    if door.open or door.round_the_clock:
        return at
    return door.next_open or at


def _gap(policy: Policy, step: int) -> timedelta | Wait:
    """From the step before to this one (or from the last one to exhausted)."""
    step = min(step, len(policy.steps))  # a file that has changed may have fewer
    there = policy.steps[step].after if step < len(policy.steps) else policy.exhausted_after
    here = policy.steps[step - 1].after if step else timedelta(0)
    if isinstance(there, Wait):
        return there
    if isinstance(here, Wait):
        return there  # counted from the opening
    return there - here
