"""The lightest encrypted client that can be: vodozemac and HTTP, no store, no checks, room keys shared beforehand.

It plays the people, and as the bare bot it is the floor: what a bot without any work of its own would need.
"""

import asyncio
import contextlib
import json
import re
import secrets
import time
import uuid
from base64 import b64decode, b64encode
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import aiohttp
import vodozemac
from canonicaljson import encode_canonical_json

from bot.demo.person import ENCRYPTION
from bot.demo.synapse import Synapse
from bot.tasks import end
from keys.crosssigning import CrossSigningSeeds, master_signed_by_device, public_keys, sign_device, signatures_upload

MEGOLM = "m.megolm.v1.aes-sha2"
OLM = "m.olm.v1.curve25519-aes-sha2"
V3 = "/_matrix/client/v3"
PATIENCE = 60.0
HOLD_MS = 120_000
"""For so long the homeserver may hold back an empty sync: hundreds of clients that ask every few seconds are a load."""
KEYS_AT_ONCE = 50
"""One-time keys that an account makes at once."""
FILLER = "x" * 800
"""Makes messages about as long as enlace's."""
FILTER = json.dumps(
    {
        "presence": {"not_types": ["*"]},
        "account_data": {"not_types": ["*"]},
        "room": {
            "ephemeral": {"not_types": ["*"]},
            "account_data": {"not_types": ["*"]},
            "timeline": {"limit": 500},
            "state": {"types": []},
        },
    }
)
KEYS_ONLY = json.dumps({"presence": {"not_types": ["*"]}, "room": {"rooms": []}})


@dataclass(frozen=True, slots=True)
class Heard:
    """One readable message of somebody else, and when it could be read (``time.perf_counter``)."""

    at: float
    event_id: str
    room: str
    sender: str
    content: Mapping[str, Any]

    @property
    def body(self) -> str:
        """Plain text."""
        return str(self.content.get("body", ""))

    @property
    def relation(self) -> Mapping[str, Any]:
        """``m.relates_to``."""
        return self.content.get("m.relates_to") or {}

    @property
    def answers(self) -> str | None:
        """The event that this is a reply to."""
        return (self.relation.get("m.in_reply_to") or {}).get("event_id")

    @property
    def edit(self) -> bool:
        """Whether it replaces an earlier message."""
        return self.relation.get("rel_type") == "m.replace"


Hears = Callable[[Heard], bool]


