"""A small world in which escalations run: the real directory, roster, outbox, log and sender; two countries, two
coordinators and one organisation that is not on enlace.  Only the homeserver's side is made up: who is in which
room, which verdicts hold, and a channel that remembers what it was given."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from bot.audit.service import Actor, AuditLog, Logged
from bot.clock import Clock
from bot.commands.call import Call, Caller, Place
from bot.db.base import metadata
from bot.db.unit import Database
from bot.directory.model import Contact, Membership, OpenPGPKey, Organisation, Person, Plan, Record, RoomRecord, Source
from bot.directory.service import Directory, Register
from bot.directory.service.telling import Telling
from bot.duty.service import Duty
from bot.escalation import tables as escalation_tables
from bot.escalation.model import Escalation, Member, Origin, Page, Severity, Target
from bot.escalation.rules.policies import Policies
from bot.escalation.service import Escalations, Opened
from bot.escalation.service.people import NOWHERE, Outside
from bot.escalation.service.store import Store
from bot.exchange.channel import Keys, Parcel, Receipt, Refused, TryLater
from bot.exchange.sender import Sender
from bot.exchange.service import Changes, Exchanges, Holding
from bot.ids import DeviceId, EventId, Handle, RoomId, UserId
from bot.outbox.model import Audience, Named
from bot.outbox.service import Outbox
from bot.tlp import Tlp
from keys.trust import Check, PersonVerdict, RoomVerdict, Standing, TrustedDevice

MX, BR, CL, OEA = Handle("CERT-MX"), Handle("CERT-BR"), Handle("CSIRT-CL"), Handle("OEA")
ANA, LUIS = UserId("@ana:cert.mx"), UserId("@luis:cert.mx")
BRUNO, CARLA = UserId("@bruno:cert.br"), UserId("@carla:cert.br")
DIEGO, DORA = UserId("@diego:cert.br"), UserId("@dora:mre.br")
YAN, ZOE = UserId("@yan:oea.org"), UserId("@zoe:oea.org")
DESK_MX, DESK_BR = RoomId("!desk-mx"), RoomId("!desk-br")
DEVICE = DeviceId("DEV")
NIGHT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
"""A Sunday: midnight in Mexico City, 03:00 in São Paulo."""
MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
"""09:00 in Mexico City, 12:00 in São Paulo: both offices are open."""
BY = Actor(BR, "Diego Alves", DIEGO, DEVICE)


def direct(user: UserId) -> RoomId:
    """This person's direct room."""
    return RoomId("!" + user[1:].split(":", 1)[0])


