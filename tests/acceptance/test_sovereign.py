"""Points of Contact on homeservers of their own: three that federate, over lines that can be cut."""

import asyncio
import os
import time
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from bot.ids import RoomId, UserId
from keys.trust import Standing
from tests.harness.attachments import open_file, post_file
from tests.harness.house import House
from tests.harness.operator import Operator
from tests.harness.sovereign import LONG, Sovereign, copies, send, sovereigns

pytestmark = [pytest.mark.homeserver, pytest.mark.timeout(600)]

AWAY = 60.0
"""Seconds for which a server is away."""
MORE = 4
"""Messages after the first one meanwhile."""


@pytest.fixture(scope="module")
async def sovereign() -> AsyncIterator[Sovereign]:
    """All three verified across servers."""
    async with sovereigns(3, bruno=1, camila=2) as made:
        yield made


async def talk(house: House) -> None:
    """Sent to Brazil and Chile, answered by Brazil in the thread, and a file after it: each once, and in order."""
    house.begin()
    await send(house, "CERT-BR CERT-CL", "A kit on many servers")
    for who in ("bruno", "camila"):
        assert (await house.hear(who, "A kit on many servers", patience=LONG)).rings
    await house.hear("ana", "In their room 2/2 · keys for 2/2 devices", edits=True, patience=LONG)
    copy = copies(house.people["bruno"], "A kit on many servers")[0]
    bruno = house.people["bruno"]
    await bruno.ask(house.rooms["bruno"], "Seen in Brazil", "This goes to", thread=copy.event_id, sender=house.bot)
    await bruno.say(house.rooms["bruno"], "ok", thread=copy.event_id)
    for who in ("ana", "camila"):
        await house.hear(who, "Seen in Brazil", patience=LONG)
    # A file goes from Brazil's server by way of enlace's to each of the others' own.
    data = os.urandom(100_000)
    await post_file(bruno, house.rooms["bruno"], data, "sample.bin", thread=copy.event_id)
    for who in ("ana", "camila"):
        relayed = await house.hear(who, "sample.bin", patience=LONG)
        assert await open_file(house.people[who], relayed.content["file"]) == data
    await house.barrier("ana", "bruno", "camila")
    for who in ("ana", "camila"):
        shown = [heard.body for heard in house.since(who) if "Seen in Brazil" in heard.body or "file" in heard.content]
        assert len(shown) == 2, shown
        assert "Seen in Brazil" in shown[0]
    for who in ("bruno", "camila"):
        assert len(copies(house.people[who], "A kit on many servers")) == 1


async def test_verified_sent_answered_on_three_servers(sovereign: Sovereign) -> None:
    assert len({sovereign.house.world.home(who).server_name for who in ("ana", "bruno", "camila")}) == 3
    await talk(sovereign.house)


async def test_verified_sent_answered_on_two_servers() -> None:
    """Both others on one server that is not enlace's."""
    async with sovereigns(2, bruno=1, camila=1) as two:
        assert two.house.world.home("ana").server_name != two.house.world.home("bruno").server_name
        await talk(two.house)


async def test_a_device_that_only_the_remote_server_vouches_for_gets_no_keys(sovereign: Sovereign) -> None:
    """What the second server's operator can do to its user: log in another device, and show it to everybody."""
    house = sovereign.house
    house.begin()
    app = house.world.app
    assert app is not None
    bruno = UserId(house.world.user("bruno"))
    async with await sovereign.new_device("bruno", signed=False) as spy:
        await house.until(
            lambda: (seen := app.matrix.seen_identity(bruno)) is not None and spy.device_id in seen.devices,
            "the forged device to be seen",
            LONG,
        )
        await send(house, "CERT-BR", "Nothing for the spy")
        await house.hear("bruno", "Nothing for the spy", patience=LONG)
        await spy.until(lambda: len([h for h in spy.heard if not h.readable]) > 0, "what it cannot read", LONG)
        assert spy.device_id not in sovereign.trusted("bruno")
        await spy.say(house.rooms["bruno"], "!send CERT-CL tlp:green\nForged order\nx")
    # A device that its owner signs is another thing.
    async with await sovereign.new_device("bruno", signed=True) as phone:
        await house.until(lambda: phone.device_id in sovereign.trusted("bruno"), "the signed device to count", LONG)
        await send(house, "CERT-BR", "Also for the phone")
        for person in (phone, house.people["bruno"]):
            await person.hear(house.rooms["bruno"], "Also for the phone", patience=LONG)
    await house.ask("camila", "!help tlp", "TLP 2.0")
    assert not copies(house.people["camila"], "Forged order")
    assert not copies(spy, "Nothing for the spy")


