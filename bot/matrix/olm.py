"""matrix-nio's Olm machine, hardened: nothing that anybody sends makes it raise, and nothing inside a
ciphertext is more than a message.

What it takes from nio: the account, Olm sessions, key uploads.  What it refuses: forwarded room keys, key
requests, in-band verification, and state events inside ciphertext (facts: every one of these was an attack).
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import vodozemac
from nio.crypto import DeviceStore, InboundGroupSession, OlmDevice, OutboundGroupSession, Session
from nio.crypto.olm_machine import Olm
from nio.events import OlmEvent, RoomKeyEvent, ToDeviceEvent
from peewee import DatabaseError, DataError, IntegrityError

from bot.logs import logger
from bot.matrix.batch import storable
from bot.matrix.store import Store
from keys.crosssigning import SeenDevice, SeenIdentity

log = logger(__name__)

MEGOLM = "m.megolm.v1.aes-sha2"
SESSIONS_PER_DEVICE = 8
"""Olm sessions kept per sender key; older ones go, so that a stranger cannot fill the store."""


class Unreadable(Exception):
    """No usable key for this event, yet."""


class Forged(Exception):
    """Decrypted, and the inside is not what a message may be."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A room event out of its ciphertext; nothing here is the homeserver's word."""

    type: str
    content: Mapping[str, Any]
    sender_key: str
    ed25519: str
    session_id: str
    index: int


@dataclass(slots=True)
class Received:
    """What a batch of to-device events brought."""

    sessions: set[tuple[str, str]] = field(default_factory=set)
    """(room, session id) of new Megolm sessions."""
    withheld: set[tuple[str, str]] = field(default_factory=set)
    """(room, session id) that somebody says they withhold: the server's word, only good for a log line."""
    bad: int = 0


