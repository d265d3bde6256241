"""Lists that others keep: what they know becomes entries, what is of no use is noted, and to an entry that is there
they only add."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.directory.model import Contact, Entries, Membership, Organisation, Person, Reading
from bot.directory.rules.importing import plan_import
from bot.directory.service import shipped
from bot.formats import misp, recognise
from bot.ids import Handle, UserId
from bot.tlp import Tlp

FINGERPRINT = "0123456789ABCDEF0123456789ABCDEF01234567"

FIRST = {
    "status": "OK",
    "status-code": 200,
    "version": "1.0",
    "total": 2,
    "data": [
        {
            "id": 7,
            "team": "CERT-MX",
            "team-full": "National Cyber Incident Response Centre",
            "country": "MX",
            "website": ["https://www.example.mx/cert"],
            "email": "cert@example.mx",
            "phone": ["+52 55 0000 0000", "+52 55 0000 0001 (fax)"],
            "phone-emergency": "+52 55 0000 0002",
            "timezone": "America/Mexico_City",
            "operating-hours": "Mon-Fri 09:00-18:00",
            "pgp-fingerprint": FINGERPRINT.lower(),
            "pgp-key": "-----BEGIN PGP PUBLIC KEY BLOCK----- mQ== -----END PGP PUBLIC KEY BLOCK-----",
        },
        {
            "id": 8,
            "team": "Équipe d’urgence",
            "country": "FR",
            "timezone": "UTC-0500",
            "operating-hours": "whenever needed",
            "email": "not an address",
            "pgp-fingerprint": "0x01234567",
        },
    ],
}
INTRODUCER = [
    {
        "official_name": "Nationales Zentrum",
        "short_name": "CERT Bund",
        "country": {"code": "DE", "name": "Germany"},
        "business_hours": "Mon-Fri 08:00-16:00",
        "business_hours_timezone": "Europe/Berlin",
        "pgp_keys": [{"fingerprint": "0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 4567", "expires": None}],
        "phones": [{"usage": "voice", "number": "+49 30 0000"}, {"usage": "emergency", "number": "+49 30 0001"}],
        "emails": [{"address": "cert@example.de", "usage": "incidents"}],
    }
]
MISP = [
    {
        "Organisation": {
            "id": "1",
            "name": "CIRCL",
            "uuid": "55f6ea5e-2c60-40e5-964f-47a8950d210f",
            "nationality": "Luxembourg",
            "sector": "Government",
            "contacts": "Write to info@example.lu, by day",
            "local": True,
        }
    },
    {"Organisation": {"id": "2", "name": "Somewhere", "uuid": "x", "nationality": "Not specified"}},
]


def read(document: Any, name: str = "list.json") -> Reading:
    reading = recognise.read(json.dumps(document, indent=1).encode(), name, known=shipped(), beside=lambda _: None)
    assert reading is not None
    return reading


def notes(reading: Reading) -> dict[str, list[int]]:
    out: dict[str, list[int]] = {}
    for note in reading.notes:
        out.setdefault(note.code, []).append(note.source.line)
    return out


def test_first() -> None:
    reading = read(FIRST)
    assert reading.problems == ()
    mexico, france = (record.organisation for record in reading.records)
    assert mexico.handle == "CERT-MX"
    assert mexico.names == {"en": "National Cyber Incident Response Centre"}
    assert (mexico.country, mexico.timezone, mexico.office_hours) == (
        "MX",
        "America/Mexico_City",
        "Mon-Fri 09:00-18:00",
    )
    assert mexico.memberships == (Membership("first", ("technical",)),)
    assert [key.fingerprint for key in mexico.openpgp] == [FINGERPRINT]
    assert [key.data for key in mexico.openpgp] == [None]  # that armour has lost its lines
    assert {(c.kind, c.value) for c in mexico.contacts} == {
        ("email", "cert@example.mx"),
        ("phone", "+52 55 0000 0000"),
        ("fax", "+52 55 0000 0001 (fax)"),
        ("emergency-phone", "+52 55 0000 0002"),
    }
    assert {contact.tlp for contact in mexico.contacts} == {Tlp.CLEAR}
    assert france.handle == "Equipe-durgence"
    assert (france.timezone, france.office_hours, france.contacts, france.openpgp) == (None, None, (), ())
    line = reading.records[1].source.line
    assert line > reading.records[0].source.line > 1
    assert notes(reading) == {
        "no-zone": [line],
        "hours-left-out": [line],
        "bad-address": [line],
        "bad-fingerprint": [line],
        "handle-made": [line],
    }


def test_an_answer_that_failed_is_no_empty_list() -> None:
    (problem,) = read({"status": "error", "status-code": 200, "data": [{"team": "X"}]}).problems
    assert problem.code == "answer-failed"


def test_the_trusted_introducer() -> None:
    (record,) = read(INTRODUCER).records
    germany = record.organisation
    assert germany.handle == "CERT-Bund"
    assert germany.names == {"en": "Nationales Zentrum"}
    assert (germany.country, germany.timezone) == ("DE", "Europe/Berlin")
    assert [c.kind for c in germany.contacts] == ["email", "phone", "emergency-phone"]
    assert [key.fingerprint for key in germany.openpgp] == [FINGERPRINT]
    assert germany.networks == {"tf-csirt"}


def test_misp_there_and_back() -> None:
    reading = read(MISP)
    circl, somewhere = (record.organisation for record in reading.records)
    assert (circl.handle, circl.country, circl.sectors) == ("CIRCL", "LU", ("Government",))
    assert [c.value for c in circl.contacts] == ["info@example.lu"]
    assert somewhere.country is None
    written = json.loads(misp.write([circl, replace(somewhere, contacts=(Contact("email", "a@example.org"),))]))
    first, second = (item["Organisation"] for item in written)
    assert first["uuid"] == "55f6ea5e-2c60-40e5-964f-47a8950d210f"
    assert (first["nationality"], first["contacts"]) == ("Luxembourg", "info@example.lu")
    assert second["contacts"] == ""  # TLP:AMBER stays here
    assert second["uuid"] == json.loads(misp.write([somewhere]))[0]["Organisation"]["uuid"]
    again = read(written)
    assert [record.organisation.handle for record in again.records] == ["CIRCL", "Somewhere"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b'{"data": [', "not-json"),
        (b"\xff", "not-utf8"),
        (b"[" * 5000, "too-deep"),
        (b'[{"a": 1, "a": 2}]', "key-twice"),
    ],
)
def test_what_is_no_list_is_said_by_its_line(text: bytes, code: str) -> None:
    reading = recognise.read(text, "list.json", known=shipped(), beside=lambda _: None)
    assert reading is not None
    assert [problem.code for problem in reading.problems] == [code]


def test_json_of_another_kind_is_no_list() -> None:
    for document in ({}, [], [{"a": 1}], "text", 7):
        text = json.dumps(document).encode()
        assert recognise.read(text, "list.json", known=shipped(), beside=lambda _: None) is None


def test_a_bad_record_is_named_and_leaves_the_others() -> None:
    reading = read([{"short_name": "A", "country": {"code": "XX"}}, *INTRODUCER, {"short_name": None}])
    assert [problem.code for problem in reading.problems] == ["unknown-country", "missing"]
    assert [record.organisation.handle for record in reading.records] == ["CERT-Bund"]


def test_a_list_only_adds() -> None:
    ours = Organisation(
        Handle("CERT-MX"),
        names={"es": "Centro Nacional"},
        country="MX",
        timezone="America/Tijuana",
        contacts=(Contact("phone", "+52 55 9999 9999", Tlp.AMBER),),
        memberships=(Membership("oas-cbm", ("technical",)),),
    )
    ana = Person("Ana", ours.handle, UserId("@ana:example.mx"))
    other = Organisation(Handle("CERT-BR"), names={"en": "Brazil"}, country="BR")
    entries = Entries(shipped(), {ours.handle: ours, other.handle: other}, (ana,))
    plan = plan_import(read(FIRST), entries)
    assert plan.gone == ()
    (change,) = plan.changed
    merged = change.record.organisation
    assert merged.timezone == "America/Tijuana"
    assert merged.office_hours == "Mon-Fri 09:00-18:00"
    assert merged.names == {"es": "Centro Nacional", "en": "National Cyber Incident Response Centre"}
    assert ours.contacts[0] in merged.contacts
    assert merged.networks == {"oas-cbm", "first"}
    assert change.record.people == (ana,)
    assert "people" not in change.fields
    done = Entries(shipped(), {merged.handle: merged, other.handle: other}, (ana,))
    assert plan_import(read(FIRST), done).changed == ()
