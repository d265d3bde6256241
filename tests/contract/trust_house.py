"""A small world in which trust is won and lost: real directory, log, outbox, statements and pins.  Only the
homeserver is made up: what it publishes about people, and who is in which room."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.audit.service import AuditLog
from bot.commands.call import Call, Caller, Place
from bot.db.unit import Database
from bot.directory.model import Membership, OpenPGPKey, Organisation, Person, Plan, Record, RoomRecord, Source
from bot.directory.service import Directory, Register
from bot.directory.service.enrolment import Enrolment, Evidence
from bot.directory.service.reminders import Reminders
from bot.directory.service.telling import Telling
from bot.directory.service.vouching import Vouching
from bot.ids import DeviceId, EventId, Handle, RoomId, UserId
from bot.outbox.service import Outbox
from bot.schema import metadata
from keys.crosssigning import CrossSigningSeeds, SeenIdentity
from keys.fingerprint import OpenPGPFingerprint
from keys.openpgp import OpenPGP, Signature
from keys.trust import PersonVerdict, Pin, RoomVerdict, Standing, judge_person
from tests.harness.calling import Seal, Wall
from tests.unit.keys.matrix_people import Device, Server, identity

MX, BR, OAS, RIPE = Handle("CERT-MX"), Handle("CERT-BR"), Handle("OAS"), Handle("RIPE")
ANA, LUIS = UserId("@ana:cert.mx"), UserId("@luis:cert.mx")
BRUNO = UserId("@bruno:cert.br")
CLARA, COSME, DORA = UserId("@clara:oas.org"), UserId("@cosme:oas.org"), UserId("@dora:ripe.net")
STAFF = {ANA: (MX, "Ana Pérez", False), LUIS: (MX, "Luis Soto", True), BRUNO: (BR, "Bruno Lima", True),
         CLARA: (OAS, "Clara Díaz", False), COSME: (OAS, "Cosme Gil", False), DORA: (RIPE, "Dora Mol", False)}  # fmt: skip
DESK = RoomId("!desk-mx")
START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FINGERPRINT = OpenPGPFingerprint("0123456789ABCDEF0123456789ABCDEF01234567")


def direct(user: UserId) -> RoomId:
    """This person's own room."""
    return RoomId("!" + user[1:].replace(":", "-"))


@dataclass
class Published:
    """What the homeserver says about people now."""

    servers: dict[UserId, Server] = field(default_factory=dict)

    async def refresh(self, user: UserId) -> SeenIdentity | None:
        return self.servers[user].seen() if user in self.servers else None


class Trust:
    """Verdicts on people as they are judged; every room is verified while everybody in it is."""

    def __init__(self, register: Register, published: Published, clock: Wall) -> None:
        self._register = register
        self._published = published
        self._clock = clock
        self.rooms: dict[RoomId, set[UserId]] = {}

    def person(self, user: UserId) -> PersonVerdict:
        server = self._published.servers.get(user)
        return judge_person(user, self._register.pin(user), server.seen() if server else None, self._clock.now())

    def room(self, room: RoomId) -> RoomVerdict:
        people = self.rooms.get(room, set())
        return RoomVerdict(bool(people) and all(self.person(user).standing.good for user in people), ())

    def members(self, room: RoomId) -> frozenset[UserId]:
        return frozenset(self.rooms.get(room, ()))

    def encrypted(self, room: RoomId) -> bool:
        return room in self.rooms


