"""Reaching people at any hour, as caller, called and coordinators see it.  The clock is pushed, nothing else is."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.demo.person import Heard
from tests.harness.house import House, ref_in

pytestmark = pytest.mark.homeserver


@pytest.fixture(scope="module", autouse=True)
async def rota(house: House) -> None:
    """Bruno is on duty in Brazil, Beatriz is next and leads."""
    await house.rota("CERT-BR", "bruno", "beatriz")


@pytest.fixture
async def on_call(at_work: House) -> AsyncIterator[House]:
    """As ``at_work``; whatever the test called out is taken back at its end, so that no page stays open."""
    yield at_work
    at_work.begin()
    status = await at_work.ask("ana", "!estado")
    for ref in dict.fromkeys(re.findall(r"ESC-\w+", status.body)):
        await at_work.ask("ana", f"!resuelto {ref}", ref)


async def call(house: House, text: str = "Ransomware en el sector eléctrico", severity: str = "crítica") -> str:
    """Ana calls Brazil; returns the reference."""
    status = await house.ask("ana", f"!escalar BR tlp:amber {severity} {text}\ndetalle-interno 192.0.2.9")
    return ref_in(status.body, "ESC")


def pages(house: House, who: str, ref: str) -> list[Heard]:
    """What rang for somebody because of this escalation."""
    return [heard for heard in house.since(who) if heard.rings and ref in heard.body]


async def test_it_climbs_step_by_step_until_it_is_exhausted_and_then_somebody_still_takes_it(on_call: House) -> None:
    house = on_call
    ref = await call(house)
    page = await house.hear("bruno", ref)
    first = page.body.splitlines()[0]
    assert "CRITICAL" in first
    assert "CERT-MX (Ana Pérez)" in first
    assert "reply ok" in first
    assert page.rings
    assert page.content["m.mentions"] == {"user_ids": [house.world.user("bruno")]}
    assert "Ransomware en el sector eléctrico" in page.body
    assert "TLP:AMBER" in page.body
    status = await house.hear("ana", ref)
    assert "nadie ha respondido" in status.body
    await house.hear("ana", "Bruno Lima.*en la sala", edits=True)
    await house.barrier("beatriz", "carla")
    assert not pages(house, "beatriz", ref)

    await house.later(timedelta(minutes=5, seconds=2))
    assert "Ransomware" in (await house.hear("beatriz", ref)).body
    await house.until(lambda: len(pages(house, "bruno", ref)) == 2, "Bruno to be rung again")
    edited = await house.hear("ana", "Beatriz Souza.*en la sala", edits=True)
    assert edited.edits == status.event_id, "one status message, edited"

    await house.later(timedelta(minutes=10))
    await house.until(lambda: len(pages(house, "beatriz", ref)) == 2, "the lead to be rung")
    await house.barrier("carla", "diego")
    assert ref not in house.said_to("carla") + house.said_to("diego")

    # Beyond the called organisation a page names only reference, severity and who calls whom.
    await house.later(timedelta(minutes=15))
    for coordinator in ("carla", "diego"):
        beyond = await house.hear(coordinator, ref)
        assert beyond.rings
        for seen in ("CRITICAL", "CERT-MX", "CERT-BR"):
            assert seen in beyond.body
        assert "Ransomware" not in str(beyond.content)
        assert "detalle-interno" not in str(beyond.content)

    await house.later(timedelta(minutes=30))
    told = await house.hear("ana", rf"{ref}.*Llame por teléfono")
    assert told.rings
    await house.hear("ana", r"se agotaron todos los pasos.*\+551150000002", edits=True)
    await house.until(lambda: len(pages(house, "carla", ref)) == 2, "the coordinators to be paged at the end")
    assert "detalle-interno" not in house.said_to("carla") + house.said_to("diego")

    # Nobody is paged any more, and whoever was called can still take it.
    quiet = {who: len(pages(house, who, ref)) for who in ("bruno", "beatriz", "carla", "diego")}
    await house.later(timedelta(hours=3))
    await house.barrier(*quiet)
    assert quiet == {who: len(pages(house, who, ref)) for who in quiet}
    answer = await house.ask("bruno", "OK", reply_to=page.event_id)
    assert "You have" in answer.body
    assert ref in answer.body
    await house.hear("ana", rf"Bruno Lima \(CERT-BR\) lo atiende.*{ref}")
    await house.hear("beatriz", rf"Bruno Lima \(CERT-BR\) has it.*{ref}")
    steps = [entry["details"]["action"] for entry in await house.log(ref)]
    assert steps.count("escalation.stepped") == 4, "no step fired twice"
    assert steps.count("escalation.exhausted") == 1
    assert steps.count("escalation.acknowledged") == 1


async def test_a_reaction_takes_nothing_and_is_explained_once(on_call: House) -> None:
    house = on_call
    bruno, room = house.people["bruno"], house.rooms["bruno"]
    ref = await call(house)
    page = await house.hear("bruno", ref)
    await bruno.react(room, page.event_id, "✅")
    explained = await house.hear("bruno", "a server could forge it")
    assert "✅" in explained.body
    assert "ok" in explained.body
    assert explained.rings, "whoever believes to have it must not sleep on"
    assert explained.relation["m.in_reply_to"]["event_id"] == page.event_id
    await bruno.react(room, page.event_id, "👍")
    await bruno.react(room, page.event_id, "❤️")
    await house.barrier("bruno", "ana")
    assert sum("could forge" in heard.body for heard in house.since("bruno")) == 1
    assert "lo atiende" not in house.said_to("ana")

    await house.later(timedelta(minutes=5, seconds=2))
    await house.hear("beatriz", ref)  # it climbed all the same
    await house.ask("bruno", "ok", "You have", reply_to=page.event_id)
    await bruno.react(room, page.event_id, "✔️")
    await house.barrier("bruno")
    assert sum("could forge" in heard.body for heard in house.since("bruno")) == 1


async def test_a_lone_ok_takes_it_and_the_ladder_stands_still(on_call: House) -> None:
    house = on_call
    ref = await call(house)
    page = await house.hear("bruno", ref)
    answer = await house.ask("bruno", "👍🏽")
    assert "You have" in answer.body
    taken = await house.hear("ana", rf"Bruno Lima \(CERT-BR\) lo atiende.*{ref}")
    assert taken.rings
    await house.later(timedelta(hours=2))
    await house.barrier("beatriz", "carla", "bruno")
    assert not pages(house, "beatriz", ref)
    assert ref not in house.said_to("carla")
    assert pages(house, "bruno", ref) == [page]
    again = await house.ask("bruno", "ok", reply_to=page.event_id)
    assert "already" in again.body
    assert sum("lo atiende" in heard.body and heard.rings for heard in house.since("ana")) == 1
    resolved = await house.ask("bruno", f"!resolve {ref}", "resolved")
    assert ref in resolved.body
    await house.hear("ana", rf"{ref}.*resuelto por Bruno Lima")


async def test_no_climbs_at_once(on_call: House) -> None:
    house = on_call
    ref = await call(house)
    page = await house.hear("bruno", ref)
    await house.ask("bruno", "no", "climbs at once", reply_to=page.event_id)
    await house.hear("beatriz", ref)  # without any push of the clock
    await house.hear("ana", "Bruno Lima no puede atender", edits=True)
    await house.ask("beatriz", "sí", "You have")
    await house.hear("ana", r"Beatriz Souza \(CERT-BR\) lo atiende")


async def test_only_the_called_can_take_it_and_only_the_caller_takes_it_back(on_call: House) -> None:
    house = on_call
    ref = await call(house)
    await house.hear("bruno", ref)
    refused = await house.ask("camila", f"!atiendo {ref}")
    assert "No se cambió nada" in refused.body
    assert "CERT-BR" not in refused.body, "who is not concerned learns nothing"
    await house.ask("bruno", f"!cancel {ref}", "Nothing was changed")
    await house.ask("ana", f"!cancelar {ref}", "cancelado")
    await house.hear("bruno", rf"{ref} · cancelled by Ana Pérez")
    late = await house.ask("bruno", f"!ack {ref}")
    assert "closed already" in late.body


async def test_a_lone_ok_where_two_are_open_takes_neither(on_call: House) -> None:
    house = on_call
    one = await call(house, "uno", "crítica")
    two = await call(house, "dos", "alta")
    assert one != two
    first = await house.hear("bruno", one)
    await house.hear("bruno", two)
    answer = await house.ask("bruno", "ok")
    assert "More than one" in answer.body
    assert "lo atiende" not in house.said_to("ana")
    await house.ask("bruno", "ok", one, reply_to=first.event_id)
    await house.hear("ana", rf"lo atiende.*{one}")
    assert not re.search(rf"lo atiende.*{two}", house.said_to("ana"))


async def test_a_second_call_joins_the_open_one(on_call: House) -> None:
    house = on_call
    ref = await call(house, "primera llamada")
    await house.hear("bruno", ref)
    joined = await house.ask("ana", "!escalar BR tlp:amber crítica segunda llamada\nmás")
    assert ref in joined.body
    assert "No se llamó dos veces" in joined.body
    await house.hear("bruno", "segunda llamada")
    assert len(pages(house, "bruno", ref)) == 1, "rung once"


async def test_a_room_that_is_not_verified_is_no_silent_gap(on_call: House) -> None:
    """A stranger in Bruno's room: the page goes to the next one at once, and the caller reads why."""
    house = on_call
    bruno, room = house.people["bruno"], house.rooms["bruno"]
    stranger = await house.stranger()
    await bruno.invite(room, stranger.user_id)
    await stranger.join(room)
    await house.verified(room, ok=False)
    ref = await call(house, "palabras-para-brasil")
    await house.hear("beatriz", ref)
    await house.hear("ana", "Bruno Lima no tiene ahora una sala", edits=True)
    await bruno.call("POST", f"/_matrix/client/v3/rooms/{room}/kick", {"user_id": stranger.user_id})
    await house.verified(room)
    await house.ask("bruno", f"!ack {ref}", "You have")
    assert "palabras-para-brasil" not in "".join(heard.body for heard in stranger.heard)


