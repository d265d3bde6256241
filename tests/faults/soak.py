"""``make soak``: enlace is killed 200 times while more than 1,000 copies go out; the figures go into ``docs/soak.md``."""

import argparse
import asyncio
import os
import platform
import random
import subprocess
import time
from collections import Counter
from pathlib import Path

from bot.clock import Clock
from tests.faults.kills import kill_often
from tests.faults.site import PEOPLE, site

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "soak.md"


def commit() -> str:
    """What was run."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


async def soak(kills: int, relays: int, seed: int) -> str:
    """Run it; returns the page.  Raises if anything is not as promised."""
    each = -(-relays // (kills * len(PEOPLE)))
    began = time.monotonic()
    async with site() as where:
        died = await kill_often(where, kills, random.Random(seed), each)
        killed = time.monotonic()
        await where.settled()
        settled = time.monotonic()
        where.enlace.kill()
        entries = await where.house.log_verifies("exchange.opened", "delivery.sent")
        sent, withdrawn, incidents = len(where.sent), len(where.withdrawn), len(where.incidents)
    points = Counter(name for name, _ in died)
    rows = "\n".join(f"| `{name}` | {points[name]} |" for name in sorted(points))
    return f"""# Soak

Written by `make soak`. enlace is killed with SIGKILL at named points (`tests/faults/points.py`) while people send; each start has to finish what the one before left. At the end every copy was in its room exactly once and in order, every command had run once, every incident had one room, and `enlace audit verify` found nothing.

| | |
| --- | --- |
| commit | `{commit()}` |
| date | {Clock().now():%Y-%m-%d} |
| machine | {os.cpu_count()} cores, Python {platform.python_version()}, Synapse on the same machine, SQLite |
| seed | {seed} |
| kills | {len(died)} |
| messages, each to {len(PEOPLE)} rooms | {sent} |
| of these taken back, and gone from every room | {withdrawn} |
| copies of the others, all delivered exactly once | {(sent - withdrawn) * len(PEOPLE)} |
| incident rooms, each made once | {incidents} |
| log entries, verified | {len(entries)} |
| time until the last kill | {killed - began:.0f} s |
| from the last start until everything was settled | {settled - killed:.0f} s |

| killed at | times |
| --- | --- |
{rows}
"""


def main() -> None:
    """Run and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--relays", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    PAGE.write_text(asyncio.run(soak(asked.kills, asked.relays, asked.seed)), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
