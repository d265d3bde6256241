"""Jobs at the edge: in order within a lane, side by side otherwise; none holds up what does not wait for it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from bot.db.unit import Database, Unit
from bot.errors import NotDone
from bot.outbox.model import Job
from bot.ports import RoomWorks
from bot.workers import JobLanes
from bot.workers.jobs import LANES, MOST_TRIES
from tests.harness.calling import World, build

PATIENCE = 20.0


class Refused(NotDone):
    """It did not work."""

    code = "test-refused"


class Works:
    """Jobs that are done at once, hang, are refused, or break."""

    kinds = frozenset({"make", "invite"})

    def __init__(self, world: World) -> None:
        self._outbox = world.outbox
        self.begun: list[str] = []
        self.done: list[str] = []
        self.lost: list[str] = []
        self.hang: set[str] = set()
        self.refuse: set[str] = set()
        self.broken: set[str] = set()

    async def perform(self, job: Job, rooms: RoomWorks, db: Database) -> None:
        self.begun.append(job.key)
        if job.key in self.hang:
            await asyncio.Event().wait()
        if job.key in self.refuse:
            raise Refused
        if job.key in self.broken:
            raise KeyError(job.key)
        async with db.unit() as unit:
            await self._outbox.job_done(unit, job, {})
        self.done.append(job.key)

    async def gave_up(self, unit: Unit, job: Job, reason: str) -> None:
        await self._outbox.job_failed(unit, job, reason)
        self.lost.append(job.key)


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    made = await build(database_url)
    yield made
    await made.db.close()


async def ask(world: World, key: str, kind: str = "make", **payload: Any) -> None:
    async with world.db.unit() as unit:
        await world.outbox.job(unit, kind, key, payload or {"ref": key})


async def state(world: World, key: str) -> tuple[str, Mapping[str, Any] | None]:
    async with world.db.reading() as unit:
        job = await world.outbox.find_job(unit, key)
    assert job is not None
    return job.state, job.result


def jobs(world: World, works: Works) -> JobLanes:
    return JobLanes(world.db, world.outbox, None, (works,))  # type: ignore[arg-type]


@asynccontextmanager
async def running(world: World, works: Works) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(jobs(world, works).run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, PATIENCE)


async def until(met: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        while not met():
            await asyncio.sleep(0.01)


async def test_who_never_answers_holds_up_only_what_waits_for_them(world: World) -> None:
    works = Works(world)
    works.hang |= {"INC-1", "lost invitation"}
    await ask(world, "INC-1")
    await ask(world, "INC-1 card", ref="INC-1")
    await ask(world, "INC-2")
    await ask(world, "lost invitation", "invite", ref="INC-2", user="@ana:away.example")
    async with running(world, works):
        await until(lambda: works.done == ["INC-2"])
        await ask(world, "another invitation", "invite", ref="INC-2", user="@luis:cert.mx")
        await ask(world, "INC-2 card", ref="INC-2")
        await ask(world, "desk", organisation="CERT-MX")
        await until(lambda: len(works.done) == 4)
    assert set(works.done) == {"INC-2", "another invitation", "INC-2 card", "desk"}
    assert "INC-1 card" not in works.begun
    assert (await state(world, "INC-1"))[0] == "queued", "a stop loses nothing"


async def test_a_lane_keeps_its_order(world: World) -> None:
    works = Works(world)
    for number in range(5):
        await ask(world, f"step {number}", ref="INC-1")
    async with running(world, works):
        await until(lambda: len(works.done) == 5)
    assert works.done == [f"step {number}" for number in range(5)]


async def test_one_that_breaks_stops_no_other_and_is_kept(world: World) -> None:
    works = Works(world)
    works.broken.add("broken")
    await ask(world, "broken")
    await ask(world, "whole")
    await ask(world, "nobody's", "unheard-of")
    async with running(world, works):
        await until(lambda: works.done == ["whole"])
        await asyncio.sleep(0.2)
        assert works.begun.count("broken") == 1, "it is not tried without a pause"
    assert (await state(world, "broken"))[0] == "queued"
    assert (await state(world, "nobody's")) == ("failed", {"reason": "no such job: unheard-of"})


async def test_no_more_at_once_than_there_are_lanes(world: World) -> None:
    works = Works(world)
    keys = [f"INC-{number}" for number in range(LANES + 3)]
    works.hang |= set(keys)
    for key in keys:
        await ask(world, key)
    async with running(world, works):
        await until(lambda: len(works.begun) >= LANES)
        await asyncio.sleep(0.2)
    assert len(works.begun) == LANES


async def test_what_is_refused_comes_again_and_is_given_up_at_last(world: World) -> None:
    works = Works(world)
    works.refuse.add("INC-1")
    await ask(world, "INC-1")
    for tried in range(1, MOST_TRIES + 1):
        await jobs(world, works).work_off()
        assert len(works.begun) == tried
        await jobs(world, works).work_off()
        assert len(works.begun) == tried, "its time has not come"
        world.clock.push(timedelta(minutes=3))
    assert works.lost == ["INC-1"]
    assert (await state(world, "INC-1"))[0] == "failed"


async def test_what_is_done_while_we_look_is_not_done_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    works = Works(world)
    look, stale, looks = world.outbox.due_jobs, asyncio.Event(), 0
    finish = asyncio.Event()

    async def due_jobs(unit: Unit, limit: int) -> list[Job]:
        """The second look begins before the job is done, and ends after it."""
        nonlocal looks
        looks += 1
        found = await look(unit, limit)
        if looks == 2:
            stale.set()
            await until(lambda: works.done)
            await asyncio.sleep(0.05)
        return found

    async def perform(job: Job, rooms: RoomWorks, db: Database) -> None:
        await finish.wait()
        await Works.perform(works, job, rooms, db)

    monkeypatch.setattr(world.outbox, "due_jobs", due_jobs)
    monkeypatch.setattr(works, "perform", perform)
    await ask(world, "INC-1")
    async with running(world, works):
        await until(lambda: looks == 1)
        world.db.ring("jobs")
        async with asyncio.timeout(PATIENCE):
            await stale.wait()
        finish.set()
        await until(lambda: looks >= 3)
        await asyncio.sleep(0.1)
    assert works.begun == ["INC-1"]
