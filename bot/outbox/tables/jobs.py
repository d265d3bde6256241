"""Work off the homeserver that is to be done once, whatever crashes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Index,
    Integer,
    Row,
    String,
    Table,
    bindparam,
    insert,
    select,
    update,
)

from bot.db.base import metadata
from bot.db.types import Json, Utc
from bot.db.unit import Unit
from bot.outbox.rules import NEVER_AHEAD
from bot.outbox.tables.due import has_come

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

_DUE_JOBS = (
    select(jobs)
    .where(jobs.c.state == "queued", has_come(jobs.c.next_try))
    .order_by(jobs.c.next_try)
    .limit(bindparam("most"))
)


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
