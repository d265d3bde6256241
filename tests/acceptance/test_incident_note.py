"""A note made as a reply to a message takes along what was said, and who said it."""

import pytest

from tests.harness.house import House

pytestmark = pytest.mark.homeserver


async def test_a_note_as_a_reply_takes_the_message_along(at_work: House) -> None:
    house = at_work
    ana, bruno = house.people["ana"], house.people["bruno"]
    await house.ask("ana", "!incidente abrir alta BR tlp:amber\nFuga de datos", "INC-")
    room = await ana.wait_invitation(house.bot)
    await ana.join(room)
    await bruno.join(room)
    await ana.wait_member(room, bruno.user_id)
    await ana.hear(room, "INC-", sender=house.bot)
    said = await bruno.say(room, "The dump is from a 2019 backup.")
    await ana.hear(room, "2019 backup", sender=bruno.user_id)
    await ana.ask(room, "!incidente nota confirmado", "anotado", sender=house.bot, reply_to=said)
    closed = ana.mark()
    await ana.ask(room, "!incidente cerrar", sender=house.bot)
    report = await ana.hear(room, "2019 backup", sender=house.bot, after=closed)
    assert "Bruno Lima (CERT-BR)" in report.body
    assert "confirmado" in report.body