async def test_a_cut_line_delays_and_loses_nothing(sovereign: Sovereign) -> None:
    house = sovereign.house
    house.begin()
    line = sovereign.federation.lines[2]
    line.cut()
    for number in range(3):
        await send(house, "CERT-CL", f"Over a cut line {number}")
    await house.people["camila"].say(house.rooms["camila"], "!whois MX")  # her own server still reaches enlace's
    await house.ask("ana", "!help tlp", "TLP 2.0")
    assert not copies(house.people["camila"], "Over a cut line")
    line.mend()
    for number in range(3):
        await house.hear("camila", f"Over a cut line {number}", patience=LONG)
    await house.hear("camila", "CERT Mexico", patience=LONG)
    said = [h.body for h in house.since("camila") if "Over a cut line" in h.body]
    assert [f"line {number}" in body for number, body in enumerate(said)] == [True] * 3


async def test_a_device_that_came_while_the_line_was_cut(sovereign: Sovereign) -> None:
    """Nobody beyond its own server has heard of it until the line is mended; then it counts."""
    house = sovereign.house
    house.begin()
    both = sovereign.federation.lines[0], sovereign.federation.lines[2]
    camila = house.people["camila"]
    for line in both:
        line.cut()
    async with await sovereign.new_device("camila", signed=True) as phone:
        await send(house, "CERT-CL", "While the line was cut")
        await house.ask("ana", "!help tlp", "TLP 2.0")
        assert not copies(camila, "While the line was cut")
        assert phone.device_id not in sovereign.trusted("camila")
        for line in both:
            line.mend()
        await house.hear("camila", "While the line was cut", patience=LONG)
        await house.until(lambda: phone.device_id in sovereign.trusted("camila"), "the device to count", LONG)
        await send(house, "CERT-CL", "After it was mended")
        for person in (camila, phone):
            await person.hear(house.rooms["camila"], "After it was mended", patience=LONG)
            assert len(copies(person, "After it was mended")) == 1
        assert len(copies(camila, "While the line was cut")) == 1


async def test_a_file_whose_server_does_not_give_it_away_is_reported_and_sent_again(sovereign: Sovereign) -> None:
    house = sovereign.house
    house.begin()
    await send(house, "CERT-BR", "Have you got a sample?")
    asked = await house.hear("bruno", "Have you got a sample", patience=LONG)
    bruno, room = house.people["bruno"], house.rooms["bruno"]
    await bruno.ask(room, "Coming", "This goes to", thread=asked.event_id, sender=house.bot)
    await bruno.say(room, "ok", thread=asked.event_id)
    await house.hear("ana", "Coming", patience=LONG)

    async def away(_: web.Request) -> web.Response:
        return web.json_response({"errcode": "M_UNKNOWN", "error": "no disk"}, status=502)

    data = os.urandom(50_000)
    async with Operator(sovereign.federation, 1) as operator:
        operator.instead("/media/", away)
        await post_file(bruno, room, data, "lost.bin", thread=asked.event_id)
        await house.hear("bruno", "The file could not be fetched", edits=True, patience=LONG)
        assert any("/media/" in path for path in operator.asked)
    await post_file(bruno, room, data, "found.bin", thread=asked.event_id)
    relayed = await house.hear("ana", "found.bin", patience=LONG)
    assert await open_file(house.people["ana"], relayed.content["file"]) == data
    assert not copies(house.people["ana"], "lost.bin")


