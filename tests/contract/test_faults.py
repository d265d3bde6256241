"""What the machine does to the outbox: a clock that jumps, a disk that is full."""

import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.ids import Ref
from bot.outbox.model import Audience, Kind, Post, State
from bot.tlp import Tlp
from tests.harness.calling import DESK_BR, World, build

DAY = timedelta(days=1)


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    made = await build(database_url)
    yield made
    await made.db.close()


async def post(world: World, body: str, kind: Kind = Kind.COPY) -> str:
    content = {"msgtype": "m.text", "body": body}
    async with world.db.unit() as unit:
        return await world.outbox.post(
            unit, Post(DESK_BR, kind, content, audience=Audience.VERIFIED, tlp=Tlp.AMBER, ref=Ref("INC-00000"))
        )


async def states(world: World) -> list[State]:
    async with world.db.reading() as unit:
        return [row.state for row in await world.outbox.of_ref(unit, Ref("INC-00000"))]


@pytest.mark.parametrize("jump", [DAY, -DAY], ids=["a day ahead", "a day back"])
async def test_a_clock_that_jumps_delays_nothing_and_sends_nothing_twice(world: World, jump: timedelta) -> None:
    world.line.dead.add(DESK_BR)
    await post(world, "one", Kind.NOTICE)
    await post(world, "two", Kind.NOTICE)
    for _ in range(4):
        world.clock.push(timedelta(seconds=30))
        await world.sender.drain()
    assert await states(world) == [State.QUEUED] * 2
    world.line.dead.clear()
    world.clock.push(jump)
    await post(world, "three", Kind.NOTICE)
    for _ in range(3):
        await world.sender.drain()
        world.clock.push(timedelta(seconds=1))
    assert world.seen(DESK_BR) == ["one", "two", "three"]
    assert await states(world) == [State.SENT] * 3
    world.clock.push(-jump)
    await world.sender.drain()
    assert len(world.seen(DESK_BR)) == 3


async def test_a_clock_set_back_does_not_put_off_a_job(world: World) -> None:
    async with world.db.unit() as unit:
        await world.outbox.job(unit, "incident.create", "INC-00000", {"name": "Cobalt Heron"})
        (job,) = await world.outbox.due_jobs(unit, 8)
        await world.outbox.job_again(unit, job)
        assert await world.outbox.due_jobs(unit, 8) == []
    world.clock.push(-DAY)
    async with world.db.reading() as unit:
        assert [found.id for found in await world.outbox.due_jobs(unit, 8)] == [job.id]


async def test_a_full_disk_accepts_nothing_and_loses_nothing(tmp_path: Path) -> None:
    """SQLite says "database or disk is full" in the middle of it; what was accepted before goes out once there is room."""
    world = await build(f"sqlite+aiosqlite:///{tmp_path / 'enlace.db'}")
    try:
        before = await post(world, "before", Kind.NOTICE)
        async with world.db.unit() as unit:
            await unit.execute(text("PRAGMA max_page_count = 1"))  # as many as there are: not one more
        accepted = 0
        with pytest.raises(sqlite3.OperationalError, match="full"):
            for _ in range(200):
                await post(world, "x" * 4000, Kind.NOTICE)
                accepted += 1
        assert await states(world) == [State.QUEUED] * (1 + accepted)
        async with world.db.unit() as unit:
            await unit.execute(text("PRAGMA max_page_count = 1000000"))
        await post(world, "after", Kind.NOTICE)
        for _ in range(accepted + 3):
            await world.sender.drain()
        got = world.seen(DESK_BR)
        assert (got[0], got[-1], len(got)) == ("before", "after", accepted + 2)
        async with world.db.reading() as unit:
            row = await world.outbox.get(unit, before)
        assert row is not None
        assert isinstance(row.event_id, str)
    finally:
        await world.db.close()
