"""What was said about OpenPGP keys, and in which room."""

from collections.abc import Iterable

from sqlalchemy import Column, String, Table, insert, select

from bot.db.base import metadata
from bot.db.types import Utc
from bot.db.unit import Unit
from bot.ids import RoomId

warnings = Table(
    "key_warnings",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("room", String(255), primary_key=True),
    Column("mark", String(32), primary_key=True),
    Column("said_at", Utc, nullable=False),
)
"""``mark``: what was said, with the date that it was about."""


async def read_warnings(unit: Unit) -> set[tuple[str, RoomId, str]]:
    """Fingerprint, room and mark of everything that was said."""
    return {(row.fingerprint, RoomId(row.room), row.mark) for row in await unit.all(select(warnings))}


async def put_warnings(unit: Unit, room: RoomId, said: Iterable[tuple[str, str]]) -> None:
    """Fingerprints and marks that are being said in this room."""
    rows = [{"fingerprint": key, "room": room, "mark": mark, "said_at": unit.now} for key, mark in said]
    await unit.execute(insert(warnings), rows)
