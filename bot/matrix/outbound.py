"""The encrypted way out: a message leaves only for devices that the verdict of this very moment allows."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from bot.clock import Clock
from bot.exchange.channel import Keys, Parcel, Receipt, Refused, TryLater, Unfit
from bot.ids import DeviceId, EventId, RoomId
from bot.logs import logger
from bot.matrix import http
from bot.matrix.client import Client
from bot.matrix.errors import Denied, HomeserverAway, Limited, LoggedOut
from bot.matrix.identities import Identities
from bot.matrix.landed import MARK, Landed
from bot.matrix.sharing import Gift, RoomKey, Sharing
from bot.matrix.state import RoomState
from bot.matrix.trust import Recipient, Trust
from bot.outbox.model import Audience, Named

log = logger(__name__)

KEYS_WAIT = 12.0
ROUNDS = 4
"""How often a moving audience is tried before the message has to wait."""
ROOMS_WARMED_AT_ONCE = 25
BAD_REQUEST = 400


class MatrixChannel:
    """The :class:`bot.exchange.channel.Channel` into rooms."""

    def __init__(
        self,
        client: Client,
        rooms: Mapping[RoomId, RoomState],
        trust: Trust,
        identities: Identities,
        sharing: Sharing,
        clock: Clock,
    ) -> None:
        self._client = client
        self._rooms = rooms
        self._trust = trust
        self._identities = identities
        self._sharing = sharing
        self._clock = clock
        self._locks: defaultdict[RoomId, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._keys: dict[tuple[RoomId, Audience], RoomKey] = {}
        self._landed = Landed(client, clock)

    async def send(self, parcel: Parcel) -> Receipt:
        """Send once, or find that it was sent.  Raises TryLater, Refused or Unfit (then nothing was sent)."""
        with _as_the_sender_knows_it():
            async with self._locks[parcel.room]:
                return await self._send(parcel)

    async def find(self, parcel: Parcel) -> Receipt | None:
        """What an earlier attempt has put into its room, if anything.  Raises TryLater or Refused."""
        with _as_the_sender_knows_it():
            async with self._locks[parcel.room]:
                return await self._there(parcel)

    async def withdraw(self, room: RoomId, event: EventId, txn_id: str) -> None:
        """Redact one of our own events."""
        try:
            with _as_the_sender_knows_it():
                await http.redact(self._client, room, event, txn_id)
        finally:
            self._landed.forget(room)

    async def top_up(self, room: RoomId, audience: Audience) -> Keys:
        """Share the room's current key with intended devices that do not have it yet."""
        with _as_the_sender_knows_it():
            async with self._locks[room]:
                self._check_fit(room, audience)
                await self._identities.ensure(self._trust.members(room), KEYS_WAIT)
                self._check_fit(room, audience)
                intended = self._intended(room, audience)
                key = self._key(room, audience, intended)
                await self._sharing.give([Gift(key, set(intended - key.reached))], insist=True)
                return Keys(_named(key.reached & intended), _named(intended))

    async def warm(self, rooms: Collection[RoomId]) -> None:
        """Share keys for these rooms ahead of the next message; what fails now is done by :meth:`send`."""
        todo = [room for room in rooms if self._trust.encrypted(room)]
        for start in range(0, len(todo), ROOMS_WARMED_AT_ONCE):
            await self._warm_some(todo[start : start + ROOMS_WARMED_AT_ONCE])
            await asyncio.sleep(0)  # where nothing is to be shared, nothing above has waited

    async def _warm_some(self, rooms: Collection[RoomId]) -> None:
        members = {user for room in rooms for user in self._trust.members(room)}
        await self._identities.ensure(members, KEYS_WAIT)
        held, gifts = [], []
        try:
            for room in rooms:
                if self._locks[room].locked():
                    continue
                await self._locks[room].acquire()
                held.append(room)
                audience = Audience.VERIFIED if self._trust.room(room).ok else Audience.PINNED
                intended = self._intended(room, audience)
                if intended:
                    key = self._key(room, audience, intended)
                    gifts.append(Gift(key, set(intended - key.reached)))
            await self._sharing.give(gifts)
        except (HomeserverAway, Denied, LoggedOut) as error:
            log.info("matrix.warm.failed", rooms=len(rooms), error=str(error))
        finally:
            for room in held:
                self._locks[room].release()

    def forget(self, room: RoomId) -> None:
        """Drop every key of the room; the next message makes a new one."""
        for audience in Audience:
            self._drop(room, audience)

    # --- steps of a send --------------------------------------------------------------------------------

    async def _send(self, parcel: Parcel) -> Receipt:
        room, audience = parcel.room, parcel.audience
        self._check_fit(room, audience)
        if parcel.resend_after_forgetting and (found := await self._there(parcel)) is not None:
            return found
        for _ in range(ROUNDS):
            self._check_fit(room, audience)
            if not await self._identities.ensure(self._trust.members(room), KEYS_WAIT):
                raise TryLater(reason="device keys of a member are not known yet")
            self._check_fit(room, audience)
            intended = self._intended(room, audience)
            if not intended:
                raise Unfit(reason="no trusted device of anybody is in the room")
            key = self._key(room, audience, intended)
            await self._sharing.give([Gift(key, set(intended - key.reached))])
            # Everything that was awaited above may have changed who is meant.
            settled = intended == self._intended(room, audience) and self._all_known(room)
            if settled and not key.session.expired:
                break
        else:
            raise TryLater(reason="the room's members or devices keep changing")
        self._check_fit(room, audience)
        reached = key.reached & intended
        if not reached:
            raise TryLater(reason="no device could be given the key")
        content = self._seal(key, parcel)
        # Nothing is awaited between the last look above and this request.
        try:
            event_id = await http.put_event(self._client, room, "m.room.encrypted", parcel.txn_id, content)
        except Denied as denied:
            relation = parcel.content.get("m.relates_to", {})
            if denied.status != BAD_REQUEST or relation.get("rel_type") != "m.thread":
                raise
            # No thread begins at an event that stands in one: there it is said as a rich reply, after a look anew.
            beside = {**parcel.content, "m.relates_to": {"m.in_reply_to": relation["m.in_reply_to"]}}
            return await self._send(replace(parcel, content=beside))
        return Receipt(event_id, len(reached), len(intended), _named(intended - reached))

    async def _there(self, parcel: Parcel) -> Receipt | None:
        """If it was sent before we started: whoever has no Olm session with us now cannot have got the key then."""
        event = await self._landed.find(parcel.room, parcel.delivery_id, parcel.but)
        if event is None:
            return None
        await self._identities.ensure(self._trust.members(parcel.room), KEYS_WAIT)
        intended = self._intended(parcel.room, parcel.audience)
        missing = frozenset(r for r in intended if not self._client.olm.has_session(r.device))
        return Receipt(event, len(intended - missing), len(intended), _named(missing))

    def _check_fit(self, room: RoomId, audience: Audience) -> None:
        if not self._trust.encrypted(room):
            raise Unfit(reason="the room is not encrypted, or enlace is not in it")
        if audience is Audience.VERIFIED:
            verdict = self._trust.room(room)
            if not verdict.ok:
                raise Unfit(reason=", ".join(check.name for check in verdict.failed))

    def _all_known(self, room: RoomId) -> bool:
        return all(self._identities.usable(user) for user in self._trust.members(room))

    def _intended(self, room: RoomId, audience: Audience) -> frozenset[Recipient]:
        own = self._client.olm.account.identity_keys["curve25519"]
        return frozenset(r for r in self._trust.recipients(room, audience) if r.device.curve25519 != own)

    def _key(self, room: RoomId, audience: Audience, intended: frozenset[Recipient]) -> RoomKey:
        """The room's key for this audience; a new one if anybody who may hold the old one is no longer meant."""
        key = self._keys.get((room, audience))
        if key is None or key.session.expired or key.may_hold - intended:
            key = RoomKey.new(room, audience, self._rooms[room].content("m.room.encryption") or {})
            self._keys[room, audience] = key
        return key

    def _drop(self, room: RoomId, audience: Audience) -> None:
        self._keys.pop((room, audience), None)

    def _seal(self, key: RoomKey, parcel: Parcel) -> dict[str, Any]:
        content = self._client.olm.encrypt_for_room(key.session, parcel.room, "m.room.message", parcel.content)
        content[MARK] = parcel.delivery_id
        relation = parcel.content.get("m.relates_to")
        if relation is not None:
            content["m.relates_to"] = relation  # servers need it to build threads; inside it is authenticated
        return content


def _named(recipients: Iterable[Recipient]) -> frozenset[Named]:
    return frozenset(Named(r.user, DeviceId(r.device.device_id)) for r in recipients)


@contextmanager
def _as_the_sender_knows_it() -> Iterator[None]:
    """The homeserver's trouble in the words of :mod:`bot.exchange.channel`."""
    try:
        yield
    except Limited as limited:
        raise TryLater(reason="rate limit", wait=limited.wait) from limited
    except (HomeserverAway, LoggedOut) as away:
        raise TryLater(reason=str(away)) from away
    except Denied as denied:
        raise Refused(reason=str(denied)) from denied
