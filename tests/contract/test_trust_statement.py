"""A statement in each of its forms, the way back from everywhere, and withdrawal."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from nio.crypto.attachments import encrypt_attachment

from bot.commands.access import DeviceNotTrusted, NotVerified
from bot.commands.call import Call, Reply
from bot.directory.service import NoIdentity
from bot.directory.service.enrolment import MayNotRevoke
from bot.directory.service.statement_files import (
    LARGEST,
    STATEMENT,
    OnlyASignature,
    StatementFiles,
    StatementNotEncrypted,
    StatementNotRead,
    StatementNotText,
    statement_file,
)
from bot.ids import BadUserId, DeviceId, EventId, RoomId, UserId
from bot.matrix.client import Client
from bot.matrix.files import MatrixFiles
from bot.outbox.model import Arrival, Proof
from handlers import verify
from keys.fingerprint import OpenPGPFingerprint
from keys.openpgp import NotSigned, OpenPGP, SignatureBad, SignerUnknown
from keys.statement import NonceUnknown
from keys.trust import GRACE, Standing
from tests.contract.trust_house import ANA, BRUNO, CLARA, COSME, DESK, DORA, LUIS, House, build, direct
from tests.harness.media import media_store
from tests.harness.openpgp import GnuPG


class Own:
    """The bot's identity, which no test here asks for."""

    fingerprint = OpenPGPFingerprint("0" * 40)

    async def statement(self) -> str:
        raise AssertionError


class Said:
    """Messages that somebody can reply to."""

    def __init__(self) -> None:
        self.messages: dict[EventId, dict[str, Any]] = {}

    async def read(self, room: RoomId, event: EventId) -> Arrival | None:
        content, now = self.messages.get(event), datetime.now(UTC)
        return content and Arrival(event, room, ANA, DeviceId("PHONE"), Proof.SIGNED, content, now, now)


class Services:
    def __init__(self, house: House, files: StatementFiles | None = None) -> None:
        self.enrolment = house.enrolment
        self.own_identity = Own()
        self.statement_files = files


@pytest.fixture
async def house(tmp_path: Path, short_path: Path, gpg_home: GnuPG) -> AsyncIterator[House]:
    """Ana and Bruno have keys."""
    bot_home = short_path / "bot"
    keys = {}
    for user, name in ((ANA, "Ana"), (BRUNO, "Bruno")):
        fingerprint = gpg_home.new_key(name, f"{name}@example.org")
        keys[user] = (OpenPGPFingerprint(fingerprint), gpg_home.public_key(fingerprint).encode())
    with OpenPGP(bot_home) as openpgp:
        made = await build(f"sqlite+aiosqlite:///{tmp_path / 'enlace.db'}", openpgp, keys)
        yield made
        await made.db.close()


def key_of(house: House, user: UserId) -> str:
    person = house.register.person(user)
    assert person is not None
    return person.openpgp[0].fingerprint


async def do(house: House, call: Call, files: StatementFiles | None = None) -> str:
    """The command as the dispatcher runs it."""
    services = Services(house, files)
    extra = await verify.prepare(call, services)
    call = house.call(
        call.name, call.first_line, call.body, by=call.caller.user, room=call.place.room, device=call.caller.device,
        language=call.language, **extra,
    )  # fmt: skip
    async with house.db.unit() as unit:
        answer = await verify.run(call, unit, services)
    assert isinstance(answer, Reply)
    await house.reload()
    return answer.text.plain


# --- forms ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signed_as", "sent_as"),
    [
        (lambda text: text, lambda text: text),
        (lambda text: text.rstrip("\n"), lambda text: text),  # a file without a last line end
        (lambda text: text.replace("\n", "\r\n"), lambda text: text),  # a file from Windows
        (lambda text: text, lambda text: "\n" + text.replace("\n", "\r\n") + "\n"),  # a client that changes line ends
    ],
)
async def test_a_detached_signature_below_the_text(house: House, gpg_home: GnuPG, signed_as, sent_as) -> None:  # type: ignore[no-untyped-def]
    text = await house.challenge(ANA)
    signature = gpg_home.detach_sign(signed_as(text), key_of(house, ANA))
    said = await do(house, house.call("verify", "", sent_as(text) + signature, by=ANA))
    assert "you are verified until" in said
    assert house.standing(ANA) is Standing.VERIFIED


