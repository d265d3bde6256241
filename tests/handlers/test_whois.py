"""``!whois`` on a real directory and a real roster: one screen, in both languages, as far as each label allows."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from bot.audit.service import AuditLog
from bot.clock import Clock
from bot.commands.call import Access, Answer, Call, Caller, Place, Refusal, Reply
from bot.db.unit import Database
from bot.directory.model import (
    Contact,
    Entries,
    Membership,
    OpenPGPKey,
    Organisation,
    Person,
    Plan,
    Record,
    RoomRecord,
    Source,
)
from bot.directory.service import Directory, Register
from bot.duty.service import Duty
from bot.ids import DeviceId, EventId, Handle, RoomId, UserId
from bot.outbox.model import Audience
from bot.schema import metadata
from bot.tlp import Tlp
from handlers.whois import COMMAND, run
from keys.trust import PersonVerdict, RoomVerdict, Standing, TrustedDevice
from tests.unit.directory.directory_of import entries

NOW = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)  # a Monday; 10:30 in Mexico City
ANA, BRUNO, CARLA = UserId("@ana:cert.example.mx"), UserId("@bruno:cert.example.br"), UserId("@carla:csirt.example.cl")
KIM = UserId("@kim:oas.example.org")
MX, BR, CL = Handle("CERT-MX"), Handle("CERT.br"), Handle("CSIRT-CL")
DESK, MX_DESK, CARLA_DIRECT, INCIDENT = RoomId("!cl"), RoomId("!mx"), RoomId("!carla"), RoomId("!inc")
DEVICES = frozenset({TrustedDevice("DEV", "E", "C")})


@dataclass
class View:
    """Verdicts as the test says."""

    standings: dict[UserId, Standing]
    verified: set[RoomId]
    there: dict[RoomId, set[UserId]]

    def person(self, user: UserId) -> PersonVerdict:
        standing = self.standings.get(user, Standing.UNKNOWN)
        return PersonVerdict(user, standing, None, DEVICES if standing.good else frozenset(), ())

    def room(self, room: RoomId) -> RoomVerdict:
        return RoomVerdict(room in self.verified, ())

    def members(self, room: RoomId) -> frozenset[UserId]:
        return frozenset(self.there.get(room, set()))

    def encrypted(self, room: RoomId) -> bool:
        return True


@dataclass
class Policy:
    stale_after_days: int = 180


@dataclass
class Services:
    db: Database
    register: Register
    duty: Duty
    trust: View
    policy: Policy

    async def ask(
        self,
        line: str,
        language: str = "en",
        user: UserId = CARLA,
        room: RoomId = DESK,
        kind: str = "desk",
        coordinator: bool = False,
    ) -> Answer:
        person = self.register.person(user)
        verdict = self.trust.person(user)
        record = self.register.room(room)
        call = Call(
            name="whois",
            first_line=line,
            body="",
            caller=Caller(
                user, DeviceId("DEV"), verdict, person.name if person else user,
                organisation=person.organisation if person else None, coordinator=coordinator,
            ),
            place=Place(
                room, kind, room in self.trust.verified, record.organisations if record else frozenset(), language
            ),
            event_id=EventId("$1"),
            now=NOW,
            language=language,
        )  # fmt: skip
        async with self.db.reading() as unit:
            return await run(call, unit, self)

    async def said(self, line: str, language: str = "en", **more: object) -> str:
        return (await self.ask(line, language, **more)).text.plain  # type: ignore[arg-type]


async def prepared(tmp_path: Path, found: Entries) -> Services:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'enlace.db'}", Clock())
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    audit = AuditLog("test.example/log")
    directory = Directory(audit, frozenset({KIM}))
    records = [
        Record(Source("d", n), o, tuple(p for p in found.people if p.organisation == o.handle))
        for n, o in enumerate(found.organisations.values())
    ]
    async with database.unit() as unit:
        await directory.apply(unit, Plan(added=tuple(records)), source_sha256="", actor=None)
        for record in (
            RoomRecord(DESK, "desk", frozenset({CL})),
            RoomRecord(MX_DESK, "desk", frozenset({MX})),
            RoomRecord(CARLA_DIRECT, "direct", frozenset({CL}), user=CARLA),
            RoomRecord(INCIDENT, "incident", frozenset({CL, BR})),
        ):
            await directory.register_room(unit, record, actor=None)
    async with database.reading() as unit:
        register = await Register.load(unit, [KIM])
    trust = View(
        {ANA: Standing.VERIFIED, BRUNO: Standing.VERIFIED, CARLA: Standing.VERIFIED, KIM: Standing.VERIFIED},
        {DESK, MX_DESK, CARLA_DIRECT, INCIDENT},
        {DESK: {CARLA}, CARLA_DIRECT: {CARLA}, INCIDENT: {CARLA, BRUNO}},
    )
    return Services(database, register, Duty(register, audit), trust, Policy())


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    found = entries()
    mexico = replace(found.organisations[MX], last_confirmed=date(2026, 10, 1), openpgp=found.organisations[MX].openpgp)
    made = await prepared(tmp_path, Entries(found.networks, {**found.organisations, MX: mexico}, found.people))
    async with made.db.unit() as unit:
        await made.duty.set_rotation(
            unit, organisation=MX, role="technical", people=(ANA,), starts_on=date(2026, 11, 2), handover=time(9),
            every=timedelta(days=7), by=None,
        )  # fmt: skip
    yield made
    await made.db.close()


async def test_one_screen_in_english(services: Services) -> None:
    answer = await services.ask("CERT-MX")
    assert isinstance(answer, Reply)
    assert (
        answer.text.plain
        == """\
