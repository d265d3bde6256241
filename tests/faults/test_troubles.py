"""enlace killed at named points, and everything under it failing: every accepted message is in its room exactly once,
in order, or reported; every command runs once; the log verifies.

One deployment for all; what runs of enlace is the real program in a process of its own."""

import asyncio
import contextlib
import random
import sqlite3
import subprocess
from collections.abc import AsyncIterator

import pytest

from bot.demo.person import Silence
from tests.faults.deployment import LONG, PEOPLE, Site, kill_often
from tests.faults.deployment import site as whole_site
from tests.faults.points import POINTS

pytestmark = [pytest.mark.homeserver, pytest.mark.timeout(1200)]

KILLS = 20


@pytest.fixture(scope="module")
async def site() -> AsyncIterator[Site]:
    async with whole_site() as made:
        yield made


async def test_killed_at_named_points(site: Site) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    died = await kill_often(site, KILLS, random.Random(seed))
    print(*(f"{name} ({number})" for name, number in died), sep="\n")
    assert {name for name, _ in died} == set(POINTS)
    await site.settled()


async def test_what_was_written_while_it_was_dead_is_done_once(site: Site) -> None:
    """A gap of 500 events: what stands before it, in it and behind it."""
    site.enlace.kill()
    pat, room = site.house.people[PEOPLE[0]], site.house.rooms[PEOPLE[0]]
    asked = [await pat.say(room, "!whois MX")]
    await site.say("Before the gap")

    async def chatter(part: int) -> None:
        for number in range(part, 500, 8):
            path = f"/_matrix/client/v3/rooms/{room}/send/m.room.message/gap{number}"
            await pat.call("PUT", path, {"msgtype": "m.notice", "body": f"talk {number}"})

    await asyncio.gather(*(chatter(part) for part in range(4)))
    asked.append(await pat.say(room, "!whois CERT-CL"))
    await asyncio.gather(*(chatter(part) for part in range(4, 8)))
    asked.append(await pat.say(room, "!whois CERT-AR"))
    await site.settled()
    for event in asked:
        heard = [h for h in pat.heard if h.relation.get("m.in_reply_to", {}).get("event_id") == event]
        assert len(heard) == 1, "one command, one answer"


@pytest.mark.parametrize(("trouble", "share"), [("slow", 0.3), ("cut", 0.3), ("429", 0.4), ("500", 0.4), ("502", 0.9)])
async def test_a_homeserver_in_trouble(site: Site, trouble: str, share: float) -> None:
    await site.awake()
    site.gate.stir(trouble, share)
    for number in range(20):
        await site.say(f"In spite of {trouble} {number}")
        with contextlib.suppress(Silence):
            await site.house.until(lambda: site.gate.hits >= 5, "trouble", 3)
            break
    assert site.gate.hits >= 5
    site.gate.calm()
    await site.settled()
    assert site.enlace.alive()


async def test_the_homeserver_is_restarted_under_it(site: Site) -> None:
    await site.awake()
    await site.say("Before the restart")
    await asyncio.to_thread(site.gate.synapse.stop)
    await asyncio.sleep(2)
    assert site.enlace.alive(), "enlace ended because its homeserver was away"
    await asyncio.to_thread(site.gate.synapse.start)
    await site.say("After the restart")
    await site.settled()
    # Threads still lead where they led.
    who = PEOPLE[0]
    pat, room = site.house.people[who], site.house.rooms[who]
    copy = next(h for h in pat.messages(room, site.house.bot) if "Before the restart" in h.body)
    mark = pat.mark()
    await pat.say(room, "We had a restart", thread=copy.event_id)
    await pat.hear(room, "This goes to", sender=site.house.bot, after=mark, patience=LONG)
    await pat.say(room, "ok", thread=copy.event_id)
    await site.house.hear("ana", "We had a restart", patience=LONG)


async def test_the_database_is_locked_for_longer_than_it_waits(site: Site) -> None:
    """Another process (a backup gone wrong) keeps SQLite's one write lock."""
    await site.awake()
    database = site.house.world.config().database_url.partition("///")[2]
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await site.say("While the database was locked")
        await asyncio.sleep(13)
        other.execute("ROLLBACK")
    await site.settled()
    assert site.enlace.alive()


async def test_the_log_verifies(site: Site) -> None:
    """After all this; and stopped as a service manager stops it, it ends at once and in order."""
    await site.awake()
    process = site.enlace.process
    assert process is not None
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        await asyncio.to_thread(process.wait, 30)
    assert process.poll() == 0
    site.enlace.process = None
    wanted = ("service.started", "service.stopped", "exchange.opened", "delivery.sent", "exchange.replied")
    await site.house.log_verifies(*wanted)