async def test_a_clear_signed_text(house: House, gpg_home: GnuPG) -> None:
    signed = gpg_home.clear_sign(await house.challenge(ANA), key_of(house, ANA))
    assert "you are verified until" in await do(house, house.call("verify", "", signed, by=ANA))


async def test_a_detached_signature_over_another_text_is_refused(house: House, gpg_home: GnuPG) -> None:
    text = await house.challenge(ANA)
    signature = gpg_home.detach_sign(text, key_of(house, ANA))
    for other in (text.replace("Ana Pérez", "Ana Perez"), text + "Device: EVIL " + "A" * 43 + "\n", "\t" + text, ""):
        with pytest.raises(SignatureBad):
            await do(house, house.call("verify", "", other + signature, by=ANA))
    assert house.standing(ANA) is Standing.UNKNOWN
    with pytest.raises(SignerUnknown):
        await do(house, house.call("verify", "", text + gpg_home.detach_sign(text, key_of(house, BRUNO)), by=ANA))
    # None of this has used the challenge up.
    assert "verified until" in await do(house, house.call("verify", "", text + signature, by=ANA))
    with pytest.raises(NonceUnknown):
        await do(house, house.call("verify", "", text + signature, by=ANA))


async def test_a_file_is_a_statement_in_each_of_its_forms(house: House, gpg_home: GnuPG) -> None:
    async with media_store() as store:
        client = Client(store.url)
        said = Said()
        files = StatementFiles(MatrixFiles(client), said)

        def posted(content: str | bytes, **more: Any) -> dict[str, Any]:
            data = content if isinstance(content, bytes) else content.encode()
            sealed, keys = encrypt_attachment(data)
            return {"msgtype": "m.file", "body": "s.txt.ASC", "file": {**keys, "url": store.put(sealed)}, **more}

        async def send(content: dict[str, Any], reply_to: str | None = None) -> str:
            found = statement_file(content)
            assert found is not None
            call = house.call("verify", by=ANA, **{STATEMENT: found})
            return await do(house, replace(call, reply_to=EventId(reply_to) if reply_to else None), files)

        async def text() -> tuple[str, str]:
            asked = await house.challenge(ANA)
            return asked, gpg_home.detach_sign(asked, key_of(house, ANA))

        try:
            clear = gpg_home.clear_sign(await house.challenge(ANA), key_of(house, ANA))
            assert "you are verified until" in await send(posted(clear.replace("\n", "\r\n")))
            asked, signature = await text()
            assert "you are verified until" in await send(posted(signature, body=asked, filename="s.asc"))
            asked, signature = await text()
            said.messages[EventId("$text")] = {"msgtype": "m.text", "body": f"!verify\n{asked}"}
            assert "you are verified until" in await send(posted(signature), "$text")
            asked, signature = await text()
            said.messages[EventId("$file")] = posted(asked, body="s.txt")
            assert "you are verified until" in await send(posted(signature), "$file")

            # Everything else is said, and the challenge stays open.
            asked, signature = await text()
            said.messages[EventId("$other")] = {"msgtype": "m.text", "body": asked.replace("Ana", "Eva")}
            for content, reply, error in (
                (posted(signature), None, OnlyASignature),
                (posted(signature), "$nothing", OnlyASignature),
                (posted(signature), "$other", SignatureBad),
                (posted("hello"), None, StatementNotText),
                (posted(b"\xff" + signature.encode()), None, StatementNotText),
                (posted(signature + " " * LARGEST), None, StatementNotRead),
                (posted(signature, file={"url": "mxc://media.test/x"}), None, StatementNotEncrypted),
                (posted(signature, file="x"), None, StatementNotEncrypted),
            ):
                with pytest.raises(error):
                    await send(content, reply)
            store.changes = True
            with pytest.raises(StatementNotRead):
                await send(posted(clear))
            store.changes = False
            assert "you are verified until" in await send(posted(signature, body=asked, filename="s.asc"))
        finally:
            await client.close()
    assert statement_file({"msgtype": "m.file", "body": "report.pdf", "file": {}}) is None
    assert statement_file({"msgtype": "m.image", "body": "s.asc", "file": {}}) is None


