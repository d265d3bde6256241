"""A first message for an organisation that is not on enlace yet: as a letter, through a real SMTP server with TLS, read
with GnuPG.  What cannot be encrypted does not go."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.directory.model import Change, Contact, Membership, OpenPGPKey, Organisation, Plan, Record, Source
from bot.exchange.channel import Channel, Parcel, Receipt, Refused
from bot.exchange.files import Carried
from bot.exchange.sender import Sender
from bot.ids import Handle, RoomId, parse_ref
from bot.notify import Ways
from bot.outbox.model import MAIL, Audience, Kind
from bot.tlp import Tlp
from tests.harness.calling import BRUNO, DESK_BR, logged
from tests.harness.openpgp import GnuPG
from tests.harness.post import MailHouse
from tests.harness.talking import DESK_PE, PIA, Talk, talking

UY, ADDRESS = Handle("CERT-UY"), "cert@cert.example.uy"
SENT = "!send UY PE tlp:amber\nPhishing kit\nIOC 192.0.2.7"


@dataclass
class Stage:
    """Bruno writes to Uruguay, which is not on enlace, and to Peru, which is."""

    talk: Talk
    house: MailHouse
    record: Record

    async def say(self, text: str, *, send: bool = True, edits: str | None = None, thread: str | None = None) -> str:
        """What Bruno types at his desk, and what follows."""
        return await self.talk.say(BRUNO, DESK_BR, text, send=send, edits=edits, thread=thread)

    @property
    def answer(self) -> str:
        """The newest things at the desk: an answer, and what the status line says after it."""
        return "\n".join(self.talk.world.seen(DESK_BR)[-3:])

    @property
    def status(self) -> str:
        """The status line as it reads now."""
        return next(
            line for line in reversed(self.talk.shown(DESK_BR)) if line.startswith("MSG-") and " · TLP:" in line
        )

    async def entry(self, **changed: object) -> None:
        """The directory has another entry of Uruguay."""
        organisation = replace(self.record.organisation, **changed)  # type: ignore[arg-type]
        change = Change(replace(self.record, organisation=organisation), tuple(changed))
        world = self.talk.world
        async with world.db.unit() as unit:
            await world.directory.apply(unit, Plan(changed=(change,)), source_sha256="3" * 64, actor=None)
        async with world.db.reading() as unit:
            await world.register.reload(unit)

    async def kept(self) -> list[tuple[str, bool]]:
        """State of each letter's row, and whether its text is still there."""
        query = "SELECT state, sealed IS NOT NULL FROM outbox WHERE kind = 'letter' ORDER BY seq"
        async with self.talk.world.db.engine.connect() as connection:
            return [(str(state), bool(there)) for state, there in await connection.exec_driver_sql(query)]

    async def fates(self) -> list[str]:
        """What the log holds of the letters."""
        found = [entry.details for entry in await logged(self.talk.world) if entry.details is not None]
        return [d.action for d in found if d.action.startswith("delivery.") and d.more["organisation"] == UY]


def send_by(talk: Talk, channel: Channel) -> None:
    """What goes out goes by this channel."""
    w = talk.world
    w.sender = Sender(w.db, w.outbox, w.exchanges, w.audit, w.register, w.trust, channel, w.holding)


class Carrying:
    """A file store that carries anything."""

    async def carry(self, file: Mapping[str, Any]) -> Carried:
        return Carried(file, 3, "0" * 64, b"abc")


async def staged(url: str, house: MailHouse, *, mail: bool = True) -> Stage:
    await house.serve()
    talk = await talking(url, Carrying(), house.openpgp if mail else None)
    key = OpenPGPKey(house.fingerprint, house.person.public_key(house.fingerprint).encode())
    organisation = Organisation(
        UY,
        names={"es": "CERT Uruguay"},
        country="UY",
        languages=("es",),
        contacts=(Contact("email", ADDRESS, Tlp.GREEN), Contact("phone", "+598 2 901 2929", Tlp.CLEAR)),
        openpgp=(key,),
        memberships=(Membership("oas-cbm", ("technical", "diplomatic")),),
    )
    record = Record(Source("test.yaml", 3), organisation, (), ())
    world = talk.world
    async with world.db.unit() as unit:
        await world.directory.apply(unit, Plan(added=(record,)), source_sha256="2" * 64, actor=None)
    async with world.db.reading() as unit:
        await world.register.reload(unit)
    send_by(talk, Ways(world.line, house.mail(), None))
    return Stage(talk, house, record)


@pytest.fixture
async def house(tmp_path: Path, short_path: Path, gpg_home: GnuPG) -> AsyncIterator[MailHouse]:
    house = await asyncio.to_thread(MailHouse, tmp_path, short_path, gpg_home)
    yield house
    house.close()


