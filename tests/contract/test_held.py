"""Held, released, asked, expired (trust.md): and keys that devices lacked when a text was sent."""

from collections.abc import AsyncIterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bot.commands.dispatch import Dispatcher
from bot.commands.questions import Questions
from bot.commands.recognise import Recogniser
from bot.commands.registry import Registry
from bot.exchange.model import Author, Recipient
from bot.exchange.service import STATUS_MARK
from bot.ids import DeviceId, EventId, Ref, RoomId, UserId
from bot.outbox.model import Arrival, Audience, Kind, Named, Outgoing, Post, Proof, State
from bot.outbox.tables import outbox as rows
from bot.tlp import Tlp
from tests.harness.calling import (
    ANA,
    BR,
    BRUNO,
    CARLA,
    DESK_BR,
    DESK_MX,
    DEVICE,
    DIEGO,
    LUIS,
    MX,
    World,
    build,
    direct,
    logged,
)

LONG = timedelta(minutes=61)
ROOMS = (DESK_BR, direct(BRUNO))


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    made = await build(database_url)
    made.trust.rooms[DESK_BR] = {BRUNO, CARLA}
    yield made
    await made.db.close()


def dispatcher(world: World) -> Dispatcher:
    registry, questions = Registry.load(), Questions(world.seal)
    recogniser = Recogniser(
        outbox=world.outbox,
        exchanges=world.exchanges,
        holding=world.holding,
        pages=world.escalation,
        questions=questions,
        registry=registry,
        register=world.register,
        challenges=world.directory,
        trust=world.trust,
        bot_user=UserId("@enlace:cert.mx"),
    )
    return Dispatcher(
        database=world.db,
        outbox=world.outbox,
        audit=world.audit,
        questions=questions,
        recogniser=recogniser,
        register=world.register,
        changes=world.changes,
        services=SimpleNamespace(holding=world.holding),
    )


async def opened(world: World, *rooms: RoomId, event: str = "$typed") -> Ref:
    """Ana sends to these rooms."""
    async with world.db.unit() as unit:
        ref = await world.exchanges.open(
            unit,
            author=Author(ANA, "Ana Pérez", MX, "verified"),
            device=DEVICE,
            source_room=DESK_MX,
            source_kind="desk",
            source_event=EventId(event),
            tlp=Tlp.AMBER,
            subject="Indicators",
            body="Block these.",
            language="en",
            recipients=[
                Recipient(BR, room, "desk", "en", tuple(sorted(there)), tuple(there))
                for room, there in ((room, world.trust.members(room)) for room in rooms)
            ],
        )
        answer = {"msgtype": "m.notice", "body": "In their room 0"}
        post = Post(DESK_MX, Kind.REPLY, answer, audience=Audience.OPEN, ref=ref, mark=STATUS_MARK)
        await world.outbox.post(unit, post)
    return ref


async def copies(world: World, ref: Ref) -> list[Outgoing]:
    async with world.db.reading() as unit:
        return await world.outbox.of_ref(unit, ref, Kind.COPY)


async def deliveries(world: World) -> list[str]:
    """What the log holds of deliveries."""
    actions = [entry.details.action for entry in await logged(world) if entry.details is not None]
    return [action for action in actions if action.startswith("delivery.")]


async def pass_by(world: World, time: timedelta = timedelta(seconds=2)) -> None:
    """Time passes; the sender looks at what is held and sends what is due."""
    world.clock.push(time)
    await world.sender.look_at_held()
    await world.sender.drain()


async def says(
    world: World, user: UserId, text: str, room: RoomId = DESK_MX, event: str = "$said", **more: Any
) -> None:
    """Somebody writes, and what follows from it happens."""
    at = world.clock.now()
    content = {"msgtype": "m.text", "body": text, **more}
    arrival = Arrival(EventId(event), room, user, DEVICE, Proof.PINNED, content, at, at)
    async with world.db.unit() as unit:
        await world.outbox.accept(unit, [arrival])
    await dispatcher(world).drain()
    await world.sender.drain()


