"""The main job among people and messages that mean it harm."""

import asyncio
import contextlib
from datetime import timedelta
from typing import Any

import pytest

from bot.demo.person import Person
from tests.contract.matrix import attacks
from tests.harness.house import House

pytestmark = pytest.mark.homeserver


def sessions(person: Person, room: str) -> set[str]:
    """The Megolm sessions of a room that this person's client ever got the key of."""
    olm: Any = person.client.olm
    return {session.id for session in olm.inbound_group_store if session.room_id == room}


async def session_of(person: Person, room: str, event_id: str) -> str:
    """The Megolm session under which an event is encrypted, as the homeserver holds it."""
    event = await person.call("GET", f"/_matrix/client/v3/rooms/{room}/event/{event_id}")
    assert event["type"] == "m.room.encrypted"
    return str(event["content"]["session_id"])


async def bots_device(house: House, asker: Person) -> tuple[str, str]:
    """Device id and Curve25519 key of the bot, as anybody may ask for them."""
    found = await asker.call("POST", "/_matrix/client/v3/keys/query", {"device_keys": {house.bot: []}})
    [(device, keys)] = found["device_keys"][house.bot].items()
    return device, keys["keys"][f"curve25519:{device}"]


async def kick(by: Person, room: str, whom: str) -> None:
    await by.call("POST", f"/_matrix/client/v3/rooms/{room}/kick", {"user_id": whom})


async def test_nothing_leaves_a_room_with_a_stranger_in_it(at_work: House) -> None:
    house = at_work
    ana, camila, bruno = (house.people[who] for who in ("ana", "camila", "bruno"))
    mallory = await house.stranger()
    # A room of Ana's with somebody whom nobody knows: refused, and pointed to the room where it works.
    room = await ana.create_room("Otra sala", [house.bot, mallory.user_id])
    await mallory.join(room)
    await ana.wait_member(room, house.bot)
    refused = await ana.ask(room, "!enviar BR tlp:green\nDesde sala ajena\nsecreto uno", sender=house.bot)
    assert "no está verificada" in refused.body
    assert house.rooms["ana"] in refused.body
    refused = await ana.ask(room, "!escalar BR crítica Desde sala ajena\nsecreto dos", sender=house.bot)
    assert house.rooms["ana"] in refused.body
    # Her country's own desk room, once a stranger is in it.
    desk = house.rooms["camila"]
    await camila.invite(desk, mallory.user_id)
    await mallory.join(desk)
    await house.verified(desk, ok=False)
    refused = await house.ask("camila", "!enviar BR tlp:green\nDesde la sala\nsecreto tres")
    assert "no está verificada" in refused.body
    contact = await house.ask("camila", "!quien BR")
    assert "cert@br.example.org" in contact.body
    assert "+551150000002" not in contact.body, "AMBER is not for strangers"
    await kick(camila, desk, mallory.user_id)
    await house.verified(desk)
    # The stranger's own words, where the bot is: nothing but what is CLEAR.
    denied = await mallory.ask(room, "!send BR tlp:clear\nBuy now\nsecreto cuatro", sender=house.bot)
    assert "no está verificada" in denied.body or "not verified" in denied.body
    card = await mallory.ask(room, "!whois BR", "CERT", sender=house.bot)
    assert "+551150000002" not in card.body
    assert "Bruno" not in card.body, "who works where is not for strangers"
    # An invitation of a stranger's leads nowhere.
    own = await mallory.create_room("Mallory", [house.bot])
    await house.barrier("ana")
    assert house.bot not in mallory.client.rooms[own].users or house.bot in mallory.client.rooms[own].invited_users
    await house.barrier("bruno", "beatriz")
    for who in ("bruno", "beatriz"):
        assert "secreto" not in house.said_to(who)
    assert not [h for h in bruno.heard if "secreto" in h.body]


async def test_a_copy_is_held_while_a_stranger_is_there_and_goes_out_once_mended(at_work: House) -> None:
    house = at_work
    camila, desk = house.people["camila"], house.rooms["camila"]
    mallory = await house.stranger()
    await camila.invite(desk, mallory.user_id)
    await mallory.join(desk)
    await house.verified(desk, ok=False)
    await house.ask("ana", "!enviar CL, BR tlp:amber\nRetenido hasta que se corrija\nsecreto retenido", "MSG-")
    await house.hear("ana", rf"Retenido para CSIRT-CL: {mallory.user_id}", edits=True)
    await house.hear("bruno", "secreto retenido")  # one room's trouble delays nobody else
    await house.hear("ana", "En su sala 1/2", edits=True)
    await house.barrier("camila")
    assert "secreto retenido" not in house.said_to("camila")
    # Mended within the hour: it goes by itself.
    house.world.clock.push(timedelta(minutes=30))
    await kick(camila, desk, mallory.user_id)
    copy = await house.hear("camila", "secreto retenido")
    await house.hear("ana", "En su sala 2/2", edits=True)
    edits = [h.body for h in house.since("ana", edits=True) if h.edits]
    assert "Retenido" not in edits[-1]
    await house.barrier("ana", "camila")
    assert sum("secreto retenido" in heard.body for heard in house.since("camila")) == 1
    # Not then, and not by anything that the stranger's client holds, later.
    session = await session_of(camila, desk, copy.event_id)
    assert session in sessions(camila, desk)
    assert session not in sessions(mallory, desk)
    assert not [h for h in mallory.heard if "secreto retenido" in str(h.content)]
    assert not house.world.homeserver.stores(b"secreto retenido")


