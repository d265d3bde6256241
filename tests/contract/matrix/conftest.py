"""The real edge against a real Synapse; only the directory is a plain dictionary here."""

import asyncio
import contextlib
import secrets
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clock import Clock
from bot.config.model import Matrix
from bot.db.base import metadata
from bot.db.unit import Database
from bot.demo.person import PATIENCE, Person
from bot.demo.synapse import Synapse
from bot.exchange.channel import Parcel
from bot.ids import RoomId, UserId
from bot.matrix.service import Listeners, MatrixSecrets, MatrixService
from bot.matrix.session import LoggedIn, log_in, provision_identity
from bot.outbox.model import Arrival, Audience
from bot.outbox.service import Outbox
from keys.crosssigning import CrossSigningSeeds
from keys.trust import DeviceKey, Pin

pytestmark = pytest.mark.homeserver


class Plain:
    """Seals nothing: what is sealed is another test's business."""

    def seal(self, plain: bytes, aad: bytes) -> bytes:
        return plain

    def unseal(self, sealed: bytes, aad: bytes) -> bytes:
        return sealed


@dataclass
class Room:
    kind: str = "desk"
    organisations: frozenset[str] = frozenset({"CERT"})
    user: UserId | None = None


@dataclass
class Directory:
    """Who is who, for these tests."""

    pins: dict[str, Pin] = field(default_factory=dict)
    people: set[str] = field(default_factory=set)
    rooms: dict[str, Room] = field(default_factory=dict)

    def pin(self, user: str) -> Pin | None:
        return self.pins.get(user)

    def person(self, user: str) -> object | None:
        return user if user in self.people else None

    def room(self, room: str) -> Room | None:
        return self.rooms.get(room)