async def test_what_was_sent_while_a_server_was_away_becomes_readable_there(sovereign: Sovereign) -> None:
    """Away for a minute.  To send succeeds; what a device lacks the key of would stay unreadable there for ever."""
    house = sovereign.house
    world, second = house.world, sovereign.federation.servers[1]
    bruno = house.people["bruno"]
    await world.stop()
    async with await sovereign.new_device("bruno", signed=True) as phone:
        # The first server has heard of the device before the second one goes away.
        ana = house.people["ana"]
        async with asyncio.timeout(LONG):
            while True:
                asked = {"device_keys": {bruno.user_id: []}}
                seen = await ana.call("POST", "/_matrix/client/v3/keys/query", asked)
                device = seen["device_keys"].get(bruno.user_id, {}).get(phone.device_id, {})
                if len(device.get("signatures", {}).get(bruno.user_id, {})) == 2:  # its own, and its owner's
                    break
                await asyncio.sleep(0.1)
        await asyncio.to_thread(second.stop)
        away_since = time.monotonic()
        await world.run()
        await house.until(lambda: phone.device_id in sovereign.trusted("bruno"), "the device to count", LONG)
        house.begin()
        phone_since = phone.mark()
        ref = await send(house, "CERT-BR", "While Brazil was away")
        status = await house.hear("ana", rf"{ref}.*In their room 1/1", edits=True, patience=LONG)
        assert "keys for" in status.body
        assert f"keys for {len(sovereign.trusted('bruno'))}/" not in status.body, "the key reached everybody"
        later = []
        for number in range(MORE):
            later.append(await send(house, "CERT-BR", f"Brazil is still away {number}"))
            await asyncio.sleep(AWAY / MORE / 2)
        await asyncio.sleep(max(0.0, away_since + AWAY - time.monotonic()))
        assert not [heard for heard in phone.heard if "away" in heard.body]
        await asyncio.to_thread(second.start)
        for person in (phone, bruno):
            await person.hear(house.rooms["bruno"], "While Brazil was away", patience=LONG)
        devices = len(sovereign.trusted("bruno"))
        for one in (ref, *later):
            await house.hear(
                "ana", rf"{one}.*In their room 1/1 · keys for {devices}/{devices}", edits=True, patience=LONG
            )
        for person in (phone, bruno):
            await person.hear(house.rooms["bruno"], f"Brazil is still away {MORE - 1}", patience=LONG)
        # In the order in which it was sent, and each once: on a device that could read none of it before.
        wanted = ["While Brazil was away", *(f"Brazil is still away {number}" for number in range(MORE))]
        read = [heard.body for heard in phone.heard[phone_since:] if "away" in heard.body and heard.edits is None]
        assert [subject in body for subject, body in zip(wanted, read, strict=True)] == [True] * len(wanted), read
        # It counts and shows once: the copy that the phone could not read was withdrawn.
        found = await bruno.call("GET", f"/_matrix/client/v3/rooms/{house.rooms['bruno']}/messages?dir=b&limit=30")
        by_delivery: dict[str, int] = {}
        for event in found["chunk"]:
            delivery = event.get("content", {}).get("org.enlace.d")
            if delivery is not None:
                by_delivery[delivery] = by_delivery.get(delivery, 0) + 1
        assert set(by_delivery.values()) == {1}
        entries = await house.log(ref)
        actions = [e["details"]["action"] for e in entries if e["details"]["action"].startswith("delivery.")]
        assert actions == ["delivery.sent", "delivery.repeated"]


async def test_a_remote_server_that_swaps_an_identity_gets_nothing(sovereign: Sovereign) -> None:
    house = sovereign.house
    house.begin()
    app = house.world.app
    assert app is not None
    camila, room = UserId(house.world.user("camila")), RoomId(house.rooms["camila"])
    async with await sovereign.new_device("camila", signed=False) as spy:
        await spy.replace_identity()  # the operator knows every password
        await house.until(
            lambda: app.matrix.trust.person(camila).standing is Standing.CHANGED, "the swap to be seen", LONG
        )
        assert not app.matrix.trust.room(room).ok
        await send(house, "CERT-CL", "Not for whoever took over")
        await house.hear("ana", "Held for CERT-CL", edits=True, patience=LONG)
        await house.hear("ana", "", patience=LONG)
        assert not copies(spy, "Not for whoever took over")
        assert not copies(house.people["camila"], "Not for whoever took over")
    await house.log_verifies("delivery.sent", "delivery.repeated", "delivery.held", "identity.changed")
