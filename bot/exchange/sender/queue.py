"""What goes next.  More rows are read at once than can go at once: the next is at hand when another is done."""

from collections import deque
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import NamedTuple

from bot.db.unit import Database
from bot.ids import RoomId
from bot.outbox.model import Lacking, Outgoing
from bot.outbox.service import MissingKeys, Outbox

AHEAD = 32
"""Rows that are read at once."""
READ_FOR = timedelta(seconds=1)
"""So long they are good: what is due by then may be more urgent."""
LOOK_EVERY = 30.0
"""Seconds after which the outbox is looked at if nothing asks for it before."""


class Next(NamedTuple):
    """What is to be started now, and after how many seconds there may be more, if no room becomes free before."""

    rows: list[Outgoing]
    lacking: list[Lacking]
    wait: float


class Queue:
    """The outbox as its sender sees it.

    What was read is forgotten as soon as anything is committed that may have changed it or put something before it:
    everything, but what ``expected`` counts."""

    def __init__(self, database: Database, outbox: Outbox, keys: MissingKeys, expected: Callable[[], int]) -> None:
        self._db = database
        self._outbox = outbox
        self._keys = keys
        self._expected = expected
        self._ahead: deque[Outgoing] = deque()
        self._only_behind: set[RoomId] | None = None
        """Nothing else can be sent now than what may stand behind others in these rooms; None if that is not known."""
        self._read_at = self._good_until = database.clock.now()
        self._as_of = 0

    async def take(self, busy: Collection[RoomId], most: int) -> Next:
        """At most so many rows for rooms that are not busy, one for each, most urgent first."""
        now = self._db.clock.now()  # by which rows are due; a jump of it is a reason to look again, too
        if self._as_of != self._unforeseen() or not self._read_at <= now < self._good_until:
            self._ahead.clear()
            self._only_behind = None
        rows: list[Outgoing] = []
        while self._ahead and len(rows) < most:
            row = self._ahead.popleft()
            if row.post.room not in busy:
                rows.append(row)
        taken = {*busy, *(row.post.room for row in rows)}
        if len(rows) == most or (self._only_behind is not None and self._only_behind <= taken):
            return Next(rows, [], (self._good_until - now).total_seconds())
        more = await self._read(taken, most - len(rows))
        return Next([*rows, *more.rows], more.lacking, more.wait)

    async def _read(self, busy: Collection[RoomId], most: int) -> Next:
        self._as_of, self._read_at = self._unforeseen(), self._db.clock.now()
        async with self._db.reading() as unit:
            found = await self._outbox.due(unit, busy, AHEAD)
            rows, self._ahead = found[:most], deque(found[most:])
            taken = {*busy, *(row.post.room for row in rows)}
            lacking = await self._keys.due(unit, taken, most - len(rows)) if len(rows) < most else []
            taken.update(lack.row.post.room for lack in lacking)
            # While something is under way it is soon looked again.
            at = await self._outbox.next_due_at(unit) if not taken else None
            ahead = (at - unit.now).total_seconds() if at is not None else LOOK_EVERY
        wait = min(max(ahead, 0.05), LOOK_EVERY) if not taken else READ_FOR.total_seconds()
        nothing_behind = {row.post.room for row in rows if not row.behind}
        self._only_behind = taken - nothing_behind if len(rows) + len(lacking) < most else None
        self._good_until = self._read_at + min(timedelta(seconds=wait), READ_FOR)
        return Next(rows, lacking, wait)

    def _unforeseen(self) -> int:
        return self._db.written - self._expected()
