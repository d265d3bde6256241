"""The life of an exchange among three countries on a real Synapse: an edit, a redaction, a withdrawal, the end;
and one that begins with a request for help."""

import uuid
from urllib.parse import quote

import pytest

from bot.demo.person import Person
from tests.harness.house import House, ref_in

pytestmark = pytest.mark.homeserver


def _path(room: str, *rest: str) -> str:
    return "/_matrix/client/v3/rooms/" + "/".join(quote(part, safe="") for part in (room, *rest))


async def redact(person: Person, room: str, event: str) -> None:
    """What "Remove" in a client does."""
    await person.call("PUT", _path(room, "redact", event, uuid.uuid4().hex), {})


async def is_there(person: Person, room: str, event: str) -> bool:
    """Whether the homeserver still gives the event's ciphertext."""
    return "ciphertext" in (await person.call("GET", _path(room, "event", event)))["content"]


def _edit(event: str, text: str) -> dict[str, object]:
    return {
        "msgtype": "m.text",
        "body": f"* {text}",
        "m.new_content": {"msgtype": "m.text", "body": text},
        "m.relates_to": {"rel_type": "m.replace", "event_id": event},
    }


async def test_an_edit_a_redaction_a_withdrawal_and_the_end(at_work: House) -> None:
    house = at_work
    ana, bruno, camila = (house.people[who] for who in ("ana", "bruno", "camila"))
    here, there = house.rooms["ana"], house.rooms["bruno"]
    root = await ana.say(here, "!enviar BR, CL tlp:amber\nVida de un hilo\nIOC 192.0.2.7")
    at_bruno = await house.hear("bruno", "Vida de un hilo")
    at_camila = await house.hear("camila", "Vida de un hilo")
    ref = ref_in(at_bruno.body)

    # The author edits; the copies follow.
    await ana.send(here, "m.room.message", _edit(root, "!enviar BR, CL tlp:amber\nVida de un hilo\nIOC 192.0.2.8"))
    edited = await house.hear("bruno", "192.0.2.8", edits=True)
    assert edited.edits == at_bruno.event_id
    assert not edited.rings
    assert (await house.hear("camila", "192.0.2.8", edits=True)).edits == at_camila.event_id
    await ana.send(here, "m.room.message", _edit(root, "!enviar BR tlp:clear\nVida de un hilo\nIOC 192.0.2.9"))
    assert ref in (await house.hear("ana", "no se transmitió")).body

    # A rich reply counts as in the thread; the first line is consented to once.
    asked = await bruno.ask(there, "Lo vemos tambien", reply_to=at_bruno.event_id, sender=house.bot)
    await bruno.say(there, "ok", reply_to=asked.event_id)
    at_ana = await house.hear("ana", "Lo vemos tambien")

    # A redaction is the server's word: shown everywhere, executed nowhere.
    line = await ana.say(here, "La muestra esta en camino", thread=root)
    copy = await house.hear("bruno", "La muestra esta en camino")
    await redact(ana, here, line)
    await house.hear("bruno", "server has withdrawn a message of CERT-MX")
    await house.hear("camila", "un servidor retiró un mensaje de CERT-MX")
    assert f"!retirar {ref}" in (await house.hear("ana", "Un servidor dice")).body
    assert await is_there(bruno, there, copy.event_id)

    # The author's own encrypted word takes the copies away, and the edits with them.
    done = await ana.ask(here, "!retirar", reply_to=root, sender=house.bot)
    assert "2 salas" in done.body
    await house.hear("bruno", "has withdrawn a message")
    await house.hear("camila", "retiró un mensaje; se borró aquí")
    for person, room, event in (
        (bruno, there, at_bruno.event_id),
        (bruno, there, edited.event_id),
        (camila, house.rooms["camila"], at_camila.event_id),
    ):
        assert not await is_there(person, room, event)
    assert await is_there(bruno, there, copy.event_id), "what else was said stays"

    # One leaves, the source closes.
    await camila.say(house.rooms["camila"], f"!dejar {ref}")
    await house.hear("bruno", "CSIRT-CL · .* has left this exchange")
    await ana.say(here, "!cerrar", thread=at_ana.thread or root)
    await house.hear("bruno", "has closed this exchange")
    await bruno.say(there, "Una cosa mas", thread=at_bruno.event_id)
    await house.hear("bruno", "is closed; nothing was relayed")
    assert "Una cosa mas" not in house.said_to("ana")
    assert "closed this exchange" not in house.said_to("camila")
    actions = [entry["details"]["action"] for entry in await house.log(ref)]
    for action in ("opened", "edited", "replied", "removal-seen", "withdrawn", "left", "closed"):
        assert f"exchange.{action}" in actions


async def test_help_is_asked_of_those_who_offer_it_and_an_ok_opens_an_exchange(at_work: House) -> None:
    house = at_work
    await house.ask("bruno", "!assist offer forensics", "CERT-BR offers")
    await house.ask("camila", "!apoyo ofrecer análisis forense", "CSIRT-CL ofrece")
    asked = await house.ask("ana", "!apoyo pedir 6.3 tlp:amber\nUna muestra de ransomware de un hospital", "CSIRT-CL")
    ref = ref_in(asked.body, "REQ")
    at_camila = await house.hear("camila", "CERT-MX .Ana Pérez. pide apoyo: 6.3 .*muestra de ransomware")
    assert at_camila.rings
    done = await house.ask("camila", "ok", "ustedes ayudan a CERT-MX", reply_to=at_camila.event_id)
    exchange = ref_in(done.body)
    copy = await house.hear("camila", rf"TLP:AMBER · {exchange}.*muestra de ransomware")
    assert (await house.hear("ana", f"CSIRT-CL .Camila Rojas. ayuda: {ref} sigue en {exchange}")).rings
    held = await house.ask("camila", "Envien el hash", thread=copy.event_id)
    await house.people["camila"].say(house.rooms["camila"], "ok", reply_to=held.event_id)
    await house.hear("ana", "Envien el hash")
    await house.barrier("bruno")
    assert ref not in house.said_to("bruno"), "another language: not yet"
    actions = [entry["details"]["action"] for entry in await house.log(ref)]
    assert {"assist.requested", "delivery.sent", "assist.taken"} <= set(actions)
