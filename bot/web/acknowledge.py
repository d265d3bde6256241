"""The page that the link of an encrypted letter leads to: looking changes nothing, its button takes the call.

Mail scanners fetch every link, so a GET never acknowledges.  It is served to everybody, on a port of its own; what
is wrong with a link is never said, and no request is written down, since its path is the secret.
"""

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from bot.db.unit import Database
from bot.errors import EnlaceError, ServiceError
from bot.escalation.service import Answers, DeadLink
from bot.i18n.catalogue import catalogue, say
from bot.i18n.rich import Rich
from bot.web.server import serve

log = structlog.get_logger(__name__)

MOST = 60
"""Requests of one address in a minute."""
WINDOW = 60.0
LARGEST = 1024
"""Bytes of a request's body; the button sends none."""
BODY_WITHIN = 10.0
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


class NotRecorded(ServiceError):
    """This could not be recorded. Nothing was changed. Try again in a moment."""

    code = "web-not-recorded"


class Acknowledge:
    """One worker: listens until it is told to stop."""

    def __init__(self, host: str, port: int, database: Database, answers: Answers) -> None:
        self._host = host
        self._port = port
        self._db = database
        self._answers = answers
        self._came: Counter[str] = Counter()
        self._since = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until ``stop`` is set; raises OSError if the port is taken."""
        application = web.Application(client_max_size=LARGEST, middlewares=[self._guarded])
        application.add_routes([web.get("/ack/{token}", self._ask), web.post("/ack/{token}", self._take)])
        await serve(application, self._host, self._port, stop)

    async def _ask(self, request: web.Request) -> web.Response:
        """What would be taken, and the button."""
        async with self._db.reading() as unit:
            offer = await self._answers.look_at_link(unit, request.match_info["token"])
        language, escalation = offer.language, offer.escalation
        ask = say(
            language,
            "web-ack-ask",
            ref=escalation.ref,
            severity=say(language, f"severity-{escalation.severity.value}"),
            caller=str(escalation.origin.caller.organisation),
            whom=str(escalation.target.organisation),
        )
        button = say(language, "web-ack-button")
        return _page(language, 200, f'<p>{ask.html}</p><form method="post"><button>{button.html}</button></form>')

    async def _take(self, request: web.Request) -> web.Response:
        """Take it: state, log entry and what everybody is told, in one transaction."""
        async with asyncio.timeout(BODY_WITHIN):
            await request.read()
        async with self._db.unit() as unit:
            offer = await self._answers.take_by_link(unit, request.match_info["token"])
        caller = str(offer.escalation.origin.caller.organisation)
        return _said(offer.language, 200, say(offer.language, "web-ack-done", ref=offer.escalation.ref, caller=caller))

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Not too often from one address; whatever goes wrong is said in one sentence; nothing is kept, framed or
        passed on by a browser."""
        answer: web.StreamResponse
        try:
            self._count(_address(request))
            answer = await handler(request)
        except DeadLink as dead:
            answer = _wrong(request, 404, dead)
        except TooOften as often:
            answer = _wrong(request, 429, often)
            answer.headers["Retry-After"] = str(int(WINDOW))
        except web.HTTPException as error:
            answer = _wrong(request, error.status, DeadLink())
        except Exception:
            log.exception("web.not-recorded")
            answer = _wrong(request, 503, NotRecorded())
        answer.headers.update(SAFE)
        return answer

    def _count(self, address: str) -> None:
        now = self._db.clock.monotonic()
        if now - self._since >= WINDOW:
            self._since = now
            self._came.clear()
        self._came[address] += 1
        if self._came[address] > MOST:
            raise TooOften


def _address(request: web.Request) -> str:
    """Who asks: the peer, or whom a reverse proxy on this machine names last; of IPv6 the network."""
    found = request.remote or ""
    try:
        address = ipaddress.ip_address(found)
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if address.is_loopback and forwarded:
            address = ipaddress.ip_address(forwarded)
    except ValueError:
        return found
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else str(address)


def _wrong(request: web.Request, status: int, error: EnlaceError) -> web.Response:
    wished = [part.partition(";")[0].strip() for part in request.headers.get("Accept-Language", "").split(",")[:5]]
    language = catalogue().choose(*wished)
    return _said(language, status, catalogue().error(language, error))


def _said(language: str, status: int, text: Rich) -> web.Response:
    return _page(language, status, f"<p>{text.html}</p>")


def _page(language: str, status: int, body: str) -> web.Response:
    text = PAGE.format(language=language, body=body)
    return web.Response(status=status, text=text, content_type="text/html", charset="utf-8")
