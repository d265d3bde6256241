"""Times as people type them: ``18:00``, ``mañana 08:00``, ``lunes``, ``2026-12-24 18:00``, ``4h``.  Pure.

Wall times are the organisation's.  A time alone is the next one; a day alone begins at midnight, and as an end it
counts in full.  A weekday is the next one: on Saturday, Friday is in six days.
"""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.directory.rules.naming import fold
from bot.duty.rules.hours import DAYS
from bot.duty.rules.walltime import instant
from bot.errors import NotDone

TODAY = frozenset({"today", "hoy"})
TOMORROW = frozenset({"tomorrow", "manana"})
NOW = frozenset({"now", "ahora", "ya"})
LATEST = timedelta(days=366)
_TIME = re.compile(r"(\d{1,2})[:.h](\d{2})")
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})/(\d{1,2})(?:/(\d{4}))?")
_YEARLESS = re.compile(r"\d{1,2}/\d{1,2}(?!/)\b")
_FOR = re.compile(r"\+?(\d{1,3})\s*(h|d|m|min)")
_APART = re.compile(r"\s*(?:\.\.+|…|→)\s*")


class UnclearTime(NotDone):
    """“{value}” is no time that I can read. The roster was not changed."""

    code = "duty-unclear-time"


def read(text: str, now: datetime, where: ZoneInfo, *, end: bool = False) -> datetime:
    """The instant (UTC) that is meant; ``end``: a day alone is its end.  Raises :class:`UnclearTime`."""
    plain = " ".join(text.replace(" a las ", " ").split()).casefold()
    if fold(plain) in NOW:
        return now
    if span := _FOR.fullmatch(plain):
        number, unit = int(span[1]), span[2]
        return _near(now + timedelta(**{{"h": "hours", "d": "days"}.get(unit, "minutes"): number}), now, text)
    today = now.astimezone(where).date()
    at, plain = _time_at_the_end(plain, text)
    if not plain and at is not None:
        found = instant(today, at, where)
        return found if found > now else instant(today + timedelta(days=1), at, where)
    day = _day(plain, today)
    if day is None:
        raise UnclearTime(value=text[:60])
    if fold(plain) in DAYS and at is not None and instant(day, at, where) <= now:
        day += timedelta(days=7)
    if at is None and end:
        day += timedelta(days=1)
    return _near(instant(day, at or time(), where), now, text)


def _day(plain: str, today: date) -> date | None:
    """The day that is meant: a weekday is the next one, today included; a day and month without a year the next."""
    word = fold(plain)
    if word in TODAY or word in TOMORROW:
        return today + timedelta(days=word in TOMORROW)
    if word in DAYS:
        return today + timedelta(days=(DAYS[word] - today.weekday()) % 7)
    dated = _DATE.fullmatch(plain)
    if dated is None:
        return None
    if dated[1]:
        return _date(int(dated[1]), int(dated[2]), int(dated[3]))
    years = (int(dated[6]),) if dated[6] else (today.year, today.year + 1)
    days = (_date(year, int(dated[5]), int(dated[4])) for year in years)
    return next((day for day in days if day is not None and (dated[6] or day >= today)), None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def period(text: str, now: datetime, where: ZoneInfo) -> tuple[datetime, datetime]:
    """``FROM..TO``; TO is the first one after FROM, but for ``tomorrow`` and the like.  A day alone is all of it, a
    time alone is TO.  Dates without a year are those of the period that is going on, else of the coming one.

    Raises :class:`UnclearTime`."""
    parts = _APART.split(text.strip())
    if len(parts) == 1:
        start, until = read(parts[0], now, where), read(parts[0], now, where, end=True)
        return (start if start < until else now), until
    if len(parts) != 2 or not all(parts):
        raise UnclearTime(value=text[:60])
    if _YEARLESS.match(parts[0]):
        earlier = _from_on(parts[0], parts[1], now - LATEST / 2, now, where)
        if earlier[1] > now:
            return earlier
    return _from_on(parts[0], parts[1], now, now, where)


def _from_on(first: str, last: str, since: datetime, now: datetime, where: ZoneInfo) -> tuple[datetime, datetime]:
    """The first such period that begins after ``since``."""
    start = read(first, since, where)
    fixed = fold(last.split(maxsplit=1)[0]) in TODAY | TOMORROW | NOW
    return start, read(last, now if fixed else max(start, since), where, end=True)


def _time_at_the_end(plain: str, text: str) -> tuple[time | None, str]:
    head, _, last = plain.rpartition(" ")
    found = _TIME.fullmatch(last)
    if found is None:
        return None, plain
    if (int(found[1]), int(found[2])) == (24, 0):
        raise UnclearTime(value=text[:60])
    try:
        return time(int(found[1]), int(found[2])), head
    except ValueError:
        raise UnclearTime(value=text[:60]) from None


def _near(at: datetime, now: datetime, text: str) -> datetime:
    if abs(at - now) > LATEST:
        raise UnclearTime(value=text[:60])
    return at
