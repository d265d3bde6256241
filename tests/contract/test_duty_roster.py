"""Rosters on a real database: rotations, overrides, absences, and what counts where nobody keeps one."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from bot.directory.model import Membership, Person
from bot.duty.service import BadPeriod, BadRotation, NotOnStaff
from bot.ids import Handle, UserId
from tests.harness.calling import ANA, BR, BRUNO, BY, CARLA, DIEGO, DORA, World, build, logged

AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    world = await build(database_url, AT)
    yield world
    await world.db.close()


async def on(world: World, role: str = "technical", at: datetime = AT) -> list[str]:
    async with world.db.reading() as unit:
        return [person.name.split()[0] for person in await world.duty.on_duty(unit, BR, role, at)]


async def backup(world: World, role: str = "technical", at: datetime = AT, but: tuple[UserId, ...] = ()) -> list[str]:
    async with world.db.reading() as unit:
        return [p.name.split()[0] for p in await world.duty.next_on_roster(unit, BR, role, at, but)]


async def test_nobody_rostered_is_nobody(world: World) -> None:
    assert (await on(world), await backup(world)) == ([], [])
    async with world.db.reading() as unit:
        assert await world.duty.on_duty(unit, Handle("NOBODY"), "technical", AT) == []


async def test_a_rotation_and_its_backup(world: World) -> None:
    await world.rota(BRUNO, CARLA)
    assert (await on(world), await backup(world)) == (["Bruno"], ["Carla"])
    assert (await on(world, at=AT + 7 * DAY), await backup(world, at=AT + 7 * DAY)) == (["Carla"], ["Bruno"])
    assert await backup(world, but=(CARLA,)) == []
    # Two networks' words for one role are one roster; another role has none.
    assert await on(world, "operational") == ["Bruno"]
    assert await on(world, "diplomatic") == []


async def test_a_new_rotation_replaces_the_old_one(world: World) -> None:
    await world.rota(BRUNO, CARLA)
    await world.rota(CARLA, BRUNO)
    assert await on(world) == ["Carla"]


async def test_overrides_and_absences(world: World) -> None:
    await world.rota(BRUNO, CARLA)
    async with world.db.unit() as unit:
        await world.duty.take(
            unit, organisation=BR, role="technical", person=DIEGO, start=AT - DAY, end=AT + DAY, by=BY
        )
    assert await on(world) == ["Diego"]
    assert await on(world, at=AT + DAY) == ["Bruno"]
    async with world.db.unit() as unit:
        await world.duty.away(unit, organisation=BR, person=DIEGO, start=AT - DAY, end=AT + DAY, by=BY)
    assert await on(world) == [], "a gap is never filled in silence"
    actions = [entry.details.action for entry in await logged(world) if entry.details is not None]
    assert actions[-3:] == ["duty.rotation-set", "duty.take", "duty.away"]


async def test_whoever_has_left_is_on_duty_no_more(world: World) -> None:
    await world.rota(BRUNO, CARLA)
    leaves(world, BRUNO)
    assert await on(world) == []


async def taken_by(world: World, person: UserId, hours: int) -> None:
    end = AT + timedelta(hours=hours)
    async with world.db.unit() as unit:
        await world.duty.take(unit, organisation=BR, role="technical", person=person, start=AT, end=end, by=BY)


def leaves(world: World, user: UserId) -> None:
    entries = world.register.entries
    world.register._set_entries(replace(entries, people=tuple(p for p in entries.people if p.mxid != user)))


async def test_what_somebody_took_over_who_has_left_counts_no_more(world: World) -> None:
    await world.rota(BRUNO, CARLA)
    await taken_by(world, DIEGO, 4)
    leaves(world, DIEGO)
    assert await on(world) == ["Bruno"]
    async with world.db.reading() as unit:
        found = await world.duty.coverage(unit, world.register.entries.organisations[BR], "technical", AT, AT + DAY)
    assert [stretch.people for stretch in found or ()] == [(BRUNO,)]


async def test_who_has_left_is_passed_over_as_backup(world: World) -> None:
    await world.rota(BRUNO, CARLA, DIEGO)
    leaves(world, CARLA)
    assert await backup(world) == ["Diego"]


async def test_without_a_roster_what_is_taken_over_leaves_no_gap_around_it(world: World) -> None:
    entries = world.register.entries
    always = replace(entries.organisations[BR], always=True)
    world.register._set_entries(replace(entries, organisations={**entries.organisations, BR: always}))
    await taken_by(world, CARLA, 4)
    assert (await on(world), await on(world, at=AT + DAY)) == (["Carla"], ["Bruno", "Carla"])
    async with world.db.reading() as unit:
        found = await world.duty.coverage(unit, always, "technical", AT, AT + DAY)
    assert [stretch.people for stretch in found or ()] == [(CARLA,), (BRUNO, CARLA)]


async def test_without_a_roster_those_count_who_are_reachable_at_any_hour(world: World) -> None:
    entries = world.register.entries
    always = replace(entries.organisations[BR], always=True)
    world.register._set_entries(replace(entries, organisations={**entries.organisations, BR: always}))
    assert await on(world) == ["Bruno", "Carla"]
    assert await on(world, "diplomatic") == ["Dora"]
    await world.rota(CARLA)
    assert await on(world) == ["Carla"], "a roster says it better"
    assert await on(world, "247") == ["Dora", "Carla"]


async def test_a_network_may_expect_a_role_at_any_hour(world: World) -> None:
    entries = world.register.entries
    police = replace(entries.organisations[BR], memberships=(Membership("interpol-247", ("law-enforcement",)),))
    agent = Person("Eva Sá", BR, UserId("@eva:pf.br"), ("law-enforcement",))
    world.register._set_entries(
        replace(entries, organisations={**entries.organisations, BR: police}, people=(*entries.people, agent))
    )
    assert await on(world, "law-enforcement") == ["Eva"]
    assert await on(world, "247") == ["Eva"]
    assert await on(world) == []


@pytest.mark.parametrize(
    ("people", "every", "error"),
    [
        ((), DAY, BadRotation),
        ((BRUNO,), timedelta(0), BadRotation),
        ((BRUNO,), timedelta(hours=36), BadRotation),
        ((BRUNO, ANA), DAY, NotOnStaff),
        ((UserId("@who:x"),), DAY, NotOnStaff),
    ],
)
async def test_bad_rotations(
    world: World, people: tuple[UserId, ...], every: timedelta, error: type[Exception]
) -> None:
    await world.rota(BRUNO)
    with pytest.raises(error):
        async with world.db.unit() as unit:
            await world.duty.set_rotation(
                unit,
                organisation=BR,
                role="technical",
                people=people,
                starts_on=date(2026, 11, 16),
                handover=time(9),
                every=every,
                by=BY,
            )
    assert await on(world) == ["Bruno"]


async def test_bad_periods(world: World) -> None:
    async with world.db.unit() as unit:
        with pytest.raises(BadPeriod):
            await world.duty.away(unit, organisation=BR, person=BRUNO, start=AT, end=AT, by=BY)
        with pytest.raises(NotOnStaff):
            await world.duty.away(unit, organisation=BR, person=ANA, start=AT, end=AT + DAY, by=BY)


@pytest.mark.parametrize(
    ("office_hours", "zone", "always", "open_", "next_open", "known", "round_the_clock"),
    [
        ("Mon-Fri 09:00-18:00", "America/Sao_Paulo", False, False, "2026-11-23T12:00", True, False),
        ("Mon-Sun 02:00-04:00", "America/Sao_Paulo", False, True, "2026-11-23T05:00", True, False),
        ("Mon-Fri 09:00-18:00", "America/Sao_Paulo", True, False, "2026-11-23T12:00", True, True),
        ("24/7", "America/Sao_Paulo", False, True, None, True, True),
        ("by appointment", "America/Sao_Paulo", False, True, None, False, False),
        (None, "America/Sao_Paulo", False, True, None, False, False),
        ("Mon-Fri 09:00-18:00", None, False, True, None, False, False),
        ("Mon-Fri 09:00-18:00", "UTC-3", True, True, None, False, True),
    ],
)
async def test_the_office(
    world: World,
    office_hours: str | None,
    zone: str | None,
    always: bool,
    open_: bool,
    next_open: str | None,
    known: bool,
    round_the_clock: bool,
) -> None:
    organisation = world.register.organisation(BR)
    assert organisation is not None
    entry = replace(organisation, office_hours=office_hours, timezone=zone, always=always)
    hours = world.duty.hours(entry, AT)
    expected = datetime.fromisoformat(next_open).replace(tzinfo=UTC) if next_open else None
    assert (hours.open, hours.next_open, hours.known, hours.round_the_clock) == (
        open_,
        expected,
        known,
        round_the_clock,
    )
    assert hours.local_time.hour == (3 if zone == "America/Sao_Paulo" else 6)


async def test_holders(world: World) -> None:
    assert [p.mxid for p in world.duty.holders(BR, "operational")] == [BRUNO, CARLA]
    assert [p.mxid for p in world.duty.holders(BR, "diplomatic")] == [DORA]
