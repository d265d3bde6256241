"""Since when an organisation can be asked whether its entry is right, and when it was asked last."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Column, String, Table, insert, select, update

from bot.db.base import metadata
from bot.db.unit import Unit
from bot.ids import Handle

confirmations = Table(
    "entry_confirmations",
    metadata,
    Column("organisation", String(63), primary_key=True),
    Column("since", String(10), nullable=False),
    Column("asked", String(10)),
)
"""Days as ISO 8601 writes them; ``organisation`` is the handle case-folded.  No foreign key: an entry that changes is
taken out and put in again.  When and by whom it was confirmed stands in the entry itself."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What is known of asking an organisation."""

    since: date
    """From when on it could be asked."""
    asked: date | None = None
    """For which day it was asked last (:func:`bot.directory.rules.confirming.asked_on`)."""


async def read(unit: Unit) -> dict[str, Asking]:
    """By handle, case-folded."""
    return {
        row.organisation: Asking(date.fromisoformat(row.since), date.fromisoformat(row.asked) if row.asked else None)
        for row in await unit.all(select(confirmations))
    }


async def begin(unit: Unit, handles: Iterable[Handle]) -> None:
    """These can be asked from today on."""
    since = unit.now.date().isoformat()
    rows = [{"organisation": handle.casefold(), "since": since} for handle in handles]
    await unit.execute(insert(confirmations), rows)


async def mark_asked(unit: Unit, handle: Handle, day: date) -> bool:
    """It is being asked; True once for each day."""
    column, new = confirmations.c.asked, day.isoformat()
    query = update(confirmations).where(confirmations.c.organisation == handle.casefold())
    done = await unit.execute(query.where(column.is_(None) | (column < new)).values(asked=new))
    return bool(done.rowcount)
