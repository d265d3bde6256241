"""The main job as people see it: who is there, send, talk in the thread, and nothing that was not meant."""

import json
import uuid
from typing import Any
from urllib.parse import quote

import pytest

from bot.demo.person import Person
from tests.harness.house import House, ref_in

pytestmark = pytest.mark.homeserver


async def say_with_outer_relation(person: Person, room: str, text: str, thread: str) -> str:
    """A message to which the homeserver has added a thread relation: inside the ciphertext there is none."""
    await person.say(room, "// nothing")  # the session of this room is shared with everybody now
    olm: Any = person.client.olm
    session = olm.outbound_group_sessions[room]
    inner = {"type": "m.room.message", "content": {"msgtype": "m.text", "body": text}, "room_id": room}
    content = {
        "algorithm": "m.megolm.v1.aes-sha2",
        "sender_key": olm.account.identity_keys["curve25519"],
        "ciphertext": session.encrypt(json.dumps(inner)),
        "session_id": session.id,
        "device_id": person.device_id,
        "m.relates_to": {"rel_type": "m.thread", "event_id": thread},
    }
    path = f"/_matrix/client/v3/rooms/{quote(room)}/send/m.room.encrypted/{uuid.uuid4().hex}"
    return str((await person.call("PUT", path, content))["event_id"])


# --- whois ----------------------------------------------------------------------------------------------


async def test_whois_in_spanish_and_in_english(at_work: House) -> None:
    card = await at_work.ask("ana", "!quien BR")
    for seen in ("CERT-BR", "CERT Brasil", "De guardia ahora", "Hora local", "+551150000002", "sala verificada"):
        assert seen in card.body
    assert 'href="tel:+551150000002"' in card.content["formatted_body"]
    assert card.content["msgtype"] == "m.notice", "an answer does not ring"

    card = await at_work.ask("bruno", f"{at_work.bot} whois mx", **{"m.mentions": {"user_ids": [at_work.bot]}})
    for seen in ("CERT-MX", "CERT Mexico", "On duty now", "There it is", "+525550000001", "room verified"):
        assert seen in card.body

    desk = await at_work.ask("camila", "¡ QUIÉN  @" + at_work.world.user("bruno")[1:] + " llave")
    fingerprint = at_work.world.fingerprints["bruno"].grouped()
    assert fingerprint in desk.body


async def test_whois_suggests_and_lists(at_work: House) -> None:
    near = await at_work.ask("ana", "!quien CERT-BX")
    assert "más parecidos" in near.body
    assert "CERT-BR" in near.body
    number = next(line.split(".")[0] for line in near.body.splitlines() if "CERT-BR" in line)
    card = await at_work.ask("ana", number)
    assert "+551150000002" in card.body

    several = await at_work.ask("bruno", "!whois AR")
    assert "2 entries" in several.body
    assert {"CERT-AR", "BA-CSIRT"} <= set(several.body.replace("`", " ").split())
    number = next(line.split(".")[0] for line in several.body.splitlines() if "BA-CSIRT" in line)
    card = await at_work.ask("bruno", number, reply_to=several.event_id)
    assert "CSIRT Buenos Aires" in card.body
    assert "Not on enlace yet" in card.body

    nobody = await at_work.ask("ana", "!quien GL")
    assert "GL" in nobody.body or "Groenlandia" in nobody.body


async def test_whois_shows_what_the_labels_let_this_caller_see(at_work: House) -> None:
    far = await at_work.ask("ana", "!quien CERT-FAR")
    assert "cert@far.example.org" in far.body
    assert "+81350000004" not in far.body, "AMBER, and they share no network"


async def test_a_mistyped_command_gets_the_nearest(at_work: House) -> None:
    answer = await at_work.ask("ana", "!enviarr BR")
    assert "!enviar" in answer.body
    answer = await at_work.ask("bruno", "!escalte MX")
    assert "!escalate" in answer.body


# --- send and talk --------------------------------------------------------------------------------------


