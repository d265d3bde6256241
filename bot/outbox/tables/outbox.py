"""The outbox: every message that is to go out, in whatever state, and how deep it is."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    Update,
    and_,
    bindparam,
    case,
    func,
    insert,
    or_,
    select,
    update,
)

from bot.db.base import metadata
from bot.db.types import Json, Utc
from bot.db.unit import Unit
from bot.outbox.model import Kind, State
from bot.outbox.rules import NEVER_AHEAD
from bot.outbox.tables.due import Serial, has_come
from bot.outbox.tables.inbox import inbox

outbox = Table(
    "outbox",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("room", String(255), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("audience", String(16), nullable=False),
    Column("tlp", String(16), nullable=False),
    Column("ref", String(16)),
    Column("organisation", String(255)),
    Column("mark", String(64)),
    Column("sealed", LargeBinary),
    Column("relates", Json, nullable=False),
    Column("audience_then", Json, nullable=False),
    Column("txn_id", String(64), nullable=False),
    Column("delivery_id", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("accepted_at", Utc, nullable=False),
    Column("next_try", Utc, nullable=False),
    Column("expires_at", Utc),
    Column("event_id", String(255)),
    Column("sent_at", Utc),
    Column("held_since", Utc),
    Column("asked_at", Utc),
    Column("question", String(32)),
    Column("reason", String(255)),
    Column("devices_reached", Integer, nullable=False, default=0),
    Column("devices_meant", Integer, nullable=False, default=0),
    Index("ix_outbox_state_next_try", "state", "next_try"),
    Index("ix_outbox_ref", "ref"),
    Index("ix_outbox_event_id", "event_id"),
    Index("ix_outbox_room_state_seq", "room", "state", "seq"),
)

_ADD_OUTGOING = insert(outbox)

_LANE = case(
    (outbox.c.kind.in_([Kind.REPLY.value, Kind.PAGE.value]), 1), (outbox.c.kind == Kind.STATUS.value, 2), else_=0
)

_FIRST = (
    select(func.min(outbox.c.seq).label("seq"), func.count().label("waiting"))
    .where(outbox.c.state == State.QUEUED.value)
    .group_by(outbox.c.room, _LANE)
    .subquery()
)

_DUE = (
    select(outbox, _FIRST.c.waiting)
    .join(_FIRST, outbox.c.seq == _FIRST.c.seq)
    .where(has_come(outbox.c.next_try), outbox.c.room.notin_(bindparam("busy", expanding=True)))
    .order_by(outbox.c.priority, outbox.c.seq)
    .limit(bindparam("most"))
)

_NEXT_DUE = (
    select(func.min(outbox.c.next_try))
    .join(_FIRST, outbox.c.seq == _FIRST.c.seq)
    .where(outbox.c.room.notin_(bindparam("busy", expanding=True)))
)

_HAS_QUEUED = (
    select(outbox.c.seq)
    .where(
        outbox.c.ref == bindparam("ref"),
        outbox.c.kind == bindparam("kind"),
        outbox.c.mark == bindparam("mark"),
        outbox.c.state == State.QUEUED.value,
    )
    .limit(1)
    .with_for_update()  # whoever takes the row up meanwhile sees what this unit writes
)

_OUTGOING = select(outbox).where(outbox.c.id == bindparam("row"))

_BY_EVENT = select(outbox).where(outbox.c.event_id == bindparam("event")).order_by(outbox.c.seq).limit(1)

_OF_REF = select(outbox).where(outbox.c.ref == bindparam("ref")).order_by(outbox.c.seq)

_OF_REF_AND_KIND = _OF_REF.where(outbox.c.kind.in_(bindparam("kinds", expanding=True)))

_TALLY = (
    select(
        outbox.c.kind,
        outbox.c.state,
        func.count().label("rows"),
        func.sum(outbox.c.devices_reached).label("reached"),
        func.sum(outbox.c.devices_meant).label("meant"),
    )
    .where(
        outbox.c.ref == bindparam("ref"),
        or_(
            and_(outbox.c.kind == Kind.COPY.value, outbox.c.mark == bindparam("mark")),
            outbox.c.kind == Kind.LETTER.value,
        ),
    )
    .group_by(outbox.c.kind, outbox.c.state)
)

_QUEUED_STATUS = (
    select(outbox.c.id, outbox.c.relates)
    .where(
        outbox.c.room == bindparam("room"),
        outbox.c.kind == Kind.STATUS.value,
        outbox.c.state == State.QUEUED.value,
    )
    .order_by(outbox.c.seq)
)


@cache
def _change(names: tuple[str, ...]) -> Update:
    return (
        update(outbox)
        .where(outbox.c.id == bindparam("row"), outbox.c.state.in_(bindparam("from_states", expanding=True)))
        .values({name: bindparam(f"new_{name}") for name in names})
    )


async def add_outgoing(unit: Unit, rows: Sequence[dict[str, Any]]) -> None:
    """Put rows into the outbox."""
    if rows:
        await unit.execute(_ADD_OUTGOING, rows)


async def due(unit: Unit, now: datetime, busy: Iterable[str], limit: int) -> Sequence[Row[Any]]:
    """The next row of every room that is not ``busy``: strictly in order within a room.

    A room whose first queued row waits for its next try waits with it, so that order is kept; answers and
    pages are a lane of their own, so that a stuck relay never delays them, and so are edits of status lines.
    ``waiting``: how many are queued in the lane.
    """
    return await unit.all(_DUE, now=now, never=now + NEVER_AHEAD, busy=list(busy), most=limit)


async def next_due_at(unit: Unit, busy: Iterable[str]) -> datetime | None:
    """When :func:`due` has something to give: what stands behind another row of its lane does not count."""
    found: datetime | None = await unit.scalar(_NEXT_DUE, busy=list(busy))
    return found


async def oldest_queued(unit: Unit) -> datetime | None:
    """When the oldest row that is still queued was accepted."""
    query = select(func.min(outbox.c.accepted_at)).where(outbox.c.state == State.QUEUED.value)
    found: datetime | None = await unit.scalar(query)
    return found


async def outgoing(unit: Unit, row_id: str) -> Row[Any] | None:
    """One row by its id."""
    return await unit.first(_OUTGOING, row=row_id)


async def outgoing_by_event(unit: Unit, event_id: str) -> Row[Any] | None:
    """The row that became this event; an edit leads back to what it edits."""
    return await unit.first(_BY_EVENT, event=event_id)


async def outgoing_of_ref(unit: Unit, ref: str, kinds: Iterable[str] = ()) -> Sequence[Row[Any]]:
    """All rows of a reference, oldest first."""
    wanted = list(kinds)
    return await (unit.all(_OF_REF_AND_KIND, ref=ref, kinds=wanted) if wanted else unit.all(_OF_REF, ref=ref))


async def tally_of_ref(unit: Unit, ref: str, mark: str) -> Sequence[Row[Any]]:
    """Kind, state, number and devices of a reference's copies with this mark, and of its letters."""
    return await unit.all(_TALLY, ref=ref, mark=mark)


