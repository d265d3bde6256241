"""enlace killed at named points: every accepted message is in its room exactly once, in order, or reported; every command
runs once; the log verifies."""

import asyncio
import random

import pytest

from tests.faults.kills import kill_often
from tests.faults.points import POINTS
from tests.faults.site import LONG, PEOPLE, Site

pytestmark = [pytest.mark.homeserver, pytest.mark.timeout(1200)]

KILLS = max(20, len(POINTS))


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
    due = site.sent.keys() - site.withdrawn.keys()  # what was taken back in time, nobody has seen
    for who in (gone, PEOPLE[2]):
        await site.house.until(lambda who=who: set(site.copies(who)) >= due, "the copies", LONG)
    held = f"Held for CERT-{there.upper()}"
    room = site.house.rooms["ana"]
    await site.person("ana").hear(room, held, sender=site.house.bot, after=mark, edits=True, patience=LONG)
    assert not [subject for subject in site.copies(there) if "in all rooms" in subject]
    await site.settled()
    for who, event in asked.items():
        heard = [h for h in site.person(who).heard if h.relation.get("m.in_reply_to", {}).get("event_id") == event]
        assert len(heard) == 1, "one command, one answer"


async def test_killed_in_the_middle_of_other_troubles(site: Site) -> None:
    """Two things at once, and the next start has a third."""
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    # What people have to do meanwhile would wait for an enlace that has not started yet.
    among = [name for name, point in POINTS.items() if not point.needs]
    for trouble in ("429", "502", "cut", "slow", "locked", "restart"):
        async with site.in_trouble(trouble):
            print(trouble, await kill_often(site, 1, dice, among=among))
            site.enlace.start("before-the-first-sync")
            await site.enlace.died()
            site.enlace.start("after-the-first-sync")
            await site.enlace.died()
    await site.settled()


async def test_the_log_verifies(site: Site) -> None:
    """After all this; and stopped as a service manager stops it, it ends at once and in order."""
    await site.ends_well("exchange.opened", "delivery.sent")
