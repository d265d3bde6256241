"""Open questions: what a person may answer with one word, and the text kept for it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, LargeBinary, Row, String, Table, delete, insert, select

from bot.db.base import metadata
from bot.db.types import Utc
from bot.db.unit import Unit

questions = Table(
    "questions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("room", String(255), nullable=False),
    Column("user", String(255), nullable=False),
    Column("command", String(64), nullable=False),
    Column("outbox_row", String(32)),
    Column("sealed", LargeBinary, nullable=False),
    Column("asked_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Index("ix_questions_room_user", "room", "user"),
)


async def ask(unit: Unit, row: dict[str, Any]) -> None:
    """Remember one question."""
    await unit.execute(insert(questions).values(**row))


async def forget_expired(unit: Unit, now: datetime) -> None:
    """Wipe what nobody can answer any more."""
    await unit.execute(delete(questions).where(questions.c.expires_at <= now))


async def open_questions(unit: Unit, room: str, user: str | None, now: datetime, *, but: str) -> list[Row[Any]]:
    """What this person (None: anybody) may answer here, newest first; expired ones are wiped.  ``but``: what is kept
    under this name is no question."""
    await forget_expired(unit, now)
    query = select(questions).where(questions.c.room == room, questions.c.command != but)
    if user is not None:
        query = query.where(questions.c.user == user)
    return list(await unit.all(query.order_by(questions.c.asked_at.desc())))


async def forget(unit: Unit, question_id: str) -> None:
    """Answered, or replaced."""
    await unit.execute(delete(questions).where(questions.c.id == question_id))


async def remembered(unit: Unit, room: str, user: str, command: str) -> list[Row[Any]]:
    """What is kept under this name for this person here."""
    query = select(questions).where(questions.c.room == room, questions.c.user == user, questions.c.command == command)
    return list(await unit.all(query))