def ringing(world: World, room: RoomId = DESK_MX) -> list[str]:
    """What rings in a room."""
    return [c["body"] for c in world.contents(room) if c["msgtype"] == "m.text"]


def break_room(world: World, room: RoomId) -> None:
    world.trust.failing[room] = ("room-members-known", "@x:evil.example")


async def test_mended_within_an_hour_it_goes_out_by_itself_and_nobody_is_told_twice(world: World) -> None:
    break_room(world, DESK_BR)
    ref = await opened(world, DESK_BR)
    for _ in range(3):
        await pass_by(world)
    (row,) = await copies(world, ref)
    assert (row.state, row.reason) == (State.HELD, "not-verified")
    assert world.status().count("Held for CERT-BR") == 1
    world.trust.failing.clear()
    await pass_by(world, timedelta(minutes=50))
    assert [row.state for row in await copies(world, ref)] == [State.SENT]
    await pass_by(world)
    assert "1/1" in world.status()
    assert await deliveries(world) == ["delivery.held", "delivery.released", "delivery.sent"]
    assert ringing(world) == []


@pytest.mark.parametrize("yes", [True, False])
async def test_after_an_hour_the_sender_is_asked_once_and_decides(world: World, yes: bool) -> None:
    for room in ROOMS:
        break_room(world, room)
    ref = await opened(world, *ROOMS)
    await pass_by(world)
    world.trust.failing.clear()
    await pass_by(world, LONG)
    await pass_by(world)
    (question,) = ringing(world)
    assert question.startswith(f"{ref} is still held for CERT-BR.")
    assert "held for more than an hour" in question
    assert [row.state for row in await copies(world, ref)] == [State.HELD] * 2
    await says(world, LUIS, "ok", event="$not-the-sender")
    assert [row.state for row in await copies(world, ref)] == [State.HELD] * 2
    await says(world, ANA, "ok" if yes else "no")
    await pass_by(world)
    assert {row.state for row in await copies(world, ref)} == {State.SENT if yes else State.FAILED}
    assert ("2/2" in world.status()) is yes
    assert ("you gave it up" in world.status()) is not yes
    assert len(ringing(world)) == 1
    answer = "ya sale para CERT-BR" if yes else "no sale nada para CERT-BR"  # the room speaks Spanish
    assert any(answer in body for body in world.seen(DESK_MX))


async def test_somebody_new_is_named_and_consent_is_to_the_audience_that_was_named(world: World) -> None:
    break_room(world, DESK_BR)
    ref = await opened(world, DESK_BR)
    await pass_by(world)
    world.trust.failing.clear()
    world.trust.rooms[DESK_BR].add(DIEGO)
    await pass_by(world)
    (question,) = ringing(world)
    assert DIEGO in question
    # Between question and answer one more comes: the answer was not about them.
    world.trust.rooms[DESK_BR].add(UserId("@dora:mre.br"))
    await says(world, ANA, "ok")
    await pass_by(world)
    assert [row.state for row in await copies(world, ref)] == [State.HELD]
    first, second = ringing(world)
    assert first == question
    assert "@dora:mre.br" in second
    assert DIEGO not in second
    await says(world, ANA, "ok", event="$said again")
    await pass_by(world)
    assert [row.state for row in await copies(world, ref)] == [State.SENT]


