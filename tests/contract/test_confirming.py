"""Entries are confirmed by the organisations themselves, on a real database; each is asked in time, once, in its room."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.audit.service import AuditLog
from bot.commands.call import Reply
from bot.directory.model import Change, Organisation, Plan, Reading, Record, Source
from bot.directory.rules.confirming import asked_on, due
from bot.directory.rules.proposing import State
from bot.directory.service import plan_import
from bot.directory.service.confirming import ConfirmReminders, confirm
from bot.directory.service.desks import NoSuchOrganisation
from bot.directory.service.proposals import Proposals
from bot.directory.service.telling import Telling
from bot.directory.tables import entries
from bot.ids import Handle, RoomId, UserId
from handlers.confirm import NoEntryOfYours, NotYourEntry, run
from keys.fingerprint import OpenPGPFingerprint
from tests.harness.calling import (
    ANA,
    BR,
    BRUNO,
    DESK_BR,
    DESK_MX,
    DIEGO,
    MX,
    YAN,
    ZOE,
    World,
    build,
    direct,
    logged,
)

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
FINGERPRINT = OpenPGPFingerprint("0123456789ABCDEF0123456789ABCDEF01234567")


@pytest.mark.parametrize(
    ("last", "since", "then"),
    [
        (None, date(2026, 11, 2), date(2026, 11, 9)),
        (date(2020, 1, 1), date(2026, 11, 2), date(2026, 11, 9)),
        (date(2026, 10, 30), date(2026, 11, 2), date(2027, 1, 28)),
        (date(2026, 11, 20), date(2025, 1, 1), date(2027, 2, 18)),
        (date(2036, 11, 20), date(2026, 11, 2), date(2026, 11, 9)),
    ],
)
def test_when_an_entry_is_due(last: date | None, since: date, then: date) -> None:
    assert due(Organisation(MX, last_confirmed=last), since, 90, date(2026, 11, 25)) == then


def test_it_is_asked_four_times_weekly_and_then_every_thirty_days() -> None:
    first = date(2026, 11, 9)
    days = [asked_on(first, first + timedelta(days=n)) for n in range(-1, 112)]
    assert days[0] is None
    assert sorted({(day - first).days for day in days if day}) == [0, 7, 14, 21, 51, 81, 111]
    assert all(day == first + timedelta(days=n) for n in (0, 7, 51) if (day := days[n + 1]))


@dataclass
class Services:
    """What ``!confirm`` needs."""

    audit: AuditLog
    confirm_every_days: int = 90

    @property
    def policy(self) -> "Services":
        return self


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """Two organisations with a desk, one of coordinators without, one that is not on enlace."""
    world = await build(database_url, START)
    yield world
    await world.db.close()


async def reload(world: World) -> None:
    async with world.db.reading() as unit:
        await world.register.reload(unit)


async def asked(world: World) -> dict[RoomId, str]:
    """Who is asked now, by a service that has just started; a second step says nothing."""
    before = len(world.line.got)
    for _ in range(2):
        await ConfirmReminders(
            register=world.register,
            telling=Telling(world.register, world.outbox, world.trust),
            outbox=world.outbox,
            audit=world.audit,
            trust=world.trust,
            rhythm=Services(world.audit),
        ).step(world.db)
    await world.sender.drain()
    got = {parcel.room: str(parcel.content["body"]) for parcel in world.line.got[before:]}
    assert len(got) == len(world.line.got) - before
    return got


async def confirmed(world: World, by: UserId, line: str = "", **more: object) -> str:
    call = world.typed("confirm", line, by=by, **more)  # type: ignore[arg-type]
    async with world.db.unit() as unit:
        answer = await run(call, unit, Services(world.audit))
    assert isinstance(answer, Reply)
    await reload(world)
    return answer.text.plain


async def actions(world: World) -> list[str]:
    found = [entry.details.action for entry in await logged(world) if entry.details]
    return [action for action in found if action.startswith("directory.confirm")]


async def test_organisations_are_asked_until_they_confirm(world: World) -> None:
    assert await asked(world) == {}
    world.clock.push(timedelta(days=6))
    assert await asked(world) == {}
    world.clock.push(timedelta(days=1))
    first = await asked(world)
    assert set(first) == {DESK_MX, DESK_BR, direct(YAN), direct(ZOE)}
    assert "Is the entry of CERT-BR still right? It was never confirmed." in first[DESK_BR]
    assert "¿Sigue siendo correcta la entrada de CERT-MX?" in first[DESK_MX]
    assert "!confirmar" in first[DESK_MX]

    world.clock.push(timedelta(days=6))
    assert await asked(world) == {}
    said = await confirmed(world, ANA, language="es")
    assert "queda confirmada" in said
    assert world.register.organisation(MX) == replace(
        world.register.entries.organisations[MX], last_confirmed=date(2026, 11, 15), confirmed_by="Ana Pérez"
    )
    world.clock.push(timedelta(days=1))
    assert set(await asked(world)) == {DESK_BR, direct(YAN), direct(ZOE)}

    # A room whose verdict does not hold is asked once it does; what was missed in an outage is said once.
    world.trust.failing[DESK_BR] = ("room-member", "@eve:evil.example")
    for user in (BRUNO, DIEGO):
        world.trust.failing[direct(user)] = ("room-member", "@eve:evil.example")
    world.trust.rooms = {room: who for room, who in world.trust.rooms.items() if room == DESK_BR or who & {ANA, YAN}}
    world.clock.push(timedelta(days=30))
    assert set(await asked(world)) == {direct(YAN)}
    del world.trust.failing[DESK_BR]
    assert set(await asked(world)) == {DESK_BR}

    world.clock.at = datetime(2027, 2, 12, tzinfo=UTC)
    assert DESK_MX not in await asked(world)
    world.clock.push(timedelta(days=1))
    again = await asked(world)
    assert "La confirmó por última vez Ana Pérez, el 15 nov 2026." in again[DESK_MX]
    assert (await actions(world)).count("directory.confirmed") == 1


async def test_a_confirmation_touches_nothing_else(world: World) -> None:
    async with world.db.reading() as unit:
        before = await entries.read_entries(unit)
        ids = await unit.all(select(entries.people).order_by(entries.people.c.id))
    assert "CERT-BR is confirmed as of today" in await confirmed(world, BRUNO, "cert-br", room=DESK_BR)
    async with world.db.unit() as unit:
        await confirm(unit, world.audit, BR, None, None)
    async with world.db.reading() as unit:
        after = await entries.read_entries(unit)
        assert await unit.all(select(entries.people).order_by(entries.people.c.id)) == ids
    brazil = replace(before.organisations[BR], last_confirmed=START.date())
    assert after == replace(before, organisations={**before.organisations, BR: brazil})
    assert await actions(world) == ["directory.confirmed"] * 2


async def test_only_ones_own_entry(world: World) -> None:
    with pytest.raises(NotYourEntry):
        await confirmed(world, ANA, "CERT-BR")
    call = world.typed("confirm", by=UserId("@stranger:evil.example"))
    async with world.db.unit() as unit:
        with pytest.raises(NoEntryOfYours):
            await run(call, unit, Services(world.audit))
        with pytest.raises(NoSuchOrganisation):
            await confirm(unit, world.audit, Handle("CERT-XX"), None, None)
    assert await actions(world) == []


async def test_a_confirmation_closes_no_proposal_and_outlives_what_was_prepared_before(world: World) -> None:
    mexico, people = world.register.entries.organisations[MX], world.register.people_of(MX)
    moved = replace(mexico, timezone="America/Tijuana", last_confirmed=date(2026, 1, 1), confirmed_by="Luis Soto")
    record = Record(Source("new.yaml", 1), moved, people, (1,) * len(people))
    plan = Plan(changed=(Change(record, ("timezone", "last_confirmed")),))
    pinned = dict.fromkeys((YAN, ZOE), FINGERPRINT)
    proposals = Proposals(world.directory, world.audit, pinned, 1)
    async with world.db.unit() as unit:
        made = await proposals.propose(unit, plan, file="new.yaml", file_sha256="0" * 64, actor=None)
    await confirmed(world, ANA)
    async with world.db.unit() as unit:
        done = await proposals.approve(unit, made.ref, actor=world.typed("approve", by=ZOE).caller.actor, means="file")
    assert done.state is State.APPLIED
    await reload(world)
    now = world.register.entries.organisations[MX]
    assert now == replace(mexico, timezone="America/Tijuana", last_confirmed=START.date(), confirmed_by="Ana Pérez")
    # A file that knows of an older confirmation, or of none, changes nothing; of a newer one, that alone.
    for last, fields in ((None, []), (date(2026, 1, 1), []), (date(2026, 12, 1), [("last_confirmed",)])):
        read = replace(record, organisation=replace(now, last_confirmed=last))
        planned = plan_import(Reading((read,)), world.register.entries, partial=True)
        assert [change.fields for change in planned.changed] == fields
