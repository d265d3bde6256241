"""Tables of the inbox, the outbox and the jobs, and their queries."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    Update,
    bindparam,
    case,
    delete,
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

Serial = BigInteger().with_variant(Integer, "sqlite")

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

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("key", String(255), nullable=False, unique=True),
    Column("payload", Json, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_try", Utc, nullable=False),
    Column("result", Json),
    Index("ix_jobs_state_next_try", "state", "next_try"),
)


# --- statements that every message needs, built once ------------------------------------------------------


def _has_come(next_try: Column[datetime]) -> ColumnElement[bool]:
    """Whether it is time; an instant further ahead than anything ever waits was written before the clock went back."""
    return or_(next_try <= bindparam("now"), next_try > bindparam("never"))


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
_ADD_OUTGOING = insert(outbox)
_LANE = case(
    (outbox.c.kind.in_([Kind.REPLY.value, Kind.PAGE.value]), 1), (outbox.c.kind == Kind.STATUS.value, 2), else_=0
)
_FIRST = (
    select(func.min(outbox.c.seq).label("seq"))
    .where(outbox.c.state == State.QUEUED.value)
    .group_by(outbox.c.room, _LANE)
    .subquery()
)
_DUE = (
    select(outbox)
    .join(_FIRST, outbox.c.seq == _FIRST.c.seq)
    .where(_has_come(outbox.c.next_try), outbox.c.room.notin_(bindparam("busy", expanding=True)))
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

_KNOWN = select(inbox.c.event_id).where(inbox.c.event_id.in_(bindparam("ids", expanding=True)))
_ADD_ARRIVAL = insert(inbox)
_OUTGOING = select(outbox).where(outbox.c.id == bindparam("row"))
_BY_EVENT = select(outbox).where(outbox.c.event_id == bindparam("event")).order_by(outbox.c.seq).limit(1)
_OF_REF = select(outbox).where(outbox.c.ref == bindparam("ref")).order_by(outbox.c.seq)
_OF_REF_AND_KIND = _OF_REF.where(outbox.c.kind.in_(bindparam("kinds", expanding=True)))
_QUEUED_STATUS = (
    select(outbox.c.id, outbox.c.relates)
    .where(
        outbox.c.room == bindparam("room"),
        outbox.c.kind == Kind.STATUS.value,
        outbox.c.state == State.QUEUED.value,
    )
    .order_by(outbox.c.seq)
)
_DUE_LACKING = (
    select(lacking)
    .where(_has_come(lacking.c.next_try), lacking.c.room.notin_(bindparam("busy", expanding=True)))
    .order_by(lacking.c.next_try)
    .limit(bindparam("most"))
)
_DUE_JOBS = (
    select(jobs)
    .where(jobs.c.state == "queued", _has_come(jobs.c.next_try))
    .order_by(jobs.c.next_try)
    .limit(bindparam("most"))
)


@cache
def _change(names: tuple[str, ...]) -> Update:
    return (
        update(outbox)
        .where(outbox.c.id == bindparam("row"), outbox.c.state.in_(bindparam("from_states", expanding=True)))
        .values({name: bindparam(f"new_{name}") for name in names})
    )


# --- inbox ------------------------------------------------------------------------------------------------


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


async def add_outgoing(unit: Unit, row: dict[str, Any]) -> None:
    """Put one row into the outbox."""
    await unit.execute(_ADD_OUTGOING, row)


async def due(unit: Unit, now: datetime, busy: Iterable[str], limit: int) -> Sequence[Row[Any]]:
    """The next row of every room that is not ``busy``: strictly in order within a room.

    A room whose first queued row waits for its next try waits with it, so that order is kept; answers and
    pages are a lane of their own, so that a stuck relay never delays them, and so are edits of status lines.
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


# --- keys that devices lack -------------------------------------------------------------------------------


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


async def lacking_of(unit: Unit, ref: str, kinds: Iterable[str]) -> list[str]:
    """Rows of a reference whose keys devices lack."""
    query = select(outbox.c.id).join(lacking, lacking.c.row == outbox.c.id)
    return [row.id for row in await unit.all(query.where(outbox.c.ref == ref, outbox.c.kind.in_(list(kinds))))]


async def all_lacking(unit: Unit) -> list[str]:
    """Every row whose key devices lack."""
    return [row.row for row in await unit.all(select(lacking.c.row))]


async def next_lacking_at(unit: Unit, busy: Iterable[str]) -> datetime | None:
    """When a key is tried next in a room that is not ``busy``."""
    query = select(func.min(lacking.c.next_try)).where(lacking.c.room.notin_(list(busy)))
    found: datetime | None = await unit.scalar(query)
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


async def has_queued(unit: Unit, ref: str, kind: str, mark: str) -> bool:
    """Whether a row of a reference, of this kind and with this mark, is queued."""
    return await unit.first(_HAS_QUEUED, ref=ref, kind=kind, mark=mark) is not None


async def queued_edits(unit: Unit, room: str, edits: str) -> list[str]:
    """Ids of the queued status edits of one row, oldest first."""
    rows = await unit.all(_QUEUED_STATUS, room=room)
    return [row.id for row in rows if row.relates.get("edits") == edits]


async def add_job(unit: Unit, row: dict[str, Any]) -> bool:
    """Put a job in unless one with its key is there; False if there is."""
    if await unit.first(select(jobs.c.id).where(jobs.c.key == row["key"])):
        return False
    await unit.execute(insert(jobs).values(**row))
    return True


async def due_jobs(unit: Unit, now: datetime, limit: int) -> Sequence[Row[Any]]:
    """Jobs to do now."""
    return await unit.all(_DUE_JOBS, now=now, never=now + NEVER_AHEAD, most=limit)


async def jobs_in(unit: Unit, state: str) -> Sequence[Row[Any]]:
    """All jobs in this state."""
    return await unit.all(select(jobs).where(jobs.c.state == state).order_by(jobs.c.key))


async def jobs_of(unit: Unit, kind: str) -> Sequence[Row[Any]]:
    """All jobs of this kind."""
    return await unit.all(select(jobs).where(jobs.c.kind == kind).order_by(jobs.c.next_try, jobs.c.key))


async def job_by_key(unit: Unit, key: str) -> Row[Any] | None:
    """One job by its key."""
    return await unit.first(select(jobs).where(jobs.c.key == key))


async def change_job(unit: Unit, job_id: str, **values: Any) -> None:
    """Change one job."""
    await unit.execute(update(jobs).where(jobs.c.id == job_id).values(**values))


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
