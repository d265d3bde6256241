"""A person's encrypted Matrix client: logs in, makes a cross-signing identity, talks, listens.

Real Olm and Megolm on a real homeserver.  It is not the bot's client and shares nothing with it: a plain
matrix-nio client that trusts every device in its rooms, as many people's clients do.
"""

import asyncio
import contextlib
import logging
import re
import secrets
import tempfile
import uuid
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self

import aiohttp
from nio import AsyncClient, AsyncClientConfig, Event, LocalProtocolError, MegolmEvent, RoomKeyEvent, SyncResponse
from nio.store import SqliteStore

from bot.tasks import end
from keys.crosssigning import CrossSigningSeeds, master_signed_by_device, public_keys, signatures_upload

# What a person's client has to say about its own keys is no line on the screen of whoever starts it.
logging.getLogger("nio").addHandler(logging.NullHandler())

ENCRYPTION = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Heard:
    """One event as this person's client shows it."""

    event_id: str
    room: str
    sender: str
    content: Mapping[str, Any] = field(default_factory=dict)
    encrypted: bool = False
    readable: bool = True

    @property
    def body(self) -> str:
        """Plain text; of an edit, the new text."""
        shown = self.content.get("m.new_content", self.content)
        return str(shown.get("body", "")) if isinstance(shown, Mapping) else ""

    @property
    def relation(self) -> Mapping[str, Any]:
        """``m.relates_to``."""
        relation = self.content.get("m.relates_to")
        return relation if isinstance(relation, Mapping) else {}

    @property
    def thread(self) -> str | None:
        """Root of the thread that it stands in."""
        return self.relation.get("event_id") if self.relation.get("rel_type") == "m.thread" else None

    @property
    def edits(self) -> str | None:
        """The event that it replaces."""
        return self.relation.get("event_id") if self.relation.get("rel_type") == "m.replace" else None

    @property
    def rings(self) -> bool:
        """Whether a phone would ring for it: no notice, and somebody is mentioned."""
        mentions = self.content.get("m.mentions")
        return self.content.get("msgtype") == "m.text" and isinstance(mentions, Mapping) and bool(mentions)


class Silence(AssertionError):
    """What was waited for did not come."""


