"""``!status`` shows an organisation its own open business, in its own rooms, and nobody else's."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from bot.assist.model import Matches, Offer
from bot.assist.model import Member as Asker
from bot.assist.model import Origin as Made
from bot.assist.service import Assist
from bot.audit.service import AuditLog, NoteSigner
from bot.clock import Clock
from bot.commands.call import Call, Caller, Place, Reply
from bot.db.unit import Database
from bot.directory.model import Entries, Organisation
from bot.directory.service import Register
from bot.duty.service import Duty
from bot.escalation.model import Member, Origin, Severity, Target
from bot.escalation.service import Escalations
from bot.exchange.model import Author, Recipient
from bot.exchange.service import Addressing, Exchanges
from bot.i18n.catalogue import say
from bot.ids import DeviceId, EventId, Handle, Ref, RoomId, UserId
from bot.outbox.model import Audience, Kind
from bot.outbox.service import Outbox
from bot.schema import metadata
from bot.tlp import Tlp
from handlers.status import run
from keys.trust import PersonVerdict, RoomVerdict, Standing, TrustedDevice

ANA, BIA = UserId("@ana:cert.mx"), UserId("@bia:cert.br")
MX, BR = Handle("CERT-MX"), Handle("CERT-BR")
MX_DESK, BR_DESK, ANAS = RoomId("!mx"), RoomId("!br"), RoomId("!ana")
PHONE = DeviceId("PHONE")
NUMBERS = count()


class Seal:
    """A real AEAD with a key of the moment."""

    def __init__(self) -> None:
        self._aead = ChaCha20Poly1305(ChaCha20Poly1305.generate_key())

    def seal(self, plain: bytes, aad: bytes) -> bytes:
        return self._aead.encrypt(b"0" * 12, plain, aad)

    def unseal(self, sealed: bytes, aad: bytes) -> bytes:
        return self._aead.decrypt(b"0" * 12, sealed, aad)


class Verdicts:
    """Everybody of these two organisations is verified, and so are the rooms."""

    def person(self, user: UserId) -> PersonVerdict:
        organisation = {ANA: MX, BIA: BR}.get(user)
        trusted = frozenset({TrustedDevice("PHONE", "e", "c")}) if organisation else frozenset()
        standing = Standing.VERIFIED if organisation else Standing.UNKNOWN
        return PersonVerdict(user, standing, organisation, trusted, (), "verified" if organisation else None)

    def room(self, room: RoomId) -> RoomVerdict:
        return RoomVerdict(room in {MX_DESK, BR_DESK, ANAS}, ())

    def members(self, room: RoomId) -> frozenset[UserId]:
        return {MX_DESK: frozenset({ANA}), BR_DESK: frozenset({BIA}), ANAS: frozenset({ANA})}.get(room, frozenset())

    def encrypted(self, room: RoomId) -> bool:
        return True


@dataclass(frozen=True)
class Health:
    uptime_seconds: float = 3 * 86_400
    synced_age_seconds: float | None = 2


@dataclass(frozen=True)
class Policy:
    confirm_every_days: int = 90
    stale_after_days: int = 180


@dataclass(frozen=True)
class Services:
    exchange: Exchanges
    escalation: Escalations
    assist: Assist
    outbox: Outbox
    register: Register
    policy: Policy = Policy()
    health: Health = Health()


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'enlace.db'}", Clock())
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield database
    await database.close()


@pytest.fixture
def services() -> Services:
    audit = AuditLog("example.org/enlace", NoteSigner.from_seed("example.org/enlace", b"s" * 32))
    seal, trust = Seal(), Verdicts()
    outbox = Outbox(seal)
    register = Register()
    register._set_entries(Entries(organisations={h: Organisation(h, always=True) for h in (MX, BR)}))
    duty = Duty(register, audit)
    escalations = Escalations(outbox=outbox, audit=audit, register=register, duty=duty, sealer=seal, trust=trust)
    exchanges = Exchanges(outbox, audit, seal, trust)
    assist = Assist(
        register=register,
        addressing=Addressing(register, trust),
        exchanges=exchanges,
        outbox=outbox,
        audit=audit,
        sealer=seal,
        trust=trust,
    )
    return Services(exchanges, escalations, assist, outbox, register)


def call(
    place: Place | None = None, *, user: UserId = ANA, organisation: Handle | None = MX, language: str = "en"
) -> Call:
    return Call(
        name="status",
        first_line="",
        body="",
        caller=Caller(user, PHONE, Verdicts().person(user), "Ana", organisation),
        place=place or Place(MX_DESK, "desk", verified=True, organisations=frozenset({MX})),
        event_id=EventId("$1"),
        now=Clock().now(),
        language=language,
    )


async def status(db: Database, services: Services, asked: Call) -> Reply:
    async with db.unit() as unit:
        answer = await run(asked, unit, services)
    assert isinstance(answer, Reply)
    return answer


async def send(db: Database, services: Services, tlp: Tlp = Tlp.AMBER, room: RoomId = MX_DESK) -> Ref:
    to = Recipient(
        organisation=BR,
        room=BR_DESK,
        kind="direct" if tlp is Tlp.RED else "desk",
        language="en",
        mention=(BIA,),
        members=(BIA,),
        person=BIA if tlp is Tlp.RED else None,
    )
    async with db.unit() as unit:
        return await services.exchange.open(
            unit,
            author=Author(ANA, "Ana", MX, "verified"),
            device=PHONE,
            source_room=room,
            source_kind="direct" if room == ANAS else "desk",
            source_event=EventId(f"$sent{next(NUMBERS)}"),
            tlp=tlp,
            subject="Phishing kit",
            body="Details",
            language="en",
            recipients=[to],
        )


async def hold(db: Database, services: Services, ref: Ref) -> None:
    async with db.unit() as unit:
        for row in await services.outbox.of_ref(unit, ref, Kind.COPY):
            assert await services.outbox.hold(unit, row, "not-verified")


async def test_requests_for_help_are_shown_to_both_sides(db: Database, services: Services) -> None:
    to = Recipient(BR, BR_DESK, "desk", "en", (BIA,), (BIA,))
    matches = Matches(first=((Offer(Organisation(BR)), to),))
    origin = Made(MX_DESK, "desk", EventId("$asked"), EventId("$asked"), "en")
    async with db.unit() as unit:
        who = Asker(ANA, "Ana", MX, PHONE)
        request = await services.assist.request(unit, who, origin, "6.3", Tlp.GREEN, "A sample", matches)
    line = f"Open requests for help: 1 ({request.ref}), !assist says more"
    assert line in (await status(db, services, call())).text.plain.splitlines()
    there = Place(BR_DESK, "desk", verified=True, organisations=frozenset({BR}))
    answer = await status(db, services, call(there, user=BIA, organisation=BR))
    assert line in answer.text.plain.splitlines()


async def test_nothing_is_open(db: Database, services: Services) -> None:
    answer = await status(db, services, call())
    assert answer.text.plain.splitlines() == [
        "This room is verified.",
        "CERT-MX",
        "Open exchanges: 0 (–)",
        "Open escalations: 0 (–)",
        "Your entry in the directory: It was never confirmed. If it is right: !confirm",
        "Running for 3 days; last heard from my homeserver 2 seconds ago.",
    ]
    assert (answer.audience, answer.tlp) == (Audience.PINNED, Tlp.AMBER)


async def test_open_exchanges_and_what_became_of_them(db: Database, services: Services) -> None:
    held, lost, fine = [await send(db, services) for _ in range(3)]
    await hold(db, services, held)
    async with db.unit() as unit:
        for row in await services.outbox.of_ref(unit, lost, Kind.COPY):
            await services.outbox.fail(unit, row, "gone")
    text = (await status(db, services, call())).text.plain
    assert "Open exchanges: 3 (" in text
    assert fine in text
    assert f"{held}: held for CERT-BR since 20" in text
    assert f"{lost}: not delivered to CERT-BR" in text
    assert f"{fine}: " not in text


async def test_the_addressee_reads_that_something_waits(db: Database, services: Services) -> None:
    ref = await send(db, services)
    await hold(db, services, ref)
    place = Place(BR_DESK, "desk", verified=True, organisations=frozenset({BR}))
    text = (await status(db, services, call(place, user=BIA, organisation=BR))).text.plain
    assert "1 message for you is held back" in text
    assert "held for" not in text
    assert "held back" not in (await status(db, services, call())).text.plain


async def test_open_escalations_on_both_sides(db: Database, services: Services) -> None:
    async with db.unit() as unit:
        opened = await services.escalation.open(
            unit,
            origin=Origin(Member(ANA, "Ana", MX, PHONE), MX_DESK, EventId("$esc"), "en"),
            targets=[Target(BR)],
            severity=Severity.CRITICAL,
            tlp=Tlp.AMBER,
            summary="DDoS",
            details="",
        )
    ref = opened.opened[0].ref
    assert f"Open escalations: 1 ({ref})" in (await status(db, services, call())).text.plain
    place = Place(BR_DESK, "desk", verified=True, organisations=frozenset({BR}))
    theirs = await status(db, services, call(place, user=BIA, organisation=BR))
    assert f"Open escalations: 1 ({ref})" in theirs.text.plain


async def test_red_is_shown_to_the_named_alone(db: Database, services: Services) -> None:
    ref = await send(db, services, Tlp.RED, ANAS)
    await hold(db, services, ref)
    direct = Place(ANAS, "direct", verified=True, organisations=frozenset({MX}))
    assert ref in (await status(db, services, call(direct))).text.plain
    desk = (await status(db, services, call())).text.plain
    assert ref not in desk
    assert "Open exchanges: 0" in desk
    bias = Place(RoomId("!bia"), "direct", verified=True, organisations=frozenset({BR}))
    assert ref in (await status(db, services, call(bias, user=BIA, organisation=BR))).text.plain
    desk_br = Place(BR_DESK, "desk", verified=True, organisations=frozenset({BR}))
    assert "held" not in (await status(db, services, call(desk_br, user=BIA, organisation=BR))).text.plain


@pytest.mark.parametrize(
    "asked",
    [
        call(Place(MX_DESK, "desk", verified=False, organisations=frozenset({MX}))),
        call(Place(MX_DESK, "unknown", verified=False)),
        call(Place(MX_DESK, "coordination", verified=True, organisations=frozenset({MX, BR}))),
        call(Place(BR_DESK, "desk", verified=True, organisations=frozenset({BR}))),
        call(Place(MX_DESK, "desk", verified=True, organisations=frozenset({MX, BR}))),
        call(user=UserId("@eve:evil.example")),
        call(organisation=None),
    ],
)
async def test_elsewhere_only_the_room_and_the_bot(db: Database, services: Services, asked: Call) -> None:
    ref = await send(db, services)
    answer = await status(db, services, asked)
    assert ref not in answer.text.plain
    assert len(answer.text.plain.splitlines()) == 2
    assert (answer.audience, answer.tlp) == (Audience.OPEN, Tlp.CLEAR)
    assert ("not verified" in answer.text.plain) != asked.place.verified


SPAN = {"en": "65 seconds", "es": "65 segundos"}


@pytest.mark.parametrize("language", sorted(SPAN))
async def test_a_bot_that_hears_nothing_says_so(db: Database, services: Services, language: str) -> None:
    deaf = replace(services, health=Health(65, None))
    text = (await status(db, deaf, call(language=language))).text.plain
    assert text.splitlines()[-1] == say(language, "status-health-unheard", up=SPAN[language]).plain


async def test_entries_that_wait_for_confirmation(db: Database, services: Services) -> None:
    today = Clock().now().date()
    last = {MX: today - timedelta(days=100), BR: today - timedelta(days=200)}
    listed = {handle: Organisation(handle, last_confirmed=day, confirmed_by="Bia") for handle, day in last.items()}
    services.register._set_entries(Entries(organisations=listed))
    direct = Place(ANAS, "direct", verified=True, organisations=frozenset({MX}))
    asked = call(direct)
    coordinator = replace(asked, caller=replace(asked.caller, coordinator=True))
    said = (await status(db, services, coordinator)).text.plain
    assert "by Bia. If it is right: !confirm" in said
    assert "Stale entries (not confirmed in 180 days): 1 of 2" in said
    assert "Stale" not in (await status(db, services, asked)).text.plain
    patient = replace(services, policy=Policy(confirm_every_days=101))
    assert "!confirm" not in (await status(db, patient, asked)).text.plain


async def test_many_are_counted_and_five_written_out(db: Database, services: Services) -> None:
    for _ in range(52):
        await send(db, services)
    text = (await status(db, services, call())).text.plain
    assert "Open exchanges: 52 (" in text
    assert text.count("MSG-") == 5
