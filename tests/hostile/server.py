"""A homeserver that lies to the bot, and to the bot alone: a proxy before a real one.

People talk to the real homeserver.  Whatever a lie does to an answer, the bot's client cannot know."""

import asyncio
import json
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from aiohttp import ClientError, web
from yarl import URL

from bot.tasks import end
from tests.contract.matrix.attacks import LyingServer

Lie = Callable[["Ask", Any], Any]
"""Changes a JSON answer in place, or returns another one."""
Instead = Callable[["Ask"], Awaitable[web.StreamResponse | None]]
"""Answers itself; None lets the request pass."""
MARK = "~"
"""Between a position of the real homeserver and our own count."""
_MARKED = re.compile(r"(?:~|%7E)\d+", re.IGNORECASE)
HIDDEN_HEADERS = ("authorization", "content-type")


@dataclass(slots=True)
class Ask:
    """A request of the bot."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    request: web.Request

    @property
    def sync(self) -> bool:
        """Whether it is a ``/sync``."""
        return self.path.endswith("/sync")


@dataclass(slots=True)
class Taken:
    """What passed the server's hands: everything that an attacker in its place has."""

    to_device: list[dict[str, Any]] = field(default_factory=list)
    """``{user: {device: content}}`` as the bot sent it."""
    events: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    """Room, type and content of what the bot sent into rooms."""
    asks: list[tuple[float, str]] = field(default_factory=list)
    """When the bot asked for which path."""
    shown: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Of each event that the homeserver had for the bot: in which sync, and how much the bot had sent by then."""


class Lies(LyingServer):
    """The proxy; see the methods for what it can be made to say."""

    def __init__(self, upstream: str) -> None:
        super().__init__(upstream)
        self.bot = ""
        """The Matrix user whom it lies to."""
        self.taken = Taken()
        self.lied = 0
        """How many answers about keys were changed since it was honest."""
        self.about: set[str] = set()
        """Whose keys were lied about, or kept from the bot, since it was honest."""
        self.syncs = 0
        """How many syncs have begun."""
        self.position = ""
        """The newest position that the bot was given."""
        self._open = 0
        self._closed_at = time.monotonic()
        self._lies: list[tuple[str, Lie]] = []
        self._instead: list[tuple[str, Instead]] = []
        self._once: list[Callable[[dict[str, Any]], None]] = []
        self._nudged = asyncio.Event()
        self._position = 0

    # --- lies -------------------------------------------------------------------------------------------

    def lie(self, part: str, change: Lie) -> None:
        """Change every answer to a path that contains ``part``."""
        self._lies.append((part, change))
        self.nudge()

    def instead(self, part: str, answer: Instead) -> None:
        """Answer requests to paths that contain ``part`` without asking the homeserver."""
        self._instead.append((part, answer))
        self.nudge()

    def honest(self) -> None:
        """No lies any more; whose keys were lied about is announced."""
        self.lied = 0
        self._lies.clear()
        self._instead.clear()
        self._once.clear()
        if self.about:
            self.announce(*self.about)
            self.about.clear()
        self.nudge()

    def forget(self) -> None:
        """Drop what the bot has said so far; keys stay."""
        self.taken.events.clear()
        self.taken.shown.clear()

    def nudge(self) -> None:
        """Let the bot's open ``/sync`` end now."""
        self._nudged.set()

    # --- what the bot does ------------------------------------------------------------------------------

    def passed_over(self, event_id: str, room: str) -> bool:
        """Whether the bot went on to the next sync after this event, and has sent nothing into the room since."""
        if event_id not in self.taken.shown:
            return False
        sync, sent = self.taken.shown[event_id]
        return self.syncs > sync and all(where != room for where, _, _ in self.taken.events[sent:])

    def deserted(self, seconds: float) -> bool:
        """Whether no sync of the bot's has waited for anything new for so long."""
        return not self._open and time.monotonic() - self._closed_at > seconds

    # --- what the next sync says besides the truth ------------------------------------------------------

    def add(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change the next sync answer, once."""
        self._once.append(change)
        self.nudge()

    def announce(self, *users: str) -> None:
        """Say that the devices of these users changed."""
        self.add(lambda sync: sync.setdefault("device_lists", {}).setdefault("changed", []).extend(users))

    def say(self, room: str, *events: Mapping[str, Any]) -> None:
        """Put events into a room's timeline."""
        self.add(lambda sync: joined(sync, room)["timeline"]["events"].extend(events))

    def state(self, room: str, *events: Mapping[str, Any]) -> None:
        """Put events into the state part of a room, where no timeline shows them, and stand by it when asked."""

        def also(ask: Ask, answer: Any) -> None:
            if ask.path.endswith(f"/rooms/{room}/state") and isinstance(answer, list):
                answer.extend(events)

        self.lie("/state", also)
        self.add(lambda sync: joined(sync, room)["state"]["events"].extend(events))

    # --- device keys ------------------------------------------------------------------------------------

    def show_keys(self, user: str, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> None:
        """Change what ``/keys/query`` says of a user: ``change(devices, whole answer)``; and say that it changed."""

        def lie(ask: Ask, answer: Any) -> Any:
            if isinstance(ask.body, dict) and user in ask.body.get("device_keys", {}):
                change(answer.setdefault("device_keys", {}).setdefault(user, {}), answer)
                self.lied += 1
            return answer

        self.about.add(user)
        self.lie("/keys/query", lie)
        self.announce(user)

    def show_device(self, user: str, device_id: str, keys: Mapping[str, Any], claims: list[dict[str, Any]]) -> None:
        """Show a device that its owner does not have; ``claims`` are its one-time keys."""
        self.show_keys(user, lambda devices, _: devices.update({device_id: json.loads(json.dumps(keys))}))
        self.give_claims(user, device_id, claims)

    def give_claims(self, user: str, device_id: str, claims: list[dict[str, Any]]) -> None:
        """Answer claims of one-time keys for this device with these."""

        def lie(ask: Ask, answer: Any) -> Any:
            if device_id in ask.body.get("one_time_keys", {}).get(user, {}) and claims:
                answer.setdefault("one_time_keys", {}).setdefault(user, {})[device_id] = claims.pop()
            return answer

        self.lie("/keys/claim", lie)

    # --- passing on -------------------------------------------------------------------------------------

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        ask = await _read(request)
        self._note(ask)
        self.syncs += ask.sync
        for part, answer in list(self._instead):
            if part in ask.path and (own := await answer(ask)) is not None:
                return own
        if ask.sync:
            self._nudged.clear()
            self._open += 1
            try:
                body = await self._sync(ask)
            finally:
                self._open -= 1
                self._closed_at = time.monotonic()
            if body is None:
                return web.json_response({"errcode": "M_UNKNOWN", "error": "away"}, status=502)
            return web.json_response(body)
        return await self._relay(ask)

    async def _relay(self, ask: Ask) -> web.Response:
        status, kind, text = await self._forward(ask, ask.request.raw_path)
        if kind == "application/json" and status == 200:
            text = json.dumps(self._changed(ask, json.loads(text))).encode()
        return web.Response(status=status, body=text, content_type=kind)

    async def _sync(self, ask: Ask) -> Any:
        """A sync that ends as soon as there is something to lie about."""
        path = ask.request.raw_path
        waiting = bool(self._once)
        if not waiting:
            long = asyncio.ensure_future(self._forward(ask, path))
            nudge = asyncio.ensure_future(self._nudged.wait())
            try:
                await asyncio.wait({long, nudge}, return_when=asyncio.FIRST_COMPLETED)
                if long.done():
                    return self._changed(ask, _sync_body(long.result()))
            finally:
                await end(long, nudge)
        at_once = "&".join(p for p in path.split("&") if not p.startswith("timeout="))
        return self._changed(ask, _sync_body(await self._forward(ask, at_once + "&timeout=0")))

    def _changed(self, ask: Ask, answer: Any) -> Any:
        if answer is None:
            return None
        if ask.sync:
            for part in answer.get("rooms", {}).get("join", {}).values():
                for one in part.get("timeline", {}).get("events", []):
                    self.taken.shown.setdefault(one["event_id"], (self.syncs, len(self.taken.events)))
            once, self._once = self._once, []
            # nio throws away what does not move its position, and enlace slows down.
            self._position += 1
            answer["next_batch"] += f"{MARK}{self._position}"
            for change in once:
                change(answer)
        for part, lie in list(self._lies):
            if part in ask.path:
                other = lie(ask, answer)
                answer = answer if other is None else other
        if ask.sync:
            self.position = str(answer.get("next_batch"))
        return answer

    async def _forward(self, ask: Ask, path: str) -> tuple[int, str, bytes]:
        headers = {k: v for k, v in ask.request.headers.items() if k.lower() in HIDDEN_HEADERS}
        data = await ask.request.read()
        url = self.upstream + _MARKED.sub("", path)
        try:
            async with self._session.request(ask.method, URL(url, encoded=True), data=data, headers=headers) as answer:
                return answer.status, answer.content_type, await answer.read()
        except ClientError:
            return 502, "text/plain", b"away"

    def _note(self, ask: Ask) -> None:
        self.taken.asks.append((time.monotonic(), ask.path))
        parts = [unquote(part) for part in ask.request.raw_path.partition("?")[0].split("/")]
        if "sendToDevice" in parts and isinstance(ask.body, dict):
            self.taken.to_device.append(ask.body.get("messages", {}))
        if ask.method == "PUT" and "send" in parts and "rooms" in parts:
            self.taken.events.append((parts[parts.index("rooms") + 1], parts[parts.index("send") + 1], ask.body))


def joined(sync: dict[str, Any], room: str) -> dict[str, Any]:
    """A joined room's part of a sync answer, made if it is not there."""
    part: dict[str, Any] = sync.setdefault("rooms", {}).setdefault("join", {}).setdefault(room, {})
    part.setdefault("timeline", {}).setdefault("events", [])
    part["timeline"].setdefault("limited", False)
    part["timeline"].setdefault("prev_batch", sync.get("next_batch", "x"))
    part.setdefault("state", {}).setdefault("events", [])
    for name in ("ephemeral", "account_data"):
        part.setdefault(name, {"events": []})
    return part


def event(sender: str, kind: str, content: Mapping[str, Any], *, state_key: str | None = None) -> dict[str, Any]:
    """An event that nobody sent."""
    made: dict[str, Any] = {
        "event_id": "$" + secrets.token_urlsafe(32),
        "sender": sender,
        "type": kind,
        "content": dict(content),
        "origin_server_ts": int(time.time() * 1000),
        "unsigned": {},
    }
    return made if state_key is None else {**made, "state_key": state_key}


async def _read(request: web.Request) -> Ask:
    text = await request.read()
    try:
        body = json.loads(text) if text else None
    except ValueError:
        body = None
    return Ask(request.method, request.path, request.query, body, request)


def _sync_body(answer: tuple[int, str, bytes]) -> Any:
    status, _, text = answer
    return json.loads(text) if status == 200 else None
