"""What came in an exchange goes on to somebody new only on the encrypted word of its source."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from nio.crypto.attachments import decrypt_attachment, encrypt_attachment

from bot.matrix.client import Client
from bot.matrix.files import MatrixFiles
from bot.outbox.model import Proof
from tests.harness.calling import ANA, BRUNO, CARLA, DESK_BR, DESK_MX, DORA, LUIS, direct
from tests.harness.media import MediaStore, media_store
from tests.harness.talking import DESK_PE, PIA, Talk, talking


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


async def test_who_asked_is_told_when_the_source_is_silent_or_takes_it_back(talk: Talk) -> None:
    await wished(talk)
    talk.world.clock.push(timedelta(hours=23))
    await talk.settle()
    assert "Nothing has gone to CERT-PE yet" in talk.last(DESK_BR), "not before a day is over"
    talk.world.clock.push(timedelta(hours=2))
    await talk.settle()
    told = talk.world.contents(DESK_BR)[-1]
    assert "CERT-MX did not answer within a day" in told["body"]
    assert "Nothing was sent to CERT-PE" in told["body"]
    assert told["m.mentions"] == {"user_ids": [BRUNO]}
    event, _ = await wished(talk)
    await talk.say(ANA, DESK_MX, "!retirar", reply_to=event)
    assert sum("CERT-MX has withdrawn what you wanted to send on" in said for said in talk.world.seen(DESK_BR)) == 1
    before = len(talk.world.line.got)
    await talk.settle()
    assert len(talk.world.line.got) == before, "said once"
    assert talk.world.seen(DESK_PE) == []
    over = [name for name in await talk.actions() if name.startswith("onward")]
    assert over == ["onward-asked", "onward-expired", "onward-asked", "onward-withdrawn"]


async def test_file_and_words_that_went_along_go_on_too(database_url: str) -> None:
    async with media_store() as store:
        client = Client(store.url, "@enlace:oea.org", "BOT")
        client.access_token = "token"
        talk = await talking(database_url, MatrixFiles(client))

        async def on(copy: str, who: str = "CERT-MX") -> Mapping[str, Any]:
            """Bruno sends it on, its source allows it: what Peru gets."""
            before = len(store.kept)
            await talk.say(BRUNO, DESK_BR, "!send PE", reply_to=talk.event(DESK_BR, copy))
            assert talk.world.contents(DESK_PE)[seen:] == []
            question = talk.event(DESK_MX, "pide reenviar")
            assert ("iocs.csv" in talk.last(DESK_MX)) == (len(store.kept) > before), "the source reads what would go"
            await talk.say(LUIS, DESK_MX, "ok", reply_to=question)
            (got,) = talk.world.contents(DESK_PE)[seen:]
            assert f"{who} · Ana Pérez:" in got["body"]
            return got

        sealed, keys = encrypt_attachment(b"203.0.113.7\n")
        file = {**keys, "url": store.put(sealed)}
        posted = await talk.say(ANA, DESK_MX, "", msgtype="m.file", filename="iocs.csv", file=file)
        words = await talk.say(ANA, DESK_MX, "they scan us")

        # A file that !send took along; the text of the command goes with it.
        seen = 0
        root = await talk.say(ANA, DESK_MX, "!enviar BR tlp:amber\nIndicators\nblock them", reply_to=posted)
        got = await on("Indicators")
        assert _opened(store, got) == b"203.0.113.7\n"
        assert got["file"]["url"] not in (file["url"], talk.world.contents(DESK_BR)[0]["file"]["url"])
        assert "block them" in got["body"]

        # Words that !send took along.
        seen = len(talk.world.contents(DESK_PE))
        await talk.say(ANA, DESK_MX, "!enviar BR tlp:amber\nScan", reply_to=words)
        assert "CERT-MX · Ana Pérez: they scan us" in (await on("Scan"))["body"].replace(":\n", ": ")

        # A file posted in the thread, and one that !reply took along.
        seen = len(talk.world.contents(DESK_PE))
        await talk.say(ANA, DESK_MX, "", thread=root, msgtype="m.file", filename="iocs.csv", file=file)
        assert _opened(store, await on("iocs.csv")) == b"203.0.113.7\n"
        seen = len(talk.world.contents(DESK_PE))
        ref = talk.world.contents(DESK_BR)[0]["org.enlace.exchange"]["ref"]
        await talk.say(ANA, DESK_MX, f"!responder {ref} and this", reply_to=posted)
        assert _opened(store, talk.world.contents(DESK_BR)[-1]) == b"203.0.113.7\n"
        got = await on("and this")
        assert _opened(store, got) == b"203.0.113.7\n"
        assert "and this" in got["body"]
        assert "!responder" not in got["body"]
        await client.close()
        await talk.world.db.close()


def _opened(store: MediaStore, content: Mapping[str, Any]) -> bytes:
    file = content["file"]
    plain: bytes = decrypt_attachment(
        store.bytes_of(file["url"]), file["key"]["k"], file["hashes"]["sha256"], file["iv"]
    )
    return plain


async def test_of_what_was_sent_on_the_first_source_is_asked_again(talk: Talk) -> None:
    _, question = await wished(talk)
    await talk.say(ANA, DESK_MX, "ok", reply_to=question)
    await talk.say(PIA, DESK_PE, f"!send {DORA}", reply_to=talk.event(DESK_PE, "Phishing kit"))
    assert "CERT-MX said it, so CERT-MX is asked" in talk.last(DESK_PE)
    assert "CERT-PE · Pía Rojas pide reenviar" in talk.last(DESK_MX)
    assert "asks to send on" not in "".join(talk.world.seen(DESK_BR))
    await talk.say(ANA, DESK_MX, "ok", reply_to=talk.event(DESK_MX, "pide reenviar"))
    assert "CERT-MX · Ana Pérez:\nPhishing kit" in talk.last(direct(DORA))


async def test_what_was_sent_after_a_question_or_a_corrected_line_can_go_on(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, "!enviar BR quizas tlp:amber Asked first\nIOC 192.0.2.9")
    await talk.say(ANA, DESK_MX, "ok")
    await talk.say(ANA, DESK_MX, "!enviar BR tlp:ambar\nCorrected\nIOC 192.0.2.10")
    await talk.say(ANA, DESK_MX, "!enviar BR tlp:amber")
    for what, text in (("Asked first", "192.0.2.9"), ("Corrected", "192.0.2.10")):
        await talk.say(BRUNO, DESK_BR, "!send PE", reply_to=talk.event(DESK_BR, what))
        await talk.say(ANA, DESK_MX, "ok", reply_to=talk.event(DESK_MX, "pide reenviar"))
        assert text in talk.last(DESK_PE)


async def test_a_text_outlasts_every_first_line_that_is_refused(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, "!enviar BR tlp:ambar\nCorrected\nIOC 192.0.2.11")
    refused = ("!enviar BR tlp:grin", "!enviar Zzyzx-Team", "!enviar", "!enviar tlp:green")
    for line in refused:
        await talk.say(ANA, DESK_MX, line)
        assert talk.world.seen(DESK_BR) == [], line
    await talk.say(ANA, DESK_MX, "!enviar BR tlp:amber")
    assert "Corrected" in talk.last(DESK_BR)
    assert "192.0.2.11" in talk.last(DESK_BR)
    await talk.say(BRUNO, DESK_BR, "!send PE", reply_to=talk.event(DESK_BR, "Corrected"))
    await talk.say(ANA, DESK_MX, "ok", reply_to=talk.event(DESK_MX, "pide reenviar"))
    assert "192.0.2.11" in talk.last(DESK_PE), "which event has the text is still known"


async def test_a_refused_message_of_its_own_takes_the_place_of_what_was_kept(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, "!enviar BR tlp:ambar\nThe old one\nIOC 192.0.2.12")
    await talk.say(ANA, DESK_MX, "!enviar Zzyzx-Team tlp:amber The new one")
    await talk.say(ANA, DESK_MX, "!enviar BR tlp:amber")
    (copy,) = talk.world.seen(DESK_BR)
    assert "The new one" in copy
    assert "192.0.2.12" not in copy


async def test_a_corrected_first_line_may_say_its_subject_again(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, "!enviar BR tlp:ambar Phishing kit\nIOC 192.0.2.13")
    await talk.say(ANA, DESK_MX, "!enviar BR tlp:grin Something else")
    await talk.say(ANA, DESK_MX, "!enviar BR tlp:amber Something else")
    assert "192.0.2.13" not in talk.last(DESK_BR), "another matter"
    await talk.say(ANA, DESK_MX, "!enviar BR tlp:ambar Phishing kit\nIOC 192.0.2.13")
    await talk.say(ANA, DESK_MX, "!enviar BR tlp:amber phishing  kit")
    assert "192.0.2.13" in talk.last(DESK_BR)


async def test_a_corrected_first_line_is_still_about_what_came(talk: Talk) -> None:
    _, question = await wished(talk, "!send BX")
    assert question == ""
    await talk.say(BRUNO, DESK_BR, "!send PE tlp:ambar")
    await talk.say(BRUNO, DESK_BR, "!send PE")
    await talk.say(ANA, DESK_MX, "ok", reply_to=talk.event(DESK_MX, "pide reenviar"))
    assert "192.0.2.7" in talk.last(DESK_PE)


async def test_a_message_that_is_only_a_subject_goes_on(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, "!enviar BR tlp:green Call us")
    await talk.say(BRUNO, DESK_BR, "!send PE", reply_to=talk.event(DESK_BR, "Call us"))
    await talk.say(ANA, DESK_MX, "ok", reply_to=talk.event(DESK_MX, "pide reenviar"))
    assert "Call us" in talk.last(DESK_PE)


async def test_what_is_too_long_with_its_quotation_is_refused_before_anybody_is_asked(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, "!enviar BR tlp:amber\nLong\n" + "x" * 12_000)
    await talk.say(BRUNO, DESK_BR, "!send PE tlp:amber\nAnd\n" + "y" * 12_000, reply_to=talk.event(DESK_BR, "Long"))
    assert "too long" in talk.last(DESK_BR)
    assert "pide reenviar" not in talk.last(DESK_MX)


async def test_who_takes_no_part_passes_nothing_on_and_a_source_that_cannot_be_asked_stops_it(talk: Talk) -> None:
    await talk.say(ANA, direct(ANA), f"!send {BRUNO} tlp:red\nNames\nonly for you")
    copy = talk.event(direct(BRUNO), "Names")
    await talk.say(CARLA, direct(BRUNO), f"!send {DORA} tlp:red", reply_to=copy)
    talk.world.trust.failing[direct(ANA)] = ("room-members-known", "@x:evil.example")
    await talk.say(BRUNO, direct(BRUNO), f"!send {DORA}", reply_to=copy)
    assert "cannot be asked now" in talk.last(direct(BRUNO))
    assert talk.world.seen(direct(DORA)) == []
