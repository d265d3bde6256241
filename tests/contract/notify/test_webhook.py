"""Webhooks and the sign of life, at a real HTTP server."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from aiohttp import web

from bot.clock import Clock
from bot.exchange.channel import Parcel, Refused, TryLater
from bot.ids import RoomId
from bot.notify.heartbeat import OLDEST_SYNC, Heartbeat
from bot.notify.webhook import BUSY, ONCE, SIGNATURE, TIME, Webhook
from bot.outbox.model import HOOK, Audience

SECRET = b"a secret"
PAGE = {"ref": "ESC-7F3KQ", "severity": "critical", "caller": "CERT-MX", "called": "CERT-BR"}


@dataclass
class Server:
    """What was asked, and what is answered."""

    url: str = ""
    status: int = 204
    asked: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((dict(request.headers), await request.read()))
        headers = {"Location": "/elsewhere"} if self.status // 100 == 3 else {}
        return web.Response(status=self.status, headers=headers)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", made.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/page"  # type: ignore[union-attr]
    yield made
    await runner.cleanup()


def parcel(handle: str = "CERT-BR") -> Parcel:
    return Parcel(RoomId(HOOK + handle), "txn", "d1", PAGE, Audience.PINNED)


async def test_a_page_is_posted_and_signed(server: Server) -> None:
    hook = Webhook({"cert-br": server.url}, SECRET, Clock())
    await hook.send(parcel())
    ((headers, body),) = server.asked
    assert json.loads(body) == PAGE
    assert headers[ONCE] == "d1"
    wanted = hmac.new(SECRET, headers[TIME].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers[SIGNATURE] == f"sha256={wanted}"


@pytest.mark.parametrize(("status", "error"), [(500, TryLater), (429, TryLater), (404, Refused), (302, Refused)])
async def test_only_a_2xx_counts(server: Server, status: int, error: type[Exception]) -> None:
    server.status = status
    with pytest.raises(error) as raised:
        await Webhook({"cert-br": server.url}, SECRET, Clock()).send(parcel())
    assert len(server.asked) == 1
    assert getattr(raised.value, "wait", BUSY) == BUSY


async def test_nobody_there_and_nobody_named() -> None:
    with pytest.raises(TryLater):
        await Webhook({"cert-br": "http://127.0.0.1:9/"}, SECRET, Clock()).send(parcel())
    with pytest.raises(Refused):
        await Webhook({}, SECRET, Clock()).send(parcel())


@dataclass
class Pulse:
    """How long ago the homeserver answered."""

    synced_age_seconds: float | None


async def test_a_sign_of_life_only_while_there_is_life(server: Server) -> None:
    assert await Heartbeat(server.url, Pulse(1.0)).beat()
    assert not await Heartbeat(server.url, Pulse(None)).beat()
    assert not await Heartbeat(server.url, Pulse(OLDEST_SYNC + timedelta(seconds=1).total_seconds())).beat()
    assert len(server.asked) == 1
    server.status = 500
    assert not await Heartbeat(server.url, Pulse(1.0)).beat()
    assert not await Heartbeat("http://127.0.0.1:9/", Pulse(1.0)).beat()
