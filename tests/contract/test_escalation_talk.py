"""What people type around a page at 03:00: nobody may believe to have a call that still climbs."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.escalation import tables
from bot.escalation.model import State
from bot.outbox.model import REACTION, Named, Proof
from tests.harness.calling import ANA, BRUNO, CARLA, DESK_BR, DESK_MX, DEVICE, YAN, direct
from tests.harness.talking import Talk, talking

NOT_TAKEN = "That did not take {ref}: nobody has it yet. Nothing was changed. Reply only ok to take it"


@pytest.fixture
async def talk(database_url: str) -> AsyncIterator[Talk]:
    talk = await talking(database_url)
    await talk.world.rota(BRUNO)
    yield talk
    await talk.world.db.close()


async def test_what_is_no_answer_takes_nothing_and_says_so(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, "!escalar BR crítica Cable cortado")
    page = talk.event(direct(BRUNO), "calls")
    ref = talk.last(direct(BRUNO)).split("\n")[1].split(" ")[0]
    for said in ("ok voy", "On it", "enseguida"):
        await talk.say(BRUNO, direct(BRUNO), said)
        assert talk.last(direct(BRUNO)).startswith(NOT_TAKEN.format(ref=ref))
    talk.world.clock.push(timedelta(hours=2))
    before = len(talk.world.seen(direct(BRUNO)))
    await talk.say(BRUNO, direct(BRUNO), "Good morning")
    assert len(talk.world.seen(direct(BRUNO))) == before, "long after it, talk is talk"
    for relation in ({"reply_to": page}, {"thread": page}):
        before = len(talk.world.seen(direct(BRUNO)))
        await talk.say(BRUNO, direct(BRUNO), "I am driving", **relation)
        assert len(talk.world.seen(direct(BRUNO))) == before + 1
        assert talk.last(direct(BRUNO)).startswith(NOT_TAKEN.format(ref=ref))
    before = len(talk.world.seen(DESK_BR))
    await talk.say(CARLA, DESK_BR, "Who has seen Bruno?")
    assert len(talk.world.seen(DESK_BR)) == before, "people talk in a desk room"
    await talk.say(BRUNO, direct(BRUNO), "ok")
    assert talk.last(direct(BRUNO)).startswith(f"You have {ref}")
    before = len(talk.world.seen(direct(BRUNO)))
    await talk.say(BRUNO, direct(BRUNO), "done soon")
    assert len(talk.world.seen(direct(BRUNO))) == before, "it is taken: talk is talk again"


async def test_an_ok_to_what_asks_nothing_is_told_so_in_a_thread_too(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, "!estado")
    answer = talk.event(DESK_MX, talk.last(DESK_MX))
    own = await talk.say(ANA, DESK_MX, "We talk among ourselves")
    for relation in ({"reply_to": answer}, {"thread": answer}):
        before = len(talk.world.seen(DESK_MX))
        await talk.say(ANA, DESK_MX, "ok", **relation)
        assert len(talk.world.seen(DESK_MX)) == before + 1
        assert talk.last(DESK_MX).startswith("Ahí nada espera su respuesta")
    before = len(talk.world.seen(DESK_MX))
    await talk.say(ANA, DESK_MX, "ok", thread=own)
    assert len(talk.world.seen(DESK_MX)) == before, "people's own threads are their own"


async def test_nobody_retypes_the_details_of_a_call(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, "!escalar BRR crítica Cable cortado\nestación norte")
    await talk.say(ANA, DESK_MX, "!escalar BR crítica Cable cortado")
    assert talk.last(direct(BRUNO)).split("\n")[2:] == ["TLP:AMBER · Cable cortado", "estación norte"]
    await talk.say(ANA, DESK_MX, "!cancelar")
    await talk.say(ANA, DESK_MX, "!escalar BRR alta Cable cortado\nestación norte")
    await talk.say(ANA, DESK_MX, "!escalar BR alta")
    assert talk.last(direct(BRUNO)).split("\n")[2:] == ["TLP:AMBER · Cable cortado", "estación norte"]
    await talk.say(ANA, DESK_MX, "!cancelar")
    await talk.say(ANA, DESK_MX, "!escalar BR tlp:ambar alta Cable cortado\nestación norte")
    await talk.say(ANA, DESK_MX, "!escalar BR tlp:amber alta CABLE cortado")
    assert talk.last(direct(BRUNO)).split("\n")[2:] == ["TLP:AMBER · CABLE cortado", "estación norte"]
    await talk.say(ANA, DESK_MX, "!cancelar")
    await talk.say(ANA, DESK_MX, "!escalar BRR alta Cable cortado\nestación norte")
    await talk.say(ANA, DESK_MX, "!escalar BR tlp:ambar alta Phishing")
    await talk.say(ANA, DESK_MX, "!escalar BR alta Phishing")
    assert talk.last(direct(BRUNO)).split("\n")[2:] == ["TLP:AMBER · Phishing"], "another matter has its own details"


async def test_a_coordinator_s_lone_ok_is_told_who_can_take_it(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, "!escalar CL crítica Cable cortado")
    await talk.say(YAN, direct(YAN), "ok")
    assert "Only somebody of CSIRT-CL can answer" in talk.last(direct(YAN))
    assert "!whois CSIRT-CL" in talk.last(direct(YAN))


@pytest.mark.parametrize("relation", ["reply_to", "thread"])
async def test_an_ok_to_what_is_said_of_a_page_later_takes_the_call(talk: Talk, relation: str) -> None:
    room = direct(BRUNO)
    await talk.say(ANA, DESK_MX, "!escalar BR crítica Cable cortado")
    ref = talk.last(room).split("\n")[1].split(" ")[0]
    await talk.say(ANA, DESK_MX, "!escalar BR crítica Otro cable")
    joined = talk.event(room, "another call from")
    await talk.say(BRUNO, room, "I take it", **{relation: joined})
    assert talk.last(room).startswith(NOT_TAKEN.format(ref=ref))
    await talk.arrives(BRUNO, room, {}, kind=REACTION, proof=Proof.PLAIN, outer={"event_id": joined, "key": "✅"})
    assert "reply ok" in talk.last(room)
    await talk.say(BRUNO, room, "ok", **{relation: joined})
    assert talk.last(room).startswith(f"You have {ref}")


async def test_who_reads_that_a_call_was_given_back_takes_it_by_a_reply_to_that(talk: Talk) -> None:
    await talk.world.rota(BRUNO, CARLA)
    await talk.say(ANA, DESK_MX, "!escalar BR crítica Cable cortado")
    await talk.world.later(6)
    await talk.say(BRUNO, direct(BRUNO), "ok")
    taken = talk.event(direct(CARLA), "has it")
    await talk.say(CARLA, direct(CARLA), "ok", reply_to=taken)
    assert talk.last(direct(CARLA)).startswith("Nothing waits for your answer there")
    await talk.say(BRUNO, direct(BRUNO), "!decline")
    await talk.say(CARLA, direct(CARLA), "ok", reply_to=talk.event(direct(CARLA), "gave it back"))
    assert talk.last(direct(CARLA)).startswith("You have ESC-")


async def test_who_declined_a_call_may_still_take_it_by_a_reply_to_what_became_of_it(talk: Talk) -> None:
    await talk.world.rota(BRUNO, CARLA)
    await talk.say(ANA, DESK_MX, "!escalar BR crítica Cable cortado")
    await talk.world.later(6)
    await talk.say(CARLA, direct(CARLA), "no", reply_to=talk.event(direct(CARLA), "calls"))
    await talk.say(BRUNO, direct(BRUNO), "ok")
    await talk.say(BRUNO, direct(BRUNO), "!decline")
    await talk.say(CARLA, direct(CARLA), "ok", reply_to=talk.event(direct(CARLA), "gave it back"))
    assert talk.last(direct(CARLA)).startswith("You have ESC-")


async def test_an_ok_to_a_notice_or_a_test_page_that_asks_nothing_is_told_so(talk: Talk) -> None:
    await talk.say(BRUNO, DESK_BR, f"!duty hand {CARLA} 2026-11-23 08:00..2026-11-23 18:00")
    handed = talk.event(direct(CARLA), "handed")
    await talk.say(BRUNO, direct(BRUNO), "!duty test")
    await talk.world.later()
    page = talk.event(direct(BRUNO), "TEST")
    for who, event in ((CARLA, handed), (BRUNO, page)):
        for said in ("ok", "no"):
            await talk.say(who, direct(who), said, reply_to=event)
            assert talk.last(direct(who)).startswith("Nothing waits for your answer there")


async def test_a_lone_ok_takes_a_call_whose_page_only_a_colleague_can_read(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = talk.world.register.direct_room
    monkeypatch.setattr(talk.world.register, "direct_room", lambda user: None if user in (BRUNO, CARLA) else own(user))
    bruno, carla = Named(BRUNO, DEVICE), Named(CARLA, DEVICE)
    talk.world.line.meant, talk.world.line.lacking = frozenset({bruno, carla}), frozenset({bruno})
    await talk.say(ANA, DESK_MX, "!escalar BR crítica Cable cortado")
    for _ in range(3):
        await talk.world.later()
    await talk.say(CARLA, DESK_BR, "ok")
    assert "You have ESC-" in talk.last(DESK_BR)


async def test_a_lone_ok_takes_a_call_of_whose_page_the_homeserver_s_answer_was_lost(talk: Talk) -> None:
    talk.world.line.silent.add(direct(BRUNO))
    await talk.say(ANA, DESK_MX, "!escalar BR crítica Cable cortado")
    await talk.world.later(1, send=False)
    talk.world.line.silent.clear()
    await talk.say(BRUNO, direct(BRUNO), "ok", send=False)
    await talk.settle()
    assert "You have ESC-" in talk.last(direct(BRUNO))


async def test_a_lone_ok_takes_no_call_whose_page_nobody_there_can_read(talk: Talk) -> None:
    talk.world.line.refused.add(direct(BRUNO))
    await talk.say(ANA, DESK_MX, "!escalar BR crítica Cable cortado")
    await talk.world.later()
    talk.world.line.refused.clear()
    await talk.say(BRUNO, direct(BRUNO), "ok")
    assert talk.world.seen(direct(BRUNO)) == []


async def test_ack_finds_the_one_call_that_waits_behind_fifty_that_somebody_has(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, "!escalar BR crítica Cable cortado")
    await talk.world.later()
    waits = talk.last(direct(BRUNO)).split("\n")[1].split(" ")[0]
    async with talk.world.db.unit() as unit:
        row = await tables.get(unit, waits)
        assert row is not None
        for number in range(50):
            later = row.opened_at + timedelta(minutes=number + 1)
            taken = {"ref": f"ESC-{number:05}", "state": State.ACKNOWLEDGED.value, "opened_at": later, "sealed": None}
            await tables.add(unit, {**row._mapping, **taken})
    await talk.say(CARLA, direct(CARLA), "!ack")
    assert talk.last(direct(CARLA)).startswith(f"You have {waits}")
