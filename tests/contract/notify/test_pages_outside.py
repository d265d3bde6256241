"""A page that no room can ring leaves Matrix in the same second, and says no more than reference, severity and who
calls whom."""

import json
from collections.abc import AsyncIterator

import pytest

from bot.escalation.model import Severity, Target
from bot.escalation.service.people import Outside
from bot.exchange.rules.sending import Fate, outside
from bot.outbox.model import HOOK, MAIL, Kind, Post, is_outside
from bot.tlp import Tlp
from tests.harness.calling import (
    BR,
    BRUNO,
    CARLA,
    CL,
    DESK_BR,
    DIEGO,
    DORA,
    MONDAY,
    NIGHT,
    World,
    build,
    direct,
)

BY_MAIL, BY_HOOK = f"{MAIL}cert@cert.example.br", f"{HOOK}CERT-BR"


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    world = await build(database_url)
    world.escalation = world.fresh(outside=Outside(mail=True, webhooks=frozenset({"cert-br", "csirt-cl"})))
    yield world
    await world.db.close()


def lose_rooms(world: World) -> None:
    for room in (DESK_BR, *map(direct, (BRUNO, CARLA, DIEGO, DORA))):
        world.trust.rooms.pop(room, None)


async def test_rooms_come_first(world: World) -> None:
    await world.rota(BRUNO, CARLA)
    [esc] = (await world.call()).opened
    await world.later()
    assert [p.room for p in await world.pages(esc)] == [direct(BRUNO)]


async def test_without_a_room_a_page_goes_by_webhook_and_by_mail_in_the_same_second(world: World) -> None:
    lose_rooms(world)
    [esc] = (await world.call(summary="Marker of the summary", details="Marker of the details")).opened
    await world.send()
    got = {parcel.room: parcel for parcel in world.line.got if is_outside(parcel.room)}
    assert BY_MAIL in got
    letter = got[BY_MAIL].content
    assert letter["subject"] == f"enlace {esc.ref}"
    assert (letter["ref"], letter["severity"], letter["caller"], letter["called"]) == (
        esc.ref,
        "critical",
        "CERT-MX",
        "CERT-BR",
    )
    assert "Marker" not in json.dumps([dict(p.content) for p in got.values()])
    # There is no key for it, so it passes by strangers.
    assert "sealed" not in letter
    assert letter["body"].startswith(f"CRITICAL · enlace is calling you: {esc.ref}")
    assert "CERT-" not in letter["body"] + letter["subject"]
    assert got[BY_HOOK].content["body"].startswith("CRÍTICA · CERT-MX (Ana Pérez) llama a CERT-BR")
    await world.later()
    assert "no more is known" in world.status() or "no se sabe más" in world.status()
    # What the mail server refuses is followed by what is left.
    assert all(not p.full for p in await world.pages(esc) if is_outside(p.room))


async def test_a_letter_that_is_refused_is_followed_by_the_webhook(world: World) -> None:
    lose_rooms(world)
    world.line.refused.add(BY_MAIL)
    [esc] = (await world.call()).opened
    await world.later()
    rooms = [(p.room, p.state.value) for p in await world.pages(esc)]
    assert (BY_MAIL, "lost") in rooms
    assert (BY_HOOK, "sent") in rooms


async def test_somebody_without_any_room_is_not_told_to_be_absent(world: World) -> None:
    [esc] = (await world.call([Target(CL)])).opened
    await world.later()
    assert f"{HOOK}CSIRT-CL" in [p.room for p in await world.pages(esc)]
    assert "no está en enlace" not in world.status()
    assert "CSIRT-CL, allí" in world.status(), "a webhook is no room"


async def test_nothing_rings_outside_office_hours_that_does_not_ring_inside_enlace(world: World) -> None:
    lose_rooms(world)
    world.clock.at = NIGHT
    [esc] = (await world.call(severity=Severity.MEDIUM)).opened
    await world.send()
    assert [p.room for p in await world.pages(esc) if p.room.startswith(HOOK)] == []
    world.clock.at = MONDAY
    await world.later()
    assert [p for p in await world.pages(esc) if not p.notice]


async def test_nobody_outside_is_told_that_somebody_has_it(world: World) -> None:
    lose_rooms(world)
    [esc] = (await world.call()).opened
    await world.later()
    before = len([p for p in world.line.got if is_outside(p.room)])
    async with world.db.unit() as unit:
        await world.escalation.answers.take(unit, esc.ref, world.member(BRUNO), direct(BRUNO))
    await world.later()
    assert len([p for p in world.line.got if is_outside(p.room)]) == before


@pytest.mark.parametrize("label", list(Tlp))
async def test_nothing_but_clear_leaves_matrix(world: World, label: Tlp) -> None:
    assert (outside(label, None, world.clock.now()).fate is Fate.SEND) == (label is Tlp.CLEAR)
    async with world.db.unit() as unit:
        await world.outbox.post(unit, Post(BY_HOOK, Kind.PAGE, {"ref": "x"}, tlp=label, organisation=BR))  # type: ignore[arg-type]
    await world.sender.drain()
    assert [p.room for p in world.line.got] == ([BY_HOOK] if label is Tlp.CLEAR else [])
