"""Help as values: services of the framework, who offers them, and who asks.  Every datetime is an aware instant in
UTC."""

import enum
from dataclasses import dataclass
from datetime import datetime

from bot.directory.model import Organisation
from bot.exchange.model import Recipient
from bot.ids import DeviceId, EventId, Handle, Ref, RoomId, UserId
from bot.tlp import Tlp

ASSIST_MARK = "assist"
"""On the outbox rows by which a request reaches those who offer: an ``ok`` to one takes the request."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the framework."""

    number: str
    """Of its section, for example ``6.3``; the part before the point is its service area."""
    name: str
    functions: tuple[str, ...]


class State(enum.StrEnum):
    """Where a request stands."""

    OPEN = "open"
    TAKEN = "taken"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    UNANSWERED = "unanswered"
    """Nobody is left who could take it: each has declined or could not be reached."""


class Reply(enum.StrEnum):
    """What became of it at one organisation that was asked."""

    PASSED = "passed"
    LOST = "lost"
    """It could not be delivered there."""


@dataclass(frozen=True, slots=True)
class Member:
    """Who acts, for which organisation, and from which device."""

    user: UserId
    name: str
    organisation: Handle
    device: DeviceId
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request was made."""

    room: RoomId
    kind: str
    """``desk`` or ``direct``."""
    event: EventId
    said: EventId
    """The event with the text."""
    language: str


@dataclass(frozen=True, slots=True)
class Offer:
    """An organisation that offers a service, and the languages that it shares with whoever asks."""

    organisation: Organisation
    common: tuple[str, ...] = ()
    """BCP 47, without region."""


@dataclass(frozen=True, slots=True)
class Matches:
    """Those who offer what is asked for, in the order in which they are asked."""

    first: tuple[tuple[Offer, Recipient], ...] = ()
    later: tuple[tuple[Offer, Recipient], ...] = ()
    """They share no language with whoever asks: asked if nobody of the first takes it."""
    absent: tuple[Offer, ...] = ()
    """They have no room with enlace."""

    @property
    def asked(self) -> tuple[Handle, ...]:
        """Everybody who is asked, now or later."""
        return tuple(offer.organisation.handle for offer, _ in (*self.first, *self.later))


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody asks for a service."""

    ref: Ref
    asker: Member
    origin: Origin
    service: str
    tlp: Tlp
    state: State
    asked_at: datetime
    widen_at: datetime
    """From then on those are asked too who share no language."""
    expires_at: datetime
    taken_by: Handle | None = None
    exchange: Ref | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One organisation that a request is for."""

    organisation: Handle
    row: str | None = None
    """The outbox row that asks it; None: not yet."""
    reply: Reply | None = None
    held: bool = False
    """Its room is not fit to get it now."""
    gone: bool = False
    """It did not get there and will not."""