class Light:
    """One account on one device; ``async with`` listens."""

    def __init__(self, url: str, user_id: str, device_id: str, token: str, password: str) -> None:
        self.user_id = user_id
        self.device_id = device_id
        self._password = password
        self._account = vodozemac.Account()
        self._seeds = CrossSigningSeeds(*(secrets.token_bytes(32) for _ in range(3)))
        self._http = aiohttp.ClientSession(
            url, headers={"Authorization": f"Bearer {token}"}, connector=aiohttp.TCPConnector(limit=0)
        )
        self._olm: dict[str, list[vodozemac.Session]] = {}
        self._into: dict[str, vodozemac.GroupSession] = {}
        self._from: dict[tuple[str, str], vodozemac.InboundGroupSession] = {}
        self._unread: dict[tuple[str, str], list[tuple[str, Mapping[str, Any]]]] = {}
        self._waiting: list[tuple[Hears, asyncio.Future[Heard]]] = []
        self._since = ""
        self._listener: asyncio.Task[None] | None = None
        self._came: defaultdict[tuple[str, str], asyncio.Event] = defaultdict(asyncio.Event)
        self.heard: list[Heard] = []
        self.keys: Counter[str] = Counter()
        """Room keys that came, by room."""
        self.on_message: Callable[[Heard], None] | None = None

    @classmethod
    async def arrive(cls, homeserver: Synapse, name: str, password: str, *, met_by: int = 10) -> Self:
        """Log in as a new device with a cross-signing identity, and a one-time key for as many devices as it meets."""
        self = await cls._log_in(homeserver, name, password)
        await self._publish(met_by)
        await self._sync(0)
        self._listener = asyncio.create_task(self._listen(), name=f"listen {name}")
        return self

    @classmethod
    async def _log_in(cls, homeserver: Synapse, name: str, password: str) -> Self:
        login = await asyncio.to_thread(homeserver.log_in, name, password)
        return cls(homeserver.url, login["user_id"], login["device_id"], login["access_token"], password)

    async def another(self, homeserver: Synapse, name: str) -> Self:
        """One more device of this account, which nobody has signed yet, and which does not listen."""
        made = await self._log_in(homeserver, name, self._password)
        await made._upload_keys(5)
        return made

    async def vouch(self, devices: Sequence["Light"]) -> None:
        """Sign these devices of the same account, in one request."""
        signed = {d.device_id: sign_device(self._seeds, self.user_id, d.device_keys()) for d in devices}
        answer = await self.call("POST", "/keys/signatures/upload", {self.user_id: signed})
        if answer.get("failures"):
            raise ConnectionError(str(answer["failures"]))

    async def fetch_keys(self, hold_ms: int = 0) -> None:
        """Take what came for a device that does not listen; with ``hold_ms``, wait for it."""
        await self._sync(hold_ms, KEYS_ONLY)

    async def leave_for_good(self) -> None:
        """End the client."""
        await end(self._listener)
        await self._http.close()

    @property
    def session_key(self) -> str:
        """This device's Ed25519 key."""
        return str(self._account.ed25519_key.to_base64())

    # --- rooms ------------------------------------------------------------------------------------------

    async def create_room(self, name: str, invite: Sequence[str] = ()) -> str:
        """An encrypted private room as enlace wants them."""
        body = {
            "name": name,
            "preset": "private_chat",
            "room_version": "12",
            "invite": list(invite),
            "initial_state": [
                ENCRYPTION,
                {"type": "m.room.history_visibility", "state_key": "", "content": {"history_visibility": "joined"}},
                {"type": "m.room.guest_access", "state_key": "", "content": {"guest_access": "forbidden"}},
            ],
        }
        return str((await self.call("POST", "/createRoom", body))["room_id"])

    async def join(self, room: str) -> None:
        """Accept an invitation."""
        await self.call("POST", f"/join/{room}", {})

    async def wait_member(self, room: str, user: str) -> None:
        """Wait until somebody has joined, then give everybody there the key of what is said from now on."""
        async with asyncio.timeout(PATIENCE):
            await self._came[room, user].wait()
        await self.share(room)

    async def share(self, room: str) -> None:
        """Make a room key and give it to every device of everybody in the room."""
        members = (await self.call("GET", f"/rooms/{room}/joined_members"))["joined"]
        seen = await self.call("POST", "/keys/query", {"device_keys": {user: [] for user in members}})
        devices = [
            (user, device, keys["keys"][f"curve25519:{device}"], keys["keys"][f"ed25519:{device}"])
            for user, of_user in seen["device_keys"].items()
            for device, keys in of_user.items()
            if device != self.device_id
        ]
        wanted: dict[str, dict[str, str]] = {}
        for user, device, curve, _ in devices:
            if curve not in self._olm:
                wanted.setdefault(user, {})[device] = "signed_curve25519"
        claimed = (await self.call("POST", "/keys/claim", {"one_time_keys": wanted}))["one_time_keys"] if wanted else {}
        session = self._into[room] = vodozemac.GroupSession()
        content = {
            "algorithm": MEGOLM,
            "room_id": room,
            "session_id": session.session_id,
            "session_key": session.session_key.to_base64(),
        }
        messages: dict[str, dict[str, Any]] = {}
        for user, device, curve, ed25519 in devices:
            if curve not in self._olm:
                [key] = claimed[user][device].values()
                made = self._account.create_outbound_session(
                    vodozemac.Curve25519PublicKey.from_base64(curve),
                    vodozemac.Curve25519PublicKey.from_base64(key["key"]),
                )
                self._olm[curve] = [made]
            messages.setdefault(user, {})[device] = self._to_device(user, curve, ed25519, "m.room_key", content)
        await self.call("PUT", f"/sendToDevice/m.room.encrypted/{uuid.uuid4().hex}", {"messages": messages})

    # --- talk -------------------------------------------------------------------------------------------

    async def send(self, room: str, content: Mapping[str, Any]) -> str:
        """Encrypt and send: one hop's first half; returns the event id."""
        session = self._into[room]
        plain = json.dumps({"type": "m.room.message", "content": content, "room_id": room})
        sealed: dict[str, Any] = {
            "algorithm": MEGOLM,
            "sender_key": self._account.curve25519_key.to_base64(),
            "ciphertext": session.encrypt(plain.encode()).to_base64(),
            "session_id": session.session_id,
            "device_id": self.device_id,
        }
        if "m.relates_to" in content:
            sealed["m.relates_to"] = content["m.relates_to"]
        answer = await self.call("PUT", f"/rooms/{room}/send/m.room.encrypted/{uuid.uuid4().hex}", sealed)
        return str(answer["event_id"])

    async def say(self, room: str, text: str, *, thread: str | None = None) -> str:
        """Send text, in a thread where one is named."""
        content: dict[str, Any] = {"msgtype": "m.text", "body": text, "m.mentions": {}}
        if thread is not None:
            fallback = {"is_falling_back": True, "m.in_reply_to": {"event_id": thread}}
            content["m.relates_to"] = {"rel_type": "m.thread", "event_id": thread, **fallback}
        return await self.send(room, content)

    async def expect(self, hears: Hears, *, after: int = 0, patience: float = PATIENCE) -> Heard:
        """The first message since ``after`` (see :meth:`mark`) that fits; raises TimeoutError."""
        for heard in self.heard[after:]:
            if hears(heard):
                return heard
        future: asyncio.Future[Heard] = asyncio.get_running_loop().create_future()
        self._waiting.append((hears, future))
        async with asyncio.timeout(patience):
            return await future

    def mark(self) -> int:
        """A place in what was heard."""
        return len(self.heard)

    async def ask(self, room: str, text: str, pattern: str = "", *, sender: str, patience: float = PATIENCE) -> Heard:
        """Say something and wait for the answer."""
        mark, looked_for = self.mark(), re.compile(pattern, re.IGNORECASE | re.DOTALL)
        await self.say(room, text)
        return await self.expect(
            lambda h: h.room == room and h.sender == sender and bool(looked_for.search(h.body)),
            after=mark,
            patience=patience,
        )

    # --- pieces -----------------------------------------------------------------------------------------

    async def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """One call; raises ConnectionError for an error answer."""
        status, answer = await self._call(method, path, body)
        if status != 200:
            raise ConnectionError(f"{method} {path}: {status} {answer}")
        return answer

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None) -> tuple[int, dict[str, Any]]:
        async with self._http.request(method, V3 + path.replace("!", "%21"), json=body) as answer:
            return answer.status, await answer.json()

    def device_keys(self) -> dict[str, Any]:
        """This device's key object, signed by the device."""
        mine = {
            "algorithms": [OLM, MEGOLM],
            "device_id": self.device_id,
            "user_id": self.user_id,
            "keys": {
                f"curve25519:{self.device_id}": self._account.curve25519_key.to_base64(),
                f"ed25519:{self.device_id}": self.session_key,
            },
        }
        return self._signed(mine)

    async def _upload_keys(self, one_time: int) -> None:
        self._account.generate_one_time_keys(one_time)
        spare = {
            f"signed_curve25519:{name}": self._signed({"key": key.to_base64()})
            for name, key in self._account.one_time_keys.items()
        }
        await self.call("POST", "/keys/upload", {"device_keys": self.device_keys(), "one_time_keys": spare})
        self._account.mark_keys_as_published()

    async def _publish(self, one_time: int) -> None:
        for start in range(0, one_time, KEYS_AT_ONCE):
            await self._upload_keys(min(one_time - start, KEYS_AT_ONCE))
        master = master_signed_by_device(self._seeds, self.user_id, self.device_id, self._sign)
        keys = {**public_keys(self._seeds, self.user_id), "master_key": master}
        status, answer = await self._call("POST", "/keys/device_signing/upload", keys)
        if status == 401:
            identifier = {"type": "m.id.user", "user": self.user_id}
            who = {"type": "m.login.password", "identifier": identifier, "password": self._password}
            auth = {**who, "session": answer["session"]}
            await self.call("POST", "/keys/device_signing/upload", {**keys, "auth": auth})
        body = signatures_upload(self._seeds, self.user_id, self.device_keys(), self._sign)
        answer = await self.call("POST", "/keys/signatures/upload", body)
        if answer.get("failures"):
            raise ConnectionError(str(answer["failures"]))

    def _sign(self, message: bytes) -> bytes:
        return b64decode(str(self._account.sign(message).to_base64()) + "==")

    def _signed(self, value: dict[str, Any]) -> dict[str, Any]:
        signature = b64encode(self._sign(encode_canonical_json(value))).decode().rstrip("=")
        return {**value, "signatures": {self.user_id: {f"ed25519:{self.device_id}": signature}}}

    def _to_device(self, user: str, curve: str, ed25519: str, kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
        payload = {
            "sender": self.user_id,
            "sender_device": self.device_id,
            "keys": {"ed25519": self.session_key},
            "recipient": user,
            "recipient_keys": {"ed25519": ed25519},
            "type": kind,
            "content": content,
        }
        number, sealed = self._olm[curve][-1].encrypt(json.dumps(payload).encode()).to_parts()
        return {
            "algorithm": OLM,
            "sender_key": self._account.curve25519_key.to_base64(),
            "ciphertext": {curve: {"type": number, "body": b64encode(sealed).decode().rstrip("=")}},
        }

    # --- listen -----------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        while True:
            try:
                await self._sync(HOLD_MS)
            except (OSError, aiohttp.ClientError, ConnectionError):
                await asyncio.sleep(0.3)

    async def _sync(self, hold_ms: int, only: str = FILTER) -> None:
        query = {"timeout": str(hold_ms), "filter": only, **({"since": self._since} if self._since else {})}
        async with self._http.get(f"{V3}/sync", params=query) as answer:
            if answer.status != 200:
                raise ConnectionError(f"sync: {answer.status}")
            got = json.loads(await answer.read())
        first, self._since = not self._since, got["next_batch"]
        for raw in got.get("to_device", {}).get("events", []):
            self._take_key(raw)
        for room, news in got.get("rooms", {}).get("join", {}).items():
            if first:
                continue
            for raw in news["timeline"]["events"]:
                if raw["type"] == "m.room.encrypted" and raw["sender"] != self.user_id:
                    self._read(room, raw)
                elif raw["type"] == "m.room.member" and raw["content"].get("membership") == "join":
                    self._came[room, raw["state_key"]].set()

    def _take_key(self, raw: Mapping[str, Any]) -> None:
        content = raw["content"]
        mine = content.get("ciphertext", {}).get(self._account.curve25519_key.to_base64())
        if raw["type"] != "m.room.encrypted" or mine is None:
            return
        payload = json.loads(self._open(content["sender_key"], mine))
        if payload["type"] != "m.room_key":
            return
        key = payload["content"]
        place = (key["room_id"], key["session_id"])
        self.keys[place[0]] += 1
        self._from[place] = vodozemac.InboundGroupSession(vodozemac.SessionKey(key["session_key"]))
        for room, event in self._unread.pop(place, []):
            self._read(room, event)

    def _open(self, curve: str, message: Mapping[str, Any]) -> bytes:
        known = self._olm.setdefault(curve, [])
        if message["type"] == 0:
            prekey = vodozemac.PreKeyMessage.from_base64(message["body"])
            for session in known:
                if session.session_matches(prekey):
                    return bytes(session.decrypt(prekey.to_any()))
            made, plain = self._account.create_inbound_session(vodozemac.Curve25519PublicKey.from_base64(curve), prekey)
            known.append(made)
            return bytes(plain)
        normal = vodozemac.AnyOlmMessage.normal(b64decode(message["body"] + "=="))
        for session in reversed(known):
            with contextlib.suppress(vodozemac.OlmDecryptionException):
                return bytes(session.decrypt(normal))
        raise ConnectionError("an Olm message that no session opens")

    def _read(self, room: str, raw: Mapping[str, Any]) -> None:
        place = (room, raw["content"]["session_id"])
        session = self._from.get(place)
        if session is None:
            self._unread.setdefault(place, []).append((room, raw))
            return
        sealed = vodozemac.MegolmMessage.from_base64(raw["content"]["ciphertext"])
        payload = json.loads(bytes(session.decrypt(sealed).plaintext))
        heard = Heard(time.perf_counter(), raw["event_id"], room, raw["sender"], payload["content"])
        self.heard.append(heard)
        if self.on_message is not None:
            self.on_message(heard)
        for waiting in list(self._waiting):
            hears, future = waiting
            if future.done() or hears(heard):
                self._waiting.remove(waiting)
                if not future.done():
                    future.set_result(heard)
