"""Rooms, pinned identities, challenges, and small facts about the directory itself."""

from typing import Any

from sqlalchemy import Column, Index, Integer, Row, String, Table, Text, delete, insert, select, update

from bot.db.base import metadata
from bot.db.types import Json, Utc
from bot.db.unit import Unit
from bot.directory.model import Challenge, RoomRecord
from bot.ids import DeviceId, Handle, RoomId, UserId
from keys.fingerprint import MatrixKey, OpenPGPFingerprint
from keys.trust import DeviceKey, Pin, Withdrawal

rooms = Table(
    "rooms",
    metadata,
    Column("room", String(255), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("organisations", Json, nullable=False),
    Column("language", String(35)),
    Column("user", String(255), unique=True),
)
"""``user`` is set for direct rooms: a person has one."""

identities = Table(
    "identities",
    metadata,
    Column("user", String(255), primary_key=True),
    Column("organisation", String(63), nullable=False),
    Column("level", String(16), nullable=False),
    Column("master_key", String(64)),
    Column("devices", Json, nullable=False),
    Column("issued", Utc, nullable=False),
    Column("expires", Utc, nullable=False),
    Column("fingerprint", String(64)),
    Column("revoked_at", Utc),
    Column("reason", String(32)),
    Column("statement", Text),
)
"""The newest pin of each person; older ones stand in the log."""

challenges = Table(
    "challenges",
    metadata,
    Column("nonce", String(64), primary_key=True),
    Column("user", String(255), nullable=False),
    Column("organisation", String(63), nullable=False),
    Column("room", String(255), nullable=False),
    Column("device", String(255), nullable=False),
    Column("issued", Utc, nullable=False),
    Column("expires", Utc, nullable=False),
    Column("used_at", Utc),
    Index("ix_challenges_user", "user"),
)

marks = Table(
    "directory_marks",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("number", Integer, nullable=False),
)
"""Small facts: how often a part of the directory has changed, and whether the founding import is over."""

# --- rooms ------------------------------------------------------------------------------------------------


async def read_rooms(unit: Unit) -> list[RoomRecord]:
    """Every room on record."""
    return [_room(row) async for row in unit.each(select(rooms).order_by(rooms.c.room))]


async def read_room(unit: Unit, room: RoomId) -> RoomRecord | None:
    """One room."""
    row = await unit.first(select(rooms).where(rooms.c.room == room))
    return _room(row) if row else None


def _room(row: Row[Any]) -> RoomRecord:
    return RoomRecord(
        room=RoomId(row.room),
        kind=row.kind,
        organisations=frozenset(Handle(handle) for handle in row.organisations),
        language=row.language,
        user=UserId(row.user) if row.user else None,
    )


async def put_room(unit: Unit, record: RoomRecord) -> None:
    """A room, new or changed; a person's new direct room takes the place of the old one."""
    await unit.execute(delete(rooms).where(rooms.c.room == record.room))
    if record.user:
        await unit.execute(delete(rooms).where(rooms.c.user == record.user))
    await unit.execute(
        insert(rooms).values(
            room=record.room,
            kind=record.kind,
            organisations=sorted(record.organisations),
            language=record.language,
            user=record.user,
        )
    )


async def set_room_language(unit: Unit, room: RoomId, language: str | None) -> bool:
    """Whether there was such a room."""
    done = await unit.execute(update(rooms).where(rooms.c.room == room).values(language=language))
    return bool(done.rowcount)


async def remove_room(unit: Unit, room: RoomId) -> bool:
    """Whether there was such a room."""
    return bool((await unit.execute(delete(rooms).where(rooms.c.room == room))).rowcount)


# --- identities -------------------------------------------------------------------------------------------


async def read_pins(unit: Unit) -> list[Pin]:
    """The newest pin of everybody who ever had one."""
    return [_pin(row) async for row in unit.each(select(identities).order_by(identities.c.user))]


async def read_pin(unit: Unit, user: UserId, *, to_change: bool = False) -> Pin | None:
    """One person's newest pin."""
    query = select(identities).where(identities.c.user == user)
    row = await unit.first(query.with_for_update() if to_change else query)
    return _pin(row) if row else None


async def put_pin(unit: Unit, pin: Pin, statement: str | None) -> None:
    """A person's newest pin."""
    await unit.execute(delete(identities).where(identities.c.user == pin.user_id))
    await unit.execute(
        insert(identities).values(
            user=pin.user_id,
            organisation=pin.organisation,
            level=pin.level,
            master_key=pin.master_key,
            devices={device.device_id: device.ed25519 for device in pin.devices},
            issued=pin.issued,
            expires=pin.expires,
            fingerprint=pin.openpgp_fingerprint,
            revoked_at=pin.revoked_at,
            reason=pin.reason.value if pin.reason else None,
            statement=statement,
        )
    )


async def statement_of(unit: Unit, user: UserId) -> str | None:
    """The signed statement behind a person's pin, as it was sent."""
    found: str | None = await unit.scalar(select(identities.c.statement).where(identities.c.user == user))
    return found


def _pin(row: Row[Any]) -> Pin:
    return Pin(
        user_id=row.user,
        organisation=row.organisation,
        level=row.level,
        master_key=row.master_key,
        devices=frozenset(DeviceKey(DeviceId(device), MatrixKey(key)) for device, key in row.devices.items()),
        issued=row.issued,
        expires=row.expires,
        openpgp_fingerprint=OpenPGPFingerprint(row.fingerprint) if row.fingerprint else None,
        revoked_at=row.revoked_at,
        reason=Withdrawal(row.reason) if row.reason else None,
    )


# --- challenges -------------------------------------------------------------------------------------------


async def add_challenge(unit: Unit, challenge: Challenge) -> None:
    """A new challenge; what the person was asked before and has not answered is forgotten."""
    await unit.execute(delete(challenges).where(challenges.c.user == challenge.user, challenges.c.used_at.is_(None)))
    await unit.execute(
        insert(challenges).values(
            nonce=challenge.nonce,
            user=challenge.user,
            organisation=challenge.organisation,
            room=challenge.room,
            device=challenge.device,
            issued=challenge.issued,
            expires=challenge.expires,
        )
    )


async def find_challenge(unit: Unit, nonce: str) -> Challenge | None:
    """The challenge of this nonce."""
    row = await unit.first(select(challenges).where(challenges.c.nonce == nonce))
    return _challenge(row) if row else None


async def open_challenge(unit: Unit, user: UserId) -> Challenge | None:
    """What this person was asked last and has not used."""
    query = select(challenges).where(challenges.c.user == user, challenges.c.used_at.is_(None))
    row = await unit.first(query.order_by(challenges.c.issued.desc()))
    return _challenge(row) if row else None


async def use_challenge(unit: Unit, nonce: str) -> bool:
    """True exactly once per nonce."""
    query = update(challenges).where(challenges.c.nonce == nonce, challenges.c.used_at.is_(None))
    return bool((await unit.execute(query.values(used_at=unit.now))).rowcount)


def _challenge(row: Row[Any]) -> Challenge:
    return Challenge(
        nonce=row.nonce,
        user=UserId(row.user),
        organisation=Handle(row.organisation),
        room=RoomId(row.room),
        device=DeviceId(row.device),
        issued=row.issued,
        expires=row.expires,
        used_at=row.used_at,
    )


# --- marks ------------------------------------------------------------------------------------------------


async def read_marks(unit: Unit) -> dict[str, int]:
    """Every small fact."""
    return {row.name: int(row.number) for row in await unit.all(select(marks))}


async def count_up(unit: Unit, name: str) -> None:
    """One more of it."""
    done = await unit.execute(update(marks).where(marks.c.name == name).values(number=marks.c.number + 1))
    if not done.rowcount:
        await unit.execute(insert(marks).values(name=name, number=1))
