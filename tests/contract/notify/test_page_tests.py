"""``!duty test`` outside Matrix: a letter and a POST really arrive, and what became of each is told."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from bot.directory.model import Contact, OpenPGPKey
from bot.escalation.rules.folding import STUCK_AFTER
from bot.escalation.service.people import Outside
from bot.exchange.sender import Sender
from bot.notify import Ways, Webhook
from bot.tlp import Tlp
from handlers import duty
from tests.harness.calling import BRUNO, World, build, direct
from tests.harness.hooks import SECRET, Receiver, receiving
from tests.harness.openpgp import GnuPG
from tests.harness.post import MailHouse

ADDRESS = "bruno@cert.example.br"
SENT = ["· your own room: in the room, and a device of yours has the key", "· desk room: in the room, and a device of"]


@dataclass
class Stage:
    """Bruno has rooms, an address with a key, and a webhook of his organisation."""

    world: World
    house: MailHouse
    hook: Receiver

    async def ask(self) -> None:
        async with self.world.db.unit() as unit:
            await duty.run(self.world.typed("duty", "test", by=BRUNO, room=direct(BRUNO)), unit, self.world)  # type: ignore[arg-type]

    async def result(self, after: timedelta = timedelta(seconds=5)) -> list[str]:
        """The lines about mail and webhook; that the rooms were rung is checked here."""
        await self.world.sender.drain()
        self.world.clock.push(after)
        await self.world.escalation.proving.step(self.world.db)
        self.world.clock.push(timedelta(seconds=5))
        await self.world.sender.drain()
        head, *lines = self.world.status(direct(BRUNO)).split("\n")
        assert head == "You were paged by every means. What became of each:"
        rooms, outside = lines[:2], lines[2:-1]
        assert [line.startswith(sent) for line, sent in zip(rooms, SENT, strict=True)] == [True, True]
        return outside


@pytest.fixture
async def stage(database_url: str, tmp_path: Path, short_path: Path, gpg_home: GnuPG) -> AsyncIterator[Stage]:
    house = await asyncio.to_thread(MailHouse, tmp_path, short_path, gpg_home)
    await house.serve()
    key = OpenPGPKey(house.fingerprint, house.person.public_key(house.fingerprint).encode())
    his = {"contacts": (Contact("email", ADDRESS, Tlp.GREEN),), "openpgp": (key,)}
    world = await build(database_url, people={BRUNO: his})
    world.escalation = world.fresh(outside=Outside(mail=True, webhooks=frozenset({"cert-br"})))
    async with receiving() as hook:
        ways = Ways(world.line, house.mail(), Webhook({"cert-br": hook.url}, SECRET, world.clock))
        world.sender = Sender(
            world.db, world.outbox, world.exchanges, world.audit, world.register, world.trust, ways, world.holding
        )
        yield Stage(world, house, hook)
    house.close()
    await world.db.close()


async def test_both_arrive_and_are_told_as_handed_over(stage: Stage) -> None:
    await stage.ask()
    assert await stage.result() == [
        f"· {ADDRESS}: handed over; whether it arrives nobody can promise",
        "· webhook: handed over; whether it arrives nobody can promise",
    ]
    (whole,) = stage.house.sink.taken
    letter = message_from_bytes(whole)
    assert (letter["To"], letter["Subject"]) == (ADDRESS, "enlace TEST")
    text = await asyncio.to_thread(stage.house.read_sealed, whole)
    said = "TEST · Bruno Lima tries how a page of enlace rings here · nothing is to be done"
    assert " ".join(text.split()) == said
    posted = json.loads(stage.hook.body())
    assert posted["body"] == said
    assert (posted["ref"], posted["severity"], posted["caller"], posted["called"]) == (
        "TEST",
        "low",
        "CERT-BR",
        "CERT-BR",
    )


async def test_what_is_refused_is_told_as_failed(stage: Stage) -> None:
    stage.house.sink.reply = "554 never"
    stage.hook.status = 404
    await stage.ask()
    assert await stage.result() == [f"· {ADDRESS}: failed", "· webhook: failed"]
    assert stage.house.sink.taken == []


async def test_what_is_busy_is_tried_again_and_told_as_stuck_meanwhile(stage: Stage) -> None:
    stage.house.sink.reply = "451 later"
    stage.hook.status = 503
    await stage.ask()
    waits = "still waiting after 30 seconds: the server does not answer"
    assert await stage.result(STUCK_AFTER) == [f"· {ADDRESS}: {waits}", f"· webhook: {waits}"]
    tried = len(stage.hook.asked)
    stage.house.sink.reply, stage.hook.status = "250 OK", 204
    stage.world.clock.push(timedelta(minutes=2))
    await stage.world.sender.drain()
    assert len(stage.house.sink.taken) == 1
    assert len(stage.hook.asked) == tried + 1
    assert len({headers["Idempotency-Key"] for headers, _ in stage.hook.asked}) == 1, "the receiver knows it again"
