"""The sign of life: somebody outside must notice that the bot died at 03:00.

Once a minute the address of a monitor is fetched, while the sync is fresh; a monitor that hears nothing calls people.
"""

import asyncio

import aiohttp

from bot.logs import logger
from bot.ports import Pulse

log = logger(__name__)

EVERY = 60.0
OLDEST_SYNC = 300.0
"""Seconds since the last sync after which the bot is deaf, and says nothing that sounds like life."""
TIMEOUT = aiohttp.ClientTimeout(total=15)


class Heartbeat:
    """Fetches ``url`` once a minute."""

    def __init__(self, url: str, pulse: Pulse) -> None:
        self._url = url
        self._pulse = pulse

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set."""
        while not stop.is_set():
            await self.beat()
            try:
                await asyncio.wait_for(stop.wait(), EVERY)
            except TimeoutError:
                continue

    async def beat(self) -> bool:
        """One sign of life, if there is life; whether it got through."""
        age = self._pulse.synced_age_seconds
        if age is None or age > OLDEST_SYNC:
            log.warning("heartbeat.silent", sync_age=age)
            return False
        try:
            async with aiohttp.ClientSession(timeout=TIMEOUT) as session, session.get(self._url) as answer:
                ok = answer.status // 100 == 2
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("heartbeat.lost", error=type(error).__name__)
            return False
        if not ok:
            log.warning("heartbeat.lost", status=answer.status)
        return ok
