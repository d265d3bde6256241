"""What goes next, and what is recorded together: read ahead and gathered, but never stale and never all lost for one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.exchange.channel import Receipt
from bot.exchange.sender.outcomes import Outcomes
from bot.exchange.sender.queue import AHEAD, Queue
from bot.ids import EventId, Ref, RoomId
from bot.outbox.model import Audience, Kind, Outgoing, Post, State
from bot.outbox.rules import GIVE_UP_AFTER
from bot.outbox.service import Amending, MissingKeys
from bot.tlp import Tlp
from tests.harness.calling import DESK_BR, World, build, logged

REF = Ref("INC-00000")


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    made = await build(database_url)
    yield made
    await made.db.close()


def room(number: int) -> RoomId:
    return RoomId(f"!room{number}")


async def post(world: World, *rooms: int, kind: Kind = Kind.COPY, body: str = "x") -> list[str]:
    async with world.db.unit() as unit:
        return await world.outbox.post_all(
            unit,
            [
                Post(room(n), kind, {"body": body}, audience=Audience.PINNED, tlp=Tlp.AMBER, ref=REF, organisation="MX")
                for n in rooms
            ],
        )


async def row(world: World, row_id: str) -> Outgoing:
    async with world.db.reading() as unit:
        found = await world.outbox.get(unit, row_id)
    assert found is not None
    return found


class Reads:
    """The queue of a world, with a count of the units that a sender would have written, and of its own looks."""

    def __init__(self, world: World) -> None:
        self.expected = 0
        self.looks = 0
        self.queue = Queue(world.db, self, MissingKeys(world.outbox), lambda: self.expected)  # type: ignore[arg-type]
        self._outbox = world.outbox

    async def due(self, *arguments: object) -> list[Outgoing]:
        self.looks += 1
        return await self._outbox.due(*arguments)  # type: ignore[arg-type]

    async def next_due_at(self, *arguments: object) -> object:
        return await self._outbox.next_due_at(*arguments)  # type: ignore[arg-type]


def rooms(rows: list[Outgoing]) -> list[RoomId]:
    return [one.post.room for one in rows]


async def test_rows_are_read_ahead_once_and_go_in_order(world: World) -> None:
    await post(world, *range(20))
    reads = Reads(world)
    taken: list[RoomId] = []
    for _ in range(5):
        taken += rooms((await reads.queue.take([], 4)).rows)
    assert taken == [room(n) for n in range(20)]
    assert reads.looks == 1


async def test_what_was_read_ahead_is_forgotten_when_anything_else_is_written(world: World) -> None:
    ids = await post(world, *range(10))
    reads = Reads(world)
    assert rooms((await reads.queue.take([], 2)).rows) == [room(0), room(1)]
    async with world.db.unit() as unit:  # its author takes one back, and rewrites another
        await Amending(world.outbox).rewrite(unit, await row(world, ids[3]), {"body": "other words"})
    async with world.db.unit() as unit:
        await world.outbox.fail(unit, await row(world, ids[2]), "withdrawn")
    found = (await reads.queue.take([room(0), room(1)], 2)).rows
    assert rooms(found) == [room(3), room(4)]
    assert found[0].post.content == {"body": "other words"}


async def test_an_answer_goes_before_what_was_read_ahead(world: World) -> None:
    await post(world, *range(10))
    reads = Reads(world)
    await reads.queue.take([], 2)
    await post(world, 99, kind=Kind.REPLY)
    assert rooms((await reads.queue.take([room(0), room(1)], 2)).rows) == [room(99), room(2)]


async def test_what_the_sender_itself_records_is_no_reason_to_look_again(world: World) -> None:
    ids = await post(world, *range(6))
    reads = Reads(world)
    await reads.queue.take([], 2)
    async with world.db.unit() as unit:
        await world.outbox.sent(unit, await row(world, ids[0]), EventId("$e"), (1, 1))
    reads.expected += 1
    assert rooms((await reads.queue.take([room(1)], 2)).rows) == [room(2), room(3)]
    assert reads.looks == 1


async def test_a_room_that_is_free_is_looked_at_again_only_if_something_stood_behind(world: World) -> None:
    await post(world, 0)
    await post(world, 1, 1)
    reads = Reads(world)
    assert len((await reads.queue.take([], 8)).rows) == 2
    assert (await reads.queue.take([room(0), room(1)], 8)).rows == []
    assert (await reads.queue.take([room(1)], 8)).rows == [], "nothing stood behind the one for the first room"
    assert reads.looks == 1
    await reads.queue.take([], 8)
    assert reads.looks == 2


@pytest.mark.parametrize("jump", [timedelta(seconds=1), timedelta(days=-1)], ids=["a second later", "set back"])
async def test_what_was_read_is_good_for_a_second(world: World, jump: timedelta) -> None:
    await post(world, *range(6))
    reads = Reads(world)
    await reads.queue.take([], 2)
    world.clock.push(jump)
    await reads.queue.take([room(0), room(1)], 2)
    assert reads.looks == 2


async def test_more_rooms_than_are_read_at_once_all_get_theirs(world: World) -> None:
    await post(world, *range(AHEAD + 5))
    reads, busy = Reads(world), list[RoomId]()
    while taken := rooms((await reads.queue.take(busy, 8)).rows):
        busy += taken
    assert busy == [room(n) for n in range(AHEAD + 5)]


# --- recorded together ------------------------------------------------------------------------------------


def outcomes(world: World) -> Outcomes:
    return Outcomes(world.db, world.outbox, world.exchanges, world.audit, world.holding)


async def test_what_lands_together_is_recorded_in_one_unit_in_the_order_of_the_outbox(world: World) -> None:
    ids = await post(world, 1, 2, 3)
    rows = [await row(world, one) for one in ids]
    before, entries = world.db.written, len(await logged(world))
    made = outcomes(world)
    landings = [made.landed(one, Receipt(EventId(f"${one.id}"), 1, 1), others=True) for one in reversed(rows)]
    await asyncio.gather(*landings)
    assert world.db.written == before + 1
    assert made.recorded == 1
    assert [(await row(world, one)).state for one in ids] == [State.SENT] * 3
    said = (await logged(world))[entries:]
    assert [entry.details.action for entry in said if entry.details] == ["delivery.sent"] * 3
    assert [entry.details.more["room"] for entry in said if entry.details] == [room(1), room(2), room(3)]


async def test_where_no_other_is_on_its_way_nothing_waits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.exchange.sender.outcomes.GATHER", 3600.0)
    [row_id] = await post(world, 1)
    async with asyncio.timeout(60):
        await outcomes(world).landed(await row(world, row_id), Receipt(EventId("$e"), 1, 1), others=False)
    assert (await row(world, row_id)).state is State.SENT


async def test_one_that_cannot_be_recorded_is_none_of_the_others_business(world: World) -> None:
    ids = await post(world, 1, 2)
    good, bad = [await row(world, one) for one in ids]
    bad = replace(bad, post=replace(bad.post, organisation=0.5))  # type: ignore[arg-type]  # the log takes no floats
    made = outcomes(world)
    first, second = await asyncio.gather(
        made.landed(bad, Receipt(EventId("$bad"), 1, 1), others=True),
        made.landed(good, Receipt(EventId("$good"), 1, 1), others=True),
        return_exceptions=True,
    )
    assert isinstance(first, TypeError)
    assert second is None
    assert [(await row(world, one)).state for one in ids] == [State.SENT, State.QUEUED]


async def test_a_page_that_was_taken_back_while_it_was_on_its_way_is_on_record(world: World) -> None:
    [row_id] = await post(world, 1, kind=Kind.PAGE)
    page = await row(world, row_id)
    async with world.db.unit() as unit:
        await world.outbox.drop(unit, REF, Kind.PAGE, reason="closed")
    await outcomes(world).landed(page, Receipt(EventId("$page"), 1, 1), others=False)
    found = await row(world, row_id)
    assert (found.state, found.event_id) == (State.SENT, "$page")
    said = (await logged(world))[-1].details
    assert said is not None
    assert (said.action, said.more["reason"]) == ("page.sent", "withdrawn-too-late")


async def test_what_was_taken_back_meanwhile_is_not_reported_lost(world: World) -> None:
    [row_id] = await post(world, 1)
    copy, entries = await row(world, row_id), len(await logged(world))
    async with world.db.unit() as unit:
        await world.outbox.drop(unit, REF, Kind.COPY, reason="withdrawn")
    await outcomes(world).refused(copy, "gone")
    assert (await row(world, row_id)).state is State.DROPPED
    assert len(await logged(world)) == entries


async def test_what_fails_unforeseen_until_it_is_given_up_is_on_record(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_parcel: object) -> None:
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr(world.line, "send", broken)
    async with world.db.unit() as unit:
        page = Post(DESK_BR, Kind.PAGE, {"body": "x"}, audience=Audience.PINNED, tlp=Tlp.AMBER, ref=REF)
        row_id = await world.outbox.post(unit, page)
    await world.sender.drain()
    assert (await row(world, row_id)).state is State.QUEUED
    world.clock.push(GIVE_UP_AFTER)
    await world.sender.drain()
    assert (await row(world, row_id)).state is State.FAILED
    said = (await logged(world))[-1].details
    assert said is not None
    assert (said.action, said.more["reason"]) == ("page.failed", "internal")