class Bot:
    """The edge, opened and running, with hands to look inside."""

    def __init__(self, synapse: Synapse, folder: Path) -> None:
        self.synapse = synapse
        self.folder = folder
        self.clock = Clock()
        self.directory = Directory()
        self.unsigned: list[tuple[str, str, str]] = []
        self.changed: list[str] = []
        self.deaf = 0
        self.pickle_key = secrets.token_hex(32)
        self.seeds = CrossSigningSeeds.decode(secrets.token_bytes(96))
        self.outbox = Outbox(Plain())
        self.unreadable_after = 60
        self.database_url = ""
        self.room_version = "12"
        self.session: LoggedIn
        self.service: MatrixService
        self.db: Database
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def user_id(self) -> str:
        return str(self.session.user_id)

    async def provision(self) -> None:
        name, password = "bot" + uuid.uuid4().hex[:8], secrets.token_hex(8)
        self.synapse.register(name, password)
        self.session = await log_in(self.synapse.url, name, password)
        self.own = await provision_identity(
            self.synapse.url, self.session, self.folder / "matrix", self.pickle_key, self.seeds, password=password
        )

    async def open(self, run: bool = True) -> None:
        self.db = Database.open(self.database_url or f"sqlite+aiosqlite:///{self.folder / 'enlace.db'}", self.clock)
        async with self.db.engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        config = Matrix(
            homeserver=self.synapse.url,
            user_id=self.session.user_id,
            device_id=self.session.device_id,
            store=self.folder / "matrix",
            room_version=self.room_version,
            undecryptable_after_seconds=self.unreadable_after,
        )

        async def unsigned(user: str, device: str, room: str) -> None:
            self.unsigned.append((user, device, room))

        async def changed(user: str) -> None:
            if self.deaf:
                self.deaf -= 1
                raise OSError("not heard")
            self.changed.append(user)

        self.service = MatrixService(
            config,
            self.db,
            self.outbox,
            lambda: self.directory,
            MatrixSecrets(self.session.access_token, self.pickle_key, str(self.seeds.master_key)),
            self.clock,
            listeners=Listeners(unsigned_device=unsigned, identity_changed=changed),
        )
        await self.service.open()
        if run:
            self.start()

    def start(self) -> None:
        self._stop = asyncio.Event()
        self._task = asyncio.create_task(self.service.run(self._stop))

    async def stop(self) -> None:
        if self._task is not None:
            self._stop.set()
            await self._task
            self._task = None

    async def close(self) -> None:
        with contextlib.suppress(Exception):
            await self.stop()
        await self.service.close()
        await self.db.close()

    async def restart(self, run: bool = True) -> None:
        await self.close()
        await self.open(run)

    # --- people -----------------------------------------------------------------------------------------

    async def pin(self, person: Person, *, master: bool = True) -> None:
        now = self.clock.now()
        self.directory.people.add(person.user_id)
        self.directory.pins[person.user_id] = Pin(
            user_id=person.user_id,
            organisation="CERT",
            level="verified",
            master_key=str(person.seeds.master_key) if master else None,
            devices=frozenset({DeviceKey(person.device_id, person.session_key)}),
            issued=now,
            expires=now + timedelta(days=100),
        )

    async def room_with(self, *people: Person, **more: Any) -> RoomId:
        """A room of the bot with these people in it, registered as their desk."""
        room = await self.service.rooms.create(
            marker=uuid.uuid4().hex, name="desk", invite=tuple(UserId(p.user_id) for p in people), power={}
        )
        self.directory.rooms[room] = Room(**more)
        for person in people:
            await person.join(room)
        await self.until(
            lambda: all(
                (event := self.service.trust._rooms[room].events.get(("m.room.member", p.user_id)))
                and event.content["membership"] == "join"
                for p in people
            )
        )
        for person in people:
            await person.wait_member(room, self.user_id)
        return room

    # --- messages ---------------------------------------------------------------------------------------

    def parcel(self, room: str, text: str, audience: Audience = Audience.VERIFIED, **more: Any) -> Parcel:
        name = uuid.uuid4().hex
        return Parcel(
            **{
                "room": RoomId(room),
                "txn_id": name,
                "delivery_id": name[::-1],
                "content": {"msgtype": "m.text", "body": text},
                "audience": audience,
            }
            | more
        )

    async def arrivals(self) -> list[Arrival]:
        async with self.db.reading() as unit:
            rows = await unit.all(_inbox().select().order_by(_inbox().c.seq))
        found = []
        for row in rows:
            plain = self.outbox._unseal(row.sealed, row.event_id)
            found.append(
                Arrival(
                    row.event_id, row.room, row.sender, row.device, row.proof, plain["content"], row.sent_at,
                    row.received_at, plain["outer"], plain["kind"], row.late,
                )
            )  # fmt: skip
        return found

    async def bodies(self) -> list[tuple[str, str]]:
        return [(a.content.get("body", ""), str(a.proof)) for a in await self.arrivals()]

    async def heard(self, text: str, patience: float = PATIENCE) -> Arrival:
        async def found() -> Arrival | None:
            return next((a for a in await self.arrivals() if a.content.get("body") == text), None)

        arrival = await self.until_async(found, patience)
        assert arrival is not None
        return arrival

    async def until(self, true: Callable[[], Any], patience: float = PATIENCE) -> None:
        async with asyncio.timeout(patience):
            while not true():
                await asyncio.sleep(0.02)

    async def until_async(self, get: Callable[[], Any], patience: float = PATIENCE) -> Any:
        async with asyncio.timeout(patience):
            while not (value := await get()):
                await asyncio.sleep(0.05)
            return value


def _inbox() -> Any:
    return metadata.tables["inbox"]


@pytest.fixture
async def bot(homeserver: Synapse, tmp_path: Path) -> AsyncIterator[Bot]:
    """A provisioned, running bot with an empty directory."""
    one = Bot(homeserver, tmp_path)
    await one.provision()
    await one.open()
    yield one
    await one.close()


@pytest.fixture
async def people(homeserver: Synapse) -> AsyncIterator[Callable[..., Any]]:
    """Makes people: ``await people(2)`` or ``await people(1, cross_signed=False)``."""
    made: list[Person] = []

    async def make(count: int = 1, **more: Any) -> list[Person]:
        fresh = []
        for _ in range(count):
            name, password = "p" + uuid.uuid4().hex[:8], secrets.token_hex(8)
            homeserver.register(name, password)
            person = await Person.arrive(homeserver.url, name, password, **more)
            fresh.append(person)
        made.extend(fresh)
        return fresh

    yield make
    for person in made:
        with contextlib.suppress(Exception):  # attacks kill plain clients
            await person.leave_for_good()
