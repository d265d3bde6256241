"""Files in exchanges, from the inbox to the rooms: the real dispatcher, handlers, outbox, log and sender, and a media
store on loopback.  Only who is in which room is made up."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from nio.crypto.attachments import decrypt_attachment, encrypt_attachment

from bot.audit.service import content_digest
from bot.commands.dispatch import Dispatcher
from bot.commands.questions import Questions
from bot.commands.recognise import Recogniser
from bot.commands.registry import Registry
from bot.exchange.service import Addressing, Changes, Enclosures, Exchanges
from bot.ids import EventId, Ref, RoomId, UserId
from bot.matrix.client import Client
from bot.matrix.files import MatrixFiles
from bot.outbox.model import Arrival, Proof
from bot.outbox.rules import STATUS_WAIT
from bot.tasks import end
from keys.trust import Standing
from tests.harness.calling import ANA, BRUNO, DESK_BR, DESK_MX, DEVICE, LUIS, World, build, logged
from tests.harness.media import MediaStore, media_store

LARGEST = 1_000_000
NUMBERS = count()


@dataclass
class Talk:
    """Two desks that write to each other through the bot."""

    world: World
    store: MediaStore
    client: Client
    said: dict[str, Arrival] = field(default_factory=dict)
    bot: Dispatcher = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """The bot as it is after a start: nothing in memory."""
        world = self.world
        exchanges = Exchanges(world.outbox, world.audit, world.seal, world.trust)
        registry = Registry.load(["send", "reply", "whois", "help", "status", "verify", "trust"])
        services = _Services(
            register=world.register,
            addressing=Addressing(world.register, world.trust),
            exchange=exchanges,
            changes=Changes(exchanges, world.outbox, world.audit, world.trust, lambda _: "en"),
            enclosures=Enclosures(MatrixFiles(self.client, LARGEST), self, world.register),
            registry=registry,
            trust=world.trust,
            policy=world.policy,
        )
        questions = Questions(world.seal)
        recogniser = Recogniser(
            outbox=world.outbox,
            exchanges=exchanges,
            holding=world.holding,
            pages=world.escalation,
            questions=questions,
            registry=registry,
            register=world.register,
            challenges=world.directory,
            trust=world.trust,
            bot_user=UserId("@enlace:oea.org"),
        )
        self.bot = Dispatcher(
            database=world.db,
            outbox=world.outbox,
            audit=world.audit,
            questions=questions,
            recogniser=recogniser,
            register=world.register,
            changes=world.changes,
            services=services,
        )

    async def read(self, room: RoomId, event: EventId) -> Arrival | None:
        found = self.said.get(event)
        return found if found is not None and found.room == room else None

    async def say(
        self,
        by: UserId,
        room: RoomId,
        content: Mapping[str, Any] | str,
        *,
        thread: str | None = None,
        reply_to: str | None = None,
        proof: Proof = Proof.PINNED,
        done: bool = True,
    ) -> EventId:
        """Somebody writes; with ``done`` the bot does all that there is to do."""
        content = {"msgtype": "m.text", "body": content} if isinstance(content, str) else dict(content)
        if thread is not None:
            content["m.relates_to"] = {"rel_type": "m.thread", "event_id": thread}
        elif reply_to is not None:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": reply_to}}
        event, now = EventId(f"$typed{next(NUMBERS)}"), self.world.clock.now()
        self.said[event] = arrival = Arrival(event, room, by, DEVICE, proof, content, now, now)
        async with self.world.db.unit() as unit:
            await self.world.outbox.accept(unit, [arrival])
        if done:
            await self.work()
        return event

    async def work(self) -> None:
        await self.bot.drain()
        await self.world.sender.drain()

    def heard(self, room: RoomId) -> list[Mapping[str, Any]]:
        """What came into a room, edits left out."""
        return [content for content in self.world.contents(room) if "m.new_content" not in content]

    def root(self, room: RoomId) -> str:
        """The event of the first thing that came into a room."""
        return next(f"$event{n}" for n, parcel in enumerate(self.world.line.got, 1) if parcel.room == room)

    def file(self, data: bytes, name: str = "iocs.csv", **more: Any) -> dict[str, Any]:
        """A file as a client posts it."""
        sealed, keys = encrypt_attachment(data)
        return {"msgtype": "m.file", "body": name, "file": {**keys, "url": self.store.put(sealed)}, **more}

    def opened(self, content: Mapping[str, Any]) -> bytes:
        """A file as a client opens it."""
        file = content["file"]
        sealed = self.store.bytes_of(file["url"])
        plain: bytes = decrypt_attachment(sealed, file["key"]["k"], file["hashes"]["sha256"], file["iv"])
        return plain

    async def exchange(self) -> tuple[EventId, str, Ref]:
        """An exchange in which Bruno has consented: the source's event, the root in Brazil, the reference."""
        source = await self.say(ANA, DESK_MX, "!send CERT-BR tlp:amber\nKit\nbody")
        root = self.root(DESK_BR)
        await self.say(BRUNO, DESK_BR, "seen", thread=root)
        await self.say(BRUNO, DESK_BR, "ok", thread=root)
        assert "seen" in str(self.heard(DESK_MX)[-1]["body"])
        return source, root, Ref(self.heard(DESK_BR)[0]["org.enlace.exchange"]["ref"])


