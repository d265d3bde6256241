"""The room events of a sync, and those that it left out: fetched at once, or later from where a gap stays open."""

import asyncio
from collections.abc import Mapping
from typing import Any

from bot.clock import Clock
from bot.ids import RoomId
from bot.logs import logger
from bot.matrix import batch, http
from bot.matrix.client import Client
from bot.matrix.errors import Denied, HomeserverAway
from bot.matrix.state import RoomState

log = logger(__name__)

BACKFILL_WAIT = 20.0
BACKFILL_PAGES = 20

Event = Mapping[str, Any]


class Timeline:
    """Reads nothing: who sent an event and what it says is judged elsewhere."""

    def __init__(self, client: Client, rooms: Mapping[RoomId, RoomState], clock: Clock) -> None:
        self._client = client
        self._rooms = rooms
        self._clock = clock

    async def gather(self, got: batch.Batch, since: str) -> tuple[list[tuple[RoomId, Event]], list[tuple[str, ...]]]:
        """The events to read, oldest first, and the gaps that stay open: room, back from, back to."""
        events: list[tuple[RoomId, Event]] = []
        gaps: list[tuple[str, ...]] = []
        deadline = self._clock.monotonic() + BACKFILL_WAIT
        for room, news in got.joined.items():
            timeline = [event for event in news.timeline if isinstance(event, Mapping)]
            known = self._rooms.get(room)
            if news.limited and news.prev_batch and known is not None:
                wait = deadline - self._clock.monotonic()
                missed, rest = await self.backfill(room, news.prev_batch, since, wait)
                timeline = missed + timeline
                if rest is not None:
                    gaps.append((room, rest, since))
            if known is None or known.ours != "join":
                timeline = self._since_joining(timeline)
            events += [(room, event) for event in timeline]
        return events, gaps

    def _since_joining(self, timeline: list[Event]) -> list[Event]:
        """What came after the bot's own latest arrival in the room; earlier events were not for it."""
        for position in range(len(timeline) - 1, -1, -1):
            event = timeline[position]
            content = event.get("content")
            if (
                event.get("type") == "m.room.member"
                and event.get("state_key") == self._client.user_id
                and isinstance(content, Mapping)
                and content.get("membership") == "join"
            ):
                return timeline[position + 1 :]
        return timeline

    async def backfill(
        self, room: RoomId, back_from: str, back_to: str, wait: float = BACKFILL_WAIT
    ) -> tuple[list[Event], str | None]:
        """The events between two tokens, oldest first, and the token from which more is missing (None: nothing)."""
        out: list[Event] = []
        at: str | None = back_from
        try:
            async with asyncio.timeout(max(wait, 0)):
                for _ in range(BACKFILL_PAGES):
                    page, following = await http.messages_back(self._client, room, at, back_to)
                    out += [event for event in page if isinstance(event, Mapping)]
                    at = following
                    if at is None or not page:
                        return out[::-1], None
        except Denied as denied:
            log.warning("matrix.gap.denied", room=room, error=str(denied))
            return out[::-1], None
        except (HomeserverAway, TimeoutError):
            log.warning("matrix.gap.open", room=room)
        return out[::-1], at