CERT-MX · National CERT of Mexico · 🇲🇽 Mexico
On duty now: Ana Pérez @ana:cert.example.mx
There it is Mon 10:30, in office hours (Mon-Fri 09:00-18:00)
📞 +52 55 0000 0000 TLP:AMBER
📞 +52 55 0000 0001 TLP:AMBER+STRICT
✉ cert@cert.example.mx
One contact is not shown here because of the TLP label
CSIRTAmericas Network (OAS), Operational point of contact: \
Incident handling between CSIRTs, early warnings, indicators and technical assistance
UN Global Points of Contact Directory, Technical point of contact: \
Technical information on a serious ICT incident, and requests for help with it
Languages: Spanish, English
Capabilities: malware-analysis, forensics
Expected response: critical 15 min · high 1 h
On enlace: room verified ✅
Entry confirmed Oct 1, 2026"""
    )
    assert '<a href="tel:+525500000000">+52 55 0000 0000</a>' in answer.text.html
    assert (answer.tlp, answer.audience) == (Tlp.AMBER_STRICT, Audience.VERIFIED)


async def test_who_is_on_duty_in_the_role_that_is_held(services: Services) -> None:
    """A prosecutors' office has nobody technical, and somebody at any hour in its own role."""
    entries = services.register.entries
    pia = Person("Pía Ruiz", Handle("FGR-MX"), UserId("@pia:fgr.mx"), ("law-enforcement",))
    chile = entries.organisations[CL]
    police = replace(chile, memberships=(*chile.memberships, Membership("budapest-247", ("law-enforcement",))))
    services.register._set_entries(
        replace(entries, organisations={**entries.organisations, CL: police}, people=(*entries.people, pia))
    )
    said = await services.said("FGR-MX")
    assert "On duty now: Pía Ruiz @pia:fgr.mx" in said


async def test_one_screen_in_spanish(services: Services) -> None:
    assert (
        await services.said("CERT-MX", "es")
        == """\
CERT-MX · Centro Nacional de Respuesta a Incidentes Cibernéticos · 🇲🇽 México
De guardia ahora: Ana Pérez @ana:cert.example.mx
Hora local: lun 10:30, en horario de oficina (Mon-Fri 09:00-18:00)
📞 +52 55 0000 0000 TLP:AMBER
📞 +52 55 0000 0001 TLP:AMBER+STRICT
✉ cert@cert.example.mx
Un contacto no se muestra aquí por su etiqueta TLP
Red CSIRTAmericas (OEA), Punto de contacto operativo: \
Gestión de incidentes entre CSIRT, alertas tempranas, indicadores y asistencia técnica
Directorio Mundial de Puntos de Contacto de las Naciones Unidas, Punto de contacto técnico: \
Información técnica sobre un incidente grave de TIC y solicitudes de ayuda para atenderlo
Idiomas: español, inglés
Capacidades: malware-analysis, forensics
Respuesta esperada: crítica 15 min · alta 1 h
En enlace: sala verificada ✅
Entrada confirmada el 1 oct 2026"""
    )


