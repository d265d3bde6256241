"""A fortnight of duty as a strip of text and as a picture (SVG).  Pure.

A row is a day of the organisation's wall time; a cell says who is on duty in its middle.
"""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date

from bot.duty.model import Stretch
from bot.duty.rules.walltime import instant
from bot.i18n.rich import neutral
from bot.ids import UserId

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
NOBODY, UNASKED = "·", " "
"""Nobody is on duty; outside of what is shown."""
COLOURS = ("#4477aa", "#66ccee", "#228833", "#ccbb44", "#aa3377", "#ee8866", "#bbbbbb", "#332288")
"""Told apart by the colour-blind too (Paul Tol's bright scheme)."""
_HOUR, _ROW, _LEFT, _TOP = 24, 22, 96, 34


@dataclass(frozen=True, slots=True)
class Plan:
    """What is shown of one role of one organisation."""

    title: str
    stretches: Sequence[Stretch]
    where: ZoneInfo
    names: Mapping[UserId, str]
    language: str


def strip(plan: Plan) -> str:
    """A line for each day with a letter for each hour, and below it who the letters are."""
    letters = {user: LETTERS[n % len(LETTERS)] for n, user in enumerate(_people(plan))}
    rows = [
        f"{_day(day, plan.language):<12} " + "".join(_letter(people, letters) for people in cells)
        for day, cells in _cells(plan, 24)
    ]
    head = f"{'':<12} " + "".join(f"{hour:<6}" for hour in ("00", "06", "12", "18")).rstrip()
    legend = [f"{letter} {neutral(plan.names.get(user, user))}" for user, letter in letters.items()]
    return "\n".join([neutral(plan.title), head, *rows, *legend])


def picture(plan: Plan, nobody: str) -> str:
    """The same as an SVG document; ``nobody``: how a gap is called in its legend."""
    people = _people(plan)
    colours = {user: COLOURS[n % len(COLOURS)] for n, user in enumerate(people)}
    days = list(_cells(plan, 48))
    width = _LEFT + 24 * _HOUR + 12
    legend = [*((plan.names.get(user, str(user)), colours[user]) for user in people), (nobody, "url(#gap)")]
    height = _TOP + len(days) * _ROW + 18 + len(legend) * 18 + 8
    out = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
            ' font-family="sans-serif" font-size="12" role="img">'
        ),
        f"<title>{_safe(plan.title)}</title>",
        (
            '<defs><pattern id="gap" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
            '<rect width="6" height="6" fill="#fff"/><rect width="3" height="6" fill="#cc3311"/></pattern></defs>'
        ),
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="8" y="16" font-weight="bold">{_safe(plan.title)}</text>',
    ]
    out += [f'<text x="{_LEFT + hour * _HOUR}" y="30" fill="#555">{hour:02}</text>' for hour in range(0, 24, 6)]
    for number, (day, cells) in enumerate(days):
        top = _TOP + number * _ROW
        out.append(f'<text x="8" y="{top + 15}">{_safe(_day(day, plan.language))}</text>')
        at = 0
        for people_then, run in groupby(cells):
            length = len(list(run))
            out += _bars(people_then, colours, _LEFT + at * _HOUR / 2, top + 2, length * _HOUR / 2)
            at += length
    for number, (name, colour) in enumerate(legend):
        top = _TOP + len(days) * _ROW + 12 + number * 18
        out.append(f'<rect x="8" y="{top}" width="12" height="12" fill="{colour}"/>')
        out.append(f'<text x="26" y="{top + 11}">{_safe(name)}</text>')
    return "\n".join([*out, "</svg>", ""])


def _bars(
    people: tuple[UserId, ...] | None, colours: Mapping[UserId, str], left: float, top: float, width: float
) -> list[str]:
    if people is None:
        return []
    fills = [colours[user] for user in people] or ["url(#gap)"]
    height = (_ROW - 4) / len(fills)
    return [
        f'<rect x="{left:g}" y="{top + n * height:g}" width="{width:g}" height="{height:g}" fill="{fill}"/>'
        for n, fill in enumerate(fills)
    ]


def _people(plan: Plan) -> list[UserId]:
    return list(dict.fromkeys(user for stretch in plan.stretches for user in stretch.people))


def _cells(plan: Plan, per_day: int) -> list[tuple[date, list[tuple[UserId, ...] | None]]]:
    if not plan.stretches:
        return []
    first = plan.stretches[0].start.astimezone(plan.where).date()
    last = (plan.stretches[-1].end - timedelta(microseconds=1)).astimezone(plan.where).date()
    step = timedelta(days=1) / per_day
    rows = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        middles = (datetime.combine(day, time()) + step * (n + 0.5) for n in range(per_day))
        rows.append((day, [_then(plan, instant(day, at.time(), plan.where)) for at in middles]))
    return rows


def _then(plan: Plan, at: datetime) -> tuple[UserId, ...] | None:
    return next((s.people for s in plan.stretches if s.start <= at < s.end), None)


def _letter(people: tuple[UserId, ...] | None, letters: Mapping[UserId, str]) -> str:
    if people is None:
        return UNASKED
    return letters[people[0]] if people else NOBODY


def _day(day: date, language: str) -> str:
    return format_date(day, "EEE d MMM", locale=Locale.parse(language))


def _safe(text: str) -> str:
    return html.escape(neutral(text))
