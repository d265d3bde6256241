"""One run: build, restart, measure, sum up."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bot.demo.synapse import Synapse
from tests.bench import figures
from tests.bench.deployment import Deployment
from tests.bench.figures import Figure
from tests.bench.workloads import Bench, Pair

WORKLOADS = ("start", "whois", "fanout", "relays", "burst", "keys")
BESIDE_BARE = {"whois", "fanout", "relays", "burst"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run."""

    only: tuple[str, ...] = WORKLOADS
    rooms: int = 30
    rounds: int = 2
    commands: int = 50
    """``!whois`` per round."""
    senders: int = 8
    burst: int = 200
    """``!whois`` at once."""
    relays: int = 160
    """Of all senders, per round."""
    devices: int = 200
    """That appear at once and need their first keys."""
    idle_seconds: float = 20.0
    """For so long the idle process is watched."""
    database: str = ""
    profile: Path | None = None


async def measure(plan: Plan, say: Callable[[str], None], homeserver: Synapse | None = None) -> list[Figure]:
    """Run the plan, on a homeserver of its own where none is given; every figure, in the order of the table."""
    begun = time.perf_counter()
    say(f"building a homeserver, {plan.rooms + 1} organisations, enlace …")
    async with Deployment(
        plan.rooms,
        homeserver=homeserver,
        database=plan.database,
        profile=plan.profile,
        bare=not BESIDE_BARE.isdisjoint(plan.only),
        plain="fanout" in plan.only,
    ) as deployment:
        say(f"built in {time.perf_counter() - begun:.0f} s")
        bench = Bench(deployment)
        await deployment.quiet()
        found: list[Figure] = []
        every: list[Pair] = []
        if "fanout" in plan.only:
            first = await bench.fan_out(ask=True)
            found += figures.of_fan_out("fan-out, first ever", [first])
            found.append(figures.of_meanwhile(bench.asked_meanwhile))
            every.append(first)
        starts = [await bench.start() for _ in range(plan.rounds if "start" in plan.only else 1)]
        if "start" in plan.only:
            found += figures.of_starts(plan.rooms + 1, starts)
        await deployment.restart_plain()
        say(f"restarted, first answer after {deployment.started_in:.1f} s")
        await deployment.quiet()
        if "fanout" in plan.only:
            first = await bench.fan_out()
            found += figures.of_fan_out("fan-out, first after a start", [first])
            every.append(first)
        if "whois" in plan.only:
            say("whois")
            pairs = [await bench.whois(plan.commands) for _ in range(plan.rounds)]
            found = figures.of_whois(pairs) + found
            every += pairs
        if "fanout" in plan.only:
            say("fan-out")
            pairs = [await bench.fan_out() for _ in range(plan.rounds)]
            found += figures.of_fan_out(f"fan-out to {plan.rooms}", pairs)
            every += pairs
        senders = min(plan.senders, (plan.rooms + 1) // 2)
        each, roots = -(-plan.relays // senders), dict[str, str]()
        if "relays" in plan.only:
            say("relays")
            roots = await bench.open_exchanges(senders)
            pairs = [await bench.relays(roots, each) for _ in range(plan.rounds)]
            found += figures.of_relays(pairs)
            every += pairs
        if "burst" in plan.only:
            say("burst")
            pairs = [await bench.burst(plan.burst)]
            found += figures.of_burst(pairs)
            every += pairs
        idle = await deployment.idle(plan.idle_seconds)
        usage, plain, started_in = deployment.usage(), deployment.plain_usage(), deployment.started_in
        if every or "keys" in plan.only:
            say("turns of the event loop")  # last of all, since looking at them takes CPU, too
            await deployment.watch()
            await deployment.quiet()
        if every:
            found += figures.of_deliveries(bench)
            await deployment.turns()
            again = [await bench.whois(plan.commands)]
            again += [await bench.fan_out()] if "fanout" in plan.only else []
            again += [await bench.relays(roots, each)] if roots else []
            found += figures.of_turns(await deployment.turns()) + figures.of_lost([*every, *again])
        if "keys" in plan.only:  # the devices stay
            say("keys")
            found += figures.of_share(await bench.share(plan.devices))
        return found + figures.of_process(usage, plain, started_in, idle)


def quick(plan: Plan) -> Plan:
    """The same workloads, small: whether it works, not how fast."""
    return replace(plan, rooms=3, rounds=1, commands=3, senders=2, relays=6, burst=8, devices=4, idle_seconds=0.5)


__all__ = ["WORKLOADS", "Plan", "measure", "quick"]