async def test_a_storm_of_malformed_messages_to_its_device(at_work: House) -> None:
    house = at_work
    mallory = await house.stranger()
    device, key = await bots_device(house, mallory)

    async def storm() -> int:
        return sum([await attacks.storm(mallory, house.bot, device, key) for _ in range(5)])

    raging = asyncio.create_task(storm())
    for number in range(4):
        await house.ask("ana", f"!enviar BR tlp:green\nEn la tormenta {number}\ncuerpo", "MSG-")
        await house.hear("bruno", f"En la tormenta {number}")
    assert await raging >= 50
    await house.ask("ana", "!quien BR", "CERT-BR")
    # A new device's first words still arrive: its keys come the same way as the garbage.
    async with await house.world.arrive("arturo", cross_signed=False) as fresh:
        room = await fresh.create_room("Nuevo", [house.bot])
        await fresh.wait_member(room, house.bot)
        await fresh.say(room, "!quien BR")
        await house.ask("arturo", "!quien BR", "551150000002")
        assert not [h for h in fresh.heard if "+551150000002" in h.body], "an unsigned device gets nothing"


async def test_membership_forged_inside_a_ciphertext_moves_no_key(at_work: House) -> None:
    """What a member writes *inside* an encrypted event is a message at most, never the room's state."""
    house = at_work
    camila, desk = house.people["camila"], house.rooms["camila"]
    mallory = await house.stranger()
    await camila.say(desk, "una palabra entre nosotros")
    levels = {"users": {mallory.user_id: 100}, "users_default": 100, "events_default": 0}
    for inner in (
        {"type": "m.room.member", "state_key": mallory.user_id, "content": {"membership": "join"}, "room_id": desk},
        {"type": "m.room.member", "content": {"membership": "join"}, "sender": mallory.user_id, "room_id": desk},
        {"type": "m.room.power_levels", "state_key": "", "content": levels, "room_id": desk},
        {"type": "m.room.encryption", "state_key": "", "content": {}, "room_id": desk},
        {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "public"}, "room_id": desk},
    ):
        if desk not in camila.client.olm.outbound_group_sessions:  # renewed when somebody has left
            await camila.say(desk, "otra palabra")
        await attacks.put_inner(camila, desk, inner)
    await house.ask("ana", "!enviar CL tlp:amber\nDespués de la falsificación\nsecreto de estado", "MSG-")
    copy = await house.hear("camila", "secreto de estado")
    assert set(copy.content["m.mentions"]["user_ids"]) == {house.world.user("camila"), house.world.user("cesar")}
    await house.hear("ana", "En su sala 1/1 · llaves para 2/2", edits=True)
    trust = await house.ask("camila", "!confianza", "sala: verificada")
    assert mallory.user_id not in trust.body
    session = await session_of(camila, desk, copy.event_id)
    assert session in sessions(camila, desk)
    assert session not in sessions(mallory, desk)
    assert house.people["cesar"].messages(desk, house.bot)[-1].readable


async def test_a_colleagues_unsigned_second_device_reads_nothing_and_is_not_obeyed(at_work: House) -> None:
    """Anybody with the account's password, or its homeserver, can add a device: it gets nothing, the room goes on."""
    house = at_work
    bruno, room = house.people["bruno"], house.rooms["bruno"]
    async with await house.world.arrive("bruno", cross_signed=False) as intruder:
        await house.ask("ana", "!enviar BR tlp:amber\nPara el Bruno de verdad\nsecreto de dispositivo", "MSG-")
        copy = await house.hear("bruno", "secreto de dispositivo")
        await house.hear("ana", "En su sala 1/1 · llaves para 1/1", edits=True)
        with contextlib.suppress(AssertionError):
            await intruder.until(lambda: any(h.event_id == copy.event_id for h in intruder.heard), "the copy", 5)
        assert await session_of(bruno, room, copy.event_id) not in sessions(intruder, room)
        assert "secreto de dispositivo" not in "".join(h.body for h in intruder.heard)
        await intruder.say(room, "!send MX tlp:green\nFrom the intruder\nforged words")
        told = await house.hear("bruno", intruder.device_id)
        assert "has not verified" in told.body
        await house.barrier("bruno", "ana")
        assert "forged words" not in house.said_to("ana")
        await house.ask("bruno", "!send MX tlp:green\nFrom Bruno himself\nhis words", "MSG-")
        await house.hear("ana", "his words")
        await intruder.call("POST", "/_matrix/client/v3/logout", {})


async def test_a_replayed_message_runs_once(at_work: House) -> None:
    """A server that shows a ciphertext a second time, as a new event, sends nothing a second time."""
    house = at_work
    ana, room = house.people["ana"], house.rooms["ana"]
    sent = await ana.say(room, "!enviar BR tlp:green\nUna sola vez\ncuerpo único")
    await house.hear("bruno", "Una sola vez")
    event = await ana.call("GET", f"/_matrix/client/v3/rooms/{room}/event/{sent}")
    await attacks.put(ana, room, event["content"])
    await house.barrier("ana", "bruno")
    assert sum("Una sola vez" in heard.body for heard in house.since("bruno")) == 1


async def test_the_log_verifies_and_holds_what_happened(at_work: House) -> None:
    entries = await at_work.log_verifies("delivery.held", "delivery.released", "delivery.sent", "device.unsigned")
    outcomes = {e["details"]["outcome"] for e in entries if e["details"]["action"] == "command.send"}
    assert {"ok", "not-verified", "room-not-verified-go-direct"} <= outcomes
