"""What waits between two human acts: vouches of one coordinator, and which reminders were said."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Column, LargeBinary, String, Table, delete, insert, select

from bot.db.base import metadata
from bot.db.types import Utc
from bot.db.unit import Unit
from bot.ids import Handle, UserId

vouches = Table(
    "vouches",
    metadata,
    Column("user", String(255), primary_key=True),
    Column("coordinator", String(255), primary_key=True),
    Column("organisation", String(63), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("given_at", Utc, nullable=False),
)
"""``user``: for whom.  ``sealed``: the session key, so that nobody who reads the database can echo it."""

reminders = Table(
    "reminders",
    metadata,
    Column("user", String(255), primary_key=True),
    Column("expires", Utc, primary_key=True),
    Column("stage", String(8), primary_key=True),
    Column("said_at", Utc, nullable=False),
)
"""One row for each thing said about a statement that runs out at ``expires``; a newer statement starts anew."""


class PendingVouch(NamedTuple):
    """One coordinator's word that waits for a second one."""

    coordinator: UserId
    organisation: Handle
    sealed: bytes
    given_at: datetime


# --- vouches ----------------------------------------------------------------------------------------------


async def read_vouches(unit: Unit, user: UserId) -> list[PendingVouch]:
    """What was vouched for this person and not used, oldest first."""
    query = select(vouches).where(vouches.c.user == user).order_by(vouches.c.given_at, vouches.c.coordinator)
    return [
        PendingVouch(UserId(row.coordinator), Handle(row.organisation), row.sealed, row.given_at)
        for row in await unit.all(query)
    ]


async def put_vouch(unit: Unit, user: UserId, vouch: PendingVouch) -> None:
    """A coordinator's word, in place of an older one of the same coordinator."""
    same = (vouches.c.user == user) & (vouches.c.coordinator == vouch.coordinator)
    await unit.execute(delete(vouches).where(same))
    await unit.execute(insert(vouches).values(user=user, **vouch._asdict()))


async def forget_vouches(unit: Unit, user: UserId) -> None:
    """Used, contradicted or overtaken."""
    await unit.execute(delete(vouches).where(vouches.c.user == user))


async def forget_old_vouches(unit: Unit, before: datetime) -> None:
    """What no second coordinator has answered in time."""
    await unit.execute(delete(vouches).where(vouches.c.given_at < before))


# --- reminders --------------------------------------------------------------------------------------------


async def read_reminders(unit: Unit) -> set[tuple[UserId, datetime, str]]:
    """User, end of the statement and stage of everything that was said."""
    return {(UserId(row.user), row.expires, row.stage) for row in await unit.all(select(reminders))}


async def put_reminder(unit: Unit, user: UserId, expires: datetime, stage: str) -> bool:
    """It is being said: True once.  What was said about older statements is forgotten."""
    same = (reminders.c.user == user) & (reminders.c.expires == expires) & (reminders.c.stage == stage)
    if await unit.first(select(reminders.c.user).where(same)):
        return False
    await unit.execute(delete(reminders).where(reminders.c.user == user, reminders.c.expires != expires))
    await unit.execute(insert(reminders).values(user=user, expires=expires, stage=stage, said_at=unit.now))
    return True
