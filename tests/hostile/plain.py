"""A relay bot on plain matrix-nio, as people write them: ``sync_forever``, callbacks, unverified devices ignored.

It does what enlace does for people who trust their homeserver, so that the same attack can be tried on both."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nio import (
    AsyncClient,
    AsyncClientConfig,
    InviteMemberEvent,
    MatrixRoom,
    ReactionEvent,
    RedactionEvent,
    RoomMessageText,
    RoomUpgradeEvent,
)
from nio.store import SqliteStore

CONFIG = AsyncClientConfig(store=SqliteStore, store_sync_tokens=True, encryption_enabled=True)
HOLD_MS = 3000
OPERATOR = 50
"""The power level from which a member may close a room."""


@dataclass
class Relayed:
    """A message in one room and its copy in another."""

    room: str
    event: str


@dataclass
class PlainBot:
    """``people`` are those whose commands count; ``rooms`` maps names of targets to rooms."""

    url: str
    user: str
    folder: Path
    phone: str
    people: set[str] = field(default_factory=set)
    rooms: dict[str, str] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    _copies: dict[str, Relayed] = field(default_factory=dict)
    _pages: dict[str, str] = field(default_factory=dict)
    _asked: dict[str, tuple[str, str]] = field(default_factory=dict)
    _task: asyncio.Task[None] | None = None

    async def log_in(self, password: str) -> None:
        """A new device."""
        self.client = AsyncClient(self.url, self.user, store_path=str(self.folder), config=CONFIG)
        await self.client.login(password)
        self.token, self.device_id = self.client.access_token, self.client.device_id
        self._listen()

    async def restart(self) -> None:
        """The same device in a new process, as far as anything in memory goes."""
        await self.stop()
        self.client = AsyncClient(self.url, self.user, self.device_id, store_path=str(self.folder), config=CONFIG)
        self.client.restore_login(self.user, self.device_id, self.token)
        self._listen()

    def _listen(self) -> None:
        client = self.client
        client.add_event_callback(self._invited, InviteMemberEvent)
        client.add_event_callback(self._said, RoomMessageText)
        client.add_event_callback(self._reacted, ReactionEvent)
        client.add_event_callback(self._redacted, RedactionEvent)
        client.add_event_callback(self._upgraded, RoomUpgradeEvent)
        self._task = asyncio.create_task(client.sync_forever(timeout=HOLD_MS, full_state=True), name="plain bot")

    @property
    def dead(self) -> bool:
        """Whether its loop has ended."""
        return self._task is None or self._task.done()

    async def stop(self) -> None:
        """End it."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(BaseException):
                await asyncio.wait_for(asyncio.shield(asyncio.gather(self._task, return_exceptions=True)), 3)
        await self.client.close()

    # --- what it does -----------------------------------------------------------------------------------

    async def say(self, room: str, text: str, relation: dict[str, Any] | None = None) -> str:
        """Send; the event id."""
        content: dict[str, Any] = {"msgtype": "m.text", "body": text}
        if relation is not None:
            content["m.relates_to"] = relation
        sent = await self.client.room_send(room, "m.room.message", content, ignore_unverified_devices=True)
        return str(getattr(sent, "event_id", ""))

    async def _invited(self, room: MatrixRoom, event: InviteMemberEvent) -> None:
        if event.state_key == self.client.user_id and event.membership == "invite":
            await self.client.join(room.room_id)

    async def _said(self, room: MatrixRoom, event: RoomMessageText) -> None:
        if event.sender == self.client.user_id:
            return
        relation = event.source["content"].get("m.relates_to") or {}
        answer = {"m.in_reply_to": {"event_id": event.event_id}}
        line, _, rest = event.body.partition("\n")
        word, _, arguments = line.partition(" ")
        if word == "!whois":
            await self.say(room.room_id, f"{arguments}: {self.phone}", answer)
        elif event.sender not in self.people:
            return
        elif word == "!send":
            await self._send(room.room_id, event, arguments, rest, answer)
        elif word == "!escalate":
            page = await self.say(self.rooms[arguments.split()[0]], f"{arguments}\nWho takes this?")
            self._pages[page] = room.room_id
            await self.say(room.room_id, "paged", answer)
        elif word == "!close":
            if room.power_levels.get_user_level(event.sender) >= OPERATOR:
                self.closed.add(room.room_id)
                await self.say(room.room_id, "closed", answer)
        elif event.body == "ok" and room.room_id in self._asked:
            target, text = self._asked.pop(room.room_id)
            await self.say(target, text)
        elif relation.get("rel_type") == "m.thread" and relation.get("event_id") in self._copies:
            copy = self._copies[relation["event_id"]]
            await self.say(copy.room, event.body, {"rel_type": "m.thread", "event_id": copy.event})

    async def _send(self, room: str, event: RoomMessageText, arguments: str, text: str, answer: dict[str, Any]) -> None:
        words = arguments.split()
        target = self.rooms[words[0]]
        if len(words) > 2:  # a word that is neither target nor label
            self._asked[room] = (target, text)
            await self.say(room, "Nothing was sent yet: ok?", answer)
            return
        copy = await self.say(target, text)
        self._copies[event.event_id] = Relayed(target, copy)
        self._copies[copy] = Relayed(room, event.event_id)
        await self.say(room, "sent", answer)

    async def _reacted(self, room: MatrixRoom, event: ReactionEvent) -> None:
        if event.key == "✅" and event.reacts_to in self._pages:
            await self.say(self._pages[event.reacts_to], f"taken by {event.sender}")

    async def _redacted(self, room: MatrixRoom, event: RedactionEvent) -> None:
        if event.redacts in self._copies:
            copy = self._copies[event.redacts]
            await self.say(copy.room, "withdrawn", {"m.in_reply_to": {"event_id": copy.event}})

    async def _upgraded(self, room: MatrixRoom, event: RoomUpgradeEvent) -> None:
        await self.client.join(event.replacement_room)
        for name, where in self.rooms.items():
            if where == room.room_id:
                self.rooms[name] = event.replacement_room
