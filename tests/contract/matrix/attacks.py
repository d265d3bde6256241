"""What strangers, members and homeservers do to a client; used on plain matrix-nio and on enlace alike."""

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Self
from urllib.parse import quote

import vodozemac
from aiohttp import ClientSession, web

from bot.demo.person import Person

OLM = "m.olm.v1.curve25519-aes-sha2"
MEGOLM = "m.megolm.v1.aes-sha2"


async def to_device(attacker: Person, user: str, device: str, content: Mapping[str, Any]) -> None:
    path = f"/_matrix/client/v3/sendToDevice/m.room.encrypted/{uuid.uuid4().hex}"
    await attacker.call("PUT", path, {"messages": {user: {device: content}}})


async def storm(attacker: Person, user: str, device: str, curve25519: str) -> int:
    """Malformed to-device messages from somebody who shares no room; returns how many."""
    account = vodozemac.Account()
    account.generate_one_time_keys(1)
    target = vodozemac.Curve25519PublicKey.from_base64(curve25519)
    session = account.create_outbound_session(target, vodozemac.Curve25519SecretKey().public_key())
    kind, text = session.encrypt(b"{}").to_parts()
    own = account.curve25519_key.to_base64()

    def olm(kind: Any, body: Any, sender_key: Any = own) -> dict[str, Any]:
        return {"algorithm": OLM, "sender_key": sender_key, "ciphertext": {curve25519: {"type": kind, "body": body}}}

    messages: list[dict[str, Any]] = [
        olm(0, "AAAA"),
        olm(0, "!!!"),
        olm(1, "AAAA"),
        olm(1, "!"),
        olm(0, "x" * 10, "notakey"),
        olm(kind, vodozemac.Ed25519Signature.__name__),
        olm(kind, _b64(text)),
        {"algorithm": OLM, "sender_key": 7, "ciphertext": []},
        {"algorithm": OLM},
        {"algorithm": ["x"], "sender_key": own, "ciphertext": {curve25519: {"type": "0", "body": {}}}},
        {"a": {"b": "c"}},
    ]
    for message in messages:
        await to_device(attacker, user, device, message)
    return len(messages)


def _b64(data: bytes) -> str:
    import base64

    return base64.b64encode(data).decode().rstrip("=")


def sealed(person: Person, room: str, plain: bytes) -> dict[str, Any]:
    """Any bytes at all, in a ciphertext of the person's current session of the room."""
    session = person.client.olm.outbound_group_sessions[room]
    return {
        "algorithm": MEGOLM,
        "sender_key": person.client.olm.account.identity_keys["curve25519"],
        "ciphertext": session._session.encrypt(plain).to_base64(),
        "session_id": session.id,
        "device_id": person.device_id,
    }


async def put(person: Person, room: str, content: Mapping[str, Any], kind: str = "m.room.encrypted") -> str:
    path = f"/_matrix/client/v3/rooms/{quote(room)}/send/{kind}/{uuid.uuid4().hex}"
    return str((await person.call("PUT", path, content))["event_id"])


async def put_inner(person: Person, room: str, inner: Any) -> str:
    plain = inner if isinstance(inner, bytes) else json.dumps(inner).encode()
    return await put(person, room, sealed(person, room, plain))


def inner_message(room: str, text: str, **more: Any) -> dict[str, Any]:
    return {"type": "m.room.message", "content": {"msgtype": "m.text", "body": text}, "room_id": room, **more}


class LyingServer:
    """A reverse proxy before the homeserver that a test lets lie.

    ``before(method, path)`` may give a response of its own; ``after(method, path, json)`` may change an answer."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.before: Callable[[str, str], Awaitable[web.Response | None]] | None = None
        self.after: Callable[[str, str, Any], Any] | None = None
        self.seen: list[tuple[str, str]] = []

    async def __aenter__(self) -> Self:
        self._session = ClientSession()
        application = web.Application(client_max_size=1 << 28)
        application.router.add_route("*", "/{rest:.*}", self._pass)
        self._runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self._session.close()

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request.method, request.path))
        if self.before is not None and (own := await self.before(request.method, request.path)) is not None:
            return own
        headers = {k: v for k, v in request.headers.items() if k.lower() in ("authorization", "content-type")}
        async with self._session.request(
            request.method, self.upstream + request.raw_path, data=await request.read(), headers=headers
        ) as answer:
            body = await answer.read()
            if self.after is not None and answer.content_type == "application/json":
                body = json.dumps(self.after(request.method, request.path, json.loads(body))).encode()
            return web.Response(status=answer.status, body=body, content_type=answer.content_type)