async def test_anybody_gets_what_is_clear_and_nothing_else(services: Services) -> None:
    for more in ({"user": UserId("@eve:evil.example")}, {"room": RoomId("!elsewhere"), "kind": "unknown"}):
        answer = await services.ask("CERT-MX", **more)  # type: ignore[arg-type]
        assert isinstance(answer, Reply)
        assert (answer.tlp, answer.audience) == (Tlp.CLEAR, Audience.OPEN)
        text = answer.text.plain
        assert "cert@cert.example.mx" in text
        assert "3 contacts are not shown here" in text
        for hidden in ("Ana", "+52", "CSIRTAmericas", "Technical", "room verified"):
            assert hidden not in text, hidden


async def test_anybody_cannot_ask_who_works_where_or_who_is_in_a_network(services: Services) -> None:
    eve = UserId("@eve:evil.example")
    for line in ("Ana Pérez", "@ana:cert.example.mx", "net:un-gpd", "MX/diplomatic", "Ana Peres"):
        answer = await services.ask(line, user=eve)
        assert "CERT-MX" not in answer.text.plain, line
        assert "SRE-MX" not in answer.text.plain, line
        assert answer.audience is Audience.OPEN


@pytest.mark.parametrize(
    ("more", "shown", "tlp"),
    [
        ({}, {"0000", "0001"}, Tlp.AMBER_STRICT),
        ({"room": CARLA_DIRECT, "kind": "direct"}, {"0000", "0001"}, Tlp.AMBER_STRICT),
        ({"room": INCIDENT, "kind": "incident"}, set(), Tlp.GREEN),
        ({"user": ANA, "room": MX_DESK}, {"0000", "0001"}, Tlp.AMBER_STRICT),
    ],
)
async def test_labels(services: Services, more: dict[str, object], shown: set[str], tlp: Tlp) -> None:
    answer = await services.ask("CERT-MX", **more)  # type: ignore[arg-type]
    assert isinstance(answer, Reply)
    assert {n for n in ("0000", "0001", "0002") if f"+52 55 0000 {n}" in answer.text.plain} == shown
    assert answer.tlp is tlp


async def test_the_audience_is_everybody_in_the_room(services: Services) -> None:
    services.trust.there[DESK].add(KIM)  # a coordinator without an organisation changes nothing
    assert "+52 55 0000 0000" in await services.said("CERT-MX")
    far = UserId("@luz:incibe.example.es")
    people = (*services.register.entries.people, Person("Luz", Handle("INCIBE-CERT"), far))
    services.register._set_entries(replace(services.register.entries, people=people))
    services.trust.there[DESK].add(far)
    assert "+52" not in await services.said("CERT-MX")


@pytest.mark.parametrize(
    ("standing", "shown"),
    [(Standing.VOUCHED, {"0000"}), (Standing.GRACE, set()), (Standing.EXPIRED, set()), (Standing.CHANGED, set())],
)
async def test_a_lower_standing_sees_less(services: Services, standing: Standing, shown: set[str]) -> None:
    services.trust.standings[CARLA] = standing
    text = await services.said("CERT-MX")
    assert {n for n in ("0000", "0001", "0002") if f"+52 55 0000 {n}" in text} == shown
    assert ("Ana Pérez" in text) == standing.good


