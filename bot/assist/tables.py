"""Tables of offers and requests, and their queries."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Row,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from bot.assist.model import State
from bot.db.base import metadata
from bot.db.types import Utc
from bot.db.unit import Unit

offers = Table(
    "assist_offers",
    metadata,
    Column("organisation", String(255), primary_key=True),
    Column("service", String(8), primary_key=True),
    Column("offered_by", String(255), nullable=False),
    Column("offered_at", Utc, nullable=False),
    Index("ix_assist_offers_service", "service"),
)

requests = Table(
    "assist_requests",
    metadata,
    Column("ref", String(16), primary_key=True),
    Column("organisation", String(255), nullable=False),
    Column("user", String(255), nullable=False),
    Column("name", String(255), nullable=False),
    Column("device", String(255), nullable=False),
    Column("room", String(255), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("event", String(255), nullable=False),
    Column("said", String(255), nullable=False),
    Column("language", String(16), nullable=False),
    Column("service", String(8), nullable=False),
    Column("tlp", String(16), nullable=False),
    Column("sealed", LargeBinary),
    Column("state", String(16), nullable=False),
    Column("asked_at", Utc, nullable=False),
    Column("widen_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("taken_by", String(255)),
    Column("exchange", String(16)),
    Index("ix_assist_requests_state", "state"),
)
"""``sealed``: the text, until the request is settled."""

asked = Table(
    "assist_asked",
    metadata,
    Column("ref", String(16), ForeignKey("assist_requests.ref"), primary_key=True),
    Column("organisation", String(255), primary_key=True),
    Column("first", Boolean, nullable=False),
    Column("row_id", String(32)),
    Column("reply", String(16)),
    Index("ix_assist_asked_organisation", "organisation"),
)
"""Whom a request is for; ``row_id`` is empty until they are asked."""


# --- offers -------------------------------------------------------------------------------------------------


async def offers_of(unit: Unit, organisation: str) -> Sequence[str]:
    """What an organisation offers."""
    query = select(offers.c.service).where(offers.c.organisation == organisation)
    return [row.service for row in await unit.all(query.order_by(offers.c.service))]


async def offering(unit: Unit, service: str) -> Sequence[str]:
    """Who offers a service."""
    query = select(offers.c.organisation).where(offers.c.service == service)
    return [row.organisation for row in await unit.all(query.order_by(offers.c.organisation))]


async def add_offer(unit: Unit, organisation: str, service: str, by: str) -> None:
    """A new offer."""
    row = {"organisation": organisation, "service": service, "offered_by": by, "offered_at": unit.now}
    await unit.execute(insert(offers).values(**row))


async def end_offer(unit: Unit, organisation: str, service: str) -> bool:
    """It is not offered any more; False if it was not."""
    gone = delete(offers).where(offers.c.organisation == organisation, offers.c.service == service)
    return (await unit.execute(gone)).rowcount > 0


# --- requests -----------------------------------------------------------------------------------------------


async def request(unit: Unit, ref: str) -> Row[Any] | None:
    """One request."""
    return await unit.first(select(requests).where(requests.c.ref == ref))


async def add_request(unit: Unit, row: dict[str, Any], whom: Iterable[dict[str, Any]]) -> None:
    """A new request, and whom it is for."""
    await unit.execute(insert(requests).values(**row))
    for each in whom:
        await unit.execute(insert(asked).values(ref=row["ref"], **each))


async def settle(unit: Unit, ref: str, state: State, **values: Any) -> bool:
    """An open request ends, once, and its text is wiped; False if it had ended before."""
    query = update(requests).where(requests.c.ref == ref, requests.c.state == State.OPEN.value)
    return (await unit.execute(query.values(state=state.value, sealed=None, **values))).rowcount > 0


async def hold(unit: Unit, ref: str) -> bool:
    """Nobody settles it before this unit ends; False if it is over."""
    query = update(requests).where(requests.c.ref == ref, requests.c.state == State.OPEN.value)
    return (await unit.execute(query.values(state=State.OPEN.value))).rowcount > 0


async def became(unit: Unit, ref: str, exchange: str) -> None:
    """The exchange in which it goes on."""
    await unit.execute(update(requests).where(requests.c.ref == ref).values(exchange=exchange))


async def open_requests(unit: Unit) -> Sequence[Row[Any]]:
    """All that wait, oldest first."""
    query = select(requests).where(requests.c.state == State.OPEN.value)
    return await unit.all(query.order_by(requests.c.asked_at, requests.c.ref))


async def open_of(unit: Unit, organisation: str) -> Sequence[Row[Any]]:
    """What an organisation asks for, oldest first."""
    query = select(requests).where(requests.c.state == State.OPEN.value, requests.c.organisation == organisation)
    return await unit.all(query.order_by(requests.c.asked_at, requests.c.ref))


async def open_for(unit: Unit, organisation: str) -> Sequence[Row[Any]]:
    """What an organisation was asked for and has not declined, oldest first."""
    query = (
        select(requests)
        .join(asked, asked.c.ref == requests.c.ref)
        .where(
            requests.c.state == State.OPEN.value,
            asked.c.organisation == organisation,
            asked.c.row_id.is_not(None),
            asked.c.reply.is_(None),
        )
    )
    return await unit.all(query.order_by(requests.c.asked_at, requests.c.ref))


async def asked_of(unit: Unit, ref: str) -> Sequence[Row[Any]]:
    """Whom a request is for, those who are asked first in front."""
    query = select(asked).where(asked.c.ref == ref)
    return await unit.all(query.order_by(asked.c.first.desc(), asked.c.organisation))


async def change_asked(unit: Unit, ref: str, organisation: str, **values: Any) -> None:
    """They are asked now, or have replied."""
    query = update(asked).where(asked.c.ref == ref, asked.c.organisation == organisation)
    await unit.execute(query.values(**values))
