"""Everything under enlace failing: every accepted message is in its room exactly once, in order, or reported; the log
verifies."""

import asyncio
import contextlib
import sqlite3

import pytest

from tests.faults.acts import ACTS
from tests.faults.gate import REQUESTS, TROUBLES
from tests.faults.site import LONG, PEOPLE, Site

pytestmark = [pytest.mark.homeserver, pytest.mark.timeout(1200)]


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
    await site.ends_well("exchange.opened", "delivery.sent", "exchange.replied")
