"""Tables of the escalations and their queries.  Due times live here, not in sleeping tasks."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from bot.db.base import metadata
from bot.db.types import Json, Utc
from bot.db.unit import Unit
from bot.escalation.model import PageState, State
from bot.outbox.model import State as RowState
from bot.outbox.tables.outbox import outbox

WAITING = [state.value for state in State if state.waiting]
OPEN = [state.value for state in State if not state.final]

escalations = Table(
    "escalations",
    metadata,
    Column("ref", String(16), primary_key=True),
    Column("call", String(32), nullable=False),
    Column("caller_user", String(255), nullable=False),
    Column("caller_name", String(255), nullable=False),
    Column("caller_organisation", String(255), nullable=False),
    Column("caller_device", String(255), nullable=False),
    Column("caller_room", String(255), nullable=False),
    Column("caller_event", String(255), nullable=False),
    Column("caller_thread", String(255)),
    Column("language", String(16), nullable=False),
    Column("organisation", String(255), nullable=False),
    Column("role", String(64), nullable=False),
    Column("person", String(255)),
    Column("severity", String(16), nullable=False),
    Column("tlp", String(16), nullable=False),
    Column("sealed", LargeBinary),
    Column("state", String(16), nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("step", Integer, nullable=False),
    Column("due", Utc),
    Column("look_at", Utc),
    Column("as_of", Utc, nullable=False),
    Column("status_row", String(32)),
    Column("declined", Json, nullable=False),
    Column("taken_by", String(255)),
    Column("taken_name", String(255)),
    Column("taken_organisation", String(255)),
    Column("taken_device", String(255)),
    Column("taken_room", String(255)),
    Column("taken_at", Utc),
    Column("closed_by", String(255)),
    Column("closed_at", Utc),
    Index("ix_escalations_state_due", "state", "due"),
    Index("ix_escalations_state_look_at", "state", "look_at"),
    Index("ix_escalations_organisation_state", "organisation", "state"),
    Index("ix_escalations_caller_organisation_state", "caller_organisation", "state"),
    Index("ix_escalations_call", "call"),
)
"""``step`` fires at ``due``; ``due`` null: the ladder stands still.  ``look_at``: when to look what became of
pages that are still on their way.  ``as_of``: when both were decided; later than now where the clock was set back
since, and then both are decided again."""

pages = Table(
    "escalation_pages",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("ref", String(16), ForeignKey("escalations.ref"), nullable=False),
    Column("step", Integer, nullable=False),
    Column("organisation", String(255), nullable=False),
    Column("person", String(255)),
    Column("name", String(255), nullable=False),
    Column("room", String(255), nullable=False),
    Column("row", String(32), nullable=False),
    Column("full", Boolean, nullable=False),
    Column("fallback", Boolean, nullable=False),
    Column("notice", Boolean, nullable=False),
    Column("zone", String(64)),
    Column("state", String(8), nullable=False),
    Column("paged_at", Utc, nullable=False),
    Index("ix_escalation_pages_ref", "ref"),
    Index("ix_escalation_pages_room_state", "room", "state"),
)

links = Table(
    "escalation_links",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("ref", String(16), ForeignKey("escalations.ref"), nullable=False),
    Column("person", String(255), nullable=False),
    Column("key", String(64), nullable=False),
    Column("step", Integer, nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("until", Utc, nullable=False),
    Index("ix_escalation_links_ref", "ref"),
)
"""Links of letters that can still be used; ``digest``: SHA-256 of the token, in hexadecimal."""

tests = Table(
    "page_tests",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("room", String(255), nullable=False),
    Column("language", String(16), nullable=False),
    Column("status_row", String(32), nullable=False),
    Column("pages", Json, nullable=False),
    Column("begun_at", Utc, nullable=False),
)
"""Tests whose results are not told yet; ``pages``: outbox row and channel of each."""


# --- statements that are asked again and again, built once ------------------------------------------------

_DUE, _ON_THEIR_WAY = (
    select(escalations.c.ref)
    .where(
        escalations.c.state.in_(WAITING),
        or_(escalations.c.due <= bindparam("now"), escalations.c.as_of > bindparam("now"), look),
    )
    .order_by(escalations.c.due.nulls_last(), escalations.c.ref)
    .limit(bindparam("most"))
    for look in (escalations.c.look_at <= bindparam("now"), escalations.c.look_at.is_not(None))
)
_NEXT_LOOKS = [
    select(column).where(escalations.c.state.in_(WAITING), column > bindparam("after")).order_by(column).limit(1)
    for column in (escalations.c.due, escalations.c.look_at)
]


async def add(unit: Unit, row: dict[str, Any]) -> None:
    """A new escalation."""
    await unit.execute(insert(escalations).values(**row))


async def get(unit: Unit, ref: str, *, to_change: bool = False) -> Row[Any] | None:
    """One escalation; ``to_change`` keeps every other unit from changing it until this one ends."""
    query = select(escalations).where(escalations.c.ref == ref)
    return await unit.first(query.with_for_update() if to_change else query)


async def change(unit: Unit, ref: str, **values: Any) -> None:
    """Change one escalation."""
    await unit.execute(update(escalations).where(escalations.c.ref == ref).values(**values))


async def due_refs(unit: Unit, now: datetime, limit: int, *, on_their_way: bool = False) -> list[str]:
    """Escalations of which a step is due, or pages are to be looked at (``on_their_way``: every one that has pages on
    their way); the longest overdue first."""
    rows = await unit.all(_ON_THEIR_WAY if on_their_way else _DUE, now=now, most=limit)
    return [row.ref for row in rows]


async def next_look(unit: Unit, after: datetime) -> datetime | None:
    """The next instant later than ``after`` at which an escalation wants attention."""
    found = [await unit.scalar(query, after=after) for query in _NEXT_LOOKS]
    return min((instant for instant in found if instant is not None), default=None)


async def of_call(unit: Unit, call: str) -> Sequence[Row[Any]]:
    """The escalations that one command opened."""
    return await unit.all(select(escalations).where(escalations.c.call == call).order_by(escalations.c.organisation))


async def waiting_for(unit: Unit, caller: str, organisation: str, severity: str) -> Sequence[Row[Any]]:
    """What this caller has open with an organisation and nobody has taken, newest first."""
    query = select(escalations).where(
        func.lower(escalations.c.caller_organisation) == caller.lower(),
        func.lower(escalations.c.organisation) == organisation.lower(),
        escalations.c.severity == severity,
        escalations.c.state.in_(WAITING),
    )
    return await unit.all(query.order_by(escalations.c.opened_at.desc()).limit(10))


async def open_of(unit: Unit, organisation: str, states: Iterable[str] = OPEN) -> Sequence[Row[Any]]:
    """Everything open (in one of these states) that an organisation called or was called by, newest first."""
    query = select(escalations).where(
        or_(escalations.c.organisation == organisation, escalations.c.caller_organisation == organisation),
        escalations.c.state.in_(list(states)),
    )
    return await unit.all(query.order_by(escalations.c.opened_at.desc(), escalations.c.ref).limit(50))


async def add_page(unit: Unit, row: dict[str, Any]) -> None:
    """A new page; pages of an escalation are numbered in their order."""
    last = await unit.scalar(select(func.max(pages.c.seq)).where(pages.c.ref == row["ref"]))
    await unit.execute(insert(pages).values(seq=int(last or 0) + 1, **row))


async def pages_of(unit: Unit, ref: str) -> Sequence[Row[Any]]:
    """The pages of an escalation, oldest first."""
    return await unit.all(select(pages).where(pages.c.ref == ref).order_by(pages.c.seq))


async def set_page_state(unit: Unit, page_ids: Iterable[str], state: PageState) -> None:
    """What became of pages."""
    await unit.execute(update(pages).where(pages.c.id.in_(list(page_ids))).values(state=state.value))


async def remove_pages(unit: Unit, page_ids: Iterable[str]) -> None:
    """They were never made."""
    await unit.execute(delete(pages).where(pages.c.id.in_(list(page_ids))))


async def answerable(
    unit: Unit, room: str, organisation: str | None = None, since: datetime | None = None
) -> Sequence[Row[Any]]:
    """Escalations (to this organisation) that nobody has taken and that were paged in this room (``since`` then),
    newest first.  A page that is lost for whom it was meant counts where somebody may read it: it went out, or its
    homeserver's answer to that was lost."""
    went = select(outbox.c.id).where(
        outbox.c.id == pages.c.row, or_(outbox.c.state == RowState.SENT.value, outbox.c.attempts > 0)
    )
    query = (
        select(escalations)
        .join(pages, pages.c.ref == escalations.c.ref)
        .where(
            pages.c.room == room,
            or_(pages.c.state != PageState.LOST.value, went.exists()),
            escalations.c.state.in_(WAITING),
        )
        .order_by(escalations.c.opened_at.desc())
    )
    if organisation is not None:
        query = query.where(pages.c.organisation == organisation, escalations.c.organisation == organisation)
    if since is not None:
        query = query.where(pages.c.paged_at >= since)
    seen: dict[str, Row[Any]] = {row.ref: row for row in await unit.all(query)}
    return list(seen.values())


async def add_test(unit: Unit, id_: str, room: str, language: str, status_row: str, pages: list[list[str]]) -> None:
    """A test that has begun."""
    row = {"id": id_, "room": room, "language": language, "status_row": status_row, "pages": pages}
    await unit.execute(insert(tests).values(**row, begun_at=unit.now))


async def read_tests(unit: Unit) -> Sequence[Row[Any]]:
    """Those whose results are not told yet."""
    return await unit.all(select(tests).order_by(tests.c.begun_at, tests.c.id))


async def end_test(unit: Unit, id_: str) -> None:
    """Its results are told."""
    await unit.execute(delete(tests).where(tests.c.id == id_))


async def add_link(unit: Unit, row: dict[str, Any]) -> None:
    """A new link."""
    await unit.execute(insert(links).values(**row))


async def get_link(unit: Unit, digest: str) -> Row[Any] | None:
    """The link of this digest."""
    return await unit.first(select(links).where(links.c.digest == digest))


async def end_links(unit: Unit, ref: str) -> None:
    """No link of this escalation can be used any more."""
    await unit.execute(delete(links).where(links.c.ref == ref))
