"""An exchange: one labelled message to one or more organisations, and the talk that follows in its threads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.ids import DeviceId, EventId, Handle, Ref, RoomId, UserId
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
    """Who was named, if it was not the organisation."""

    @property
    def name(self) -> str:
        """As texts name it."""
        return _name(self.organisation, self.person)


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
    notes: tuple[str, ...] = ()
    """What the status line says beside the figures: ``default-label``, ``unopened``."""

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
class Message:
    """One thing that somebody said in an exchange; its text is nowhere."""

    id: str
    ref: Ref
    seq: int
    """Within the exchange; 1 opened it."""
    author: UserId
    organisation: Handle
    room: RoomId
    """Where it was said."""
    event: EventId
    said_at: datetime
    withdrawn: bool
    text_event: EventId
    """The newest event with its text: an edit's, if there was one."""
    carries: bool
    """A file or somebody's words went along; what takes their place cannot be told from an edit."""
    origin: str | None = None
    """The message that it passes on, where it passes one on: always the one that was said first."""


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

    @property
    def name(self) -> str:
        """As texts name it."""
        return _name(self.organisation, self.person)


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where a letter shall go: an organisation that is not on enlace."""

    organisation: Handle
    address: str
    fingerprint: str
    """Of the key of the directory to which it is encrypted."""


@dataclass(frozen=True, slots=True)
class Onwards:
    """What somebody wants to send on, complete, while its source is asked."""

    author: Author
    device: DeviceId
    room: RoomId
    kind: str
    """The kind of the room in which it was asked for."""
    event: EventId
    tlp: Tlp
    subject: str
    body: str
    language: str
    recipients: tuple[Recipient, ...]
    enclosure: "Enclosure | None" = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the copies of an exchange are."""

    rooms_reached: int
    rooms_meant: int
    devices_reached: int
    devices_meant: int
    answers: int
    held: tuple[tuple[str, str], ...]
    """Whom it is for, and the reason."""
    lost: tuple[tuple[str, str], ...]
    """Whom it is for, and the reason: failed or expired."""
    unverified: Mapping[str, str] = field(default_factory=dict)
    """Whom it is for, and who is in their room and not verified, where that is why the copy is held."""
    withdrawn: bool = False
    """The author has taken it back."""
    letters: tuple[tuple[str, bool], ...] = ()
    """Organisation that is not on enlace, and whether the mail server has taken the letter to it."""


@dataclass(frozen=True, slots=True)
class Posted:
    """An encrypted file as somebody posted it; of what is said about it, only the address and the key are used."""

    file: Mapping[str, Any]
    """The ``file`` object (Matrix spec v1.19, Sending encrypted attachments)."""
    name: str
    """Made harmless (:func:`bot.exchange.rules.attachment.clean_name`)."""
    image: bool = False
    """Posted to be shown as an image."""
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file under a key of the bot's own, ready to go into messages."""

    file: Mapping[str, Any]
    name: str
    size: int
    sha256: str
    """Of the clear bytes, in hex."""
    image: str | None = None
    """MIME type, for what is shown as an image; by its first bytes, not by what was said of it."""
    width: int | None = None
    height: int | None = None

    def content(self) -> dict[str, Any]:
        """What makes a text message carry it: its text is the caption then (Matrix spec v1.10, Media captions)."""
        info: dict[str, Any] = {"size": self.size, "mimetype": self.image or "application/octet-stream"}
        if self.image and self.width and self.height:
            info |= {"w": self.width, "h": self.height}
        return {
            "msgtype": "m.image" if self.image else "m.file",
            "filename": self.name,
            "file": dict(self.file),
            "info": info,
        }


def _name(organisation: Handle, person: UserId | None) -> str:
    return f"{organisation} ({person})" if person is not None else organisation
