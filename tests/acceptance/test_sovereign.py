"""Points of Contact on homeservers of their own: three that federate, over lines that can be cut."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest

from bot.demo.person import Heard, Person
from bot.demo.world import Staff, Team, World
from bot.ids import RoomId, UserId
from keys.crosssigning import sign_device
from keys.trust import Standing
from tests.harness.attachments import open_file, post_file
from tests.harness.federation import Federation
from tests.harness.house import House, ref_in

pytestmark = [pytest.mark.homeserver, pytest.mark.timeout(600)]

TEAMS = (
    Team("CERT-MX", {"en": "CERT Mexico"}, "MX", "America/Mexico_City", ("en",), (Staff("ana", "Ana Pérez"),)),
    Team("CERT-BR", {"en": "CERT Brazil"}, "BR", "America/Sao_Paulo", ("en",), (Staff("bruno", "Bruno Lima"),)),
    Team("CERT-CL", {"en": "CERT Chile"}, "CL", "America/Santiago", ("en",), (Staff("camila", "Camila Rojas"),)),
    Team(
        "OAS-CICTE",
        {"en": "OAS/CICTE"},
        "US",
        "America/New_York",
        ("en",),
        (Staff("carla", "Carla Díaz", coordinator=True), Staff("diego", "Diego Mora", coordinator=True)),
    ),
)
LONG = 180.0
"""enlace asks about a server that did not answer once a minute."""


class Sovereign:
    """enlace, Mexico and the coordinators on the first server, Brazil on the second, Chile on the third."""

    def __init__(self, federation: Federation, house: House) -> None:
        self.federation = federation
        self.house = house

    async def new_device(self, account: str, *, signed: bool) -> Person:
        """Another device of somebody; ``signed`` by the identity that their first one made."""
        person = await self.house.world.arrive(account, cross_signed=False)
        if signed:
            owner = self.house.people[account]
            mine = await person.call("POST", "/_matrix/client/v3/keys/query", {"device_keys": {person.user_id: []}})
            device = mine["device_keys"][person.user_id][person.device_id]
            body = {person.user_id: {person.device_id: sign_device(owner.seeds, person.user_id, device)}}
            answer = await person.call("POST", "/_matrix/client/v3/keys/signatures/upload", body)
            assert not answer.get("failures")
        return person

    def trusted(self, account: str) -> set[str]:
        """The devices of somebody that enlace gives keys to."""
        app = self.house.world.app
        assert app is not None
        verdict = app.matrix.trust.person(UserId(self.house.world.user(account)))
        return {str(device.device_id) for device in verdict.trusted_devices}


@pytest.fixture(scope="module")
async def sovereign() -> AsyncIterator[Sovereign]:
    """All three verified across servers."""
    async with Federation(3) as federation:
        first, second, third = federation.servers
        settings = {"matrix": {"allowed_servers": federation.names}}
        homes = {"bruno": second, "camila": third}
        async with World(TEAMS, homeserver=first, homes=homes, settings=settings) as world:
            await world.run()
            house = House(world)
            try:
                await house.enrol("ana", "bruno", "camila")
                yield Sovereign(federation, house)
            finally:
                await house.close()


def copies(person: Person, subject: str) -> list[Heard]:
    return [heard for heard in person.heard if subject in heard.body and heard.edits is None]


async def send(house: House, to: str, subject: str) -> str:
    """Ana sends; returns the reference."""
    answer = await house.ask("ana", f"!send {to} tlp:amber\n{subject}\nthe body", "MSG-")
    return ref_in(answer.body)


async def test_verified_sent_answered_across_servers(sovereign: Sovereign) -> None:
    house = sovereign.house
    house.begin()
    await send(house, "CERT-BR CERT-CL", "A kit on three servers")
    for who in ("bruno", "camila"):
        assert (await house.hear(who, "A kit on three servers", patience=LONG)).rings
    await house.hear("ana", "In their room 2/2 · keys for 2/2 devices", edits=True, patience=LONG)
    copy = copies(house.people["bruno"], "A kit on three servers")[0]
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


async def test_what_was_sent_while_a_server_was_away_becomes_readable_there(sovereign: Sovereign) -> None:
    """The device that enlace has no session with: sent succeeds, and the text would stay unreadable for ever."""
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
        await world.run()
        await house.until(lambda: phone.device_id in sovereign.trusted("bruno"), "the device to count", LONG)
        house.begin()
        ref = await send(house, "CERT-BR", "While Brazil was away")
        status = await house.hear("ana", rf"{ref}.*In their room 1/1", edits=True, patience=LONG)
        assert "keys for" in status.body
        assert f"keys for {len(sovereign.trusted('bruno'))}/" not in status.body, "the key reached everybody"
        await asyncio.to_thread(second.start)
        for person in (phone, bruno):
            await person.hear(house.rooms["bruno"], "While Brazil was away", patience=LONG)
        devices = len(sovereign.trusted("bruno"))
        await house.hear("ana", rf"In their room 1/1 · keys for {devices}/{devices}", edits=True, patience=LONG)
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