async def test_several_are_a_list_to_choose_from(services: Services) -> None:
    answer = await services.ask("MX", "es")
    assert isinstance(answer, Reply)
    assert answer.text.plain.splitlines() == [
        "«MX»: 3 entradas.",
        "1. CERT-MX · Centro Nacional de Respuesta a Incidentes Cibernéticos · México",
        "2. FGR-MX · Fiscalía de México · México",
        "3. SRE-MX · Cancillería de México · México",
        "Responda con un número.",
    ]
    assert answer.question is not None
    assert answer.question.options == ("CERT-MX", "FGR-MX", "SRE-MX")
    assert answer.tlp is Tlp.CLEAR


async def test_a_role_leaves_one(services: Services) -> None:
    assert "SRE-MX · Cancillería" in await services.said("MX/diplomático")
    assert "CERT.br" in await services.said("BR/247")


async def test_nobody_gets_the_nearest_names(services: Services) -> None:
    answer = await services.ask("CERT-MXX", "es")
    assert isinstance(answer, Reply)
    assert answer.text.plain.startswith("No hay nadie con el nombre «CERT-MXX». Los más parecidos:\n1. CERT-MX")
    assert answer.question is not None
    assert answer.question.options[0] == "CERT-MX"
    assert isinstance(await services.ask("zzzzzz"), Refusal)
    assert await services.said("Argentina", "es") == "El directorio no tiene a nadie en Argentina."
    assert isinstance(await services.ask(""), Refusal)


async def test_a_person(services: Services) -> None:
    lines = (await services.said("@ana:cert.example.mx", "es")).splitlines()
    assert lines[0] == "Ana Pérez @ana:cert.example.mx · Punto de contacto técnico · responsable"
    assert lines[1] == "Identidad verificada ✅"
    assert lines[3].startswith("CERT-MX · Centro Nacional")
    services.trust.standings[ANA] = Standing.CHANGED
    assert "Identidad no verificada: cambió ⚠" in await services.said("Ana Pérez", "es")


@pytest.mark.parametrize("word", ["key", "llave", "KEY", "Llave"])
async def test_fingerprints_in_fours(services: Services, word: str) -> None:
    answer = await services.ask(f"CERT-MX {word}")
    assert answer.text.plain == "CERT-MX: 0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 4567"
    assert '<code dir="ltr">0123 4567 89AB' in answer.text.html
    assert "no OpenPGP key" in await services.said(f"CSIRT-CL {word}")
    several = await services.ask(f"MX {word}")
    assert isinstance(several, Reply)
    assert several.question is not None
    assert several.question.options[0] == "CERT-MX key"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"office_hours": "Mon-Fri 09:00-10:00"}, "outside office hours (Mon-Fri 09:00-10:00); opens Tue 09:00"),
        ({"office_hours": None}, "There it is Mon 10:30; office hours not known"),
        ({"timezone": None}, "Office hours Mon-Fri 09:00-18:00; time zone not known"),
        ({"timezone": None, "office_hours": None}, "Local time and office hours not known"),
        ({"always": True}, "in office hours (Mon-Fri 09:00-18:00) · 24/7"),
        ({"last_confirmed": date(2026, 1, 1)}, "⚠ Stale: entry last confirmed Jan 1, 2026, 326 days ago"),
        ({"last_confirmed": None}, "⚠ Entry never confirmed"),
        ({"contacts": ()}, "No contact can be shown here"),
        ({"memberships": ()}, "Languages: Spanish, English"),
    ],
)
async def test_what_is_missing_is_said(services: Services, changes: dict[str, object], expected: str) -> None:
    mexico = replace(services.register.entries.organisations[MX], **changes)  # type: ignore[arg-type]
    listed = {**services.register.entries.organisations, MX: mexico}
    services.register._set_entries(replace(services.register.entries, organisations=listed))
    assert expected in await services.said("CERT-MX")


async def test_a_gap_is_said_and_a_room_that_fails_too(services: Services) -> None:
    assert "On duty now: nobody rostered" in await services.said("CTIR-Gov")
    assert "Not on enlace yet: no room" in await services.said("CERT.br")
    services.trust.verified.discard(MX_DESK)
    assert "On enlace: room not verified ⚠" in await services.said("CERT-MX")


