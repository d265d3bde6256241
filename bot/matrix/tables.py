"""What the Matrix edge remembers: sync position, room state, replay index, what it saw of identities, what it
could not read yet, which gaps are open."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
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

sync_state = Table(
    "matrix_sync",
    metadata,
    Column("device", String(512), primary_key=True),
    Column("token", String(1024), nullable=False),
    Column("at", Utc, nullable=False),
)

rooms = Table(
    "matrix_rooms",
    metadata,
    Column("room", String(255), primary_key=True),
    Column("ours", String(16), nullable=False),
    Column("ever_encrypted", Boolean, nullable=False),
    Column("state", Json, nullable=False),
)

replay = Table(
    "matrix_replay",
    metadata,
    Column("room", String(255), nullable=False),
    Column("session", String(64), nullable=False),
    Column("sender_key", String(64), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("event_id", String(255), nullable=False),
    Column("at", Utc, nullable=False),
    PrimaryKeyConstraint("room", "session", "sender_key", "position"),
    Index("ix_matrix_replay_device", "room", "sender_key", "at"),
)

identities = Table(
    "matrix_identities",
    metadata,
    Column("user", String(255), primary_key=True),
    Column("stale", Boolean, nullable=False),
    Column("published", Json),
    Column("at", Utc, nullable=False),
)

parked = Table(
    "matrix_parked",
    metadata,
    Column("event_id", String(255), primary_key=True),
    Column("room", String(255), nullable=False),
    Column("sender", String(255), nullable=False),
    Column("session", String(255), nullable=False),
    Column("event", Json, nullable=False),
    Column("told", Boolean, nullable=False),
    Column("at", Utc, nullable=False),
    Index("ix_matrix_parked_at", "at"),
)

gaps = Table(
    "matrix_gaps",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("room", String(255), nullable=False),
    Column("back_from", String(1024), nullable=False),
    Column("back_to", String(1024), nullable=False),
    Column("at", Utc, nullable=False),
)


# --- statements that every message needs, built once ------------------------------------------------------

_SAVE_TOKEN = (
    update(sync_state).where(sync_state.c.device == bindparam("of")).values(token=bindparam("to"), at=bindparam("now"))
)
_OF_SESSION = (
    replay.c.room == bindparam("room"),
    replay.c.session == bindparam("session"),
    replay.c.sender_key == bindparam("sender_key"),
)
_OF_DEVICE = (replay.c.room == bindparam("room"), replay.c.sender_key == bindparam("sender_key"))
_USED = select(replay.c.position, replay.c.event_id).where(
    *_OF_SESSION, replay.c.position.in_(bindparam("positions", expanding=True))
)
_HIGHEST = select(func.max(replay.c.position)).where(*_OF_SESSION)
_NEWEST = (
    select(replay.c.session)
    .where(*_OF_DEVICE, replay.c.at == select(func.max(replay.c.at)).where(*_OF_DEVICE).scalar_subquery())
    .distinct()
)
_USE = insert(replay)


async def load_token(unit: Unit, device: str) -> str | None:
    """Where to sync on from."""
    token = await unit.scalar(select(sync_state.c.token).where(sync_state.c.device == device))
    return None if token is None else str(token)


async def synced_at(unit: Unit) -> datetime | None:
    """When a sync was last kept."""
    at: datetime | None = await unit.scalar(select(func.max(sync_state.c.at)))
    return at


async def start_over(unit: Unit) -> None:
    """Forget where every sync stood, and what was missing or unreadable before: the next sync is a first one."""
    for table in (sync_state, gaps, parked):
        await unit.execute(delete(table))


async def save_token(unit: Unit, device: str, token: str) -> None:
    """Everything up to ``token`` is kept, in this very unit."""
    done = await unit.execute(_SAVE_TOKEN, {"of": device, "to": token, "now": unit.now})
    if not done.rowcount:
        await unit.execute(insert(sync_state), {"device": device, "token": token, "at": unit.now})


async def load_rooms(unit: Unit) -> Sequence[Row[Any]]:
    """Every room that we hold."""
    return await unit.all(select(rooms))


async def save_room(unit: Unit, room: str, ours: str, ever_encrypted: bool, state: Any) -> None:
    """Keep a room as it is now."""
    row = {"room": room, "ours": ours, "ever_encrypted": ever_encrypted, "state": state}
    await _put(unit, rooms, ("room",), row)


async def forget_room(unit: Unit, room: str, *, entirely: bool) -> None:
    """Drop what is held of a room; unless ``entirely``, its row and its spent message indexes stay."""
    for table in (parked, gaps, *((rooms, replay) if entirely else ())):
        await unit.execute(delete(table).where(table.c.room == room))
    await unit.execute(update(rooms).where(rooms.c.room == room).values(state=[]))


async def load_identities(unit: Unit) -> Sequence[Row[Any]]:
    """Everything that the homeserver published about anybody, newest per user."""
    return await unit.all(select(identities))


async def save_identity(unit: Unit, user: str, published: Mapping[str, Any], stale: bool) -> None:
    """Keep what the homeserver publishes about a user now."""
    await _put(
        unit, identities, ("user",), {"user": user, "stale": stale, "published": dict(published), "at": unit.now}
    )


async def mark_stale(unit: Unit, users: Iterable[str]) -> None:
    """These users' keys changed; they have to be asked for, whatever dies in between."""
    names = list(users)
    for start in range(0, len(names), 500):
        await unit.execute(
            update(identities).where(identities.c.user.in_(names[start : start + 500])).values(stale=True)
        )