class House:
    """Everything wired; people have one device, ``PHONE``, which made their identity."""

    def __init__(
        self, database: Database, clock: Wall, openpgp: OpenPGP, keys: Mapping[UserId, OpenPGPFingerprint]
    ) -> None:
        self.db = database
        self.clock = clock
        self.published = Published()
        self.seal = Seal()
        self.openpgp = openpgp
        coordinators = {user: keys.get(user, FINGERPRINT) for user in (CLARA, COSME, DORA)}
        self.register = Register(coordinators)
        self.trust = Trust(self.register, self.published, clock)
        self.outbox = Outbox(self.seal)
        self.audit = AuditLog("enlace.example/log")
        self.directory = Directory(self.audit, frozenset(coordinators))
        self.telling = Telling(self.register, self.outbox, self.trust)
        self.enrolment = Enrolment(self.directory, self.register, openpgp, self.published, coordinators, self.telling)
        self.vouching = Vouching(
            directory=self.directory,
            register=self.register,
            published=self.published,
            sealer=self.seal,
            audit=self.audit,
            trust=self.trust,
            telling=self.telling,
        )
        self.seeds: dict[UserId, CrossSigningSeeds] = {}

    @property
    def reminders(self) -> Reminders:
        """As it is after a restart: nothing in memory."""
        return Reminders(self.register, self.telling, self.audit)

    def arrive(self, user: UserId, version: int = 0) -> Device:
        """A (new) identity, made by a (new) phone."""
        seeds, phone = identity(user, version), Device(user, "PHONE", version)
        self.seeds[user] = seeds
        self.published.servers[user] = Server(user).publish(seeds, signed_by=phone).add(phone, seeds)
        return phone

    def phone(self, user: UserId, version: int = 0) -> Device:
        """The device of :meth:`arrive`."""
        return Device(user, "PHONE", version)

    async def reload(self) -> None:
        """What the bell does."""
        async with self.db.reading() as unit:
            await self.register.reload(unit)

    def standing(self, user: UserId) -> Standing:
        """How somebody stands now."""
        return self.trust.person(user).standing

    def call(self, name: str, line: str = "", body: str = "", *, by: UserId, room: RoomId | None = None,
             device: str = "PHONE", language: str = "en", **extra: Any) -> Call:  # fmt: skip
        """A command as it reaches its handler."""
        person, where = self.register.person(by), room or direct(by)
        record = self.register.room(where)
        return Call(
            name=name,
            first_line=line,
            body=body,
            caller=Caller(
                user=by,
                device=DeviceId(device),
                verdict=self.trust.person(by),
                name=person.name if person else by,
                organisation=person.organisation if person else None,
                lead=bool(person and person.lead),
                coordinator=by in self.register.coordinators(),
            ),
            place=Place(where, record.kind if record else "unknown", verified=self.trust.room(where).ok),
            event_id=EventId("$typed"),
            now=self.clock.now(),
            language=language,
            extra=extra,
        )

    # --- statements -------------------------------------------------------------------------------------

    async def challenge(self, user: UserId, device: Device | None = None) -> str:
        """The text to sign, with the device filled in as the person does."""
        device = device or self.phone(user)
        async with self.db.unit() as unit:
            text = await self.enrolment.challenge(unit, user, direct(user), DeviceId(device.device_id))
        return text.replace("<device id> <session key>", f"{device.device_id} {device.key.ed25519}")

    async def enrol(self, user: UserId, device: Device | None = None) -> Pin:
        """Challenge and statement, but for gpg, whose judgement is taken for granted here."""
        device = device or self.phone(user)
        text = await self.challenge(user, device)
        signature = Signature(FINGERPRINT, FINGERPRINT, self.clock.now(), "SHA512", text=text)
        evidence = Evidence(signature, FINGERPRINT, self.published.servers[user].seen())
        async with self.db.unit() as unit:
            pin = await self.enrolment.accept(
                unit, user=user, room=direct(user), device=DeviceId("PHONE"), evidence=evidence, signed=text
            )
        await self.reload()
        return pin

    async def observe(self, user: UserId) -> None:
        """What the upkeep does when the homeserver publishes something else."""
        async with self.db.unit() as unit:
            await self.directory.latch(unit, self.published.servers[user].seen())
        await self.reload()

    # --- looking ----------------------------------------------------------------------------------------

    async def said(self) -> list[tuple[RoomId, str]]:
        """What was queued since the last time: room and words."""
        out: list[tuple[RoomId, str]] = []
        async with self.db.unit() as unit:
            while rows := await self.outbox.due(unit, [], 50):
                for row in rows:
                    out.append((row.post.room, str(row.post.content["body"])))
                    await self.outbox.sent(unit, row, EventId(f"${row.id}"), (1, 1))
        return out

    async def actions(self) -> list[str]:
        """What the log holds, in order."""
        async with self.db.reading() as unit:
            entries = await self.audit.entries(unit)
        return [entry.details.action for entry in entries if entry.details is not None]


Keys = Mapping[UserId, tuple[OpenPGPFingerprint, bytes]]
"""People's OpenPGP keys, as the directory holds them."""


async def build(url: str, openpgp: OpenPGP, keys: Keys) -> House:
    """The house on a fresh database."""
    clock = Wall(START)
    database = Database.open(url, clock)
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    house = House(database, clock, openpgp, {user: fingerprint for user, (fingerprint, _) in keys.items()})
    async with database.unit() as unit:
        await house.directory.apply(unit, Plan(added=tuple(_records(keys))), source_sha256="0" * 64, actor=None)
        for record in rooms():
            await house.directory.register_room(unit, record, actor=None)
    for record in rooms():
        house.trust.rooms[record.room] = {record.user} if record.user else {ANA, LUIS}
    for user in STAFF:
        house.arrive(user)
    await house.reload()
    return house


def rooms() -> Iterable[RoomRecord]:
    """A room for everybody, and a desk for Mexico."""
    yield RoomRecord(DESK, "desk", frozenset({MX}))
    for user, (handle, _, _) in STAFF.items():
        yield RoomRecord(direct(user), "direct", frozenset({handle}), user=user)


def _records(keys: Keys) -> Iterable[Record]:
    members = (Membership("csirtamericas", ("technical",)),)
    for handle, languages in ((MX, ("es",)), (BR, ("en",)), (OAS, ("en",)), (RIPE, ("en",))):
        people = tuple(
            Person(
                name,
                handle,
                user,
                ("technical",),
                lead=lead,
                openpgp=tuple(OpenPGPKey(*keys[user]) for _ in [0] if user in keys),
            )
            for user, (of, name, lead) in STAFF.items()
            if of == handle
        )
        organisation = Organisation(handle, names={"en": str(handle)}, languages=languages, memberships=members)
        yield Record(Source("test.yaml", 1), organisation, people, tuple(1 for _ in people))
