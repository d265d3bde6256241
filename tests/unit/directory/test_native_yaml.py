"""The native YAML: read strictly with every mistake at its line, written back without loss."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.directory.model import Contact, Entries, Membership, Network, OpenPGPKey, Organisation, Person, Role
from bot.directory.service import say_problem, shipped
from bot.formats import native
from bot.ids import Handle, UserId
from bot.tlp import Tlp

DATA = Path(__file__).parent / "data"
FINGERPRINT = "0123456789ABCDEF0123456789ABCDEF01234567"
EXAMPLE = """\
networks: [{id: oas-cbm}]
organisations:
  - handle: CERT-MX
    names: {es: Centro Nacional de Respuesta a Incidentes Cibernéticos, en: National CERT of Mexico}
    country: MX
    timezone: America/Mexico_City
    office_hours: "Mon-Fri 09:00-18:00"
    languages: [es, en]
    networks: {oas-cbm: [technical, diplomatic], csirtamericas: [technical], un-gpd: [technical, diplomatic]}
    capabilities: [malware-analysis, forensics]
    contacts:
      [{kind: email, value: cert@cert.example.mx, tlp: CLEAR}, {kind: phone, value: "+52 55 0000 0000", tlp: AMBER}]
    openpgp: [{fingerprint: "0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 4567", key_file: cert-mx.asc}]
    people:
      - name: Ana Pérez
        mxid: "@ana:cert.example.mx"
        roles: [technical]
        lead: true
    roster: cert-mx.ics
    last_confirmed: 2026-10-01
"""

ROSTER = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:1
DTSTART;TZID=America/Mexico_City:20261123T090000
DTEND;TZID=America/Mexico_City:20261130T090000
SUMMARY:Guardia: Ana Pérez
RRULE:FREQ=WEEKLY
END:VEVENT
END:VCALENDAR
""".encode()

WATCH = ROSTER.replace(b"SUMMARY:Guardia: Ana P\xc3\xa9rez", b"ATTENDEE:matrix:u/%s")
"""The same for whoever is put in."""


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_mistake_is_told_with_its_line_and_all_at_once(language: str) -> None:
    reading = native.read((DATA / "bad.yaml").read_bytes(), "bad.yaml", known=shipped(), beside=lambda _name: None)
    said = "".join(say_problem(problem, language).plain + "\n" for problem in reading.problems)
    assert said == (DATA / f"bad.{language}.txt").read_text(encoding="utf-8")
    assert reading.records == ()


def test_the_example() -> None:
    beside = {"cert-mx.asc": b"a key", "cert-mx.ics": ROSTER}
    reading = native.read(EXAMPLE.encode(), "d.yaml", known=shipped(), beside=beside.get)
    assert reading.problems == ()
    (record,) = reading.records
    assert str(record.source) == "d.yaml:3"
    assert record.people_lines == (15,)
    organisation = record.organisation
    assert (organisation.roster, organisation.calendar) == ("cert-mx.ics", ROSTER)
    assert organisation.roles_in("oas-cbm") == ("operational", "diplomatic")
    assert organisation.roles_in("csirtamericas") == ("operational",)
    assert organisation.roles_in("un-gpd") == ("technical", "diplomatic")
    assert organisation.openpgp == (OpenPGPKey(FINGERPRINT, b"a key", "cert-mx.asc"),)
    assert organisation.last_confirmed == date(2026, 10, 1)
    assert record.people[0] == Person(
        "Ana Pérez", Handle("CERT-MX"), UserId("@ana:cert.example.mx"), ("technical",), lead=True
    )


def test_norway_is_no_falsehood() -> None:
    reading = native.read(b"organisations: [{handle: NorCERT, country: NO, names: {no: Ja}}]", "d", known=shipped())
    assert reading.problems == ()
    assert reading.records[0].organisation.country == "NO"
    assert reading.records[0].organisation.names == {"no": "Ja"}


