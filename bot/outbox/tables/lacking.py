"""Keys that devices lack of what is in its room, and what a text that was sent again replaced."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    Row,
    String,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from bot.db.base import metadata
from bot.db.types import Json, Utc
from bot.db.unit import Unit
from bot.outbox.model import State
from bot.outbox.rules import NEVER_AHEAD
from bot.outbox.tables.due import has_come
from bot.outbox.tables.outbox import outbox

lacking = Table(
    "outbox_lacking",
    metadata,
    Column("row", String(32), primary_key=True),
    Column("room", String(255), nullable=False),
    Column("missing", Json, nullable=False),
    Column("repeats", Integer, nullable=False, default=0),
    Column("next_try", Utc, nullable=False),
    Index("ix_outbox_lacking_next_try", "next_try"),
)

replaced = Table(
    "outbox_replaced",
    metadata,
    Column("event_id", String(255), primary_key=True),
    Column("row", String(32), nullable=False),
    Column("withdrawn", Boolean, nullable=False, default=False),
    Index("ix_outbox_replaced_row", "row"),
)

_DUE_LACKING = (
    select(lacking)
    .where(has_come(lacking.c.next_try), lacking.c.room.notin_(bindparam("busy", expanding=True)))
    .order_by(lacking.c.next_try)
    .limit(bindparam("most"))
)

_NEXT_LACKING = select(func.min(lacking.c.next_try)).where(lacking.c.room.notin_(bindparam("busy", expanding=True)))


async def add_lacking(unit: Unit, row: dict[str, Any]) -> None:
    """Devices lack the key of a row that is in its room."""
    await unit.execute(insert(lacking), row)


async def change_lacking(unit: Unit, row_id: str, **values: Any) -> None:
    """What is known of it has changed."""
    await unit.execute(update(lacking).where(lacking.c.row == row_id).values(**values))


async def end_lacking(unit: Unit, row_ids: Sequence[str]) -> None:
    """Nothing is waited for any more; the text is wiped."""
    await unit.execute(delete(lacking).where(lacking.c.row.in_(row_ids)))
    await unit.execute(
        update(outbox).where(outbox.c.id.in_(row_ids), outbox.c.state == State.SENT.value).values(sealed=None)
    )


async def due_lacking(unit: Unit, now: datetime, busy: Iterable[str], limit: int) -> Sequence[Row[Any]]:
    """What can be tried again now, in rooms that are not ``busy``."""
    return await unit.all(_DUE_LACKING, now=now, never=now + NEVER_AHEAD, busy=list(busy), most=limit)


async def lacking_before(unit: Unit, room: str, seq: int) -> Sequence[Row[Any]]:
    """What devices lack the key of in a room, of what was accepted before; oldest first."""
    query = select(lacking).join(outbox, outbox.c.id == lacking.c.row)
    return await unit.all(query.where(lacking.c.room == room, outbox.c.seq < seq).order_by(outbox.c.seq))


async def missing_of(unit: Unit, row_id: str) -> list[tuple[str, str]]:
    """The devices that lack the key of a row, by user and name."""
    found = await unit.scalar(select(lacking.c.missing).where(lacking.c.row == row_id))
    return [(user, device) for user, device in found or ()]


async def lacking_of(unit: Unit, ref: str, kinds: Iterable[str]) -> list[str]:
    """Rows of a reference whose keys devices lack."""
    query = select(outbox.c.id).join(lacking, lacking.c.row == outbox.c.id)
    return [row.id for row in await unit.all(query.where(outbox.c.ref == ref, outbox.c.kind.in_(list(kinds))))]


async def all_lacking(unit: Unit) -> list[str]:
    """Every row whose key devices lack."""
    return [row.row for row in await unit.all(select(lacking.c.row))]


async def next_lacking_at(unit: Unit, busy: Iterable[str]) -> datetime | None:
    """When a key is tried next in a room that is not ``busy``."""
    found: datetime | None = await unit.scalar(_NEXT_LACKING, busy=list(busy))
    return found


async def add_replaced(unit: Unit, row_id: str, event_id: str) -> None:
    """A row became another event; this one is to be withdrawn."""
    await unit.execute(insert(replaced).values(row=row_id, event_id=event_id, withdrawn=False))


async def replaced_of(unit: Unit, row_id: str) -> Sequence[Row[Any]]:
    """The events that a row was before."""
    return await unit.all(select(replaced).where(replaced.c.row == row_id))


async def row_replaced(unit: Unit, event_id: str) -> str | None:
    """The row that was this event before it became another one."""
    found: str | None = await unit.scalar(select(replaced.c.row).where(replaced.c.event_id == event_id))
    return found


async def set_withdrawn(unit: Unit, event_id: str) -> None:
    """The homeserver was asked to withdraw it."""
    await unit.execute(update(replaced).where(replaced.c.event_id == event_id).values(withdrawn=True))
