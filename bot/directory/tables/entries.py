"""Networks, organisations, people and their keys."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
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
    delete,
    insert,
    select,
    update,
)

from bot.db.base import metadata
from bot.db.types import Json
from bot.db.unit import Unit
from bot.directory.model import (
    Contact,
    Entries,
    Membership,
    Network,
    OpenPGPKey,
    Organisation,
    Person,
    Role,
)
from bot.directory.rules.plain import plain_contact, plain_organisation, read_duration
from bot.directory.rules.profile import plain_network
from bot.ids import Handle, UserId
from bot.tlp import Tlp

_AT_ONCE = 500
"""Values in one IN clause: SQLite has a limit, and statements are cached by their size."""

networks = Table(
    "directory_networks",
    metadata,
    Column("id", String(63), primary_key=True),
    Column("profile", Json, nullable=False),
)

organisations = Table(
    "organisations",
    metadata,
    Column("key", String(63), primary_key=True),
    Column("handle", String(63), nullable=False),
    Column("country", String(2)),
    Column("details", Json, nullable=False),
    Column("calendar", LargeBinary),
    Index("ix_organisations_country", "country"),
)
"""``key`` is the handle case-folded; ``details`` is the entry as plain values without the keys and the people;
``calendar`` is its roster file."""

memberships = Table(
    "memberships",
    metadata,
    Column("organisation", String(63), ForeignKey("organisations.key", ondelete="CASCADE"), primary_key=True),
    Column("network", String(63), primary_key=True),
    Column("roles", Json, nullable=False),
    Column("position", Integer, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("organisation", String(63), ForeignKey("organisations.key", ondelete="CASCADE")),
    Column("position", Integer, nullable=False),
    Column("mxid", String(255), unique=True),
    Column("name", String(255), nullable=False),
    Column("lead", Boolean, nullable=False),
    Column("details", Json, nullable=False),
    Index("ix_people_organisation", "organisation"),
)

openpgp_keys = Table(
    "openpgp_keys",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("organisation", String(63), ForeignKey("organisations.key", ondelete="CASCADE")),
    Column("person", String(32), ForeignKey("people.id", ondelete="CASCADE")),
    Column("position", Integer, nullable=False),
    Column("file", String(255)),
    Column("data", LargeBinary),
    Index("ix_openpgp_keys_organisation", "organisation"),
)
"""``person`` is empty for a key of the organisation itself."""


async def read_entries(unit: Unit) -> Entries:
    """All of it, organisations by handle, people in their order."""
    member: dict[str, list[Membership]] = {}
    async for row in unit.each(select(memberships).order_by(memberships.c.organisation, memberships.c.position)):
        member.setdefault(row.organisation, []).append(Membership(row.network, tuple(row.roles)))
    org_keys: dict[str, list[OpenPGPKey]] = {}
    person_keys: dict[str, list[OpenPGPKey]] = {}
    async for row in unit.each(select(openpgp_keys).order_by(openpgp_keys.c.position, openpgp_keys.c.fingerprint)):
        owner, keys = (row.person, person_keys) if row.person else (row.organisation, org_keys)
        keys.setdefault(owner, []).append(OpenPGPKey(row.fingerprint, row.data, row.file))
    own = [_network(row.profile) for row in await unit.all(select(networks).order_by(networks.c.id))]
    listed: dict[str, Organisation] = {}
    async for row in unit.each(select(organisations).order_by(organisations.c.key)):
        listed[row.key] = _organisation(row, member.get(row.key, ()), org_keys.get(row.key, ()))
    staff = []
    async for row in unit.each(select(people).order_by(people.c.organisation, people.c.position, people.c.id)):
        employer = listed.get(row.organisation or "")
        staff.append(_person(row, employer.handle if employer else None, person_keys.get(row.id, ())))
    return Entries({n.id: n for n in own}, {o.handle: o for o in listed.values()}, tuple(staff))


async def add_organisations(unit: Unit, added: Iterable[tuple[Organisation, Sequence[Person]]]) -> None:
    """New organisations with their people and keys."""
    batch: dict[Table, list[dict[str, Any]]] = {t: [] for t in (organisations, memberships, people, openpgp_keys)}
    for organisation, staff in added:
        _collect(unit, batch, organisation, staff)
        if len(batch[organisations]) == _AT_ONCE:
            await _insert(unit, batch)
    await _insert(unit, batch)


async def _insert(unit: Unit, batch: Mapping[Table, list[dict[str, Any]]]) -> None:
    for table, rows in batch.items():
        if rows:
            await unit.execute(insert(table), rows)
        rows.clear()


async def remove_organisations(unit: Unit, handles: Iterable[Handle]) -> None:
    """Entries with their people and keys."""
    gone = [handle.casefold() for handle in handles]
    for start in range(0, len(gone), _AT_ONCE):
        some = gone[start : start + _AT_ONCE]
        for table in (openpgp_keys, people, memberships):
            await unit.execute(delete(table).where(table.c.organisation.in_(some)))
        await unit.execute(delete(organisations).where(organisations.c.key.in_(some)))


async def read_confirmed(unit: Unit, handles: Iterable[Handle]) -> dict[str, tuple[date | None, str | None]]:
    """When these were last confirmed and by whom, by handle, case-folded."""
    asked, found = [handle.casefold() for handle in handles], {}
    for start in range(0, len(asked), _AT_ONCE):
        query = select(organisations.c.key, organisations.c.details)
        for row in await unit.all(query.where(organisations.c.key.in_(asked[start : start + _AT_ONCE]))):
            found[row.key] = _confirmed(row.details)
    return found


async def set_confirmed(unit: Unit, handle: Handle, day: date, by: str | None) -> bool:
    """The entry was confirmed; whether it is there.  Nothing else of it is touched."""
    here = organisations.c.key == handle.casefold()
    row = await unit.first(select(organisations.c.details).where(here).with_for_update())
    if row is None:
        return False
    details = {name: value for name, value in row.details.items() if name != "confirmed_by"}
    details |= {"last_confirmed": day.isoformat(), **({"confirmed_by": by} if by else {})}
    await unit.execute(update(organisations).where(here).values(details=details))
    return True


async def put_network(unit: Unit, network: Network) -> None:
    """An own network's profile, new or changed."""
    await unit.execute(delete(networks).where(networks.c.id == network.id))
    await unit.execute(insert(networks).values(id=network.id, profile=plain_network(network)))


