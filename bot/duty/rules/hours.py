"""Office hours: reading them and asking whether the door is open.  Pure."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.duty.model import OfficeHours, Span
from bot.duty.rules.walltime import instant
from bot.errors import NotDone

DAYS = {
    name: number
    for number, names in enumerate(
        (
            ("mon", "monday", "lun", "lunes"),
            ("tue", "tues", "tuesday", "mar", "martes"),
            ("wed", "wednesday", "mie", "miercoles"),
            ("thu", "thur", "thurs", "thursday", "jue", "jueves"),
            ("fri", "friday", "vie", "viernes"),
            ("sat", "saturday", "sab", "sabado"),
            ("sun", "sunday", "dom", "domingo"),
        )
    )
    for name in names
}
_ROUND_THE_CLOCK = re.compile(r"24\s*[/x×]\s*7(\s*[/x×]\s*365)?")
_PART = re.compile(r"(?P<days>[a-z][a-z,\s-]*?)\s*(?P<times>\d.*)")
_TIMES = re.compile(r"(\d{1,2})[:.h](\d{2})\s*-\s*(\d{1,2})[:.h](\d{2})")


Closed = Callable[[date], bool]
"""Whether a local day is a public holiday."""


class BadOfficeHours(NotDone):
    """“{value}” are no office hours that I can read."""

    code = "bad-office-hours"


def parse(text: str) -> OfficeHours:
    """Read ``Mon-Fri 09:00-18:00``, ``Sun-Thu 08:00-12:00 13:00-16:00; Fri 08:00-11:00``, ``Mon-Sun 22:00-06:00``
    or ``24/7``; days in English or Spanish.

    Parts are parted by ``;`` or by a comma before a day; ``24:00`` is midnight at the end of the day; an end at or
    before its start is on the next day.  Raises :class:`BadOfficeHours`."""
    plain = _plain(text)
    if _ROUND_THE_CLOCK.fullmatch(plain):
        return OfficeHours((), always=True)
    spans: set[Span] = set()
    for part in re.split(r"\s*;\s*|(?<=\d)\s*,\s*(?=[a-z])|(?<=\d)\s+(?=[a-z])", plain):
        found = _PART.fullmatch(part)
        if not found:
            raise BadOfficeHours(value=text)
        days = list(_days(found["days"], text))
        for times in re.split(r"\s*,\s*|\s+", re.sub(r"\s*-\s*", "-", found["times"])):
            start, end = _times(times, text)
            spans |= {Span(day, start, end) for day in days}
    return OfficeHours(tuple(sorted(spans, key=lambda s: (s.weekday, s.start, s.end))))


def never(_day: date) -> bool:
    """No day is a public holiday."""
    return False


def is_open(hours: OfficeHours, where: ZoneInfo, at: datetime, closed: Closed = never) -> bool:
    """Whether ``at`` (aware) lies within a span; a span's end does not belong to it.

    A span that would start on a day that is ``closed`` does not take place; one that began the evening before goes
    on.  24/7 has no holidays."""
    if hours.always:
        return True
    return any(start <= at < end for start, end in _spans(hours, where, at, 2, closed))


def next_opening(hours: OfficeHours, where: ZoneInfo, at: datetime, closed: Closed = never) -> datetime | None:
    """The first instant (UTC) strictly after ``at`` at which a span starts; None for 24/7 and for never.

    A span that starts the moment that another ends is no new opening."""
    if hours.always or not hours.spans:
        return None
    found = sorted(_spans(hours, where, at, 30, closed))
    ends = {end for _, end in found}
    fresh = [start for start, _ in found if start > at and start not in ends]
    # Spans without any pause between them (every day 00:00-24:00) have no fresh opening: then a span's start will do.
    return min(fresh or [start for start, _ in found if start > at], default=None)


def opening_times(
    hours: OfficeHours, where: ZoneInfo, start: datetime, end: datetime, closed: Closed = never
) -> list[tuple[datetime, datetime]]:
    """Every time from ``start`` to ``end`` at which it is open, in order; spans may overlap."""
    if hours.always:
        return [(start, end)]
    spans = _spans(hours, where, start, (end - start).days + 3, closed)
    return sorted((max(one, start), min(other, end)) for one, other in spans if one < end and other > start)


def _spans(
    hours: OfficeHours, where: ZoneInfo, at: datetime, days: int, closed: Closed
) -> Iterator[tuple[datetime, datetime]]:
    """The spans as instants, from the day before ``at``'s local day on."""
    today = at.astimezone(where).date()
    for offset in range(-1, days):
        day = today + timedelta(days=offset)
        if closed(day):
            continue
        for span in hours.spans:
            if span.weekday == day.weekday():
                end_day = day + timedelta(days=1) if span.overnight else day
                yield instant(day, span.start, where), instant(end_day, span.end, where)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.strip().casefold())
    bare = "".join(c for c in folded if not unicodedata.combining(c))
    bare = re.sub(r"[‐‑‒–—−]", "-", bare)
    return re.sub(r"\s+", " ", re.sub(r"\s+(?:to|a)\s+", "-", bare))


def _days(text: str, whole: str) -> Iterator[int]:
    for piece in re.split(r"\s*,\s*", text.strip(" ,")):
        first, _, last = (word.strip() for word in piece.partition("-"))
        if first not in DAYS or (last or first) not in DAYS:
            raise BadOfficeHours(value=whole)
        day, end = DAYS[first], DAYS[last or first]
        yield day
        while day != end:  # over the week's end too: Sun-Thu, Fri-Sat
            day = (day + 1) % 7
            yield day


def _times(text: str, whole: str) -> tuple[time, time]:
    found = _TIMES.fullmatch(text)
    if not found:
        raise BadOfficeHours(value=whole)
    start_hour, start_minute, end_hour, end_minute = (int(number) for number in found.groups())
    if (end_hour, end_minute) == (24, 0):
        end_hour = 0
    if start_hour > 23 or end_hour > 23 or start_minute > 59 or end_minute > 59:
        raise BadOfficeHours(value=whole)
    return time(start_hour, start_minute), time(end_hour, end_minute)
