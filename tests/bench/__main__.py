"""``python -m tests.bench``: prints the table, and writes it as JSON where ``--json`` says."""

import argparse
import asyncio
import sys
from dataclasses import asdict
from pathlib import Path

from tests.bench import figures
from tests.bench.run import WORKLOADS, Plan, measure, quick


def main() -> int:
    """Exit code 1 if a message was lost: slowness is a figure, loss is a fault."""
    usual = Plan()
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=WORKLOADS, default=list(WORKLOADS), help="workloads")
    parser.add_argument("--rooms", type=int, default=usual.rooms, help="rooms of a fan-out")
    parser.add_argument("--rounds", type=int, default=usual.rounds, help="rounds of each workload")
    parser.add_argument("--commands", type=int, default=usual.commands, help="!whois per round")
    parser.add_argument("--senders", type=int, default=usual.senders, help="people who relay at once")
    parser.add_argument("--burst", type=int, default=usual.burst, help="!whois at once")
    parser.add_argument("--each", type=int, default=usual.each, help="relays per sender and round")
    parser.add_argument("--quick", action="store_true", help="small sizes: whether it works, not how fast")
    parser.add_argument("--database", default="", help="database URL for enlace; SQLite otherwise")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--profile", type=Path, metavar="FILE", help="cProfile of enlace's process; slows it down")
    given = parser.parse_args()
    plan = Plan(
        only=tuple(given.only),
        rooms=given.rooms,
        rounds=given.rounds,
        commands=given.commands,
        senders=given.senders,
        each=given.each,
        burst=given.burst,
        database=given.database,
        profile=given.profile.resolve() if given.profile else None,
    )
    if given.quick:
        plan = quick(plan)
    found = asyncio.run(measure(plan, lambda text: print(text, file=sys.stderr)))
    figures.show(found, "enlace beside bare encrypted hops on the same homeserver")
    if given.json:
        options = {name: str(value) if isinstance(value, Path) else value for name, value in asdict(plan).items()}
        figures.write(found, options, given.json)
    return 1 if next(f.value for f in found if f.name == "lost messages") else 0


if __name__ == "__main__":
    sys.exit(main())
