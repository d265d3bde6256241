"""Workers are kept alive, stop in order, and give up only on what is hopeless."""

import asyncio

import pytest

from bot.workers.tasks import Worker, Workers


class Hopeless(Exception):
    pass


async def test_a_failing_worker_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = 0
    stop = asyncio.Event()

    async def shaky(own: asyncio.Event) -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise RuntimeError("once")
        stop.set()
        await own.wait()

    await asyncio.wait_for(Workers([Worker("shaky", shaky)], (Hopeless,)).run(stop), 60)
    assert runs == 2


async def test_the_hopeless_stops_all_and_is_raised() -> None:
    ended = []

    async def steady(own: asyncio.Event) -> None:
        await own.wait()
        ended.append("steady")

    async def lost(_own: asyncio.Event) -> None:
        raise Hopeless

    with pytest.raises(Hopeless):
        await asyncio.wait_for(
            Workers([Worker("steady", steady), Worker("lost", lost)], (Hopeless,)).run(asyncio.Event()), 60
        )
    assert ended == ["steady"]


async def test_they_stop_in_order() -> None:
    ended = []
    stop = asyncio.Event()

    def named(name: str) -> Worker:
        async def work(own: asyncio.Event) -> None:
            await own.wait()
            ended.append(name)

        return Worker(name, work)

    asyncio.get_running_loop().call_later(0.05, stop.set)
    await asyncio.wait_for(Workers([named("in"), named("middle"), named("out")], (Hopeless,)).run(stop), 60)
    assert ended == ["in", "middle", "out"]
