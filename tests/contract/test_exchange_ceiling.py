"""Who was only vouched for, or whose statement has run out, says nothing above their ceiling, whichever way."""

from collections.abc import AsyncIterator

import pytest

from keys.trust import Standing
from tests.harness.calling import ANA, BRUNO, DESK_BR, DESK_MX, LUIS, direct
from tests.harness.house import ref_in
from tests.harness.talking import DESK_PE, Talk, talking


@pytest.fixture
async def talk(database_url: str) -> AsyncIterator[Talk]:
    talk = await talking(database_url)
    yield talk
    await talk.world.db.close()


@pytest.mark.parametrize(
    ("standing", "too_high", "fits"),
    [
        (Standing.VOUCHED, "amber+strict", "amber"),
        (Standing.GRACE, "amber", "green"),
    ],
)
async def test_a_message_above_it_is_refused_and_its_text_kept(
    talk: Talk, standing: Standing, too_high: str, fits: str
) -> None:
    talk.world.trust.standing[ANA] = standing
    for line in (f"!enviar BR tlp:{too_high}", f"!enviar {BRUNO} tlp:{too_high}"):
        await talk.say(ANA, DESK_MX, f"{line}\nKit\nIOC 192.0.2.7")
        assert f"como máximo TLP:{fits.upper()}" in talk.last(DESK_MX)
    await talk.say(ANA, DESK_MX, f"!enviar BR tlp:{fits}")
    assert "IOC 192.0.2.7" in talk.last(DESK_BR)
    assert await talk.actions() == ["opened"]


async def test_red_in_a_direct_room_is_no_way_around_it(talk: Talk) -> None:
    talk.world.trust.standing[LUIS] = Standing.VOUCHED
    await talk.say(LUIS, direct(LUIS), f"!send {BRUNO} tlp:red\nKit\nIOC 192.0.2.7")
    assert await talk.actions() == []


async def test_nor_is_an_answer_an_edit_or_sending_on(talk: Talk) -> None:
    await talk.say(BRUNO, DESK_BR, "!send MX tlp:amber\nKit\nIOC 192.0.2.7")
    copy = talk.event(DESK_MX, "Kit")
    ref = ref_in(talk.last(DESK_MX))
    line = await talk.say(ANA, DESK_MX, "Seen here", thread=copy)
    await talk.say(ANA, DESK_MX, "ok", thread=copy)
    before = (len(talk.world.seen(DESK_BR)), await talk.actions())
    talk.world.trust.standing[ANA] = Standing.GRACE
    ways: list[tuple[str, dict[str, str]]] = [
        ("In the thread", {"thread": copy}),
        (f"!reply {ref} By its number", {}),
        (f"!all {ref} To everybody", {}),
        ("Seen there", {"edits": line}),
        ("!send PE tlp:amber", {"reply_to": copy}),
    ]
    for text, where in ways:
        await talk.say(ANA, DESK_MX, text, **where)
        assert "TLP:GREEN" in talk.last(DESK_MX), text
    assert (len(talk.world.seen(DESK_BR)), await talk.actions()) == before
    assert talk.world.seen(DESK_PE) == []
