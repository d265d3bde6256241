"""Desk rooms that the bot makes: asked for once, made once whatever dies, nobody invited who should not be."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.directory.model import Organisation, Person, Plan, Record, Source
from bot.directory.rules.desk import invited
from bot.directory.service.desks import (
    INVITE,
    OPEN,
    DeskAsked,
    Desks,
    DeskThere,
    NobodyForDesk,
    NoSuchOrganisation,
    ask_for_desk,
)
from bot.ids import Handle, RoomId, UserId
from bot.workers import JobLanes
from keys.openpgp import OpenPGP
from keys.trust import Standing
from tests.contract.incident_house import Away, Died
from tests.contract.incident_house import House as MadeUp
from tests.contract.trust_house import ANA, BR, BRUNO, LUIS, MX, House, build


class Homeserver(MadeUp):
    """One on whose rooms nothing is judged here."""

    def sync(self) -> None:
        """The bot learns nothing of who is in them."""


@pytest.fixture
async def house(tmp_path: Path, short_path: Path) -> AsyncIterator[House]:
    with OpenPGP(short_path / "bot") as openpgp:
        made = await build(f"sqlite+aiosqlite:///{tmp_path / 'enlace.db'}", openpgp, {})
        made.homeserver = Homeserver(None)  # type: ignore[attr-defined, arg-type]
        yield made
        await made.db.close()


async def ask(house: House, handle: str, **more: bool) -> str:
    async with house.db.unit() as unit:
        return await ask_for_desk(unit, house.register, house.outbox, house.audit, handle, **more)


async def work(house: House) -> None:
    """What the running bot does with its jobs, anew as after a restart."""
    desks = Desks(register=house.register, directory=house.directory, outbox=house.outbox, audit=house.audit,
                  trust=house.trust, telling=house.telling)  # fmt: skip
    house.clock.push(timedelta(minutes=3))
    await JobLanes(house.db, house.outbox, house.homeserver, (desks,)).work_off()  # type: ignore[attr-defined]
    await house.reload()


def made(house: House) -> dict[RoomId, Any]:
    return house.homeserver.rooms  # type: ignore[attr-defined, no-any-return]


async def test_who_is_invited() -> None:
    ana, luis, vera = (UserId(f"@{name}:cert.mx") for name in ("ana", "luis", "vera"))
    people = [Person("Ana", MX, ana, lead=True), Person("Luis", MX, luis), Person("Vera", MX, vera, lead=True),
              Person("Nobody", MX)]  # fmt: skip
    unknown = dict.fromkeys((ana, luis, vera), Standing.UNKNOWN)
    assert invited(people, unknown) == (ana, vera)
    assert invited(people, unknown | {luis: Standing.GRACE}) == (luis, ana, vera)
    assert invited(people, unknown | {vera: Standing.VERIFIED}) == (vera,)
    assert invited(people, unknown | {ana: Standing.CHANGED, vera: Standing.REVOKED}) == ()


async def test_what_cannot_be_asked_for_is_said_and_leaves_nothing(house: House) -> None:
    with pytest.raises(NoSuchOrganisation):
        await ask(house, "CERT-XX")
    with pytest.raises(DeskThere) as there:
        await ask(house, "cert-mx")
    assert there.value.values["room"] == "!desk-mx"
    await ask(house, "CERT-MX", another=True)
    with pytest.raises(DeskAsked):
        await ask(house, "CERT-MX", another=True)
    async with house.db.reading() as unit:
        assert len(await house.outbox.jobs_of(unit, OPEN)) == 1
    record = Record(Source("new.yaml", 1), Organisation(Handle("CERT-PE")), (Person("Paz", Handle("CERT-PE")),))
    async with house.db.unit() as unit:
        await house.directory.apply(unit, Plan(added=(record,)), source_sha256="1" * 64, actor=None)
    await house.reload()
    with pytest.raises(NobodyForDesk):
        await ask(house, "CERT-PE")


@pytest.mark.parametrize("where", ["before", "after"])
async def test_made_once_whatever_dies(house: House, where: str) -> None:
    assert await ask(house, "cert-br") == BR
    getattr(house.homeserver, where)["create"] = Died()  # type: ignore[attr-defined]
    with pytest.raises(Died):
        await work(house)
    assert house.register.desk_rooms(BR) == ()
    getattr(house.homeserver, where)["create"] = Away()  # type: ignore[attr-defined]
    await work(house)
    await work(house)
    ((room, there),) = made(house).items()
    assert there.power == {BRUNO: 50}
    assert there.members == {BRUNO: "invite"}
    assert house.register.desk_rooms(BR) == (room,)
    told = await house.said()
    assert [where for where, _ in told] == [room]
    assert "!verify" in told[0][1]
    await work(house)
    await work(house)
    assert len(made(house)) == 1
    assert (await house.actions()).count("room.opened") == 1


async def test_an_invitation_is_tried_again_until_it_is_taken_but_not_after_a_withdrawal(house: House) -> None:
    for user in (ANA, LUIS):
        await house.enrol(user)
    await ask(house, "CERT-MX", another=True)
    await work(house)
    (room,) = made(house)
    assert made(house)[room].members == {ANA: "invite", LUIS: "invite"}
    made(house)[room].members.clear()  # neither was passed on
    house.arrive(ANA, 1)
    await house.observe(ANA)
    house.homeserver.before["invite"] = Away()  # type: ignore[attr-defined]
    await work(house)
    assert made(house)[room].members == {}
    await work(house)
    assert made(house)[room].members == {LUIS: "invite"}
    async with house.db.reading() as unit:
        assert {job.state for job in await house.outbox.jobs_of(unit, INVITE)} == {"done"}


async def test_what_fails_for_good_is_said_to_the_coordinators(house: House) -> None:
    await ask(house, "CERT-BR")
    for _ in range(61):
        house.homeserver.before["create"] = Away()  # type: ignore[attr-defined]
        await work(house)
    told = await house.said()
    assert len(told) == len(house.register.coordinators())
    assert all("could not be made" in words for _, words in told)
    assert made(house) == {}
    assert "desk.open-failed" in await house.actions()
    assert await ask(house, "CERT-BR") == BR, "and it can be asked for again"
