"""An incident room of two countries: who comes in, who is put out, what is said, and how it ends."""

import asyncio
import contextlib

import pytest

from bot.demo.person import Person
from tests.harness.house import House, ref_in

pytestmark = pytest.mark.homeserver


async def until_out(member: Person, room: str, user: str) -> None:
    """Wait until somebody is neither joined nor invited, as the homeserver says to a member."""
    for _ in range(300):
        answer = await member.call("GET", f"/_matrix/client/v3/rooms/{room}/members")
        there = {e["state_key"] for e in answer["chunk"] if e["content"]["membership"] in ("join", "invite")}
        if user not in there:
            return
        await asyncio.sleep(0.2)
    raise AssertionError(f"{user} is still there")


async def test_an_incident_from_its_opening_to_its_report(at_work: House) -> None:
    house = at_work
    ana, bruno, beatriz, camila = (house.people[who] for who in ("ana", "bruno", "beatriz", "camila"))
    # Who leads no organisation opens none.
    refused = await house.ask("arturo", "!incidente abrir alta BR\nalgo")
    assert "No se abrió nada" in refused.body

    said = await house.ask("ana", '!incidente abrir "Ola de ransomware" tlp:amber alta BR\nTres hospitales cifrados')
    ref = ref_in(said.body, "INC")
    assert "TLP:AMBER" in said.body
    ready = await house.hear("ana", ref, where=lambda heard: heard.event_id != said.event_id)
    assert ready.rings
    assert "matrix.to" in str(ready.content)
    room = await ana.wait_invitation(sender=house.bot)
    for person in (ana, bruno, beatriz):
        assert await person.wait_invitation(sender=house.bot) == room
        await person.join(room)
    for person in (bruno, beatriz):
        await ana.wait_member(room, person.user_id)
    await house.verified(room)

    # Nothing sensitive where servers can read it: a neutral name, no topic.
    assert "ransomware" not in str(ana.client.rooms[room].name).lower()
    assert not house.world.homeserver.stores(b"Tres hospitales")
    card = await bruno.hear(room, ref, sender=house.bot)
    assert card.encrypted
    for seen in ("Ana Pérez", "CERT-MX", "CERT-BR", "TLP:AMBER"):
        assert seen in card.body
    await until_pinned(ana, room, card.event_id)

    # Both countries talk there, to each other.
    await ana.say(room, "¿Quién ve tráfico hacia 192.0.2.8?")
    assert (await bruno.hear(room, "192.0.2.8", sender=ana.user_id)).encrypted
    await bruno.say(room, "We do, since 02:10")
    await ana.hear(room, "since 02:10", sender=bruno.user_id)

    # Somebody who is not verified, and somebody verified of a country that takes no part: both are put out.
    mallory = await house.stranger()
    for outsider in (mallory, camila):
        await ana.invite(room, outsider.user_id)
        with contextlib.suppress(ConnectionError):  # the invitation may be gone already
            await outsider.call("POST", f"/_matrix/client/v3/join/{room}", {})
        removed = await bruno.hear(room, "", sender=house.bot, where=lambda h, o=outsider: _names(h.body, o, house))  # type: ignore[misc]
        assert removed.encrypted
        await until_out(bruno, room, outsider.user_id)
    await house.verified(room)
    await ana.say(room, "sólo entre los que participan")
    heard = await bruno.hear(room, "los que participan", sender=ana.user_id)
    for outsider in (mallory, camila):
        assert heard.event_id not in {h.event_id for h in outsider.heard}

    # Somebody who is asked later sees the card too, and nothing of what was said before.
    await ana.ask(room, "!incidente invitar CERT-AR", "Arturo Gil", sender=house.bot)
    arturo = house.people["arturo"]
    assert await arturo.wait_invitation(sender=house.bot) == room
    await arturo.join(room)
    late = await arturo.hear(room, rf"{ref}.*CERT-AR", sender=house.bot)
    await until_pinned(arturo, room, late.event_id)
    assert "192.0.2.8" not in "".join(heard.body for heard in arturo.messages(room))
    await house.verified(room)

    # Notes go on the timeline; whoever takes part may write them.
    noted = await bruno.ask(room, "!incident note Blocked at the border", "noted", sender=house.bot)
    assert ref in noted.body
    status = await ana.ask(room, "!incidente estado", "Blocked at the border", sender=house.bot)
    assert "Bruno Lima" in status.body
    outside = await house.ask("camila", f"!incidente estado {ref}")
    assert "Blocked" not in outside.body
    assert "hospitales" not in outside.body
    await bruno.ask(room, "!incident close", "Nothing was done", sender=house.bot)

    # The end: a report, then nobody can write there any more.
    await ana.ask(room, "!incidente cerrar", f"{ref}.*informe", sender=house.bot)
    report = await bruno.hear(room, "Blocked at the border", sender=house.bot, where=lambda h: "MX" in h.body)
    for seen in ("Tres hospitales", "Ana Pérez", "Bruno Lima"):
        assert seen in report.body
    app = house.world.app
    assert app is not None
    await house.until(lambda: _frozen(house, room), "the room to be read-only")
    for person in (ana, bruno):
        with pytest.raises(ConnectionError):
            await person.say(room, "una cosa más")
    closed = await house.ask("ana", f"!incidente nota {ref} tarde")
    assert "cerrado" in closed.body


async def until_pinned(person: Person, room: str, event_id: str) -> None:
    """Wait until the room shows exactly this message as pinned."""
    pinned: object = None
    for _ in range(300):
        with contextlib.suppress(ConnectionError):  # nothing is pinned yet
            answer = await person.call("GET", f"/_matrix/client/v3/rooms/{room}/state/m.room.pinned_events/")
            if (pinned := answer["pinned"]) == [event_id]:
                return
        await asyncio.sleep(0.2)
    raise AssertionError(f"pinned: {pinned}")


def _names(body: str, outsider: Person, house: House) -> bool:
    name = "Camila Rojas" if outsider is house.people["camila"] else outsider.user_id
    return name in body or outsider.user_id in body


def _frozen(house: House, room: str) -> bool:
    levels = house.people["ana"].client.rooms[room].power_levels
    return bool(levels.defaults.events_default >= 100)


async def test_the_log_verifies_and_holds_what_happened(at_work: House) -> None:
    await at_work.log_verifies(
        "incident.opened",
        "incident.room-made",
        "incident.removed",
        "incident.noted",
        "incident.closed",
        "incident.room-read-only",
    )