async def test_a_target_that_is_not_on_enlace_pages_the_coordinators_at_once(on_call: House) -> None:
    house = on_call
    status = await house.ask("ana", "!escalar PE crítica Cable submarino cortado\ndetalle-interno")
    ref = ref_in(status.body, "ESC")
    beyond = await house.hear("carla", ref)
    assert "Cable submarino" not in beyond.body
    await house.hear("ana", r"CERT-PE aún no está en enlace.*\+5115000003", edits=True)


async def test_nothing_is_paged_before_all_is_clear(on_call: House) -> None:
    house = on_call
    asked = await house.ask("ana", "!escalar BR Ransomware\ndetalles")
    assert "Aún no se llamó a nadie" in asked.body
    await house.barrier("bruno")
    assert "Ransomware" not in house.said_to("bruno")
    await house.ask("ana", "1", "ESC-")
    page = await house.hear("bruno", "Ransomware")
    assert "CRITICAL" in page.body
    red = await house.ask("ana", "!escalar BR tlp:red crítica Algo rojo\nx")
    assert "TLP:RED" in red.body
    await house.barrier("bruno")
    assert "Algo rojo" not in house.said_to("bruno")


async def test_the_log_verifies_and_holds_what_happened(at_work: House) -> None:
    await at_work.log_verifies(
        "escalation.opened",
        "escalation.stepped",
        "escalation.acknowledged",
        "escalation.declined",
        "escalation.exhausted",
        "escalation.cancelled",
        "escalation.resolved",
        "page.sent",
    )
