"""Office hours and rosters, as values.

Wall time is the organisation's (an IANA zone); instants are aware and in UTC.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.ids import Handle, UserId


@dataclass(frozen=True, slots=True)
class Span:
    """One weekly span of wall time; one that ends at or before its start ends on the next day."""

    weekday: int
    """0 is Monday (ISO 8601 order)."""
    start: time
    end: time

    @property
    def overnight(self) -> bool:
        """Whether it ends on the day after ``weekday``; 00:00 as an end is midnight at the end of the day."""
        return self.end <= self.start


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """The weekly spans, sorted; no spans and not ``always`` means never open."""

    spans: tuple[Span, ...]
    always: bool = False
    """``24/7``."""


@dataclass(frozen=True, slots=True)
class Hours:
    """An organisation's clock and door at one instant."""

    local_time: datetime
    """Aware, in the organisation's zone (UTC where no zone is known)."""
    open: bool
    """Whether a page that may wait can be made now.  Unknown office hours count as open: better a ring too many
    than a silent gap."""
    next_open: datetime | None
    """The next instant, in UTC, at which a span starts, strictly later; None if unknown or never."""
    known: bool
    """Whether the directory names the hours and the zone."""
    round_the_clock: bool
    """The organisation is 24/7: it rings at any hour whatever its office hours are."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """People who take turns; the first one starts with the handover on ``starts_on``."""

    id: str
    organisation: Handle
    role: str
    people: tuple[UserId, ...]
    starts_on: date
    handover: time
    """Wall time of every handover.  In the gap of a clock change it moves forward by the gap; where the time
    comes twice the first one counts (RFC 5545 section 3.3.5)."""
    every: timedelta
    """Whole days: 1 for a daily rotation, 7 for a weekly one."""


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody takes the duty for a while, whoever's turn it is."""

    id: str
    organisation: Handle
    role: str
    person: UserId
    start: datetime
    end: datetime
    seq: int = 0
    """The later one of two that overlap counts."""


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody is not to be counted on for a while; it leaves a gap unless somebody takes over."""

    id: str
    person: UserId
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is in one rotation, and until when (UTC)."""

    person: UserId
    number: int
    """Counted from 0, the rotation's first turn."""
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Shift:
    """Somebody's shift as a calendar has it (UTC)."""

    person: UserId
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Roster:
    """All that says who is on duty in one role of one organisation, for the time that it was looked up for."""

    where: ZoneInfo
    """The organisation's."""
    rotations: tuple[Rotation, ...] = ()
    shifts: tuple[Shift, ...] = ()
    overrides: tuple[Override, ...] = ()
    absences: tuple[Absence, ...] = ()
    kept: bool = True
    """Whether there is a roster at all: a rotation or a calendar that has anything for this role."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which the same people are on duty; nobody in a gap."""

    start: datetime
    end: datetime
    people: tuple[UserId, ...]