async def test_a_statement_sent_without_a_signature_keeps_its_challenge(house: House, gpg_home: GnuPG) -> None:
    text = await house.challenge(ANA)
    with pytest.raises(NotSigned):
        await do(house, house.call("verify", "", text, by=ANA))
    signed = gpg_home.clear_sign(text, key_of(house, ANA))
    assert "verified until" in await do(house, house.call("verify", "", signed, by=ANA))


# --- the way back ---------------------------------------------------------------------------------------


async def test_a_statement_leads_back_from_everywhere(house: House) -> None:
    first = await house.enrol(ANA)
    assert house.standing(ANA) is Standing.VERIFIED
    house.clock.push(timedelta(days=10))
    second = await house.enrol(ANA)  # while verified
    assert second.issued > first.issued

    house.clock.at = second.expires + timedelta(days=1)
    assert house.standing(ANA) is Standing.GRACE
    third = await house.enrol(ANA)
    assert house.standing(ANA) is Standing.VERIFIED

    house.clock.at = third.expires + GRACE
    assert house.standing(ANA) is Standing.EXPIRED
    await house.enrol(ANA)
    assert house.standing(ANA) is Standing.VERIFIED

    house.arrive(ANA, version=1)
    await house.observe(ANA)
    assert house.standing(ANA) is Standing.CHANGED
    house.arrive(ANA, version=0)
    assert house.standing(ANA) is Standing.CHANGED, "the old identity coming back is no human act"
    await house.enrol(ANA)
    assert house.standing(ANA) is Standing.VERIFIED

    await do(house, house.call("verify", f"revoke {ANA}", by=ANA))
    assert house.standing(ANA) is Standing.REVOKED
    await house.enrol(ANA)
    assert house.standing(ANA) is Standing.VERIFIED


# --- withdrawal -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [ANA, LUIS, CLARA])
@pytest.mark.parametrize(("words", "language"), [("revoke", "en"), ("REVOCAR", "es"), ("retirar", "es")])
async def test_the_person_their_lead_or_a_coordinator_withdraws(
    house: House, by: UserId, words: str, language: str
) -> None:
    for user in {ANA, COSME, by}:
        await house.enrol(user)
    await house.said()
    said = await do(house, house.call("verify", f"{words} {ANA}", by=by, language=language))
    assert ANA in said
    assert house.standing(ANA) is Standing.REVOKED
    assert not house.trust.person(ANA).trusted_devices
    told = await house.said()
    assert {room for room, _ in told} == {direct(ANA), DESK, direct(CLARA), direct(COSME), direct(DORA)} - {direct(by)}
    assert len(told) == len({room for room, _ in told}), "once in each room"
    assert "retiró la verificación" in dict(told)[DESK]
    assert (await house.actions())[-1] == "identity.withdrawn"
    with pytest.raises(NoIdentity):
        await do(house, house.call("verify", f"revoke {ANA}", by=COSME))
    assert await house.said() == []


async def test_nobody_else_withdraws(house: House) -> None:
    for user in (ANA, LUIS, BRUNO, CLARA):
        await house.enrol(user)
    await house.said()
    with pytest.raises(MayNotRevoke):  # the lead of another organisation
        await do(house, house.call("verify", f"revoke {ANA}", by=BRUNO))
    with pytest.raises(MayNotRevoke):  # no lead
        await do(house, house.call("verify", f"revoke {LUIS}", by=ANA))
    with pytest.raises(BadUserId):
        await do(house, house.call("verify", "revoke", by=ANA))
    with pytest.raises(DeviceNotTrusted):
        await do(house, house.call("verify", f"revoke {ANA}", by=ANA, device="LAPTOP"))
    house.arrive(LUIS, version=1)
    with pytest.raises(NotVerified):  # a homeserver that swapped the lead's identity
        await do(house, house.call("verify", f"revoke {ANA}", by=LUIS))
    assert house.standing(ANA) is Standing.VERIFIED
    assert await house.said() == []


async def test_a_link_as_clients_write_a_mention_names_the_person(house: House) -> None:
    await house.enrol(ANA)
    await do(house, house.call("verify", f"revoke [Ana](https://matrix.to/#/{ANA})", by=ANA, room=RoomId("!elsewhere")))
    assert house.standing(ANA) is Standing.REVOKED
