"""Attacks by strangers and members: each works on plain matrix-nio, none on enlace."""

import asyncio
import json

import pytest

from bot.outbox.model import REACTION, Audience, Proof
from tests.contract.matrix import attacks

pytestmark = pytest.mark.homeserver


async def test_a_to_device_storm_by_a_stranger(bot, people):
    [ana, victim, stranger] = await people(3)
    # plain nio: the listening task dies
    keys = victim.client.olm.account.identity_keys
    await attacks.storm(stranger, victim.user_id, victim.device_id, keys["curve25519"])
    await asyncio.wait([victim._listener], timeout=60)
    assert victim._listener.done()
    assert victim._listener.exception() is not None
    victim._listener = None
    # enlace: it goes on, and what came with the storm is read
    await bot.pin(ana)
    room = await bot.room_with(ana)
    await attacks.storm(stranger, bot.user_id, bot.session.device_id, str(bot.own.curve25519))
    await ana.say(room, "after the storm")
    await attacks.storm(stranger, bot.user_id, bot.session.device_id, str(bot.own.curve25519))
    assert (await bot.heard("after the storm")).proof == Proof.PINNED


async def test_state_inside_a_ciphertext_is_nothing(bot, people):
    [ana, mallory, outsider] = await people(3)
    await bot.pin(ana)
    await bot.pin(mallory)
    room = await bot.room_with(ana, mallory)
    await mallory.say(room, "hello")
    await bot.heard("hello")
    await ana.hear(room, "hello")
    forged = [
        {"type": "m.room.member", "state_key": outsider.user_id, "content": {"membership": "join"}},
        {"type": "m.room.power_levels", "state_key": "", "content": {"users": {mallory.user_id: 100}}},
        {"type": "m.room.encryption", "state_key": "", "content": {}},
        {"type": "m.room.member", "state_key": ana.user_id, "content": {"membership": "leave"}},
    ]
    ready = [attacks.sealed(mallory, room, json.dumps({**event, "room_id": room}).encode()) for event in forged]
    for content in ready[:2]:
        await attacks.put(mallory, room, content)
    # plain nio takes the outsider for a member
    await ana.until(lambda: outsider.user_id in ana.client.rooms[room].users, "the forged member")
    for content in ready[2:]:
        await attacks.put(mallory, room, content)
    await mallory.say(room, "done")
    await bot.heard("done")
    assert outsider.user_id not in bot.service.trust.members(room)
    assert ana.user_id in bot.service.trust.members(room)
    assert bot.service.trust.room(room).ok
    receipt = await bot.service.channel.send(bot.parcel(room, "only us"))
    assert receipt.devices_meant == 2
    holders = bot.service.channel._keys[room, Audience.VERIFIED].may_hold
    assert {r.user for r in holders} == {ana.user_id, mallory.user_id}


def _nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


async def test_malformed_insides_stop_nothing(bot, people):
    [mallory] = await people()
    await bot.pin(mallory)
    room = await bot.room_with(mallory)
    await mallory.say(room, "first")
    await bot.heard("first")
    for inner in (
        b"\xff\xfe",
        b"[]",
        b"[" * 5000,
        attacks.inner_message(room, "half \ud800"),
        json.dumps(attacks.inner_message(room, "nan", content={"body": float("nan")})).encode(),
        {"type": "m.room.message", "content": {"body": "deep", "x": _nested(700)}, "room_id": room},
        {"type": "m.room.message", "content": "text", "room_id": room},
        {"type": 7, "content": {}, "room_id": room},
        {"content": {}, "room_id": room},
        attacks.inner_message(room, "wrong type", type="m.room.redaction"),
    ):
        await attacks.put_inner(mallory, room, inner)
    good = attacks.sealed(mallory, room, b"{}")
    for broken in (
        {},
        {**good, "ciphertext": "AAAA"},
        {**good, "ciphertext": 5},
        {**good, "session_id": ["x"]},
        {**good, "algorithm": "m.none"},
    ):
        await attacks.put(mallory, room, broken)
    await mallory.say(room, "last")
    await bot.heard("last")
    assert [text for text, _ in await bot.bodies()] == ["first", "last"]


