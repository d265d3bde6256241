"""Whatever dies in between, however often the ladder is looked at, wherever the clock jumps: each step fires once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.db.unit import Unit
from bot.escalation import tables
from bot.escalation.model import State, Target
from bot.escalation.service import Escalations, escalations
from bot.ids import Ref
from bot.outbox.model import Kind
from tests.harness.calling import ANA, BRUNO, CARLA, CL, DESK_MX, YAN, ZOE, World, build, direct


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    world = await build(database_url)
    await world.rota(BRUNO, CARLA)
    yield world
    await world.db.close()


async def test_looking_twice_pages_once(world: World) -> None:
    [esc] = (await world.call()).opened
    await world.later(5)
    first = await world.rung(esc)
    for _ in range(3):
        await world.later()
    assert [r.rsplit(" ", 1)[0] for r in await world.rung(esc)] == [r.rsplit(" ", 1)[0] for r in first]


async def test_two_workers_at_once_page_once(world: World) -> None:
    [esc] = (await world.call()).opened
    await world.later()
    world.clock.push(timedelta(minutes=5))
    await asyncio.gather(*(world.fresh().climb_due(world.db) for _ in range(4)))
    assert [p.step for p in await world.pages(esc)] == [0, 1, 1]


async def test_what_is_exhausted_hides_no_step_that_is_due(world: World) -> None:
    world.line.keyless |= {direct(YAN), direct(ZOE)}  # their pages may still come
    await world.call([Target(CL)])
    for _ in range(4):
        await world.later(40)
    [due] = (await world.call()).opened
    await world.later()
    world.clock.push(timedelta(minutes=6))
    async with world.db.reading() as unit:
        assert await tables.due_refs(unit, unit.now, 1, on_their_way=True) == [due.ref]
        assert len(await tables.due_refs(unit, unit.now, 9, on_their_way=True)) == 2


async def test_a_kill_in_the_middle_of_a_step_leaves_nothing_half_done(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    [esc] = (await world.call()).opened
    await world.later()
    real = world.outbox.__class__.post
    posts = 0

    async def dies(self: object, unit: Unit, post: object) -> str:
        nonlocal posts
        posts += 1
        if posts == 2:
            raise RuntimeError("killed")
        return await real(self, unit, post)  # type: ignore[arg-type]

    monkeypatch.setattr(world.outbox.__class__, "post", dies)
    again_at = await world.later(5, send=False)
    assert [p.step for p in await world.pages(esc)] == [0], "all of the step or nothing of it"
    assert again_at is not None
    assert again_at <= world.clock.now() + timedelta(seconds=5), "it is tried again soon"
    monkeypatch.undo()
    world.escalation = world.fresh()  # the process comes back with nothing in memory
    await world.later()
    assert [p.step for p in await world.pages(esc)] == [0, 1, 1]
    async with world.db.reading() as unit:
        assert len(await world.outbox.of_ref(unit, esc.ref, Kind.PAGE)) == 3


async def test_one_that_fails_delays_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    [bad] = (await world.call(room=direct(ANA))).opened
    world.clock.push(timedelta(minutes=11))
    [good] = (await world.call()).opened
    await world.later()
    real = Escalations.climb

    async def climb(self: Escalations, unit: Unit, ref: Ref) -> object:
        if ref == bad.ref:
            raise RuntimeError("its row is damaged")
        return await real(self, unit, ref)

    monkeypatch.setattr(Escalations, "climb", climb)
    await world.later(5)
    assert [p.step for p in await world.pages(good)] == [0, 1, 1]


async def test_after_an_outage_every_overdue_step_fires_at_once_and_once(world: World) -> None:
    [esc] = (await world.call()).opened
    await world.later()
    world.clock.push(timedelta(hours=3))
    world.escalation = world.fresh()
    await world.later()
    assert [(p.step, p.room) for p in await world.pages(esc)][1:] == [
        (1, direct(BRUNO)),
        (1, direct(CARLA)),
        *((2, p.room) for p in await world.pages(esc) if p.step == 2),
        *((3, p.room) for p in await world.pages(esc) if p.step == 3),
    ]
    late = world.seen(direct(CARLA))[0].split("\n")[1]
    assert late == f"{esc.ref} · answer at once", "its time was over before it was sent"
    steps = [p.step for p in await world.pages(esc)]
    assert set(steps) == {0, 1, 2, 3}, "the coordinators were paged that very second: not twice"
    people = [(p.step, p.person) for p in await world.pages(esc)]
    assert len(people) == len(set(people))
    assert (await world.now(esc)).state is State.EXHAUSTED
    await world.later(600)
    assert len(await world.pages(esc)) == len(steps)


async def test_a_page_that_is_held_during_an_outage_is_followed_by_every_overdue_step_once(world: World) -> None:
    [esc] = (await world.call()).opened
    world.trust.failing[direct(BRUNO)] = ("room-members-known", "@mallory:evil")
    await world.sender.drain()  # held, and then the process is gone for three hours
    world.clock.push(timedelta(hours=3))
    world.escalation = world.fresh()
    await world.later()
    rung = [r for r in await world.rung(esc) if "lost" not in r]
    assert rung[:3] == ["0 desk-br fallback sent", "1 carla sent", "2 diego sent"]
    assert {r[0] for r in rung} == {"0", "1", "2", "3"}
    people = [(p.step, p.person) for p in await world.pages(esc) if not p.fallback]
    assert len(people) == len(set(people))
    assert (await world.now(esc)).state is State.EXHAUSTED


@pytest.mark.parametrize("stuck", [False, True])
async def test_a_clock_set_back_by_a_day_keeps_nobody_waiting_for_a_day(world: World, stuck: bool) -> None:
    if stuck:
        world.line.dead.add(direct(BRUNO))
    [esc] = (await world.call()).opened
    await world.later()
    assert [p.step for p in await world.pages(esc)] == [0]
    world.clock.push(timedelta(days=-1))
    world.escalation = world.fresh()
    await world.later()
    now = await world.now(esc)
    assert now.position is not None
    if stuck:  # nobody knows for how long it has been on its way: the next means start, and the next step
        assert [r for r in await world.rung(esc) if "lost" not in r] == ["0 desk-br fallback sent", "1 carla sent"]
        return
    assert now.position.due <= world.clock.now() + timedelta(minutes=5)
    await world.later(5)
    assert [p.step for p in await world.pages(esc)] == [0, 1, 1]
    await world.later(10)
    assert [p.step for p in await world.pages(esc)] == [0, 1, 1, 2]
    # And forward again to what it was: a day of outage, every step once.
    world.clock.push(timedelta(days=1))
    await world.later()
    steps = [p.step for p in await world.pages(esc) if not p.fallback]
    assert steps[:4] == [0, 1, 1, 2]
    assert set(steps[4:]) == {3}
    assert (await world.now(esc)).state is State.EXHAUSTED


@pytest.mark.parametrize("jump", [-86400, -3600, -60, 60, 86400])
async def test_a_clock_that_jumps_fires_no_step_twice(world: World, jump: int) -> None:
    """Forward again by an hour is an outage of an hour: what came due in it is made."""
    [esc] = (await world.call()).opened
    await world.later()
    await world.later(5)
    assert [p.step for p in await world.pages(esc)] == [0, 1, 1]
    for by in (jump, -jump, jump, -jump):
        world.clock.push(timedelta(seconds=by))
        await world.later()
    people = [(p.step, p.person) for p in await world.pages(esc)]
    assert len(people) == len(set(people))
    assert [step for step, _ in people] == sorted(step for step, _ in people)
    if abs(jump) == 60:
        assert [step for step, _ in people] == [0, 1, 1]


async def test_it_says_when_to_come_back(world: World) -> None:
    assert await world.escalation.climb_due(world.db) is None
    [esc] = (await world.call()).opened
    start = world.clock.now()
    assert await world.later(send=False) == start + timedelta(seconds=1), "a page is on its way"
    assert await world.later() == start + timedelta(minutes=5)
    async with world.db.unit() as unit:
        await world.escalation.answers.take(unit, esc.ref, world.member(BRUNO), direct(BRUNO))
    assert await world.later() is None


async def test_the_worker_climbs_by_itself(world: World) -> None:
    [esc] = (await world.call()).opened
    stop = asyncio.Event()
    worker = asyncio.create_task(world.escalation.run(world.db, stop))
    await world.send()
    world.clock.push(timedelta(minutes=5))
    async with asyncio.timeout(60):
        while len(await world.pages(esc)) < 3:
            await asyncio.sleep(0.05)
    stop.set()
    await asyncio.wait_for(worker, 60)
    assert [p.step for p in await world.pages(esc)] == [0, 1, 1]
    assert escalations.LONGEST_SLEEP <= 1


async def test_the_bell_wakes_the_worker(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escalations, "LONGEST_SLEEP", 600.0)
    stop = asyncio.Event()
    worker = asyncio.create_task(world.escalation.run(world.db, stop))
    await asyncio.sleep(0.05)
    [esc] = (await world.call()).opened
    world.line.refused.add(direct(BRUNO))
    await world.sender.drain()  # the page fails, and rings
    async with asyncio.timeout(60):
        while len(await world.pages(esc)) < 2:
            await asyncio.sleep(0.05)
    stop.set()
    await asyncio.wait_for(worker, 60)
    assert (await world.rung(esc))[0] == "0 bruno lost"
    assert len(await world.pages(esc)) > 1


async def test_a_command_that_dies_pages_nobody(world: World) -> None:
    with pytest.raises(RuntimeError):
        await _dies(world)
    assert await world.actions() == []
    async with world.db.reading() as unit:
        assert await world.escalation.open_refs(unit, world.member(ANA).organisation) == []
    await world.later()
    assert world.seen(DESK_MX) == []


async def _dies(world: World) -> None:
    real = world.db.unit

    class Dying:
        def __init__(self) -> None:
            self.inner = real()

        async def __aenter__(self) -> Unit:
            return await self.inner.__aenter__()

        async def __aexit__(self, *_: object) -> None:
            error = RuntimeError("killed before the commit")
            await self.inner.__aexit__(type(error), error, None)
            raise error

    world.db.unit = Dying  # type: ignore[assignment,method-assign]
    try:
        await world.call()
    finally:
        del world.db.unit
