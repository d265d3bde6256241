"""Communication checks of networks on a real database: recorded, due, and coordinators reminded, each once."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.directory.model import Membership, Organisation, Plan, Record, Source
from bot.directory.rules.checks import BadRhythm, Check, Rhythm, news
from bot.directory.service import shipped
from bot.directory.service.checks import CheckReminders, CheckToCome, known, record, say_check
from bot.directory.service.telling import Telling
from bot.ids import Handle
from tests.harness.calling import DESK_MX, YAN, ZOE, World, build, direct, logged

START = datetime(2026, 8, 31, 9, 0, tzinfo=UTC)
UN = shipped()["un-gpd"]


@pytest.mark.parametrize(
    ("rhythm", "day", "then"),
    [
        ("P6M", date(2026, 3, 3), date(2026, 9, 3)),
        ("P6M", date(2026, 8, 31), date(2027, 2, 28)),
        ("P6M", date(2027, 8, 30), date(2028, 2, 29)),
        ("P1M", date(2026, 12, 31), date(2027, 1, 31)),
        ("P1Y", date(2028, 2, 29), date(2029, 2, 28)),
        ("P2W", date(2026, 12, 25), date(2027, 1, 8)),
        ("P90D", date(2026, 11, 1), date(2027, 1, 30)),
    ],
)
def test_when_the_next_one_is_due(rhythm: str, day: date, then: date) -> None:
    assert Rhythm.parse(rhythm).after(day) == then


@pytest.mark.parametrize("text", ["", "6 months", "P0M", "P6", "PT48H", "P-1M", "P1Y6M"])
def test_what_is_no_rhythm(text: str) -> None:
    with pytest.raises(BadRhythm):
        Rhythm.parse(text)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (-15, None),
        (-14, "soon 2027-02-28"),
        (-1, "soon 2027-02-28"),
        (0, "due 2027-02-28"),
        (29, "due 2027-02-28"),
        (30, "late 2027-03-30"),
        (59, "late 2027-03-30"),
        (60, "late 2027-04-29"),
    ],
)
def test_what_is_said_when(days: int, said: str | None) -> None:
    due = date(2027, 2, 28)
    assert news(due, due + timedelta(days=days)) == said


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """A ministry is listed in the UN's directory; Yan and Zoe coordinate."""
    world = await build(database_url, START)
    ministry = Organisation(Handle("MRE-BR"), country="BR", memberships=(Membership("un-gpd", ("diplomatic",)),))
    async with world.db.unit() as unit:
        plan = Plan(added=(Record(Source("d", 9), ministry),))
        await world.directory.apply(unit, plan, source_sha256="2" * 64, actor=None)
    async with world.db.reading() as unit:
        await world.register.reload(unit)
    yield world
    await world.db.close()


async def told(world: World) -> list[str]:
    """What Zoe was told now, by a service that has just started; a second step says nothing, nobody else is told."""
    before = len(world.line.got)
    for _ in range(2):
        telling = Telling(world.register, world.outbox, world.trust)
        await CheckReminders(world.register, telling, world.outbox, world.audit).step(world.db)
    await world.sender.drain()
    got = world.line.got[before:]
    assert {parcel.room for parcel in got} <= {direct(YAN), direct(ZOE)}
    assert len(got) % 2 == 0
    return [str(parcel.content["body"]) for parcel in got if parcel.room == direct(ZOE)]


async def actions(world: World) -> list[str]:
    entries = [entry.details.action for entry in await logged(world) if entry.details]
    return [action for action in entries if action.startswith("network.")]


async def test_coordinators_are_reminded_of_the_check_that_is_due_each_time_once(world: World) -> None:
    assert await told(world) == [], "the first is counted from when somebody is listed"
    world.clock.at = datetime(2027, 2, 13, tzinfo=UTC)
    assert await told(world) == []
    world.clock.push(timedelta(days=1))
    [soon] = await told(world)
    assert "On Feb 28, 2027 the next communication check" in soon
    assert "enlace networks checked un-gpd" in soon
    world.clock.at = datetime(2027, 2, 28, tzinfo=UTC)
    [due] = await told(world)
    assert "due since Feb 28, 2027" in due
    world.clock.push(timedelta(days=65))
    [late] = await told(world)
    assert "still due" in late
    async with world.db.unit() as unit:
        await record(unit, world.audit, UN, date(2027, 5, 1), "UNODA", None)
    assert await told(world) == []
    world.clock.at = datetime(2027, 11, 1, tzinfo=UTC)
    assert ["due since Nov 1, 2027" in text for text in await told(world)] == [True]
    assert await actions(world) == [*["network.check-reminded"] * 3, "network.checked", "network.check-reminded"]
    assert world.seen(DESK_MX) == []


async def test_an_older_check_moves_nothing_and_one_to_come_is_refused(world: World) -> None:
    async with world.db.unit() as unit:
        await record(unit, world.audit, UN, date(2026, 8, 30), "UNODA", None)
        await record(unit, world.audit, UN, date(2026, 2, 1), "UNODA", None)
    with pytest.raises(CheckToCome):
        async with world.db.unit() as unit:
            await record(unit, world.audit, UN, date(2026, 9, 1), "UNODA", None)
    async with world.db.reading() as unit:
        assert (await known(unit))["un-gpd"] == Check("un-gpd", date(2026, 8, 31), date(2026, 8, 30), "UNODA")
    assert len(await actions(world)) == 2


def test_a_network_that_says_nothing_of_checks_has_none() -> None:
    assert say_check(shipped()["interpol-247"], None, date(2026, 1, 1), "en") is None
    said = say_check(UN, None, date(2026, 1, 31), "es")
    assert said is not None
    assert said.plain.startswith("Verificación de comunicación cada 6 meses: última ninguna registrada, la próxima")
