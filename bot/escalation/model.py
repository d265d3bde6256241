"""An escalation and its ladder, as values.  Every datetime is an aware instant in UTC."""

import enum
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.ids import DeviceId, EventId, Handle, Ref, RoomId, UserId
from bot.tlp import Tlp

SHARE_MARK = "escalation-share"
"""Marks the question whether those beyond the called organisation may read the details."""


def same(one: Handle | None, other: Handle) -> bool:
    """Whether both are one organisation: handles are compared without case."""
    return one is not None and one.casefold() == other.casefold()


class Severity(enum.StrEnum):
    """How bad the caller says it is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class State(enum.StrEnum):
    """Where an escalation stands."""

    OPEN = "open"
    """Nobody has been rung yet: it waits for the next office hour, as a notice."""
    PAGING = "paging"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    EXHAUSTED = "exhausted"
    """Every step fired and nobody has answered; somebody still may."""
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self in (State.RESOLVED, State.CANCELLED)

    @property
    def waiting(self) -> bool:
        """Whether it still waits for somebody to take it."""
        return self in (State.OPEN, State.PAGING, State.EXHAUSTED)


class Who(enum.StrEnum):
    """Whom a step pages."""

    ON_DUTY = "on-duty"
    BACKUP = "backup"
    LEAD = "lead"
    DIPLOMATIC = "diplomatic"
    COORDINATORS = "coordinators"
    ROLE = "role"
    """Whoever is on duty in the step's roles, else all who hold them."""
    ORGANISATION = "organisation"
    """Whoever is on duty at the step's other organisations: they learn who calls whom, and no more."""


class When(enum.StrEnum):
    """At which hours of the callee a step is made."""

    ANY = "any"
    INSIDE = "inside"
    OUTSIDE = "outside"


class By(enum.StrEnum):
    """By what a step rings."""

    ROOM = "room"
    """The person's own room, else the desk room."""
    DESK = "desk"
    """The desk room."""
    MAIL = "mail"
    WEBHOOK = "webhook"


class Wait(enum.Enum):
    """A wait that is no number of minutes."""

    OPENING = "opening"
    """Until the callee's next office hours begin (a day later where they never do)."""


@dataclass(frozen=True, slots=True)
class Step:
    """One rung: how long after the ladder's start it fires, and whom it pages."""

    after: timedelta | Wait
    who: tuple[Who, ...]
    roles: tuple[str, ...] = ()
    organisations: tuple[Handle, ...] = ()
    hours: When = When.ANY
    by: tuple[By, ...] = ()
    """All of these at once; empty: the best one, and another only where it is lost."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The ladder of one severity."""

    steps: tuple[Step, ...]
    exhausted_after: timedelta | Wait
    """From the ladder's start, as the steps' ``after``."""
    any_hour: bool
    """Rings at any hour; else it waits for the callee's office hours, unless the callee is 24/7."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where on the ladder: ``step`` fires at ``due``; ``step == len(policy.steps)`` means exhausted."""

    step: int
    due: datetime


@dataclass(frozen=True, slots=True)
class Door:
    """The callee's office at one instant."""

    open: bool
    next_open: datetime | None
    round_the_clock: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What a caller said: the first call, and those that were folded into it."""

    at: datetime
    name: str
    tlp: Tlp
    summary: str
    details: str
    salt: str = ""
    """Hexadecimal; with it whoever was shown the words can prove them against the log's digest."""
    user: str = ""
    room: str = ""
    """Where it was said; who said it is told there what becomes of it.  Empty: where the first call came from."""
    event: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who acts on an escalation, under the directory's name."""

    user: UserId
    name: str
    organisation: Handle
    device: DeviceId
    lead: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a call came from, and where its caller is answered."""

    caller: Member
    room: RoomId
    event: EventId
    language: str
    thread: EventId | None = None
    """Root of the thread that it was typed in."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Those who called from one room, and how they are told what becomes of it."""

    room: RoomId
    users: tuple[UserId, ...]
    event: EventId
    language: str
    thread: EventId | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Who is called."""

    organisation: Handle
    role: str = "technical"
    person: UserId | None = None
    """Named by the caller: paged first, and whoever is on duty only from the second step on."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that the caller must read: a locale key ``escalation-trouble-<code>`` and whom it is about."""

    code: str
    who: str = ""
    step: int = 0
    why: str = ""
    """In the words of whoever declined."""


@dataclass(frozen=True, slots=True)
class Escalation:
    """One call to one organisation."""

    ref: Ref
    call: str
    """Shared by the escalations that one command opened; they share a status message."""
    origin: Origin
    target: Target
    severity: Severity
    tlp: Tlp
    """The most restrictive label of what was said."""
    said: tuple[Said, ...]
    """Empty once it is resolved or cancelled: the words are wiped."""
    state: State
    opened_at: datetime
    position: Position | None
    """None when the ladder stands still (taken, exhausted, closed)."""
    status_row: str | None
    declined: tuple[UserId, ...] = ()
    shared: bool = False
    """The caller allows those beyond the called organisation to read what was said."""
    troubles: tuple[Trouble, ...] = ()
    taken_by: Member | None = None
    taken_room: RoomId | None = None
    taken_at: datetime | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None

    @property
    def callers(self) -> tuple[Caller, ...]:
        """Whoever opened it, and whoever's call joined it, each room once."""
        origin = self.origin
        found = {origin.room: Caller(origin.room, (origin.caller.user,), origin.event, origin.language, origin.thread)}
        for said in self.said:
            if said.room:
                new = Caller(RoomId(said.room), (), EventId(said.event), said.language)
                known = found.get(new.room, new)
                found[new.room] = replace(known, users=tuple(dict.fromkeys((*known.users, UserId(said.user)))))
        return tuple(found.values())

    @property
    def taken_by_link(self) -> bool:
        """Whether whoever has it took it by the link of a letter, so in no room."""
        return self.taken_by is not None and self.taken_room is None


class PageState(enum.StrEnum):
    """What became of one page."""

    OUT = "out"
    """Queued; nobody knows yet."""
    SENT = "sent"
    """In the room, and at least one device has the key."""
    LOST = "lost"
    """Held, failed, expired, stuck, or readable by no device: it rings nowhere."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page in one room."""

    id: str
    ref: Ref
    step: int
    organisation: Handle
    """Of whoever is paged; empty for a coordinator of none."""
    person: UserId | None
    """None: everyone in the room."""
    name: str
    room: RoomId
    row: str
    """The outbox row."""
    full: bool
    """With details; else only reference, severity and who calls whom."""
    fallback: bool
    """Sent because an earlier page of the same step was lost."""
    zone: str | None
    """IANA zone of whoever is paged."""
    state: PageState
    paged_at: datetime
    notice: bool = False
    """Laid down without ringing, until office hours begin."""


@dataclass(frozen=True, slots=True)
class Link:
    """What the link of a letter is bound to; the link itself is kept nowhere."""

    ref: Ref
    person: UserId
    key: str
    """Fingerprint of the OpenPGP key that the letter was encrypted to."""
    step: int
    made_at: datetime
    until: datetime
