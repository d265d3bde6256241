"""What people type around a page at 03:00: nobody may believe to have a call that still climbs."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.harness.calling import ANA, BRUNO, CARLA, DESK_BR, DESK_MX, YAN, direct
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