@dataclass(frozen=True)
class _Services:
    register: Any
    addressing: Addressing
    exchange: Exchanges
    changes: Changes
    enclosures: Enclosures
    registry: Registry
    trust: Any
    policy: Any


@pytest.fixture
async def talk(database_url: str) -> AsyncIterator[Talk]:
    world = await build(database_url)
    async with media_store() as store:
        client = Client(store.url, "@enlace:oea.org", "BOT")
        client.access_token = "token"
        yield Talk(world, store, client)
        await client.close()
    await world.db.close()


async def test_a_file_in_the_thread_is_relayed_like_a_line(talk: Talk) -> None:
    source, root, ref = await talk.exchange()
    data = os.urandom(300_000)
    await talk.say(BRUNO, DESK_BR, talk.file(data, "../samples.zip", info={"mimetype": "text/html"}), thread=root)
    relayed = talk.heard(DESK_MX)[-1]
    assert relayed["msgtype"] == "m.file"
    assert talk.opened(relayed) == data
    assert relayed["filename"] == "_samples.zip"
    assert relayed["info"] == {"size": 300_000, "mimetype": "application/octet-stream"}
    for seen in ("CERT-BR", "Bruno Lima", "TLP:AMBER", "_samples.zip", "300 kB"):
        assert seen in relayed["body"]
    assert relayed["m.relates_to"]["event_id"] == source
    assert ANA in relayed["m.mentions"]["user_ids"]
    assert relayed["file"]["url"] != talk.heard(DESK_BR)[0].get("file", {}).get("url")
    assert data[:32] not in b"".join(talk.store.kept.values())

    inside = relayed["org.enlace.exchange"]
    assert inside["ref"] == ref
    entry = [e.details for e in await logged(talk.world) if e.details and e.details.action == "exchange.replied"][-1]
    digest = content_digest(bytes.fromhex(inside["salt"]), hashlib.sha256(data).digest())
    assert entry.more["file"] == {"digest": digest, "size": 300_000}
    assert "samples" not in str(entry), "a name is content"


