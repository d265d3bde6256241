"""When somebody's devices are asked for again; the homeserver is a socket that answers as a test wants."""

from collections.abc import AsyncIterator
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web

from bot.clock import Clock
from bot.db.base import metadata
from bot.db.unit import Database
from bot.ids import UserId
from bot.matrix.client import Client
from bot.matrix.identities import FIRST_AGAIN, LAST_AGAIN, Identities

ANA, BRUNO = UserId("@ana:away.example"), UserId("@bruno:here.example")


class Watch(Clock):
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.at = 1000.0

    def monotonic(self) -> float:  # type: ignore[override]
        return self.at


class Server:
    """Whom it was asked for, and which server does not answer it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.away = {"away.example"}

    async def query(self, request: web.Request) -> web.Response:
        users = list((await request.json())["device_keys"])
        self.asked += users
        answer: dict[str, Any] = {"failures": {server: {"status": 503} for server in self.away}}
        answer["device_keys"] = {user: {} for user in users if user.partition(":")[2] not in self.away}
        return web.json_response(answer)


@pytest.fixture
async def there(database_url: str) -> AsyncIterator[tuple[Identities, Server, Watch]]:
    server, watch = Server(), Watch()
    app = web.Application()
    app.router.add_post("/_matrix/client/v3/keys/query", server.query)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    database = Database.open(database_url, watch)
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    client = Client(f"http://127.0.0.1:{runner.addresses[0][1]}")
    client.olm = SimpleNamespace(learn=lambda _: None)  # type: ignore[assignment]
    yield Identities(client, database, watch, lambda _answered, _moved: None), server, watch
    await client.close()
    await database.close()
    await runner.cleanup()


async def test_who_gave_no_answer_is_asked_for_again_soon_and_then_less_and_less_often(
    there: tuple[Identities, Server, Watch],
) -> None:
    identities, server, watch = there
    assert await identities.ensure({ANA, BRUNO}, 30), "whose server is away keeps nobody waiting"
    assert identities.fresh(BRUNO)
    assert not identities.fresh(ANA)
    times: list[float] = []
    start = watch.at
    for _ in range(300):
        watch.at += 1
        before = len(server.asked)
        await identities.ensure({ANA, BRUNO}, 30)
        times += [watch.at - start] * (len(server.asked) - before)
    assert times[:5] == [4, 12, 28, 60, 120]
    assert {later - earlier for earlier, later in pairwise(times[4:])} == {LAST_AGAIN}
    assert BRUNO not in server.asked[2:]


async def test_whose_message_comes_is_asked_for_at_once(there: tuple[Identities, Server, Watch]) -> None:
    identities, server, watch = there
    for _ in range(8):
        await identities.ensure({ANA}, 30)
        watch.at += LAST_AGAIN
    server.away.clear()
    watch.at -= LAST_AGAIN - 1
    asked = len(server.asked)
    await identities.ensure({ANA}, 30)
    assert len(server.asked) == asked
    identities.doubt(ANA)
    assert identities.usable(ANA), "nobody is kept waiting meanwhile"
    await identities.ensure({ANA}, 30)
    assert identities.fresh(ANA)
    server.away.add("away.example")
    identities.changed({ANA})
    await identities.ensure({ANA}, 30)
    watch.at += FIRST_AGAIN
    asked = len(server.asked)
    await identities.ensure({ANA}, 30)
    assert len(server.asked) == asked + 1, "it begins anew"
