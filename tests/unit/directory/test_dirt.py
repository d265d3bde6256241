"""What real lists, cards and spreadsheets bring: put right and noted, left out and noted, or refused by its line."""

import csv
import io
import json
from importlib.resources import files
from typing import Any

import pytest

from bot.directory.model import Contact, Entries, Organisation, Reading
from bot.directory.rules import countries
from bot.directory.rules.phone import tel
from bot.directory.rules.search import Search
from bot.directory.service import one_line, shipped
from bot.formats import recognise
from bot.tlp import Tlp
from keys.fingerprint import NotAFingerprint, OpenPGPFingerprint

FIRST = {"team": "CERT-X", "country": "CO"}
INTRODUCER = {"short_name": "CERT-X", "country": {"code": "TR"}}
CARD = "BEGIN:VCARD\r\nVERSION:4.0\r\nKIND:org\r\nFN:CERT-X\r\n{}\r\nEND:VCARD\r\n"


def read(text: str | bytes, name: str) -> Reading:
    data = text if isinstance(text, bytes) else text.encode()
    reading = recognise.read(data, name, known=shipped(), beside=lambda _: None)
    assert reading is not None
    return reading


def first(**fields: Any) -> Reading:
    return read(json.dumps({"status": "OK", "data": [{**FIRST, **fields}]}), "first.json")


def introducer(**fields: Any) -> Reading:
    return read(json.dumps([{**INTRODUCER, **fields}]), "ti.json")


def misp(**fields: Any) -> Reading:
    return read(json.dumps([{"Organisation": {"name": "CERT-X", "uuid": "x", **fields}}]), "misp.json")


def card(line: str) -> Reading:
    return read(CARD.format(line), "c.vcf")


def table(heading: str, row: str) -> Reading:
    return read(f"{heading}\n{row}\n", "t.csv")


def clear(kind: str, value: str) -> tuple[Contact, ...]:
    return (Contact(kind, value, Tlp.CLEAR),)


@pytest.mark.parametrize(
    ("reading", "field", "value", "said"),
    [
        # countries: codes that ISO 3166 does not have, names, three letters, numbers with leading zeros
        (first(country="UK"), "country", "GB", []),
        (first(country="EL"), "country", "GR", []),
        (first(country="EU"), "country", "EU", []),
        (first(country="XK"), "country", "XK", []),
        (first(country="004"), "country", "AF", []),
        (first(country="ZZ"), None, None, ["unknown-country"]),
        (first(country=None), "country", None, []),
        (misp(nationality="Niger"), "country", "NE", []),
        (misp(nationality="Ivory Coast"), "country", "CI", []),
        (misp(nationality="Korea"), None, None, ["unknown-country"]),
        (misp(nationality="International"), "country", None, []),
        (card("ADR:;;;;;;Turkey"), "country", "TR", []),
        (card("ADR;CC=tr:;;;;;;Türkiye"), "country", "TR", []),
        # time zones: an offset counts where the country has one zone, a zone in free text never does
        (first(timezone="UTC-0500"), "timezone", "America/Bogota", ["zone-by-country"]),
        (first(timezone="GMT-5"), "timezone", "America/Bogota", ["zone-by-country"]),
        (first(timezone="UTC-6"), "timezone", None, ["no-zone"]),
        (first(timezone="UTC-0500", country="MX"), "timezone", None, ["no-zone"]),
        (first(timezone="GMT+2", country="FR"), "timezone", "Europe/Paris", ["zone-by-country"]),
        (first(timezone="Europe/Istanbul"), "timezone", "Europe/Istanbul", []),
        (first(timezone="Etc/GMT+5"), "timezone", None, ["no-zone"]),
        (first(timezone="EST"), "timezone", None, ["no-zone"]),
        (first(timezone="South African Standard Time (UTC+02:00)"), "timezone", None, ["no-zone"]),
        (introducer(business_hours_timezone="UTC+3"), "timezone", "Europe/Istanbul", ["zone-by-country"]),
        (introducer(business_hours_timezone="../etc/passwd"), "timezone", None, ["no-zone"]),
        (card("TZ:-0600"), "timezone", None, ["no-zone"]),
        # hours in free text
        (first(**{"operating-hours": "24 hours a day"}), "office_hours", None, ["hours-left-out"]),
        (first(**{"operating-hours": "Mon-Fri 08:00-16:00"}), "office_hours", "Mon-Fri 08:00-16:00", []),
        # addresses: kept as they are written, links and names around them apart
        (first(email="mailto:cert@example.co"), "contacts", clear("email", "cert@example.co"), []),
        (first(email="CERT <cert@example.co>"), "contacts", clear("email", "cert@example.co"), []),
        (first(email="cert [at] example.co"), "contacts", (), ["bad-address"]),
        (first(email="N/A"), "contacts", (), ["bad-address"]),
        (first(phone=["01 41 44 49 96 (fax)"]), "contacts", clear("fax", "01 41 44 49 96 (fax)"), []),
        (first(phone=["+57 1 000", "+57 1 000"]), "contacts", clear("phone", "+57 1 000"), []),
        (introducer(phones=[{"usage": None, "number": "+90 1"}]), "contacts", clear("phone", "+90 1"), []),
        (first(website=["www.example.co"]), "website", None, ["bad-url"]),
        # keys: short ids can be forged, armour without its lines cannot be read
        (first(**{"pgp-fingerprint": "0x0123456789ABCDEF"}), "openpgp", (), ["bad-fingerprint"]),
        (introducer(pgp_keys=[{"fingerprint": "DEADBEEF"}]), "openpgp", (), ["bad-fingerprint"]),
        (first(**{"pgp-key": "-----BEGIN PGP PUBLIC KEY BLOCK----- mQ== -----END"}), "openpgp", (), []),
        # empty, missing, of the wrong kind
        (first(email=None, phone=[], website="", timezone=None), "contacts", (), []),
        (first(email={"a": 1}), None, None, ["not-a-list"]),
        (introducer(country="DE"), "country", "DE", []),
        (introducer(official_name=None), "names", {"en": "CERT-X"}, []),
        # cards of other programs: lines folded inside a character, names of several, TLP that is none
        (read(CARD.format("NOTE:x").encode().replace(b"FN:CERT-X", b"FN:Caf\xc3\r\n \xa9"), "c.vcf"), "names",
         {"en": "Café"}, ["handle-made"]),
        (card("NICKNAME:CERT-X,CSIRT\\, national"), "aliases", ("CSIRT, national",), []),
        (card("EMAIL;X-TLP=PINK:cert@example.co"), "contacts", (Contact("email", "cert@example.co", Tlp.RED),),
         ["bad-label"]),
        # spreadsheets: semicolons and tabs, a heading with spaces, an apostrophe before a formula
        (table("handle;timezone", "CERT-X;America/Lima"), "timezone", "America/Lima", []),
        (table("handle\ttimezone", "CERT-X\tAmerica/Lima"), "timezone", "America/Lima", []),
        (table("handle , country", "CERT-X,UK"), "country", "GB", []),
    ],
)  # fmt: skip
def test_dirt(reading: Reading, field: str | None, value: object, said: list[str]) -> None:
    assert [problem.code for problem in (*reading.problems, *reading.notes)] == said
    if field is None:
        assert reading.records == ()
        return
    (record,) = reading.records
    assert getattr(record.organisation, field) == value


