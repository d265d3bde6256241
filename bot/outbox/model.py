"""Rows of the inbox, the outbox and the jobs, as values."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from bot.i18n.rich import Rich
from bot.ids import DeviceId, EventId, Ref, RoomId, UserId
from bot.tlp import Tlp

REDACTION = "m.room.redaction"
"""The kind of an arrival that says that an event is removed: ``content["redacts"]`` is which, by the server's word."""
REACTION = "m.reaction"
"""The kind of an arrival that is no message: never encrypted, so only ever the server's word."""

MAIL, HOOK = "mailto:", "webhook:"
"""How the address of a row begins that goes into no room: an address for mail, or an organisation's handle."""


def is_outside(room: str) -> bool:
    """Whether a row with this address leaves Matrix."""
    return room.startswith((MAIL, HOOK))


class Proof(enum.StrEnum):
    """How sure it is that the sender sent it."""

    PINNED = "pinned"
    """Decrypted, from a device that the person's pinned identity vouches for."""
    SIGNED = "signed"
    """Decrypted, from a cross-signed device of somebody who is not (or no longer) verified."""
    PLAIN = "plain"
    """Not encrypted: the server's word."""
    UNREADABLE = "unreadable"
    """Encrypted, and no key for it came."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One event from a room, judged by the Matrix edge."""

    event_id: EventId
    room: RoomId
    sender: UserId
    device: DeviceId
    proof: Proof
    content: Mapping[str, Any]
    """The decrypted content (relation as inside the ciphertext); empty when unreadable."""
    sent_at: datetime
    """The server's word."""
    received_at: datetime
    outer_relation: Mapping[str, Any] = field(default_factory=dict)
    """``m.relates_to`` as the server shows it; never acted on."""
    kind: str = "m.room.message"
    late: bool = False
    """Read long after it came, or after something that its sender wrote later: it may be older than it seems."""


class Kind(enum.StrEnum):
    """What an outgoing row is; decides priority and what its fate means."""

    REPLY = "reply"
    PAGE = "page"
    COPY = "copy"
    NOTICE = "notice"
    STATUS = "status"
    LETTER = "letter"
    """A first message for an organisation that is not on enlace, by mail."""
    WITHDRAWAL = "withdrawal"
    """No message: takes the event of the row that it ``edits`` out of its room."""

    @property
    def priority(self) -> int:
        """Lower goes first: answers and pages before relays before status edits."""
        return {"reply": 0, "page": 0, "notice": 2, "copy": 3, "letter": 3, "withdrawal": 3, "status": 4}[self.value]


class Audience(enum.StrEnum):
    """Which devices may get the key."""

    OPEN = "open"
    """Every cross-signed device in the room: only for what anybody may read (TLP:CLEAR, challenges)."""
    PINNED = "pinned"
    """Only devices that a pinned identity vouches for; the room itself need not be verified."""
    VERIFIED = "verified"
    """As PINNED, and the room's verdict must hold at the moment of sending."""


class State(enum.StrEnum):
    """Where an outgoing row stands."""

    QUEUED = "queued"
    SENT = "sent"
    HELD = "held"
    FAILED = "failed"
    EXPIRED = "expired"
    DROPPED = "dropped"
    """No longer wanted (a page whose escalation is closed, a superseded status)."""


@dataclass(frozen=True, slots=True)
class Post:
    """Something to send into a room; written in the transaction that decides it."""

    room: RoomId
    """Or an address outside Matrix (:func:`is_outside`)."""
    kind: Kind
    content: Mapping[str, Any]
    """Matrix ``m.room.message`` content without ``m.relates_to``; outside Matrix what its way takes."""
    audience: Audience = Audience.VERIFIED
    tlp: Tlp = Tlp.CLEAR
    ref: Ref | None = None
    organisation: str | None = None
    """The addressee's handle, for figures and for what the sender is told."""
    reply_to: EventId | None = None
    """An event of the room that this answers."""
    thread: EventId | None = None
    """An event of the room that is the thread's root."""
    edits: str | None = None
    """The outbox row that this edits (``m.replace``)."""
    thread_row: str | None = None
    """The outbox row whose event is the thread's root."""
    audience_then: tuple[UserId, ...] = ()
    """Who was in the room when the message was accepted (trust.md: Held)."""
    expires_at: datetime | None = None
    mark: str | None = None
    """The owner's own word for the row (a step of a ladder, a question's id)."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A row of the outbox."""

    id: str
    seq: int
    post: Post
    txn_id: str
    delivery_id: str
    """Opaque; stands outside the ciphertext, so that a late resend can find itself in the room."""
    state: State
    attempts: int
    accepted_at: datetime
    next_try: datetime
    event_id: EventId | None
    reason: str | None
    sent_at: datetime | None
    held_since: datetime | None
    asked_at: datetime | None
    question: str | None = None
    """The row by which the sender was asked whether it should still go out."""
    devices: tuple[int, int] = (0, 0)
    """Devices that got the key, and devices that should have."""
    behind: bool = False
    """Whether others may have waited behind it for its room when it was read as due."""


class Named(NamedTuple):
    """A device, named."""

    user: UserId
    device: DeviceId


class Tally(NamedTuple):
    """How many rows of a kind are in a state, and how many devices they reached and were meant to reach."""

    kind: Kind
    state: State
    rows: int
    devices: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Lacking:
    """A row that is in its room, and whose key some devices lack: its text stays until they have it, or a bound."""

    row: Outgoing
    missing: frozenset[Named]
    repeats: int
    """How often it was sent again."""
    unwanted: tuple[EventId, ...]
    """Events that were replaced and are still to be withdrawn."""
    known: tuple[EventId, ...]
    """Every event that it became."""


@dataclass(frozen=True, slots=True)
class Job:
    """Work at the edge that must happen once, whatever dies in between (making a room, inviting)."""

    id: str
    kind: str
    key: str
    payload: Mapping[str, Any]
    attempts: int
    next_try: datetime
    state: str = "queued"
    result: Mapping[str, Any] | None = None

    @property
    def lane(self) -> str:
        """Jobs of one lane are done one after the other: those for one room, and for each person that it waits for."""
        about = self.payload
        return f"{about.get('ref') or about.get('organisation') or self.id} {about.get('user', '')}"


def content_of(text: Rich, msgtype: str, mention: Sequence[UserId] = ()) -> dict[str, Any]:
    """``m.room.message`` content in both forms; ``m.mentions`` is always there (Matrix spec v1.17)."""
    return {
        "msgtype": msgtype,
        "body": text.plain,
        "format": "org.matrix.custom.html",
        "formatted_body": text.html,
        "m.mentions": {"user_ids": list(mention)} if mention else {},
    }
