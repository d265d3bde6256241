"""Rosters as iCalendar (RFC 5545): reading them strictly, and the shifts that they mean.  Pure.

A shift is a VEVENT.  Who has it: its ATTENDEEs (a ``matrix:u/…`` or ``mailto:`` address, or the CN), else the names
in its SUMMARY.  A CATEGORIES that is a role says for which role it is.  Repetition, exceptions and overrides (RRULE,
RDATE, EXDATE, RECURRENCE-ID) are expanded in wall time: 20:00-08:00 stays so in the night of a clock change.  Times
without a zone and whole days are the organisation's.  Only IANA zones count: what a VTIMEZONE claims is not read.
"""

import calendar as months
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from bot.directory.model import Person
from bot.directory.rules.naming import fold
from bot.directory.rules.roles import DEFAULT, FAMILY, canonical
from bot.duty.model import Shift
from bot.duty.rules.walltime import instant
from bot.errors import NotDone
from bot.ids import UserId

MOST_BYTES = 1_000_000
MOST_SHIFTS = 2000
MOST_RULES = 100
LONGEST = timedelta(days=62)
"""A single shift."""
AROUND = 92
"""Days before and after: a calendar that says nothing for a role in them keeps no roster for it."""
OLDEST, NEWEST = 2000, 2200
_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST"})
_ZONES = re.compile(rb"^BEGIN:VTIMEZONE\b.*?^END:VTIMEZONE\b[^\n]*\n?", re.MULTILINE | re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"\A\s*```[^\n]*\n(.*?)\n?```\s*\Z", re.DOTALL)
_NAMES = re.compile(r"\s*[,;/&+]\s*")
_MATRIX = re.compile(r"(?:https://matrix\.to/#/|matrix:u/|matrix:)@?(?P<user>[^?]+)", re.IGNORECASE)


class BadCalendar(NotDone):
    """The calendar cannot be a roster. The roster was not changed."""

    code = "calendar-bad"


class NotACalendar(BadCalendar):
    """This is no iCalendar that I can read. The roster was not changed."""

    code = "calendar-unreadable"


class CalendarEmpty(BadCalendar):
    """There is no shift in this calendar. The roster was not changed."""

    code = "calendar-empty"


class CalendarTooLarge(BadCalendar):
    """This calendar has more shifts than can be a roster. The roster was not changed."""

    code = "calendar-too-large"


class ShiftOfNobody(BadCalendar):
    """The shift “{what}” names nobody. The roster was not changed."""

    code = "calendar-nobody"


class ShiftBadTime(BadCalendar):
    """The shift “{what}” has no time that I can use. The roster was not changed."""

    code = "calendar-bad-time"


class ShiftBadZone(BadCalendar):
    """The shift “{what}” is in “{zone}”, which is no time zone that I know. The roster was not changed."""

    code = "calendar-bad-zone"


class ShiftBadRule(BadCalendar):
    """The shift “{what}” repeats in a way that I cannot use ({rule}). The roster was not changed."""

    code = "calendar-bad-rule"


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody as a calendar names them."""

    address: str = ""
    name: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.name, self.address) if part)


@dataclass(frozen=True, slots=True)
class Calendar:
    """One that :func:`read` took."""

    people: tuple[Named, ...]
    """Everybody in it, once each."""
    events: Any = field(repr=False)
    """What the library expands."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One shift as the calendar has it, instants in UTC."""

    start: datetime
    end: datetime
    people: tuple[Named, ...]
    role: str
    """The first category, folded; empty where there is none."""


def pasted(text: str) -> bytes:
    """The calendar in a message: as it stands, or between marks for code."""
    fenced = _FENCE.match(text)
    return (fenced[1] if fenced else text.strip()).encode()


@lru_cache(maxsize=512)
def read(data: bytes) -> Calendar:
    """Read a whole roster.  Raises a :class:`BadCalendar` for the first thing in it that cannot be used."""
    if len(data) > MOST_BYTES:
        raise CalendarTooLarge
    import icalendar  # noqa: PLC0415  (5 MiB, the two of them, that only who keeps a roster needs)
    import recurring_ical_events  # noqa: PLC0415

    try:
        found = icalendar.Calendar.from_ical(_ZONES.sub(b"", data.replace(b"\r\n", b"\n")))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):  # whatever the library makes of it
        raise NotACalendar from None
    if found.name != "VCALENDAR":
        raise NotACalendar
    events = [event for event in found.walk("VEVENT") if str(event.get("STATUS", "")).upper() != "CANCELLED"]
    if not events:
        raise CalendarEmpty
    if len(events) > MOST_SHIFTS or sum("RRULE" in event for event in events) > MOST_RULES:
        raise CalendarTooLarge
    named: dict[Named, None] = {}
    for event in events:
        _check(event)
        named |= dict.fromkeys(_people(event))
    try:
        query = recurring_ical_events.of(found, skip_bad_series=False)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NotACalendar from None
    return Calendar(tuple(named), query)


