"""The ladder on a real database, with the real directory, roster, log and sender: who is rung when, and what the
caller reads."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.escalation.model import SHARE_MARK, Severity, State, Target
from bot.escalation.service.errors import OwnOrganisation, RedForbidden, TooManyTargets, UnknownEscalation
from bot.exchange.service import TooLong
from bot.ids import Handle, UserId
from bot.outbox.model import Kind, Named
from bot.tlp import Tlp
from keys.trust import Standing
from tests.harness.calling import (
    ANA,
    BR,
    BRUNO,
    CARLA,
    CL,
    DESK_BR,
    DESK_MX,
    DEVICE,
    DIEGO,
    DORA,
    LUIS,
    MONDAY,
    MX,
    OEA,
    YAN,
    ZOE,
    World,
    build,
    direct,
)


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    world = await build(database_url)
    yield world
    await world.db.close()


async def test_a_critical_call_climbs_to_the_end(world: World) -> None:
    await world.rota(BRUNO, CARLA)
    [esc] = (await world.call()).opened
    assert esc.state is State.PAGING
    await world.later()
    assert await world.rung(esc) == ["0 bruno sent"]
    assert "PAGING" not in world.status()
    assert world.status().startswith(
        f"{esc.ref} · CRÍTICA · CERT-BR: nadie ha respondido todavía · siguiente paso 00:05"
    )
    assert "1. 00:00 · Bruno Lima, allí 03:00 · en la sala" in world.status()

    await world.later(4.5)
    assert len(await world.pages(esc)) == 1, "nothing before it is due"
    await world.later(0.5)
    assert (await world.rung(esc))[1:] == ["1 bruno sent", "1 carla sent"]
    await world.later(10)
    assert (await world.rung(esc))[3:] == ["2 diego sent"]
    await world.later(15)
    assert (await world.rung(esc))[4:] == ["3 dora sent", "3 yan bare sent", "3 zoe bare sent"]
    await world.later(30)
    assert (await world.rung(esc))[7:] == ["4 yan bare sent", "4 zoe bare sent"]
    esc = await world.now(esc)
    assert (esc.state, esc.position) == (State.EXHAUSTED, None)
    assert "nadie en CERT-BR ha respondido" in world.status()
    assert "☎ CERT-BR: +55 11 5555 0100" in world.status()
    assert "0199" not in "".join(world.seen(DESK_MX)), "TLP:RED phone numbers are not for the caller"
    asked, ring = [c for c in world.contents(DESK_MX) if c["msgtype"] == "m.text"]
    assert "también se llamó a Yan Ortiz, Zoe Diaz" in str(asked["body"])
    assert ring["m.mentions"] == {"user_ids": [ANA]}
    assert str(ring["body"]).split("\n")[:2] == [
        f"{esc.ref}: nadie en CERT-BR ha respondido. Llame por teléfono.",
        "☎ CERT-BR: +55 11 5555 0100",
    ]
    assert world.status().split("\n")[1] == "☎ CERT-BR: +55 11 5555 0100", "where a phone's screen shows it"
    assert await world.actions() == ["opened", "stepped", "stepped", "stepped", "stepped", "exhausted"]


async def test_a_page_says_what_to_do_first_and_details_last(world: World) -> None:
    await world.rota(BRUNO)
    [esc] = (await world.call(tlp=Tlp.AMBER)).opened
    await world.later()
    [page] = world.contents(direct(BRUNO))
    lines = str(page["body"]).split("\n")
    assert lines == [
        "CRITICAL · CERT-MX (Ana Pérez) calls · reply ok to take it · no if you can't",
        f"{esc.ref} · answer by 03:05 (Sao Paulo) · 00:05 (Mexico City)",
        "TLP:AMBER · DDoS contra el sistema de pagos",
        "200 Gbit/s desde las 02:40",
    ]
    assert page["msgtype"] == "m.text"
    assert page["m.mentions"] == {"user_ids": [BRUNO]}
    assert page["org.enlace.escalation"]["ref"] == esc.ref
    assert len(page["org.enlace.escalation"]["salts"]) == 1


async def test_a_page_speaks_the_language_of_whoever_is_paged(world: World) -> None:
    await world.rota(DIEGO)
    await world.call()
    await world.later()
    assert world.seen(direct(DIEGO))[0].startswith("CRÍTICA · CERT-MX (Ana Pérez) llama · responda ok para atender")


async def test_beyond_the_called_organisation_details_follow_the_callers_ok(world: World) -> None:
    [esc] = (await world.call([Target(CL)], summary="secreto", details="muy secreto")).opened
    await world.later()
    assert await world.rung(esc) == ["3 yan bare sent", "3 zoe bare sent"]
    for user in (YAN, ZOE):
        [page] = world.contents(direct(user))
        assert "secreto" not in str(page)
        assert str(page["body"]).startswith("CRITICAL · CERT-MX (Ana Pérez) calls CSIRT-CL")
        assert "!whois CSIRT-CL" in str(page["body"])
        assert page["org.enlace.escalation"]["salts"] == []
    [ask] = [c for c in world.contents(DESK_MX) if c["msgtype"] == "m.text"]
    assert ask["m.mentions"] == {"user_ids": [ANA]}
    assert str(ask["body"]).startswith(f"{esc.ref}: también se llamó a Yan Ortiz, Zoe Diaz, que solo saben")
    async with world.db.reading() as unit:
        [row] = [r for r in await world.outbox.of_ref(unit, esc.ref, Kind.NOTICE) if r.post.mark == SHARE_MARK]
    world.trust.failing[direct(ZOE)] = ("room-members-known", "@mallory:evil")

    async def word(by: UserId, *, yes: bool) -> str:
        async with world.db.unit() as unit:
            told = await world.escalation.sharing.settle(unit, row.id, world.member(by), "es", yes=yes)
        await world.sender.drain()
        return told.plain

    with pytest.raises(UnknownEscalation):
        await word(YAN, yes=True)
    assert "A nadie fuera de CSIRT-CL" in await word(ANA, yes=False)
    assert "secreto" not in str(world.contents(direct(YAN)))
    for _ in range(2):
        assert await word(LUIS, yes=True) == f"{esc.ref}: ya pueden leer de qué se trata: Yan Ortiz."
    assert [str(c["body"]) for c in world.contents(direct(YAN))[1:]] == [
        f"{esc.ref} · CERT-MX (Ana Pérez) shows you what it is about:\nTLP:AMBER · secreto\nmuy secreto"
    ]
    assert "secreto" not in str(world.contents(direct(ZOE))), "her room fails its verdict"
    world.trust.failing.clear()
    await world.later(60)
    assert "muy secreto" in world.seen(direct(ZOE))[-1], "who is called after the word reads it"
    assert len([c for c in world.contents(DESK_MX) if "también se llamó" in str(c["body"])]) == 1, "asked once"
    assert "shared" in await world.actions()


async def test_a_target_that_is_not_on_enlace_goes_to_the_coordinators_at_once(world: World) -> None:
    [esc] = (await world.call([Target(CL)])).opened
    assert (await world.now(esc)).position is not None
    await world.later()
    status = world.status()
    assert status.startswith(f"{esc.ref} · CSIRT-CL aún no está en enlace: llame por teléfono")
    assert "☎ CSIRT-CL: +56 2 2486 3850" in status
    assert "0123 4567 89AB CDEF" in status
    assert "Nadie está de guardia" not in status, "one reason is enough"


@pytest.mark.parametrize("severity", list(Severity))
async def test_nobody_to_wake_keeps_no_severity_waiting(world: World, severity: Severity) -> None:
    [esc] = (await world.call([Target(CL)], severity=severity)).opened
    assert {p.person for p in await world.pages(esc)} == {YAN, ZOE}


async def test_nobody_rostered_is_an_empty_step(world: World) -> None:
    [esc] = (await world.call()).opened
    await world.later()
    # Nobody on duty, no backup: desk room and lead ring in the same second.
    assert await world.rung(esc) == ["0 desk-br fallback sent", "2 diego sent"]
    assert world.contents(DESK_BR)[0]["m.mentions"] == {"user_ids": sorted([BRUNO, CARLA])}
    assert "⚠ Nadie está de guardia en CERT-BR" in world.status()
    assert "☎ CERT-BR: +55 11 5555 0100" in world.status()


async def test_where_the_called_role_has_no_roster_those_who_hold_it_ring_too(world: World) -> None:
    [esc] = (await world.call([Target(BR, "diplomatic")])).opened
    await world.later()
    assert await world.rung(esc) == ["0 desk-br fallback sent", "0 dora fallback sent", "2 diego sent"]
    assert str(world.contents(direct(DORA))[0]["body"]).startswith("CRITICAL · CERT-MX (Ana Pérez) calls")


async def test_who_is_rung_for_want_of_a_desk_room_is_rung_once_and_leaves_no_gap(world: World) -> None:
    world.trust.rooms[DESK_BR].clear()
    world.trust.rooms[direct(CARLA)].clear()
    world.trust.rooms[direct(DIEGO)].clear()
    world.line.dead.add(direct(BRUNO))
    [esc] = (await world.call()).opened
    assert await world.rung(esc) == ["0 bruno fallback out", "3 dora out", "3 yan bare out", "3 zoe bare out"]
    [high] = (await world.call([Target(BR, "diplomatic")], severity=Severity.HIGH)).opened
    assert (await world.rung(high))[0] == "0 dora fallback out"
    assert len([line for line in await world.rung(high) if "dora" in line]) == 1, "the same second: once"


async def test_a_held_page_starts_the_next_means_and_the_next_step_at_once(world: World) -> None:
    await world.rota(BRUNO, CARLA)
    [esc] = (await world.call()).opened
    assert await world.rung(esc) == ["0 bruno out"]
    # Between deciding and sending a stranger comes into Bruno's room.
    world.trust.failing[direct(BRUNO)] = ("room-members-known", "@mallory:evil")
    await world.later()
    assert (await world.rung(esc))[:2] == ["0 bruno lost", "0 desk-br fallback sent"]
    # The step after it, in the same look: Bruno's desk page rings, so only Carla is new.
    assert (await world.rung(esc))[2:] == ["1 carla sent"]
    assert world.contents(DESK_BR)[0]["m.mentions"] == {"user_ids": [BRUNO]}
    assert "La llamada a Bruno Lima quedó retenida" in world.status()
    assert "☎ CERT-BR" in world.status()
    assert world.seen(direct(BRUNO)) == [], "nothing goes to a room that fails its verdict"


@pytest.mark.parametrize(
    ("how", "said"),
    [("refused", "no pudo entregarse"), ("keyless", "Ningún dispositivo"), ("dead", "no logra salir")],
)
async def test_a_page_that_does_not_get_through_is_no_silent_gap(world: World, how: str, said: str) -> None:
    await world.rota(BRUNO, CARLA)
    getattr(world.line, how).add(direct(BRUNO))
    [esc] = (await world.call()).opened
    await world.later()
    if how == "dead":
        assert await world.rung(esc) == ["0 bruno out"]
        await world.later(0.5)
    assert (await world.rung(esc))[:3] == ["0 bruno lost", "0 desk-br fallback sent", "1 carla sent"]
    assert said in world.status()


async def test_a_page_is_not_lost_because_it_is_being_asked_which_devices_somebody_has(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.rota(BRUNO, CARLA)
    [esc] = (await world.call()).opened
    known = world.trust.person
    monkeypatch.setattr(world.trust, "person", lambda user: replace(known(user), trusted_devices=frozenset()))
    await world.later()
    rung = await world.rung(esc)
    assert rung[0].endswith("sent")
    assert not any("carla" in one for one in rung), "the next step has its time"


async def test_a_page_that_only_others_in_the_room_can_read_is_no_silent_gap(world: World) -> None:
    await world.rota(BRUNO, CARLA)
    world.trust.failing[direct(BRUNO)] = ("room-members-known", "@mallory:evil")
    world.line.meant = frozenset({Named(BRUNO, DEVICE), Named(CARLA, DEVICE)})
    world.line.lacking = frozenset({Named(BRUNO, DEVICE)})
    [esc] = (await world.call()).opened
    await world.later()
    rung = await world.rung(esc)
    assert rung[0] == "0 desk-br lost"
    assert "1 carla sent" in rung, "the next step, in the same second"
    assert "Ningún dispositivo de Bruno Lima" in world.status()
    world.line.lacking = frozenset()
    for _ in range(5):
        await world.later(1)
    assert (await world.rung(esc))[0] == "0 desk-br sent", "once his phone has the key it rings"


@pytest.mark.parametrize("how", ["dead", "held"])
async def test_a_page_that_comes_late_rings_and_can_be_answered(world: World, how: str) -> None:
    await world.rota(BRUNO, CARLA)
    [esc] = (await world.call()).opened
    if how == "dead":
        world.line.dead.add(direct(BRUNO))
    else:
        world.trust.failing[direct(BRUNO)] = ("room-members-known", "@mallory:evil")
    await world.later()
    await world.later(0.5)
    assert (await world.rung(esc))[0] == "0 bruno lost"
    world.line.dead.clear()
    world.trust.failing.clear()
    await world.sender.look_at_held()
    await world.later(2)
    await world.escalation.climb_due(world.db, woken=True)  # the sender rings
    await world.sender.drain()
    assert (await world.rung(esc))[0] == "0 bruno sent"
    assert len(world.seen(direct(BRUNO))) == 1
    assert "1. 00:00 · Bruno Lima, allí 03:00 · en la sala" in world.status()
    async with world.db.reading() as unit:
        assert await world.escalation.open_pages(unit, direct(BRUNO), BRUNO) == [esc.ref], "a lone ok takes it"
    async with world.db.unit() as unit:
        await world.escalation.answers.take(unit, esc.ref, world.member(CARLA), direct(CARLA))
    await world.later()
    assert world.seen(direct(BRUNO))[-1].startswith("Carla Reis (CERT-BR) has it"), "who was rung late is told too"


async def test_an_expired_statement_never_stops_a_page(world: World) -> None:
    await world.rota(BRUNO)
    world.trust.standing[BRUNO] = Standing.EXPIRED
    world.trust.failing[direct(BRUNO)] = ("room-members-current", BRUNO)
    world.trust.failing[DESK_BR] = ("room-members-current", BRUNO)
    [esc] = (await world.call(summary="secreto")).opened
    await world.later()
    assert (await world.rung(esc))[0] == "0 bruno bare sent"
    [page] = world.contents(direct(BRUNO))
    assert str(page["body"]).startswith("CRITICAL · CERT-MX (Ana Pérez) calls · reply ok")
    assert "secreto" not in str(page)


async def test_a_label_above_what_the_readers_may_get_goes_bare(world: World) -> None:
    await world.rota(BRUNO)
    world.trust.standing[BRUNO] = Standing.VOUCHED
    world.trust.rooms[DESK_BR].discard(BRUNO)
    [esc] = (await world.call(tlp=Tlp.AMBER_STRICT, summary="secreto")).opened
    await world.later()
    assert await world.rung(esc) == ["0 bruno bare sent"]
    assert "secreto" not in "".join(world.seen(direct(BRUNO)))


async def test_a_named_person_is_paged_first(world: World) -> None:
    await world.rota(BRUNO)
    [esc] = (await world.call([Target(BR, person=CARLA)])).opened
    await world.later()
    assert await world.rung(esc) == ["0 carla sent"]
    await world.later(5)
    assert (await world.rung(esc))[1:] == ["1 carla sent", "1 bruno sent"], "then whoever is on duty too"


async def test_medium_out_of_hours_is_laid_down_and_rings_at_opening(world: World) -> None:
    await world.rota(BRUNO)
    [esc] = (await world.call(severity=Severity.MEDIUM)).opened
    await world.later()
    assert (await world.now(esc)).state is State.OPEN
    assert await world.rung(esc) == ["0 bruno notice sent"]
    [notice] = world.contents(direct(BRUNO))
    assert notice["msgtype"] == "m.notice"
    assert notice["m.mentions"] == {}
    assert str(notice["body"]).startswith("MEDIUM · CERT-MX (Ana Pérez) wrote out of hours · it rings Mon 09:00")
    assert "espera allí como aviso y sonará cuando abra su oficina, lun 09:00" in world.status()
    await world.later(30 * 60 - 1)  # 03:00 on Sunday to 08:59 on Monday
    assert len(await world.pages(esc)) == 1
    await world.later(1)
    assert (await world.rung(esc))[1:] == ["0 bruno sent"]
    assert (await world.now(esc)).state is State.PAGING
    assert world.contents(direct(BRUNO))[1]["msgtype"] == "m.text"


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_notice_that_can_lie_nowhere_does_not_wait(world: World, when: str) -> None:
    await world.rota(BRUNO)
    stranger = ("room-members-known", "@mallory:evil")
    unfit = dict.fromkeys((DESK_BR, *map(direct, (BRUNO, CARLA, DIEGO, DORA))), stranger)
    if when == "before":
        world.trust.failing |= unfit
    [esc] = (await world.call(severity=Severity.MEDIUM)).opened
    world.trust.failing |= unfit
    await world.later()
    await world.later()
    assert [r for r in await world.rung(esc) if "lost" not in r] == ["3 yan bare sent", "3 zoe bare sent"]
    assert "no tiene ahora una sala" in world.status() or "quedó retenida" in world.status()


async def test_medium_in_office_hours_rings_at_once(world: World) -> None:
    world.clock.at = MONDAY
    await world.rota(BRUNO)
    [esc] = (await world.call(severity=Severity.MEDIUM)).opened
    assert await world.rung(esc) == ["0 bruno out"]


async def test_up_to_three_organisations_share_one_status_message(world: World) -> None:
    await world.rota(BRUNO)
    opened = (await world.call([Target(BR), Target(CL), Target(OEA)])).opened
    assert len({e.ref for e in opened}) == 3
    await world.later()
    notices = [p for p in world.line.got if p.room == DESK_MX and p.content["msgtype"] == "m.notice"]
    replies = [p for p in notices if "m.new_content" not in p.content]
    assert len(replies) == 1
    for esc in opened:
        assert esc.ref in world.status()
    async with world.db.unit() as unit:
        await world.escalation.answers.take(unit, opened[0].ref, world.member(BRUNO), direct(BRUNO))
    await world.later()
    assert "Bruno Lima (CERT-BR) lo atiende" in world.status()
    assert opened[1].ref in world.status()


@pytest.mark.parametrize(
    ("targets", "tlp", "error"),
    [
        ([BR, CL, OEA, Handle("X")], Tlp.AMBER, TooManyTargets),
        ([MX], Tlp.AMBER, OwnOrganisation),
        ([BR], Tlp.RED, RedForbidden),
    ],
)
async def test_what_is_refused_pages_nobody(
    world: World, targets: list[Handle], tlp: Tlp, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await world.call([Target(handle) for handle in targets], tlp=tlp)
    await world.later()
    assert world.line.got == []
    assert await world.actions() == []


async def test_too_long_a_text_pages_nobody(world: World) -> None:
    with pytest.raises(TooLong):
        await world.call(details="x" * 16_001)


async def test_a_storm_folds_while_nobody_has_taken_it(world: World) -> None:
    await world.rota(BRUNO)
    [esc] = (await world.call()).opened
    await world.later()
    await world.later(3)
    again = await world.call(summary="también DNS", details="otra IP", by=LUIS, room=direct(LUIS))
    assert again.opened == ()
    assert [e.ref for e in again.folded] == [esc.ref]
    await world.later()
    assert await world.rung(esc) == ["0 bruno sent"], "nobody is paged twice"
    shown = world.contents(direct(BRUNO))[-1]
    assert shown["msgtype"] == "m.notice"
    assert "+ Luis Soto, 03:03 · TLP:AMBER · también DNS" in str(shown["body"])
    assert "otra IP" in str(shown["body"])
    assert "se le unió 1 llamada más" in world.status()
    # Who is paged after that reads both.
    await world.rota(CARLA)
    await world.later(3)
    assert "también DNS" in world.seen(direct(CARLA))[0]
    # Ten minutes after the first one a new call is a new page.
    await world.later(5)
    [new] = (await world.call()).opened
    # Whoever joined is told as whoever called first, in their own room.
    await world.later(60)
    [told] = [c for c in world.contents(direct(LUIS)) if c["msgtype"] == "m.text"]
    assert told["m.mentions"] == {"user_ids": [LUIS]}
    assert str(told["body"]).startswith(f"{esc.ref}: nadie en CERT-BR ha respondido. Llame por teléfono.\n☎ CERT-BR:")
    async with world.db.unit() as unit:
        await world.escalation.answers.take(unit, esc.ref, world.member(BRUNO), direct(BRUNO))
        await world.escalation.answers.resolve(unit, esc.ref, world.member(BRUNO), direct(BRUNO))
    await world.send()
    told = [str(c["body"]) for c in world.contents(direct(LUIS)) if c["msgtype"] == "m.text"]
    assert told[1].startswith(f"Bruno Lima (CERT-BR) lo atiende · 71 min · {esc.ref}")
    assert told[2].startswith(f"{esc.ref} · resuelto por Bruno Lima")
    assert new.ref not in "".join(told)


async def test_after_it_is_taken_a_new_call_is_a_new_page(world: World) -> None:
    await world.rota(BRUNO)
    [esc] = (await world.call()).opened
    async with world.db.unit() as unit:
        await world.escalation.answers.take(unit, esc.ref, world.member(BRUNO), direct(BRUNO))
    [other] = (await world.call()).opened
    assert other.ref != esc.ref


async def test_another_severity_or_role_does_not_fold(world: World) -> None:
    await world.call()
    assert len((await world.call(severity=Severity.HIGH)).opened) == 1
    assert len((await world.call([Target(BR, "diplomatic")])).opened) == 1


async def test_the_callers_unverified_room_shows_no_labelled_phone(world: World) -> None:
    world.trust.failing[DESK_MX] = ("room-members-known", "@mallory:evil")
    await world.call()
    await world.later()
    assert "5555 0100" not in world.status()
    assert "cert@cert.example.br" in world.status()


async def test_a_step_without_a_room_says_so(world: World) -> None:
    await world.rota(BRUNO)
    del world.trust.rooms[direct(BRUNO)]
    world.trust.rooms[DESK_BR] = {CARLA}
    [esc] = (await world.call()).opened
    await world.later()
    assert (await world.rung(esc))[0] == "0 desk-br fallback sent"
    assert "Bruno Lima no tiene ahora una sala con enlace" in world.status()


async def test_the_heart_of_it_lies_sealed_and_is_wiped_at_the_end(world: World) -> None:
    await world.rota(BRUNO)
    [esc] = (await world.call(summary="secreto")).opened
    async with world.db.engine.connect() as connection:
        raw = str((await connection.exec_driver_sql("SELECT * FROM escalations")).fetchall())
    assert "secreto" not in raw
    async with world.db.unit() as unit:
        await world.escalation.answers.resolve(unit, esc.ref, world.member(ANA), DESK_MX)
    assert (await world.now(esc)).said == ()
    assert (await world.now(esc)).state is State.RESOLVED
