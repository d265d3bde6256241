"""Which of our messages a room has already, by their delivery ids: its newest history, read once and then kept up with.

After a start every row from before is looked for.  Read anew for each of them, the history of a room with a deep
backlog would be read as often as the backlog is long.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.clock import Clock
from bot.ids import EventId, RoomId
from bot.matrix import http
from bot.matrix.client import Client

MARK = "org.enlace.d"
"""Field outside the ciphertext that carries the opaque delivery id."""
PAGES = 20
BACK = timedelta(days=3)
PAGE, NEWEST = 100, 20
"""Events asked for at once: of a history that was never read, and of what came since it was."""
KEPT = 600.0
"""Seconds for which a room's history is remembered after it was needed last."""


@dataclass(slots=True)
class _Read:
    """What a room has of ours, as of the last look."""

    newest: str = ""
    """The newest event of that look; all before it was read."""
    ours: dict[str, list[EventId]] = field(default_factory=dict)
    """Events by delivery id, newest first."""
    used: float = 0.0


class Landed:
    """Looks for our own events; per room, one look at a time."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._rooms: dict[RoomId, _Read] = {}

    async def find(self, room: RoomId, delivery_id: str, but: Collection[EventId]) -> EventId | None:
        """Our newest event with this delivery id that is not one of ``but``, if it is among the room's newest."""
        now = self._clock.monotonic()
        self._rooms = {name: kept for name, kept in self._rooms.items() if now - kept.used < KEPT}
        read = await self._look(room, self._rooms.get(room, _Read()))
        read.used = now
        self._rooms[room] = read
        return next((event for event in read.ours.get(delivery_id, ()) if event not in but), None)

    def forget(self, room: RoomId) -> None:
        """Read everything anew the next time: something was taken out of the room."""
        self._rooms.pop(room, None)

    async def _look(self, room: RoomId, before: _Read) -> _Read:
        """Page back to the newest event of the last look; as far as it may reach, if there was none."""
        oldest = (self._clock.now() - BACK).timestamp() * 1000
        read = _Read(before.newest)
        start: str | None = None
        for number in range(PAGES):
            page, start = await http.messages_back(
                self._client, room, start, limit=NEWEST if before.newest and number == 0 else PAGE
            )
            events = [event for event in page if isinstance(event, Mapping)]
            if number == 0 and events:
                read.newest = str(events[0].get("event_id"))
            for event in events:
                self._note(event, read)
            if any(event.get("event_id") == before.newest for event in events):
                for delivery_id, known in before.ours.items():
                    mine = read.ours.setdefault(delivery_id, [])
                    mine += [event for event in known if event not in mine]
                return read
            sent = [at for event in events if isinstance(at := event.get("origin_server_ts"), int)]
            if start is None or (sent and max(sent) < oldest):  # one event alone may lie about its time
                break
        return read

    def _note(self, event: Mapping[str, Any], read: _Read) -> None:
        content = event.get("content")
        if (
            event.get("sender") == self._client.user_id
            and event.get("type") == "m.room.encrypted"
            and isinstance(content, Mapping)
            and isinstance(delivery_id := content.get(MARK), str)
        ):
            read.ours.setdefault(delivery_id, []).append(EventId(str(event.get("event_id"))))
