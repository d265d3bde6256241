"""How much is done in a minute: said once, no text lost, and nothing that cannot wait is ever held up."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.commands.dispatch import Dispatcher
from bot.commands.limits import Limits
from bot.commands.questions import Questions
from bot.commands.recognise import Recogniser
from bot.commands.registry import Registry
from bot.exchange.service import Exchanges
from bot.ids import EventId, RoomId, UserId
from bot.outbox.model import Arrival, Proof
from bot.tlp import Tlp
from tests.harness.calling import ANA, BRUNO, DESK_BR, DESK_MX, DEVICE, LUIS, MONDAY, MX, World, build, logged

BOT = UserId("@enlace:enlace.example")
TOO_MUCH = "More came from you in a minute"
HERE = "More was asked for here in a minute"
UNPROVED = "that nothing proves"


class Desk:
    """People who type, and the bot that reads them."""

    def __init__(self, world: World, limits: Limits) -> None:
        self.world = world
        registry = Registry.load(["help", "trust", "verify", "escalate", "ack", "decline"])
        questions = Questions(world.seal)
        policy = SimpleNamespace(tlp_default=Tlp.AMBER, coordinators_phones=())
        services = SimpleNamespace(
            register=world.register, escalation=world.escalation, policy=policy, registry=registry
        )
        self.dispatcher = Dispatcher(
            database=world.db,
            outbox=world.outbox,
            audit=world.audit,
            questions=questions,
            recogniser=Recogniser(
                outbox=world.outbox,
                exchanges=Exchanges(world.outbox, world.audit, world.seal, world.trust),
                holding=world.holding,
                pages=world.escalation,
                questions=questions,
                registry=registry,
                register=world.register,
                challenges=world.directory,
                trust=world.trust,
                bot_user=BOT,
            ),
            register=world.register,
            changes=world.changes,
            services=services,
            limits=limits,
        )
        self._said = 0

    async def say(
        self, body: str, by: UserId = ANA, room: RoomId = DESK_MX, proof: Proof = Proof.PINNED, **content: Any
    ) -> list[str]:
        """What the room gets to see for it."""
        self._said += 1
        now = self.world.clock.now()
        arrival = Arrival(
            EventId(f"$said{self._said}"),
            room,
            by,
            DEVICE,
            proof,
            {"msgtype": "m.text", "body": body, **content},
            sent_at=now,
            received_at=now,
        )
        async with self.world.db.unit() as unit:
            await self.world.outbox.accept(unit, [arrival])
        before = len(self.world.seen(room))
        await self.dispatcher.drain()
        await self.world.sender.drain()
        return self.world.seen(room)[before:]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await build(f"sqlite+aiosqlite:///{tmp_path / 'enlace.db'}", MONDAY)
    yield world
    await world.db.close()


async def open_calls(world: World) -> set[str]:
    async with world.db.reading() as unit:
        return {s.summary for found in await world.escalation.open_of(unit, MX) for s in found.said}


async def test_too_much_of_one_person_is_said_once_and_its_text_is_kept(world: World) -> None:
    desk = Desk(world, Limits(person=2))
    for line in ("first", "second"):
        assert not any(TOO_MUCH in said for said in await desk.say(f"!escalate CSIRT-CL high {line}"))
    [refused] = await desk.say("!escalate CERT-BR high third\nthe details of the third")
    assert TOO_MUCH in refused
    assert await desk.say("!escalate CERT-BR high fourth") == []
    assert "third" not in await open_calls(world)

    # Whoever else writes there has a share of their own; so has the next minute.
    assert not any(TOO_MUCH in said for said in await desk.say("!help", by=LUIS))
    assert await desk.say("ok") == [], "it is too early, and was said"
    world.clock.push(timedelta(seconds=61))
    await desk.say("ok")
    assert "third" in await open_calls(world)
    outcomes = [e.details.outcome for e in await logged(world) if e.details and e.details.action == "command.escalate"]
    assert outcomes.count("too-much") == 1, "what is only silent does not fill the log"


@pytest.mark.parametrize("answer", ["ok", "!ack"])
async def test_an_answer_to_a_page_and_a_critical_call_are_done_however_much_came(world: World, answer: str) -> None:
    desk = Desk(world, Limits(person=1, room=2))
    await world.rota(BRUNO)
    for by, room in ((ANA, DESK_MX), (BRUNO, DESK_BR), (BRUNO, RoomId("!bruno"))):
        for _ in range(4):
            await desk.say("!help", by=by, room=room)
    assert await desk.say("!help") == []
    await desk.say("!escalate CERT-BR crítica: DDoS")
    assert "DDoS" in await open_calls(world)
    await world.later()
    await desk.say(answer, by=BRUNO, room=RoomId("!bruno"))
    assert "acknowledged" in await world.actions()


async def test_too_much_in_one_room_leaves_the_others_alone(world: World) -> None:
    desk = Desk(world, Limits(room=2))
    await desk.say("!help")
    await desk.say("!help", by=LUIS)
    [refused] = await desk.say("!help")
    assert HERE in refused
    assert await desk.say("!help", by=LUIS) == []
    assert len(await desk.say("!help", room=RoomId("!ana"))) == 1


async def test_what_a_homeserver_writes_in_her_name_takes_nothing_of_her_share(world: World) -> None:
    desk = Desk(world, Limits(person=2, room=2, unproved=3))
    answers = [await desk.say("!help", proof=proof) for proof in [Proof.PLAIN, Proof.UNREADABLE, Proof.SIGNED] * 4]
    said = [line for lines in answers for line in lines]
    assert len(said) == 4
    assert UNPROVED in said[-1]
    assert not any(UNPROVED in line for line in await desk.say("!help"))
    assert len(await desk.say("!help")) == 1
    # And what pretends to be an answer or a critical call is no way around it.
    assert await desk.say("!ack", proof=Proof.PLAIN) == []
    assert await desk.say("!escalate CERT-BR critical forged", proof=Proof.SIGNED) == []
    world.clock.push(timedelta(seconds=61))
    assert len(await desk.say("!help", proof=Proof.SIGNED)) == 1


async def test_its_ok_confirms_nothing_that_was_not_shown(world: World) -> None:
    """A first line that leaves words over is shown before anybody is paged, also after it had to wait."""
    desk = Desk(world, Limits(person=1))
    await desk.say("!help")
    await desk.say("!escalate CERT-BR perhaps high the scan")
    world.clock.push(timedelta(seconds=61))
    shown = await desk.say("ok")
    assert any("ok" in line for line in shown)
    assert await open_calls(world) == set()
