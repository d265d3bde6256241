"""``docs/reach.md`` and its picture, from one run of :mod:`tests.bench.reach` with everything as assumed."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cache

from bot.escalation.model import Policy, Severity
from tests.bench.reach import (
    BUILT_IN,
    OFFICE,
    SEED,
    WAYS,
    WORLDS,
    Assumptions,
    Call,
    Summary,
    by_ladder,
    calls,
    changed,
    of_un_gpd,
    simulate,
)

CRITICAL = BUILT_IN[Severity.CRITICAL]
WHAT_IF = (
    ("no State without a staffed desk can be reached out of hours", "no_after_hours=1"),
    ("a desk that is staffed at any hour in every State", "round_the_clock=1"),
    ("every entry is right", "stale=0"),
    ("three entries in ten lead nowhere", "stale=0.3"),
    ("there is always a language in common", "no_common_language=0"),
    ("pages ring as often as phone calls do", "page_heard=1"),
    ("most phones keep the app silent", "page_heard=0.3"),
    ("no client is signed in for four people in ten", "no_client=0.4"),
    ("nobody keeps a roster", "rostered=0"),
    ("as many States on enlace as the UN directory had in December 2024 (about 100, UNIDIR)", "on_enlace=0.52"),
)
ONLY_ENLACE = frozenset({"page_heard", "no_client", "rostered", "on_enlace"})
"""Assumptions that change nothing for the other ways."""
COLOURS = {"phone list": "#aa3377", "mail": "#ccbb44", "enlace": "#4477aa"}
"""Told apart by the colour-blind too (Paul Tol's bright scheme)."""
TICKS = ((1, "1 min"), (5, "5 min"), (15, "15 min"), (60, "1 h"), (240, "4 h"), (1440, "24 h"))
_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP = 330, 230, 52, 50, 70


@cache
def made() -> list[Call]:
    """The calls of the page."""
    return calls(SEED, WORLDS)


@cache
def parted() -> Mapping[str, Mapping[str, Summary]]:
    """What came of those that were made in the callee's office hours, and of the others."""
    inside = [call for call in made() if call.state.door(call.at).open]
    outside = [call for call in made() if not call.state.door(call.at).open]
    return {
        f"in the callee's office hours ({len(inside):,} calls)": simulate(inside, Assumptions(), CRITICAL),
        f"outside of the callee's office hours ({len(outside):,} calls)": simulate(outside, Assumptions(), CRITICAL),
    }


@cache
def usual() -> Mapping[str, Summary]:
    """What came of critical calls with everything as assumed."""
    return simulate(made(), Assumptions(), CRITICAL)


def page() -> str:
    """The page."""
    found = usual()
    phones = by_ladder(made(), changed(Assumptions(), ["phones_when_exhausted=1"]), CRITICAL)
    rows = [(way, found[way]) for way in WAYS[:2]]
    rows += [("enlace's ladder", found["enlace"]), ("enlace's ladder, then the phone list", phones)]
    ladders: list[tuple[str, Policy]] = [(f"built in, {severity.value}", BUILT_IN[severity]) for severity in Severity]
    ladders += [(f"network `un-gpd`, {s.value}", of_un_gpd(s)) for s in (Severity.HIGH, Severity.CRITICAL)]
    by_name = [(name, by_ladder(made(), Assumptions(), ladder)) for name, ladder in reversed(ladders)]
    return PAGE.format(
        seed=SEED,
        calls=f"{len(made()):,}",
        worlds=WORLDS,
        office=OFFICE,
        main=_table("way", rows),
        parts="\n".join(f"\nCalled {name}:\n\n{_table('way', list(each.items()))}" for name, each in parted().items()),
        ladders=_table("ladder", by_name),
        what_if="\n".join(_what_if()),
        assumptions="\n".join(_assumption(each) for each in fields(Assumptions)),
    )


def _table(head: str, rows: Sequence[tuple[str, Summary]]) -> str:
    lines = [
        f"| {head} | median | p90 | nobody within an hour | never: nobody within 24 h |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {name} | {time(s.at(50))} | {time(s.at(90))} | {share(s.missing(60))} | {share(s.missing(1440))} |"
        for name, s in rows
    ]
    return "\n".join(lines)


def _what_if() -> Iterable[str]:
    yield "| if | set | " + " | ".join(WAYS) + " |"
    yield "| --- | --- |" + " --- |" * len(WAYS)
    for says, change in (("all as below", ""), *WHAT_IF):
        given = changed(Assumptions(), change.split())
        if change.partition("=")[0] in ONLY_ENLACE:
            found = {**usual(), "enlace": by_ladder(made(), given, CRITICAL)}
        else:
            found = simulate(made(), given, CRITICAL) if change else usual()
        cells = " | ".join(f"{time(found[way].at(50))}; {share(found[way].missing(1440))}" for way in WAYS)
        yield f"| {says} | {f'`{change}`' if change else ''} | {cells} |"


def _assumption(each: object) -> str:
    name, default, metadata = (getattr(each, key) for key in ("name", "default", "metadata"))
    return f"| `{name}` | {default:.3g} | {metadata['says']} | {metadata['reason']} |"


def time(minutes: float) -> str:
    """``7.9 min``, ``6 h 44 min``; infinite is not within a day."""
    if math.isinf(minutes):
        return "not within 24 h"
    if minutes < 119.5:
        return f"{minutes:.1f} min" if minutes < 10 else f"{minutes:.0f} min"
    hours, rest = divmod(round(minutes), 60)
    return f"{hours} h {rest} min"


def share(part: float) -> str:
    """``3.5 %``."""
    return f"{part * 100:.1f} %"


def picture() -> str:
    """Who has been reached after how long, in and out of the callee's office hours (SVG)."""
    width, height = _LEFT + 2 * _WIDTH + _GAP + 20, _TOP + _HEIGHT + 70
    out = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
            ' font-family="sans-serif" font-size="12" role="img">'
        ),
        "<title>Share of calls that somebody has answered, by the time since the call (simulated)</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        '<text x="8" y="18" font-weight="bold">Critical calls that somebody has answered, by time (simulated)</text>',
    ]
    for number, (name, found) in enumerate(parted().items()):
        out += _panel(_LEFT + number * (_WIDTH + _GAP), name, found)
    top = height - 16
    for number, way in enumerate(WAYS):
        left = _LEFT + number * 120
        out.append(f'<rect x="{left}" y="{top - 10}" width="12" height="12" fill="{COLOURS[way]}"/>')
        out.append(f'<text x="{left + 18}" y="{top}">{way}</text>')
    return "\n".join([*out, "</svg>", ""])