def _collect(
    unit: Unit, batch: Mapping[Table, list[dict[str, Any]]], organisation: Organisation, staff: Sequence[Person]
) -> None:
    key = organisation.handle.casefold()
    details = {
        name: value
        for name, value in plain_organisation(organisation).items()
        if name not in {"handle", "country", "networks", "openpgp"}
    }
    batch[organisations].append(
        {
            "key": key,
            "handle": organisation.handle,
            "country": organisation.country,
            "details": details,
            "calendar": organisation.calendar,
        }
    )
    for position, membership in enumerate(organisation.memberships):
        batch[memberships].append(
            {
                "organisation": key,
                "network": membership.network,
                "roles": list(membership.roles),
                "position": position,
            }
        )
    _collect_keys(batch, organisation.openpgp, key, None)
    for position, person in enumerate(staff):
        id_ = unit.new_id()
        batch[people].append(
            {
                "id": id_,
                "organisation": key,
                "position": position,
                "mxid": person.mxid,
                "name": person.name,
                "lead": person.lead,
                "details": {
                    "roles": list(person.roles),
                    "languages": list(person.languages),
                    "contacts": [plain_contact(contact) for contact in person.contacts],
                },
            }
        )
        _collect_keys(batch, person.openpgp, key, id_)


def _collect_keys(
    batch: Mapping[Table, list[dict[str, Any]]], keys: Iterable[OpenPGPKey], organisation: str, person: str | None
) -> None:
    for position, key in enumerate(keys):
        batch[openpgp_keys].append(
            {
                "fingerprint": key.fingerprint,
                "organisation": organisation,
                "person": person,
                "position": position,
                "file": key.file,
                "data": key.data,
            }
        )


def _organisation(row: Row[Any], member: Sequence[Membership], keys: Sequence[OpenPGPKey]) -> Organisation:
    details: Mapping[str, Any] = row.details
    last_confirmed, confirmed_by = _confirmed(details)
    return Organisation(
        handle=Handle(row.handle),
        names=details.get("names", {}),
        aliases=tuple(details.get("aliases", ())),
        former_names=tuple(details.get("former_names", ())),
        country=row.country,
        kind=details.get("kind"),
        constituency=details.get("constituency"),
        sectors=tuple(details.get("sectors", ())),
        services=tuple(details.get("services", ())),
        capabilities=tuple(details.get("capabilities", ())),
        languages=tuple(details.get("languages", ())),
        timezone=details.get("timezone"),
        office_hours=details.get("office_hours"),
        always=details.get("always", False),
        response={severity: read_duration(text) for severity, text in details.get("response", {}).items()},
        contacts=_contacts(details),
        openpgp=tuple(keys),
        website=details.get("website"),
        security_txt=details.get("security_txt"),
        memberships=tuple(member),
        roster=details.get("roster"),
        calendar=row.calendar,
        last_confirmed=last_confirmed,
        confirmed_by=confirmed_by,
        source=details.get("source"),
    )


def _confirmed(details: Mapping[str, Any]) -> tuple[date | None, str | None]:
    day = details.get("last_confirmed")
    return date.fromisoformat(day) if day else None, details.get("confirmed_by")


def _person(row: Row[Any], organisation: Handle | None, keys: Sequence[OpenPGPKey]) -> Person:
    return Person(
        name=row.name,
        organisation=organisation,
        mxid=UserId(row.mxid) if row.mxid else None,
        roles=tuple(row.details["roles"]),
        lead=row.lead,
        languages=tuple(row.details["languages"]),
        contacts=_contacts(row.details),
        openpgp=tuple(keys),
    )


def _contacts(details: Mapping[str, Any]) -> tuple[Contact, ...]:
    return tuple(Contact(c["kind"], c["value"], Tlp(c["tlp"])) for c in details.get("contacts", ()))


def _network(profile: Mapping[str, Any]) -> Network:
    return Network(
        id=profile["id"],
        names=profile["names"],
        roles=tuple(
            Role(r["id"], r["names"], r["purpose"], r.get("expected", {}), r.get("always", False))
            for r in profile["roles"]
        ),
        reach=profile.get("reach", {}),
        kind=profile["kind"],
        check_every=profile.get("check_every"),
    )
