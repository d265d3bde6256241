"""The pages that people reach from outside, each behind a secret address, on a port of their own.

What is wrong with an address is never said, and no request is written down, since its path is the secret.
"""

import asyncio
import ipaddress
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from bot.clock import Clock
from bot.errors import EnlaceError, NotDone, ServiceError
from bot.i18n.catalogue import catalogue
from bot.i18n.rich import Rich
from bot.logs import logger
from bot.web.server import serve

log = logger(__name__)
_NOWHERE = logging.getLogger(f"{__name__}.nowhere")
"""What aiohttp says of a request that is no HTTP: it quotes the path.  Whatever a handler raises is logged here."""
_NOWHERE.setLevel(logging.CRITICAL + 1)

MOST = 60
"""Requests of one address in a minute."""
WINDOW = 60.0
LARGEST = 1024
"""Bytes of a request's body; nothing that is asked for here needs one."""
SAFE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Server": "enlace",
}
PAGE = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">\
<title>enlace</title></head>
<body><main>{body}</main></body></html>
"""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class TooOften(ServiceError):
    """Too many requests from here. Nothing was changed. Try again in a minute."""

    code = "web-too-often"


class NothingHere(NotDone):
    """This address takes no such request. Nothing was changed."""

    code = "web-nothing-here"


class NotRecorded(ServiceError):
    """This could not be recorded. Nothing was changed. Try again in a moment."""

    code = "web-not-recorded"


class Public:
    """One worker: listens until it is told to stop."""

    def __init__(
        self, host: str, port: int, proxies: Sequence[str], clock: Clock, routes: Sequence[web.RouteDef]
    ) -> None:
        self._host = host
        self._port = port
        self._proxies = [ipaddress.ip_network(proxy) for proxy in proxies]
        self._clock = clock
        self._routes = routes
        self._came: Counter[str] = Counter()
        self._since = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until ``stop`` is set; raises OSError if the port is taken."""
        application = web.Application(client_max_size=LARGEST, middlewares=[self._guarded])
        application.add_routes(self._routes)
        application.on_response_prepare.append(_safe)
        await serve(application, self._host, self._port, stop, _NOWHERE)

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Not too often from one address; whatever goes wrong is said in one sentence."""
        answer: web.StreamResponse
        try:
            self._count(self._asker(request))
            answer = await handler(request)
        except NotDone as gone:
            answer = _wrong(request, 404, gone)
        except TooOften as often:
            answer = _wrong(request, 429, often)
            answer.headers["Retry-After"] = str(int(WINDOW))
        except web.HTTPException as error:
            answer = _wrong(request, error.status, NothingHere())
        except Exception:
            log.exception("web.not-recorded")
            answer = _wrong(request, 503, NotRecorded())
        return answer

    def _count(self, address: str) -> None:
        now = self._clock.monotonic()
        if now - self._since >= WINDOW:
            self._since = now
            self._came.clear()
        self._came[address] += 1
        if self._came[address] > MOST:
            raise TooOften

    def _asker(self, request: web.Request) -> str:
        """Who asks: of those that the request came through the last that is no proxy of ours; of IPv6 the network."""
        named = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
        asker = request.remote or ""
        for hop in (asker, *reversed(named)):
            try:
                address = ipaddress.ip_address(hop.strip())
            except ValueError:
                break  # what a proxy of ours did not write
            address = getattr(address, "ipv4_mapped", None) or address
            asker = str(ipaddress.ip_network((address, 64), strict=False) if address.version == 6 else address)
            if not any(address in proxy for proxy in self._proxies):
                break
        return asker


async def _safe(_request: web.Request, answer: web.StreamResponse) -> None:
    """Nothing is kept, framed or passed on by a browser, be it a page of ours or of aiohttp's own; only what is no HTTP
    at all is answered without, in plain text, to whoever wrote it."""
    answer.headers.update(SAFE)


def page(language: str, status: int, body: str) -> web.Response:
    """A whole page; ``body`` is HTML of the catalogue's."""
    text = PAGE.format(language=language, body=body)
    return web.Response(status=status, text=text, content_type="text/html", charset="utf-8")


def said(language: str, status: int, text: Rich) -> web.Response:
    """One sentence."""
    return page(language, status, f"<p>{text.html}</p>")


def _wrong(request: web.Request, status: int, error: EnlaceError) -> web.Response:
    wished = [part.partition(";")[0].strip() for part in request.headers.get("Accept-Language", "").split(",")[:5]]
    language = catalogue().choose(*wished)
    return said(language, status, catalogue().error(language, error))
