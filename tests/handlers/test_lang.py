"""``!lang`` changes the language of a room that is on record, for verified people, with an entry in the log."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.audit.service import AuditLog, NoteSigner
from bot.clock import Clock
from bot.commands.access import DeviceNotTrusted, NotVerified, RoomNotVerified
from bot.commands.call import Call, Caller, Place, Reply
from bot.db.unit import Database
from bot.directory.model import RoomRecord
from bot.directory.service import Directory, Register
from bot.directory.service.changes import NoSuchRoom
from bot.i18n.catalogue import catalogue
from bot.ids import DeviceId, EventId, Handle, RoomId, UserId
from bot.schema import metadata
from handlers.lang import LanguageNotOffered, run
from keys.trust import PersonVerdict, Standing, TrustedDevice

ANA, ROOM = UserId("@ana:cert.mx"), RoomId("!desk")


@dataclass(frozen=True)
class Services:
    directory: Directory


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'enlace.db'}", Clock())
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield database
    await database.close()


@pytest.fixture
async def services(db: Database) -> Services:
    audit = AuditLog("example.org/enlace", NoteSigner.from_seed("example.org/enlace", b"s" * 32))
    directory = Directory(audit, frozenset())
    async with db.unit() as unit:
        await directory.register_room(unit, RoomRecord(ROOM, "desk", frozenset({Handle("CERT-MX")})), actor=None)
    return Services(directory)


def call(first_line: str = "", *, verified: bool = True, room: RoomId = ROOM, device: str = "PHONE") -> Call:
    trusted = frozenset({TrustedDevice("PHONE", "e", "c")}) if verified else frozenset()
    standing = Standing.VERIFIED if verified else Standing.UNKNOWN
    verdict = PersonVerdict(ANA, standing, "CERT-MX", trusted, (), "verified" if verified else None)
    return Call(
        name="lang",
        first_line=first_line,
        body="",
        caller=Caller(ANA, DeviceId(device), verdict, "Ana", Handle("CERT-MX")),
        place=Place(room, "desk", verified=room != RoomId("!open"), language="en"),
        event_id=EventId("$1"),
        now=datetime(2026, 11, 23, 3, 0, tzinfo=UTC),
        language="en",
    )


async def language_of(db: Database) -> str | None:
    async with db.reading() as unit:
        record = (await Register.load(unit)).room(ROOM)
    assert record is not None
    return record.language


@pytest.mark.parametrize("wish", ["es", "ES", "es-MX", "es_419", "español", "Espanol", " Español "])
async def test_a_language_by_tag_or_name(db: Database, services: Services, wish: str) -> None:
    async with db.unit() as unit:
        answer = await run(call(wish), unit, services)
    assert isinstance(answer, Reply)
    assert "Español" in answer.text.plain
    assert await language_of(db) == "es"


async def test_every_complete_language_and_no_other_is_offered(db: Database, services: Services) -> None:
    async with db.unit() as unit:
        answer = await run(call(), unit, services)
    assert isinstance(answer, Reply)
    for language in catalogue().languages:
        assert f"{language} (" in answer.text.plain
    assert await language_of(db) is None


@pytest.mark.parametrize("wish", ["xx", "klingon", "", "esp", "e", "zz-ES"])
async def test_what_is_not_offered_changes_nothing(db: Database, services: Services, wish: str) -> None:
    if wish:
        with pytest.raises(LanguageNotOffered) as caught:
            async with db.unit() as unit:
                await run(call(wish), unit, services)
        assert "es (Español)" in catalogue().error("en", caught.value).plain
    assert await language_of(db) is None


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        (call("es", verified=False), NotVerified),
        (call("es", device="TABLET"), DeviceNotTrusted),
        (call("es", room=RoomId("!open")), RoomNotVerified),
        (call("es", room=RoomId("!other")), NoSuchRoom),
    ],
)
async def test_who_may_not(db: Database, services: Services, asked: Call, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        async with db.unit() as unit:
            await run(asked, unit, services)
    assert await language_of(db) is None


async def test_anybody_may_ask(db: Database, services: Services) -> None:
    async with db.unit() as unit:
        answer = await run(call(verified=False, room=RoomId("!open")), unit, services)
    assert "English" in answer.text.plain
