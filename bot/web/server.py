"""The HTTP server: ``/healthz``, ``/readyz`` and ``/metrics`` on a loopback address."""

import asyncio
import logging
from collections.abc import Sequence

from aiohttp import web
from aiohttp.log import server_logger

from bot.config.model import WebSettings
from bot.i18n.catalogue import catalogue, say
from bot.logs import logger
from bot.web.look import Viewer

log = logger(__name__)

NEVER_KEPT = {"Cache-Control": "no-store"}


class Web:
    """One worker: listens until it is told to stop."""

    def __init__(self, settings: WebSettings, viewer: Viewer) -> None:
        self._settings = settings
        self._viewer = viewer

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until ``stop`` is set; raises OSError if the port is taken."""
        routes = [
            web.get("/healthz", self._health),
            web.get("/readyz", self._ready),
            web.get("/metrics", self._metrics),
        ]
        await _serve(self._settings, routes, stop)

    async def _health(self, _request: web.Request) -> web.Response:
        """The process is alive and its loop turns; nothing else is asked."""
        return web.Response(text="ok\n", headers=NEVER_KEPT)

    async def _ready(self, _request: web.Request) -> web.Response:
        """200, or 503 with one reason per line."""
        language = catalogue().choose()
        reasons = (await self._viewer.look()).reasons(language)
        lines = [reason.plain for reason in reasons] or [say(language, "web-ready").plain]
        return web.Response(status=503 if reasons else 200, text="\n".join(lines) + "\n", headers=NEVER_KEPT)

    async def _metrics(self, _request: web.Request) -> web.Response:
        from bot.web.metrics import CONTENT_TYPE, rendered  # noqa: PLC0415  (1 MiB that only who asks for it needs)

        body = rendered(await self._viewer.look())
        return web.Response(body=body, headers={**NEVER_KEPT, "Content-Type": CONTENT_TYPE})


async def refuse(settings: WebSettings, reason: str, stop: asyncio.Event) -> None:
    """Safe mode: ``/healthz`` and ``/readyz`` answer 503 with the reason until ``stop`` is set."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=503, text=reason + "\n", headers=NEVER_KEPT)

    await _serve(settings, [web.get(path, answer) for path in ("/healthz", "/readyz")], stop)


async def _serve(settings: WebSettings, routes: Sequence[web.RouteDef], stop: asyncio.Event) -> None:
    application = web.Application()
    application.add_routes(routes)
    await serve(application, settings.host, settings.port, stop)


async def serve(
    application: web.Application,
    host: str,
    port: int,
    stop: asyncio.Event,
    logger: logging.Logger = server_logger,
) -> None:
    """Listen until ``stop`` is set; requests are written down nowhere.  ``logger``: what aiohttp itself says goes
    there."""
    runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=1.0, logger=logger)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        log.info("web.listening", host=host, port=port)
        await stop.wait()
    finally:
        await runner.cleanup()