def test_a_bad_record_does_not_hide_a_good_one() -> None:
    reading = native.read(b"organisations:\n- {handle: A-1}\n- {handle: B 2}\n", "d", known=shipped())
    assert [record.organisation.handle for record in reading.records] == ["A-1"]
    assert [str(problem.source) for problem in reading.problems] == ["d:3"]
    assert reading.rows == 2


RUBBISH = [
    b"",
    b"\xff\xfe",
    b"---\n---\n",
    b"organisations: 7",
    b"[",
    b"a: *b",
    b"? [x]\n: y",
    b"!!python/object:os.system x",
]


@pytest.mark.parametrize("data", RUBBISH)
def test_rubbish_never_raises(data: bytes) -> None:
    assert native.read(data, "d", known=shipped()).records == ()


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_noise_never_raises(data: bytes) -> None:
    native.read(b"organisations:\n- " + data, "d", known=shipped())


word = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")), min_size=1, max_size=12)
phrase = st.lists(word, min_size=1, max_size=3).map(" ".join).filter(lambda t: t == " ".join(t.split()))
tag = st.sampled_from(["es", "en", "pt-BR", "ar", "zh-Hant", "no"])
slug = st.from_regex(r"[a-z]{3,8}-[a-z]{2,5}", fullmatch=True)
contacts = st.lists(
    st.builds(Contact, st.sampled_from(["phone", "postal", "other", "fax"]), phrase, st.sampled_from(list(Tlp)))
    | st.builds(Contact, st.just("email"), st.sampled_from(["a@b.example", "no@no.no"]), st.sampled_from(list(Tlp))),
    max_size=3,
).map(tuple)
OWN = Network(
    "my-net", {"en": "Mine: ~ & *"}, (Role("watch", {"en": "Watch"}, {"en": "null"}, {"es": "yes"}, always=True),),
    {"en": "No"}, "csirt", "P1M",
)  # fmt: skip
memberships = st.lists(
    st.sampled_from(
        [("my-net", ("watch",)), ("un-gpd", ("technical", "diplomatic")), ("first", ()), ("oas-cbm", ("operational",))]
    ),
    max_size=3, unique=True,
).map(lambda found: tuple(Membership(*one) for one in found))  # fmt: skip


@st.composite
def everything(draw: st.DrawFn) -> Entries:
    handle_text = st.from_regex(r"[A-Z]{5,9}-[0-9]{1,3}", fullmatch=True)
    names = draw(st.lists(handle_text, min_size=1, max_size=3, unique_by=str.casefold))
    organisations, people, number = {}, [], 0

    def keys() -> tuple[OpenPGPKey, ...]:
        nonlocal number
        found = []
        for _ in range(draw(st.integers(0, 2))):
            number += 1
            data = draw(st.none() | st.binary(min_size=1, max_size=20))
            found.append(OpenPGPKey(f"{number:040X}", data, f"{number}.asc" if data is not None else None))
        return tuple(found)

    for name in names:
        handle = Handle(name)
        organisations[handle] = Organisation(
            handle=handle,
            names=draw(st.dictionaries(tag, phrase, max_size=2)),
            aliases=draw(st.lists(phrase, max_size=2).map(tuple)),
            former_names=draw(st.lists(phrase, max_size=2).map(tuple)),
            country=draw(st.sampled_from([None, "NO", "MX", "EU", "XK"])),
            kind=draw(st.none() | slug),
            constituency=draw(st.none() | phrase),
            sectors=draw(st.lists(phrase, max_size=2).map(tuple)),
            services=draw(st.lists(phrase, max_size=2).map(tuple)),
            capabilities=draw(st.lists(slug, max_size=2).map(tuple)),
            languages=draw(st.lists(tag, max_size=2, unique=True).map(tuple)),
            timezone=draw(st.sampled_from([None, "America/Mexico_City", "Asia/Kathmandu"])),
            office_hours=draw(st.sampled_from([None, "Mon-Fri 09:00-18:00", "24/7"])),
            always=draw(st.booleans()),
            response=draw(st.dictionaries(st.sampled_from(native.SEVERITIES), st.integers(1, 5000), max_size=4)),
            contacts=draw(contacts),
            openpgp=keys(),
            website=draw(st.sampled_from([None, "https://cert.example.mx/?a=b&c=d"])),
            security_txt=draw(st.sampled_from([None, "https://cert.example.mx/.well-known/security.txt"])),
            memberships=draw(memberships),
            last_confirmed=draw(st.none() | st.dates()),
            confirmed_by=draw(st.none() | phrase),
            source=draw(st.none() | phrase),
        )
        if draw(st.booleans()):
            user = UserId(f"@watch:{name.lower()}.example")
            people.append(Person(draw(phrase), handle, user))
            organisations[handle] = replace(
                organisations[handle], roster=f"duty {name}.ics", calendar=WATCH % user.removeprefix("@").encode()
            )
        for index in range(draw(st.integers(0, 2))):
            people.append(  # noqa: PERF401  (each draw depends on the ones before)
                Person(
                    name=draw(phrase),
                    organisation=handle,
                    mxid=draw(st.sampled_from([None, UserId(f"@p{index}:{name.lower()}.example")])),
                    roles=draw(st.sampled_from([(), ("technical",), ("watch", "diplomatic")])),
                    lead=draw(st.booleans()),
                    languages=draw(st.lists(tag, max_size=2, unique=True).map(tuple)),
                    contacts=draw(contacts),
                    openpgp=keys(),
                )
            )
    return Entries({**shipped(), OWN.id: OWN}, organisations, tuple(people))


