"""The outage that is under way, so that it is told once, whatever restarts meanwhile."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Row, Table, delete, insert, select

from bot.db.base import metadata
from bot.db.types import Utc
from bot.db.unit import Unit

silence = Table(
    "notify_silence",
    metadata,
    Column("since", Utc, primary_key=True),
    Column("looked_at", Utc, nullable=False),
    Column("told_at", Utc),
)
"""One row while the homeserver is not heard, else none."""


async def get(unit: Unit, *, to_change: bool = False) -> Row[Any] | None:
    """The outage that is under way."""
    query = select(silence)
    return await unit.first(query.with_for_update() if to_change else query)


async def put(unit: Unit, since: datetime, told_at: datetime | None) -> None:
    """It is under way, and was looked at now."""
    await end(unit)
    await unit.execute(insert(silence).values(since=since, looked_at=unit.now, told_at=told_at))


async def end(unit: Unit) -> None:
    """It is over."""
    await unit.execute(delete(silence))


async def is_told(unit: Unit) -> bool:
    """Whether people were written to about an outage that is not over."""
    row = await get(unit)
    return row is not None and row.told_at is not None
