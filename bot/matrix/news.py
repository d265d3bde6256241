"""What a sync says of rooms: their state as of now, invitations, and what was left."""

import asyncio
import contextlib
from collections.abc import Mapping

from bot.ids import RoomId, UserId
from bot.matrix import batch, http
from bot.matrix.client import Client
from bot.matrix.errors import Denied
from bot.matrix.state import RoomState


class RoomNews:
    """Finds out what changes, and says so once that is kept."""

    def __init__(self, client: Client, rooms: dict[RoomId, RoomState]) -> None:
        self._client = client
        self._rooms = rooms
        self.changed = asyncio.Event()
        """Set, and replaced by a new one, whenever a room or an invitation changed."""
        self.touched: set[RoomId] = set()
        """Rooms whose members changed since somebody last took this set (for warming)."""
        self.invitations: dict[RoomId, UserId | None] = {}
        """Open invitations and who sent them, by the server's word."""
        self.left: set[RoomId] = set()
        """Rooms to forget."""

    async def ask_where_branches_met(self, got: batch.Batch) -> None:
        """Ask for the state of rooms whose sync names state from before its timeline.

        Events sent at the same moment make branches.  The state before one branch's event then lacks what the other
        branch did, and comes after it: somebody who was just removed would be a member again, for ever (MSC4222).
        """
        for room, news in got.joined.items():
            known = self._rooms.get(room)
            if news.state and known is not None and known.ours == "join":
                with contextlib.suppress(Denied):  # not in the room any more: the next sync says so
                    news.now = await http.room_state(self._client, room)

    def next_rooms(self, got: batch.Batch, *, whole: bool) -> dict[RoomId, RoomState]:
        """Copies of the rooms that this sync changes; ``whole``: it names every room with its whole state."""
        out: dict[RoomId, RoomState] = {}
        for room, news in got.joined.items():
            known = self._rooms.get(room)
            state = known.copy() if known else RoomState(room)
            changed = state.ours != "join"
            if news.now is not None:
                changed |= state.replace_all(news.now)
            else:
                changed |= state.replace_all(news.state) if whole or changed else state.apply(news.state)
                changed |= state.apply(news.timeline)
            state.ours = "join"
            if changed:
                out[room] = state
        gone = set(got.gone)
        if whole:
            gone |= {r for r, s in self._rooms.items() if s.ours == "join" and r not in got.joined}
        for room in gone:
            known = self._rooms.get(room)
            if known is not None and known.ours != "leave":
                state = known.copy()
                state.ours = "leave"
                out[room] = state
        return out

    def note(self, got: batch.Batch, rooms: Mapping[RoomId, RoomState]) -> None:
        """The sync is kept, and ``rooms`` are as they are now."""
        self._rooms.update(rooms)
        for room, stripped in got.invited.items():
            self.invitations[room] = self._inviter(stripped)
        for room in (*got.joined, *got.gone):
            self.invitations.pop(room, None)
        self.left |= got.gone
        self.touched |= rooms.keys()
        if rooms or got.invited or got.gone:
            before, self.changed = self.changed, asyncio.Event()
            before.set()

    def _inviter(self, stripped: list[object]) -> UserId | None:
        for event in stripped:
            if not isinstance(event, Mapping) or event.get("type") != "m.room.member":
                continue
            content = event.get("content")
            if (
                event.get("state_key") == self._client.user_id
                and isinstance(content, Mapping)
                and content.get("membership") == "invite"
            ):
                return UserId(event["sender"]) if isinstance(event.get("sender"), str) else None
        return None
