"""Who runs a homeserver of the federation and lies to the others: what it answers them is changed, or never comes."""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web
from yarl import URL

from bot.demo.synapse import free_port
from tests.harness.federation import Federation

Lie = Callable[[Any], Any]
"""Changes a JSON answer in place, or returns another one."""
Instead = Callable[[web.Request], Awaitable[web.StreamResponse | None]]
"""Answers itself; None lets the request pass."""
Headers = dict[str, str]
KEPT_HEADERS = ("authorization", "content-type")


class Operator:
    """Stands before one server and speaks TLS in its name; ``async with`` begins and ends it.

    What others ask is signed by them, and is passed on as it is.  What is answered is signed by nobody but in events."""

    def __init__(self, federation: Federation, number: int) -> None:
        self._line = federation.lines[number]
        self._folder: Path = federation.folder
        self._honest = self._line.behind
        self.asked: list[str] = []
        """Paths that others asked for."""
        self._lies: list[tuple[str, Lie]] = []
        self._instead: list[tuple[str, Instead]] = []

    def lie(self, part: str, change: Lie) -> None:
        """Change every answer to a path that contains ``part``."""
        self._lies.append((part, change))

    def instead(self, part: str, answer: Instead) -> None:
        """Answer requests to paths that contain ``part`` without asking the homeserver."""
        self._instead.append((part, answer))

    def honest(self) -> None:
        """From now on everything passes as it is."""
        self._lies.clear()
        self._instead.clear()

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False))
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/{path:.*}", self._pass)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(self._folder / "tls.pem", self._folder / "tls.key")
        port = free_port()
        await web.TCPSite(self._runner, "127.0.0.1", port, ssl_context=tls).start()
        self._line.lead_to(port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.lead_to(self._honest)
        await self._runner.cleanup()
        await self._session.close()

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        path = request.raw_path
        self.asked.append(path)
        for part, answer in self._instead:
            if part in path and (own := await answer(request)) is not None:
                return own
        url = f"https://127.0.0.1:{self._honest}{path}"
        headers = {name: value for name, value in request.headers.items() if name.lower() in KEPT_HEADERS}
        asked, headers = self._onward(request, await request.read(), headers)
        async with self._session.request(request.method, URL(url, encoded=True), data=asked, headers=headers) as came:
            text, kind, status = await came.read(), came.headers.get("Content-Type", ""), came.status
        for part, lie in self._lies:
            if part in path and status == 200:
                value = json.loads(text)
                other = lie(value)
                text = json.dumps(value if other is None else other).encode()
        return web.Response(status=status, body=text, headers={"Content-Type": kind})

    def _onward(self, request: web.Request, asked: bytes, headers: Headers) -> tuple[bytes, Headers]:
        """What is passed on of a request: all of it, unless it is the operator's own server that asks."""
        return asked, headers


async def never(_: web.Request) -> web.StreamResponse | None:
    """An answer that does not come."""
    await asyncio.Event().wait()
    return None


async def refuse(_: web.Request) -> web.StreamResponse | None:
    """An answer that says no."""
    return web.json_response({"errcode": "M_NOT_FOUND", "error": "no"}, status=404)
