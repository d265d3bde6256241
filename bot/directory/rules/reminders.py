"""When somebody is reminded that their statement runs out; pure (trust.md 4)."""

import enum
from datetime import datetime, timedelta

from keys.trust import GRACE


class Stage(enum.StrEnum):
    """How far a statement has run out; each is said once."""

    SOON = "14"
    """At most 14 days are left."""
    NEAR = "3"
    """At most 3 days are left."""
    OVER = "0"
    """It has run out; the days of grace run."""
    ENDED = "ended"
    """The days of grace are over too."""


AHEAD = ((timedelta(days=3), Stage.NEAR), (timedelta(days=14), Stage.SOON))


def stage(expires: datetime, now: datetime) -> Stage | None:
    """The stage at ``now`` of a statement that runs until ``expires`` (both aware); None while it runs long enough."""
    if now >= expires + GRACE:
        return Stage.ENDED
    if now >= expires:
        return Stage.OVER
    return next((reached for ahead, reached in AHEAD if now >= expires - ahead), None)


def days_left(expires: datetime, now: datetime) -> int:
    """Days until then, begun ones counted in full."""
    return max(0, -((now - expires) // timedelta(days=1)))
