"""What came in an exchange goes on to somebody new only on the encrypted word of its source."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.outbox.model import Proof
from tests.harness.calling import ANA, BRUNO, CARLA, DESK_BR, DESK_MX, DORA, LUIS, direct
from tests.harness.talking import DESK_PE, Talk, talking


@pytest.fixture
async def talk(database_url: str) -> AsyncIterator[Talk]:
    talk = await talking(database_url)
    yield talk
    await talk.world.db.close()


async def wished(talk: Talk, line: str = "!send PE") -> tuple[str, str]:
    """Mexico has told Brazil something, and Bruno wants to send it on; Mexico's own event, and the question's."""
    event = await talk.say(ANA, DESK_MX, "!enviar BR tlp:amber\nPhishing kit\nIOC 192.0.2.7")
    copy = talk.event(DESK_BR, "Phishing kit")
    await talk.say(BRUNO, DESK_BR, line, reply_to=copy)
    return event, talk.event(DESK_MX, "pide reenviar") if "pide reenviar" in talk.last(DESK_MX) else ""


async def test_the_source_is_asked_and_its_ok_sends_it_under_its_label(talk: Talk) -> None:
    _, question = await wished(talk)
    assert "Nothing has gone to CERT-PE yet" in talk.last(DESK_BR)
    asked = talk.world.contents(DESK_MX)[-1]
    assert asked["m.mentions"] == {"user_ids": [ANA]}
    for seen in ("CERT-BR · Bruno Lima", "CERT-PE", "TLP:AMBER", "192.0.2.7"):
        assert seen in asked["body"]
    assert talk.world.seen(DESK_PE) == []
    await talk.say(LUIS, DESK_MX, "ok", reply_to=question)
    (copy,) = talk.world.seen(DESK_PE)
    for seen in (
        "CERT-BR · Bruno Lima",
        "Phishing kit",
        "TLP:AMBER ",
        "CERT-MX · Ana Pérez:\nPhishing kit\nIOC 192.0.2.7",
    ):
        assert seen in copy
    assert any("In their room 1/1" in line for line in talk.shown(DESK_BR))
    assert await talk.actions() == ["opened", "onward-asked", "opened", "onward-allowed"]
    await talk.say(LUIS, DESK_MX, "ok", reply_to=question)
    assert "ya está resuelta" in talk.last(DESK_MX)
    assert len(talk.world.seen(DESK_PE)) == 1, "once"


async def test_without_the_source_s_encrypted_ok_nothing_goes(talk: Talk) -> None:
    _, question = await wished(talk)
    await talk.say(ANA, DESK_MX, "ok", reply_to=question, proof=Proof.PLAIN)
    await talk.say(ANA, DESK_MX, "ok", reply_to=question, proof=Proof.SIGNED)
    await talk.say(BRUNO, DESK_MX, "ok", reply_to=question)
    await talk.say(BRUNO, DESK_BR, "ok", reply_to=talk.event(DESK_BR, "Nothing has gone"))
    await talk.say(BRUNO, DESK_BR, "ok")
    await talk.say(ANA, DESK_MX, "1", reply_to=question)
    assert talk.world.seen(DESK_PE) == []
    await talk.say(ANA, DESK_MX, "no", reply_to=question)
    assert "does not want it sent on" in "\n".join(talk.world.seen(DESK_BR))
    await talk.say(ANA, DESK_MX, "ok", reply_to=question)
    assert "ya está resuelta" in talk.last(DESK_MX)
    assert talk.world.seen(DESK_PE) == []
    assert await talk.actions() == ["opened", "onward-asked", "onward-refused"]


async def test_an_ok_after_a_day_or_after_a_withdrawal_sends_nothing(talk: Talk) -> None:
    event, question = await wished(talk)
    await talk.say(ANA, DESK_MX, "!retirar", reply_to=event)
    await talk.say(ANA, DESK_MX, "ok", reply_to=question)
    assert talk.world.seen(DESK_PE) == []
    _, question = await wished(talk)
    talk.world.clock.push(timedelta(hours=25))
    await talk.say(ANA, DESK_MX, "ok", reply_to=question)
    assert talk.world.seen(DESK_PE) == []


async def test_only_the_source_lowers_a_label_and_needs_nobody_s_leave(talk: Talk) -> None:
    _, question = await wished(talk, "!send PE tlp:green")
    assert question == ""
    assert "only CERT-MX lowers a label" in talk.last(DESK_BR)
    root = talk.event(DESK_BR, "Phishing kit")
    await talk.say(BRUNO, DESK_BR, "Seen here too", thread=root)
    await talk.say(BRUNO, DESK_BR, "ok", thread=root)
    await talk.say(ANA, DESK_MX, "!send PE", reply_to=talk.event(DESK_MX, "Seen here too"))
    assert talk.world.seen(DESK_PE) == [], "Brazil said it, so Brazil is asked"
    assert "asks to send on" in talk.last(DESK_BR)


async def test_what_was_edited_goes_on_as_it_reads_now(talk: Talk) -> None:
    event = await talk.say(ANA, DESK_MX, "!enviar BR tlp:amber\nPhishing kit\nIOC 192.0.2.7")
    copy = talk.event(DESK_BR, "Phishing kit")
    await talk.say(ANA, DESK_MX, "!enviar BR tlp:amber\nPhishing kit\nIOC 192.0.2.8", edits=event)
    await talk.say(BRUNO, DESK_BR, "!send PE", reply_to=copy)
    await talk.say(ANA, DESK_MX, "ok", reply_to=talk.event(DESK_MX, "pide reenviar"))
    (copy,) = talk.world.seen(DESK_PE)
    assert "192.0.2.8" in copy
    assert "192.0.2.7" not in copy


async def test_who_takes_no_part_passes_nothing_on_and_a_source_that_cannot_be_asked_stops_it(talk: Talk) -> None:
    await talk.say(ANA, direct(ANA), f"!send {BRUNO} tlp:red\nNames\nonly for you")
    copy = talk.event(direct(BRUNO), "Names")
    await talk.say(CARLA, direct(BRUNO), f"!send {DORA} tlp:red", reply_to=copy)
    talk.world.trust.failing[direct(ANA)] = ("room-members-known", "@x:evil.example")
    await talk.say(BRUNO, direct(BRUNO), f"!send {DORA}", reply_to=copy)
    assert "cannot be asked now" in talk.last(direct(BRUNO))
    assert talk.world.seen(direct(DORA)) == []