async def test_a_message_to_two_rings_there_and_the_talk_goes_on_in_threads(at_work: House) -> None:
    house = at_work
    ana, bruno, camila, cesar = (house.people[who] for who in ("ana", "bruno", "camila", "cesar"))
    sent = await ana.say(
        house.rooms["ana"], "!enviar BR, CL tlp:amber+strict\nKit de phishing\nIOC: 192.0.2.7\n<b>x</b>"
    )

    to_bruno = await house.hear("bruno", "Kit de phishing")
    ref = ref_in(to_bruno.body)
    assert to_bruno.encrypted
    assert to_bruno.rings
    assert to_bruno.content["m.mentions"] == {"user_ids": [bruno.user_id]}
    for seen in ("CERT-MX", "Ana Pérez", "TLP:AMBER+STRICT", "IOC: 192.0.2.7", "<b>x</b>", "reply in this thread"):
        assert seen in to_bruno.body
    assert "<b>x</b>" not in to_bruno.content["formatted_body"], "what people type is text, not markup"
    inside = to_bruno.content["org.enlace.exchange"]
    assert (inside["ref"], inside["tlp"], inside["from"]) == (ref, "TLP:AMBER+STRICT", "CERT-MX")
    to_camila = await house.hear("camila", "Kit de phishing")
    assert set(to_camila.content["m.mentions"]["user_ids"]) == {camila.user_id, cesar.user_id}
    assert "responda en este hilo" in to_camila.body, "a delivery speaks the language of its room"
    assert (await house.hear("cesar", "Kit de phishing")).event_id == to_camila.event_id

    edited = await house.hear("ana", r"En su sala 2/2 · llaves para 3/3", edits=True)
    first = await house.hear("ana", ref)
    assert edited.edits == first.event_id
    assert first.relation["m.in_reply_to"]["event_id"] == sent
    assert "nadie ha respondido" in edited.body

    # The first line of a person is held until they consent; after that it is a conversation.
    consent = await bruno.ask(house.rooms["bruno"], "We see it too", thread=to_bruno.event_id, sender=house.bot)
    assert "CERT-MX" in consent.body
    assert "CSIRT-CL" in consent.body
    await house.barrier("ana", "camila")
    assert "We see it too" not in house.said_to("ana") + house.said_to("camila")
    done = await bruno.ask(house.rooms["bruno"], "OK", thread=to_bruno.event_id, sender=house.bot)
    assert ref in done.body
    relayed = await house.hear("ana", "We see it too")
    assert relayed.thread == sent
    assert relayed.rings
    assert "CERT-BR" in relayed.body
    assert (await house.hear("camila", "We see it too")).thread == to_camila.event_id
    await house.hear("ana", "1 respuesta", edits=True)

    quiet = len(house.since("bruno"))
    await bruno.say(house.rooms["bruno"], "It started at 02:10", thread=to_bruno.event_id)
    await house.hear("ana", "It started at 02:10")
    await house.hear("camila", "It started at 02:10")
    assert len(house.since("bruno")) == quiet, "no answer to every line of a conversation"

    # The source answers in the thread of its own message, and needs no consent; a rich reply counts as well.
    await ana.say(house.rooms["ana"], "Gracias, lo bloqueamos", thread=sent)
    assert (await house.hear("bruno", "lo bloqueamos")).thread == to_bruno.event_id
    await ana.say(house.rooms["ana"], "¿Algún otro dominio?", reply_to=relayed.event_id)
    await house.hear("camila", "otro dominio")

    # The copy came once, whoever talked in between.
    assert sum("Kit de phishing" in heard.body for heard in house.since("bruno")) == 1
    assert sum("We see it too" in heard.body for heard in house.since("ana")) == 1