class Wall(Clock):
    """A clock that stands where it is put, and can be put back."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self.at = at

    def now(self) -> datetime:
        return self.at

    def push(self, by: timedelta) -> None:
        self.at += by


class Seal:
    """A real AEAD with a key of the moment."""

    def __init__(self) -> None:
        self._aead = ChaCha20Poly1305(ChaCha20Poly1305.generate_key())

    def seal(self, plain: bytes, aad: bytes) -> bytes:
        return b"0" * 12 + self._aead.encrypt(b"0" * 12, plain, aad)

    def unseal(self, sealed: bytes, aad: bytes) -> bytes:
        return self._aead.decrypt(sealed[:12], sealed[12:], aad)


class Trust:
    """Verdicts that a test sets; everybody and every room is fine until it says otherwise."""

    def __init__(self) -> None:
        self.rooms: dict[RoomId, set[UserId]] = {}
        self.standing: dict[UserId, Standing] = {}
        self.failing: dict[RoomId, tuple[str, str]] = {}
        """Room → name of the check that fails, and the users whom it names."""
        self.plain: set[RoomId] = set()
        self.loose: set[UserId] = set()
        """Who has a device that is not signed."""

    def person(self, user: UserId) -> PersonVerdict:
        standing = self.standing.get(user, Standing.VERIFIED)
        devices = frozenset({TrustedDevice(DEVICE, "ed", "curve")})
        return PersonVerdict(user, standing, None, devices, (), "verified")

    def room(self, room: RoomId) -> RoomVerdict:
        if room not in self.rooms:
            return RoomVerdict(ok=False, checks=(Check("room-bot-joined", ok=False),))
        if room in self.failing:
            name, users = self.failing[room]
            return RoomVerdict(ok=False, checks=(Check(name, ok=False, values={"users": users}),))
        return RoomVerdict(ok=True, checks=())

    def members(self, room: RoomId) -> frozenset[UserId]:
        return frozenset(self.rooms.get(room, ()))

    def unsigned(self, user: UserId) -> bool:
        return user in self.loose

    def encrypted(self, room: RoomId) -> bool:
        return room in self.rooms and room not in self.plain


@dataclass
class Line:
    """A channel that remembers."""

    got: list[Parcel] = field(default_factory=list)
    dead: set[RoomId] = field(default_factory=set)
    """Their homeserver does not answer."""
    refused: set[RoomId] = field(default_factory=set)
    """Their homeserver takes nothing, and removes nothing."""
    limited: dict[RoomId, timedelta] = field(default_factory=dict)
    """Their homeserver asks to wait so long."""
    keyless: set[RoomId] = field(default_factory=set)
    """Sent, but no device could get the key."""
    meant: frozenset[Named] = frozenset()
    """Devices in every room; without any there is one that has no name."""
    lacking: frozenset[Named] = frozenset()
    """Those that cannot be given a key."""
    silent: set[RoomId] = field(default_factory=set)
    """Their homeserver takes it, and its answer is lost."""
    withdrawn: list[EventId] = field(default_factory=list)

    async def send(self, parcel: Parcel) -> Receipt:
        if parcel.room in self.dead:
            raise TryLater(reason="no answer")
        if parcel.room in self.limited:
            raise TryLater(reason="rate limit", wait=self.limited[parcel.room])
        if parcel.room in self.refused:
            raise Refused(reason="gone")
        self.got.append(parcel)
        event = EventId(f"$event{len(self.got)}")
        if parcel.room in self.silent:
            raise TryLater(reason="no answer")
        if parcel.room in self.keyless:
            return Receipt(event, 0, 1)
        missing = self.lacking & self.meant
        return Receipt(event, max(len(self.meant), 1) - len(missing), max(len(self.meant), 1), missing)

    async def find(self, parcel: Parcel) -> Receipt | None:
        if parcel.room in self.dead:
            raise TryLater(reason="no answer")
        if parcel.room in self.refused:
            raise Refused(reason="gone")
        there = [n for n, got in enumerate(self.got, 1) if got.delivery_id == parcel.delivery_id]
        return Receipt(EventId(f"$event{there[-1]}"), 1, 1) if there else None

    async def top_up(self, room: RoomId, audience: Audience) -> Keys:
        if room in self.dead:
            raise TryLater(reason="no answer")
        return Keys(self.meant - self.lacking, self.meant)

    async def withdraw(self, room: RoomId, event: EventId, txn_id: str) -> None:
        if room in self.dead:
            raise TryLater(reason="no answer")
        if room in self.refused:
            raise Refused(reason="M_FORBIDDEN")
        self.withdrawn.append(event)


class World:
    """Everything wired."""

    def __init__(self, database: Database, clock: Wall, seal: Seal | None = None) -> None:
        self.db = database
        self.clock = clock
        self.seal = seal or Seal()
        self.trust = Trust()
        self.line = Line()
        self.outbox = Outbox(self.seal)
        self.audit = make_audit()
        self.register = Register((YAN, ZOE))
        self.directory = Directory(self.audit, frozenset({YAN, ZOE}))
        self.duty = Duty(self.register, self.audit)
        self.escalation = self.fresh()
        self.policy = Policy()
        self.exchanges = Exchanges(self.outbox, self.audit, self.seal, self.trust)
        self.holding = Holding(self.outbox, self.exchanges, self.audit, self.register, self.trust)
        telling = Telling(self.register, self.outbox, self.trust)
        self.changes = Changes(self.exchanges, self.outbox, self.audit, self.trust, telling.language)
        self.sender = self.fresh_sender()

    def fresh(self, policies: Policies | None = None, outside: Outside = NOWHERE) -> Escalations:
        """The service as it is after a restart: nothing in memory."""
        return Escalations(
            outbox=Outbox(self.seal),
            audit=self.audit,
            register=self.register,
            duty=self.duty,
            sealer=self.seal,
            trust=self.trust,
            policies=policies,
            outside=outside,
        )

    def fresh_sender(self) -> Sender:
        """The sender as it is after a restart."""
        return Sender(
            self.db, self.outbox, self.exchanges, self.audit, self.register, self.trust, self.line, self.holding
        )

    # --- acting -----------------------------------------------------------------------------------------

    async def call(
        self,
        to: Iterable[Target] = (Target(BR),),
        severity: Severity = Severity.CRITICAL,
        tlp: Tlp = Tlp.AMBER,
        summary: str = "DDoS contra el sistema de pagos",
        details: str = "200 Gbit/s desde las 02:40",
        by: UserId = ANA,
        room: RoomId = DESK_MX,
    ) -> Opened:
        """Escalate."""
        async with self.db.unit() as unit:
            return await self.escalation.open(
                unit,
                origin=Origin(self.member(by), room, EventId("$typed"), "es"),
                targets=list(to),
                severity=severity,
                tlp=tlp,
                summary=summary,
                details=details,
            )

    def member(self, user: UserId) -> Member:
        """Somebody who acts."""
        return self.escalation.member(user, DEVICE)

    async def rota(self, *people: UserId, days: int = 7, role: str = "technical") -> None:
        """A rotation that began on Monday, 16 November, at 09:00 in São Paulo."""
        async with self.db.unit() as unit:
            await self.duty.set_rotation(
                unit,
                organisation=BR,
                role=role,
                people=people,
                starts_on=datetime(2026, 11, 16).date(),
                handover=time(9),
                every=timedelta(days=days),
                by=BY,
            )

    async def later(self, minutes: float = 0, *, send: bool = True) -> datetime | None:
        """Time passes, the ladder is looked at, and (unless not) what is due goes out and is looked at too."""
        self.clock.push(timedelta(minutes=minutes))
        due = await self.escalation.climb_due(self.db)
        for _ in range(2 if send else 0):
            await self.send()
            due = await self.escalation.climb_due(self.db)
        await self.sender.drain()
        return due

    async def send(self) -> None:
        """Everything that can go out goes out."""
        await self.sender.drain()
        self.clock.push(timedelta(seconds=1))

    # --- looking ----------------------------------------------------------------------------------------

    async def now(self, found: Escalation) -> Escalation:
        """An escalation as it is now."""
        async with self.db.reading() as unit:
            again = await self.escalation.get(unit, found.ref)
        assert again is not None
        return again

    async def pages(self, found: Escalation) -> list[Page]:
        """Its pages."""
        async with self.db.reading() as unit:
            return await Store(self.seal).pages(unit, found.ref)

    async def rung(self, found: Escalation) -> list[str]:
        """``step room[ bare][ fallback][ notice]`` of every page, with what became of it."""
        return [
            f"{p.step} {p.room[1:]}"
            + ("" if p.full else " bare")
            + (" fallback" if p.fallback else "")
            + (" notice" if p.notice else "")
            + f" {p.state.value}"
            for p in await self.pages(found)
        ]

    def seen(self, room: RoomId) -> list[str]:
        """The bodies that a room got, edits as what they say now."""
        return [str(parcel.content["body"]) for parcel in self.line.got if parcel.room == room]

    def contents(self, room: RoomId) -> list[Mapping[str, Any]]:
        """The contents that a room got."""
        return [parcel.content for parcel in self.line.got if parcel.room == room]

    def status(self, room: RoomId = DESK_MX) -> str:
        """The caller's status message as it reads now."""
        shown = ""
        for content in self.contents(room):
            if content["msgtype"] == "m.notice":
                shown = str(content.get("m.new_content", content)["body"])
        return shown

    async def actions(self) -> list[str]:
        """What the log holds of escalations, in order."""
        actions = [entry.details.action for entry in await logged(self) if entry.details is not None]
        return [action.removeprefix("escalation.") for action in actions if action.startswith("escalation.")]

    # --- commands ---------------------------------------------------------------------------------------

    def typed(
        self,
        name: str,
        line: str = "",
        body: str = "",
        *,
        by: UserId = ANA,
        room: RoomId = DESK_MX,
        language: str = "en",
        confirmed: bool = False,
        **extra: Any,
    ) -> Call:
        """A command as it reaches its handler."""
        person, record = self.register.person(by), self.register.room(room)
        return Call(
            name=name,
            first_line=line,
            body=body,
            caller=Caller(
                user=by,
                device=DEVICE,
                verdict=self.trust.person(by),
                name=person.name if person else str(by),
                organisation=person.organisation if person else None,
                lead=bool(person and person.lead),
            ),
            place=Place(room, record.kind if record else "unknown", verified=self.trust.room(room).ok),
            event_id=EventId("$typed"),
            now=self.clock.now(),
            language=language,
            confirmed=confirmed,
            extra=extra,
        )