async def test_an_image_keeps_its_caption_and_what_is_safe_of_its_description(talk: Talk) -> None:
    source, *_ = await talk.exchange()
    data = b"\x89PNG\r\n\x1a\n" + os.urandom(500)
    said = {"w": 64, "h": 32, "mimetype": "image/svg+xml", "thumbnail_file": {}, "thumbnail_url": "mxc://a/b"}
    image = talk.file(data, "the login page", filename="shot.png", info=said) | {"msgtype": "m.image"}
    await talk.say(ANA, DESK_MX, image, thread=source)
    shown = talk.heard(DESK_BR)[-1]
    assert (shown["msgtype"], shown["filename"]) == ("m.image", "shot.png")
    assert shown["info"] == {"size": len(data), "mimetype": "image/png", "w": 64, "h": 32}
    assert "the login page" in shown["body"]
    assert "the login page" in shown["formatted_body"]
    # What only calls itself an image is a file.
    fake = talk.file(b"<svg onload=alert(1)>", "x.png", info=said) | {"msgtype": "m.image"}
    await talk.say(ANA, DESK_MX, fake, thread=source)
    shown = talk.heard(DESK_BR)[-1]
    assert (shown["msgtype"], shown["info"]["mimetype"]) == ("m.file", "application/octet-stream")


async def test_a_persons_first_file_is_asked_about_and_fetched_once(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, "!send CERT-BR tlp:amber\nKit\nbody")
    data, root, before = b"first", talk.root(DESK_BR), len(talk.heard(DESK_MX))
    await talk.say(BRUNO, DESK_BR, talk.file(data), thread=root)
    assert "CERT-MX" in talk.heard(DESK_BR)[-1]["body"]
    assert len(talk.heard(DESK_MX)) == before
    await talk.say(BRUNO, DESK_BR, "ok", thread=root)
    assert talk.opened(talk.heard(DESK_MX)[-1]) == data
    assert talk.store.fetched == ["file1"]


@pytest.mark.parametrize("kept", ["//only us", "  // only us"])
async def test_a_caption_can_keep_it_here(talk: Talk, kept: str) -> None:
    _, root, _ = await talk.exchange()
    before = len(talk.world.line.got)
    await talk.say(BRUNO, DESK_BR, talk.file(b"x", kept, filename="a.txt"), thread=root)
    await talk.say(BRUNO, DESK_BR, talk.file(b"x"))  # not in the thread at all
    assert len(talk.world.line.got) == before
    assert talk.store.fetched == []


async def test_what_cannot_go_is_refused_and_nothing_goes(talk: Talk) -> None:
    source, root, _ = await talk.exchange()
    before = len(talk.heard(DESK_MX))
    clear = {"msgtype": "m.file", "body": "a.txt", "url": "mxc://media.test/x"}
    lost = talk.file(b"x")
    lost["file"]["url"] = "mxc://media.test/nowhere"
    for content, proof, answer in (
        (clear, Proof.PINNED, "not encrypted"),
        (talk.file(b"x"), Proof.PLAIN, "not encrypted"),
        (talk.file(bytes(LARGEST + 1)), Proof.PINNED, "larger than 1 MB"),
        (lost, Proof.PINNED, "could not be fetched"),
        (talk.file(b"x", "!whois MX", filename="a.txt"), Proof.PINNED, "caption"),
        (talk.file(b"x", "!wow", filename="a.txt"), Proof.PINNED, "caption"),
    ):
        answers = len(talk.heard(DESK_BR))
        await talk.say(BRUNO, DESK_BR, content, thread=root, proof=proof)
        (said,) = talk.heard(DESK_BR)[answers:]
        assert answer in said["body"]
    assert len(talk.heard(DESK_MX)) == before
    assert [parcel.content for parcel in talk.world.line.got if "file" in parcel.content] == []
    await talk.say(ANA, DESK_MX, "and words still go", thread=source)
    assert "words still go" in talk.heard(DESK_BR)[-1]["body"]


