"""Who runs a homeserver of the federation and chooses what it sends: withheld, changed, or of the operator's own making.

A server signs its requests and its people's events with one key, which lies in its folder: its operator has it."""

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote

from aiohttp import web
from signedjson.key import read_signing_keys
from signedjson.sign import sign_json
from synapse.api.room_versions import RoomVersions
from synapse.crypto.event_signing import add_hashes_and_signatures
from synapse.event_auth import auth_types_for_event
from synapse.events import EventBase, make_event_from_dict
from yarl import URL

from tests.harness.federation import Federation
from tests.harness.operator import Headers, Operator

Change = Callable[[dict[str, Any]], None]
"""Changes a transaction (``pdus``, ``edus``) in place."""
VERSION = RoomVersions.V12
TAKEN_WITHIN = 30.0


class Refused(Exception):
    """The other server refused a request."""


class Busy(Refused):
    """It takes nothing just now."""


class Sender(Operator):
    """Sends to the first server in the name of another; ``async with`` begins and ends it.

    It stands before the first server, where what the other one sends passes by."""

    def __init__(self, federation: Federation, number: int = 1) -> None:
        super().__init__(federation, 0)
        self.name, self._to = federation.names[number], federation.names[0]
        text = (federation.servers[number].directory / "signing.key").read_text()
        self.key = read_signing_keys(text.splitlines())[0]
        self.changes: list[Change] = []
        """What is done to each transaction."""

    def _onward(self, request: web.Request, asked: bytes, headers: Headers) -> tuple[bytes, Headers]:
        if "/send/" not in request.raw_path or not self.changes:
            return asked, headers
        transaction = json.loads(asked)
        for change in self.changes:
            change(transaction)
        header = self._header(request.method, request.raw_path, transaction)
        return json.dumps(transaction).encode(), {"Content-Type": "application/json", **header}

    def _header(self, method: str, uri: str, content: Any = None) -> Headers:
        signed = {"method": method, "uri": uri, "origin": self.name, "destination": self._to}
        if content is not None:
            signed["content"] = content
        [(key, signature)] = sign_json(signed, self.name, self.key)["signatures"][self.name].items()
        return {
            "Authorization": f'X-Matrix origin="{self.name}",destination="{self._to}",key="{key}",sig="{signature}"'
        }

    async def ask(self, method: str, path: str, content: Any = None) -> Any:
        """One request to the first server as the other one; raises :class:`Refused`."""
        uri = f"/_matrix/federation{path}"
        url = f"https://127.0.0.1:{self._honest}{uri}"
        headers = self._header(method, uri, content)
        async with self._session.request(method, URL(url, encoded=True), json=content, headers=headers) as answer:
            value = await answer.json()
            if answer.status == 429:
                raise Busy(path)
            if answer.status != 200:
                raise Refused(f"{path}: {answer.status} {value}")
            return value

    async def send(self, pdus: Iterable[Any] = (), edus: Iterable[Any] = ()) -> Any:
        """One transaction of the operator's own making."""
        body = {
            "origin": self.name,
            "origin_server_ts": int(time.time() * 1000),
            "pdus": list(pdus),
            "edus": list(edus),
        }
        path = f"/v1/send/{secrets.token_hex(8)}"
        async with asyncio.timeout(TAKEN_WITHIN):
            while True:
                try:
                    return await self.ask("PUT", path, body)
                except Busy:  # one transaction of a server at a time, and its own are under way, too
                    await asyncio.sleep(0.05)

    # --- events -----------------------------------------------------------------------------------------

    async def branch(self, room: str, at: str) -> "Branch":
        """A branch that begins after this event, as the first server has it."""
        [found] = (await self.ask("GET", f"/v1/event/{quote(at)}"))["pdus"]
        told = await self.ask("GET", f"/v1/state/{quote(room)}?event_id={quote(at)}")
        events = [make_event_from_dict(pdu, VERSION) for pdu in (*told["pdus"], found)]
        state = {(event.type, event.state_key): event for event in events if event.is_state()}
        return Branch(self, room, state, events[-1])

    def sign(self, pdu: dict[str, Any]) -> EventBase:
        """An event with the hash and the signature of the operator's server; what it had before is gone."""
        pdu = {key: value for key, value in pdu.items() if key not in ("hashes", "signatures")}
        add_hashes_and_signatures(VERSION, pdu, self.name, self.key)
        return make_event_from_dict(pdu, VERSION)

    def sign_answer(self, value: dict[str, Any]) -> dict[str, Any]:
        """An answer that is signed as a whole, with the signature of the operator's server and no other."""
        return sign_json({key: inner for key, inner in value.items() if key != "signatures"}, self.name, self.key)

    async def push(self, *events: EventBase) -> None:
        """Send events, and wait until the first server has taken or rejected them all."""
        answer = await self.send([event.get_pdu_json() for event in events])
        for event in events:
            assert answer["pdus"].get(event.event_id) == {}, answer
        for event in events:
            async with asyncio.timeout(TAKEN_WITHIN):
                while not await self.has(event.event_id):
                    await asyncio.sleep(0.05)

    async def has(self, event_id: str) -> bool:
        """Whether the first server has an event."""
        try:
            await self.ask("GET", f"/v1/event/{quote(event_id)}")
        except Refused:
            return False
        return True


class Branch:
    """Events of the operator's people, each after the one before; the first hangs on one that may be long past."""

    def __init__(self, sender: Sender, room: str, state: Mapping[tuple[str, str], EventBase], after: EventBase) -> None:
        self._sender = sender
        self._room = room
        self._after = after
        self.state = dict(state)

    def add(
        self,
        sender: str,
        kind: str,
        content: Mapping[str, Any],
        *,
        key: str | None = None,
        at: int | None = None,
    ) -> EventBase:
        """The next event, signed and not sent yet; ``at``: what it says of its time, in ms."""
        pdu: dict[str, Any] = {
            "room_id": self._room,
            "sender": sender,
            "type": kind,
            "content": dict(content),
            "origin_server_ts": int(time.time() * 1000) if at is None else at,
            "depth": self._after.depth + 1,
            "prev_events": [self._after.event_id],
            "auth_events": [],
            **({} if key is None else {"state_key": key}),
        }
        needed = auth_types_for_event(VERSION, make_event_from_dict({**pdu, "hashes": {}, "signatures": {}}, VERSION))
        # A room's id names its creation since room version 12, and no event does.
        needed.discard(("m.room.create", ""))
        pdu["auth_events"] = [self.state[place].event_id for place in sorted(needed) if place in self.state]
        event = self._after = self._sender.sign(pdu)
        if key is not None:
            self.state[kind, key] = event
        return event
