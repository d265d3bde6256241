"""What gpg read of OpenPGP keys, and what was said about them in which room."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, String, Table, bindparam, delete, insert, select

from bot.db.base import metadata
from bot.db.types import Json, Utc
from bot.db.unit import Unit
from bot.ids import RoomId
from keys.fingerprint import OpenPGPFingerprint
from keys.policy import KeyInfo, SubkeyInfo

warnings = Table(
    "key_warnings",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("room", String(255), primary_key=True),
    Column("mark", String(32), primary_key=True),
    Column("said_at", Utc, nullable=False),
)
"""``mark``: what was said, with the date that it was about."""

readings = Table(
    "key_readings",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("info", Json, nullable=False),
)
"""What gpg reads in a key's bytes, by their digest; how the key stands is judged anew each time."""

_DROP = delete(readings).where(readings.c.digest == bindparam("gone"))


async def read_readings(unit: Unit) -> dict[str, KeyInfo]:
    """Everything that gpg has read."""
    return {row.digest: _read(row.info) async for row in unit.each(select(readings))}


async def keep_readings(unit: Unit, new: Mapping[str, KeyInfo], gone: Collection[str]) -> None:
    """gpg has read these now, and keys with those digests are not there any more."""
    if gone:
        await unit.execute(_DROP, [{"gone": digest} for digest in gone])
    if new:
        rows = [{"digest": digest, "info": _written(info)} for digest, info in new.items()]
        await unit.execute(insert(readings), rows)


def _written(info: KeyInfo) -> list[Any]:
    return [
        list(info.uids),
        *(
            [
                part.fingerprint,
                part.algorithm,
                part.bits,
                "".join(sorted(part.capabilities)),
                part.created.isoformat(),
                part.expires.isoformat() if part.expires is not None else None,
                part.revoked,
                part.validity,
            ]
            for part in (info.primary, *info.subkeys)
        ),
    ]


def _read(written: list[Any]) -> KeyInfo:
    uids, *parts = written
    primary, *subkeys = (
        SubkeyInfo(
            OpenPGPFingerprint(fingerprint),
            algorithm,
            bits,
            frozenset(capabilities),
            datetime.fromisoformat(created),
            datetime.fromisoformat(expires) if expires is not None else None,
            revoked,
            validity,
        )
        for fingerprint, algorithm, bits, capabilities, created, expires, revoked, validity in parts
    )
    return KeyInfo(primary, tuple(subkeys), tuple(uids))


async def read_warnings(unit: Unit) -> set[tuple[str, RoomId, str]]:
    """Fingerprint, room and mark of everything that was said."""
    return {(row.fingerprint, RoomId(row.room), row.mark) for row in await unit.all(select(warnings))}


async def put_warnings(unit: Unit, room: RoomId, said: Iterable[tuple[str, str]]) -> None:
    """Fingerprints and marks that are being said in this room."""
    rows = [{"fingerprint": key, "room": room, "mark": mark, "said_at": unit.now} for key, mark in said]
    await unit.execute(insert(warnings), rows)
