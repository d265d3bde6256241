"""What a call is about is read beyond the called organisation only on the encrypted word of whoever calls."""

from collections.abc import AsyncIterator

import pytest

from bot.outbox.model import Proof
from tests.harness.calling import ANA, BRUNO, DESK_MX, LUIS, YAN, ZOE, direct
from tests.harness.talking import Talk, talking


@pytest.fixture
async def talk(database_url: str) -> AsyncIterator[Talk]:
    talk = await talking(database_url)
    yield talk
    await talk.world.db.close()


async def test_only_a_reply_of_the_caller_s_organisation_shows_it(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, "!escalar CL crítica Cable cortado\nsecreto")
    question = talk.event(DESK_MX, "también se llamó a Yan Ortiz, Zoe Diaz")
    await talk.say(ANA, DESK_MX, "ok", reply_to=question, proof=Proof.PLAIN)
    await talk.say(ANA, DESK_MX, "ok", reply_to=question, proof=Proof.SIGNED)
    await talk.say(BRUNO, DESK_MX, "ok", reply_to=question)
    await talk.say(ANA, DESK_MX, "ok")
    assert "secreto" not in str(talk.world.contents(direct(YAN)))
    await talk.say(ANA, DESK_MX, "no", reply_to=question)
    assert "A nadie fuera de CSIRT-CL" in talk.last(DESK_MX)
    await talk.say(LUIS, DESK_MX, "ok", reply_to=question)
    assert talk.last(DESK_MX).endswith("ya pueden leer de qué se trata: Yan Ortiz, Zoe Diaz.")
    for user in (YAN, ZOE):
        assert talk.last(direct(user)).split("\n")[1:] == ["TLP:AMBER · Cable cortado", "secreto"]


async def test_once_somebody_has_it_there_is_nothing_to_show(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, "!escalar CL crítica Cable cortado\nsecreto")
    question = talk.event(DESK_MX, "también se llamó")
    await talk.say(ANA, DESK_MX, "!cancelar")
    await talk.say(ANA, DESK_MX, "ok", reply_to=question)
    assert "ya está cerrado" in talk.last(DESK_MX)
    assert "secreto" not in str(talk.world.contents(direct(YAN)))
