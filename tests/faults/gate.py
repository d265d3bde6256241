"""What stands between enlace and its homeserver, and can be made to misbehave in whatever is asked of it."""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Collection

from aiohttp import web

from bot.demo.synapse import Synapse
from tests.contract.matrix.attacks import LyingServer

REQUESTS = {
    "sync": ("GET", r"/sync$"),
    "messages": ("GET", r"/rooms/[^/]+/messages$"),
    "event": ("GET", r"/rooms/[^/]+/event/"),
    "keys-query": ("POST", r"/keys/query$"),
    "keys-claim": ("POST", r"/keys/claim$"),
    "keys-upload": ("POST", r"/keys/upload$"),
    "to-device": ("PUT", r"/sendToDevice/"),
    "send": ("PUT", r"/rooms/[^/]+/send/"),
    "redact": ("PUT", r"/rooms/[^/]+/redact/"),
    "state": ("PUT", r"/rooms/[^/]+/state/"),
    "create-room": ("POST", r"/createRoom$"),
    "invite": ("POST", r"/rooms/[^/]+/invite$"),
    "download": ("GET", r"/media/download/"),
    "upload": ("POST", r"/media/v3/upload$"),
}
"""What enlace asks for while people send, by method and path."""
TROUBLES = ("slow", "lost", "cut", "429", "500", "502")


def kind_of(method: str, path: str) -> str:
    """Which of :data:`REQUESTS` this is; empty for any other."""
    return next((kind for kind, (how, where) in REQUESTS.items() if how == method and re.search(where, path)), "")


class Gate(LyingServer):
    """A trouble befalls a share of all requests, or the first few of each kind."""

    synapse: Synapse

    def __init__(self, upstream: str) -> None:
        super().__init__(upstream)
        self.dice = random.Random(0)
        self.open = asyncio.Event()
        """While it is not set, no answer of ``/sync`` gets through."""
        self.open.set()
        self.waiting = 0
        """Those that wait for it."""
        self.calm()

    def calm(self) -> None:
        """Let everything through."""
        self.trouble, self.share, self.each = "", 0.0, 0
        self.only: Collection[str] = ()
        self.hits: Counter[str] = Counter()

    def stir(self, trouble: str, share: float = 0.0, *, each: int = 0, only: Collection[str] = ()) -> None:
        """``slow``; ``lost`` (the request) or ``cut`` (the answer, half-way); or a status that is answered without
        asking the homeserver.  It befalls a ``share`` of the requests, or the first ``each`` of every kind; of those
        kinds ``only``, where given."""
        self.calm()
        self.trouble, self.share, self.each, self.only = trouble, share, each, only

    def _befalls(self, kind: str) -> bool:
        if not self.trouble or (self.only and kind not in self.only):
            return False
        return self.hits[kind] < self.each if self.each else self.dice.random() < self.share

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        kind = kind_of(request.method, request.path)
        if kind == "sync":
            self.waiting += 1
            try:
                await self.open.wait()
            finally:
                self.waiting -= 1
        if not self._befalls(kind):
            return await super()._pass(request)
        self.hits[kind] += 1
        if self.trouble == "slow":
            await asyncio.sleep(self.dice.uniform(0.5, 2.0))
            return await super()._pass(request)
        if self.trouble in ("lost", "cut"):
            return await self._broken(request)
        if self.trouble == "502":
            return web.Response(status=502, text="<html><h1>Bad Gateway</h1></html>", content_type="text/html")
        body = {"errcode": "M_UNKNOWN", "error": "no"}
        headers = {}
        if self.trouble == "429":
            body = {"errcode": "M_LIMIT_EXCEEDED", "error": "slow down"}
            if self.hits[kind] % 2:
                body = {**body, "retry_after_ms": 300}  # type: ignore[dict-item]
            else:
                headers = {"Retry-After": "1"}
        return web.json_response(body, status=int(self.trouble), headers=headers)

    async def _broken(self, request: web.Request) -> web.StreamResponse:
        """The line breaks: before the homeserver has heard of it, or in the middle of its answer."""
        answer = web.StreamResponse()
        if self.trouble == "cut":
            whole = await super()._pass(request)
            body = whole.body if isinstance(whole, web.Response) and isinstance(whole.body, bytes) else b"  "
            answer.content_length = len(body)
            answer.content_type = whole.content_type
            await answer.prepare(request)
            await answer.write(body[: len(body) // 2])
        if request.transport is not None:
            request.transport.abort()
        return answer
