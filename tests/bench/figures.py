"""Figures: what was measured, beside the floor measured right before, as a table and as JSON."""

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.deployment import Usage
from tests.bench.workloads import Bench, Pair, Sample, Share, Start


@dataclass(frozen=True, slots=True)
class Figure:
    """One line; a ratio is to the floor of the same round, above 1 is slower than the floor.

    ``peer`` is the ratio to the plain bot in the same round, where that does the same."""

    workload: str
    name: str
    unit: str
    value: float
    """The median over the rounds."""
    floor: float | None = None
    ratio: float | None = None
    by_round: list[float] = field(default_factory=list)
    """The ratio of each round, or the value of each round where there is no floor."""
    peer: float | None = None


def percentile(values: Sequence[float], percent: float) -> float:
    """Nearest rank; NaN of nothing."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def compared(workload: str, name: str, unit: str, enlace: Sequence[float], floor: Sequence[float]) -> Figure:
    """Times: the longer the worse."""
    ratios = [mine / bare for mine, bare in zip(enlace, floor, strict=True)]
    return Figure(
        workload,
        name,
        unit,
        statistics.median(enlace),
        statistics.median(floor),
        statistics.median(ratios),
        ratios,
    )


def of_whois(pairs: Sequence[Pair]) -> list[Figure]:
    """Latency of commands."""
    return [
        compared(
            "whois",
            f"p{percent}",
            "ms",
            [percentile(pair.enlace.arrivals, percent) for pair in pairs],
            [percentile(pair.floor.arrivals, percent) for pair in pairs],
        )
        for percent in (50, 95)
    ]


def of_fan_out(workload: str, pairs: Sequence[Pair]) -> list[Figure]:
    """First and last copy."""
    found = []
    for name, pick in (("first copy", min), ("last copy", max)):
        mine, bare, plain = (
            [pick(sample.arrivals, default=math.nan) for sample in samples if sample is not None]
            for samples in zip(*((pair.enlace, pair.floor, pair.plain) for pair in pairs), strict=True)
        )
        peer = statistics.median(m / p for m, p in zip(mine, plain, strict=True)) if plain else None
        found.append(replace(compared(workload, name, "ms", mine, bare), peer=peer))
    mine, plain = (
        sum(s.cpu_seconds for s in samples if s) * 1000 / max(sum(len(s.arrivals) for s in samples if s), 1)
        for samples in zip(*((pair.enlace, pair.plain) for pair in pairs), strict=True)
    )
    return [*found, Figure(workload, "CPU per 1000 copies", "s", mine, peer=mine / plain if plain else None)]


def of_meanwhile(asked: Sample) -> Figure:
    """A command while keys are shared with everybody."""
    return Figure("fan-out, first ever", "!whois meanwhile", "ms", max(asked.arrivals, default=math.nan))


def of_burst(pairs: Sequence[Pair]) -> list[Figure]:
    """Many commands at once: the last answer."""
    mine, bare = ([max(getattr(p, of).arrivals, default=math.nan) for p in pairs] for of in ("enlace", "floor"))
    return [compared("burst", "last answer", "ms", mine, bare)]


def of_starts(rooms: int, starts: Sequence[Start]) -> list[Figure]:
    """The process with all its rooms."""

    def figure(name: str, unit: str, values: list[float]) -> Figure:
        return Figure(f"start with {rooms} rooms", name, unit, statistics.median(values), by_round=values)

    return [
        figure("first answer", "s", [start.answered for start in starts]),
        figure("every room has its key", "s", [start.shared for start in starts]),
        figure("CPU until then", "s", [start.cpu_seconds for start in starts]),
        figure("memory (RSS) then", "MiB", [start.rss_mib for start in starts]),
    ]


def of_share(share: Share) -> list[Figure]:
    """New devices, all at once, and what was asked meanwhile."""
    of = f"keys for {share.devices} new devices"
    return [
        Figure(of, "last one has it", "ms", share.shared),
        Figure(of, "devices without", "", share.without),
        Figure(of, "!whois meanwhile, p50", "ms", percentile(share.asked.arrivals, 50)),
        Figure(of, "!whois meanwhile, longest", "ms", math.nan if share.asked.lost else max(share.asked.arrivals)),
        Figure(of, "event loop, longest turn", "ms CPU", max(share.turns, default=0.0)),
    ]


def of_turns(turns: Sequence[float]) -> list[Figure]:
    """For how long single turns of the event loop held it up, in CPU time, of those over a millisecond."""
    found = [Figure("all", "event loop, p99 of turns over 1 ms", "ms CPU", percentile([0.0, *turns], 99))]
    return [*found, Figure("all", "event loop, longest turn", "ms CPU", max(turns, default=0.0))]


def of_relays(pairs: Sequence[Pair]) -> list[Figure]:
    """Throughput, as time per delivery, and latency under load (which is mostly waiting)."""

    def each(sample_of: str) -> list[float]:
        samples = [getattr(pair, sample_of) for pair in pairs]
        return [sample.seconds * 1000 / max(len(sample.arrivals), 1) for sample in samples]

    rate = compared("relays", "time per relay", "ms", each("enlace"), each("floor"))
    p95 = compared(
        "relays",
        "p95, queueing",
        "ms",
        [percentile(pair.enlace.arrivals, 95) for pair in pairs],
        [percentile(pair.floor.arrivals, 95) for pair in pairs],
    )
    per_second = Figure("relays", "relays per second", "1/s", 1000 / rate.value, 1000 / (rate.floor or math.nan))
    return [rate, per_second, p95]


def of_lost(pairs: Sequence[Pair]) -> list[Figure]:
    """What was lost."""
    return [
        Figure("all", "lost messages", "", sum(pair.enlace.lost for pair in pairs)),
        Figure("all", "lost messages, bare bot", "", sum(pair.floor.lost for pair in pairs)),
    ]


def of_deliveries(bench: Bench) -> list[Figure]:
    """What deliveries cost."""
    deliveries = max(bench.deliveries, 1)
    return [
        Figure("all", "CPU per 1000 deliveries", "s", bench.cpu_seconds * 1000 / deliveries),
        Figure("all", "messages per delivery", "", bench.messages / deliveries),
    ]


def of_process(usage: Usage, plain: Usage | None, started_in: float, idle: float) -> list[Figure]:
    """What the process costs."""
    return [
        Figure("all", "CPU per idle hour", "s", idle),
        Figure("all", "memory (RSS)", "MiB", usage.rss_mib, peer=usage.rss_mib / plain.rss_mib if plain else None),
        Figure("all", "memory, most", "MiB", usage.peak_mib),
        Figure("all", "start to first answer", "s", started_in),
    ]


def show(figures: Sequence[Figure], title: str) -> None:
    """A table on standard output."""
    table = Table(title=title, title_justify="left")
    for heading in ("workload", "figure"):
        table.add_column(heading)
    for heading in ("enlace", "bare hops", "ratio", "to plain bot"):
        table.add_column(heading, justify="right")
    table.add_column("ratio by round")
    for figure in figures:
        table.add_row(
            figure.workload,
            figure.name,
            f"{_number(figure.value)} {figure.unit}".strip(),
            "" if figure.floor is None else f"{_number(figure.floor)} {figure.unit}".strip(),
            "" if figure.ratio is None else f"{figure.ratio:.2f}",
            "" if figure.peer is None else f"{figure.peer:.2f}",
            " ".join(f"{value:.2f}" for value in figure.by_round) if len(figure.by_round) > 1 else "",
        )
    Console(width=120 if not Console().is_terminal else None).print(table)


def write(figures: Sequence[Figure], options: dict[str, object], path: Path) -> None:
    """The same as JSON; a figure that could not be had is null."""
    rows = [{k: None if isinstance(v, float) and math.isnan(v) else v for k, v in asdict(f).items()} for f in figures]
    path.write_text(json.dumps({"options": options, "figures": rows}, indent=2) + "\n", encoding="utf-8")


def _number(value: float) -> str:
    if value == int(value):
        return str(int(value))
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
