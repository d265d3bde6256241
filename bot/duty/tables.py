"""Tables of the rosters and their queries."""

from collections.abc import Sequence
from datetime import datetime
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
    delete,
    func,
    insert,
    select,
    update,
)

from bot.db.base import metadata
from bot.db.types import Json, Utc
from bot.db.unit import Unit

rotations = Table(
    "duty_rotations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("organisation", String(255), nullable=False),
    Column("role", String(64), nullable=False),
    Column("people", Json, nullable=False),
    Column("starts_on", String(10), nullable=False),
    Column("handover", String(5), nullable=False),
    Column("every_days", Integer, nullable=False),
    Column("ended_at", Utc),
    Index("ix_duty_rotations_organisation_role", "organisation", "role"),
)

exceptions = Table(
    "duty_exceptions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("organisation", String(255), nullable=False),
    Column("role", String(64)),
    Column("person", String(255), nullable=False),
    Column("start_at", Utc, nullable=False),
    Column("end_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Index("ix_duty_exceptions_organisation_end_at", "organisation", "end_at"),
)
"""``kind`` is ``take`` (an override of a role) or ``away`` (an absence, whatever the role)."""

calendars = Table(
    "duty_calendars",
    metadata,
    Column("organisation", String(255), primary_key=True),
    Column("data", LargeBinary, nullable=False),
    Column("directory_had", String(64), nullable=False),
    Column("imported_at", Utc, nullable=False),
)
"""What an organisation imported itself.  ``directory_had``: SHA-256 of the roster that its entry had then (empty for
none); once the entry has another one, that is newer and counts."""

feeds = Table(
    "duty_feeds",
    metadata,
    Column("organisation", String(255), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("names", Boolean, nullable=False),
    Column("made_at", Utc, nullable=False),
)
"""Calendars that can be subscribed to; ``digest``: SHA-256 of what the address ends with, in hexadecimal."""

said = Table(
    "duty_said",
    metadata,
    Column("organisation", String(255), primary_key=True),
    Column("role", String(64), primary_key=True),
    Column("kind", String(12), primary_key=True),
    Column("at", Utc, primary_key=True),
)
"""Hand-overs and gaps that a room was told of, by the instant at which they begin."""


_ROTATIONS = (
    select(rotations)
    .where(
        rotations.c.organisation == bindparam("organisation"),
        rotations.c.role == bindparam("role"),
        rotations.c.ended_at.is_(None),
    )
    .order_by(rotations.c.id)
)
_CALENDAR = select(calendars).where(calendars.c.organisation == bindparam("organisation"))
_EXCEPTIONS = (
    select(exceptions)
    .where(
        exceptions.c.organisation == bindparam("organisation"),
        (exceptions.c.role == bindparam("role")) | (exceptions.c.kind == "away"),
        exceptions.c.start_at < bindparam("end"),
        exceptions.c.end_at > bindparam("start"),
        exceptions.c.ended_at.is_(None),
    )
    .order_by(exceptions.c.seq)
)


async def rotations_of(unit: Unit, organisation: str, role: str) -> Sequence[Row[Any]]:
    """The rotations that are in force, in a fixed order."""
    return await unit.all(_ROTATIONS, organisation=organisation, role=role)


async def add_rotation(unit: Unit, row: dict[str, Any]) -> None:
    """A new rotation."""
    await unit.execute(insert(rotations).values(**row))


async def end_rotations(unit: Unit, organisation: str, role: str | None = None) -> int:
    """Put every rotation of the role (None: of any role) out of force; returns how many there were."""
    query = update(rotations).where(rotations.c.organisation == organisation, rotations.c.ended_at.is_(None))
    if role is not None:
        query = query.where(rotations.c.role == role)
    return (await unit.execute(query.values(ended_at=unit.now))).rowcount


async def calendar_of(unit: Unit, organisation: str) -> Row[Any] | None:
    """What the organisation imported itself."""
    return await unit.first(_CALENDAR, organisation=organisation)


async def put_calendar(unit: Unit, organisation: str, data: bytes, directory_had: str) -> None:
    """A new one, in place of an older one."""
    await unit.execute(delete(calendars).where(calendars.c.organisation == organisation))
    row = {"organisation": organisation, "data": data, "directory_had": directory_had, "imported_at": unit.now}
    await unit.execute(insert(calendars).values(**row))


async def keepers(unit: Unit) -> set[str]:
    """The organisations that have a rotation in force, or a calendar that they imported."""
    found = {row.organisation for row in await unit.all(select(calendars.c.organisation))}
    query = select(rotations.c.organisation).where(rotations.c.ended_at.is_(None)).distinct()
    return found | {row.organisation for row in await unit.all(query)}


async def exceptions_between(
    unit: Unit, organisation: str, role: str, start: datetime, end: datetime
) -> Sequence[Row[Any]]:
    """Overrides of the role and absences that touch the time from ``start`` to ``end``."""
    return await unit.all(_EXCEPTIONS, organisation=organisation, role=role, start=start, end=end)


async def was_said(unit: Unit, organisation: str, role: str, kind: str, at: datetime) -> bool:
    """Whether the room was told of this."""
    query = select(said.c.at).where(
        said.c.organisation == organisation, said.c.role == role, said.c.kind == kind, said.c.at == at
    )
    return await unit.first(query) is not None


async def put_said(unit: Unit, organisation: str, role: str, kind: str, at: datetime) -> None:
    """It is told."""
    await unit.execute(insert(said).values(organisation=organisation, role=role, kind=kind, at=at))


async def forget_said(unit: Unit, before: datetime) -> None:
    """What is long past."""
    await unit.execute(delete(said).where(said.c.at < before))


async def add_exception(unit: Unit, row: dict[str, Any]) -> None:
    """A new override or absence; later ones get higher numbers."""
    last = await unit.scalar(select(func.max(exceptions.c.seq)))
    await unit.execute(insert(exceptions).values(seq=int(last or 0) + 1, **row))


async def feed_of(unit: Unit, organisation: str) -> Row[Any] | None:
    """The feed of an organisation."""
    return await unit.first(select(feeds).where(feeds.c.organisation == organisation).with_for_update())


async def find_feed(unit: Unit, digest: str) -> Row[Any] | None:
    """The feed whose address has this digest."""
    return await unit.first(select(feeds).where(feeds.c.digest == digest))


async def add_feed(unit: Unit, organisation: str, digest: str, *, names: bool) -> None:
    """A new one."""
    row = {"organisation": organisation, "digest": digest, "names": names, "made_at": unit.now}
    await unit.execute(insert(feeds).values(**row))


async def end_feed(unit: Unit, organisation: str) -> bool:
    """There is none any more; whether there was one."""
    return (await unit.execute(delete(feeds).where(feeds.c.organisation == organisation))).rowcount > 0
