"""Work at the edge that must happen once, and what is to be told later; within the caller's unit."""

from collections.abc import Mapping
from typing import Any

from bot.db.unit import Unit
from bot.outbox import rules
from bot.outbox.model import Job
from bot.outbox.tables import jobs

BELL_JOBS = "jobs"
AFTER_LOSS = "after-loss"
"""Reason, and kind and state of what is told later: none of the queued jobs."""


class Jobs:
    """Jobs and notes."""

    async def note(self, unit: Unit, key: str, payload: Mapping[str, Any]) -> None:
        """Remember that something has to be said later, once per ``key``; names and ids only."""
        row = {"id": unit.new_id(), "kind": AFTER_LOSS, "key": key, "payload": dict(payload)}
        await jobs.add_job(unit, {**row, "state": AFTER_LOSS, "attempts": 0, "next_try": unit.now})

    async def notes(self, unit: Unit) -> list[Job]:
        """What :meth:`note` was given and nobody was told yet."""
        return [_job(row) for row in await jobs.jobs_in(unit, AFTER_LOSS)]

    async def note_done(self, unit: Unit, note: Job) -> bool:
        """It is being said in this very unit; False if it was before."""
        row = await jobs.job_by_key(unit, note.key)
        if row is None or row.state != AFTER_LOSS:
            return False
        await jobs.change_job(unit, note.id, state="done")
        return True

    async def job(self, unit: Unit, kind: str, key: str, payload: Mapping[str, Any]) -> bool:
        """Ask for work at the edge, once per ``key``; False if it was asked for before.

        The payload is stored in the clear: names and ids only."""
        added = await jobs.add_job(
            unit,
            {
                "id": unit.new_id(),
                "kind": kind,
                "key": key,
                "payload": dict(payload),
                "state": "queued",
                "attempts": 0,
                "next_try": unit.now,
            },
        )
        unit.ring(BELL_JOBS)
        return added

    async def due_jobs(self, unit: Unit, limit: int) -> list[Job]:
        """Jobs to do now."""
        return [_job(row) for row in await jobs.due_jobs(unit, unit.now, limit)]

    async def jobs_of(self, unit: Unit, kind: str) -> list[Job]:
        """All jobs of this kind, also those that have ended."""
        return [_job(row) for row in await jobs.jobs_of(unit, kind)]

    async def find_job(self, unit: Unit, key: str) -> Job | None:
        """One job by its key."""
        row = await jobs.job_by_key(unit, key)
        return _job(row) if row else None

    async def job_done(self, unit: Unit, job: Job, result: Mapping[str, Any]) -> None:
        """The work happened."""
        await jobs.change_job(unit, job.id, state="done", result=dict(result))

    async def job_again(self, unit: Unit, job: Job) -> None:
        """The work did not happen; later."""
        await jobs.change_job(
            unit, job.id, attempts=job.attempts + 1, next_try=rules.next_try(job.attempts + 1, unit.now)
        )

    async def job_failed(self, unit: Unit, job: Job, reason: str) -> None:
        """The work will not happen."""
        await jobs.change_job(unit, job.id, state="failed", result={"reason": reason[:255]})


def _job(row: Any) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        key=row.key,
        payload=row.payload,
        attempts=int(row.attempts),
        next_try=row.next_try,
        state=row.state,
        result=row.result,
    )
