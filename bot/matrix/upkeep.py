"""Which rooms the bot is in: invitations are followed or declined, rooms of nobody left, left rooms forgotten."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.i18n.catalogue import catalogue, say
from bot.ids import RoomId, UserId, server_of
from bot.logs import logger
from bot.matrix import http
from bot.matrix.client import Client
from bot.matrix.errors import Denied, HomeserverAway, LoggedOut
from bot.matrix.inbound import Inbound
from bot.matrix.outbound import MatrixChannel
from bot.matrix.state import RoomState
from bot.matrix.trust import Trust
from bot.tasks import end

log = logger(__name__)

REASON_EVERY = timedelta(hours=1)
"""Between two reasons for the same inviter: declining must not become a way of having the bot write."""
REASONS_KEPT = 1000
LEFT_KEPT = timedelta(hours=24)
"""As long as the outbox holds a message for a room, its keys and its state are kept after the bot has left it."""
STRAY_KEPT = timedelta(hours=1)
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds before invitations that could not be answered are looked at again; doubles."""
MOST_TRIES = 5
"""How often an invitation is followed until a refusal counts: another server sends it before it keeps it itself, and
refuses whoever follows it at once."""
STRANGERS = ""
"""The lane of those whose invitations are declined."""


def due(last: datetime | None, every: timedelta, now: datetime) -> bool:
    """Whether so much has passed since; a clock that was put back holds nothing up."""
    return last is None or not last <= now < last + every


class Upkeep:
    """What the Matrix edge does about rooms by itself; :meth:`step` is repeated."""

    def __init__(
        self,
        client: Client,
        inbound: Inbound,
        channel: MatrixChannel,
        states: Mapping[RoomId, RoomState],
        trust: Trust,
        clock: Clock,
        joined: Callable[[RoomId, UserId], Awaitable[None]],
    ) -> None:
        self._client = client
        self._inbound = inbound
        self._channel = channel
        self._states = states
        self._trust = trust
        self._clock = clock
        self._joined = joined
        self._reasons: dict[UserId, datetime] = {}
        self._stray_since: dict[RoomId, datetime] = {}
        self._left_since: dict[RoomId, datetime] = {}
        self._lanes: dict[str, asyncio.Task[None]] = {}

    async def step(self) -> None:
        """Everything that is due."""
        for inviter in list(self._inbound.news.invitations.values()):
            lane = self._lane(inviter)
            if lane not in self._lanes:
                self._lanes[lane] = asyncio.create_task(self._answer_all(lane), name="matrix invitations")
        for room in list(self._strays()):
            log.info("matrix.room.stray", room=room)
            await self._leave(room, None)
            self._stray_since.pop(room, None)
        for room in list(self._inbound.news.left):
            await self._forget_there(room)
        for room, entirely in list(self._over()):
            await self._inbound.forget(room, entirely=entirely)
            self._left_since.pop(room, None)
            log.info("matrix.room.forgotten", room=room, entirely=entirely)

    async def close(self) -> None:
        """Begin nothing more; invitations that are not answered yet come again with the next start."""
        await end(*self._lanes.values())
        self._lanes.clear()

    # --- invitations ------------------------------------------------------------------------------------

    def _lane(self, inviter: UserId | None) -> str:
        """Whoever is followed is answered side by side with people of other servers: a room is joined by way of its
        inviter's, which may be away, or never answer."""
        return server_of(inviter) if inviter is not None and self._trust.registered(inviter) else STRANGERS

    async def _answer_all(self, lane: str) -> None:
        """Answer the invitations of a lane, one after the other, until there are none."""
        pause, refusals = FIRST_PAUSE, Counter[RoomId]()
        try:
            while found := {r: who for r, who in self._inbound.news.invitations.items() if self._lane(who) == lane}:
                for room, inviter in found.items():
                    try:
                        await self._answer(room, inviter, refusals)
                    except HomeserverAway as error:
                        log.info("matrix.invite.later", room=room, error=str(error))
                if found.keys() & self._inbound.news.invitations.keys():
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, LONGEST_PAUSE)
        except LoggedOut:
            pass  # the sync says so
        except Exception:
            log.exception("matrix.invite.broke")
            await asyncio.sleep(LONGEST_PAUSE)
        finally:
            self._lanes.pop(lane, None)

    async def _answer(self, room: RoomId, inviter: UserId | None, refusals: Counter[RoomId]) -> None:
        """Join if the directory knows who invites (the server's word, so joining grants nothing); else decline."""
        if inviter is not None and self._trust.registered(inviter):
            try:
                await http.join(self._client, room)
                await self._joined(room, inviter)
            except Denied as denied:
                log.info("matrix.invite.denied", room=room, error=str(denied))
                refusals[room] += 1
                if refusals[room] < MOST_TRIES:
                    return
        else:
            log.info("matrix.invite.declined", room=room, inviter=inviter)
            await self._leave(room, self._reason(inviter))
        self._inbound.news.invitations.pop(room, None)

    def _reason(self, inviter: UserId | None) -> str | None:
        """Said to the same person once an hour at most, in the open: everybody in that room can read it."""
        now = self._clock.now()
        if inviter is None or not due(self._reasons.get(inviter), REASON_EVERY, now):
            return None
        if len(self._reasons) >= REASONS_KEPT:
            self._reasons = {user: at for user, at in self._reasons.items() if not due(at, REASON_EVERY, now)}
        if len(self._reasons) >= REASONS_KEPT:
            return None  # so many strangers within an hour are an attack, and get no answer
        self._reasons[inviter] = now
        return say(catalogue().default, "invitation-declined").plain

    async def _leave(self, room: RoomId, reason: str | None) -> None:
        try:
            await http.leave(self._client, room, reason)
        except Denied as denied:
            log.info("matrix.leave.denied", room=room, error=str(denied))
        self._inbound.news.left.add(room)

    # --- rooms of nobody --------------------------------------------------------------------------------

    def _strays(self) -> Iterator[RoomId]:
        """Rooms that nobody put on record and that are of no use: unencrypted, or nobody of the directory is there."""
        now = self._clock.now()
        for room, state in self._states.items():
            if state.ours != "join" or self._trust.recorded(room) or self._of_use(state):
                self._stray_since.pop(room, None)
            elif now - self._stray_since.setdefault(room, now) >= STRAY_KEPT:
                yield room

    def _of_use(self, state: RoomState) -> bool:
        create = state.events.get(("m.room.create", ""))
        if create is not None and create.sender == self._client.user_id:
            return True  # made for somebody who is still to come
        return state.encrypted and any(map(self._trust.registered, self._trust.members(state.room)))

    # --- left rooms -------------------------------------------------------------------------------------

    async def _forget_there(self, room: RoomId) -> None:
        """The homeserver need not keep it for us."""
        self._channel.forget(room)
        try:
            await http.forget(self._client, room)
        except Denied as denied:
            log.info("matrix.forget.denied", room=room, error=str(denied))
        self._inbound.news.left.discard(room)

    def _over(self) -> Iterator[tuple[RoomId, bool]]:
        """Left rooms that are to be forgotten here, and whether nothing at all of them is kept.

        Of a room on record it is kept that it was encrypted, and which messages were read in it."""
        now = self._clock.now()
        for room, state in self._states.items():
            if state.ours != "leave":
                self._left_since.pop(room, None)
            elif not self._trust.recorded(room):
                yield room, True
            elif state.events and now - self._left_since.setdefault(room, now) >= LEFT_KEPT:
                yield room, False
