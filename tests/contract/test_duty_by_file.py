"""``!duty import`` as a reply to a file: fetched and decrypted, shown, and put in force by one word."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from nio.crypto.attachments import encrypt_attachment

from bot.duty.rules.calendar import MOST_BYTES
from bot.duty.service.calendar_files import CalendarFiles
from bot.matrix.client import Client
from bot.matrix.files import MatrixFiles
from bot.outbox.model import Proof
from tests.harness.calling import ANA, BR, BRUNO, DESK_BR, DESK_MX, MONDAY, build
from tests.harness.media import MediaStore, media_store
from tests.harness.talking import Talk

ICS = """BEGIN:VCALENDAR\r
VERSION:2.0\r
BEGIN:VEVENT\r
UID:1\r
DTSTART;TZID=America/Sao_Paulo:20261123T090000\r
DTEND;TZID=America/Sao_Paulo:20261124T090000\r
RRULE:FREQ=DAILY\r
SUMMARY:Plantão: Carla Reis\r
END:VEVENT\r
END:VCALENDAR\r
"""


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[tuple[Talk, MediaStore]]:
    world = await build(database_url, MONDAY)
    async with media_store() as store:
        client = Client(store.url)
        yield Talk(world, downloads=MatrixFiles(client)), store
        await client.close()
    await world.db.close()


def file(store: MediaStore, data: bytes, **more: Any) -> dict[str, Any]:
    sealed, keys = encrypt_attachment(data)
    return {"msgtype": "m.file", "body": "guardia.ics", "file": {**keys, "url": store.put(sealed)}, **more}


async def on_duty(talk: Talk) -> list[str]:
    async with talk.world.db.reading() as unit:
        return [p.name for p in await talk.world.duty.on_duty(unit, BR, "technical", MONDAY)]


async def test_a_file_is_the_roster_once_its_own_people_say_ok(house: tuple[Talk, MediaStore]) -> None:
    talk, store = house
    posted = await talk.arrives(BRUNO, DESK_BR, file(store, ICS.encode("utf-8-sig")))
    assert talk.world.seen(DESK_BR) == [], "a file alone is talk"
    await talk.say(BRUNO, DESK_BR, "!duty import", reply_to=posted)
    assert "CERT-BR, technical: Carla Reis until" in talk.last(DESK_BR)
    assert "Nothing was changed yet: reply ok" in talk.last(DESK_BR)
    assert await on_duty(talk) == []
    store.changes = True  # what was shown is what gets in force, whatever the server holds by then
    await talk.say(BRUNO, DESK_BR, "ok")
    assert talk.last(DESK_BR) == "Done: the calendar is the roster of CERT-BR now."
    assert await on_duty(talk) == ["Carla Reis"]


async def test_what_takes_long_is_said_to_be_under_way_and_the_answer_takes_its_place(
    house: tuple[Talk, MediaStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.commands.dispatch.PATIENCE", 0.05)
    talk, store = house
    posted = await talk.arrives(BRUNO, DESK_BR, file(store, ICS.encode()))
    store.gate = asyncio.Event()
    async with asyncio.timeout(120), asyncio.TaskGroup() as tasks:
        tasks.create_task(talk.say(BRUNO, DESK_BR, "!duty import", reply_to=posted))
        while not talk.world.seen(DESK_BR):
            await talk.world.sender.drain()
            await asyncio.sleep(0.01)
        assert talk.world.seen(DESK_BR) == ["⏳ Working on it; the answer appears here."]
        store.gate.set()
    (shown,) = talk.shown(DESK_BR)
    assert "Nothing was changed yet: reply ok" in shown
    await talk.say(BRUNO, DESK_BR, "ok", reply_to="$event1")
    assert await on_duty(talk) == ["Carla Reis"]


async def test_what_fails_unforeseen_takes_the_place_of_what_was_under_way(
    house: tuple[Talk, MediaStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.commands.dispatch.PATIENCE", 0.02)
    talk, store = house

    async def breaks(*_: object) -> None:
        await asyncio.sleep(0.2)
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(CalendarFiles, "read", breaks)
    posted = await talk.arrives(BRUNO, DESK_BR, file(store, ICS.encode()))
    await talk.say(BRUNO, DESK_BR, "!duty import", reply_to=posted)
    (shown,) = talk.shown(DESK_BR)
    assert "nothing was done" in shown


async def test_what_is_no_roster_in_a_file_is_refused_in_one_sentence(house: tuple[Talk, MediaStore]) -> None:
    talk, store = house
    plain = {"msgtype": "m.file", "body": "x.ics", "url": "mxc://media.test/x"}
    for content, proof, said in (
        (plain, Proof.PINNED, "The file is not encrypted"),
        (file(store, ICS.encode()), Proof.SIGNED, "whoever posted it is not verified"),
        (file(store, b"x" * (MOST_BYTES + 1)), Proof.PINNED, f"more than {MOST_BYTES} bytes"),
        (file(store, b"x", info={"size": MOST_BYTES + 1}), Proof.PINNED, "larger than 1 MB"),
        (file(store, b"\xff\xfe"), Proof.PINNED, "no iCalendar that I can read"),
        (file(store, b"hello"), Proof.PINNED, "no iCalendar that I can read"),
        (file(store, ICS.encode(), body="x.ics") | {"msgtype": "m.text"}, Proof.PINNED, "no calendar below"),
    ):
        posted = await talk.arrives(BRUNO, DESK_BR, content, proof=proof)
        await talk.say(BRUNO, DESK_BR, "!duty import", reply_to=posted)
        assert said in talk.last(DESK_BR)
        assert "The roster was not changed." in talk.last(DESK_BR)
    store.changes = True
    posted = await talk.arrives(BRUNO, DESK_BR, file(store, ICS.encode()))
    await talk.say(BRUNO, DESK_BR, "!duty import", reply_to=posted)
    assert "could not be fetched and read (it was changed on its way)" in talk.last(DESK_BR)
    elsewhere = await talk.arrives(ANA, DESK_MX, file(store, ICS.encode()))
    await talk.say(BRUNO, DESK_BR, "!duty import", reply_to=elsewhere)
    assert "cannot be read again" in talk.last(DESK_BR)
    assert await on_duty(talk) == []