@pytest.mark.parametrize("mended", [True, False])
async def test_after_a_day_it_expires_and_the_sender_is_told_once(world: World, mended: bool) -> None:
    break_room(world, DESK_BR)
    ref = await opened(world, DESK_BR)
    await pass_by(world)
    if mended:
        world.trust.failing.clear()
    await pass_by(world, LONG)
    asked = len(ringing(world))
    assert asked == int(mended)
    for _ in range(3):
        await pass_by(world, timedelta(hours=24))
    (row,) = await copies(world, ref)
    assert (row.state, row.post.content) == (State.EXPIRED, {})
    (told,) = ringing(world)[asked:]
    assert f"{ref} was not delivered to CERT-BR" in told
    assert (await deliveries(world)).count("delivery.expired") == 1
    await says(world, ANA, "ok")
    assert [row.state for row in await copies(world, ref)] == [State.EXPIRED]


async def test_a_reply_that_is_held_is_told_to_who_wrote_it(world: World) -> None:
    ref = await opened(world, DESK_BR)
    await pass_by(world)
    async with world.db.unit() as unit:
        exchange = await world.exchanges.get(unit, ref)
        assert exchange is not None
        break_room(world, DESK_MX)
        await world.exchanges.relay(
            unit,
            exchange=exchange,
            author=Author(BRUNO, "Bruno Lima", BR, "verified"),
            device=DEVICE,
            room=DESK_BR,
            event=EventId("$reply"),
            text="Seen here too.",
            languages={},
        )
    for _ in range(3):
        await pass_by(world)
    told = [c for c in world.contents(DESK_BR) if f"{ref}: your message is held for CERT-MX" in c["body"]]
    assert [c["m.relates_to"]["m.in_reply_to"]["event_id"] for c in told] == ["$reply"]


async def test_what_belongs_under_a_held_message_waits_with_it_and_keeps_nothing_else_waiting(world: World) -> None:
    break_room(world, DESK_BR)
    ref = await opened(world, DESK_BR)
    await pass_by(world)
    world.trust.failing.clear()
    world.trust.rooms[DESK_BR].add(DIEGO)
    await pass_by(world)
    assert len(ringing(world)) == 1, "she is asked about the first"
    async with world.db.unit() as unit:
        exchange = await world.exchanges.get(unit, ref)
        assert exchange is not None
        author = Author(ANA, "Ana Pérez", MX, "verified")
        more = {"exchange": exchange, "author": author, "device": DEVICE, "room": DESK_MX, "languages": {}}
        await world.exchanges.relay(unit, **more, event=EventId("$more"), text="And 192.0.2.9.")
    other = await opened(world, DESK_BR, event="$other")
    for _ in range(5):
        await pass_by(world)
    rows = await copies(world, ref)
    assert [(row.state, row.reason, row.attempts) for row in rows] == [
        (State.HELD, "not-verified", 0),
        (State.HELD, "root-held", 0),
    ]
    assert [row.state for row in await copies(world, other)] == [State.SENT]
    assert len([body for body in world.seen(DESK_MX) if "what it belongs under is held" in body]) == 1
    await says(world, ANA, "ok")
    await pass_by(world)
    first, second = await copies(world, ref)
    assert (first.state, second.state) == (State.SENT, State.SENT)
    assert world.contents(DESK_BR)[-1]["m.relates_to"]["event_id"] == first.event_id
    assert "And 192.0.2.9." in world.contents(DESK_BR)[-1]["body"]


async def test_an_edit_of_what_is_held_changes_it_and_is_not_tried_again(world: World) -> None:
    ref = await opened(world, DESK_BR)
    world.trust.rooms[DESK_BR].add(DIEGO)
    async with world.db.unit() as unit:
        message = await world.exchanges.message(unit, DESK_MX, EventId("$typed"))
        assert message is not None
        author = Author(ANA, "Ana Pérez", MX, "verified")
        await world.changes.edit(unit, message, author, DEVICE, EventId("$edit"), "Block those.", subject="Corrected")
    break_room(world, DESK_BR)
    await pass_by(world)
    world.trust.failing.clear()
    for _ in range(3):
        await pass_by(world)
    first, edit = await copies(world, ref)
    assert (first.state, edit.state) == (State.HELD, State.FAILED), "the edit is in what is held"
    await says(world, ANA, "ok")
    await pass_by(world)
    (seen,) = world.seen(DESK_BR)
    assert "Block those." in seen
    assert "Block these." not in seen


