"""The communication checks of networks: the last one of each, and what was said about the next."""

from datetime import date

from sqlalchemy import Column, String, Table, Text, delete, insert, select, update

from bot.db.base import metadata
from bot.db.unit import Unit
from bot.directory.rules.checks import Check

network_checks = Table(
    "network_checks",
    metadata,
    Column("network", String(63), primary_key=True),
    Column("since", String(10), nullable=False),
    Column("last", String(10)),
    Column("by", Text, nullable=False),
    Column("said", String(32), nullable=False),
)
"""Days as ISO 8601 writes them.  Earlier checks stand in the log."""


async def read_checks(unit: Unit) -> dict[str, Check]:
    """By network."""
    rows = await unit.all(select(network_checks))
    return {
        row.network: Check(
            row.network,
            date.fromisoformat(row.since),
            date.fromisoformat(row.last) if row.last else None,
            row.by,
            row.said,
        )
        for row in rows
    }


async def put_check(unit: Unit, check: Check) -> None:
    """In place of what was known."""
    await unit.execute(delete(network_checks).where(network_checks.c.network == check.network))
    row = {
        "network": check.network,
        "since": check.since.isoformat(),
        "last": check.last.isoformat() if check.last else None,
        "by": check.by,
        "said": check.said,
    }
    await unit.execute(insert(network_checks).values(**row))


async def mark_said(unit: Unit, network: str, said: str) -> None:
    """It is being said."""
    await unit.execute(update(network_checks).where(network_checks.c.network == network).values(said=said))
