"""The status line of an exchange: one edit says what many landings did, and the last landing is never left unsaid."""

from collections.abc import AsyncIterator

import pytest

from bot.exchange.model import Author, Recipient
from bot.exchange.service import STATUS_MARK, Exchanges
from bot.ids import EventId, Ref
from bot.outbox.model import Audience, Kind, Post
from bot.outbox.rules import STATUS_WAIT
from bot.tlp import Tlp
from tests.harness.calling import ANA, BR, BRUNO, CARLA, DESK_BR, DESK_MX, DEVICE, DIEGO, MX, World, build, direct

ROOMS = (DESK_BR, direct(BRUNO), direct(CARLA), direct(DIEGO))


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    world = await build(database_url)
    for room in ROOMS:
        world.trust.rooms.setdefault(room, {BRUNO})
    yield world
    await world.db.close()


async def opened(world: World) -> tuple[Exchanges, Ref]:
    """A message to four rooms, and the answer whose text is the status line."""
    exchanges = Exchanges(world.outbox, world.audit, world.seal, world.trust)
    async with world.db.unit() as unit:
        ref = await exchanges.open(
            unit,
            author=Author(ANA, "Ana Torres", MX, "verified"),
            device=DEVICE,
            source_room=DESK_MX,
            source_kind="desk",
            source_event=EventId("$typed"),
            tlp=Tlp.CLEAR,
            subject="Indicators",
            body="Block these.",
            language="en",
            recipients=[Recipient(BR, room, "desk", "en", (), tuple(world.trust.members(room))) for room in ROOMS],
        )
        answer = {"msgtype": "m.notice", "body": "In their room 0/4"}
        await world.outbox.post(
            unit, Post(DESK_MX, Kind.REPLY, answer, audience=Audience.OPEN, ref=ref, mark=STATUS_MARK)
        )
    return exchanges, ref


def edits(world: World) -> list[str]:
    return [str(c["m.new_content"]["body"]) for c in world.contents(DESK_MX) if "m.new_content" in c]


async def test_many_landings_are_one_edit(world: World) -> None:
    await opened(world)
    await world.sender.drain()
    assert len([p for p in world.line.got if p.room in ROOMS]) == 4
    assert edits(world) == []
    world.clock.push(STATUS_WAIT)
    await world.sender.drain()
    (said,) = edits(world)
    assert "4/4" in said


async def test_a_late_landing_is_said_by_another_edit(world: World) -> None:
    world.line.dead.add(DESK_BR)
    await opened(world)
    await world.sender.drain()
    world.clock.push(STATUS_WAIT)
    await world.sender.drain()
    assert ["3/4" in said for said in edits(world)] == [True]
    world.line.dead.clear()
    for _ in range(3):
        world.clock.push(STATUS_WAIT * 2)
        await world.sender.drain()
    assert ["4/4" in said for said in edits(world)] == [False, True]


async def test_what_happens_while_an_edit_is_being_sent_is_said_by_the_next(world: World) -> None:
    exchanges, ref = await opened(world)

    async def waiting() -> list[str]:
        async with world.db.reading() as unit:
            return [row.id for row in await world.outbox.of_ref(unit, ref, Kind.STATUS)]

    for _ in range(3):
        async with world.db.unit() as unit:
            await exchanges.progress(unit, ref)
    (first,) = await waiting()
    async with world.db.unit() as unit:
        row = await world.outbox.get(unit, first)
        assert row is not None
        assert "0/4" in (await exchanges.renewed(unit, row))["body"]
    for _ in range(3):
        async with world.db.unit() as unit:
            await exchanges.progress(unit, ref)
    assert len(await waiting()) == 2


async def test_only_an_answer_renews_the_line(world: World) -> None:
    exchanges, ref = await opened(world)
    await world.sender.drain()
    world.clock.push(STATUS_WAIT)
    await world.sender.drain()
    before = len(edits(world))
    for number, (author, room) in enumerate(
        ((Author(ANA, "Ana", MX, "verified"), DESK_MX), (Author(BRUNO, "Bruno", BR, "verified"), DESK_BR))
    ):
        async with world.db.unit() as unit:
            exchange = await exchanges.get(unit, ref)
            assert exchange is not None
            await exchanges.relay(
                unit,
                exchange=exchange,
                author=author,
                device=DEVICE,
                room=room,
                event=EventId(f"$said{number}"),
                text="Thanks.",
                languages={},
            )
        await world.sender.drain()
        world.clock.push(STATUS_WAIT)
        await world.sender.drain()
        assert len(edits(world)) == before + number
    assert "1 answer" in edits(world)[-1]