@given(everything())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_written_and_read_again_is_the_same(entries: Entries) -> None:
    written = native.write(entries)
    reading = native.read(written.document, "d.yaml", known=shipped(), beside=written.files.get)
    assert reading.problems == ()
    assert reading.networks == (OWN,)
    assert {r.organisation.handle: r.organisation for r in reading.records} == entries.organisations
    assert tuple(p for r in reading.records for p in r.people) == entries.people


def test_a_roster_travels_beside_the_document() -> None:
    organisation = Organisation(Handle("CERT-MX"), roster="mx.ics", calendar=ROSTER)
    ana = Person("Ana Pérez", organisation.handle, UserId("@ana:cert.example.mx"))
    written = native.write(Entries({}, {organisation.handle: organisation}, (ana,)))
    reading = native.read(written.document, "d", known=shipped(), beside=written.files.get)
    assert reading.problems == ()
    assert reading.records[0].organisation == organisation


@pytest.mark.parametrize(
    ("roster", "problem"),
    [
        (b"BEGIN:VCALENDAR", "calendar-unreadable"),
        (b"BEGIN:VCALENDAR\nEND:VCALENDAR\n", "calendar-empty"),
        (ROSTER.replace(b"Ana", b"Eva"), "calendar-stranger"),
        (ROSTER.replace(b"America/Mexico_City", b"Mexico/Nowhere"), "calendar-bad-zone"),
    ],
)
def test_a_roster_that_cannot_be_used_is_a_problem_with_its_line(roster: bytes, problem: str) -> None:
    reading = native.read(
        EXAMPLE.encode(), "d.yaml", known=shipped(), beside={"cert-mx.asc": b"a key", "cert-mx.ics": roster}.get
    )
    assert [(p.code, p.source.line) for p in reading.problems] == [(problem, 19)]
    assert "directory-problem" not in say_problem(reading.problems[0], "es").plain


def test_two_keys_in_files_of_one_name_get_two_files() -> None:
    one = Organisation(Handle("A-1"), openpgp=(OpenPGPKey("A" * 40, b"a", "key.asc"),))
    two = Organisation(Handle("B-2"), openpgp=(OpenPGPKey("B" * 40, b"b", "key.asc"),))
    written = native.write(Entries({}, {one.handle: one, two.handle: two}))
    assert sorted(written.files.values()) == [b"a", b"b"]