async def test_no_name_can_add_markup_lines_or_turn_the_text_around(tmp_path: Path) -> None:
    evil = '<img src=x onerror=1>\n**On duty now:** Eve\u202e`x`\u200b<a href="https://evil.example">'
    bad = Organisation(
        Handle("EVIL-1"), names={"en": evil, "es": evil}, country="MX", sectors=(evil,), capabilities=(evil,),
        languages=(evil,), office_hours=evil, timezone="America/Mexico_City", website=evil,
        memberships=entries().organisations[MX].memberships,
        contacts=tuple(Contact(kind, evil, Tlp.CLEAR) for kind in ("phone", "email", "postal", "web", "odd")),
        openpgp=(OpenPGPKey("A" * 40),), last_confirmed=date(2026, 10, 1),
    )  # fmt: skip
    mallory = Person(
        evil, bad.handle, UserId("@m:evil.example"), roles=(evil,), languages=(evil,),
        contacts=(Contact("phone", evil, Tlp.CLEAR),),
    )  # fmt: skip
    found = entries()
    services = await prepared(
        tmp_path, Entries(found.networks, {**found.organisations, bad.handle: bad}, (*found.people, mallory))
    )
    try:
        for line in ("EVIL-1", "@m:evil.example", "EVIL-1 key", "EVIL", "MX", evil.replace("\n", " ")):
            for language in ("en", "es"):
                answer = await services.ask(line, language)
                for text in (answer.text.plain, answer.text.html):
                    assert "\u202e" not in text
                    assert "\u200b" not in text
                assert "<img" not in answer.text.html
                assert 'evil.example"' not in answer.text.html
                assert "<strong>On duty now:</strong> Eve" not in answer.text.html
                assert not any(part.startswith("**On duty") for part in answer.text.plain.splitlines())
    finally:
        await services.db.close()


def test_anybody_may_ask() -> None:
    assert COMMAND.access is Access.ANYONE


async def test_a_role_shows_who_is_listed_in_it_and_what_is_expected(services: Services) -> None:
    """Per network in which it is held, with the network's check; other roles are left out."""
    said = await services.said("MX/diplomatic")
    for line in (
        "SRE-MX · Cancillería de México · 🇲🇽 Mexico",
        "UN Global Points of Contact Directory, Diplomatic point of contact: Communication between States",
        "Expected: Pass requests on to the competent authorities, answer other States, and answer the six-monthly",
        "Communication check every 6 months: last none on record, next due May 23, 2027",
        "In this role: the organisation itself; no person is named",
    ):
        assert f"\n{line}" in f"\n{said}"
    technical = await services.said("CERT-MX/operational")
    assert "CSIRTAmericas Network (OAS), Operational point of contact" in technical
    assert "Expected: Acknowledge, handle or pass on" in technical
    assert "In this role: Ana Pérez @ana:cert.example.mx" in technical
    assert "In this role" not in await services.said("CERT-MX")


async def test_a_network_by_name_shows_its_roles_and_whom_it_lists(services: Services) -> None:
    answer = await services.ask("net:un-gpd", "es")
    assert isinstance(answer, Reply)
    first, *rest = answer.text.plain.splitlines()
    assert first == "Directorio Mundial de Puntos de Contacto de las Naciones Unidas · un-gpd"
    assert any(
        line.startswith("diplomatic, Punto de contacto diplomático: Comunicación entre Estados") for line in rest
    )
    assert any(line.startswith("Verificación de comunicación cada 6 meses: última ninguna") for line in rest)
    assert "Entradas: 7" in rest
    assert answer.tlp is Tlp.GREEN


async def test_other_names_are_shown_beside_the_present_one(services: Services) -> None:
    spain = (await services.said("INTECO-CERT")).splitlines()
    assert spain[:2] == ["INCIBE-CERT · 🇪🇸 Spain", "Formerly: INTECO-CERT · NC3 · Brasil"]
    assert "También: JPCERT/CC" in await services.said("JPCERT-CC", "es")
    nearest = await services.said("intecco")
    assert "1. INCIBE-CERT · INCIBE-CERT (formerly “INTECO-CERT”) · Spain" in nearest