async def test_another_rooms_id_inside(bot, people):
    [ana, mallory] = await people(2)
    await bot.pin(mallory)
    room = await bot.room_with(ana, mallory)
    await mallory.say(room, "hello")
    await ana.hear(room, "hello")
    await bot.heard("hello")
    await attacks.put_inner(mallory, room, attacks.inner_message("!elsewhere", "meant for another room"))
    await ana.hear(room, "meant for another room")  # plain nio delivers it
    await mallory.say(room, "done")
    await bot.heard("done")
    assert "meant for another room" not in dict(await bot.bodies())


async def test_the_outer_relation_stays_outside(bot, people):
    [ana, mallory] = await people(2)
    await bot.pin(mallory)
    room = await bot.room_with(ana, mallory)
    root = await mallory.say(room, "hello")
    await bot.heard("hello")
    await ana.hear(room, "hello")
    content = attacks.sealed(mallory, room, json.dumps(attacks.inner_message(room, "internal")).encode())
    outer = {"rel_type": "m.thread", "event_id": root}
    await attacks.put(mallory, room, {**content, "m.relates_to": outer})
    heard = await ana.hear(room, "internal")
    assert heard.thread == root  # plain nio believes the server
    arrival = await bot.heard("internal")
    assert "m.relates_to" not in arrival.content
    assert arrival.outer_relation == outer


async def test_a_session_cannot_be_overwritten_or_taken_over(bot, people):
    [ana, mallory] = await people(2)
    await bot.pin(ana)
    await bot.pin(mallory)
    room = await bot.room_with(ana, mallory)
    await ana.say(room, "one")
    await bot.heard("one")
    olm = bot.service.client.olm
    session_id = ana.client.olm.outbound_group_sessions[room].id
    curve = ana.client.olm.account.identity_keys["curve25519"]
    [held] = olm._by_id[room, session_id]
    # Mallory holds ana's session from the room and passes it on as her own, and ana shares it again, later on.
    key = ana.client.olm.outbound_group_sessions[room].session_key
    mine = mallory.client.olm.account.identity_keys
    olm.create_group_session(mine["curve25519"], mine["ed25519"], room, session_id, key)
    olm.create_group_session(curve, ana.session_key, room, session_id, key)
    await bot.restart()
    olm = bot.service.client.olm
    again = {s.sender_key: s for s in olm._by_id[room, session_id]}
    assert again[curve].first_known_index == held.first_known_index
    await ana.say(room, "two")
    arrival = await bot.heard("two")
    assert (arrival.sender, arrival.proof) == (ana.user_id, Proof.PINNED)


async def test_plain_text_is_only_the_servers_word(bot, people):
    [ana] = await people()
    await bot.pin(ana)
    room = await bot.room_with(ana)
    await ana.say_in_clear(room, "!approve everything")
    assert (await bot.heard("!approve everything")).proof == Proof.PLAIN


async def test_edits_and_reactions(bot, people):
    [ana] = await people()
    await bot.pin(ana)
    room = await bot.room_with(ana)
    first = await ana.say(room, "frist")
    edit = {"m.new_content": {"msgtype": "m.text", "body": "first"}}
    await ana.send(
        room,
        "m.room.message",
        {"msgtype": "m.text", "body": "* first", **edit, "m.relates_to": {"rel_type": "m.replace", "event_id": first}},
    )
    await ana.react(room, first, "✅")
    arrival = await bot.heard("* first")
    assert arrival.content["m.relates_to"]["rel_type"] == "m.replace"
    await ana.say(room, "end")
    await bot.heard("end")
    # What is sent right after a reaction must not overtake it, so it is there by now, and is the server's word.
    assert await bot.bodies() == [("frist", "pinned"), ("* first", "pinned"), ("", "plain"), ("end", "pinned")]
    assert [a.kind for a in await bot.arrivals() if a.proof == Proof.PLAIN] == [REACTION]