@pytest.fixture
async def stage(tmp_path: Path, house: MailHouse) -> AsyncIterator[Stage]:
    stage = await staged(f"sqlite+aiosqlite:///{tmp_path / 'enlace.db'}", house)
    yield stage
    await stage.talk.world.db.close()


async def test_from_the_question_to_the_letter(database_url: str, house: MailHouse) -> None:
    stage = await staged(database_url, house)
    talk = stage.talk
    said = await stage.say(SENT)
    for words in ("CERT-UY is not on enlace yet: not sent, not held", f"CERT-UY ({ADDRESS})", "taken back", "CERT-PE"):
        assert words in stage.answer
    assert (house.sink.taken, talk.world.seen(DESK_PE)) == ([], [])
    await stage.say("ok")
    # Peru has its copy, and knows who else has it and whom an answer reaches.
    (copy,) = talk.world.seen(DESK_PE)
    assert "to CERT-PE, CERT-UY" in copy
    assert "it reaches CERT-BR ·" in copy
    # Uruguay has a letter that says nothing on its outside.
    (whole,) = house.sink.taken
    letter = house.letter()
    ref = stage.status.split(" ")[0]
    assert (letter["To"], letter["Subject"]) == (ADDRESS, f"enlace {ref}")
    for words in (b"192.0.2.7", b"Phishing", b"CERT-", b"AMBER", b"Bruno"):
        assert words not in whole
    text = await asyncio.to_thread(house.read_sealed, whole)
    first, label, _, *rest = text.splitlines()
    assert first == "CERT-BR · Bruno Lima: Phishing kit"
    assert label == f"TLP:AMBER · {ref} · para CERT-PE, CERT-UY"
    assert rest[0] == "IOC 192.0.2.7"
    assert "enlace no lee correo" in rest[-1]
    assert "+55 11 5555 0100" in rest[-1]
    assert "cert@cert.example.br" in rest[-1]
    assert "+55 11 5555 0199" not in rest[-1], "RED reaches nobody else"
    # What is promised is what is known.
    assert "In their room 1/1" in stage.status
    assert "By mail to CERT-UY: handed over to the mail server 1/1" in stage.status
    assert await stage.kept() == [("sent", False)]
    assert await stage.fates() == ["delivery.sent"]
    # What follows in the exchange is not mailed.
    await stage.say(f"{SENT} and 192.0.2.8", edits=said)
    assert "your edit was not mailed. CERT-UY got the letter as it was" in stage.answer
    assert "192.0.2.8" in talk.shown(DESK_PE)[0]
    await stage.say("One more thing", thread=said)
    await stage.say("!withdraw " + ref + " *")
    assert "A letter cannot be taken back: CERT-UY has it by mail." in stage.answer
    await stage.say("ok")
    assert len(house.sink.taken) == 1
    await talk.world.db.close()


async def test_to_nobody_else(stage: Stage) -> None:
    said = await stage.say("!send UY tlp:green\nPhishing kit\nIOC 192.0.2.7")
    await stage.say("ok")
    assert "In their room" not in stage.status
    assert "1/1" in stage.status
    await stage.say("One more thing", thread=said)
    assert "went by mail only" in stage.answer
    await stage.say(f"!withdraw {stage.status.split(' ')[0]}")
    assert "a letter cannot be taken back: CERT-UY has it" in stage.answer
    assert len(stage.house.sink.taken) == 1


async def test_a_letter_that_was_not_handed_over_yet_is_stopped(stage: Stage) -> None:
    await stage.say("!send UY tlp:green\nPhishing kit\nIOC 192.0.2.7")
    stage.house.sink.reply = "451 later"
    await stage.say("ok")
    assert "handed over to the mail server 0/1" in stage.status
    assert await stage.kept() == [("queued", True)]
    await stage.say(f"!withdraw {stage.status.split(' ')[0]}")
    assert "had reached nobody" in stage.answer
    assert await stage.kept() == [("dropped", False)]


async def test_a_letter_that_was_on_its_way_when_it_was_withdrawn_is_told_of(stage: Stage) -> None:
    world = stage.talk.world
    ways = Ways(world.line, stage.house.mail(), None)

    class Overtaken(Ways):
        async def send(self, parcel: Parcel) -> Receipt:
            receipt = await ways.send(parcel)
            if parcel.room.startswith(MAIL):
                async with world.db.unit() as unit:
                    await world.outbox.drop(unit, parse_ref(parcel.content["subject"][7:]), Kind.LETTER, reason="gone")
            return receipt

    send_by(stage.talk, Overtaken(world.line, None, None))
    await stage.say("!send UY tlp:green\nPhishing kit\nIOC 192.0.2.7")
    await stage.say("ok")
    assert await stage.kept() == [("sent", False)]
    assert "1/1" in stage.status
    assert await stage.fates() == ["delivery.sent"]


