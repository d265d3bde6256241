"""What does not arrive: tried as the homeserver asks, listed for who said it, given up after a day, and told."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.ids import Ref, RoomId
from bot.outbox.model import Kind, Outgoing, State
from bot.outbox.rules import LONGEST_ASKED
from bot.outbox.service import Undelivered, undelivered
from tests.harness.calling import ANA, BRUNO, DESK_BR, DESK_MX, logged
from tests.harness.house import ref_in
from tests.harness.talking import DESK_PE, Talk, talking


@pytest.fixture
async def talk(database_url: str) -> AsyncIterator[Talk]:
    talk = await talking(database_url)
    yield talk
    await talk.world.db.close()


async def copies(talk: Talk, room: RoomId) -> list[Outgoing]:
    """The copies for a room, in order."""
    async with talk.world.db.reading() as unit:
        ref = Ref(ref_in(talk.world.seen(DESK_BR)[0]))
        return [row for row in await talk.world.outbox.of_ref(unit, ref, Kind.COPY) if row.post.room == room]


async def test_what_is_on_its_way_is_listed_for_who_said_it_and_after_a_day_they_are_told(talk: Talk) -> None:
    talk.world.line.dead.add(DESK_PE)
    event = await talk.say(ANA, DESK_MX, "!send BR, PE tlp:amber\nPhishing kit\nIOC 192.0.2.7")
    ref, root = ref_in(talk.last(DESK_BR)), talk.event(DESK_BR, "Phishing kit")
    talk.world.clock.push(timedelta(minutes=20))
    await talk.say(BRUNO, DESK_BR, "We see it too", thread=root)
    await talk.say(BRUNO, DESK_BR, "ok", thread=root)
    talk.world.clock.push(timedelta(minutes=20))
    await talk.say(ANA, DESK_MX, "!status")
    assert f"{ref}: on its way to CERT-PE since 2026-11-22 06:00 UTC" in talk.last(DESK_MX)
    await talk.say(BRUNO, DESK_BR, "!status")
    assert f"{ref}: on its way to CERT-PE since 2026-11-22 06:20 UTC" in talk.last(DESK_BR)
    assert "not delivered" not in talk.last(DESK_BR)

    for _ in range(26):
        talk.world.clock.push(timedelta(hours=1))
        await talk.settle()
    assert [(row.state, row.post.content) for row in await copies(talk, DESK_PE)] == [(State.FAILED, {})] * 2
    for who, room in ((ANA, DESK_MX), (BRUNO, DESK_BR)):
        told = [c for c in talk.world.contents(room) if f"{ref} was not delivered to CERT-PE" in c["body"]]
        assert [(c["msgtype"], c["m.mentions"]) for c in told] == [("m.text", {"user_ids": [who]})]
    assert any("Not delivered to CERT-PE" in line for line in talk.shown(DESK_MX))
    failed = [e.details for e in await logged(talk.world) if e.details and e.details.action == "delivery.failed"]
    assert [entry.more["organisation"] for entry in failed] == ["CERT-PE"] * 2
    await talk.say(ANA, DESK_MX, "!status")
    assert f"{ref}: not delivered to CERT-PE" in talk.last(DESK_MX)
    assert "on its way" not in talk.last(DESK_MX)
    talk.world.line.dead.clear()
    await talk.say(ANA, DESK_MX, "Anybody there?", thread=event)
    assert [line.splitlines()[-1] for line in talk.world.seen(DESK_PE)] == ["Anybody there?"]


async def test_who_runs_the_bot_sees_for_which_room_and_since_when(talk: Talk) -> None:
    at = talk.world.clock.now()
    talk.world.line.dead.add(DESK_PE)
    event = await talk.say(ANA, DESK_MX, "!send BR, PE tlp:amber\nPhishing kit\nIOC 192.0.2.7")
    talk.world.clock.push(timedelta(minutes=5))
    talk.world.trust.failing[DESK_BR] = ("room-members-known", "@x:evil.example")
    await talk.say(ANA, DESK_MX, "The second domain", thread=event)
    async with talk.world.db.reading() as unit:
        found = await undelivered(unit)
    assert found.pop(DESK_PE) == Undelivered(waiting=2, since=at)
    held = found.pop(DESK_BR)
    assert (held.held, held.waiting, held.lost) == (1, 0, 0)
    assert held.since is not None
    assert held.since > at + timedelta(minutes=5)
    assert found == {}
    talk.world.clock.push(timedelta(hours=25))
    await talk.world.sender.look_at_held()
    await talk.settle()
    async with talk.world.db.reading() as unit:
        found = await undelivered(unit)
    assert found == {DESK_PE: Undelivered(lost=2), DESK_BR: Undelivered(lost=1)}
    talk.world.clock.push(timedelta(hours=24))
    async with talk.world.db.reading() as unit:
        assert await undelivered(unit) == {}


async def test_held_words_are_listed_for_who_said_them(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, "!send BR, PE tlp:amber\nPhishing kit\nIOC 192.0.2.7")
    ref, root = ref_in(talk.last(DESK_BR)), talk.event(DESK_BR, "Phishing kit")
    talk.world.trust.failing[DESK_PE] = ("room-members-known", "@x:evil.example")
    await talk.say(BRUNO, DESK_BR, "We see it too", thread=root)
    await talk.say(BRUNO, DESK_BR, "ok", thread=root)
    await talk.say(BRUNO, DESK_BR, "!status")
    assert f"{ref}: held for CERT-PE since 2026-11-22 06:0" in talk.last(DESK_BR)
    await talk.say(ANA, DESK_MX, "!status")
    assert "held for" not in talk.last(DESK_MX), "hers has arrived"


@pytest.mark.parametrize(
    ("asked", "waits"),
    [(timedelta(seconds=90), timedelta(seconds=90)), (timedelta(hours=3), LONGEST_ASKED)],
)
async def test_a_homeserver_s_own_wait_is_kept_and_delays_nobody_else(
    talk: Talk, asked: timedelta, waits: timedelta
) -> None:
    talk.world.line.limited[DESK_PE] = asked
    at = talk.world.clock.now()
    await talk.say(ANA, DESK_MX, "!send BR, PE tlp:amber\nPhishing kit\nIOC 192.0.2.7")
    assert talk.world.seen(DESK_BR), "another room has its own lane"
    (row,) = await copies(talk, DESK_PE)
    assert (row.state, row.reason, row.attempts, row.next_try) == (State.QUEUED, "rate limit", 1, at + waits)
    talk.world.line.limited.clear()
    talk.world.clock.push(at + waits - timedelta(seconds=3) - talk.world.clock.now())
    await talk.settle()
    assert talk.world.seen(DESK_PE) == []
    talk.world.clock.push(timedelta(seconds=3))
    await talk.settle()
    assert len(talk.world.seen(DESK_PE)) == 1