async def test_send_as_a_reply_takes_the_file_along(talk: Talk) -> None:
    data = os.urandom(5000)
    posted = await talk.say(ANA, DESK_MX, talk.file(data, "look", filename="iocs.csv"))
    await talk.say(ANA, DESK_MX, "!send CERT-BR tlp:amber\nIndicators\nfor your block lists", reply_to=posted)
    copy = talk.heard(DESK_BR)[-1]
    assert talk.opened(copy) == data
    for seen in ("Indicators", "for your block lists", "look", "iocs.csv", "TLP:AMBER"):
        assert seen in copy["body"]
    (entry,) = [e.details for e in await logged(talk.world) if e.details and e.details.action == "exchange.opened"]
    assert entry.more["file"]["size"] == 5000
    # The root of the thread is the file's message: what follows hangs below it, and the status line counts one room.
    await talk.say(BRUNO, DESK_BR, "thanks", thread=talk.root(DESK_BR))
    await talk.say(BRUNO, DESK_BR, "ok", thread=talk.root(DESK_BR))
    assert "thanks" in talk.heard(DESK_MX)[-1]["body"]
    talk.world.clock.push(STATUS_WAIT)
    await talk.work()
    assert "1/1" in talk.world.contents(DESK_MX)[-1]["m.new_content"]["body"]


async def test_reply_takes_along_what_it_points_at_unless_the_others_have_it(talk: Talk) -> None:
    source, _, ref = await talk.exchange()
    data = os.urandom(50)
    posted = await talk.say(ANA, DESK_MX, talk.file(data, "look", filename="iocs.csv"))
    await talk.say(ANA, DESK_MX, f"!reply {ref}", reply_to=posted)
    copy = talk.heard(DESK_BR)[-1]
    assert talk.opened(copy) == data
    assert "Ana Pérez" in copy["body"]
    assert "look" in copy["body"]
    await talk.say(ANA, DESK_MX, f"!reply {ref} more of it", reply_to=source)
    assert "more of it" in talk.heard(DESK_BR)[-1]["body"]
    assert "Kit" not in talk.heard(DESK_BR)[-1]["body"], "they have that"


async def test_send_as_a_reply_takes_words_along_and_one_word_suffices(talk: Talk) -> None:
    posted = await talk.say(ANA, DESK_MX, "203.0.113.7 scans us\nsince 02:10")
    await talk.say(ANA, DESK_MX, "!send CERT-BR tlp:green", reply_to=posted)
    copy = talk.heard(DESK_BR)[-1]
    assert copy["msgtype"] == "m.text"
    for seen in ("Ana Pérez: 203.0.113.7 scans us", "since 02:10"):
        assert seen in copy["body"]


async def test_a_question_and_a_corrected_line_keep_the_file(talk: Talk) -> None:
    data = os.urandom(50)
    posted = await talk.say(ANA, DESK_MX, talk.file(data))
    await talk.say(ANA, DESK_MX, "!send CERT-BR perhaps tlp:green Asked first", reply_to=posted)
    assert "Nothing was sent yet" in talk.heard(DESK_MX)[-1]["body"]
    await talk.say(ANA, DESK_MX, "ok")
    assert talk.opened(talk.heard(DESK_BR)[-1]) == data
    assert talk.store.fetched == ["file1"]

    await talk.say(ANA, DESK_MX, "!send CERT-BR tlp:ambar\nCorrected\nbody", reply_to=posted)
    for line in ("!send CERT-BR tlp:grin", "!send CERT-BR tlp:amber"):
        refusal = next(
            f"$event{n}" for n, parcel in reversed(list(enumerate(talk.world.line.got, 1))) if parcel.room == DESK_MX
        )
        await talk.say(ANA, DESK_MX, line, reply_to=refusal)
    copy = talk.heard(DESK_BR)[-1]
    assert "Corrected" in copy["body"]
    assert talk.opened(copy) == data
    # A message of its own takes nothing of a refused one along.
    await talk.say(ANA, DESK_MX, "!send CERT-BR tlp:ambar\nRefused", reply_to=posted)
    await talk.say(ANA, DESK_MX, "!send CERT-BR tlp:amber On its own")
    assert "file" not in talk.heard(DESK_BR)[-1]