@dataclass(frozen=True)
class Policy:
    """The deployment's rules."""

    tlp_default: Tlp = Tlp.AMBER
    confirm_every_days: int = 90
    stale_after_days: int = 180


async def build(
    url: str, at: datetime = NIGHT, people: Mapping[UserId, Mapping[str, Any]] = MappingProxyType({})
) -> World:
    """The world on a fresh database; ``people``: fields of somebody's entry that are to be other than below."""
    clock = Wall(at)
    database = Database.open(url, clock)
    assert escalation_tables.escalations.metadata is metadata
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    world = World(database, clock)
    async with database.unit() as unit:
        await world.directory.apply(unit, Plan(added=tuple(_records(people))), source_sha256="0" * 64, actor=None)
        for record in _rooms():
            await world.directory.register_room(unit, record, actor=None)
    async with database.reading() as unit:
        await world.register.reload(unit)
    for record in _rooms():
        world.trust.rooms[record.room] = {record.user} if record.user else set()
    world.trust.rooms[DESK_MX] = {ANA, LUIS}
    world.trust.rooms[DESK_BR] = {BRUNO, CARLA, DIEGO}
    return world


def _records(changed: Mapping[UserId, Mapping[str, Any]]) -> Iterable[Record]:
    for record in _all_records():
        people = (replace(p, **changed.get(p.mxid, {})) if p.mxid else p for p in record.people)
        yield replace(record, people=tuple(people))