async def test_a_page_whose_escalation_is_closed_is_dropped(world: World) -> None:
    room = direct(BRUNO)
    break_room(world, room)
    async with world.db.unit() as unit:
        content = {"msgtype": "m.text", "body": "calls"}
        row_id = await world.outbox.post(unit, Post(room, Kind.PAGE, content, ref=Ref("ESC-00000"), tlp=Tlp.AMBER))
    await pass_by(world)
    async with world.db.unit() as unit:
        assert await world.outbox.drop(unit, Ref("ESC-00000"), Kind.PAGE, reason="closed") == 1
    world.trust.failing.clear()
    await pass_by(world)
    async with world.db.reading() as unit:
        row = await world.outbox.get(unit, row_id)
    assert row is not None
    assert (row.state, row.post.content) == (State.DROPPED, {})
    assert world.seen(room) == []


# --- keys that devices lacked -----------------------------------------------------------------------------

HERE, AWAY = Named(BRUNO, DeviceId("HERE")), Named(CARLA, DeviceId("AWAY"))


async def kept(world: World, row: Outgoing) -> bytes | None:
    async with world.db.reading() as unit:
        found = await rows.outgoing(unit, row.id)
        assert found is not None
        sealed: bytes | None = found.sealed
        return sealed


def arrived(world: World) -> list[tuple[str, str]]:
    return [(p.delivery_id, p.txn_id) for p in world.line.got if p.room == DESK_BR]


async def test_a_device_whose_server_was_away_gets_the_text_once_it_can_have_the_key(world: World) -> None:
    world.line.meant, world.line.lacking = frozenset({HERE, AWAY}), frozenset({AWAY})
    ref = await opened(world, DESK_BR)
    await pass_by(world)
    (row,) = await copies(world, ref)
    first = row.event_id
    assert (row.state, row.devices) == (State.SENT, (1, 2))
    assert await kept(world, row) is not None
    await pass_by(world)
    assert "keys for 1/2 devices" in world.status()
    world.line.dead.add(DESK_BR)
    await pass_by(world, timedelta(minutes=5))
    world.line.dead.clear()
    world.sender = world.fresh_sender()  # it survives a restart
    assert len(arrived(world)) == 1
    world.line.lacking = frozenset()
    for _ in range(3):
        await pass_by(world, timedelta(minutes=6))
    (again,) = await copies(world, ref)
    assert len(arrived(world)) == 2
    assert len({delivery for delivery, _ in arrived(world)}) == 1
    assert len({txn for _, txn in arrived(world)}) == 2
    rung = [content["m.mentions"]["user_ids"] for content in world.contents(DESK_BR)]
    assert rung == [[BRUNO, CARLA], [AWAY.user]], "it rings again only for who could not read it"
    assert world.line.withdrawn == [first]
    assert again.event_id != first
    assert again.devices == (2, 2)
    assert await kept(world, row) is None
    assert "1/1 · keys for 2/2" in world.status()
    async with world.db.reading() as unit:
        for event in (first, again.event_id):
            exchange = await world.exchanges.by_thread(unit, DESK_BR, EventId(str(event)))
            assert exchange is not None
            assert exchange.ref == ref
    assert await deliveries(world) == ["delivery.sent", "delivery.repeated"]


async def test_what_is_sent_again_comes_in_the_order_in_which_it_was_sent(world: World) -> None:
    """What is older is tried less often: its turn would come after that of what was said later."""
    world.line.meant, world.line.lacking = frozenset({HERE, AWAY}), frozenset({AWAY})
    refs = []
    for number in range(3):
        refs.append(await opened(world, DESK_BR, event=f"$typed{number}"))
        await pass_by(world, timedelta(minutes=2))
    firsts = [delivery for delivery, _ in arrived(world)]
    assert len(firsts) == 3
    world.line.lacking = frozenset()
    for _ in range(40):
        await pass_by(world, timedelta(seconds=3))
    assert [delivery for delivery, _ in arrived(world)] == firsts * 2
    for ref in refs:
        (row,) = await copies(world, ref)
        assert row.devices == (2, 2)
        assert await kept(world, row) is None
    assert len(world.line.withdrawn) == 3


