"""Work at the edge that must happen once: each job in its lane, and lanes side by side, so that a homeserver which does
not answer holds up only what waits for it."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Protocol

from bot.db.unit import Database, Unit
from bot.errors import EnlaceError
from bot.logs import logger
from bot.outbox.model import Job
from bot.outbox.service import BELL_JOBS, Outbox
from bot.ports import RoomWorks
from bot.tasks import end, rung, woken

log = logger(__name__)

LANES = 32
"""Jobs under way at once."""
MOST = 500
"""Jobs that are looked at to find some whose lane is free."""
LOOK_EVERY = 5.0
BROKEN_WAIT = 30.0
"""Seconds for which the lane of a job waits that broke in a way that nobody foresaw; it is not given up."""
MOST_TRIES = 60
"""Attempts at a job before it is given up: with the outbox's pauses, about two hours."""


class JobWorks(Protocol):
    """A slice's work at the edge."""

    @property
    def kinds(self) -> frozenset[str]:
        """The jobs that are its."""

    async def perform(self, job: Job, rooms: RoomWorks, db: Database) -> None:
        """Do one, or raise."""

    async def gave_up(self, unit: Unit, job: Job, reason: str) -> None:
        """It failed too often."""


class JobLanes:
    """Works off the jobs that are due; one that cannot be done is put off, and at last given up and said so."""

    def __init__(self, database: Database, outbox: Outbox, rooms: RoomWorks, works: Sequence[JobWorks]) -> None:
        self._db = database
        self._outbox = outbox
        self._rooms = rooms
        self._works = {kind: work for work in works for kind in work.kinds}
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._bell = database.listen(BELL_JOBS)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set.  What is under way then is broken off: each job can die anywhere."""
        try:
            with woken(self._bell, by=stop):
                while not stop.is_set():
                    self._bell.clear()
                    await self._start_due()
                    await rung(self._bell, LOOK_EVERY)
        finally:
            await end(*self._busy.values())

    async def work_off(self) -> None:
        """Do what is due now, one after the other, and raise what breaks (for tests)."""
        for job in await self._due():
            await self._do(job)

    async def _due(self) -> list[Job]:
        async with self._db.reading() as unit:
            return await self._outbox.due_jobs(unit, MOST)

    async def _start_due(self) -> None:
        before = set(self._busy)  # what ends while we look is in what we see as it was
        for job in await self._due():
            if job.lane not in before | self._busy.keys() and len(self._busy) < LANES:
                task = self._busy[job.lane] = asyncio.create_task(self._serve(job), name=f"job {job.key}")
                task.add_done_callback(partial(self._free, job.lane))

    def _free(self, lane: str, _task: asyncio.Task[None]) -> None:
        self._busy.pop(lane, None)
        self._bell.set()

    async def _serve(self, job: Job) -> None:
        try:
            await self._do(job)
        except Exception:  # of ours, or the database: its lane waits, and the others go on
            log.exception("job.broke", job=job.kind, key=job.key)
            await asyncio.sleep(BROKEN_WAIT)

    async def _do(self, job: Job) -> None:
        works = self._works.get(job.kind)
        if works is None:
            async with self._db.unit() as unit:
                await self._outbox.job_failed(unit, job, f"no such job: {job.kind}")
            return
        try:
            await works.perform(job, self._rooms, self._db)
        except EnlaceError as error:
            log.warning("job.not-done", job=job.kind, key=job.key, error=error, attempt=job.attempts + 1)
            await self._again(job, works, str(error))

    async def _again(self, job: Job, works: JobWorks, reason: str) -> None:
        async with self._db.unit() as unit:
            if job.attempts + 1 >= MOST_TRIES:
                await works.gave_up(unit, job, reason)
            else:
                await self._outbox.job_again(unit, job)