def strangers(calendar: Calendar, staff: Sequence[Person]) -> list[str]:
    """Whoever stands in the calendar and is nobody, or not clearly one, of these people who can be reached here."""
    return [str(named) for named in calendar.people if whom(named, staff) is None]


def whom(named: Named, staff: Iterable[Person]) -> UserId | None:
    """The one person who is meant; None where there is none, or more than one."""
    reachable = [person for person in staff if person.mxid]
    user = _user_in(named.address) or _user_in(named.name)
    if user:
        found = [p for p in reachable if str(p.mxid).casefold() == user.casefold()]
    elif named.address:
        mail = named.address.casefold()
        found = [p for p in reachable if any(c.value.casefold() == mail for c in p.contacts)]
        found = found or _by_name(named.name, reachable)
    else:
        found = _by_name(named.name, reachable)
    return found[0].mxid if len(found) == 1 else None


def shifts(
    data: bytes,
    where: ZoneInfo,
    staff: Sequence[Person],
    roles: Collection[str],
    role: str,
    start: datetime,
    end: datetime,
) -> list[Shift]:
    """The shifts of ``role`` that touch the time from ``start`` to ``end``.

    ``roles``: those of the organisation; a category that is none of them says nothing, and the shift is for the
    technical role."""
    found: dict[Shift, None] = {}
    for planned in _planned_between(data, where, start, end):
        if _meant(planned, roles) != role or planned.end <= start or planned.start >= end:
            continue
        users = (whom(named, staff) for named in planned.people)
        found |= {Shift(user, planned.start, planned.end): None for user in users if user}
    return sorted(found, key=lambda shift: (shift.start, shift.end))


def speaks_of(data: bytes, where: ZoneInfo, roles: Collection[str], role: str, at: datetime) -> bool:
    """Whether the calendar has anything for this role about that time: if it has not, it is no roster for it."""
    around = timedelta(days=AROUND)
    return any(_meant(planned, roles) == role for planned in _planned_between(data, where, at - around, at + around))


def _meant(planned: Planned, roles: Collection[str]) -> str:
    role = canonical(planned.role)
    if role in FAMILY or role not in roles:
        return DEFAULT
    return role


def _planned_between(data: bytes, where: ZoneInfo, start: datetime, end: datetime) -> Iterable[Planned]:
    month = start.astimezone(UTC).date().replace(day=1)
    seen: dict[Planned, None] = {}
    while datetime.combine(month, time(), UTC) < end:
        seen |= dict.fromkeys(_month(data, where, month))
        month += timedelta(days=months.monthrange(month.year, month.month)[1])
    return seen


@lru_cache(maxsize=4096)
def _month(data: bytes, where: ZoneInfo, month: date) -> tuple[Planned, ...]:
    """Everything that touches one month, a day more at both ends because its zone is not yet known."""
    first = datetime.combine(month, time(), UTC)
    last = first + timedelta(days=months.monthrange(month.year, month.month)[1])
    day = timedelta(days=1)
    return tuple(
        Planned(*_span(event, where), _people(event), _role(event))
        for event in read(data).events.between(first - day, last + day)
        if str(event.get("STATUS", "")).upper() != "CANCELLED"
    )


def _span(event: Any, where: ZoneInfo) -> tuple[datetime, datetime]:
    """Start and end; a shift that lies in a skipped hour keeps its length, so that it is not lost."""
    start, end = _utc(event.start, where), _utc(event.end, where)
    return start, end if end > start else start + (event.end - event.start)


def _utc(at: date | datetime, where: ZoneInfo) -> datetime:
    """A wall time that the clocks skip moves forward, of one that comes twice the first counts."""
    if not isinstance(at, datetime):
        return instant(at, time(), where)
    if at.tzinfo is None:
        return instant(at.date(), at.time(), where)
    return at.replace(fold=0).astimezone(UTC)


# --- one event ----------------------------------------------------------------------------------------------


