"""The tasks of the running service: how they are kept alive, and in which order they stop.

A worker is a coroutine function that runs until the event it is given is set.  One that raises is started
again after a pause that doubles from 1 s to 1 min; what cannot be mended by trying again
(:class:`Hopeless` errors) stops the whole service, loudly.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.db.unit import Database
from bot.logs import logger
from bot.tasks import end, rung, woken

log = logger(__name__)

Work = Callable[[asyncio.Event], Awaitable[None]]
LONGEST_PAUSE = 60.0
STOP_WITHIN = 10.0


@dataclass(frozen=True, slots=True)
class Worker:
    """One task."""

    name: str
    work: Work


class Workers:
    """Starts the workers in the given order and stops them in that order too: first what takes in, last what
    sends out, so that a stop leaves as little undone as possible."""

    def __init__(self, workers: Sequence[Worker], hopeless: tuple[type[BaseException], ...]) -> None:
        self._workers = workers
        self._hopeless = hopeless
        self._failed: BaseException | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Run until ``stop`` is set; raises what made the service hopeless."""
        own_stop = [asyncio.Event() for _ in self._workers]
        tasks = [
            asyncio.create_task(self._keep(worker, event, stop), name=worker.name)
            for worker, event in zip(self._workers, own_stop, strict=True)
        ]
        await stop.wait()
        deadline = asyncio.get_running_loop().time() + STOP_WITHIN
        for worker, event, task in zip(self._workers, own_stop, tasks, strict=True):
            event.set()
            left = max(deadline - asyncio.get_running_loop().time(), 0.2)
            _, late = await asyncio.wait([task], timeout=left)
            if late:
                log.warning("worker.cut-off", worker=worker.name)
                task.cancel()
        await end(*tasks)
        if self._failed is not None:
            raise self._failed

    async def _keep(self, worker: Worker, own_stop: asyncio.Event, stop: asyncio.Event) -> None:
        pause = 1.0
        while not own_stop.is_set():
            started = asyncio.get_running_loop().time()
            try:
                await worker.work(own_stop)
            except self._hopeless as error:
                log.critical("worker.hopeless", worker=worker.name, error=str(error))
                self._failed = error
                stop.set()
                return
            except Exception:
                log.exception("worker.failed", worker=worker.name, again_in_seconds=pause)
                if asyncio.get_running_loop().time() - started > LONGEST_PAUSE:
                    pause = 1.0
                await rung(own_stop, pause)
                pause = min(pause * 2, LONGEST_PAUSE)


def periodic(database: Database, bell: str, seconds: float, step: Callable[[], Awaitable[float | None]]) -> Work:
    """A worker that does ``step`` whenever ``bell`` rings, and at the latest after ``seconds``, or after as many
    seconds as the last step asked for."""
    event = database.listen(bell)

    async def work(stop: asyncio.Event) -> None:
        with woken(event, by=stop):
            while not stop.is_set():
                event.clear()
                asked = await step()
                wait = seconds if asked is None else max(min(asked, seconds), 0.05)
                await rung(event, wait)

    return work
