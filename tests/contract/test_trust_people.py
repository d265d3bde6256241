"""Who staffs an organisation: for its leads, and for coordinators alone with the bot."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.commands.access import NotADesk, OnlyLeads, judge
from bot.commands.call import Call, Reply
from bot.ids import RoomId, UserId
from bot.outbox.model import Proof
from handlers import people
from handlers.people import NotYourPeople, PeopleWhat
from keys.openpgp import OpenPGP
from tests.contract.trust_house import ANA, BRUNO, CLARA, DESK, LUIS, House, build


@pytest.fixture
async def house(tmp_path: Path, short_path: Path) -> AsyncIterator[House]:
    with OpenPGP(short_path / "bot") as openpgp:
        made = await build(f"sqlite+aiosqlite:///{tmp_path / 'enlace.db'}", openpgp, {})
        for user in (ANA, LUIS, BRUNO, CLARA):
            await made.enrol(user)
        yield made
        await made.db.close()


async def ask(house: House, line: str, by: UserId, room: RoomId | None = None, **more: str) -> list[str]:
    call: Call = house.call("people", line, by=by, room=room, **more)
    async with house.db.unit() as unit:
        answer = await people.run(call, unit, house)
    assert isinstance(answer, Reply)
    return answer.text.plain.split("\n")


async def test_a_lead_sees_how_each_of_their_people_stands(house: House) -> None:
    pin = house.register.pin(ANA)
    assert pin is not None
    until = f"{pin.expires:%Y-%m-%d}"
    head, ana, luis = await ask(house, "", LUIS, DESK)
    assert head == "CERT-MX: 2 people"
    assert ana == f"Ana Pérez · {ANA} · technical · verified until {until}"
    assert luis.startswith(f"Luis Soto · {LUIS} · technical · leads · verified until")
    for line, language, said in (("list", "en", "2 people"), ("LISTA cert-mx", "es", "2 personas")):
        assert said in (await ask(house, line, LUIS, language=language))[0]

    house.clock.at = pin.expires + timedelta(days=1)
    await house.enrol(LUIS)  # statements run for different times
    assert f"ran out on {until}" in (await ask(house, "", LUIS))[1]
    house.arrive(ANA, version=1)
    await house.observe(ANA)
    assert "another identity" in (await ask(house, "", LUIS))[1]


async def test_who_may_not(house: House) -> None:
    call = house.call("people", by=ANA)
    assert isinstance(judge(people.COMMAND.access, call.caller, call.place, Proof.PINNED, None), OnlyLeads)
    for by, line in ((LUIS, "list CERT-BR"), (LUIS, "list NOBODY"), (BRUNO, "list CERT-MX")):
        with pytest.raises(NotYourPeople):
            await ask(house, line, by)
    assert (await ask(house, "list cert-br", CLARA))[0] == "CERT-BR: 1 person"
    with pytest.raises(PeopleWhat):
        await ask(house, "promote @x", LUIS)


async def test_only_where_the_organisation_is_among_itself(house: House) -> None:
    with pytest.raises(NotADesk):
        call = house.call("people", by=LUIS)
        await people.run(replace(call, place=replace(call.place, kind="incident")), None, house)  # type: ignore[arg-type]
    call = house.call("people", "list CERT-BR", by=CLARA, room=DESK)
    with pytest.raises(NotYourPeople):
        await people.run(call, None, house)  # type: ignore[arg-type]
