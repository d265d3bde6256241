"""What is said of an organisation that is in the directory and not on enlace yet: most of them, at first."""

from collections.abc import AsyncIterator

import pytest

from tests.harness.calling import ANA, DESK_MX
from tests.harness.talking import DESK_PE, Talk, talking


@pytest.fixture
async def talk(database_url: str) -> AsyncIterator[Talk]:
    talk = await talking(database_url)
    yield talk
    await talk.world.db.close()


async def test_nothing_is_sent_or_held_and_the_answer_says_how_to_reach_them(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, "!enviar CL PE tlp:amber\nPhishing kit\nIOC 192.0.2.7")
    first, others = talk.last(DESK_MX).split("\n")
    assert first == (
        "CSIRT-CL todavía no está en enlace: no se envió ni se retuvo. Puede contactarles por 📞 +56 2 2486 3850"
        " TLP:GREEN · OpenPGP 0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 4567."
    )
    assert "CERT-PE" in others
    assert talk.world.seen(DESK_PE) == []
    await talk.say(ANA, DESK_MX, "ok")
    (copy,) = talk.world.seen(DESK_PE)
    assert "192.0.2.7" in copy
    assert len(talk.world.line.got) == 4, "the refusal, the copy, the status and its edit: nothing for Chile"


async def test_one_s_own_country_is_no_stranger(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, "!escalar MX crítica DDoS")
    assert "Para «MX» solo figura su propia organización." in talk.last(DESK_MX)
    await talk.say(ANA, DESK_MX, "!enviar MX tlp:amber\nAsunto")
    assert "Allí solo figura su propia organización." in talk.last(DESK_MX)
