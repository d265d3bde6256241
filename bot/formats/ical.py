"""A roster as an iCalendar feed (RFC 5545), for people's own calendars; read back it is the same roster.  Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

import icalendar

from bot.duty.model import Stretch
from bot.i18n.rich import neutral
from bot.ids import Handle, UserId


def write(handle: Handle, roles: Mapping[str, Sequence[Stretch]], names: Mapping[UserId, str], now: datetime) -> bytes:
    """One event for each stretch of each role in which somebody is on duty; gaps are gaps."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//enlace//duty//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", neutral(str(handle)))
    for role, stretches in roles.items():
        for stretch in stretches:
            if stretch.people:
                calendar.add_component(_event(handle, role, stretch, names, now))
    return bytes(calendar.to_ical())


def _event(handle: Handle, role: str, stretch: Stretch, names: Mapping[UserId, str], now: datetime) -> icalendar.Event:
    event = icalendar.Event()
    who = [neutral(names.get(user, user)).replace("\n", " ") for user in stretch.people]
    mark = "\n".join([handle, role, stretch.start.isoformat(), *stretch.people])
    event.add("uid", f"{hashlib.sha256(mark.encode()).hexdigest()[:32]}@enlace")
    event.add("dtstamp", now.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", stretch.start.astimezone(UTC).replace(microsecond=0))
    event.add("dtend", stretch.end.astimezone(UTC).replace(microsecond=0))
    event.add("summary", ", ".join(who))
    event.add("categories", [role])
    for user, name in zip(stretch.people, who, strict=True):
        attendee = icalendar.vCalAddress(f"matrix:u/{quote(user[1:], safe=':')}")
        attendee.params["CN"] = name.replace('"', "'")
        event.add("attendee", attendee, encode=False)
    return event