class Person:
    """One person on one device; use ``async with await Person.arrive(…)``."""

    def __init__(self, client: AsyncClient, password: str, folder: tempfile.TemporaryDirectory[str]) -> None:
        self.client = client
        self._password = password
        self._folder = folder
        self._http = aiohttp.ClientSession()
        self.heard: list[Heard] = []
        self._unreadable: dict[str, MegolmEvent] = {}
        self._hourglasses: dict[str | None, Heard] = {}
        self._changed = asyncio.Condition()
        self._listener: asyncio.Task[None] | None = None
        self._deaf = asyncio.Event()
        self.seeds = CrossSigningSeeds(*(secrets.token_bytes(32) for _ in range(3)))

    @classmethod
    async def arrive(cls, url: str, name: str, password: str, *, cross_signed: bool = True) -> "Person":
        """Log in as a new device; with ``cross_signed`` make the account's identity and sign the device."""
        folder = tempfile.TemporaryDirectory(prefix="enlace-person-", ignore_cleanup_errors=True)
        config = AsyncClientConfig(store=SqliteStore, store_sync_tokens=False, max_timeouts=5, max_limit_exceeded=5)
        client = AsyncClient(url, name, store_path=folder.name, config=config)
        answer = await client.login(password, device_name="person")
        if not client.access_token:
            await client.close()
            raise ConnectionError(f"{name}: {answer}")
        person = cls(client, password, folder)
        client.add_event_callback(person._on_event, Event)
        client.add_to_device_callback(person._on_key, RoomKeyEvent)
        await person._sync(0)
        if cross_signed:
            await person.make_identity()
        person._listener = asyncio.create_task(person._listen(), name=f"listen {name}")
        return person

    @property
    def user_id(self) -> str:
        """The Matrix user."""
        return str(self.client.user_id)

    @property
    def device_id(self) -> str:
        """This device, as the client's settings show it."""
        return str(self.client.device_id)

    @property
    def session_key(self) -> str:
        """This device's Ed25519 key, as the client's settings show it."""
        assert self.client.olm is not None  # noqa: S101  (a logged-in client has one)
        return str(self.client.olm.account.identity_keys["ed25519"])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.leave_for_good()

    async def stop_listening(self) -> None:
        """Hear nothing any more; what comes is the homeserver's to keep."""
        await end(self._listener)

    async def leave_for_good(self) -> None:
        """End the client; the device stays logged in."""
        await self.stop_listening()
        await self._http.close()
        await self.client.close()
        self._folder.cleanup()

    # --- identity ---------------------------------------------------------------------------------------

    async def make_identity(self) -> None:
        """Publish (or replace) the identity; it signs this device, and the device signs its master key."""
        olm = self.client.olm
        assert olm is not None  # noqa: S101  (a logged-in client has one)
        # As Element's stack does: the device that makes the identity signs the master key from the start.
        master = master_signed_by_device(self.seeds, self.user_id, self.device_id, lambda text: _sign(olm, text))
        keys = {**public_keys(self.seeds, self.user_id), "master_key": master}
        where = "/_matrix/client/v3/keys/device_signing/upload"
        status, answer = await self._call("POST", where, keys)
        if status == 401:
            auth = {
                "type": "m.login.password",
                "session": answer["session"],
                "identifier": {"type": "m.id.user", "user": self.user_id},
                "password": self._password,
            }
            await self.call("POST", where, {**keys, "auth": auth})
        mine = await self.call("POST", "/_matrix/client/v3/keys/query", {"device_keys": {self.user_id: []}})
        device = mine["device_keys"][self.user_id][self.device_id]
        body = signatures_upload(self.seeds, self.user_id, device, lambda text: _sign(olm, text))
        answer = await self.call("POST", "/_matrix/client/v3/keys/signatures/upload", body)
        if answer.get("failures"):
            raise ConnectionError(str(answer["failures"]))

    async def replace_identity(self) -> None:
        """What a reset of the identity in the client's settings does."""
        self.seeds = CrossSigningSeeds(*(secrets.token_bytes(32) for _ in range(3)))
        await self.make_identity()

    # --- rooms ------------------------------------------------------------------------------------------

    async def create_room(self, name: str, invite: Sequence[str] = (), *, version: str = "12", **more: Any) -> str:
        """An encrypted private room, history from join, guests out; ``more`` overrides the request."""
        body = {
            "name": name,
            "preset": "private_chat",
            "room_version": version,
            "invite": list(invite),
            "initial_state": [
                ENCRYPTION,
                {"type": "m.room.history_visibility", "state_key": "", "content": {"history_visibility": "joined"}},
                {"type": "m.room.guest_access", "state_key": "", "content": {"guest_access": "forbidden"}},
            ],
            **more,
        }
        room: str = (await self.call("POST", "/_matrix/client/v3/createRoom", body))["room_id"]
        await self.until(lambda: room in self.client.rooms, f"{name} to appear")
        return room

    async def invite(self, room: str, user: str) -> None:
        """Invite somebody."""
        await self.call("POST", f"/_matrix/client/v3/rooms/{room}/invite", {"user_id": user})

    async def join(self, room: str) -> None:
        """Accept an invitation (waits for it)."""
        await self.until(lambda: room in self.client.invited_rooms or room in self.client.rooms, "an invitation")
        await self.call("POST", f"/_matrix/client/v3/join/{room}", {})
        await self.until(lambda: room in self.client.rooms and self.client.rooms[room].encrypted, "the room")

    async def wait_member(self, room: str, user: str) -> None:
        """Wait until somebody has joined."""

        def joined() -> bool:
            known = self.client.rooms.get(room)
            return known is not None and user in known.users and user not in known.invited_users

        await self.until(joined, f"{user} to join")

    async def wait_invitation(self, sender: str | None = None) -> str:
        """The room of an invitation (of this sender)."""

        def found() -> str | None:
            for room, invited in self.client.invited_rooms.items():
                if (sender is None or invited.inviter == sender) and room not in self.client.rooms:
                    return str(room)
            return None

        await self.until(lambda: found() is not None, "an invitation")
        return found() or ""

    # --- talk -------------------------------------------------------------------------------------------

    async def say(
        self, room: str, text: str, *, thread: str | None = None, reply_to: str | None = None, **more: Any
    ) -> str:
        """Send encrypted text; returns the event id."""
        content: dict[str, Any] = {"msgtype": "m.text", "body": text, "m.mentions": {}, **more}
        if thread is not None:
            fallback = {"is_falling_back": reply_to is None, "m.in_reply_to": {"event_id": reply_to or thread}}
            content["m.relates_to"] = {"rel_type": "m.thread", "event_id": thread, **fallback}
        elif reply_to is not None:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": reply_to}}
        return await self.send(room, "m.room.message", content)

    async def send(self, room: str, kind: str, content: Mapping[str, Any]) -> str:
        """Send any event, encrypted where the specification has it so."""
        for _ in range(5):
            await self._trust_everybody()
            with contextlib.suppress(LocalProtocolError):
                answer = await self.client.room_send(room, kind, dict(content), tx_id=uuid.uuid4().hex)
                event_id = getattr(answer, "event_id", None)
                if isinstance(event_id, str):
                    return event_id
            await asyncio.sleep(0.2)
        raise ConnectionError(f"{self.user_id}: could not send into {room}")

    async def react(self, room: str, event_id: str, key: str) -> str:
        """React to an event: in the clear, as all clients do."""
        relation = {"rel_type": "m.annotation", "event_id": event_id, "key": key}
        return await self.send(room, "m.reaction", {"m.relates_to": relation})

    async def say_in_clear(self, room: str, text: str) -> str:
        """What a broken client or a hostile homeserver does: plain text in an encrypted room."""
        path = f"/_matrix/client/v3/rooms/{room}/send/m.room.message/{uuid.uuid4().hex}"
        answer = await self.call("PUT", path, {"msgtype": "m.text", "body": text})
        return str(answer["event_id"])

    # --- listen -----------------------------------------------------------------------------------------

    def messages(self, room: str, sender: str | None = None) -> list[Heard]:
        """What was said in a room (by somebody), oldest first."""
        return [h for h in self.heard if h.room == room and sender in (None, h.sender)]

    async def hear(
        self,
        room: str,
        pattern: str = "",
        *,
        sender: str | None = None,
        after: int = 0,
        edits: bool = False,
        patience: float = PATIENCE,
        where: Callable[[Heard], bool] = lambda _: True,
    ) -> Heard:
        """The first message since ``after`` (see :meth:`mark`) that matches; raises :class:`Silence`."""
        looked_for = re.compile(pattern, re.IGNORECASE | re.DOTALL)

        def found() -> Heard | None:
            for heard in self.heard[after:]:
                fits = heard.room == room and heard.readable and heard.sender != self.user_id
                meant = sender in (None, heard.sender) and (edits or heard.edits is None)
                if fits and meant and looked_for.search(heard.body) and where(heard):
                    return heard
            return None

        try:
            await self.until(lambda: found() is not None, "", patience)
        except Silence:
            last = "\n".join(f"  {h.sender}: {h.body!r}" for h in self.messages(room)[-6:])
            raise Silence(f"{self.user_id} did not hear {pattern!r}; last heard:\n{last}") from None
        heard = found()
        assert heard is not None  # noqa: S101  (it was there a line above)
        return heard

    def mark(self) -> int:
        """A place in what was heard, for ``after``."""
        return len(self.heard)

    async def ask(self, room: str, text: str, pattern: str = "", *, sender: str, **more: Any) -> Heard:
        """Say something and wait for the answer."""
        mark = self.mark()
        await self.say(room, text, **more)
        return await self.hear(room, pattern, sender=sender, after=mark)

    async def until(self, true: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
        """Wait until something has become true; raises :class:`Silence`."""
        try:
            async with asyncio.timeout(patience), self._changed:
                await self._changed.wait_for(true)
        except TimeoutError:
            raise Silence(f"{self.user_id} waited for {what}") from None

    # --- pieces -----------------------------------------------------------------------------------------

    async def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """One raw call in this person's name; raises ConnectionError for an error answer."""
        status, answer = await self._call(method, path, body)
        if status != 200:
            raise ConnectionError(f"{method} {path}: {status} {answer}")
        return answer

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self.client.access_token}"}
        url = self.client.homeserver + path.replace("!", "%21")
        async with self._http.request(method, url, json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def _listen(self) -> None:
        while True:
            try:
                if not isinstance(await self._sync(10_000), SyncResponse):
                    await asyncio.sleep(0.3)
            except (OSError, aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(0.3)

    async def _sync(self, hold_ms: int) -> object:
        filter_ = {"room": {"timeline": {"limit": 200}}}
        answer = await self.client.sync(hold_ms, sync_filter=filter_, full_state=self.client.next_batch == "")
        if self.client.should_upload_keys:
            await self.client.keys_upload()
        if self.client.should_query_keys:
            await self.client.keys_query()
        if self.client.should_claim_keys:
            await self.client.keys_claim(self.client.get_users_for_key_claiming())
        await self.client.send_to_device_messages()
        async with self._changed:
            self._changed.notify_all()
        return answer

    async def _trust_everybody(self) -> None:
        for device in self.client.device_store:
            if not device.verified:
                self.client.verify_device(device)

    async def _on_event(self, room: Any, event: Event) -> None:
        if any(h.event_id == event.event_id for h in self.heard):
            return
        if isinstance(event, MegolmEvent):
            self._unreadable[event.event_id] = event
            self.heard.append(Heard(event.event_id, room.room_id, event.sender, {}, encrypted=True, readable=False))
            return
        self._hear(_heard(room.room_id, event))

    async def _on_key(self, _event: object) -> None:
        for event_id, sealed in list(self._unreadable.items()):
            with contextlib.suppress(Exception):
                event = self.client.decrypt_event(sealed)
                del self._unreadable[event_id]
                self.heard[:] = [h for h in self.heard if h.event_id != event_id]
                self._hear(_heard(str(sealed.room_id), event))

    def _hear(self, heard: Heard) -> None:
        """What only says that an answer will take its place is waited for, as people do."""
        if heard.edits in self._hourglasses:
            shown = self._hourglasses.pop(heard.edits)
            new = heard.content.get("m.new_content", {})
            self.heard.append(replace(shown, content={**new, "m.relates_to": shown.relation}))
        elif heard.body.startswith("⏳"):
            self._hourglasses[heard.event_id] = heard
        else:
            self.heard.append(heard)


def _heard(room: str, event: Event) -> Heard:
    content = event.source.get("content", {})
    return Heard(event.event_id, room, event.sender, content, encrypted=bool(event.decrypted))


def _sign(olm: Any, text: bytes) -> bytes:
    return b64decode(str(olm.account.sign(text.decode())) + "==")


__all__ = ["Heard", "Person", "Silence"]
