"""Proposals, who approved them, whom they were shown to."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Integer, Row, String, Table, Text, insert, select, update

from bot.db.base import metadata
from bot.db.types import Utc
from bot.db.unit import Unit
from bot.directory.rules.proposing import Proposal, State
from bot.ids import Ref, UserId

proposals = Table(
    "proposals",
    metadata,
    Column("ref", String(16), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("proposer", String(255)),
    Column("who", String(255)),
    Column("file", String(255), nullable=False),
    Column("file_sha256", String(64), nullable=False),
    Column("what", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("needed", Integer, nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("ended_by", String(255)),
    Index("ix_proposals_state", "state"),
)

approvals = Table(
    "proposal_approvals",
    metadata,
    Column("ref", String(16), primary_key=True),
    Column("user", String(255), primary_key=True),
    Column("means", String(8), nullable=False),
    Column("given_at", Utc, nullable=False),
)
"""``means``: ``chat`` or ``file``.  A coordinator counts once."""

told = Table(
    "proposal_news",
    metadata,
    Column("ref", String(16), primary_key=True),
    Column("user", String(255), primary_key=True),
    Column("state", String(16), primary_key=True),
    Column("said_at", Utc, nullable=False),
)
"""Which coordinator was told of which state."""


async def add(unit: Unit, proposal: Proposal) -> None:
    """A new one."""
    values = {column.name: getattr(proposal, column.name) for column in proposals.columns}
    await unit.execute(insert(proposals).values(**{**values, "state": proposal.state.value}))


async def lock_open(unit: Unit) -> None:
    """One approval at a time: others wait until this unit has ended."""
    await unit.execute(select(proposals.c.ref).where(proposals.c.state == State.OPEN.value).with_for_update())


async def find(unit: Unit, ref: Ref) -> Proposal | None:
    """The proposal of this reference."""
    row = await unit.first(select(proposals).where(proposals.c.ref == ref))
    return _proposal(row) if row else None


async def read_open(unit: Unit) -> list[Proposal]:
    """Those that wait, also past their time, oldest first."""
    query = select(proposals).where(proposals.c.state == State.OPEN.value)
    return [_proposal(row) for row in await unit.all(query.order_by(proposals.c.made_at, proposals.c.ref))]


async def read_ended(unit: Unit, since: datetime) -> list[Proposal]:
    """Those that have ended since, oldest first."""
    query = select(proposals).where(proposals.c.ended_at >= since)
    return [_proposal(row) for row in await unit.all(query.order_by(proposals.c.ended_at, proposals.c.ref))]


async def end(unit: Unit, ref: Ref, state: State, by: UserId | None) -> bool:
    """True exactly once for each proposal."""
    query = update(proposals).where(proposals.c.ref == ref, proposals.c.state == State.OPEN.value)
    return bool((await unit.execute(query.values(state=state.value, ended_at=unit.now, ended_by=by))).rowcount)


async def read_approvals(unit: Unit, ref: Ref) -> dict[UserId, str]:
    """Who approved, and by which means."""
    query = select(approvals).where(approvals.c.ref == ref).order_by(approvals.c.given_at, approvals.c.user)
    return {UserId(row.user): row.means for row in await unit.all(query)}


async def put_approval(unit: Unit, ref: Ref, user: UserId, means: str) -> None:
    """One coordinator's word."""
    await unit.execute(insert(approvals).values(ref=ref, user=user, means=means, given_at=unit.now))


async def read_told(unit: Unit) -> set[tuple[Ref, UserId, State]]:
    """Everything that was said to coordinators."""
    return {(Ref(row.ref), UserId(row.user), State(row.state)) for row in await unit.all(select(told))}


async def put_told(unit: Unit, ref: Ref, user: UserId, state: State) -> None:
    """It is being said."""
    await unit.execute(insert(told).values(ref=ref, user=user, state=state.value, said_at=unit.now))


def _proposal(row: Row[Any]) -> Proposal:
    return Proposal(
        ref=Ref(row.ref),
        state=State(row.state),
        proposer=UserId(row.proposer) if row.proposer else None,
        who=row.who,
        file=row.file,
        file_sha256=row.file_sha256,
        what=row.what,
        digest=row.digest,
        needed=row.needed,
        made_at=row.made_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        ended_by=UserId(row.ended_by) if row.ended_by else None,
    )
