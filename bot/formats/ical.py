"""A roster as iCalendar (RFC 5545): a file that read back is the same roster, and a feed for people's own calendars.

Pure.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import icalendar

from bot.duty.model import Stretch
from bot.i18n.rich import neutral
from bot.ids import Handle, UserId

Roles = Mapping[str, Sequence[Stretch]]


def write(handle: Handle, roles: Roles, names: Mapping[UserId, str], now: datetime) -> bytes:
    """One event for each stretch of each role in which somebody is on duty; gaps are gaps."""
    calendar = _empty(handle)
    for role, stretch in _manned(roles):
        who = [_name(names.get(user, user)) for user in stretch.people]
        event = _event((handle, role, stretch.start.isoformat(), *stretch.people), role, stretch, ", ".join(who), now)
        for user, name in zip(stretch.people, who, strict=True):
            attendee = icalendar.vCalAddress(f"matrix:u/{quote(user[1:], safe=':')}")
            attendee.params["CN"] = name.replace('"', "'")
            event.add("attendee", attendee, encode=False)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def feed(handle: Handle, roles: Roles, names: Mapping[UserId, str] | None, now: datetime) -> bytes:
    """The same for people who subscribe to it: names of people only if there are any, Matrix users never."""
    calendar = _empty(handle)
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})  # RFC 7986, 5.7
    for role, stretch in _manned(roles):
        what = f"{handle} · {role}"
        if names is not None:
            what = ", ".join(_name(names[user]) for user in stretch.people if user in names) or what
        calendar.add_component(_event((handle, role, stretch.start.isoformat()), role, stretch, what, now))
    return bytes(calendar.to_ical())


def _empty(handle: Handle) -> icalendar.Calendar:
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//enlace//duty//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", neutral(str(handle)))
    return calendar


def _manned(roles: Roles) -> Iterator[tuple[str, Stretch]]:
    return ((role, stretch) for role, stretches in roles.items() for stretch in stretches if stretch.people)


def _name(name: str) -> str:
    return neutral(name).replace("\n", " ")


def _event(mark: Sequence[str], role: str, stretch: Stretch, what: str, now: datetime) -> icalendar.Event:
    event, uid = icalendar.Event(), hashlib.sha256("\n".join(mark).encode()).hexdigest()[:32]
    event.add("uid", f"{uid}@enlace")
    event.add("dtstamp", now.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", stretch.start.astimezone(UTC).replace(microsecond=0))
    event.add("dtend", stretch.end.astimezone(UTC).replace(microsecond=0))
    event.add("summary", what)
    event.add("categories", [role])
    return event
