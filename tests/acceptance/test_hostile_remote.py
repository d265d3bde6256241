"""A Point of Contact's homeserver against the others: what its operator can do to people who are not there."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from bot.ids import UserId
from tests.contract.matrix.attacks import put
from tests.harness.operator import Operator, never
from tests.harness.sovereign import LONG, Sovereign, copies, send, sovereigns

pytestmark = [pytest.mark.homeserver, pytest.mark.timeout(600)]

SOON = 30.0
"""Seconds in which something comes that waits for one answer of the hostile server, but not for a second one."""


@pytest.fixture(scope="module")
async def sovereign() -> AsyncIterator[Sovereign]:
    """Brazil is on the hostile server; in Peru's desk room Pablo is on enlace's, and Pía on the hostile one."""
    async with sovereigns(2, desk=("pablo", "pia"), bruno=1, pia=1) as made:
        yield made


async def test_who_never_says_which_devices_there_are_silences_no_room(sovereign: Sovereign) -> None:
    house = sovereign.house
    house.begin()
    app = house.world.app
    assert app is not None
    pia = UserId(house.world.user("pia"))

    async def late(_: web.Request) -> web.Response:
        """Later than anybody waits, but early enough not to pass for a server that is down."""
        await asyncio.sleep(16)
        return web.json_response({"errcode": "M_NOT_FOUND", "error": "nobody"}, status=404)

    async with Operator(sovereign.federation, 1) as operator:
        operator.instead("/user/devices/", late)
        operator.instead("/user/keys/query", late)
        async with await sovereign.new_device("pia", signed=True) as phone:
            # Whose device nobody has heard of is asked about.
            await phone.say(house.rooms["pia"], "who am I?")
            await house.until(lambda: not app.matrix._identities.fresh(pia), "the question", LONG)
            for number in range(3):
                begun = time.monotonic()
                ref = await send(house, "CERT-PE", f"For Pablo all the same {number}")
                await house.hear("ana", rf"{ref}.*In their room 1/1 · keys for 2/2", edits=True, patience=LONG)
                took = time.monotonic() - begun
                assert took < SOON, f"it took {took:.0f} s"
        assert any("/user/" in path for path in operator.asked)
    # Pablo's own client waits for the same answer, and has it now.
    for number in range(3):
        await house.hear("pablo", f"For Pablo all the same {number}", patience=LONG)


async def test_what_it_says_about_people_of_other_servers_counts_nothing(sovereign: Sovereign) -> None:
    house = sovereign.house
    house.begin()
    app = house.world.app
    assert app is not None
    ana = UserId(house.world.user("ana"))
    before = app.matrix.seen_identity(ana)

    def also(answer: dict[str, object]) -> None:
        devices = json.loads(json.dumps(answer.get("device_keys", {})))
        for keys in devices.values():
            answer["device_keys"] = {**devices, ana: keys}

    async with Operator(sovereign.federation, 1) as operator:
        operator.lie("/user/keys/query", also)
        operator.lie("/user/devices/", lambda answer: {**answer, "user_id": ana})
        async with await sovereign.new_device("bruno", signed=True) as phone:
            await house.until(lambda: phone.device_id in sovereign.trusted("bruno"), "the device to count", LONG)
            await send(house, "CERT-BR", "For Brazil alone")
            await phone.hear(house.rooms["bruno"], "For Brazil alone", patience=LONG)
    assert app.matrix.seen_identity(ana) == before


async def test_a_command_that_it_repeats_is_done_once(sovereign: Sovereign) -> None:
    """It has every ciphertext and every access token of its people: the very same one comes as another event."""
    house = sovereign.house
    house.begin()
    bruno, room = house.people["bruno"], house.rooms["bruno"]
    before = [entry["details"]["action"] for entry in await house.log()].count("exchange.opened")
    answer = await house.ask("bruno", "!send CERT-MX tlp:green\nOnce from Brazil\nx", "MSG-")
    await house.hear("ana", "Once from Brazil", patience=LONG)
    said = str(answer.relation["m.in_reply_to"]["event_id"])
    genuine = await bruno.call("GET", f"/_matrix/client/v3/rooms/{room}/event/{said}")
    for _ in range(2):
        await put(bruno, room, genuine["content"])
    async with await sovereign.new_device("bruno", signed=False) as spy:
        await put(spy, room, genuine["content"])
    await house.barrier("bruno", "ana")
    assert len(copies(house.people["ana"], "Once from Brazil")) == 1
    assert [entry["details"]["action"] for entry in await house.log()].count("exchange.opened") == before + 1


async def test_whom_it_lets_into_a_room_ends_what_is_said_there(sovereign: Sovereign) -> None:
    house = sovereign.house
    house.begin()
    bruno, room = house.people["bruno"], house.rooms["bruno"]
    async with await sovereign.stranger(1) as mallory:
        await bruno.invite(room, mallory.user_id)
        await mallory.join(room)
        await house.verified(room, ok=False)
        await send(house, "CERT-BR", "Not for Mallory")
        await house.hear("ana", "Held for CERT-BR", edits=True, patience=LONG)
        await bruno.call("POST", f"/_matrix/client/v3/rooms/{room}/kick", {"user_id": mallory.user_id})
        await house.hear("bruno", "Not for Mallory", patience=LONG)
        assert not copies(mallory, "Not for Mallory")
        assert len(copies(bruno, "Not for Mallory")) == 1


async def test_invitations_that_lead_nowhere_hold_up_nobody_elses(sovereign: Sovereign) -> None:
    """A room is joined by way of its server; one that takes the request and never answers, or that is gone."""
    house, line = sovereign.house, sovereign.federation.lines[1]
    bruno, ana = house.people["bruno"], house.people["ana"]
    async with Operator(sovereign.federation, 1) as operator:
        operator.instead("/make_join/", never)
        traps = [await bruno.create_room(f"trap {number}", [house.bot]) for number in range(3)]
        await house.until(lambda: any("/make_join/" in path for path in operator.asked), "enlace to follow one", LONG)
        room = await ana.create_room("another room", [house.bot])
        await ana.wait_member(room, house.bot)
        line.cut()
        await asyncio.sleep(1)
        room = await ana.create_room("and another", [house.bot])
        await ana.wait_member(room, house.bot)
        line.mend()
    for trap in traps:  # its people lose nothing either
        await bruno.until(lambda trap=trap: house.bot in bruno.client.rooms[trap].users, "enlace to come", LONG)


async def test_an_invitation_that_comes_before_it_is_one_there_is_followed(sovereign: Sovereign) -> None:
    """A server sends an invitation to the one that is invited first, and keeps it itself when that has agreed: whoever
    follows it at once is refused."""
    house = sovereign.house
    bruno = house.people["bruno"]
    refused: list[str] = []

    async def not_yet(request: web.Request) -> web.Response | None:
        if refused:
            return None
        refused.append(request.raw_path)
        return web.json_response({"errcode": "M_FORBIDDEN", "error": "You are not invited to this room."}, status=403)

    async with Operator(sovereign.federation, 1) as operator:
        operator.instead("/make_join/", not_yet)
        room = await bruno.create_room("followed too early", [house.bot])
        await bruno.wait_member(room, house.bot)
    assert len(refused) == 1