async def test_what_stays_in_the_room_stays(at_work: House) -> None:
    house = at_work
    ana, bruno = house.people["ana"], house.people["bruno"]
    here, there = house.rooms["ana"], house.rooms["bruno"]
    root = await ana.say(here, "!enviar BR tlp:green\nPrueba de hilo\ncuerpo")
    copy = await house.hear("bruno", "Prueba de hilo")
    await house.hear("ana", "En su sala 1/1", edits=True)
    await ana.say(here, "línea relevante uno", thread=root)
    await house.hear("bruno", "relevante uno")

    await ana.say(here, "// esto es solo para nosotros", thread=root)
    await ana.say(here, "  //y esto también", thread=root)
    await ana.say(here, "!quien PE", thread=root)
    await house.hear("ana", "CERT Perú")
    await ana.say(here, "esto no está en el hilo")
    await ana.react(here, root, "✅")
    await ana.send(here, "m.room.message", {"msgtype": "m.notice", "body": "un aviso", "m.relates_to": _in(root)})
    # What only the server says to be in the thread is asked about, not relayed.
    await say_with_outer_relation(ana, here, "secreto interno", root)
    warned = await house.hear("ana", "Lo que muestra el servidor")
    assert "no se retransmitió" in warned.body
    # Unencrypted words into the thread: warned about, and not relayed either.
    await ana.say_in_clear(here, "!enviar BR tlp:clear\nsin cifrar\nx")
    await house.hear("ana", "no estaba cifrado|sin cifr|no cifr")

    # A reaction of the called side counts for nothing: nobody has answered.
    await bruno.react(there, copy.event_id, "👍")
    await ana.say(here, "línea relevante dos", thread=root)
    await house.hear("bruno", "relevante dos")
    heard = house.said_to("bruno")
    for internal in ("solo para nosotros", "y esto también", "quien PE", "no está en el hilo", "un aviso", "interno"):
        assert internal not in heard
    assert "sin cifrar" not in heard
    assert "1 respuesta" not in house.said_to("ana")


def _in(root: str) -> dict[str, Any]:
    return {"rel_type": "m.thread", "event_id": root, "is_falling_back": True}


# --- nothing is guessed ---------------------------------------------------------------------------------


async def test_an_ambiguous_target_takes_a_number(at_work: House) -> None:
    house = at_work
    asked = await house.ask("bruno", "!send AR, MX tlp:green\nWhich of you\nthe whole text")
    assert "more than one" in asked.body
    assert "Nothing was sent" in asked.body
    await house.barrier("ana", "arturo")
    assert "Which of you" not in house.said_to("ana") + house.said_to("arturo")
    number = next(line.split(".")[0] for line in asked.body.splitlines() if "CERT-AR" in line)
    await house.ask("bruno", number, "CERT-AR")
    copy = await house.hear("arturo", "Which of you")
    assert "the whole text" in copy.body
    assert "TLP:GREEN" in copy.body
    # Whoever was named behind the ambiguous one is not forgotten.
    assert "the whole text" in (await house.hear("ana", "Which of you")).body
    await house.hear("bruno", "In their room 2/2", edits=True)


async def test_a_word_left_over_means_a_preview(at_work: House) -> None:
    house = at_work
    preview = await house.ask("bruno", "!send MX urgent tlp:green Cable cut\nfibre 7")
    assert "CERT-MX" in preview.body
    assert "Nothing was sent yet" in preview.body
    await house.barrier("ana")
    assert "fibre 7" not in house.said_to("ana")
    await house.ask("bruno", "👍", "MSG-")
    copy = await house.hear("ana", "Cable cut")
    assert "urgent" in copy.body
    assert "fibre 7" in copy.body


async def test_no_sends_nothing(at_work: House) -> None:
    house = at_work
    await house.ask("bruno", "!send MX perhaps tlp:green Never mind this\nlost", "Nothing was sent yet")
    await house.ask("bruno", "no", "nothing was done")
    answered = house.people["bruno"].mark()
    await house.people["bruno"].say(house.rooms["bruno"], "ok")
    await house.barrier("bruno", "ana")
    assert "Never mind this" not in house.said_to("ana")
    heard = [h for h in house.people["bruno"].heard[answered:] if h.sender == house.bot and h.edits is None]
    assert len(heard) == 1, "only the barrier"


async def test_a_corrected_first_line_sends_the_same_text(at_work: House) -> None:
    house = at_work
    refused = await house.ask("bruno", "!send MX tlp:ambar\nSubject kept\nthe body nobody retypes")
    assert "ambar" in refused.body
    assert "Nothing was sent" in refused.body
    assert "tlp:amber" in refused.body, "the nearest right thing"
    await house.barrier("ana")
    assert "Subject kept" not in house.said_to("ana")
    await house.ask("bruno", "!send MX tlp:amber", "MSG-")
    copy = await house.hear("ana", "Subject kept")
    assert "the body nobody retypes" in copy.body
    assert "TLP:AMBER" in copy.body


