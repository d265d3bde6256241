"""Webhooks: a signed POST to what can break a phone's silence (ntfy, PagerDuty, GoAlert …)."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta

import aiohttp

from bot.clock import Clock
from bot.exchange.channel import Parcel, Receipt, Refused, TryLater
from bot.ids import EventId
from bot.outbox.model import HOOK

TIMEOUT = aiohttp.ClientTimeout(total=15)
BUSY = timedelta(seconds=20)
SIGNATURE, TIME, ONCE = "Enlace-Signature", "Enlace-Time", "Idempotency-Key"
LATER = frozenset({408, 425, 429})
"""Of the replies below 500, those after which to try again."""


class Webhook:
    """Posts pages to the addresses that the configuration names, by handle."""

    def __init__(self, urls: Mapping[str, str], secret: bytes, clock: Clock) -> None:
        self._urls = urls
        self._secret = secret
        self._clock = clock

    async def send(self, parcel: Parcel) -> Receipt:
        """Post one page; only a 2xx counts.  Raises :class:`TryLater` and :class:`Refused`."""
        url = self._urls.get(parcel.room.removeprefix(HOOK).casefold())
        if url is None:
            raise Refused(reason="no-such-webhook")
        body = json.dumps(dict(parcel.content), ensure_ascii=False, sort_keys=True).encode()
        at = self._clock.now().isoformat(timespec="seconds")
        headers = {
            "Content-Type": "application/json",
            ONCE: parcel.delivery_id,
            TIME: at,
            SIGNATURE: signature(self._secret, at, body),
        }
        try:
            async with (
                aiohttp.ClientSession(timeout=TIMEOUT) as session,
                session.post(url, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TryLater(reason=type(error).__name__) from error
        if status // 100 == 2:
            return Receipt(EventId(parcel.delivery_id), 1, 1)
        if status >= 500 or status in LATER:
            raise TryLater(reason=f"http-{status}", wait=BUSY)
        raise Refused(reason=f"http-{status}")


def signature(secret: bytes, at: str, body: bytes) -> str:
    """``sha256=`` and the HMAC-SHA-256, in hexadecimal, of the time, a full stop and the body."""
    return "sha256=" + hmac.new(secret, at.encode() + b"." + body, hashlib.sha256).hexdigest()
