"""The inbox: every event that came, until it is handled."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    bindparam,
    func,
    insert,
    select,
    update,
)

from bot.db.base import metadata
from bot.db.types import Utc
from bot.db.unit import Unit
from bot.outbox.tables.due import Serial

inbox = Table(
    "inbox",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("event_id", String(255), nullable=False, unique=True),
    Column("room", String(255), nullable=False),
    Column("sender", String(255), nullable=False),
    Column("device", String(255), nullable=False),
    Column("proof", String(16), nullable=False),
    Column("sealed", LargeBinary),
    Column("sent_at", Utc, nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("late", Boolean, nullable=False, default=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("outcome", String(255)),
    Index("ix_inbox_state_seq", "state", "seq"),
)

_WAITING = (
    select(inbox)
    .where(
        inbox.c.seq.in_(
            select(func.min(inbox.c.seq))
            .where(
                inbox.c.state == "new",
                inbox.c.room.notin_(bindparam("busy", expanding=True)),
                inbox.c.seq.notin_(bindparam("but", expanding=True)),
            )
            .group_by(inbox.c.room)
            .scalar_subquery()
        )
    )
    .order_by(inbox.c.seq)
    .limit(bindparam("most"))
)

_CLOSE = (
    update(inbox)
    .where(inbox.c.seq == bindparam("row"), inbox.c.state == "new")
    .values(state=bindparam("new_state"), outcome=bindparam("new_outcome"), sealed=None)
)

_KNOWN = select(inbox.c.event_id).where(inbox.c.event_id.in_(bindparam("ids", expanding=True)))

_ADD_ARRIVAL = insert(inbox)


async def known_events(unit: Unit, event_ids: Iterable[str]) -> set[str]:
    """Which of these are in the inbox already."""
    ids = list(event_ids)
    if not ids:
        return set()
    return {row.event_id for row in await unit.all(_KNOWN, ids=ids)}


async def add_arrivals(unit: Unit, rows: Sequence[dict[str, Any]]) -> None:
    """Put new events into the inbox."""
    if rows:
        await unit.execute(_ADD_ARRIVAL, rows)


async def waiting_arrivals(
    unit: Unit, limit: int, skip_rooms: Iterable[str] = (), but: Iterable[int] = ()
) -> Sequence[Row[Any]]:
    """The oldest unhandled event of each room that is not in ``skip_rooms``, these rows left out."""
    return await unit.all(_WAITING, busy=list(skip_rooms), but=list(but), most=limit)


async def new_arrivals(unit: Unit) -> Sequence[Row[Any]]:
    """Every unhandled event, oldest first."""
    return await unit.all(select(inbox).where(inbox.c.state == "new").order_by(inbox.c.seq))


async def close_arrival(unit: Unit, seq: int, state: str, outcome: str) -> bool:
    """Mark one event as handled and wipe its content; False if somebody did so before."""
    done = await unit.execute(_CLOSE, {"row": seq, "new_state": state, "new_outcome": outcome[:255]})
    return done.rowcount == 1


async def fail_arrival_once(unit: Unit, seq: int) -> int:
    """Count one more failed attempt at an event and return how many there are."""
    await unit.execute(update(inbox).where(inbox.c.seq == seq).values(attempts=inbox.c.attempts + 1))
    return int(await unit.scalar(select(inbox.c.attempts).where(inbox.c.seq == seq)) or 0)
