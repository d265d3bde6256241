"""What the machine does to it: a disk without room, a crypto store that somebody holds, a clock that jumps by a day."""

import asyncio
import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.faults import record
from tests.faults.acts import ACTS
from tests.faults.child import NOWHERE
from tests.faults.kills import kill_often
from tests.faults.site import LONG, PEOPLE, Site
from tests.faults.site import site as whole_site

pytestmark = [pytest.mark.homeserver, pytest.mark.timeout(1200)]

SIZE = 96 * 1024 * 1024
WHILE = 6.0
MOST_REQUESTS = 300
"""In the seconds for which nothing can be written: what fails is not tried again at once, and again."""


class Disk(NamedTuple):
    """Where everything of enlace's lies, and whether that is a disk of its own."""

    folder: Path
    own: bool


@pytest.fixture(scope="module")
def disk() -> Iterator[Disk]:
    """A small one, where the system lets us have one; else a folder."""
    folder = Path(tempfile.mkdtemp(prefix="en-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700,uid={os.getuid()}", "enlace", str(folder)]
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    with contextlib.suppress(FileNotFoundError):
        subprocess.run([*sudo, *mount], check=False, capture_output=True)
    own = folder.is_mount()
    yield Disk(folder, own)
    if own:
        subprocess.run([*sudo, "umount", "-l", str(folder)], check=False)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
async def site(disk: Disk) -> AsyncIterator[Site]:
    async with whole_site(disk.folder) as made:
        yield made


@contextlib.contextmanager
def full(disk: Disk) -> Iterator[None]:
    """Not a byte is left: the database, its log, the crypto store and what is printed are all on it."""
    filler = disk.folder / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)
    try:
        yield
    finally:
        filler.unlink()


async def things_happen(site: Site, when: str) -> None:
    """What needs the database, the crypto store and the log."""
    await site.say(f"{when} one")
    await ACTS["new-key"](site)
    await ACTS["new-device"](site)


async def test_a_disk_that_is_full(site: Site, disk: Disk) -> None:
    """ENOSPC from the kernel, for every file."""
    if not disk.own:
        pytest.skip("no disk of its own for the test: that takes the right to mount one")
    await site.awake()
    with full(disk):
        before = len(site.gate.seen)
        await things_happen(site, "While the disk was full")
        await asyncio.sleep(WHILE)
        assert site.enlace.alive()
        assert len(site.gate.seen) - before < MOST_REQUESTS
    await site.settled()


async def test_killed_while_the_disk_is_full(site: Site, disk: Disk) -> None:
    """A start on a full disk comes to nothing; the next one finds everything."""
    if not disk.own:
        pytest.skip("no disk of its own for the test: that takes the right to mount one")
    await site.awake()
    with full(disk):
        await things_happen(site, "Before it was killed on a full disk")
        await asyncio.sleep(1)
        site.enlace.kill()
        site.enlace.start()
        await asyncio.sleep(WHILE)
        site.enlace.kill()
    await site.settled()


async def test_no_file_may_grow(site: Site) -> None:
    """EFBIG from the kernel, for every byte that is written into any file."""
    await site.awake()
    with site.enlace.no_room_for_files():
        before = len(site.gate.seen)
        await things_happen(site, "While no file could grow")
        await asyncio.sleep(WHILE)
        assert site.enlace.alive()
        assert len(site.gate.seen) - before < MOST_REQUESTS
    await site.settled()


async def test_the_crypto_store_is_locked(site: Site) -> None:
    """Another process (a backup gone wrong) keeps its write lock; in the middle of it enlace is killed."""
    await site.awake()
    (store,) = site.house.world.folder.glob("state/**/olm-*.db")
    with contextlib.closing(sqlite3.connect(store, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        await things_happen(site, "While the crypto store was locked")
        await asyncio.sleep(13)
        assert site.enlace.alive()
        site.enlace.kill()
        site.enlace.start()
        await asyncio.sleep(3)
        other.execute("ROLLBACK")
    await site.settled()


@pytest.mark.parametrize("days", [1, -1], ids=["a day ahead", "a day back"])
async def test_the_clock_jumps_while_some_wait_and_some_are_held(site: Site, days: int) -> None:
    """Copies wait for their next try, one is held, a page is out; afterwards each is there, once, or its loss told."""
    site.enlace.kill()
    site.enlace.start(NOWHERE, 0)
    await site.barrier("ana")
    await ACTS["mail"](site)
    await ACTS["webhook"](site)
    held = PEOPLE[1]
    await site.let_in(held)
    site.gate.stir("502", 1.0, only=("send",))
    subject = f"When the clock jumped by {days}"
    await site.say(subject)

    def states() -> list[str]:
        rows = record.query(site.database(), "SELECT state FROM outbox WHERE kind = 'copy' ORDER BY seq DESC LIMIT 3")
        return sorted(row["state"] for row in rows)

    await site.house.until(lambda: states() == ["held", "queued", "queued"], "two to wait and one to be held", LONG)
    site.gate.calm()
    site.enlace.jump(days)
    await site.house.until(lambda: "queued" not in states(), "those that waited to go out", LONG)
    if days > 0:
        await site.house.until(lambda: states() == ["expired", "sent", "sent"], "what was held to expire", LONG)
        site.lost.add((held, subject))
        room, told = site.house.rooms["ana"], f"Not delivered to CERT-{held.upper()}"
        await site.person("ana").hear(room, told, edits=True, patience=LONG)
    else:
        await site.put_out()
        await site.house.until(lambda: states() == ["sent"] * 3, "what was held to go out", LONG)
    site.enlace.jump(-days)
    await site.settled()


async def test_the_clock_jumps_between_a_kill_and_the_next_start(site: Site) -> None:
    """A machine that comes up with a wrong time: what was accepted before goes out all the same."""
    for days in (1, -1):
        await kill_often(site, 2, random.Random(days), among=("after-the-command-committed", "before-the-put"))
        site.enlace.start(NOWHERE, days)
        await site.house.until(lambda: not site.queued(), "everything to go out", LONG)
        site.enlace.kill()
    await site.settled()