Position = tuple[str, str, str, int]
"""Room, Megolm session, sender key, message index."""


async def used_positions(unit: Unit, wanted: Iterable[Position]) -> dict[Position, str]:
    """Which of these have been read before, and as which event."""
    out = {}
    by_session: dict[tuple[str, str, str], list[int]] = {}
    for room, session, sender_key, position in wanted:
        by_session.setdefault((room, session, sender_key), []).append(position)
    for (room, session, sender_key), positions in by_session.items():
        found = await unit.all(_USED, room=room, session=session, sender_key=sender_key, positions=positions)
        out.update({(room, session, sender_key, int(row.position)): str(row.event_id) for row in found})
    return out


async def highest_index(unit: Unit, room: str, session: str, sender_key: str) -> int | None:
    """The highest index of the session that was read; None if none was."""
    found = await unit.scalar(_HIGHEST, room=room, session=session, sender_key=sender_key)
    return None if found is None else int(found)


async def newest_sessions(unit: Unit, room: str, sender_key: str) -> frozenset[str]:
    """The session in which a device was read last in a room; several if they were read in the same unit."""
    rows = await unit.all(_NEWEST, room=room, sender_key=sender_key)
    return frozenset(str(row.session) for row in rows)


async def use_positions(unit: Unit, used: Mapping[Position, str]) -> None:
    """These positions are spent now."""
    rows = [
        {"room": r, "session": s, "sender_key": k, "position": p, "event_id": event_id, "at": unit.now}
        for (r, s, k, p), event_id in used.items()
    ]
    if rows:
        await unit.execute(_USE, rows)


async def load_parked(unit: Unit) -> Sequence[Row[Any]]:
    """Everything that could not be read yet, oldest first."""
    return await unit.all(select(parked).order_by(parked.c.at))


async def park(unit: Unit, rows: Sequence[dict[str, Any]]) -> None:
    """Keep events that cannot be read yet; one that is parked already stays as it is."""
    if not rows:
        return
    ids = [row["event_id"] for row in rows]
    known = {row.event_id for row in await unit.all(select(parked.c.event_id).where(parked.c.event_id.in_(ids)))}
    new = [row for row in rows if row["event_id"] not in known]
    if new:
        await unit.execute(insert(parked), new)


async def unpark(unit: Unit, event_ids: Iterable[str]) -> None:
    """These have been dealt with."""
    ids = list(event_ids)
    if ids:
        await unit.execute(delete(parked).where(parked.c.event_id.in_(ids)))


async def told(unit: Unit, event_ids: Iterable[str]) -> None:
    """The senders of these know that they could not be read."""
    await unit.execute(update(parked).where(parked.c.event_id.in_(list(event_ids))).values(told=True))


async def load_gaps(unit: Unit) -> Sequence[Row[Any]]:
    """Open gaps, oldest first."""
    return await unit.all(select(gaps).order_by(gaps.c.id))


async def open_gap(unit: Unit, room: str, back_from: str, back_to: str) -> None:
    """Remember that events between two tokens are still to be fetched."""
    await unit.execute(insert(gaps).values(room=room, back_from=back_from, back_to=back_to, at=unit.now))


async def close_gap(unit: Unit, gap: int, resume: str | None = None) -> None:
    """The gap is filled, or filled back to ``resume``."""
    if resume is None:
        await unit.execute(delete(gaps).where(gaps.c.id == gap))
    else:
        await unit.execute(update(gaps).where(gaps.c.id == gap).values(back_from=resume))


async def _put(unit: Unit, table: Table, key: tuple[str, ...], row: dict[str, Any]) -> None:
    """Insert or update by primary key; one writer per row, so two statements do."""
    values = {name: value for name, value in row.items() if name not in key}
    where = [table.c[name] == row[name] for name in key]
    done = await unit.execute(update(table).where(*where).values(**values))
    if not done.rowcount:
        await unit.execute(insert(table).values(**row))
