"""A media store of a homeserver on loopback, as honest as a test wants it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

SERVER = "media.test"


@dataclass
class MediaStore:
    """What was uploaded, byte for byte; the switches make it lie or fail."""

    kept: dict[str, bytes] = field(default_factory=dict)
    uploads: int = 0
    fetched: list[str] = field(default_factory=list)
    fails: dict[str, int] = field(default_factory=dict)
    """Method → status of the answer instead."""
    changes: bool = False
    """One bit of whatever is fetched is turned."""
    cuts: bool = False
    """The connection is closed half-way."""
    uploaded: asyncio.Event = field(default_factory=asyncio.Event)
    hangs: bool = False
    """An upload is kept, and never answered."""
    gate: asyncio.Event | None = None
    """A download waits for it."""
    slow: str = ""
    """The one server whose downloads wait, if not all."""
    url: str = ""

    def put(self, data: bytes) -> str:
        """Keep these bytes; returns their address."""
        self.uploads += 1
        name = f"file{self.uploads}"
        self.kept[name] = data
        return f"mxc://{SERVER}/{name}"

    def bytes_of(self, mxc: str) -> bytes:
        """What lies there."""
        return self.kept[mxc.rpartition("/")[2]]

    async def _upload(self, request: web.Request) -> web.Response:
        if status := self.fails.get("POST"):
            return web.json_response({"errcode": "M_TOO_LARGE" if status == 413 else "M_UNKNOWN"}, status=status)
        assert request.headers["Authorization"] == "Bearer token"
        assert request.content_length is not None, "the homeserver can refuse before it reads"
        url = self.put(await request.read())
        self.uploaded.set()
        if self.hangs:
            await asyncio.sleep(3600)
        return web.json_response({"content_uri": url})

    async def _download(self, request: web.Request) -> web.StreamResponse:
        if status := self.fails.get("GET"):
            return web.json_response({"errcode": "M_UNKNOWN", "error": "no"}, status=status)
        name = request.match_info["name"]
        self.fetched.append(name)
        if self.gate is not None and self.slow in ("", request.match_info["server"]):
            await self.gate.wait()
        if request.match_info["server"] != SERVER or name not in self.kept:
            return web.json_response({"errcode": "M_NOT_FOUND", "error": "not here"}, status=404)
        data = bytearray(self.kept[name])
        if self.changes:
            data[len(data) // 2] ^= 1
        answer = web.StreamResponse(headers={"Content-Length": str(len(data))})
        await answer.prepare(request)
        if self.cuts:
            await answer.write(bytes(data[: len(data) // 2]))
            assert request.transport is not None
            request.transport.close()
            return answer
        await answer.write(bytes(data))
        return answer


@asynccontextmanager
async def media_store() -> AsyncIterator[MediaStore]:
    """A store that is served on loopback while the block runs."""
    store = MediaStore()
    app = web.Application(client_max_size=1 << 30)
    app.router.add_post("/_matrix/media/v3/upload", store._upload)
    app.router.add_get("/_matrix/client/v1/media/download/{server}/{name}", store._download)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    store.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield store
    finally:
        await runner.cleanup()
