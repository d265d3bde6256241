"""matrix-nio's client, cut down to its transport, its Olm machine and its store.

Not used, on purpose: nio's ``sync``, ``room_send``, room objects, key sharing, key queries and retries.  The reasons
are tests in ``tests/contract/matrix``.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, NamedTuple
from urllib.parse import quote, urlencode

import aiohttp
from nio import AsyncClient, AsyncClientConfig
from yarl import URL

from bot.matrix.errors import Denied, HomeserverAway, Limited, LoggedOut
from bot.matrix.olm import HardenedOlm
from bot.matrix.store import Store

TIMEOUT = 30.0
NO_TIMEOUT = aiohttp.ClientTimeout()
"""Each request has its own, over everything together."""
LARGEST_ANSWER = 64 * 1024 * 1024
"""Bytes; the first sync of 500 rooms has 2.5 MB.  As values of Python, JSON takes about ten times as much."""


class Answer(NamedTuple):
    """A status, a body, and the Retry-After header."""

    status: int
    body: bytes
    retry_after: str | None

    def json(self) -> Any:
        """The body as JSON; None if it is none."""
        try:
            return json.loads(self.body) if self.body else {}
        except (ValueError, RecursionError):
            return None


class Client(AsyncClient):  # type: ignore[misc]  # nio is not typed
    """One account on one homeserver.  Never retries: whoever calls knows what a failure means."""

    olm: HardenedOlm
    store: Store
    client_session: aiohttp.ClientSession | None
    under_way = 0
    """Requests that wait for their answer just now."""

    def __init__(self, homeserver: str, user_id: str = "", device_id: str = "") -> None:
        super().__init__(
            homeserver.rstrip("/"),
            user_id,
            device_id,
            config=AsyncClientConfig(max_limit_exceeded=0, max_timeouts=0, store_sync_tokens=False),
        )
        self._base = str(URL(self.homeserver)).rstrip("/")

    def load_store(self) -> None:
        """nio calls this on every login; ours is opened once, by :meth:`open_store`."""

    def open_store(self, directory: Path, pickle_key: str) -> None:
        """Open (or make) the crypto store of this user and device; raises StoreUnsafe."""
        self.store = Store.open(directory, self.user_id, self.device_id, pickle_key)
        self.olm = HardenedOlm(self.user_id, self.device_id, self.store)

    async def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str | int] | None = None,
        wait: float = TIMEOUT,
    ) -> dict[str, Any]:
        """One request; the JSON object of a 2xx answer.  ``wait`` is in seconds, for everything together.

        Raises :class:`HomeserverAway` (nothing or nonsense came, or 5xx), :class:`Limited` (429),
        :class:`LoggedOut` (401 with an unknown token) or :class:`Denied` (any other refusal).
        """
        value = judge(await self.ask(method, path, body, query=query, wait=wait), str(self.user_id))
        if not isinstance(value, dict):
            raise HomeserverAway(reason="no JSON object")
        return value

    async def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str | int] | None = None,
        wait: float = TIMEOUT,
        limit: int = LARGEST_ANSWER,
    ) -> Answer:
        """One request and its answer; raises :class:`HomeserverAway` if none came, or more than ``limit`` bytes."""
        headers = {"Content-Type": "application/json"}
        if self.access_token:
            headers["Authorization"] = f"Bearer {self.access_token}"
        if query:
            path = f"{path}?{urlencode(query)}"
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        return await self.transmit(method, path, data, headers, wait, limit)

    async def transmit(
        self,
        method: str,
        path: str,
        data: bytes | IO[bytes] | None,
        headers: dict[str, str],
        wait: float,
        limit: int,
        take: Callable[[bytes], None] | None = None,
    ) -> Answer:
        """The request as it is; see :meth:`ask`.  ``take`` gets the pieces of a good answer's body instead of it."""
        self.under_way += 1
        try:
            if self.client_session is None:  # nio would make one that follows every request's steps
                self.client_session = aiohttp.ClientSession(timeout=NO_TIMEOUT)
            where = URL(self._base + path, encoded=True)
            async with asyncio.timeout(wait):
                async with self.client_session.request(method, where, data=data, headers=headers) as answer:
                    text = bytearray()
                    async for chunk in answer.content.iter_chunked(1 << 16):
                        if take is not None and answer.status == 200:
                            take(chunk)
                            continue
                        text += chunk
                        if len(text) > limit:
                            raise HomeserverAway(reason=f"more than {limit} bytes")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise HomeserverAway(reason=type(error).__name__) from error
        finally:
            self.under_way -= 1
        return Answer(answer.status, bytes(text), answer.headers.get("Retry-After"))


def judge(answer: Answer, user: str) -> Any:
    """The JSON of a good answer, or the exception that the answer amounts to."""
    status = answer.status
    value = answer.json()
    if 200 <= status < 300 and value is not None:
        return value
    said: Mapping[str, Any] = value if isinstance(value, dict) else {}
    errcode = str(said.get("errcode") or "")
    if status == 429 or errcode == "M_LIMIT_EXCEEDED":
        raise Limited(wait=_asked_to_wait(said.get("retry_after_ms"), answer.retry_after))
    if status == 401 and errcode in ("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"):
        raise LoggedOut(user=user)
    if status >= 500 or not errcode:
        raise HomeserverAway(reason=f"HTTP {status}")  # a proxy's page is no word of the homeserver
    raise Denied(status=status, errcode=errcode, reason=str(said.get("error") or errcode)[:200])


def _asked_to_wait(milliseconds: object, header: str | None) -> timedelta:
    if isinstance(milliseconds, int) and 0 <= milliseconds <= 3_600_000:
        return timedelta(milliseconds=milliseconds)
    if header is not None and header.isdecimal() and len(header) < 5:
        return timedelta(seconds=int(header))
    return timedelta(seconds=5)


def path(*parts: str, version: str = "v3") -> str:
    """A client-server path; each part is quoted as a whole."""
    return f"/_matrix/client/{version}/" + "/".join(quote(part, safe="") for part in parts)
