"""An HTTP server of ours for the time of a test."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def serving(run: Callable[[asyncio.Event], Awaitable[None]], port: int) -> AsyncIterator[str]:
    """``run`` until the end of the block; gives the address once it answers."""
    stop = asyncio.Event()
    task = asyncio.ensure_future(run(stop))
    url = f"http://127.0.0.1:{port}"
    async with asyncio.timeout(60), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(url + "/healthz"):
                    break
            except aiohttp.ClientConnectorError:
                assert not task.done(), task
                await asyncio.sleep(0.02)
    yield url
    stop.set()
    await asyncio.wait_for(task, 60)
