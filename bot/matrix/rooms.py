"""Rooms made and kept the safe way: encrypted from the first event, by invitation, history from join, no guests."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from bot.ids import RoomId, UserId
from bot.logs import logger
from bot.matrix import http
from bot.matrix.client import Client
from bot.matrix.errors import Denied, HomeserverAway, LoggedOut, RoomNotDone, RoomSlow
from bot.matrix.state import CREATOR_VERSIONS_BEFORE, RoomState
from keys.trust import PROTECTED

log = logger(__name__)

T = TypeVar("T")
MARKER = "org.enlace.ref"
READY_WAIT = 20.0
SEEN_WAIT = 5.0
TOP = 100
LEAD = 50
MEGOLM_STATE = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
}


class MatrixRooms:
    """The :class:`bot.ports.RoomWorks` of the running service."""

    def __init__(
        self,
        client: Client,
        rooms: Mapping[RoomId, RoomState],
        changed: Callable[[], asyncio.Event],
        room_version: str,
    ) -> None:
        self._client = client
        self._rooms = rooms
        self._changed = changed
        self._version = room_version
        self._making = asyncio.Lock()

    async def create(
        self, *, marker: str, name: str, invite: tuple[UserId, ...], power: Mapping[UserId, int]
    ) -> RoomId:
        """An encrypted, invite-only room; the one that already carries ``marker``, if there is one.

        Returns once the room is in our own state, joined and encrypted.  An invitation that the homeserver does not
        pass on now (another server is down) does not stop the room; :meth:`invite` tries again.
        """
        async with self._making:
            room = await self._done(self._find(marker))
            if room is None:
                room = await self._done(http.create_room(self._client, self.creation(marker, name, power)))
        await self._ready(room)
        asked = await asyncio.gather(*(self._invited(room, user) for user in invite))
        await self._seen(room, {user for user, done in zip(invite, asked, strict=True) if done})
        return room

    async def _invited(self, room: RoomId, user: UserId) -> bool:
        """Whether it could be done just now; nobody waits for the homeserver of another one."""
        try:
            await self._invite(room, user)
        except RoomNotDone as error:
            log.warning("matrix.invite.failed", room=room, user=user, error=str(error))
            return False
        return True

    async def invite(self, room: RoomId, user: UserId) -> None:
        """Invite; an existing member or invitation is success.

        What is said in the room from then on is for them, too: a sync has told of them, as a rule."""
        await self._invite(room, user)
        await self._seen(room, {user})

    async def _seen(self, room: RoomId, users: set[UserId]) -> None:
        with contextlib.suppress(RoomSlow):
            await self._until(room, lambda state: users <= state.members().keys(), SEEN_WAIT)

    async def _invite(self, room: RoomId, user: UserId) -> None:
        if await self._membership(room, user) not in ("join", "invite"):
            try:
                await http.invite(self._client, room, user)
            except Denied as denied:
                if await self._asked(room, user) not in ("join", "invite"):
                    raise RoomNotDone(reason=str(denied)) from denied
            except (HomeserverAway, LoggedOut) as error:
                raise RoomNotDone(reason=str(error)) from error

    async def remove(self, room: RoomId, user: UserId, reason: str) -> None:
        """Kick or withdraw an invitation; somebody already gone is success."""
        try:
            await http.kick(self._client, room, user, reason)
        except Denied as denied:
            if await self._asked(room, user) in ("join", "invite"):
                raise RoomNotDone(reason=str(denied)) from denied
        except (HomeserverAway, LoggedOut) as error:
            raise RoomNotDone(reason=str(error)) from error

    async def set_state(self, room: RoomId, kind: str, content: Mapping[str, Any], state_key: str = "") -> None:
        """Put one state event."""
        await self._done(http.put_state(self._client, room, kind, state_key, content))

    async def freeze(self, room: RoomId) -> None:
        """Make the room read-only for everybody but the bot: nobody else's level reaches the events' level."""
        state = self._rooms.get(room)
        levels = dict((state.content("m.room.power_levels") if state else None) or {})
        users = levels.get("users")
        levels["users"] = {user: level for user, level in (users or {}).items() if user == self._client.user_id}
        levels |= {"events_default": TOP, "state_default": TOP, "invite": TOP, "kick": TOP, "ban": TOP, "redact": TOP}
        levels["users_default"] = 0
        levels["events"] = dict.fromkeys((*PROTECTED, "m.room.name", "m.room.topic", "m.room.tombstone"), TOP)
        await self.set_state(room, "m.room.power_levels", levels)

    async def leave(self, room: RoomId) -> None:
        """Leave and forget."""
        await self._done(http.leave(self._client, room))

    def creation(self, marker: str, name: str, power: Mapping[UserId, int]) -> dict[str, Any]:
        """The body of ``POST /createRoom``."""
        users: dict[str, int] = {user: level for user, level in power.items() if user != self._client.user_id}
        top = TOP
        if self._version in CREATOR_VERSIONS_BEFORE:
            users[self._client.user_id] = TOP
        else:
            top = 150  # version 12: the creator stands above every number, and must not be listed
        events = dict.fromkeys(PROTECTED, TOP)
        return {
            "name": name,
            "preset": "private_chat",
            "visibility": "private",
            "room_version": self._version,
            "creation_content": {MARKER: marker},
            "initial_state": [
                MEGOLM_STATE,
                {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "invite"}},
                {
                    "type": "m.room.history_visibility",
                    "state_key": "",
                    "content": {"history_visibility": "invited"},  # who was asked gets the keys, and may read
                },
                {"type": "m.room.guest_access", "state_key": "", "content": {"guest_access": "forbidden"}},
            ],
            "power_level_content_override": {
                "users": users,
                "users_default": 0,
                "events_default": 0,
                "state_default": TOP,
                "invite": LEAD,
                "kick": LEAD,
                "ban": LEAD,
                "redact": LEAD,
                "events": events | {"m.room.name": LEAD, "m.room.topic": LEAD, "m.room.tombstone": top},
                "notifications": {"room": LEAD},
            },
        }

    # --- steps ------------------------------------------------------------------------------------------

    async def _find(self, marker: str) -> RoomId | None:
        """The bot's own room that carries the marker, among those we hold and those the homeserver names."""
        me = self._client.user_id
        for room, state in self._rooms.items():
            create = state.events.get(("m.room.create", ""))
            if state.ours == "join" and state.marker == marker and create is not None and create.sender == me:
                return room
        for room in await http.joined_rooms(self._client):
            if room in self._rooms:
                continue
            state = RoomState(room)
            state.apply(await http.room_state(self._client, room))
            create = state.events.get(("m.room.create", ""))
            if state.marker == marker and create is not None and create.sender == me:
                return room
        return None

    async def _ready(self, room: RoomId) -> None:
        await self._until(room, lambda state: state.ours == "join" and state.encrypted, READY_WAIT)

    async def _until(self, room: RoomId, true: Callable[[RoomState], bool], wait: float) -> None:
        try:
            async with asyncio.timeout(wait):
                while not ((state := self._rooms.get(room)) and true(state)):
                    await self._changed().wait()
        except TimeoutError:
            raise RoomSlow(room=room) from None

    async def _membership(self, room: RoomId, user: UserId) -> str | None:
        state = self._rooms.get(room)
        return None if state is None else dict(state.members()).get(user)

    async def _asked(self, room: RoomId, user: UserId) -> str | None:
        return await self._done(http.member(self._client, room, user))

    @staticmethod
    async def _done(work: Awaitable[T]) -> T:
        try:
            return await work
        except (Denied, HomeserverAway, LoggedOut) as error:
            raise RoomNotDone(reason=str(error)) from error