def _check(event: Any) -> None:
    """That it can be expanded, in bounded time, to instants that are surely meant."""
    what = str(event.get("SUMMARY", "") or event.get("UID", "–"))[:80]
    if not _people(event):
        raise ShiftOfNobody(what=what)
    if event.errors or "DTSTART" not in event:
        raise ShiftBadTime(what=what)
    for name in ("DTSTART", "DTEND", "RDATE", "EXDATE", "RECURRENCE-ID"):
        for value in _listed(event.get(name)):
            zone = getattr(value, "params", {}).get("TZID")
            for at in _instants(value):
                if not OLDEST <= at.year <= NEWEST:
                    raise ShiftBadTime(what=what)
                if zone and isinstance(at, datetime) and at.tzinfo is None:
                    raise ShiftBadZone(what=what, zone=str(zone)[:60])
    try:
        length = event.end - event.start
    except (ValueError, TypeError, AttributeError):  # no end that fits its start
        raise ShiftBadTime(what=what) from None
    if not timedelta(0) < length <= LONGEST:
        raise ShiftBadTime(what=what)
    for rule in _listed(event.get("RRULE")):
        if not _usable(rule):
            raise ShiftBadRule(what=what, rule=rule.to_ical().decode()[:80])


def _usable(rule: Any) -> bool:
    """Whether the rule comes true again and again.  One that never does is a mistake, and the library would look for
    it until the year 9999; one without an interval it would follow for ever."""
    parts = {str(key).upper(): _listed(value) for key, value in rule.items()}
    if parts.keys() - _PARTS or any(len(parts.get(key, [1])) != 1 for key in ("FREQ", "INTERVAL", "COUNT")):
        return False
    frequency, by = str(parts.get("FREQ", [""])[0]).upper(), {key for key in parts if key.startswith("BY")}
    interval, count = parts.get("INTERVAL", [1])[0], parts.get("COUNT", [1])[0]
    ordinals = [day for day in parts.get("BYDAY", []) if not str(day).isalpha()]
    days = [_number(day) for day in parts.get("BYMONTHDAY", [])]
    return (
        frequency in _FREQUENCIES
        and 1 <= _number(interval) <= 1000
        and _number(count) >= 1
        and not (by and frequency == "DAILY" and interval != 1)
        and not ("BYMONTH" in by and frequency != "YEARLY" and interval != 1)
        and not ({"BYMONTHDAY", "BYSETPOS"} & by and frequency in {"DAILY", "WEEKLY"})
        and not ("BYMONTHDAY" in by and ("BYSETPOS" in by or ordinals))
        and not (ordinals and ("BYSETPOS" in by or frequency in {"DAILY", "WEEKLY"}))
        and ("BYSETPOS" not in by or "BYDAY" in by)
        and all(1 <= abs(int(str(day)[:-2])) <= 5 for day in ordinals)
        and all(1 <= abs(_number(position)) <= 4 for position in parts.get("BYSETPOS", []))
        and all(1 <= _number(month) <= 12 for month in parts.get("BYMONTH", []))
        and all(1 <= abs(day) <= (28 if "BYMONTH" in by else 31) for day in days)
    )


def _people(event: Any) -> tuple[Named, ...]:
    attendees = [a for a in _listed(event.get("ATTENDEE")) if str(a.params.get("PARTSTAT", "")).upper() != "DECLINED"]
    if attendees:
        return tuple(Named(_address(str(a)), str(a.params.get("CN", "")).strip()[:255]) for a in attendees)
    summary = str(event.get("SUMMARY", ""))
    named = summary if _user_in(summary.strip()) else summary.rpartition(": ")[2]
    return tuple(Named(name=name[:255]) for name in _NAMES.split(named.strip()) if name) if named.strip() else ()


def _role(event: Any) -> str:
    categories = _listed(event.get("CATEGORIES"))
    first = next((str(category) for value in categories for category in getattr(value, "cats", [value])), "")
    return first.strip().casefold().replace(" ", "-")


def _address(uri: str) -> str:
    return unquote(uri[7:]).strip() if uri[:7].casefold() == "mailto:" else uri.strip()


def _user_in(text: str) -> str | None:
    found = _MATRIX.match(text)
    if found:
        return f"@{unquote(found['user']).lstrip('@')}"
    return text if text.startswith("@") and ":" in text and " " not in text else None


def _by_name(name: str, staff: Sequence[Person]) -> list[Person]:
    return [person for person in staff if name and fold(person.name) == fold(name)]


def _listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _instants(value: Any) -> list[date | datetime]:
    """What a property holds; a period counts by its start."""
    each = [item.dt for item in value.dts] if hasattr(value, "dts") else [value.dt]
    return [item[0] if isinstance(item, tuple) else item for item in each]


def _number(value: Any) -> int:
    return int(value) if isinstance(value, int) else 0
