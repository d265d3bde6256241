"""The attacker's own device: a real matrix-nio client with keys of its own that tries to read what the bot says."""

import json
import secrets
import tempfile
from collections.abc import Iterator
from typing import Any

from nio import AsyncClient, AsyncClientConfig, MegolmEvent, OlmEvent
from nio.store import SqliteMemoryStore

from bot.demo.person import Person
from keys.crosssigning import CrossSigningSeeds, sign_device
from tests.hostile.server import Lies


class Reader:
    """An Olm machine that is fed with everything that passes the server's hands."""

    def __init__(self, user_id: str, device_id: str, olm: Any) -> None:
        self.user_id = user_id
        self.device_id = device_id
        self.olm = olm
        self._looked_at = 0
        self._fed = True

    @classmethod
    def of(cls, person: Person) -> "Reader":
        """A person's own client, turned against the room; its keys come to it by the homeserver."""
        reader = cls(person.user_id, person.device_id, person.client.olm)
        reader._fed = False
        return reader

    @property
    def curve25519(self) -> str:
        """The key that Olm messages for it are encrypted to."""
        return str(self.olm.account.identity_keys["curve25519"])

    def reads(self, server: Lies) -> list[str]:
        """Every text of the bot's that it can decrypt, of all that passed the server's hands."""
        for sender, content in self._addressed(server) if self._fed else ():
            event = OlmEvent.from_dict({"type": "m.room.encrypted", "sender": sender, "content": content})
            if isinstance(event, OlmEvent):
                self.olm.handle_to_device_event(event)
        texts = []
        for number, (room, kind, content) in enumerate(server.taken.events):
            if kind == "m.room.message":
                texts.append(json.dumps(content, ensure_ascii=False))  # sent in the clear: no key is needed
            elif kind == "m.room.encrypted":
                texts += self._opened(room, content, number)
        return texts

    def _addressed(self, server: Lies) -> Iterator[tuple[str, dict[str, Any]]]:
        taken = server.taken.to_device
        for messages in taken[self._looked_at :]:
            for devices in messages.values():
                for content in devices.values():
                    if self.curve25519 in content.get("ciphertext", {}):
                        yield server.bot, content
        self._looked_at = len(taken)

    def _opened(self, room: str, content: dict[str, Any], number: int) -> list[str]:
        raw = {
            "type": "m.room.encrypted",
            "event_id": f"$taken{number}",
            "sender": "@bot:enlace.test",
            "origin_server_ts": 0,
            "room_id": room,
            "content": content,
        }
        event = MegolmEvent.from_dict(raw)
        if not isinstance(event, MegolmEvent):
            return []
        event.room_id = room
        opened = self.olm._decrypt_megolm_no_error(event, room)
        return [json.dumps(opened.source["content"], ensure_ascii=False)] if opened is not None else []


class Thief(Reader):
    """A device that claims to be ``device_id`` of ``user_id``; it is never logged in: the server is on its side."""

    def __init__(self, user_id: str, device_id: str = "") -> None:
        # nio keeps the first key that it saw for a device name, so every thief has a name of its own.
        device_id = device_id or f"NEW{secrets.token_hex(4).upper()}"
        config = AsyncClientConfig(store=SqliteMemoryStore, store_sync_tokens=False)
        self._folder = tempfile.TemporaryDirectory(prefix="enlace-thief-", ignore_cleanup_errors=True)
        self._client = AsyncClient("http://127.0.0.1:9", user_id, device_id, self._folder.name, config)
        self._client.restore_login(user_id, device_id, "none")
        super().__init__(user_id, device_id, self._client.olm)
        shared = self.olm.share_keys()
        self.keys: dict[str, Any] = shared["device_keys"]
        self.claims: list[dict[str, Any]] = [{name: key} for name, key in shared["one_time_keys"].items()]

    def signed_by(self, seeds: CrossSigningSeeds) -> dict[str, Any]:
        """Its keys with the signature of a cross-signing identity."""
        return sign_device(seeds, self.user_id, self.keys)

    def join(self, server: Lies, *, keys: dict[str, Any] | None = None) -> None:
        """Let the server show it among its user's devices."""
        server.show_device(self.user_id, self.device_id, keys or self.keys, self.claims)
