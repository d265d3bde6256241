"""Tables of incidents, and their queries.  Texts are sealed; names, users and times are not."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    insert,
    select,
    update,
)

from bot.db.base import metadata
from bot.db.types import Utc
from bot.db.unit import Unit

incidents = Table(
    "incidents",
    metadata,
    Column("ref", String(16), primary_key=True),
    Column("code_name", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("tlp", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("commander_user", String(255), nullable=False),
    Column("commander_name", String(255), nullable=False),
    Column("commander_organisation", String(255), nullable=False),
    Column("commander_device", String(255), nullable=False),
    Column("origin_room", String(255), nullable=False),
    Column("origin_event", String(255), nullable=False, unique=True),
    Column("language", String(16), nullable=False),
    Column("room", String(255), unique=True),
    Column("card_row", String(32)),
    Column("report_mark", String(64)),
    Column("opened_at", Utc, nullable=False),
    Column("room_at", Utc),
    Column("closed_at", Utc),
    Column("closed_by", String(512)),
    Index("ix_incidents_state", "state"),
)

incident_organisations = Table(
    "incident_organisations",
    metadata,
    Column("ref", String(16), ForeignKey("incidents.ref"), primary_key=True),
    Column("organisation", String(255), primary_key=True),
    Column("since", Utc, nullable=False),
)

incident_people = Table(
    "incident_people",
    metadata,
    Column("ref", String(16), ForeignKey("incidents.ref"), primary_key=True),
    Column("user", String(255), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("organisation", String(255)),
    Column("presence", String(16), nullable=False),
    Column("since", Utc, nullable=False),
    Index("ix_incident_people_user", "user"),
)

incident_timeline = Table(
    "incident_timeline",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("ref", String(16), ForeignKey("incidents.ref"), nullable=False),
    Column("at", Utc, nullable=False),
    Column("happening", String(16), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("ix_incident_timeline_ref_seq", "ref", "seq"),
)


async def incident(unit: Unit, ref: str) -> Row[Any] | None:
    """One incident."""
    return await unit.first(select(incidents).where(incidents.c.ref == ref))


async def incident_of_room(unit: Unit, room: str) -> Row[Any] | None:
    """The incident whose room this is."""
    return await unit.first(select(incidents).where(incidents.c.room == room))


async def in_states(unit: Unit, states: Iterable[str]) -> Sequence[Row[Any]]:
    """Incidents in these states, oldest first."""
    return await unit.all(
        select(incidents).where(incidents.c.state.in_(list(states))).order_by(incidents.c.opened_at, incidents.c.ref)
    )


async def code_names(unit: Unit) -> set[str]:
    """Every code name that was ever given: none is given twice while there are others."""
    return {row.code_name for row in await unit.all(select(incidents.c.code_name))}


async def add_incident(unit: Unit, row: dict[str, Any]) -> None:
    """Put one incident in."""
    await unit.execute(insert(incidents).values(**row))


async def change_incident(unit: Unit, ref: str, from_states: Iterable[str], **values: Any) -> bool:
    """Change one incident if it is still in one of these states; False if not."""
    done = await unit.execute(
        update(incidents).where(incidents.c.ref == ref, incidents.c.state.in_(list(from_states))).values(**values)
    )
    return done.rowcount == 1


async def organisations(unit: Unit, ref: str) -> list[str]:
    """Who takes part, in the order in which they came in."""
    rows = await unit.all(
        select(incident_organisations.c.organisation)
        .where(incident_organisations.c.ref == ref)
        .order_by(incident_organisations.c.since, incident_organisations.c.organisation)
    )
    return [row.organisation for row in rows]


async def add_organisations(unit: Unit, ref: str, handles: Iterable[str]) -> list[str]:
    """Let these take part; returns those that did not yet."""
    there = set(await organisations(unit, ref))
    new = [handle for handle in dict.fromkeys(handles) if handle not in there]
    if new:
        await unit.execute(
            insert(incident_organisations), [{"ref": ref, "organisation": h, "since": unit.now} for h in new]
        )
    return new


async def people(unit: Unit, ref: str) -> Sequence[Row[Any]]:
    """Everybody that enlace invited or removed, in the order of their last change."""
    return await unit.all(
        select(incident_people)
        .where(incident_people.c.ref == ref)
        .order_by(incident_people.c.since, incident_people.c.user)
    )


async def put_person(
    unit: Unit, ref: str, user: str, *, presence: str, name: str | None = None, organisation: str | None = None
) -> None:
    """Note how far somebody is in; ``name`` and ``organisation`` are kept where they are not given."""
    values: dict[str, Any] = {"presence": presence, "since": unit.now}
    values |= {k: v for k, v in {"name": name, "organisation": organisation}.items() if v is not None}
    where = (incident_people.c.ref == ref, incident_people.c.user == user)
    if (await unit.execute(update(incident_people).where(*where).values(**values))).rowcount == 0:
        await unit.execute(insert(incident_people).values(ref=ref, user=user, **({"name": user} | values)))


async def of_person(unit: Unit, user: str, presences: Iterable[str], states: Iterable[str]) -> list[str]:
    """References of the incidents in these states in which this person is so far in, oldest first."""
    rows = await unit.all(
        select(incidents.c.ref)
        .join(incident_people, incident_people.c.ref == incidents.c.ref)
        .where(
            incident_people.c.user == user,
            incident_people.c.presence.in_(list(presences)),
            incidents.c.state.in_(list(states)),
        )
        .order_by(incidents.c.opened_at, incidents.c.ref)
    )
    return [row.ref for row in rows]


async def add_line(unit: Unit, row: dict[str, Any]) -> None:
    """Put one line on a timeline."""
    await unit.execute(insert(incident_timeline).values(**row))


async def timeline(unit: Unit, ref: str) -> Sequence[Row[Any]]:
    """The timeline, oldest line first."""
    return await unit.all(
        select(incident_timeline).where(incident_timeline.c.ref == ref).order_by(incident_timeline.c.seq)
    )