async def test_without_a_label_the_default_is_taken_and_said(at_work: House) -> None:
    house = at_work
    answer = await house.ask("ana", "!enviar BR\nSin etiqueta\ncuerpo")
    assert "TLP:AMBER" in answer.body
    assert "No indicó etiqueta" in answer.body
    assert "TLP:AMBER" in (await house.hear("bruno", "Sin etiqueta")).body


async def test_a_target_that_is_not_on_enlace_yet(at_work: House) -> None:
    house = at_work
    answer = await house.ask("ana", "!enviar PE, BR tlp:amber\nPara Perú\ncuerpo")
    assert "CERT-PE" in answer.body
    assert "+5115000003" in answer.body
    assert "cert@pe.example.org" in answer.body
    assert "no se envió" in answer.body
    await house.barrier("bruno")
    assert "Para Perú" not in house.said_to("bruno"), "nothing goes out before the others are asked about"
    await house.ask("ana", "sí", "MSG-")
    assert "Para Perú" in (await house.hear("bruno", "Para Perú")).body

    far = await house.ask("ana", "!enviar CERT-FAR tlp:amber\nPara lejos\ncuerpo")
    assert "cert@far.example.org" in far.body
    assert "+81350000004" not in far.body, "AMBER, and they share no network"


async def test_red_goes_from_a_direct_room_to_a_named_person_only(at_work: House) -> None:
    house = at_work
    ana, bruno = house.world.user("ana"), house.world.user("bruno")
    refused = await house.ask("camila", f"!enviar {bruno} tlp:red\nSolo para Bruno\nrojo uno")
    assert "TLP:RED" in refused.body
    assert "No se envió ni se guardó nada" in refused.body
    assert "everyone here" not in refused.body, "one language in one answer"
    group = await house.ask("ana", "!enviar BR tlp:red\nPara todos\nrojo dos")
    assert "TLP:RED" in group.body
    assert "todavía no está en enlace" not in group.body, "they are on enlace: it is the label that forbids it"
    await house.ask("ana", f"!enviar {bruno} tlp:red\nSolo para Bruno\nrojo tres", "MSG-")
    copy = await house.hear("bruno", "rojo tres")
    assert copy.content["m.mentions"] == {"user_ids": [bruno]}
    await house.hear("ana", "En su sala 1/1 · llaves para 1/1", edits=True)
    await house.barrier("bruno", "beatriz", "camila")
    for who in ("beatriz", "camila"):
        assert "rojo" not in house.said_to(who)
    assert "rojo uno" not in house.said_to("bruno")
    assert "rojo dos" not in house.said_to("bruno")
    assert ana not in copy.body, "the directory's names, not Matrix ids"


async def test_every_word_of_a_person_is_text(at_work: House) -> None:
    """Control and bidirectional characters of one person cannot change what another one reads."""
    house = at_work
    await house.ask(
        "ana", "!enviar BR tlp:green\nAsunto \u202egnirts\u202c\nfila\u0007 uno\u200b<script>alert(1)</script>", "MSG-"
    )
    copy = await house.hear("bruno", "Asunto")
    html = copy.content["formatted_body"]
    for hidden in ("\u202e", "\u0007", "<script"):
        assert hidden not in html
    for hidden in ("\u202e", "\u0007"):
        assert hidden not in copy.body


# --- the log --------------------------------------------------------------------------------------------


async def test_the_log_verifies_and_holds_what_happened(at_work: House) -> None:
    house = at_work
    answer = await house.ask("ana", "!enviar BR tlp:green\nPara el registro\npalabras-que-no-se-guardan")
    ref = ref_in(answer.body)
    await house.hear("ana", "En su sala 1/1", edits=True)
    entries = await house.log_verifies(
        "exchange.opened", "exchange.replied", "delivery.sent", "command.send", "command.whois"
    )
    mine = {entry["details"]["action"] for entry in entries if entry["details"]["ref"] == ref}
    assert {"exchange.opened", "delivery.sent", "command.send"} <= mine
    everything = json.dumps(entries)
    assert "palabras-que-no-se-guardan" not in everything, "the log never holds contents"
    assert house.world.user("ana") in everything
    assert not house.world.homeserver.stores(b"palabras-que-no-se-guardan")
