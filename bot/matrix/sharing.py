"""Room keys on their way to devices: one-time keys claimed, keys given, all in batches, every loss counted."""

import asyncio
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from nio.crypto import OutboundGroupSession

from bot.clock import Clock
from bot.ids import RoomId, UserId
from bot.logs import logger
from bot.matrix import http
from bot.matrix.client import Client
from bot.matrix.errors import Denied, HomeserverAway, Limited
from bot.matrix.olm import MEGOLM
from bot.matrix.trust import Recipient
from bot.outbox.model import Audience
from keys.crosssigning import SeenDevice

log = logger(__name__)

MESSAGES_AT_ONCE = 60
"""To-device messages per request and per commit of the store; the event loop is free in between."""
FIRST_PAUSE = 20.0
LONGEST_PAUSE = 600.0
"""Seconds before a device that had no one-time key is asked again; doubles."""


@dataclass(slots=True)
class RoomKey:
    """An outbound Megolm session: for one room and one audience, and whoever may hold it."""

    room: RoomId
    audience: Audience
    session: OutboundGroupSession
    may_hold: set[Recipient] = field(default_factory=set)
    """Every device to which the key was ever on its way."""
    reached: set[Recipient] = field(default_factory=set)
    """Those for which the homeserver took the key."""

    @classmethod
    def new(cls, room: RoomId, audience: Audience, rotation: Mapping[str, Any]) -> "RoomKey":
        """A new session; ``rotation``, the content of the room's encryption event, may only shorten its life."""
        session = OutboundGroupSession()
        most, period = rotation.get("rotation_period_msgs"), rotation.get("rotation_period_ms")
        if isinstance(most, int) and 0 < most < session.max_messages:
            session.max_messages = most
        if isinstance(period, int) and 3_600_000 <= period < session.max_age.total_seconds() * 1000:
            session.max_age = timedelta(milliseconds=period)
        session.mark_as_shared()
        return cls(room, audience, session)


@dataclass(slots=True)
class Gift:
    """A room key and who is still to get it."""

    key: RoomKey
    to: set[Recipient]


