"""Health and metrics as a monitor sees them: over HTTP on loopback, on a real database of either kind."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.audit import tables as audit_tables
from bot.audit.service import AuditLog
from bot.config.model import WebSettings
from bot.db.base import metadata
from bot.db.unit import Database
from bot.i18n.catalogue import catalogue
from bot.ids import RoomId
from bot.notify import tables as notify_tables
from bot.outbox import tables as outbox_tables
from bot.outbox.model import Arrival, Kind, Post, Proof
from bot.outbox.service import Outbox
from bot.web import Viewer, Web
from keys.trust import RoomVerdict
from tests.harness.calling import ANA, DEVICE, NIGHT, Seal, Trust, Wall
from tests.harness.serving import free_port, serving

DESK, ODD = RoomId("!desk:mx"), RoomId("!odd:mx")


@dataclass
class Health:
    uptime_seconds: float = 12.5
    synced_age_seconds: float | None = 1.0


@dataclass
class Rooms:
    """The Matrix side: two rooms, one of them in order."""

    trust: Trust = field(default_factory=Trust)

    def joined_rooms(self) -> Iterable[RoomId]:
        return [DESK, ODD]


@dataclass
class Served:
    url: str
    db: Database
    clock: Wall
    outbox: Outbox
    audit: AuditLog
    health: Health

    async def get(self, path: str) -> tuple[int, str]:
        async with aiohttp.ClientSession() as session, session.get(self.url + path) as answer:
            assert answer.headers["Cache-Control"] == "no-store"
            return answer.status, await answer.text()

    async def metrics(self) -> dict[tuple[str, ...], float]:
        status, text = await self.get("/metrics")
        assert status == 200
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Served]:
    clock = Wall(NIGHT)
    db = Database.open(database_url, clock)
    tables = [
        outbox_tables.inbox.inbox,
        outbox_tables.outbox.outbox,
        audit_tables.audit_entries,
        audit_tables.audit_details,
        notify_tables.silence,
    ]
    async with db.engine.begin() as connection:
        await connection.run_sync(lambda c: metadata.create_all(c, tables=tables))
    rooms, health, outbox, audit = Rooms(), Health(), Outbox(Seal()), AuditLog("example.org/enlace")
    rooms.trust.rooms = {DESK: {ANA}}
    assert isinstance(rooms.trust.room(ODD), RoomVerdict)
    assert not rooms.trust.room(ODD).ok
    settings = WebSettings(enabled=True, port=free_port())
    web = Web(settings, Viewer(db, outbox, audit, health, rooms))
    async with serving(web.run, settings.port) as url:
        yield Served(url, db, clock, outbox, audit, health)
    await db.close()


async def test_alive_and_ready(served: Served) -> None:
    assert await served.get("/healthz") == (200, "ok\n")
    assert await served.get("/readyz") == (200, "Ready.\n")
    assert (await served.metrics())["enlace_ready",] == 1


async def test_not_ready_while_the_homeserver_is_silent(served: Served) -> None:
    served.health.synced_age_seconds = None
    assert await served.get("/readyz") == (503, "The homeserver has not answered a sync yet.\n")
    assert ("enlace_sync_age_seconds",) not in await served.metrics()
    served.health.synced_age_seconds = 60.0
    assert (await served.get("/readyz"))[0] == 200
    served.health.synced_age_seconds = 61.0
    status, text = await served.get("/readyz")
    assert status == 503
    assert "61 seconds ago" in text
    assert (await served.get("/healthz"))[0] == 200


async def test_not_ready_while_nothing_gets_out(served: Served) -> None:
    async with served.db.unit() as unit:
        await served.outbox.post(unit, Post(room=DESK, kind=Kind.NOTICE, content={"body": "words of Ana"}))
    served.clock.push(timedelta(minutes=5))
    assert (await served.get("/readyz"))[0] == 200
    served.clock.push(timedelta(seconds=1))
    status, text = await served.get("/readyz")
    assert status == 503
    assert "301 seconds" in text
    assert (await served.metrics())["enlace_outbox_oldest_queued_seconds",] == 301
    async with served.db.unit() as unit:
        (row,) = await served.outbox.due(unit, [], 5)
        await served.outbox.hold(unit, row, "room not verified")
    assert (await served.get("/readyz"))[0] == 200, "what is held waits for people, not for the homeserver"


async def test_not_ready_without_its_database(served: Served) -> None:
    async with served.db.engine.begin() as connection:
        await connection.run_sync(outbox_tables.outbox.outbox.drop)
    served.health.synced_age_seconds = 90.0
    status, text = await served.get("/readyz")
    assert status == 503
    assert len(text.splitlines()) == 2, "every reason is said"
    assert "database does not answer" in text
    assert "outbox" not in text
    metrics = await served.metrics()
    assert metrics["enlace_database_up",] == 0
    assert metrics["enlace_rooms", "ok"] == 1
    assert ("enlace_log_entries",) not in metrics


async def test_reasons_are_said_in_the_deployments_language(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue(), "default", "es")
    assert await served.get("/readyz") == (200, "Listo.\n")


async def test_every_metric(served: Served) -> None:
    now = served.clock.now()
    async with served.db.unit() as unit:
        for number in range(3):
            await served.outbox.post(unit, Post(room=DESK, kind=Kind.NOTICE, content={"body": f"words {number}"}))
        arrival = Arrival(
            event_id="$one", room=DESK, sender=ANA, device=DEVICE, proof=Proof.PINNED,
            content={"body": "!send words of Ana"}, outer_relation={}, kind="m.room.message",
            sent_at=now, received_at=now, late=False,
        )  # fmt: skip
        await served.outbox.accept(unit, [arrival])
        (row,) = await served.outbox.due(unit, [], 5)
        await served.outbox.hold(unit, row, "room not verified")
        await served.audit.append(unit, "service.started")
    served.clock.push(timedelta(seconds=7))
    assert await served.metrics() == {
        ("enlace_uptime_seconds",): 12.5,
        ("enlace_ready",): 1,
        ("enlace_database_up",): 1,
        ("enlace_sync_age_seconds",): 1.0,
        ("enlace_rooms", "ok"): 1,
        ("enlace_rooms", "not_ok"): 1,
        ("enlace_outbox_rows", "queued"): 2,
        ("enlace_outbox_rows", "held"): 1,
        ("enlace_outbox_oldest_queued_seconds",): 7,
        ("enlace_inbox_waiting_rows",): 1,
        ("enlace_silence_told",): 0,
        ("enlace_log_entries",): 1,
    }
    _, text = await served.get("/metrics")
    for secret in ("words", ANA, DESK, "!desk"):
        assert secret not in text


async def test_it_reads_and_nothing_else(served: Served) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/healthz", "/readyz", "/metrics"):
            async with session.post(served.url + path, data="x") as answer:
                assert answer.status == 405
        async with session.get(served.url + "/") as answer:
            assert answer.status == 404


async def test_a_taken_port_is_reported(database_url: str) -> None:
    db = Database.open(database_url, Wall(NIGHT))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = WebSettings(enabled=True, port=taken.getsockname()[1])
        web = Web(settings, Viewer(db, Outbox(Seal()), AuditLog("example.org/enlace"), Health(), Rooms()))
        with pytest.raises(OSError, match="address already in use"):
            await web.run(asyncio.Event())
    await db.close()
