"""What a sync says of rooms: their state as of now, invitations, and what was left."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

from bot.clock import Clock
from bot.ids import RoomId, UserId
from bot.matrix import batch, http
from bot.matrix.client import Client
from bot.matrix.errors import Denied
from bot.matrix.state import RoomState, is_state

STATE_EVERY = 300.0
"""Seconds after which a room's state is asked for although no sync told of any change."""


class RoomNews:
    """Finds out what changes, and says so once that is kept."""

    def __init__(self, client: Client, rooms: dict[RoomId, RoomState], clock: Clock) -> None:
        self._client = client
        self._rooms = rooms
        self._clock = clock
        self._asked: dict[RoomId, float] = {}
        """When a room's state was asked for last, by the clock that never jumps."""
        self.changed = asyncio.Event()
        """Set, and replaced by a new one, whenever a room or an invitation changed."""
        self.touched: set[RoomId] = set()
        """Rooms whose members changed since somebody last took this set (for warming)."""
        self.invitations: dict[RoomId, UserId | None] = {}
        """Open invitations and who sent them, by the server's word."""
        self.left: set[RoomId] = set()
        """Rooms to forget."""

    async def ask_where_it_may_differ(self, got: batch.Batch, *, whole: bool) -> None:
        """Ask for the state of rooms of which the sync tells more than one reading could be made.

        Events sent at the same moment, or by a server that lies about the moment, make branches.  Where they meet,
        one wins by rules of which a client sees nothing: a state event at the end of the timeline need not be the
        state, and the state before one branch's event lacks what the other did (MSC4222).  Taken as they come,
        somebody who is there would have left, or come back, for ever."""
        for room, news in got.joined.items():
            known = self._rooms.get(room)
            before = bool(news.state) and not whole and known is not None and known.ours == "join"
            if before or news.limited or any(map(is_state, news.timeline)):
                with contextlib.suppress(Denied):  # not in the room any more: the next sync says so
                    news.now = await self._ask(room)

    async def ask_for_one(self) -> tuple[RoomState, RoomState] | None:
        """Ask for the state of the room that was asked for longest ago: as we had it then, and as it is if it differs.

        A homeserver tells a client of no event that it may not see, nor of what that changes: another server can hang
        a stranger's arrival on a branch on which we are not in the room."""
        now = self._clock.monotonic()
        joined = {room for room, state in self._rooms.items() if state.ours == "join"}
        self._asked = {room: self._asked.get(room, now) for room in joined}
        room = min(joined, key=self._asked.__getitem__, default=None)
        if room is None or now - self._asked[room] < STATE_EVERY:
            return None
        self._asked[room] = now
        held = self._rooms[room]
        told = held.copy()
        with contextlib.suppress(Denied):
            if told.replace_all(await self._ask(room)):
                return held, told
        return None

    async def _ask(self, room: RoomId) -> list[Any]:
        found = await http.room_state(self._client, room)
        self._asked[room] = self._clock.monotonic()
        return found

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
        for room, stripped in got.invited.items():
            self.invitations[room] = self._inviter(stripped)
        for room in (*got.joined, *got.gone):
            self.invitations.pop(room, None)
        self.left |= got.gone
        self.note_rooms(rooms)
        if got.invited or got.gone:
            self._tell()

    def note_rooms(self, rooms: Mapping[RoomId, RoomState]) -> None:
        """``rooms`` are kept, and as they are now."""
        self._rooms.update(rooms)
        self.touched |= rooms.keys()
        if rooms:
            self._tell()

    def _tell(self) -> None:
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
