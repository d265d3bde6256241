"""``python -m tests.bench``: prints the table, and writes it as JSON where ``--json`` says."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tests.bench import figures
from tests.bench.run import WORKLOADS, Plan, measure, quick
from tests.harness.postgres import Postgres


def asked(arguments: Sequence[str]) -> argparse.Namespace:
    """What somebody typed."""
    usual = Plan()
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=WORKLOADS, default=list(WORKLOADS), help="workloads")
    parser.add_argument("--rooms", type=int, default=usual.rooms, help="rooms of a fan-out, and of a start")
    parser.add_argument("--rounds", type=int, default=usual.rounds, help="rounds of each workload")
    parser.add_argument("--commands", type=int, default=usual.commands, help="!whois per round")
    parser.add_argument("--senders", type=int, default=usual.senders, help="people who relay at once")
    parser.add_argument("--relays", type=int, default=usual.relays, help="relays of all senders per round")
    parser.add_argument("--burst", type=int, default=usual.burst, help="!whois at once")
    parser.add_argument("--devices", type=int, default=usual.devices, help="new devices that all need their first key")
    parser.add_argument("--quick", action="store_true", help="small sizes: whether it works, not how fast")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--database", default="", help="database URL for enlace; SQLite otherwise")
    where.add_argument("--postgres", action="store_true", help="a PostgreSQL from the wheel for enlace")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--profile", type=Path, metavar="FILE", help="cProfile of enlace's process; slows it down")
    return parser.parse_args(arguments)


def plan_of(given: argparse.Namespace) -> Plan:
    """What is to be run."""
    plan = Plan(
        only=tuple(given.only),
        rooms=given.rooms,
        rounds=given.rounds,
        commands=given.commands,
        senders=given.senders,
        relays=given.relays,
        burst=given.burst,
        devices=given.devices,
        database=given.database,
        profile=given.profile.resolve() if given.profile else None,
    )
    return quick(plan) if given.quick else plan


def main() -> int:
    """Exit code 1 if a message was lost or a device got no key: slowness is a figure, loss is a fault."""
    given = asked(sys.argv[1:])
    server = Postgres() if given.postgres else None
    if server is not None:
        given.database = server.fresh()
    plan = plan_of(given)
    try:
        found = asyncio.run(measure(plan, lambda text: print(text, file=sys.stderr)))
    finally:
        if server is not None:
            server.stop()
    on = "PostgreSQL" if plan.database.startswith("postgresql") else "SQLite"
    figures.show(found, f"enlace on {on} beside bare encrypted hops on the same homeserver")
    if given.json:
        options = {name: str(value) if isinstance(value, Path) else value for name, value in asdict(plan).items()}
        figures.write(found, options, given.json)
    return 1 if any(f.value for f in found if f.name in ("lost messages", "devices without")) else 0


if __name__ == "__main__":
    sys.exit(main())
