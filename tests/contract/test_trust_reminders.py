"""Expiry is gentle: reminders, grace, the end; each said once, also across restarts."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.directory.rules.reminders import Stage, days_left, stage
from bot.exchange.rules.tlp import ceiling
from bot.ids import RoomId
from bot.tlp import Tlp
from keys.openpgp import OpenPGP
from keys.trust import GRACE, Standing
from tests.contract.trust_house import ANA, DESK, House, build, direct

DAY = timedelta(days=1)
END = datetime(2027, 5, 1, 8, 30, tzinfo=UTC)


@pytest.fixture
async def house(database_url: str, short_path: Path) -> AsyncIterator[House]:
    with OpenPGP(short_path / "bot") as openpgp:
        made = await build(database_url, openpgp, {})
        yield made
        await made.db.close()


@pytest.mark.parametrize(
    ("before_the_end", "reached", "left"),
    [
        (100 * DAY, None, 100),
        (14 * DAY + timedelta(seconds=1), None, 15),
        (14 * DAY, Stage.SOON, 14),
        (3 * DAY + timedelta(seconds=1), Stage.SOON, 4),
        (3 * DAY, Stage.NEAR, 3),
        (timedelta(seconds=1), Stage.NEAR, 1),
        (0 * DAY, Stage.OVER, 0),
        (-14 * DAY + timedelta(seconds=1), Stage.OVER, 0),
        (-14 * DAY, Stage.ENDED, 0),
        (-900 * DAY, Stage.ENDED, 0),
    ],
)
def test_stages(before_the_end: timedelta, reached: Stage | None, left: int) -> None:
    assert stage(END, END - before_the_end) is reached
    assert days_left(END, END - before_the_end) == left


async def heard(house: House) -> list[str]:
    """What Ana was told now, by a service that has just started; a second step says nothing."""
    await house.reminders.step(house.db)
    assert await house.reminders.step(house.db) == 0
    said = await house.said()
    assert {room for room, _ in said} <= {direct(ANA)}
    return [words for _, words in said]


async def test_each_is_said_once_in_the_persons_own_room_and_language(house: House) -> None:
    expires = (await house.enrol(ANA)).expires
    await house.said()
    assert await heard(house) == []
    for at, standing, words in (
        (expires - 14 * DAY, Standing.VERIFIED, "en 14 días"),
        (expires - 5 * DAY, Standing.VERIFIED, None),
        (expires - 3 * DAY, Standing.VERIFIED, "en 3 días"),
        (expires - timedelta(hours=1), Standing.VERIFIED, None),
        (expires, Standing.GRACE, "TLP:GREEN"),
        (expires + 13 * DAY, Standing.GRACE, None),
        (expires + GRACE, Standing.EXPIRED, "su verificación terminó"),
        (expires + 400 * DAY, Standing.EXPIRED, None),
    ):
        house.clock.at = at
        assert house.standing(ANA) is standing
        said = await heard(house)
        assert len(said) == (0 if words is None else 1), (at, said)
        if words is not None:
            assert words in said[0]
            assert "!verificar" in said[0]
            assert "Ana Pérez" in said[0]
            assert f"{expires:%Y-%m-%d}" in said[0]
    assert (await house.actions()).count("identity.reminded") == 4
    assert ceiling(Standing.GRACE.value) is Tlp.GREEN
    assert ceiling(Standing.EXPIRED.value) is None


async def test_two_steps_at_once_say_it_once(house: House) -> None:
    house.clock.at = (await house.enrol(ANA)).expires - DAY
    await asyncio.gather(house.reminders.step(house.db), house.reminders.step(house.db), return_exceptions=True)
    assert len(await house.said()) == 1


async def test_what_is_renewed_meanwhile_is_not_said(house: House) -> None:
    house.clock.at = (await house.enrol(ANA)).expires - DAY
    old = house.register.pin(ANA)
    assert old is not None
    async with house.db.unit() as unit:
        await house.directory.save_identity(unit, replace(old, expires=old.expires + 90 * DAY), actor=None)
    assert await house.reminders.step(house.db) == 0  # the register has not heard yet
    assert await house.said() == []


async def test_a_renewal_starts_anew(house: House) -> None:
    house.clock.at = (await house.enrol(ANA)).expires - 2 * DAY
    assert len(await heard(house)) == 1, "one who was away for 12 days hears what is true now, not all that was missed"
    renewed = (await house.enrol(ANA)).expires
    assert await heard(house) == []
    house.clock.at = renewed - 14 * DAY
    assert len(await heard(house)) == 1


async def test_whoever_is_withdrawn_is_not_reminded(house: House) -> None:
    house.clock.at = (await house.enrol(ANA)).expires - DAY
    house.arrive(ANA, version=1)
    await house.observe(ANA)
    await house.said()
    assert await heard(house) == []


async def test_without_a_room_it_is_said_later_and_a_desk_does_too(house: House) -> None:
    house.clock.at = (await house.enrol(ANA)).expires - DAY
    del house.trust.rooms[direct(ANA)]
    house.trust.rooms[DESK].discard(ANA)
    assert await heard(house) == []
    house.trust.rooms[DESK].add(ANA)
    await house.reminders.step(house.db)
    assert [room for room, _ in await house.said()] == [DESK]
    house.trust.rooms[direct(ANA)] = {ANA}
    assert await heard(house) == []


async def test_the_room_language_goes_before_the_organisations(house: House) -> None:
    house.clock.at = (await house.enrol(ANA)).expires - DAY
    async with house.db.unit() as unit:
        await house.directory.set_room_language(unit, RoomId(direct(ANA)), "en", actor=None)
    await house.reload()
    assert "in 1 day." in (await heard(house))[0]


async def test_who_was_vouched_for_reads_their_own_way_back(house: House) -> None:
    pin = await house.enrol(ANA)
    async with house.db.unit() as unit:
        await house.directory.save_identity(unit, replace(pin, level="vouched"), actor=None)
    await house.reload()
    house.clock.at = pin.expires - DAY
    assert "pida a dos personas que coordinan" in (await heard(house))[0]
