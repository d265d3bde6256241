"""``!ack``, ``!decline``, ``!resolve`` and ``!cancel`` as they are typed, and the encrypted ``ok`` and ``no``."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.commands.call import Access, Refusal, Reply
from bot.escalation.model import Severity, State
from bot.escalation.service import NoneOpen
from bot.ids import BadRef
from bot.outbox.model import Audience
from handlers import ack, cancel, decline, resolve
from tests.harness.calling import ANA, BRUNO, CARLA, DESK_BR, DESK_MX, World, build, direct

COMMANDS = {module.COMMAND.name: module.COMMAND for module in (ack, decline, resolve, cancel)}
BY = {
    "ack": (BRUNO, direct(BRUNO)),
    "decline": (BRUNO, direct(BRUNO)),
    "resolve": (ANA, DESK_MX),
    "cancel": (ANA, DESK_MX),
}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await build(f"sqlite+aiosqlite:///{tmp_path / 'enlace.db'}")
    await world.rota(BRUNO)
    yield world
    await world.db.close()


async def type_it(world: World, name: str, line: str = "", **how: Any) -> Reply | Refusal:
    by, room = BY[name]
    async with world.db.unit() as unit:
        call = world.typed(name, line, **{"by": by, "room": room, **how})
        return await COMMANDS[name].run(call, unit, world)


@pytest.mark.parametrize(
    ("name", "state", "said"),
    [
        ("ack", State.ACKNOWLEDGED, "You have {ref} · CERT-MX (Ana Pérez) has been told · !resolve {ref}"),
        ("decline", State.PAGING, "{ref}: noted, the ladder climbs at once."),
        ("resolve", State.RESOLVED, "{ref} is resolved"),
        ("cancel", State.CANCELLED, "{ref} is cancelled"),
    ],
)
@pytest.mark.parametrize("how", ["alone", "ref", "sloppy ref", "page"])
async def test_each_with_and_without_a_reference(world: World, name: str, state: State, said: str, how: str) -> None:
    [esc] = (await world.call()).opened
    line = {"alone": "", "ref": esc.ref, "sloppy ref": esc.ref.lower().replace("-", "–"), "page": ""}[how]
    answer = await type_it(world, name, line, **({"ref": esc.ref} if how == "page" else {}))
    assert isinstance(answer, Reply)
    assert answer.text.plain.startswith(said.format(ref=esc.ref))
    assert answer.ref == esc.ref
    assert (await world.now(esc)).state is state


@pytest.mark.parametrize("name", list(COMMANDS))
async def test_several_open_are_a_numbered_list(world: World, name: str) -> None:
    [one] = (await world.call()).opened
    world.clock.at = world.clock.at.replace(minute=4)
    [two] = (await world.call(severity=Severity.HIGH)).opened
    answer = await type_it(world, name, "sin acceso" if name == "decline" else "")
    assert isinstance(answer, Refusal)
    assert answer.question is not None
    lines = answer.text.plain.split("\n")
    assert lines[0] == "Which one? Reply with its number. Nothing was changed."
    assert lines[1].startswith(f"1. {two.ref} · HIGH · CERT-MX (Ana Pérez) → CERT-BR")
    assert lines[2].startswith(f"2. {one.ref} · CRITICAL · CERT-MX (Ana Pérez) → CERT-BR · 4 min")
    assert [(await world.now(e)).state for e in (one, two)] == [State.PAGING] * 2
    await type_it(world, name, answer.question.options[1], confirmed=True)
    assert (await world.now(two)).state is State.PAGING
    changed = await world.now(one)
    assert changed.state is not State.PAGING or changed.declined == (BRUNO,)
    if name == "decline":
        assert changed.troubles[0].why == "sin acceso"


@pytest.mark.parametrize("name", list(COMMANDS))
async def test_none_open(world: World, name: str) -> None:
    with pytest.raises(NoneOpen):
        await type_it(world, name)


async def test_what_is_mine_to_cancel(world: World) -> None:
    await world.call()
    with pytest.raises(NoneOpen):
        await type_it(world, "cancel", by=CARLA, room=DESK_BR)


async def test_decline_says_why(world: World) -> None:
    [esc] = (await world.call()).opened
    await type_it(world, "decline", f"{esc.ref} sin acceso hasta las 08:00")
    assert (await world.now(esc)).troubles[0].why == "sin acceso hasta las 08:00"
    [two] = (await world.call(severity=Severity.HIGH)).opened
    await type_it(world, "resolve", esc.ref)
    await type_it(world, "decline", "no puedo")
    assert (await world.now(two)).troubles[0].why == "no puedo"


async def test_decline_promises_no_more_than_happens(world: World) -> None:
    [waits] = (await world.call(severity=Severity.MEDIUM)).opened
    answer = await type_it(world, "decline", f"{waits.ref} no puedo")
    assert answer.text.plain == (
        f"{waits.ref}: noted; it rings the others Mon 09:00 (Sao Paulo), when the office opens."
    )
    await world.later()
    assert "⚠ Bruno Lima no puede atender: «no puedo»" in world.status()
    [esc] = (await world.call()).opened
    for _ in range(5):
        await world.later(60)
    assert (await world.now(esc)).state is State.EXHAUSTED
    answer = await type_it(world, "decline", esc.ref, language="es")
    assert answer.text.plain.startswith(f"{esc.ref}: anotado. Ya se agotaron todos los pasos")
    assert f"!atiendo {esc.ref}" in answer.text.plain


async def test_whoever_takes_it_where_it_may_not_be_shown_reads_where_it_is(world: World) -> None:
    world.trust.failing[direct(BRUNO)] = ("room-members-known", "@mallory:evil")
    [esc] = (await world.call(summary="secreto")).opened
    answer = await type_it(world, "ack", room=direct(BRUNO), language="es")
    assert "secreto" not in answer.text.plain
    assert f"!atiendo {esc.ref} en su propia sala verificada" in answer.text.plain
    assert "!quien CERT-MX" in answer.text.plain
    again = await type_it(world, "ack", esc.ref, room=DESK_BR)
    assert "TLP:AMBER · secreto" in again.text.plain


@pytest.mark.parametrize("line", ["MSG-7F3KQ", "ESC-7F3", "ESC-UUUUU"])
async def test_a_reference_that_is_none(world: World, line: str) -> None:
    await world.call()
    with pytest.raises(BadRef):
        await type_it(world, "ack", line)


async def test_ack_shows_the_details_where_the_page_did_not(world: World) -> None:
    await world.call(summary="secreto")
    answer = await type_it(world, "ack", by=CARLA, room=direct(CARLA))
    assert isinstance(answer, Reply)
    assert "TLP:AMBER · secreto" in answer.text.plain
    assert (answer.audience, str(answer.tlp)) == (Audience.VERIFIED, "TLP:AMBER")


async def test_a_second_ok_is_answered(world: World) -> None:
    [esc] = (await world.call()).opened
    await type_it(world, "ack")
    answer = await type_it(world, "ack", esc.ref)
    first, *details = answer.text.plain.splitlines()
    assert first == f"You have {esc.ref} already."
    # Shown again: whoever took it by a mail link has not seen them yet.
    assert details == ["TLP:AMBER · DDoS contra el sistema de pagos", "200 Gbit/s desde las 02:40"]


def test_answers_count_in_any_room_of_a_verified_person() -> None:
    assert {command.access for command in COMMANDS.values()} == {Access.VERIFIED}