async def asked(unit: Unit, question: str = "") -> Sequence[Row[Any]]:
    """Held rows about which their senders were asked (by this row), oldest first."""
    query = select(outbox).where(outbox.c.state == State.HELD.value, outbox.c.question.is_not(None))
    if question:
        query = query.where(outbox.c.question == question)
    return await unit.all(query.order_by(outbox.c.seq))


async def is_marked(unit: Unit, room: str, mark: str) -> bool:
    """Whether the room has a row with this mark."""
    query = select(outbox.c.seq).where(outbox.c.room == room, outbox.c.mark == mark).limit(1)
    return await unit.first(query) is not None


async def marked(unit: Unit, room: str, mark: str, states: Iterable[str]) -> str | None:
    """The first row of a room with this mark that is in one of these states."""
    query = select(outbox.c.id).where(outbox.c.room == room, outbox.c.mark == mark, outbox.c.state.in_(list(states)))
    found: str | None = await unit.scalar(query.order_by(outbox.c.seq).limit(1))
    return found


async def outgoing_in(unit: Unit, states: Iterable[str]) -> Sequence[Row[Any]]:
    """All rows in these states, oldest first."""
    return await unit.all(select(outbox).where(outbox.c.state.in_(list(states))).order_by(outbox.c.seq))


async def change_outgoing(unit: Unit, row_id: str, from_states: Iterable[str], **values: Any) -> bool:
    """Change one row if it is still in one of these states; False if not."""
    done = await unit.execute(
        _change(tuple(values)),
        {"row": row_id, "from_states": list(from_states), **{f"new_{name}": value for name, value in values.items()}},
    )
    return done.rowcount == 1


async def drop_queued(unit: Unit, ref: str, kinds: Iterable[str], reason: str) -> int:
    """Take back what is queued or held of a reference; returns how many rows."""
    done = await unit.execute(
        update(outbox)
        .where(
            outbox.c.ref == ref,
            outbox.c.kind.in_(list(kinds)),
            outbox.c.state.in_([State.QUEUED.value, State.HELD.value]),
        )
        .values(state=State.DROPPED.value, reason=reason, sealed=None)
    )
    return done.rowcount


async def has_queued(unit: Unit, ref: str, kind: str, mark: str) -> bool:
    """Whether a row of a reference, of this kind and with this mark, is queued."""
    return await unit.first(_HAS_QUEUED, ref=ref, kind=kind, mark=mark) is not None


async def queued_edits(unit: Unit, room: str, edits: str) -> list[str]:
    """Ids of the queued status edits of one row, oldest first."""
    rows = await unit.all(_QUEUED_STATUS, room=room)
    return [row.id for row in rows if row.relates.get("edits") == edits]


async def depth_of_rooms(unit: Unit) -> Sequence[Row[Any]]:
    """Room, state and number of rows, for what is queued or held."""
    return await unit.all(
        select(outbox.c.room, outbox.c.state, func.count().label("rows"))
        .where(outbox.c.state.in_([State.QUEUED.value, State.HELD.value]))
        .group_by(outbox.c.room, outbox.c.state)
    )


async def depth(unit: Unit) -> dict[str, int]:
    """How many rows of the outbox are in each state that is not final, and how many arrivals wait."""
    found: Counter[str] = Counter()
    for row in await depth_of_rooms(unit):
        found[row.state] += int(row.rows)
    found["inbox"] = int(await unit.scalar(select(func.count()).where(inbox.c.state == "new")) or 0)
    return found