def _panel(left: float, name: str, found: Mapping[str, Summary]) -> Iterable[str]:
    yield f'<text x="{left}" y="{_TOP - 10}">{name}</text>'
    for part in (0, 25, 50, 75, 100):
        y = _TOP + _HEIGHT * (1 - part / 100)
        yield f'<line x1="{left}" x2="{left + _WIDTH}" y1="{y:g}" y2="{y:g}" stroke="#ddd"/>'
        yield f'<text x="{left - 6}" y="{y + 4:g}" text-anchor="end" fill="#555">{part} %</text>'
    for minutes, said in TICKS:
        x = left + _across(minutes)
        yield f'<line x1="{x:g}" x2="{x:g}" y1="{_TOP}" y2="{_TOP + _HEIGHT}" stroke="#eee"/>'
        yield f'<text x="{x:g}" y="{_TOP + _HEIGHT + 16}" text-anchor="middle" fill="#555">{said}</text>'
    for way in WAYS:
        steps = 90
        times = [10 ** (math.log10(1440) * n / steps) for n in range(steps + 1)]
        points = " ".join(f"{left + _across(at):.1f},{_TOP + _HEIGHT * found[way].missing(at):.1f}" for at in times)
        yield f'<polyline points="{points}" fill="none" stroke="{COLOURS[way]}" stroke-width="2.5"/>'


def _across(minutes: float) -> float:
    return _WIDTH * math.log10(minutes) / math.log10(1440)


PAGE = """# Reach

How soon does somebody answer, and who is never reached: with a phone list, with mail, and with enlace's [ladder](escalation.md)?
This page is **a simulation, not a measurement**: it compares assumptions, all of which stand below. It is made by `python -m tests.house.docs`; `make bench` prints the figures, and `python -m tests.bench.reach --set stale=0.3 --seed 7` those of other assumptions.

Real are the 193 Member States of the United Nations with the time zones of their capitals (IANA), weekends (CLDR) and public holidays (`holidays`), and the rules: which step comes when, whether it is for this hour, and which ladder is climbed are decided by the functions that the service calls (`next_step`, `applies`, `Policies.policy`, office hours). Offices are open {office} on working days. Each State is called once in each of {worlds} worlds, at a random instant of 2026: {calls} calls, seed {seed}; a share is good to about two points. The same luck (who is away, whose number is wrong, who wakes up) holds for every way to reach the same person. Unanswered calls count in medians and percentiles, as longest.

## Figures

A critical call, the built-in ladder:

{main}

![Share of calls that somebody has answered by the time since the call, in and out of office hours](reach.svg)
{parts}

The ladder is no faster than a phone that is picked up. What it changes is who is missed: it asks several people, each by an entry of their own, in a language that they read, and what did not wake them still waits for them in the morning. How much of that hangs on which assumption is seen below: on a language in common, on entries that are right, on clients that are signed in.

By severity: medium and low wait for the callee's office hours, which is why they are slow.

{ladders}

## What if

Median; never reached within 24 h:

{what_if}

## Assumptions

Shares lie between 0 and 1, times are minutes.

| name | value | what | reason |
| --- | --- | --- | --- |
{assumptions}

The phone list has two numbers for each State: its office, and the mobile of one person. Mail is one letter to the organisation's mailbox. On enlace each organisation has somebody on duty and a backup (by a roster), a lead, and a diplomatic contact. Coordinators are paged too, but count for nothing here: they cannot take a call for another State. Nobody declines; desk rooms, mail and webhooks of enlace are left out.

## What this does not show

- How people really behave. None of the figures above was measured, and the States are alike but for their clocks. Communication checks ([directory](directory.md)) are what measures a real network.
- That entries stay right: all three lists are assumed to be equally stale. Whether confirmed entries rot more slowly has to be seen.
- Who answered. Whoever picks up a phone is counted, though nobody knows who it is; on enlace it is somebody proved.
- A network that is down, a homeserver that is slow, one caller who has many States to reach, or a crisis in which everybody is called at once.
"""