class HardenedOlm(Olm):  # type: ignore[misc]  # nio is not typed
    """The Olm machine of this device."""

    store: Store
    device_store: DeviceStore

    def __init__(self, user_id: str, device_id: str, store: Store) -> None:
        self._by_id: dict[tuple[str, str], list[InboundGroupSession]] = defaultdict(list)
        self._fresh: set[tuple[str, str]] = set()
        self._ahead = False
        """Whether something may be in memory that is not on the disk."""
        super().__init__(user_id, device_id, store)

    def load(self) -> None:
        """Read everything from the store."""
        super().load()
        self._by_id.clear()
        for session in self.inbound_group_store:
            self._by_id[session.room_id, session.id].append(session)

    def _back_to_the_store(self) -> None:
        """Hold in memory what is on the disk, and nothing that did not get there."""
        self._ahead, devices = True, self.device_store
        self.account = self.store.load_account()
        self.load()
        self._ahead, self.device_store = False, devices

    # --- devices ----------------------------------------------------------------------------------------

    def learn(self, identity: SeenIdentity) -> None:
        """Take over somebody's devices, as ``keys.crosssigning`` read them, for Olm's own needs."""
        entries = self.device_store._entries  # noqa: SLF001  (nio offers no way to replace a user's devices)
        entries[identity.user_id] = {
            device.device_id: olm_device(identity.user_id, device) for device in identity.devices.values()
        }

    # --- to-device --------------------------------------------------------------------------------------

    def receive(self, events: list[Any]) -> Received:
        """Handle to-device events in one commit; malformed ones are counted, never raised.

        Raises DatabaseError if the store fails; then none was handled, and all are to come again."""
        if self._ahead:
            self._back_to_the_store()
        out = Received()
        self._fresh = out.sessions
        try:
            with self.store.batch():
                for raw in events:
                    try:
                        self._receive_one(raw, out)
                    except Exception as error:  # whatever a stranger can provoke ends here
                        if isinstance(error, DatabaseError) and not isinstance(error, DataError | IntegrityError):
                            raise  # it is the store, not what was to be kept
                        out.bad += 1
                        log.debug("matrix.to-device.bad", error=type(error).__name__)
        except DatabaseError:
            self._back_to_the_store()
            raise
        finally:
            self._fresh = set()
        return out

    def _receive_one(self, raw: Any, out: Received) -> None:
        kind = raw["type"]
        if kind == "m.room_key.withheld":
            content = raw["content"]
            out.withheld.add((str(content["room_id"]), str(content["session_id"])))
            return
        if kind != "m.room.encrypted":
            return
        event = ToDeviceEvent.parse_event(raw)
        if not isinstance(event, OlmEvent):
            out.bad += 1
            return
        self.handle_to_device_event(event)

    def handle_to_device_event(self, event: Any) -> Any:
        """Olm messages only; see the module's docstring."""
        return self.decrypt_event(event) if isinstance(event, OlmEvent) else None

    def decrypt(self, sender: str, sender_key: str, message: Any) -> Any:
        """As nio's, but the spent one-time key is written down with the message that spent it."""
        try:
            return super().decrypt(sender, sender_key, message)
        except vodozemac.SessionCreationException:
            # A one-time key that we do not have (any more): start over with a session of our own.
            self._mark_device_for_unwedging(sender, sender_key)
            return None
        finally:
            if isinstance(message, vodozemac.PreKeyMessage):
                self.save_account()
                self._prune(sender_key)

    def _prune(self, sender_key: str) -> None:
        sessions: list[Session] = self.session_store[sender_key]
        if len(sessions) > SESSIONS_PER_DEVICE:
            sessions.sort(key=lambda session: session.use_time, reverse=True)
            self.store.drop_sessions([session.id for session in sessions[SESSIONS_PER_DEVICE:]])
            del sessions[SESSIONS_PER_DEVICE:]

    def _handle_room_key_event(self, sender: str, sender_key: str, payload: dict[Any, Any]) -> Any:
        event = super()._handle_room_key_event(sender, sender_key, payload)
        return event if isinstance(event, RoomKeyEvent) else None

    def _handle_forwarded_room_key_event(self, sender: str, sender_key: str, payload: dict[Any, Any]) -> None:
        """Never: a forwarded key says who sent a message only by hearsay."""

    def create_group_session(
        self, sender_key: str, sender_fp_key: str, room_id: str, session_id: str, session_key: str
    ) -> None:
        """Keep a received Megolm session, unless we already hold it from the same or an earlier message on."""
        session = InboundGroupSession(session_key, sender_fp_key, sender_key, room_id)
        if session.id != session_id:
            return
        mine = self._by_id[room_id, session_id]
        for position, known in enumerate(mine):
            if known.sender_key != sender_key:
                continue
            if known.ed25519 != sender_fp_key or known.first_known_index <= session.first_known_index:
                return
            mine[position] = session
            break
        else:
            mine.append(session)
        self.inbound_group_store.add(session)
        self.store.save_inbound_group_session(session)
        self._fresh.add((room_id, session_id))

    def forget_room(self, room: str) -> None:
        """Drop every Megolm session that was received for a room."""
        for key in [key for key in self._by_id if key[0] == room]:
            del self._by_id[key]
        self.inbound_group_store._entries.pop(room, None)  # noqa: SLF001  (nio offers no way to drop a room)
        self.store.drop_room(room)

    # --- room events ------------------------------------------------------------------------------------

    def open(self, room: str, raw: Mapping[str, Any], owns: Callable[[str, str], bool]) -> Opened:
        """Decrypt an ``m.room.encrypted`` event of ``room``.

        ``owns(curve25519, ed25519)`` says whether the event's sender has such a device; a session of such a
        device goes first.  Raises :class:`Unreadable`, or :class:`Forged` for a plaintext that is a state event,
        names another room, or is not an event at all.
        """
        content = raw.get("content")
        if not isinstance(content, Mapping) or content.get("algorithm") != MEGOLM:
            raise Unreadable("algorithm")
        session_id, ciphertext = content.get("session_id"), content.get("ciphertext")
        if not isinstance(session_id, str) or not isinstance(ciphertext, str):
            raise Unreadable("shape")
        sessions = self._by_id.get((room, session_id))
        if not sessions:
            raise Unreadable("no session")
        session = next((s for s in sessions if owns(s.sender_key, s.ed25519)), sessions[0])
        try:
            decrypted = session._session.decrypt(vodozemac.MegolmMessage.from_base64(ciphertext))  # noqa: SLF001
        except Exception as error:  # vodozemac raises several unrelated types
            raise Unreadable(type(error).__name__) from error
        try:
            payload = json.loads(bytes(decrypted.plaintext).decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise Forged("no JSON") from error
        if not isinstance(payload, dict) or "state_key" in payload or payload.get("room_id") != room:
            raise Forged("not a message of this room")
        kind, inner = payload.get("type"), payload.get("content")
        if not isinstance(kind, str) or not isinstance(inner, dict):
            raise Forged("no event")
        if not storable(inner):
            raise Forged("cannot be kept")
        return Opened(
            type=kind,
            content=inner,
            sender_key=session.sender_key,
            ed25519=session.ed25519,
            session_id=session_id,
            index=int(decrypted.message_index),
        )

    def encrypt_for_room(
        self, session: OutboundGroupSession, room: str, kind: str, content: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The content of an ``m.room.encrypted`` event, the relation left inside only."""
        plain = json.dumps({"type": kind, "content": content, "room_id": room}, ensure_ascii=False)
        return {
            "algorithm": MEGOLM,
            "sender_key": self.account.identity_keys["curve25519"],
            "ciphertext": session.encrypt(plain),
            "session_id": session.id,
            "device_id": self.device_id,
        }

    # --- Olm out ----------------------------------------------------------------------------------------

    def has_session(self, device: SeenDevice) -> bool:
        """Whether something can be sent to the device without claiming a one-time key."""
        return self.session_store.get(device.curve25519) is not None

    def start_session(self, user_id: str, device: SeenDevice, claimed: Any) -> bool:
        """Start an Olm session with a claimed key object (``{key id: key}``); False if it is not properly signed."""
        try:
            [(key_id, key)] = claimed.items()
            if not key_id.startswith("signed_curve25519:"):
                return False
            if not self.verify_json(dict(key), device.ed25519, user_id, device.device_id):
                return False
            self.create_session(key["key"], device.curve25519)
        except Exception as error:  # noqa: BLE001  (another server's key object)
            log.info("matrix.claim.bad", user=user_id, device=device.device_id, error=type(error).__name__)
            return False
        return True

    def verify_json(self, json: Any, user_key: str, user_id: str, device_id: str) -> bool:
        """As nio's, and whatever is malformed is False."""
        try:
            return bool(super().verify_json(json, user_key, user_id, device_id))
        except Exception:  # noqa: BLE001  (malformed keys raise half a dozen types)
            return False

    def encrypt_to(self, user_id: str, device: SeenDevice, kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """An Olm message to one device; the ratchet's new state is saved before this returns."""
        session = self.session_store.get(device.curve25519)
        if session is None:
            raise Unreadable("no Olm session")
        encrypted: dict[str, Any] = self._olm_encrypt(session, olm_device(user_id, device), kind, dict(content))
        return encrypted

    # --- key uploads ------------------------------------------------------------------------------------

    def device_keys(self) -> dict[str, Any]:
        """Our own device's key object, signed by the device."""
        keys = {
            "algorithms": list(self._algorithms),
            "device_id": self.device_id,
            "user_id": self.user_id,
            "keys": {f"{name}:{self.device_id}": key for name, key in self.account.identity_keys.items()},
        }
        return {**keys, "signatures": {self.user_id: {f"ed25519:{self.device_id}": self.sign_json(keys)}}}

    def keys_to_upload(self, count: int | None, fallback_unused: bool) -> dict[str, Any]:
        """What the homeserver lacks, saved before it is sent: a crash afterwards loses no private key.

        ``count`` is how many one-time keys it holds (None: unknown, nothing is added).
        """
        body: dict[str, Any] = {}
        if not self.account.shared:
            body["device_keys"] = self.device_keys()
            count = 0 if count is None else count
        most = self.account.max_one_time_keys
        if count is not None and count < most:
            waiting = len(self.account.one_time_keys["curve25519"])
            self.account.generate_one_time_keys(max(0, most - count - waiting))
            body["one_time_keys"] = {
                f"signed_curve25519:{name}": self._signed_key(key)
                for name, key in self.account.one_time_keys["curve25519"].items()
            }
        if not fallback_unused:
            account = self.account._account  # noqa: SLF001  (nio has no fallback keys; vodozemac has)
            if not account.fallback_key:
                account.generate_fallback_key()
            body["fallback_keys"] = {
                f"signed_curve25519:{name}": self._signed_key(key.to_base64(), fallback=True)
                for name, key in account.fallback_key.items()
            }
        if body:
            self.save_account()
        return body

    def uploaded(self) -> None:
        """The homeserver has what :meth:`keys_to_upload` gave."""
        self.account.shared = True
        self.mark_keys_as_published()
        self.save_account()

    def _signed_key(self, key: str, fallback: bool = False) -> dict[str, Any]:
        plain: dict[str, Any] = {"key": key, "fallback": True} if fallback else {"key": key}
        return {**plain, "signatures": {self.user_id: {f"ed25519:{self.device_id}": self.sign_json(plain)}}}


def olm_device(user_id: str, device: SeenDevice) -> OlmDevice:
    """The device in nio's shape."""
    return OlmDevice(user_id, device.device_id, {"ed25519": device.ed25519, "curve25519": device.curve25519})
