"""Taking, declining, resolving and cancelling: who may, what they change, and who is told what."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.escalation.model import Escalation, Severity, State, Target
from bot.escalation.service.errors import (
    AlreadyClosed,
    AlreadyTaken,
    NoOrganisation,
    NotCalled,
    NotTheCaller,
    UnknownEscalation,
)
from bot.ids import Handle, Ref, RoomId, UserId
from bot.outbox.model import Kind
from bot.outbox.model import State as RowState
from tests.harness.calling import (
    ANA,
    BR,
    BRUNO,
    CARLA,
    CL,
    DESK_BR,
    DESK_MX,
    DIEGO,
    LUIS,
    MONDAY,
    MX,
    YAN,
    ZOE,
    World,
    build,
    direct,
)


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    world = await build(database_url)
    await world.rota(BRUNO, CARLA)
    yield world
    await world.db.close()


async def take(world: World, esc: Escalation, by: UserId, room: RoomId | None = None) -> str:
    async with world.db.unit() as unit:
        taken = await world.escalation.answers.take(unit, esc.ref, world.member(by), room or direct(by))
    return taken.words.plain


async def decline(world: World, esc: Escalation, by: UserId, why: str = "") -> None:
    async with world.db.unit() as unit:
        await world.escalation.answers.decline(unit, esc.ref, world.member(by), why, direct(by))


async def close(world: World, esc: Escalation, how: str, by: UserId, room: RoomId) -> None:
    async with world.db.unit() as unit:
        await getattr(world.escalation.answers, how)(unit, esc.ref, world.member(by), room)


async def test_whoever_of_the_called_organisation_answers_has_it(world: World) -> None:
    [esc] = (await world.call()).opened
    await world.later()
    await world.later(5)  # Carla too
    before = len(world.line.got)
    assert await take(world, esc, CARLA) == "", "her page showed everything"
    await world.later()
    esc = await world.now(esc)
    assert (esc.state, esc.position) == (State.ACKNOWLEDGED, None)
    assert world.status().startswith(f"Carla Reis (CERT-BR) lo atiende · 5 min · {esc.ref}")
    ring = next(c for c in world.contents(DESK_MX) if c["msgtype"] == "m.text")
    assert ring["m.mentions"] == {"user_ids": [ANA]}
    assert str(ring["body"]) == f"Carla Reis (CERT-BR) lo atiende · 5 min · {esc.ref}"
    told = {p.room for p in world.line.got[before:] if p.room != DESK_MX}
    assert told == {direct(BRUNO)}, "each room that was paged, once, but not where Carla is answered"
    assert world.seen(direct(BRUNO))[-1] == f"Carla Reis (CERT-BR) has it · 5 min · {esc.ref}"
    await world.later(600)
    assert len(await world.pages(esc)) == 3, "nobody is paged any more"
    assert (await world.actions())[-1] == "acknowledged"


async def test_a_page_that_has_not_gone_out_is_dropped(world: World) -> None:
    [esc] = (await world.call()).opened
    await take(world, esc, CARLA)
    async with world.db.reading() as unit:
        rows = await world.outbox.of_ref(unit, esc.ref, Kind.PAGE)
    assert [row.state for row in rows] == [RowState.DROPPED]
    await world.later()
    assert "calls" not in "".join(world.seen(direct(BRUNO)))


async def test_details_follow_where_the_page_had_none(world: World) -> None:
    world.trust.failing[direct(BRUNO)] = ("room-members-current", BRUNO)
    world.trust.rooms[DESK_BR].discard(BRUNO)
    [esc] = (await world.call(summary="secreto")).opened
    await world.later()
    assert (await world.rung(esc))[0] == "0 bruno bare sent"
    # Carla answers in the desk room, which is fine; a room that is not gets nothing.
    world.trust.failing[DESK_BR] = ("room-members-known", "@mallory:evil")
    async with world.db.reading() as unit:
        assert not await world.escalation.answers.words_for(unit, await world.now(esc), DESK_BR)
    del world.trust.failing[DESK_BR]
    assert "TLP:AMBER · secreto" in await take(world, esc, CARLA, DESK_BR)


async def respell(world: World, old: Handle, new: Handle) -> None:
    """The entry was removed and made again, with its handle spelled otherwise."""
    entries = world.register.entries
    organisations = {h: o for h, o in entries.organisations.items() if h != old}
    organisations[new] = replace(entries.organisations[old], handle=new)
    people = tuple(replace(p, organisation=new) if p.organisation == old else p for p in entries.people)
    world.register._set_entries(replace(entries, organisations=organisations, people=people))


async def test_a_handle_may_be_spelled_otherwise_meanwhile(world: World) -> None:
    [esc] = (await world.call()).opened
    await respell(world, BR, Handle("Cert-BR"))
    await respell(world, MX, Handle("Cert-MX"))
    assert (await world.call()).folded
    await take(world, esc, CARLA)
    await close(world, esc, "cancel", LUIS, DESK_MX)
    assert (await world.now(esc)).state is State.CANCELLED


@pytest.mark.parametrize(
    ("by", "error"),
    [(ANA, NotCalled), (YAN, UnknownEscalation), (UserId("@who:x"), NoOrganisation)],
)
async def test_nobody_else_takes_it(world: World, by: UserId, error: type[Exception]) -> None:
    [esc] = (await world.call()).opened
    with pytest.raises(error):
        await take(world, esc, by)
    assert (await world.now(esc)).state is State.PAGING


async def test_a_coordinator_who_was_paged_is_told_who_can_take_it(world: World) -> None:
    [esc] = (await world.call([Target(CL)])).opened
    await world.later()
    with pytest.raises(NotCalled):
        await take(world, esc, ZOE)


async def test_the_second_to_answer_reads_who_has_it(world: World) -> None:
    [esc] = (await world.call()).opened
    await take(world, esc, BRUNO)
    with pytest.raises(AlreadyTaken) as refused:
        await take(world, esc, CARLA)
    assert refused.value.values["name"] == "Bruno Lima"
    async with world.db.unit() as unit:
        again = await world.escalation.answers.take(unit, esc.ref, world.member(BRUNO), direct(BRUNO))
    assert again.again


async def test_no_climbs_at_once_and_without_whoever_declined(world: World) -> None:
    [esc] = (await world.call()).opened
    await world.later()
    await decline(world, esc, BRUNO, "sin acceso\u202e hasta las 08:00")
    await world.later()
    assert (await world.rung(esc))[1:] == ["1 carla sent"]
    assert "Bruno Lima no puede atender: «sin acceso hasta las 08:00»" in world.status()
    await decline(world, esc, CARLA)
    await world.later()
    assert (await world.rung(esc))[2:] == ["2 diego sent"]
    await world.later(120)
    assert all(p.person not in (BRUNO, CARLA) for p in (await world.pages(esc))[2:])


async def test_who_declines_again_brings_nothing_forward(world: World) -> None:
    [esc] = (await world.call()).opened
    await world.later()
    await decline(world, esc, BRUNO)
    await world.later()
    async with world.db.unit() as unit:
        answers = world.escalation.answers
        again = await answers.decline(unit, esc.ref, world.member(BRUNO), "in the air", direct(BRUNO))
    await world.later()
    assert (again.again, again.rings) == (True, "03:10 (Sao Paulo)")
    assert await world.rung(esc) == ["0 bruno sent", "1 carla sent"]
    assert "Bruno Lima no puede atender: «in the air»" in world.status()


async def test_who_was_called_by_name_and_has_gone_elsewhere_is_rung_no_more(world: World) -> None:
    [esc] = (await world.call([Target(BR, person=BRUNO)])).opened
    await world.later()
    entries = world.register.entries
    people = tuple(replace(p, organisation=CL) if p.mxid == BRUNO else p for p in entries.people)
    world.register._set_entries(replace(entries, people=people))
    await world.later(6)
    assert await world.rung(esc) == ["0 bruno sent", "1 carla sent"]
    assert (await world.call([Target(BR, person=BRUNO)], summary="secreto")).folded
    await world.later()
    assert "secreto" in world.seen(direct(CARLA))[-1]
    assert "secreto" not in "".join(world.seen(direct(BRUNO)))


async def test_who_declines_what_waits_for_the_office_passes_the_notice_on(world: World) -> None:
    [esc] = (await world.call(severity=Severity.MEDIUM)).opened
    await world.later()
    await decline(world, esc, BRUNO)
    await world.later()
    assert await world.rung(esc) == ["0 bruno notice sent", "0 carla notice sent"]
    await decline(world, esc, CARLA)
    await world.later()
    assert (await world.rung(esc))[2:] == ["0 desk-br notice sent"]
    await decline(world, esc, DIEGO)
    await world.later()
    assert len(await world.rung(esc)) == 3, "each room once; nobody is rung before the office opens"
    assert (await world.now(esc)).state is State.OPEN
    assert {str(content["msgtype"]) for room in (direct(CARLA), DESK_BR) for content in world.contents(room)} == {
        "m.notice"
    }
    await take(world, esc, CARLA)
    assert (await world.now(esc)).state is State.ACKNOWLEDGED


async def test_whoever_had_it_may_give_it_back(world: World) -> None:
    [esc] = (await world.call()).opened
    await world.later()
    await take(world, esc, BRUNO)
    await world.later(30)
    await decline(world, esc, BRUNO)
    await world.later()
    esc = await world.now(esc)
    assert (esc.state, esc.taken_by) == (State.PAGING, None)
    assert (await world.rung(esc))[1:] == ["1 carla sent"]
    assert "Bruno Lima lo atendía y lo devolvió" in world.status()
    await take(world, esc, CARLA)
    with pytest.raises(AlreadyTaken):
        await decline(world, esc, DIEGO)


async def given_back(world: World, esc: Escalation, by: UserId) -> str | None:
    """When it rings the others."""
    async with world.db.unit() as unit:
        answers = world.escalation.answers
        declined = await answers.decline(unit, esc.ref, world.member(by), "", direct(by))
    await world.later()
    return declined.rings


async def test_given_back_out_of_hours_it_waits_for_the_office(world: World) -> None:
    world.clock.at = MONDAY
    [esc] = (await world.call(severity=Severity.MEDIUM)).opened
    await world.later()
    await take(world, esc, CARLA)
    await world.later(14 * 60)  # 02:00
    assert await given_back(world, esc, CARLA) == "09:00 (Sao Paulo)"
    assert await world.rung(esc) == ["0 carla sent", "0 bruno notice sent"]
    await decline(world, esc, BRUNO)
    await world.later()
    assert (await world.rung(esc))[2:] == ["0 desk-br notice sent"]
    await world.later(7 * 60)
    assert (await world.rung(esc))[3:] == ["1 desk-br fallback sent", "2 diego sent"]


async def test_a_notice_that_gets_lost_after_it_was_given_back_still_rings_nobody(world: World) -> None:
    world.clock.at = MONDAY
    [esc] = (await world.call(severity=Severity.MEDIUM)).opened
    await world.later()
    await take(world, esc, CARLA)
    await world.later(14 * 60)
    world.line.dead.add(direct(BRUNO))
    await given_back(world, esc, CARLA)
    await world.later(1)
    assert (await world.rung(esc))[1:] == ["0 bruno notice lost", "0 desk-br fallback notice sent"]


async def test_given_back_before_it_rang_it_is_open_as_before(world: World) -> None:
    [esc] = (await world.call(severity=Severity.LOW)).opened
    await world.later()
    await take(world, esc, BRUNO)
    assert await given_back(world, esc, BRUNO) == "Mon 09:00 (Sao Paulo)"
    assert (await world.now(esc)).state is State.OPEN
    assert await world.rung(esc) == ["0 bruno notice sent", "0 carla notice sent"]


async def test_who_has_declined_is_paged_by_no_other_means(world: World) -> None:
    world.line.dead.add(direct(BRUNO))
    [esc] = (await world.call()).opened
    await world.later()
    await decline(world, esc, BRUNO)
    await world.later()
    await world.later(1)
    assert await world.rung(esc) == ["0 bruno lost", "1 carla sent"]
    assert "otros medios" not in world.status()


async def test_a_page_that_was_dropped_is_no_failure_once_it_is_given_back(world: World) -> None:
    world.line.dead |= {direct(BRUNO), direct(CARLA)}
    [esc] = (await world.call()).opened
    await take(world, esc, BRUNO)
    await given_back(world, esc, BRUNO)
    assert await world.rung(esc) == ["0 bruno lost", "1 carla out"]
    await take(world, esc, DIEGO)
    world.line.dead.clear()
    await given_back(world, esc, DIEGO)
    assert await world.rung(esc) == ["0 bruno lost", "1 carla sent"], "she had not been rung"
    assert "otros medios" not in world.status()


async def test_exhausted_may_still_be_taken(world: World) -> None:
    [esc] = (await world.call()).opened
    for _ in range(6):
        await world.later(30)
    assert (await world.now(esc)).state is State.EXHAUSTED
    await take(world, esc, DIEGO)
    await world.later()
    assert "Diego Alves (CERT-BR) lo atiende · 3 h" in world.status()
    assert "Diego Alves (CERT-BR) has it" in world.seen(direct(YAN))[-1]


@pytest.mark.parametrize(
    ("how", "by", "room", "error"),
    [
        ("resolve", ANA, DESK_MX, None),
        ("resolve", LUIS, DESK_MX, None),
        ("resolve", CARLA, DESK_BR, None),
        ("resolve", YAN, direct(YAN), UnknownEscalation),
        ("cancel", ANA, direct(ANA), None),
        ("cancel", LUIS, DESK_MX, None),  # a lead of the caller's
        ("cancel", CARLA, DESK_BR, NotTheCaller),
        ("cancel", DIEGO, DESK_BR, NotTheCaller),  # a lead, but of the called
    ],
)
async def test_who_may_close(world: World, how: str, by: UserId, room: RoomId, error: type[Exception] | None) -> None:
    [esc] = (await world.call()).opened
    await world.later()
    if error is not None:
        with pytest.raises(error):
            await close(world, esc, how, by, room)
        assert (await world.now(esc)).state is State.PAGING
        return
    await close(world, esc, how, by, room)
    await world.later()
    esc = await world.now(esc)
    assert esc.state is {"resolve": State.RESOLVED, "cancel": State.CANCELLED}[how]
    assert (esc.said, esc.position) == ((), None)
    name = world.member(by).name
    assert f"por {name}" in world.status()
    assert f"by {name}" in world.seen(direct(BRUNO))[-1]
    rings = [c for c in world.contents(DESK_MX) if c["msgtype"] == "m.text"]
    assert bool(rings) is (room != DESK_MX), "the caller's room is told by the answer itself, or by a ring"
    await world.later(600)
    assert len(await world.pages(esc)) == 1
    for again in ("resolve", "cancel"):
        with pytest.raises(AlreadyClosed):
            await close(world, esc, again, ANA, DESK_MX)
    with pytest.raises(AlreadyClosed):
        await take(world, esc, BRUNO)


async def test_cancelling_before_the_page_went_out_drops_it(world: World) -> None:
    [esc] = (await world.call()).opened
    await close(world, esc, "cancel", ANA, DESK_MX)
    await world.later()
    assert "calls" not in "".join(world.seen(direct(BRUNO)))


async def test_an_unknown_reference(world: World) -> None:
    async with world.db.unit() as unit:
        with pytest.raises(UnknownEscalation):
            await world.escalation.answers.take(unit, Ref("ESC-00000"), world.member(BRUNO), DESK_BR)


async def test_which_pages_in_a_room_still_wait_for_an_answer(world: World) -> None:
    [one] = (await world.call()).opened
    [two] = (await world.call(severity=Severity.HIGH)).opened
    [cl] = (await world.call([Target(CL)])).opened
    await world.later()

    async def waiting(room: RoomId, user: UserId) -> set[Ref]:
        async with world.db.reading() as unit:
            return set(await world.escalation.open_pages(unit, room, user))

    assert await waiting(direct(BRUNO), BRUNO) == {one.ref, two.ref}
    assert await waiting(DESK_BR, BRUNO) == set(), "nothing was paged there"
    assert await waiting(direct(ZOE), ZOE) == set(), "a coordinator cannot take it"
    assert cl.ref not in await waiting(direct(YAN), YAN)
    await decline(world, one, BRUNO)
    await take(world, two, CARLA)
    assert await waiting(direct(BRUNO), BRUNO) == set()


async def test_what_is_open(world: World) -> None:
    [one] = (await world.call()).opened
    [two] = (await world.call([Target(CL)])).opened
    async with world.db.reading() as unit:
        assert set(await world.escalation.open_refs(unit, world.member(ANA).organisation)) == {one.ref, two.ref}
        assert await world.escalation.open_refs(unit, BR) == [one.ref]
