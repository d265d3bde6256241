"""An exchange: one labelled message to one or more organisations, and the talk that follows in its threads."""

from dataclasses import dataclass
from datetime import datetime

from bot.ids import EventId, Handle, Ref, RoomId, UserId
from bot.tlp import Tlp


@dataclass(frozen=True, slots=True)
class Author:
    """Who says it, under the name that the directory gives."""

    user: UserId
    name: str
    organisation: Handle
    level: str
    """``verified`` or ``vouched`` (trust.md 3)."""


@dataclass(frozen=True, slots=True)
class Participant:
    """An organisation's (for RED: a person's) place in an exchange."""

    organisation: Handle
    room: RoomId
    is_source: bool
    root_event: EventId | None
    """Thread root in that room; None until the first copy is in the room."""
    root_row: str | None
    """The outbox row that becomes the thread root."""
    left_at: datetime | None = None
    person: UserId | None = None
    """Named only for TLP:RED."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was opened by ``!send``."""

    ref: Ref
    tlp: Tlp
    author: Author
    subject: str
    language: str
    """Of the command that opened it: what the source's status line speaks."""
    opened_at: datetime
    closed_at: datetime | None
    participants: tuple[Participant, ...]

    @property
    def source(self) -> Participant:
        """Who opened it."""
        return next(p for p in self.participants if p.is_source)

    @property
    def open(self) -> bool:
        """Whether it still relays."""
        return self.closed_at is None

    def in_room(self, room: RoomId) -> Participant | None:
        """Whose place this room is."""
        return next((p for p in self.participants if p.room == room and p.left_at is None), None)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where a copy shall go."""

    organisation: Handle
    room: RoomId
    kind: str
    """The room's kind: ``desk`` or ``direct``."""
    language: str
    mention: tuple[UserId, ...]
    members: tuple[UserId, ...]
    """Everyone in the room when the message is accepted."""
    person: UserId | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the copies of an exchange are."""

    rooms_reached: int
    rooms_meant: int
    devices_reached: int
    devices_meant: int
    answers: int
    held: tuple[tuple[str, str], ...]
    """Organisation and reason."""
    lost: tuple[tuple[str, str], ...]
    """Organisation and reason: failed or expired."""
