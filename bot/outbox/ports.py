"""What reads again, at the Matrix edge, what somebody points at: over the network, so never inside a transaction."""

from collections.abc import Mapping
from typing import Any, Protocol

from bot.ids import EventId, RoomId
from bot.outbox.model import Arrival


class Messages(Protocol):
    """Events that somebody points at."""

    async def read(self, room: RoomId, event: EventId) -> Arrival | None:
        """One event, fetched and judged anew; None if it cannot be read.  May raise NotDone or ServiceError."""


class Downloads(Protocol):
    """Encrypted files of a room."""

    async def download(self, file: Mapping[str, Any], limit: int) -> bytes:
        """The clear bytes, at most ``limit``; raises :class:`bot.errors.EnlaceError`."""
