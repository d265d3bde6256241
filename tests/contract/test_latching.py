"""What the homeserver publishes is latched on the pin as it is on record now, whatever was in memory a moment ago."""

from collections.abc import AsyncIterator
from datetime import timedelta
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from bot.directory.service import Register
from bot.ids import DeviceId
from bot.workers.keeper import MOST_TOLD, Keeper
from keys.openpgp import OpenPGP
from keys.trust import Standing, Withdrawal
from tests.contract.trust_house import ANA, CLARA, DESK, FINGERPRINT, House, build


@pytest.fixture
async def house(database_url: str, short_path: Path) -> AsyncIterator[House]:
    with OpenPGP(short_path / "bot") as openpgp:
        made = await build(database_url, openpgp, {})
        await made.enrol(CLARA)
        yield made
        await made.db.close()


async def keeper_of(house: House) -> Keeper:
    """The upkeep, with a register that is read now and not again."""
    register = Register({CLARA: FINGERPRINT})
    async with house.db.reading() as unit:
        await register.reload(unit)
    homeserver = house.published.servers
    matrix: Any = type("Matrix", (), {"seen_identity": staticmethod(lambda user: homeserver[user].seen())})
    used: dict[str, Any] = {
        "database": house.db,
        "matrix": matrix,
        "register": register,
        "directory": house.directory,
        "audit": house.audit,
        "telling": house.telling,
    }
    return Keeper(**dict.fromkeys(signature(Keeper).parameters) | used)


async def test_who_was_verified_anew_a_moment_ago_stays_so(house: House) -> None:
    await house.enrol(ANA)
    keeper = await keeper_of(house)
    await house.enrol(ANA, house.arrive(ANA, version=1))
    await house.said()
    await keeper.identity_changed(ANA)
    await house.reload()
    assert house.standing(ANA) is Standing.VERIFIED
    assert await house.said() == []


async def test_what_was_withdrawn_a_moment_ago_stays_withdrawn(house: House) -> None:
    await house.enrol(ANA)
    keeper = await keeper_of(house)
    async with house.db.unit() as unit:
        await house.directory.revoke_identity(unit, ANA, actor=None)
    house.arrive(ANA, version=1)
    await keeper.identity_changed(ANA)
    await house.reload()
    pin = house.register.pin(ANA)
    assert pin is not None
    assert pin.reason is Withdrawal.REVOKED
    assert "identity.changed" not in await house.actions()


async def test_a_changed_identity_is_latched_and_said_once(house: House) -> None:
    await house.enrol(ANA)
    keeper = await keeper_of(house)
    await house.said()
    house.arrive(ANA, version=1)
    await keeper.identity_changed(ANA)
    told = await house.said()
    assert told
    await keeper.identity_changed(ANA)
    assert await house.said() == []
    house.arrive(ANA)
    await house.reload()
    assert house.standing(ANA) is Standing.CHANGED, "also if the old key comes back"


async def test_what_could_not_be_said_is_said_the_next_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.enrol(ANA)
    keeper = await keeper_of(house)
    await house.said()

    async def full(*_: object, **__: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(house.audit, "append", full)
        with pytest.raises(OSError, match="no space"):
            await keeper.unsigned_device(ANA, DeviceId("ODD"), DESK)
    await keeper.unsigned_device(ANA, DeviceId("ODD"), DESK)
    await keeper.unsigned_device(ANA, DeviceId("ODD"), DESK)
    ((room, text),) = await house.said()
    assert room == DESK
    assert "ODD" in text


async def test_a_homeserver_that_invents_devices_fills_neither_the_room_nor_the_log(house: House) -> None:
    await house.enrol(ANA)
    keeper = await keeper_of(house)
    await house.said()
    for number in range(50):
        await keeper.unsigned_device(ANA, DeviceId(f"ODD{number}"), DESK)
    assert len(await house.said()) == MOST_TOLD
    async with house.db.reading() as unit:
        entries = [entry.details for entry in await house.audit.entries(unit)]
    assert [details.action for details in entries if details].count("device.unsigned") == MOST_TOLD
    house.clock.push(timedelta(days=1, seconds=1))
    await keeper.unsigned_device(ANA, DeviceId("ODD1"), DESK)
    assert await house.said() == [], "said before"
    await keeper.unsigned_device(ANA, DeviceId("ODD99"), DESK)
    assert len(await house.said()) == 1
