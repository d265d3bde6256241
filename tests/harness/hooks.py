"""A real HTTP server that webhooks are posted to: it keeps what it was asked, and answers as it is told."""

import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from bot.notify.webhook import SIGNATURE, TIME

SECRET = b"a secret"


@dataclass
class Receiver:
    """What was asked, and what is answered."""

    url: str = ""
    status: int = 204
    asked: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((dict(request.headers), await request.read()))
        headers = {"Location": "/elsewhere"} if self.status // 100 == 3 else {}
        return web.Response(status=self.status, headers=headers)

    def body(self) -> bytes:
        """Of the one POST that came, its signature checked as a receiver would."""
        ((headers, body),) = self.asked
        wanted = hmac.new(SECRET, headers[TIME].encode() + b"." + body, hashlib.sha256).hexdigest()
        assert headers[SIGNATURE] == f"sha256={wanted}"
        return body


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """One on a port of this machine."""
    made = Receiver()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", made.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/page"  # type: ignore[union-attr]
    yield made
    await runner.cleanup()