def _all_records() -> Iterable[Record]:
    members = (Membership("oas-cbm", ("technical", "diplomatic")),)
    common = {"office_hours": "Mon-Fri 09:00-18:00", "memberships": members}
    yield _record(
        Organisation(
            MX, names={"es": "CERT México"}, country="MX", timezone="America/Mexico_City", languages=("es",), **common
        ),
        Person("Ana Pérez", MX, ANA, ("technical",), lead=False, languages=("es",)),
        Person("Luis Soto", MX, LUIS, ("technical",), lead=True, languages=("es",)),
    )
    yield _record(
        Organisation(
            BR,
            names={"en": "CERT Brazil"},
            country="BR",
            timezone="America/Sao_Paulo",
            languages=("en",),
            contacts=(
                Contact("phone", "+55 11 5555 0100", Tlp.AMBER),
                Contact("phone", "+55 11 5555 0199", Tlp.RED),
                Contact("email", "cert@cert.example.br", Tlp.CLEAR),
            ),
            **common,
        ),
        Person("Bruno Lima", BR, BRUNO, ("technical",), languages=("en",)),
        Person("Carla Reis", BR, CARLA, ("technical",), languages=("en",)),
        Person("Diego Alves", BR, DIEGO, (), lead=True, languages=("es",)),
        Person("Dora Melo", BR, DORA, ("diplomatic",), languages=("en",)),
    )
    yield _record(
        Organisation(
            CL,
            names={"es": "CSIRT Chile"},
            country="CL",
            timezone="America/Santiago",
            contacts=(Contact("phone", "+56 2 2486 3850", Tlp.GREEN),),
            openpgp=(OpenPGPKey("0123456789ABCDEF0123456789ABCDEF01234567"),),
            **common,
        )
    )
    yield _record(
        Organisation(OEA, names={"en": "OAS"}, languages=("en",), memberships=members),
        Person("Yan Ortiz", OEA, YAN, ()),
        Person("Zoe Diaz", OEA, ZOE, ()),
    )


def _record(organisation: Organisation, *people: Person) -> Record:
    return Record(Source("test.yaml", 1), organisation, people, tuple(1 for _ in people))


def _rooms() -> Iterable[RoomRecord]:
    yield RoomRecord(DESK_MX, "desk", frozenset({MX}))
    yield RoomRecord(DESK_BR, "desk", frozenset({BR}))
    for handle, users in ((MX, (ANA, LUIS)), (BR, (BRUNO, CARLA, DIEGO, DORA)), (OEA, (YAN, ZOE))):
        for user in users:
            yield RoomRecord(direct(user), "direct", frozenset({handle}), user=user)


def make_audit() -> AuditLog:
    """The log."""
    return AuditLog("enlace.example/log")


async def logged(world: World) -> list[Logged]:
    """Every entry of the log, in order."""
    async with world.db.reading() as unit:
        return await world.audit.entries(unit)
