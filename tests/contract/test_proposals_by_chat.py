"""People and rooms, one at a time, by chat: coming in takes a second pair of eyes, going works at once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.commands.access import DeviceNotTrusted, NotVerified, OnlyCoordinators, OnlyLeads
from bot.commands.call import Refusal, Reply
from bot.directory.model import Person, RoomRecord
from bot.directory.service import NoSuchPerson
from bot.directory.service.desks import NoSuchOrganisation
from bot.directory.service.proposals import NothingToPropose, OwnProposal, ProposedAlready
from bot.directory.service.staffing import (
    IsCoordinator,
    NameTooLong,
    NotOneself,
    PersonThere,
    RoleNotHeld,
    RoomIsDirect,
    RoomIsIncident,
)
from bot.ids import BadUserId, Ref, RoomId, UserId
from handlers import people, room
from handlers.people import AddWhom, NotYourPeople
from handlers.room import RoomWhat
from keys.openpgp import OpenPGP
from keys.trust import Standing
from tests.contract.proposal_house import changed, news, proposals_of, say
from tests.contract.trust_house import (
    ANA,
    BR,
    BRUNO,
    CLARA,
    COSME,
    DESK,
    DORA,
    FINGERPRINT,
    LUIS,
    MX,
    OAS,
    House,
    build,
    direct,
)

VERA = UserId("@vera:cert.mx")
SHARED = RoomId("!shared")


@pytest.fixture
async def house(tmp_path: Path, short_path: Path) -> AsyncIterator[House]:
    """Everybody is verified; one more room that is for nobody yet."""
    with OpenPGP(short_path / "bot") as openpgp:
        made_ = await build(f"sqlite+aiosqlite:///{tmp_path / 'enlace.db'}", openpgp, {LUIS: (FINGERPRINT, b"")})
        for user in (ANA, LUIS, BRUNO, CLARA, COSME, DORA):
            await made_.enrol(user)
        made_.trust.rooms[SHARED] = {LUIS, BRUNO, CLARA}
        await made_.said()
        yield made_
        await made_.db.close()


async def plain(house: House, by: UserId, line: str, **more: object) -> str:
    answer = await say(house, by, line, **more)  # type: ignore[arg-type]
    assert isinstance(answer, Reply)
    return answer.text.plain


def staff(house: House) -> list[str]:
    return [person.name for person in house.register.people_of(MX)]


# --- people ---------------------------------------------------------------------------------------------


async def test_whoever_comes_in_is_proposed_and_approved(house: House) -> None:
    said = await plain(house, LUIS, f"add {VERA} Vera  Luna technical", room=DESK, command=people.COMMAND)
    assert f"+ people: Vera Luna {VERA}" in said
    assert "nothing is changed yet" in said
    assert staff(house) == ["Ana Pérez", "Luis Soto"]
    told = await news(house)
    assert set(told) == {direct(user) for user in (CLARA, COSME, DORA)}
    assert "Luis Soto proposes" in told[direct(DORA)]
    assert "roles: technical" in told[direct(DORA)]
    with pytest.raises(ProposedAlready):
        await say(house, LUIS, f'add {VERA} "Vera Luna" technical', room=DESK, command=people.COMMAND)
    await say(house, DORA)
    assert house.register.person(VERA) == Person("Vera Luna", MX, VERA, ("technical",))
    assert house.standing(VERA) is Standing.UNKNOWN, "their own statement is still needed"
    told = await news(house)
    assert set(told) == {direct(LUIS), direct(CLARA), direct(COSME)}, "also whoever proposed it"


async def test_an_entry_without_a_matrix_user_gets_it(house: House) -> None:
    async with house.db.unit() as unit:
        plan = changed(house, MX, people=(*house.register.people_of(MX), Person("Vera Luna", MX)))
        await house.directory.apply_proposal(unit, plan, ref=Ref("PRO-00000"), actor=None, details={})
    await house.reload()
    said = await plain(house, LUIS, f"añadir {VERA} vera luna técnica", language="es", command=people.COMMAND)
    assert "- people: Vera Luna\n" in said
    await news(house)
    await say(house, DORA)
    assert house.register.people_of(MX)[2:] == (Person("Vera Luna", MX, VERA, ("technical",)),)


async def test_what_cannot_be_proposed(house: House) -> None:
    for line, error in (
        ("add", BadUserId),
        ("add x Name technical", BadUserId),
        (f"add {VERA}", AddWhom),
        (f"add {VERA} technical", AddWhom),
        (f"add {BRUNO} Bruno Lima technical", PersonThere),
        (f"add {VERA} Vera Luna diplomatic", RoleNotHeld),
        (f"add {VERA} {'x' * 101} technical", NameTooLong),
        (f"add CERT-BR {VERA} Vera Luna technical", NotYourPeople),
    ):
        with pytest.raises(error):
            await say(house, LUIS, line, command=people.COMMAND)
    assert await news(house) == {}
    assert "+ people: Vera" in await plain(house, CLARA, f"add cert-br {VERA} Vera technical", command=people.COMMAND)
    with pytest.raises(OwnProposal):
        (ref,) = await refs(house)
        await say(house, CLARA, ref)


async def refs(house: House) -> list[str]:
    async with house.db.reading() as unit:
        return [proposal.ref for proposal in await proposals_of(house).waiting(unit)]


async def test_where_one_approval_is_enough_whoever_coordinates_approves_their_own(house: House) -> None:
    await say(house, CLARA, f"add CERT-BR {VERA} Vera technical", command=people.COMMAND, approvals=1)
    (ref,) = await refs(house)
    with pytest.raises(OwnProposal):
        await say(house, CLARA, ref)
    assert "is approved" in await plain(house, CLARA, ref, approvals=1)
    assert house.register.person(VERA) is not None


async def test_whoever_goes_is_out_at_once(house: House) -> None:
    for by, line, error in (
        (LUIS, f"remove {BRUNO}", NotYourPeople),
        (LUIS, f"remove {LUIS}", NotOneself),
        (LUIS, f"remove {VERA}", NoSuchPerson),
        (DORA, f"remove {CLARA}", IsCoordinator),
    ):
        with pytest.raises(error):
            await say(house, by, line, command=people.COMMAND)
    assert "out of CERT-MX" in await plain(house, LUIS, f"remove {ANA}", room=DESK, command=people.COMMAND)
    assert staff(house) == ["Luis Soto"]
    assert house.standing(ANA) is Standing.REVOKED
    assert not house.trust.room(DESK).ok
    told = dict(await house.said())
    assert set(told) == {direct(user) for user in (ANA, CLARA, COSME, DORA)}
    assert "Luis Soto took Ana Pérez" in told[direct(CLARA)]
    assert (await house.actions())[-2:] == ["directory.person-removed", "identity.withdrawn"]
    await say(house, CLARA, f"quitar {BRUNO}", language="es", command=people.COMMAND)
    assert house.register.people_of(BR) == ()


# --- rooms ----------------------------------------------------------------------------------------------


async def test_what_a_room_is_for_is_proposed_and_approved(house: House) -> None:
    async def ask(by: UserId, line: str = "", where: RoomId = SHARED, **more: object) -> str:
        return await plain(house, by, line, room=where, command=room.COMMAND, **more)

    assert "for nobody yet" in await ask(LUIS)
    said = await ask(CLARA, "coordination CERT-MX, cert-br oas")
    assert "+ coordination: CERT-BR, CERT-MX, OAS" in said
    with pytest.raises(ProposedAlready):
        await ask(COSME, "coordinación OAS CERT-MX CERT-BR", language="es")
    told = await news(house)
    assert f"~ room {SHARED}" in told[direct(DORA)]
    assert house.register.room(SHARED) is None
    await say(house, DORA)
    await news(house)
    assert house.register.room(SHARED) == RoomRecord(SHARED, "coordination", frozenset({MX, BR, OAS}))
    assert "coordination of: CERT-BR, CERT-MX, OAS" in await ask(BRUNO)

    # A change shows what was; a language set meanwhile stays, another purpose set meanwhile overtakes it.
    async with house.db.unit() as unit:
        await house.directory.set_room_language(unit, SHARED, "pt", actor=None)
    said = await ask(CLARA, "coordination")
    assert "- coordination: CERT-BR, CERT-MX, OAS" in said
    assert "+ coordination: *" in said
    await news(house)
    await say(house, DORA)
    assert house.register.room(SHARED) == RoomRecord(SHARED, "coordination", frozenset(), "pt")
    with pytest.raises(NothingToPropose):
        await ask(CLARA, "coordination")
    await ask(LUIS, "desk")
    (ref,) = await refs(house)
    async with house.db.unit() as unit:
        await house.directory.register_room(unit, RoomRecord(SHARED, "desk", frozenset({BR})), actor=None)
    refused = await say(house, DORA, ref)
    assert isinstance(refused, Refusal)
    assert "was not done" in refused.text.plain
    assert house.register.desk_rooms(BR) == (SHARED,)
    assert (await house.actions())[-1] == "directory.overtaken"


async def test_who_may_not_say_what_a_room_is_for(house: House) -> None:
    async with house.db.unit() as unit:
        await house.directory.register_room(unit, RoomRecord(RoomId("!inc"), "incident", frozenset({MX})), actor=None)
    await house.reload()
    for by, line, where, error in (
        (ANA, "desk", SHARED, OnlyLeads),
        (LUIS, "desk CERT-BR", SHARED, OnlyLeads),
        (LUIS, "coordination", SHARED, OnlyCoordinators),
        (CLARA, "desk CERT-XX", SHARED, NoSuchOrganisation),
        (CLARA, "kitchen", SHARED, RoomWhat),
        (CLARA, "coordination", direct(CLARA), RoomIsDirect),
        (CLARA, "coordination", RoomId("!inc"), RoomIsIncident),
    ):
        with pytest.raises(error):
            await say(house, by, line, room=where, command=room.COMMAND)
    house.arrive(CLARA, 1)
    await house.observe(CLARA)
    with pytest.raises(NotVerified):
        await say(house, CLARA, "coordination", room=SHARED, command=room.COMMAND)
    call = house.call("room", "desk", by=LUIS, room=SHARED, device="OTHER")
    with pytest.raises(DeviceNotTrusted):
        await room.run(call, None, None)  # type: ignore[arg-type]
    assert await news(house) == {}
