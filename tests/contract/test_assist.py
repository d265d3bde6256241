"""Help offered and asked for, as people type it: on a real directory, outbox, log and database."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.assist import tables
from bot.assist.model import Asked, Member, Request
from bot.assist.service.errors import RequestOver
from bot.db.unit import Unit
from bot.directory.model import Membership, Organisation, Person, Plan, Record, RoomRecord, Source
from bot.ids import DeviceId, Handle, Ref, RoomId, UserId
from bot.outbox.model import REACTION, Proof
from bot.tlp import Tlp
from keys.trust import Standing
from tests.harness.calling import ANA, BR, BRUNO, CARLA, DESK_BR, DESK_MX, DEVICE, LUIS, MX, YAN, direct, logged
from tests.harness.talking import DESK_PE, PE, PIA, Talk, talking

AR, UY, UMA, DESK_UY = Handle("CERT-AR"), Handle("PN-UY"), UserId("@uma:pn.uy"), RoomId("!desk-uy")
TEXT = "Ransomware in a hospital: <b>one</b> sample to analyse"


@pytest.fixture
async def talk(database_url: str) -> AsyncIterator[Talk]:
    """Brazil and Peru speak English, Mexico Spanish.  Argentina offers forensics by its entry and is not on enlace;
    a police force offers them too and shares no network with anybody here."""
    talk = await talking(database_url)
    entry = ("malware-analysis", "cooking")
    shared = (Membership("oas-cbm", ("technical",)),)
    police = (Membership("interpol-247", ("law-enforcement",)),)
    records = [
        Record(Source("t", 3), Organisation(AR, country="AR", capabilities=entry, memberships=shared)),
        Record(
            Source("t", 4),
            Organisation(UY, country="UY", languages=("en",), capabilities=entry, memberships=police),
            (Person("Uma Paz", UY, UMA, ("law-enforcement",)),),
            (4,),
        ),
    ]
    world = talk.world
    async with world.db.unit() as unit:
        await world.directory.apply(unit, Plan(added=tuple(records)), source_sha256="2" * 64, actor=None)
        await world.directory.register_room(unit, RoomRecord(DESK_UY, "desk", frozenset({UY})), actor=None)
    async with world.db.reading() as unit:
        await world.register.reload(unit)
    world.trust.rooms[DESK_UY] = {UMA}
    yield talk
    await world.db.close()


async def offered(talk: Talk) -> None:
    await talk.say(PIA, DESK_PE, "!assist offer 6.3, training")
    await talk.say(ANA, DESK_MX, "!apoyo ofrezco análisis forense")


async def requested(talk: Talk, line: str = f"!assist request 6.3 tlp:amber {TEXT}") -> Ref:
    """Brazil asks; Peru shares English with it, Mexico nothing."""
    await talk.say(BRUNO, DESK_BR, line)
    answer = talk.last(DESK_BR)
    assert answer.startswith("REQ-"), answer
    return Ref(answer[:9])


async def actions(talk: Talk) -> list[str]:
    found = [entry.details.action for entry in await logged(talk.world) if entry.details is not None]
    return [action.removeprefix("assist.") for action in found if action.startswith("assist.")]


async def request_of(talk: Talk, ref: Ref) -> Request:
    async with talk.world.db.reading() as unit:
        found = await talk.assist._get(unit, ref)
    assert found is not None
    return found


async def pass_time(talk: Talk, **by: float) -> None:
    """After a restart, too: nothing stands in memory."""
    talk.world.clock.push(timedelta(**by))
    await talk.fresh_assist().step(talk.world.db)
    await talk.settle()


async def test_an_ok_of_whoever_offers_opens_an_exchange_between_both(talk: Talk) -> None:
    await offered(talk)
    ref = await requested(talk)
    answer = talk.last(DESK_BR)
    for seen in (
        "6.3 Artifact and forensic evidence analysis",
        "TLP:AMBER",
        "Asked: CERT-PE (English)",
        "no language in common): CERT-MX",
        "not on enlace yet; !whois shows how to reach them: CERT-AR",
    ):
        assert seen in answer
    (asking,) = talk.world.contents(DESK_PE)[-1:]
    assert (asking["msgtype"], asking["m.mentions"]) == ("m.text", {"user_ids": [PIA]})
    for seen in ("CERT-BR (Bruno Lima) asks for help", "TLP:AMBER", ref, TEXT):
        assert seen in asking["body"]
    assert "&lt;b&gt;one&lt;/b&gt;" in asking["formatted_body"]
    assert all(ref not in text for room in (DESK_MX, DESK_UY) for text in talk.world.seen(room))

    await talk.say(PIA, DESK_PE, "ok", reply_to=talk.event(DESK_PE, ref))
    shown = talk.shown(DESK_PE)
    assert any(f"{ref} · CERT-BR asked for help · you help: MSG-" in line for line in shown)
    assert any(f"{ref}: you help CERT-BR" in line for line in shown)
    copy = next(line for line in shown if "reply in this thread" in line)
    for seen in ("CERT-BR · Bruno Lima", "Artifact and forensic evidence analysis", "TLP:AMBER", TEXT):
        assert seen in copy
    told = next(c for c in talk.world.contents(DESK_BR) if "CERT-PE (Pía Rojas) helps" in c["body"])
    assert told["m.mentions"] == {"user_ids": [BRUNO]}
    assert any("In their room 1/1" in line for line in talk.shown(DESK_BR))
    root = talk.event(DESK_PE, "reply in this thread")
    await talk.say(PIA, DESK_PE, "Send us the hash", thread=root)
    await talk.say(PIA, DESK_PE, "ok", thread=root)
    assert "Send us the hash" in "\n".join(talk.world.seen(DESK_BR))
    await talk.say(BRUNO, DESK_BR, "It is 44d88612", thread=str((await request_of(talk, ref)).origin.event))
    assert "It is 44d88612" in talk.last(DESK_PE)

    await talk.say(PIA, DESK_PE, f"!assist take {ref}")
    assert "is over" in talk.last(DESK_PE), "once"
    assert await actions(talk) == ["offered", "offered", "requested", "taken"]
    assert await talk.actions() == ["opened", "replied", "replied"]
    await pass_time(talk, days=4)
    assert all(ref not in text for text in talk.world.seen(DESK_MX)), "whoever was to come later is never asked"


async def test_without_an_encrypted_word_of_somebody_who_was_asked_nothing_happens(talk: Talk) -> None:
    await offered(talk)
    ref = await requested(talk)
    asking = talk.event(DESK_PE, ref)
    await talk.say(PIA, DESK_PE, "ok", reply_to=asking, proof=Proof.PLAIN)
    await talk.say(PIA, DESK_PE, "ok", reply_to=asking, proof=Proof.SIGNED)
    await talk.say(PIA, DESK_PE, "ok")
    await talk.say(PIA, DESK_PE, "1", reply_to=asking)
    sign = {"rel_type": "m.annotation", "event_id": asking, "key": "✅"}
    await talk.arrives(PIA, DESK_PE, {}, proof=Proof.PLAIN, kind=REACTION, outer=sign)
    assert "reply ok" in talk.last(DESK_PE)
    for who, room in ((LUIS, DESK_MX), (UMA, DESK_UY), (CARLA, DESK_BR)):
        await talk.say(who, room, f"!assist take {ref}")
        assert "There is no request" in talk.last(room), "not asked, so not known"
    await talk.say(UMA, DESK_UY, f"!assist withdraw {ref}")
    assert "There is no request" in talk.last(DESK_UY)
    talk.world.trust.standing[BRUNO] = Standing.REVOKED
    await talk.say(PIA, DESK_PE, "ok", reply_to=asking)
    assert "is not verified for CERT-BR any more" in talk.last(DESK_PE)
    talk.world.trust.standing[BRUNO] = Standing.GRACE
    await talk.say(PIA, DESK_PE, "ok", reply_to=asking)
    assert "is not verified for CERT-BR any more" in talk.last(DESK_PE), "he may say up to TLP:GREEN"
    assert await talk.actions() == []
    del talk.world.trust.standing[BRUNO]
    await talk.say(PIA, DESK_PE, "ok", reply_to=asking)
    assert await talk.actions() == ["opened"]
    ref = await requested(talk)
    async with talk.world.db.unit() as unit:
        await talk.world.directory.remove_person(unit, BRUNO, actor=None)
    async with talk.world.db.reading() as unit:
        await talk.world.register.reload(unit)
    await talk.say(PIA, DESK_PE, "ok", reply_to=talk.event(DESK_PE, ref))
    assert "is not verified for CERT-BR any more" in talk.last(DESK_PE)
    assert await talk.actions() == ["opened"]


async def test_who_shares_no_language_is_asked_after_half_an_hour_or_once_the_others_cannot(talk: Talk) -> None:
    await offered(talk)
    ref = await requested(talk)
    await pass_time(talk, minutes=29)
    assert all(ref not in text for text in talk.world.seen(DESK_MX))
    await pass_time(talk, minutes=2)
    assert "pide apoyo: 6.3 Análisis de artefactos" in talk.last(DESK_MX)
    assert "Asked now too, without a language in common: CERT-MX" in "\n".join(talk.world.seen(DESK_BR))

    again = await requested(talk)
    await talk.say(PIA, DESK_PE, "no", reply_to=talk.event(DESK_PE, again))
    await talk.settle()
    assert again in talk.last(DESK_MX), "at once"
    await talk.say(ANA, DESK_MX, "no", reply_to=talk.event(DESK_MX, again))
    await talk.settle()
    assert f"{again} (6.3 Artifact and forensic evidence analysis) is over" in "\n".join(talk.world.seen(DESK_BR))
    await talk.say(PIA, DESK_PE, f"!assist take {again}")
    assert "is over" in talk.last(DESK_PE)
    assert (await actions(talk))[2:] == [
        "requested", "widened", "requested", "declined", "widened", "declined", "unanswered"
    ]  # fmt: skip


async def test_nobody_more_is_asked_in_the_name_of_who_may_not_ask_any_more(talk: Talk) -> None:
    await offered(talk)
    ref = await requested(talk)
    for standing in (Standing.REVOKED, Standing.GRACE):
        talk.world.trust.standing[BRUNO] = standing
        await pass_time(talk, minutes=31)
        assert all(ref not in text for text in talk.world.seen(DESK_MX)), standing
    del talk.world.trust.standing[BRUNO]
    await pass_time(talk, minutes=1)
    assert ref in talk.last(DESK_MX), "once he may again"


async def test_what_is_taken_while_more_are_to_be_asked_is_asked_of_nobody_more(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await offered(talk)
    ref = await requested(talk)
    talk.world.clock.push(timedelta(minutes=31))
    assist, looks = talk.fresh_assist(), 0
    taking: list[asyncio.Task[None]] = []
    whom = assist._whom

    async def take() -> None:
        async with talk.world.db.unit() as unit:
            await talk.assist.take(unit, Member(PIA, "x", PE, DeviceId(DEVICE)), ref)

    async def meanwhile(unit: Unit, of: Ref) -> list[Asked]:
        nonlocal looks
        looks += 1
        if looks == 2:  # the first only looks
            taking.append(asyncio.create_task(take()))
            await asyncio.wait(taking, timeout=1)  # it ends first if nothing keeps it waiting
        return await whom(unit, of)

    monkeypatch.setattr(assist, "_whom", meanwhile)
    await assist.step(talk.world.db)
    await asyncio.gather(*taking)
    await talk.settle()
    assert (await request_of(talk, ref)).taken_by == PE
    assert all(ref not in text for text in talk.world.seen(DESK_MX))


async def test_a_request_that_is_withdrawn_or_old_is_over_and_its_text_gone(talk: Talk) -> None:
    await offered(talk)
    ref, other = await requested(talk), await requested(talk)
    await talk.say(CARLA, DESK_BR, f"!assist withdraw {ref}")
    assert any(f"{ref} · CERT-BR asked for help · over" in line for line in talk.shown(DESK_PE))
    assert not any(ref in line and TEXT in line for line in talk.shown(DESK_PE))
    talk.world.line.dead.add(DESK_PE)
    never = await requested(talk, "!assist request 6.3 tlp:amber Never sent")
    await talk.say(BRUNO, DESK_BR, f"!assist withdraw {never}")
    talk.world.line.dead.clear()
    await pass_time(talk, minutes=20)
    assert all("Never sent" not in text for text in talk.world.seen(DESK_PE))
    await pass_time(talk, days=3, minutes=1)
    assert f"{other} (6.3 Artifact and forensic evidence analysis) is over: nobody took it" in "\n".join(
        talk.world.seen(DESK_BR)
    )
    for one in (ref, other):
        await talk.say(PIA, DESK_PE, f"!assist take {one}")
        assert f"{one} is over" in talk.last(DESK_PE)
        async with talk.world.db.reading() as unit:
            row = await tables.request(unit, one)
            assert row is not None
            assert row.sealed is None
    assert {"withdrawn", "expired"} <= set(await actions(talk))


async def test_nothing_goes_where_room_or_label_forbid_it_and_whoever_asked_learns_so(talk: Talk) -> None:
    await offered(talk)
    talk.world.trust.failing[DESK_PE] = ("room-members-known", "@eve:evil.example")
    ref = await requested(talk)
    assert "Held, as their room is not verified now: CERT-PE" in talk.last(DESK_BR)
    await talk.settle()
    assert all(TEXT not in text for text in talk.world.seen(DESK_PE))
    assert ref in talk.last(DESK_MX), "the next are asked at once"
    del talk.world.trust.failing[DESK_PE]
    talk.world.trust.standing[PIA] = Standing.GRACE
    await talk.world.sender.look_at_held()
    await talk.settle()
    assert all(TEXT not in text for text in talk.world.seen(DESK_PE)), "she may read up to TLP:GREEN"
    talk.world.line.refused.add(DESK_PE)
    green = await requested(talk, "!assist request 6.3 tlp:green We need help")
    await talk.settle()
    assert f"{green} could not be delivered to CERT-PE" in "\n".join(talk.world.seen(DESK_BR))
    assert (await actions(talk)).count("undelivered") == 1
    await talk.say(BRUNO, DESK_BR, "!assist")
    listed = talk.last(DESK_BR)
    assert "CERT-PE (held), CERT-MX" in listed
    assert "CERT-PE (not delivered), CERT-MX" in listed


async def test_what_is_refused_is_refused_before_anything_is_stored(talk: Talk) -> None:
    await talk.say(BRUNO, DESK_BR, f"!assist request 5.1 {TEXT}")
    assert "Nobody who shares a network with you offers 5.1" in talk.last(DESK_BR)
    await talk.say(BRUNO, DESK_BR, f"!assist request 6.3 {TEXT}")
    assert "are not on enlace yet: CERT-AR" in talk.last(DESK_BR)
    await offered(talk)
    await talk.say(BRUNO, direct(BRUNO), f"!assist request 6.3 tlp:red {TEXT}")
    assert "TLP:RED is for people whom you name" in talk.last(direct(BRUNO))
    talk.world.trust.standing[BRUNO] = Standing.GRACE
    await talk.say(BRUNO, DESK_BR, f"!assist request 6.3 tlp:amber {TEXT}")
    assert "above what you may say" in talk.last(DESK_BR)
    del talk.world.trust.standing[BRUNO]
    await talk.say(BRUNO, DESK_BR, "!assist request 6.3 tlp:pink x")
    assert "not a TLP 2.0 label" in talk.last(DESK_BR)
    await talk.say(BRUNO, DESK_BR, "!assist request 6.3")
    assert "what do you need?" in talk.last(DESK_BR)
    await talk.say(BRUNO, DESK_BR, f"!assist request 6.3 {'x' * 16_001}")
    assert "too long" in talk.last(DESK_BR)
    for _ in range(5):
        await requested(talk)
    await talk.say(BRUNO, DESK_BR, f"!assist request 6.3 {TEXT}")
    assert "has 5 requests open" in talk.last(DESK_BR)
    assert (await actions(talk)).count("requested") == 5


async def test_a_term_that_is_not_clear_is_listed_and_a_number_sends_the_text(talk: Talk) -> None:
    await talk.say(PIA, DESK_PE, "!assist offer 7.3")
    await talk.say(BRUNO, DESK_BR, f"!assist request vulnerability tlp:amber\n{TEXT}")
    assert "1. 7.1 Vulnerability discovery / research\n2. 7.2" in talk.last(DESK_BR)
    assert all(TEXT not in text for text in talk.world.seen(DESK_PE))
    await talk.say(BRUNO, DESK_BR, "3")
    assert TEXT in talk.last(DESK_PE)
    await talk.say(BRUNO, DESK_BR, "!assist offer crisis, vulnerability, 9.3")
    await talk.say(BRUNO, DESK_BR, "2")
    assert "CERT-BR offers:\n6.6 Crisis management support\n7.2 Vulnerability report intake\n9.3 Exercises" in (
        talk.last(DESK_BR)
    )
    await talk.say(BRUNO, DESK_BR, "!assist offer <script>")
    assert "I know no service “<script>”" in talk.last(DESK_BR)
    assert "&lt;script&gt;" in talk.world.contents(DESK_BR)[-1]["formatted_body"]
    for line in ("!assist request ", "!assist take ", "!send MX tlp:", "!lang "):
        await talk.say(BRUNO, DESK_BR, line + "<" * 45_000)
        answer = talk.world.contents(DESK_BR)[-1]
        assert "…" in answer["body"]
        assert len(str(answer)) < 40_000, "what is too long for the homeserver would never be answered"


async def test_more_than_five_are_asked_about_first(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.assist.ASK_ABOVE", 1)  # else it takes six more rooms to say the same
    await offered(talk)
    await talk.say(BRUNO, DESK_BR, f"!assist request 6.3 tlp:green\n{TEXT}")
    assert "TLP:GREEN · to (2): CERT-PE, CERT-MX. Nothing was sent yet" in talk.last(DESK_BR)
    assert all(TEXT not in text for text in talk.world.seen(DESK_PE))
    await talk.say(BRUNO, DESK_BR, "ok")
    assert TEXT in talk.last(DESK_PE)
    assert "TLP:GREEN" in talk.last(DESK_PE)


async def test_the_list_shows_what_is_offered_and_what_is_asked(talk: Talk) -> None:
    await talk.say(BRUNO, DESK_BR, "!assist")
    assert "CERT-BR offers nothing yet" in talk.last(DESK_BR)
    await offered(talk)
    ref = await requested(talk)
    await talk.say(PIA, DESK_PE, "!assist list")
    listed = talk.last(DESK_PE)
    assert "CERT-PE offers\n6.3 Artifact and forensic evidence analysis\n9.2 Training and education" in listed
    assert f"{ref} · CERT-BR asks: 6.3" in listed
    assert f"!assist take {ref}" in listed
    assert TEXT not in listed
    await talk.say(LUIS, DESK_MX, "!apoyo")
    assert ref not in talk.last(DESK_MX), "not asked yet"
    await talk.say(BRUNO, DESK_BR, "!assist list forensics")
    assert "is offered by 3: CERT-PE (English), CERT-AR, CERT-MX" in talk.last(DESK_BR)
    await talk.say(UMA, DESK_UY, "!assist list 6.3")
    assert "Nobody who shares a network with you" in talk.last(DESK_UY)
    await talk.say(UMA, DESK_UY, "!assist withdraw forensics")
    assert "stands in the directory's entry of PN-UY" in talk.last(DESK_UY)
    await talk.say(PIA, DESK_PE, "!assist withdraw 9.2")
    assert "does not offer 9.2 Training and education any more" in talk.last(DESK_PE)
    await talk.say(PIA, DESK_PE, "!assist withdraw 9.2")
    assert "does not offer 9.2" in talk.last(DESK_PE)
    await talk.say(PIA, DESK_PE, "!assist offer")
    assert talk.last(DESK_PE).count("\n") == 27
    await talk.say(YAN, direct(YAN), "!assist dance")
    assert "Nothing was done" in talk.last(direct(YAN))


async def test_of_two_who_take_it_at_once_one_does(talk: Talk) -> None:
    await offered(talk)
    ref = await requested(talk)
    await pass_time(talk, minutes=31)

    async def take(user: UserId, organisation: Handle) -> str:
        async with talk.world.db.unit() as unit:
            taken = await talk.assist.take(unit, Member(user, "x", organisation, DeviceId(DEVICE)), ref)
            return str(taken.exchange)

    done = await asyncio.gather(take(PIA, PE), take(ANA, MX), return_exceptions=True)
    assert len([one for one in done if isinstance(one, str)]) == 1
    assert len([one for one in done if isinstance(one, RequestOver)]) == 1
    request = await request_of(talk, ref)
    assert (request.exchange, request.tlp, request.asker.organisation) == (
        next(one for one in done if isinstance(one, str)),
        Tlp.AMBER,
        BR,
    )