async def test_the_text_is_kept_for_a_day_at_most(world: World) -> None:
    world.line.meant, world.line.lacking = frozenset({HERE, AWAY}), frozenset({AWAY})
    ref = await opened(world, DESK_BR)
    await pass_by(world)
    (row,) = await copies(world, ref)
    await pass_by(world, timedelta(hours=23))
    assert await kept(world, row) is not None
    await pass_by(world, timedelta(hours=1, minutes=10))
    assert await kept(world, row) is None
    assert len(arrived(world)) == 1
    assert (await deliveries(world))[-1] == "delivery.keys-missing"


async def test_nobody_who_came_later_gets_what_is_sent_again(world: World) -> None:
    world.line.meant, world.line.lacking = frozenset({HERE, AWAY}), frozenset({AWAY})
    await opened(world, DESK_BR)
    await pass_by(world)
    world.line.lacking = frozenset()
    world.trust.rooms[DESK_BR].add(DIEGO)
    await pass_by(world, timedelta(minutes=6))
    assert len(arrived(world)) == 1
    world.trust.rooms[DESK_BR].remove(DIEGO)
    break_room(world, DESK_BR)
    await pass_by(world, timedelta(minutes=6))
    assert len(arrived(world)) == 1
    world.trust.failing.clear()
    await pass_by(world, timedelta(minutes=6))
    assert len(arrived(world)) == 2


async def test_a_device_that_is_gone_is_not_waited_for(world: World) -> None:
    world.line.meant, world.line.lacking = frozenset({HERE, AWAY}), frozenset({AWAY})
    ref = await opened(world, DESK_BR)
    await pass_by(world)
    world.line.meant = frozenset({HERE})
    for _ in range(2):
        await pass_by(world, timedelta(minutes=6))
    (row,) = await copies(world, ref)
    assert await kept(world, row) is None
    assert len(arrived(world)) == 1


async def test_what_is_in_its_room_though_its_answer_was_lost_is_not_held(world: World) -> None:
    """Nor given up: who sent it would be told that it never arrived."""
    world.line.silent.add(DESK_BR)
    ref = await opened(world, DESK_BR)
    await world.sender.drain()
    assert [copy.state for copy in await copies(world, ref)] == [State.QUEUED]
    world.line.silent.clear()
    world.trust.failing[DESK_BR] = ("room-members-known", "@x:evil.example")
    world.line.dead.add(DESK_BR)
    await pass_by(world)
    assert [copy.state for copy in await copies(world, ref)] == [State.QUEUED], "nobody can say now"
    world.line.dead.clear()
    await pass_by(world, timedelta(minutes=1))
    there = [f"$event{number}" for number, parcel in enumerate(world.line.got, 1) if parcel.room == DESK_BR]
    assert len(there) == 1
    assert [(copy.state, copy.event_id) for copy in await copies(world, ref)] == [(State.SENT, there[0])]
    assert await deliveries(world) == ["delivery.sent"]


async def test_what_was_never_there_is_held_after_a_lost_attempt(world: World) -> None:
    world.line.dead.add(DESK_BR)
    ref = await opened(world, DESK_BR)
    await world.sender.drain()
    world.line.dead.clear()
    world.trust.failing[DESK_BR] = ("room-members-known", "@x:evil.example")
    await pass_by(world)
    assert [copy.state for copy in await copies(world, ref)] == [State.HELD]
    assert await deliveries(world) == ["delivery.held"]