@pytest.mark.parametrize("why", ["unusable", "none", "no address"])
async def test_without_a_usable_key_at_the_ok_nothing_goes(stage: Stage, why: str) -> None:
    await stage.say(SENT)
    changed = {
        "unusable": {"openpgp": (OpenPGPKey(stage.house.fingerprint, b"no key at all"),)},
        "none": {"openpgp": ()},
        "no address": {"contacts": ()},
    }
    await stage.entry(**changed[why])
    await stage.say("ok")
    assert "To CERT-UY no mail can be encrypted now" in stage.answer
    assert (stage.house.sink.taken, stage.talk.world.seen(DESK_PE), await stage.kept()) == ([], [], [])
    await stage.say("ok")
    assert len(stage.talk.world.seen(DESK_PE)) == 1, "those who are on enlace can still be sent to"
    assert await stage.kept() == []


@pytest.mark.parametrize("why", ["gone", "unusable", "refused"])
async def test_what_is_not_handed_over_is_told(stage: Stage, why: str) -> None:
    await stage.say(SENT)
    if why == "refused":
        stage.house.sink.reply = "554 never"
    await stage.say("ok", send=False)
    if why != "refused":
        unusable = (OpenPGPKey(stage.house.fingerprint, b"no key at all"),)
        await stage.entry(openpgp=unusable if why == "unusable" else ())
    await stage.talk.settle()
    words = "smtp-554" if why == "refused" else "no mail could be encrypted"
    assert "Not delivered to CERT-UY" in stage.status
    assert words in stage.status
    rings = [str(c["body"]) for c in stage.talk.world.contents(DESK_BR) if c["msgtype"] == "m.text"]
    assert any("was not delivered to CERT-UY" in ring and words in ring for ring in rings)
    assert "In their room 1/1" in stage.status
    assert (stage.house.sink.taken, await stage.kept()) == ([], [("failed", False)])
    assert await stage.fates() == ["delivery.failed"]


async def test_files_and_what_others_wrote_are_not_mailed(stage: Stage) -> None:
    talk = stage.talk
    keys = {"url": "mxc://cert.br/1", "key": {"k": "x"}, "iv": "x", "hashes": {"sha256": "x"}, "v": "v2"}
    file = await talk.say(BRUNO, DESK_BR, "kit.pdf", msgtype="m.file", filename="kit.pdf", file=keys)
    await talk.say(BRUNO, DESK_BR, SENT, reply_to=file)
    assert "By mail goes only text that you write yourself" in stage.answer
    assert "Reply ok to send it to the others: CERT-PE" in stage.answer
    await stage.say("ok")
    assert talk.world.contents(DESK_PE)[0]["filename"] == "kit.pdf"
    assert (stage.house.sink.taken, await stage.kept()) == ([], [])
    await talk.say(PIA, DESK_PE, "!send BR tlp:amber\nSeen here\nIOC 192.0.2.9")
    await talk.say(BRUNO, DESK_BR, "!send UY tlp:amber\nFrom Peru", reply_to=talk.event(DESK_BR, "192.0.2.9"))
    assert "By mail goes only text that you write yourself" in stage.answer.split("192.0.2.9")[-1]
    await stage.say("ok")
    assert (stage.house.sink.taken, await stage.kept()) == ([], [])


async def test_no_mail_server_no_offer(tmp_path: Path, house: MailHouse) -> None:
    stage = await staged(f"sqlite+aiosqlite:///{tmp_path / 'enlace.db'}", house, mail=False)
    await stage.say(SENT)
    assert "Reply ok to send it to the others: CERT-PE" in stage.answer
    assert "OpenPGP mail" not in stage.answer
    await stage.say("ok")
    assert await stage.kept() == []
    await stage.talk.world.db.close()


async def test_a_letter_that_must_be_encrypted_is_refused_without_a_key(house: MailHouse) -> None:
    await house.serve()
    content = {"subject": "enlace", "body": "x", "sealed": "what only its reader may see", "only_sealed": True}
    for key in ({}, {"key": "AAAA", "fingerprint": house.fingerprint}):
        with pytest.raises(Refused):
            await house.mail().send(Parcel(RoomId(MAIL + ADDRESS), "t", "d", {**content, **key}, Audience.PINNED))
    assert house.sink.taken == []