async def test_content_of_any_shape_fails_nowhere_and_goes_nowhere(talk: Talk) -> None:
    source, root, _ = await talk.exchange()
    before = len(talk.heard(DESK_MX))
    odd: list[Any] = [None, 7, [], {"a": [1]}, "\u202e"]
    file = talk.file(b"x")
    contents = [{**file, "msgtype": value} for value in odd]
    contents += [{**file, "body": value, "filename": ""} for value in odd if not isinstance(value, str)]
    contents += [{**file, "file": value} for value in odd]
    contents += [{**file, "file": {**file["file"], name: value}} for name in ("url", "iv", "hashes") for value in odd]
    contents += [{**file, "file": {**file["file"], "key": {"k": value}}} for value in odd]
    contents += [
        {"msgtype": "m.text", "body": "* x", "m.new_content": {"msgtype": []}, "m.relates_to": relation}
        for relation in ({"rel_type": "m.replace", "event_id": source}, {"rel_type": "m.replace"})
    ]
    for content in contents:
        talk.world.clock.push(timedelta(minutes=1))  # else it is too much
        await talk.say(BRUNO, DESK_BR, content, thread=None if "m.relates_to" in content else root)
    assert len(talk.heard(DESK_MX)) == before
    assert not any("E-" in str(said["body"]) for said in talk.heard(DESK_BR)), "nothing was unforeseen"


async def test_an_edit_does_not_take_away_what_went_along(talk: Talk) -> None:
    for content in (talk.file(b"x"), {"msgtype": "m.text", "body": "words of before"}):
        posted = await talk.say(ANA, DESK_MX, content)
        sent = await talk.say(ANA, DESK_MX, "!send CERT-BR tlp:amber\nWith it\nbody", reply_to=posted)
        before = len(talk.world.contents(DESK_BR))
        new = {"msgtype": "m.text", "body": "!send CERT-BR tlp:amber\nWithout it\nbody"}
        relation = {"rel_type": "m.replace", "event_id": sent}
        await talk.say(ANA, DESK_MX, {**new, "m.new_content": new, "m.relates_to": relation})
        assert "no se transmitió" in talk.heard(DESK_MX)[-1]["body"]
        assert len(talk.world.contents(DESK_BR)) == before


async def test_what_cannot_be_read_again_stops_the_message(talk: Talk) -> None:
    posted = await talk.say(ANA, DESK_MX, talk.file(b"x"))
    del talk.said[posted]
    await talk.say(ANA, DESK_MX, "!send CERT-BR tlp:amber\nWith it\nbody", reply_to=posted)
    assert "could not be read again" in talk.heard(DESK_MX)[-1]["body"]
    assert talk.heard(DESK_BR) == []


