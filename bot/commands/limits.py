"""How much is taken on in a minute, from one person and in one room.

What is proved and what is not is counted apart: a homeserver can write anything that is not proved, in anybody's
name, and would use up somebody's share with it.  Kept in memory only: whoever starts the bot anew starts anew.
"""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import NotDone
from bot.ids import RoomId, UserId

WINDOW = timedelta(minutes=1)
KEYS_KEPT = 1000
"""Shares that are remembered before those are forgotten of whom nothing came within the window."""

Share = tuple[str, str]
"""Whose share it is: ``person``, ``room`` or ``unproved``, and the user or the room."""


class TooMuch(NotDone):
    """That is more than enlace does for one person in a minute; this was not done ({seconds} s to wait)."""

    code = "too-much"


class TooMuchHere(NotDone):
    """That is more than enlace does in one room in a minute; this was not done ({seconds} s to wait)."""

    code = "too-much-here"


class TooMuchUnproved(NotDone):
    """Too much came here in a minute that nothing proves; it is not answered for {seconds} s."""

    code = "too-much-unproved"


ERRORS: dict[str, type[NotDone]] = {"person": TooMuch, "room": TooMuchHere, "unproved": TooMuchUnproved}


@dataclass(frozen=True, slots=True)
class Limits:
    """The most in a minute."""

    person: int = 60
    """Commands of one person, in all rooms together."""
    room: int = 240
    """Commands in one room, of everybody together."""
    unproved: int = 30
    """Commands in one room that no pinned identity vouches for."""


@dataclass(frozen=True, slots=True)
class Over:
    """Too much."""

    whose: str
    until: datetime
    told: bool
    """It was said in this room already, and ``until`` is not over yet."""

    def error(self, now: datetime) -> NotDone:
        """What to tell."""
        return ERRORS[self.whose](seconds=max(1, -int((now - self.until).total_seconds() // 1)))


def within(times: Collection[datetime], now: datetime) -> list[datetime]:
    """Those of the window that ends now; a clock that was put back takes nobody's share."""
    return [at for at in times if now - WINDOW < at <= now]


def again(times: Collection[datetime], most: int, now: datetime) -> datetime | None:
    """When there is room for one more; None: now."""
    counted = sorted(within(times, now))
    return counted[-most] + WINDOW if len(counted) >= most else None


class Meter:
    """What came, and whom was told that it is too much."""

    def __init__(self, limits: Limits) -> None:
        self._most = {"person": limits.person, "room": limits.room, "unproved": limits.unproved}
        self._came: dict[Share, deque[datetime]] = {}
        self._told: dict[tuple[Share, RoomId], datetime] = {}

    def take(self, user: UserId, room: RoomId, *, proved: bool, now: datetime) -> Over | None:
        """Count one; what is too much is not counted, and comes back as who has to wait."""
        shares: list[Share] = [("person", user), ("room", room)] if proved else [("unproved", room)]
        for share in shares:
            until = again(self._came.get(share, ()), self._most[share[0]], now)
            if until is not None:
                told = self._told.get((share, room))
                if told is None or not now < told <= now + WINDOW:
                    self._told[share, room] = until
                    return Over(share[0], until, told=False)
                return Over(share[0], told, told=True)
        for share in shares:
            self._came.setdefault(share, deque(maxlen=self._most[share[0]])).append(now)
        if len(self._came) > KEYS_KEPT:
            self._forget(now)
        return None

    def _forget(self, now: datetime) -> None:
        self._came = {share: came for share, came in self._came.items() if within(came, now)}
        self._told = {key: until for key, until in self._told.items() if now < until}