class Sharing:
    """Gives room keys to devices."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._pauses: dict[Recipient, tuple[float, float]] = {}

    async def give(self, gifts: Collection[Gift], *, insist: bool = False) -> None:
        """Give every key to everyone it is for; who got one is in ``reached`` afterwards.

        ``insist`` also asks devices again that had no one-time key a moment ago.  Raises
        :class:`HomeserverAway` if the homeserver takes nothing at all just now.
        """
        await self._open_sessions({recipient for gift in gifts for recipient in gift.to}, insist)
        for layer in _layers(gifts):
            await self._give_layer(layer)

    async def _open_sessions(self, recipients: Iterable[Recipient], insist: bool) -> None:
        now = self._clock.monotonic()
        missing = [
            r
            for r in recipients
            if not self._client.olm.has_session(r.device) and (insist or self._pauses.get(r, (0.0, 0.0))[0] <= now)
        ]
        if not missing:
            return
        claimed = await self._claim(missing)
        for start in range(0, len(missing), MESSAGES_AT_ONCE):
            with self._client.olm.store.batch():
                for recipient in missing[start : start + MESSAGES_AT_ONCE]:
                    self._start_session(recipient, claimed, now)
            await asyncio.sleep(0)

    def _start_session(self, recipient: Recipient, claimed: Mapping[str, Any], now: float) -> bool:
        user, device = recipient
        of_user = claimed.get(user)
        key = of_user.get(device.device_id) if isinstance(of_user, Mapping) else None
        if key is not None and self._client.olm.start_session(user, device, key):
            self._pauses.pop(recipient, None)
            return True
        pause = min(max(self._pauses.get(recipient, (0.0, 0.0))[1] * 2, FIRST_PAUSE), LONGEST_PAUSE)
        self._pauses[recipient] = (now + pause, pause)
        log.info("matrix.share.no-one-time-key", user=user, device=device.device_id)
        return False

    async def _claim(self, recipients: list[Recipient]) -> Mapping[str, Any]:
        wanted: dict[str, list[str]] = {}
        for user, device in recipients:
            wanted.setdefault(user, []).append(device.device_id)
        try:
            return await http.claim_keys(self._client, wanted)
        except Denied as denied:  # one odd id must not silence everybody else
            log.warning("matrix.claim.denied", error=str(denied))
            return {}

    async def _give_layer(self, layer: list[tuple[RoomKey, Recipient]]) -> None:
        """At most one message per device, as ``/sendToDevice`` demands."""
        ready = [(key, r) for key, r in layer if self._client.olm.has_session(r.device)]
        for start in range(0, len(ready), MESSAGES_AT_ONCE):
            part = ready[start : start + MESSAGES_AT_ONCE]
            messages: dict[str, dict[str, Any]] = {}
            sent: list[tuple[RoomKey, Recipient]] = []
            with self._client.olm.store.batch():
                for key, recipient in part:
                    content = {
                        "algorithm": MEGOLM,
                        "room_id": key.room,
                        "session_id": key.session.id,
                        "session_key": key.session.session_key,
                    }
                    try:
                        message = self._client.olm.encrypt_to(*recipient, "m.room_key", content)
                    except Exception as error:  # noqa: BLE001  (one device's broken session must not stop the others)
                        log.warning("matrix.share.failed", user=recipient.user, error=type(error).__name__)
                        continue
                    messages.setdefault(recipient.user, {})[recipient.device.device_id] = message
                    sent.append((key, recipient))
            if not sent:
                continue
            for key, recipient in sent:
                key.may_hold.add(recipient)  # before the request: it may arrive although the answer does not
            if await self._put(messages):
                for key, recipient in sent:
                    key.reached.add(recipient)

    async def _put(self, messages: Mapping[str, Mapping[str, Any]]) -> bool:
        txn_id = secrets.token_hex(16)
        try:
            await http.send_to_device(self._client, txn_id, messages)
        except Limited:
            raise
        except HomeserverAway:
            await http.send_to_device(self._client, txn_id, messages)  # once more: same transaction, no second copy
        except Denied as denied:
            log.warning("matrix.to-device.denied", error=str(denied))
            return False
        return True

    async def mend(self) -> None:
        """Start over with devices whose Olm session broke: a new session, told by ``m.dummy`` (spec: unwedging)."""
        olm = self._client.olm
        wedged, olm.wedged_devices = list(olm.wedged_devices[:MESSAGES_AT_ONCE]), olm.wedged_devices[MESSAGES_AT_ONCE:]
        if not wedged:
            return
        broken = [Recipient(UserId(d.user_id), SeenDevice(d.device_id, d.ed25519, d.curve25519)) for d in wedged]
        try:
            claimed = await self._claim(broken)
        except HomeserverAway:
            olm.wedged_devices = [*wedged, *olm.wedged_devices]
            raise
        messages: dict[str, dict[str, Any]] = {}
        with self._client.olm.store.batch():
            for recipient in broken:
                if self._start_session(recipient, claimed, self._clock.monotonic()):
                    user, device = recipient
                    message = self._client.olm.encrypt_to(user, device, "m.dummy", {})
                    messages.setdefault(user, {})[device.device_id] = message
        if messages:
            await self._put(messages)


def _layers(gifts: Collection[Gift]) -> list[list[tuple[RoomKey, Recipient]]]:
    """All gifts, in as few rounds as can be with one message per device in each."""
    layers: list[list[tuple[RoomKey, Recipient]]] = []
    depth: dict[Recipient, int] = {}
    for gift in gifts:
        for recipient in sorted(gift.to - gift.key.reached, key=lambda r: (r.user, r.device.device_id)):
            level = depth.get(recipient, 0)
            depth[recipient] = level + 1
            if level == len(layers):
                layers.append([])
            layers[level].append((gift.key, recipient))
    return layers
