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

from tests.faults.acts import ACTS
from tests.faults.gate import REQUESTS, TROUBLES
from tests.faults.kills import kill_often
from tests.faults.points import POINTS
from tests.faults.site import LONG, PEOPLE, Site
from tests.faults.site import site as whole_site

pytestmark = [pytest.mark.homeserver, pytest.mark.timeout(1200)]

KILLS = max(20, len(POINTS))


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


async def test_members_came_and_went_in_a_gap_over_all_rooms(site: Site) -> None:
    """In each room more than a sync brings: behind it one room is as it was, in another somebody is left."""
    site.enlace.kill()
    everybody = ("ana", *PEOPLE)
    gone, there = PEOPLE[0], PEOPLE[1]
    await site.say("Before the gap in all rooms")
    await asyncio.gather(*(site.chatter(who, 130) for who in everybody))
    await site.let_in(gone)
    await site.put_out()
    await site.let_in(there)
    asked = {who: await site.person(who).say(site.house.rooms[who], "!whois MX") for who in PEOPLE}
    await site.say("In the gap in all rooms")
    await asyncio.gather(*(site.chatter(who, 130) for who in everybody))
    await site.say("Behind the gap in all rooms")
    mark = site.person("ana").mark()
    site.enlace.start()
    for who in (gone, PEOPLE[2]):
        await site.house.until(lambda who=who: set(site.copies(who)) == set(site.sent), "the copies", LONG)
    held = f"Held for CERT-{there.upper()}"
    room = site.house.rooms["ana"]
    await site.person("ana").hear(room, held, sender=site.house.bot, after=mark, edits=True, patience=LONG)
    assert not [subject for subject in site.copies(there) if "in all rooms" in subject]
    await site.settled()
    for who, event in asked.items():
        heard = [h for h in site.person(who).heard if h.relation.get("m.in_reply_to", {}).get("event_id") == event]
        assert len(heard) == 1, "one command, one answer"


async def send_file(site: Site) -> None:
    """What cannot be fetched or handed on now is refused, and nothing of it is sent."""
    await ACTS["file"](site)
    subject, event = list(site.sent.items())[-1]
    await site.house.until(lambda: bool(site.answers(event)), "an answer", LONG)
    if "MSG-" not in site.answers(event)[0].body:
        assert "othing was sent" in site.answers(event)[0].body
        del site.sent[subject], site.files[subject]


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_homeserver_in_trouble_with_whatever_it_is_asked(site: Site, trouble: str) -> None:
    """The first two requests of every kind."""
    await site.awake()
    site.gate.stir(trouble, each=2)
    await site.use_up_keys()
    for act in ("gap", "new-key", "new-device", "incident", "withdrawal"):
        await ACTS[act](site)
    while not site.gate.hits.keys() >= {"event", "download", "upload"}:
        await send_file(site)
    await site.house.until(
        lambda: site.gate.hits.keys() >= REQUESTS.keys(),
        f"trouble with {REQUESTS.keys() - site.gate.hits.keys()}",
        LONG,
    )
    site.gate.calm()
    await site.settled()
    assert site.enlace.alive()


async def test_killed_in_the_middle_of_other_troubles(site: Site) -> None:
    """Two things at once, and the next start has a third."""
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    plain = [name for name, point in POINTS.items() if not point.needs]
    for trouble in ("429", "502", "cut", "slow", "locked", "restart"):
        # People cannot write while their homeserver is restarted: then it dies of what was said before.
        among = plain if trouble == "restart" else POINTS.keys()
        async with site.in_trouble(trouble):
            print(trouble, await kill_often(site, 1, dice, among=among))
            site.enlace.start("before-the-first-sync")
            await site.enlace.died()
            site.enlace.start("after-the-first-sync")
            await site.enlace.died()
    await site.settled()


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
