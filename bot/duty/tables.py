"""Tables of the rosters and their queries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Integer, Row, String, Table, func, insert, select, update

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


async def rotations_of(unit: Unit, organisation: str, role: str) -> Sequence[Row[Any]]:
    """The rotations that are in force, in a fixed order."""
    query = select(rotations).where(
        rotations.c.organisation == organisation, rotations.c.role == role, rotations.c.ended_at.is_(None)
    )
    return await unit.all(query.order_by(rotations.c.id))


async def add_rotation(unit: Unit, row: dict[str, Any]) -> None:
    """A new rotation."""
    await unit.execute(insert(rotations).values(**row))


async def end_rotations(unit: Unit, organisation: str, role: str) -> int:
    """Put every rotation of the role out of force; returns how many there were."""
    query = update(rotations).where(
        rotations.c.organisation == organisation, rotations.c.role == role, rotations.c.ended_at.is_(None)
    )
    return (await unit.execute(query.values(ended_at=unit.now))).rowcount


async def exceptions_at(unit: Unit, organisation: str, role: str, at: datetime) -> Sequence[Row[Any]]:
    """Overrides of the role and absences that cover ``at``."""
    query = select(exceptions).where(
        exceptions.c.organisation == organisation,
        (exceptions.c.role == role) | (exceptions.c.kind == "away"),
        exceptions.c.start_at <= at,
        exceptions.c.end_at > at,
        exceptions.c.ended_at.is_(None),
    )
    return await unit.all(query.order_by(exceptions.c.seq))


async def add_exception(unit: Unit, row: dict[str, Any]) -> None:
    """A new override or absence; later ones get higher numbers."""
    last = await unit.scalar(select(func.max(exceptions.c.seq)))
    await unit.execute(insert(exceptions).values(seq=int(last or 0) + 1, **row))