async def test_a_slow_file_keeps_its_place_and_holds_up_nothing_else(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.commands.dispatch.PATIENCE", 0.05)
    source, *_ = await talk.exchange()
    before, answers = len(talk.heard(DESK_BR)), len(talk.world.contents(DESK_MX))
    talk.store.gate = asyncio.Event()
    data = os.urandom(1000)
    await talk.say(ANA, DESK_MX, talk.file(data), thread=source, done=False)
    await talk.say(ANA, DESK_MX, "what the file means", thread=source, done=False)
    await talk.say(LUIS, DESK_MX, "!help send", done=False)
    handling = asyncio.create_task(talk.bot.drain())

    def said() -> list[str]:
        return [str(content["body"]) for content in talk.world.contents(DESK_MX)[answers:]]

    async with asyncio.timeout(60):
        while not (any("⏳" in line for line in said()) and any("!send" in line for line in said())):
            await talk.world.sender.drain()
            await asyncio.sleep(0.01)
    assert len(talk.heard(DESK_BR)) == before, "the line does not overtake the file"
    talk.store.gate.set()
    await handling
    await talk.work()
    file, line = talk.heard(DESK_BR)[before:]
    assert talk.opened(file) == data
    assert "what the file means" in line["body"]
    assert sum("⏳" in line for line in said()) == 1
    edit = talk.world.contents(DESK_MX)[-1]
    assert edit["m.relates_to"]["rel_type"] == "m.replace"
    assert "CERT-BR" in edit["m.new_content"]["body"], "what became of it takes the place of the hourglass"


async def test_an_edit_of_a_line_behind_a_file_waits_with_it(talk: Talk) -> None:
    source, *_ = await talk.exchange()
    talk.store.gate = asyncio.Event()
    await talk.say(ANA, DESK_MX, talk.file(b"x"), thread=source, done=False)
    line = await talk.say(ANA, DESK_MX, "block 192.0.2.7", thread=source, done=False)
    now = {"msgtype": "m.text", "body": "block 192.0.2.8"}
    edit = {**now, "m.new_content": now, "m.relates_to": {"rel_type": "m.replace", "event_id": line}}
    await talk.say(ANA, DESK_MX, edit, done=False)
    handling = asyncio.create_task(talk.bot.drain())
    async with asyncio.timeout(60):
        while len(talk.bot._behind[DESK_MX]) < 3:
            await asyncio.sleep(0.01)
    talk.store.gate.set()
    await handling
    await talk.work()
    assert "192.0.2.8" in talk.world.contents(DESK_BR)[-1]["body"]


async def test_a_slow_send_becomes_its_status_line_and_survives_a_kill(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.commands.dispatch.PATIENCE", 0.05)
    posted = await talk.say(ANA, DESK_MX, talk.file(b"x"))
    talk.store.gate = asyncio.Event()
    await talk.say(ANA, DESK_MX, "!send CERT-BR tlp:amber\nKit\nbody", reply_to=posted, done=False)
    handling = asyncio.create_task(talk.bot.drain())
    async with asyncio.timeout(60):
        while not talk.heard(DESK_MX):
            await talk.world.sender.drain()
            await asyncio.sleep(0.01)
    await end(handling, *talk.bot._busy.values(), *talk.bot._carrying.values())
    talk.store.gate.set()
    talk.start()
    await talk.work()
    talk.world.clock.push(STATUS_WAIT)
    await talk.work()
    (copy,) = talk.heard(DESK_BR)
    assert talk.opened(copy) == b"x"
    (hourglass,) = talk.heard(DESK_MX)
    assert "⏳" in hourglass["body"]
    edits = [content for content in talk.world.contents(DESK_MX) if "m.new_content" in content]
    assert {edit["m.relates_to"]["event_id"] for edit in edits} == {talk.root(DESK_MX)}
    assert "1/1" in edits[-1]["m.new_content"]["body"]


async def test_who_is_not_trusted_any_more_when_the_file_has_come_sends_nothing(talk: Talk) -> None:
    source, *_ = await talk.exchange()
    before = len(talk.heard(DESK_BR))
    talk.store.gate = asyncio.Event()
    await talk.say(ANA, DESK_MX, talk.file(b"x"), thread=source, done=False)
    handling = asyncio.create_task(talk.bot.drain())
    async with asyncio.timeout(60):
        while len(talk.store.fetched) == 0:
            await asyncio.sleep(0.01)
    talk.world.trust.standing[ANA] = Standing.REVOKED
    talk.store.gate.set()
    await handling
    await talk.work()
    assert len(talk.heard(DESK_BR)) == before


async def test_a_kill_between_upload_and_commit_delivers_once(talk: Talk) -> None:
    source, *_ = await talk.exchange()
    data = os.urandom(1000)
    before = len(talk.heard(DESK_BR))
    talk.store.hangs = True
    talk.store.uploaded.clear()
    await talk.say(ANA, DESK_MX, talk.file(data), thread=source, done=False)
    handling = asyncio.create_task(talk.bot.drain())
    await asyncio.wait_for(talk.store.uploaded.wait(), 30)
    for task in [handling, *talk.bot._busy.values(), *talk.bot._carrying.values()]:
        task.cancel()
    await asyncio.wait([handling])
    talk.store.hangs = False
    talk.start()
    await talk.work()
    await talk.work()
    (copy,) = talk.heard(DESK_BR)[before:]
    assert talk.opened(copy) == data
    assert talk.store.uploads == 3, "one upload is an orphan, encrypted under a key that nobody has"
