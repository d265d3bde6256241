"""A way out of enlace, as the sender sees it.  Only the sender and the adapters know this file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from bot.errors import ServiceError
from bot.ids import EventId, RoomId
from bot.outbox.model import Audience, Named


class TryLater(ServiceError):
    """The homeserver did not take the message: {reason}."""

    code = "try-later"

    def __init__(self, *, reason: str, wait: timedelta | None = None) -> None:
        super().__init__(reason=reason)
        self.wait = wait


class Refused(ServiceError):
    """The message can never be sent there: {reason}."""

    code = "refused"


class Unfit(ServiceError):
    """At the last look the room was not fit to receive it: {reason}."""

    code = "unfit"


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message, ready to be encrypted for one room."""

    room: RoomId
    txn_id: str
    delivery_id: str
    content: Mapping[str, Any]
    """Whole ``m.room.message`` content with its relation."""
    audience: Audience
    resend_after_forgetting: bool = False
    """The transaction id may be forgotten: look for the delivery id in the room first."""
    but: frozenset[EventId] = frozenset()
    """Events with this delivery id that it became before, and that do not count as this one."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The homeserver has it."""

    event_id: EventId
    devices_reached: int
    devices_meant: int
    missing: frozenset[Named] = frozenset()
    """Devices that should have got the key and did not."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Who holds a room's current key, and who should."""

    reached: frozenset[Named]
    meant: frozenset[Named]


class Channel(Protocol):
    """Sends parcels; every await inside is bounded in time."""

    async def send(self, parcel: Parcel) -> Receipt:
        """Send once, or find that it was sent.  Raises :class:`TryLater`, :class:`Refused` or :class:`Unfit`
        (then nothing was sent)."""

    async def find(self, parcel: Parcel) -> Receipt | None:
        """What an earlier attempt has put there, if anything.  Raises :class:`TryLater`, or :class:`Refused` if
        nobody can say."""

    async def top_up(self, room: RoomId, audience: Audience) -> Keys:
        """Share the room's current key with intended devices that do not have it yet.  Raises as :meth:`send`."""

    async def withdraw(self, room: RoomId, event: EventId, txn_id: str) -> None:
        """Take back one of the bot's own events; one that is gone is success.  Raises as :meth:`send`."""
