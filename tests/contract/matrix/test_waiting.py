"""Whose devices are asked for waits; nobody else does."""

import asyncio
from datetime import timedelta

import pytest

from bot.demo.person import PATIENCE
from bot.ids import UserId
from bot.matrix import http, inbound, parking, tables
from bot.outbox.model import Proof
from tests.contract.matrix import attacks

pytestmark = pytest.mark.homeserver


async def test_keys_that_are_slow_to_come_hold_up_only_whose_they_are(bot, people, monkeypatch):
    [ana, slow] = await people(2)
    await bot.pin(ana)
    await bot.pin(slow)
    room = await bot.room_with(ana, slow)
    for person in (ana, slow):
        await person.say(room, f"hello from {person.user_id}")
        await bot.heard(f"hello from {person.user_id}")
    gate, real = asyncio.Event(), http.query_keys

    async def slowly(client, users, wait=20.0):
        if slow.user_id in users:
            await gate.wait()
        return await real(client, users, wait)

    async def said():
        return [(text, proof) for text, proof in (await bot.bodies())[2:]]

    async def in_one_sync(*texts):
        """Something changed of whoever is slow, and then this came."""
        await bot.stop()
        bot.service._identities.changed({UserId(slow.user_id)})
        for text in texts:
            await slow.say(room, text)
        await ana.say(room, "mine " + texts[0])
        async with asyncio.timeout(PATIENCE):
            while ("mine " + texts[0], Proof.PINNED) not in await said():
                await bot.service.inbound.once()

    monkeypatch.setattr(http, "query_keys", slowly)
    monkeypatch.setattr(parking, "KEYS_WAIT", 4 * PATIENCE)
    monkeypatch.setattr(parking, "LATE_AFTER", timedelta(hours=1))
    await in_one_sync("one", "two")
    assert await said() == [("mine one", Proof.PINNED)], "and not a word of whose keys are asked for"
    bot.start()
    await slow.say(room, "three")
    await bot.until(lambda: len(bot.service.inbound._parking.events) == 3)
    await bot.restart()
    assert await said() == [("mine one", Proof.PINNED)]
    gate.set()
    await bot.heard("three")
    assert await said() == [(text, Proof.PINNED) for text in ("mine one", "one", "two", "three")]
    assert not any(arrival.late for arrival in await bot.arrivals())
    assert not bot.service.inbound._parking.events

    # There is an end to it: then what was seen last decides.
    gate.clear()
    monkeypatch.setattr(parking, "KEYS_WAIT", 0.1)
    await in_one_sync("four")
    await bot.heard("four")
    monkeypatch.setattr(parking, "KEYS_WAIT", 4 * PATIENCE)
    monkeypatch.setattr(parking, "MOST_WAITING", 2)
    await in_one_sync("five", "six", "seven")
    assert [text for text, _ in (await said())[-4:]] == ["five", "six", "seven", "mine five"]
    gate.set()
    bot.start()

    # What can never be read does not fill the table.
    monkeypatch.setattr(parking, "MOST_PARKED", 2)
    nonsense = {**attacks.sealed(slow, room, b"{}"), "session_id": "nobody's"}
    for _ in range(3):
        await attacks.put(slow, room, nonsense)
    await bot.until_async(lambda: _unreadable(bot))
    assert len(bot.service.inbound._parking.events) == 2
    assert len(await _unreadable(bot)) == 1


async def test_the_position_is_written_with_whatever_is_kept_and_with_nothing_else(bot, people, monkeypatch):
    [ana] = await people()
    await bot.pin(ana)
    room = await bot.room_with(ana)
    await ana.say(room, "once")
    await bot.heard("once")
    await bot.service.channel.send(bot.parcel(room, "the keys are shared"))
    await ana.hear(room, "the keys are shared")
    await bot.stop()

    async def moved() -> tuple[bool, bool]:
        """Syncs until there is news; whether the position moved in memory, and in the database."""
        sync = bot.service.inbound
        before = sync._token
        async with bot.db.reading() as unit:
            written = await tables.load_token(unit, sync._device)
        async with asyncio.timeout(PATIENCE):
            while sync._token == before:
                await sync.once()
        async with bot.db.reading() as unit:
            return sync._token != before, await tables.load_token(unit, sync._device) != written

    monkeypatch.setattr(inbound, "TOKEN_EVERY", 0.0)
    before = ""
    while before != (before := bot.service.inbound._token):
        await bot.service.inbound.once()
    monkeypatch.setattr(inbound, "TOKEN_EVERY", 3600.0)
    await bot.service.channel.send(bot.parcel(room, "only our own"))
    assert await moved() == (True, False)
    await attacks.to_device(ana, bot.user_id, bot.session.device_id, {"what the server": "forgets"})
    assert await moved() == (True, True)
    await bot.service.channel.send(bot.parcel(room, "our own again"))
    assert await moved() == (True, False)
    await ana.say(room, "twice")
    await bot.restart()  # from a position before our own
    await bot.heard("twice")
    assert [text for text, _ in await bot.bodies()] == ["once", "twice"]


async def _unreadable(bot):
    return [arrival for arrival in await bot.arrivals() if arrival.proof == Proof.UNREADABLE]
