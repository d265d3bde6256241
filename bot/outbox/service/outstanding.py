"""What has not arrived, room by room, for who runs the bot."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.db.unit import Unit
from bot.ids import RoomId
from bot.outbox.model import State
from bot.outbox.tables import undelivered as table

LOST_FOR = timedelta(days=2)
"""So long what was given up is shown: it was accepted a day before that, at the most."""


@dataclass(slots=True)
class Undelivered:
    """What has not arrived in one room."""

    waiting: int = 0
    held: int = 0
    lost: int = 0
    """Given up or expired; accepted within :data:`LOST_FOR`."""
    since: datetime | None = None
    """When the oldest of what waits or is held was accepted."""


async def undelivered(unit: Unit) -> dict[RoomId, Undelivered]:
    """Every room for which something waits, is held, or was given up."""
    found: dict[RoomId, Undelivered] = {}
    for row in await table.undelivered(unit, unit.now - LOST_FOR):
        room = found.setdefault(RoomId(row.room), Undelivered())
        if row.state in (State.FAILED.value, State.EXPIRED.value):
            room.lost += int(row.rows)
            continue
        if row.state == State.HELD.value:
            room.held = int(row.rows)
        else:
            room.waiting = int(row.rows)
        room.since = min(room.since or row.oldest, row.oldest)
    return found
