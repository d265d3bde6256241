"""An incident, its people and its timeline, as values.  Every datetime is an aware instant in UTC."""

import enum
from dataclasses import dataclass
from datetime import datetime

from bot.escalation.model import Severity
from bot.ids import DeviceId, EventId, Handle, Ref, RoomId, UserId
from bot.tlp import Tlp


class State(enum.StrEnum):
    """Where an incident stands."""

    OPENING = "opening"
    """Asked for; its room is being made."""
    OPEN = "open"
    CLOSING = "closing"
    """Closed by its commander; the report is on its way and the room is about to become read-only."""
    CLOSED = "closed"
    FAILED = "failed"
    """Its room could not be made."""

    @property
    def running(self) -> bool:
        """Whether people work on it."""
        return self in (State.OPENING, State.OPEN)


class Act(enum.StrEnum):
    """What somebody asks for."""

    OPEN = "open"
    INVITE = "invite"
    NOTE = "note"
    STATUS = "status"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Member:
    """Who acts, under the directory's name."""

    user: UserId
    name: str
    organisation: Handle
    device: DeviceId
    lead: bool = False
    coordinator: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the incident was opened, and where its opener is answered."""

    room: RoomId
    event: EventId
    language: str


class Presence(enum.StrEnum):
    """How far somebody is in the room."""

    ASKED = "asked"
    """An invitation is on its way."""
    INVITED = "invited"
    LEAVING = "leaving"
    """To be removed: the log holds it, the homeserver may not have done it yet."""
    REMOVED = "removed"
    REFUSED = "refused"
    """Was no longer verified when the invitation was to be sent."""


@dataclass(frozen=True, slots=True)
class Participant:
    """One person of an incident, as far as enlace itself invited or removed them."""

    user: UserId
    name: str
    organisation: Handle | None
    presence: Presence
    since: datetime


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident and its room."""

    ref: Ref
    code_name: str
    """The room's name: neutral, since servers read it."""
    title: str
    """What the opener calls it; may be empty.  Only ever inside the ciphertext."""
    summary: str
    severity: Severity
    tlp: Tlp
    state: State
    commander: Member
    origin: Origin
    room: RoomId | None
    """None until it is made."""
    card_row: str | None
    """The outbox row of the status card."""
    organisations: tuple[Handle, ...]
    """The commander's first, then in the order in which they came in."""
    people: tuple[Participant, ...]
    opened_at: datetime
    room_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    report_mark: str | None = None
    """The mark of the outbox rows that carry the after-action report."""

    def participant(self, user: UserId) -> Participant | None:
        """This person's place in it."""
        return next((person for person in self.people if person.user == user), None)

    @property
    def present(self) -> tuple[Participant, ...]:
        """Who was invited and not removed."""
        return tuple(p for p in self.people if p.presence in (Presence.ASKED, Presence.INVITED))


class Happening(enum.StrEnum):
    """What a line of the timeline tells."""

    OPENED = "opened"
    READY = "ready"
    """The room was made."""
    INVITED = "invited"
    REMOVED = "removed"
    NOTE = "note"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline."""

    at: datetime
    happening: Happening
    who: str
    """Name and organisation of whoever did it."""
    text: str = ""
    about: EventId | None = None
    """The message that a note was a reply to."""
    quoted: str = ""
    """What that message said, and who said it, where it could be read."""


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody who was not invited, and why: the locale key ``incident-left-<why>`` says what to do."""

    name: str
    organisation: Handle
    why: str
    """``not-verified``, ``no-account``, ``level`` or ``nobody``."""
    user: UserId | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """What an opening or an invitation set in motion."""

    incident: Incident
    invited: tuple[Participant, ...]
    left: tuple[Left, ...]
    already: tuple[Participant, ...] = ()
    """Asked for again though they are in it."""