@pytest.mark.parametrize(
    ("number", "dialled"),
    [
        ("+52 (0) 55 0000 0000", "tel:+525500000000"),
        ("0052-55-0000-0000", "tel:+525500000000"),
        ("+52 55 0000 0000 ext. 12", "tel:+525500000000;ext=12"),
        ("01 41 44 49 96", None),
        ("+52 55 0000 0000 / 0001", None),
        ("call Ana", None),
    ],
)
def test_only_what_rings_from_anywhere_can_be_dialled(number: str, dialled: str | None) -> None:
    assert tel(number) == dialled


@pytest.mark.parametrize("written", ["0x0123456789ABCDEF", "89ABCDEF", "0123 4567", "G" * 40, "A" * 41, "A" * 63])
def test_what_is_no_whole_fingerprint_is_none(written: str) -> None:
    with pytest.raises(NotAFingerprint):
        OpenPGPFingerprint(written)
    assert len(OpenPGPFingerprint("a" * 64)) == 64


def test_a_name_from_right_to_left_does_not_turn_around_what_is_beside_it() -> None:
    assert one_line("مركز الأمن").plain == "\u2068مركز الأمن\u2069"
    assert one_line("CERT \u202eמרכז").html == "\u2068CERT מרכז\u2069"
    assert one_line("Centro Nacional").plain == "Centro Nacional"


def test_everybody_on_the_real_list_is_found_by_every_name_that_it_has_there() -> None:
    data = (files("bot.demo") / "data" / "national-csirts" / "national_derived.csv").read_bytes()
    reading = read(data, "national_derived.csv")
    listed: dict[Any, Organisation] = {r.organisation.handle: r.organisation for r in reading.records}
    search = Search(Entries(shipped(), listed))
    for row in csv.DictReader(io.StringIO(data.decode())):
        for name in (row["team_name"], row["full_team_name"]):
            if row["active"] == "t" and name.strip() not in {"", "NULL"}:
                there = {hit.organisation.country for hit in search.find(name).exact if hit.organisation}
                assert countries.by_code(row["iso2"]) in there, row
