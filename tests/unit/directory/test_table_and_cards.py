"""The directory for other people's programs: a table there and back, vCards, and pages to print."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.directory.model import Contact, Entries, Membership, OpenPGPKey, Organisation, Person
from bot.directory.rules.checks import Check
from bot.directory.rules.importing import plan_import
from bot.directory.service import shipped
from bot.formats import sheet, table, vcard
from bot.ids import Handle, UserId
from bot.tlp import Tlp

KEY = OpenPGPKey("0123456789ABCDEF0123456789ABCDEF01234567", b"key", "mx.asc")
MEXICO = Organisation(
    Handle("CERT-MX"),
    names={"es": "Centro; Nacional, “único”", "en": "National CERT <b>Mexico</b>"},
    country="MX",
    timezone="America/Mexico_City",
    office_hours="Mon-Fri 09:00-18:00",
    languages=("es", "en"),
    contacts=(
        Contact("phone", "+52 55 0000 0000", Tlp.AMBER),
        Contact("email", "cert@example.mx", Tlp.CLEAR),
        Contact("email", "=cmd@example.mx", Tlp.CLEAR),
    ),
    openpgp=(KEY,),
    memberships=(Membership("oas-cbm", ("operational", "diplomatic")), Membership("un-gpd", ())),
    last_confirmed=date(2026, 10, 1),
)
ANA = Person("Ana Pérez", MEXICO.handle, UserId("@ana:example.mx"), ("technical",))
ENTRIES = Entries(shipped(), {MEXICO.handle: MEXICO}, (ANA,))

words = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)
lines = st.lists(words, max_size=3).map(lambda values: tuple(dict.fromkeys(values)))
phones = st.from_regex(r"\+[1-9][0-9]{6,13}", fullmatch=True)
organisations = st.builds(
    Organisation,
    handle=st.from_regex(r"CERT-[A-Z0-9]{5,8}", fullmatch=True).map(Handle),
    names=st.dictionaries(st.sampled_from(["es", "en", "pt-BR"]), words, max_size=3),
    aliases=lines,
    former_names=lines,
    country=st.sampled_from([None, "MX", "BR", "XK"]),
    constituency=st.none() | words,
    sectors=lines,
    languages=st.lists(st.sampled_from(["es", "en", "fr"]), unique=True).map(tuple),
    always=st.booleans(),
    contacts=st.lists(
        st.builds(Contact, kind=st.just("phone"), value=phones, tlp=st.sampled_from(Tlp)), max_size=3, unique=True
    ).map(tuple),
    memberships=st.sampled_from([(), (Membership("oas-cbm", ("operational",)),), (Membership("un-gpd", ()),)]),
    last_confirmed=st.none() | st.dates(date(2000, 1, 1)),
)


@settings(max_examples=60, deadline=None)
@given(organisations)
def test_a_table_read_back_changes_nothing(organisation: Organisation) -> None:
    entries = Entries(shipped(), {organisation.handle: organisation})
    reading = table.read(table.write([organisation], Tlp.RED), "t.csv", known=shipped())
    assert reading.problems == ()
    plan = plan_import(reading, entries)
    assert (plan.added, plan.changed, plan.gone) == ((), (), ())


def test_a_table_changes_what_it_says_and_nothing_else() -> None:
    written = table.write([MEXICO], Tlp.RED).decode("utf-8-sig")
    changed = written.replace("Mon-Fri 09:00-18:00", "Mon-Fri 08:00-17:00")
    plan = plan_import(table.read(changed.encode(), "t.csv", known=shipped()), ENTRIES)
    (change,) = plan.changed
    assert change.fields == ("office_hours",)
    assert change.record.organisation.openpgp == (KEY,)
    assert change.record.people == (ANA,)
    only = "handle,timezone\nCERT-MX,America/Tijuana\n"
    (change,) = plan_import(table.read(only.encode(), "t.csv", known=shipped()), ENTRIES).changed
    assert change.fields == ("timezone",)
    english = "handle,name:en\nCERT-MX,CERT Mexico\n"
    (change,) = plan_import(table.read(english.encode(), "t.csv", known=shipped()), ENTRIES).changed
    assert change.record.organisation.names == {**MEXICO.names, "en": "CERT Mexico"}


def test_some_columns_of_contacts_are_refused_rather_than_ignored() -> None:
    reading = table.read(b"handle,phone\nCERT-MX,+52 55 1111 1111\n", "t.csv", known=shipped())
    assert [(problem.source.line, problem.code) for problem in reading.problems] == [(1, "no-such-column")]


def test_no_cell_is_a_formula() -> None:
    rows = list(csv.reader(io.StringIO(table.write([MEXICO], Tlp.RED).decode("utf-8-sig"))))
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell[:1] in set("=+-@\t\r")]
    assert any("=cmd@example.mx" in cell for cell in cells)


def test_a_table_holds_no_more_than_it_may() -> None:
    assert b"+52 55 0000 0000" not in table.write([MEXICO], Tlp.CLEAR)
    # A table with fewer contacts than the entry: what was kept back would be gone, and the plan says so.
    reading = table.read(table.write([MEXICO], Tlp.CLEAR), "t.csv", known=shipped())
    assert plan_import(reading, ENTRIES).changed[0].fields == ("contacts",)


def test_what_is_wrong_in_a_table_is_named_by_its_line() -> None:
    text = "handle,timezone,colour\nCERT-MX,Mars/Olympus,red\n,,\n,America/Lima,\nCERT-PE,America/Lima,,4\n"
    reading = table.read(text.encode(), "t.csv", known=shipped())
    found = [(problem.source.line, problem.code) for problem in reading.problems]
    assert found == [(1, "unknown-key"), (2, "unknown-timezone"), (4, "missing"), (5, "too-many-fields")]
    assert reading.records == ()
    assert table.read(b'handle\n"CERT', "t.csv", known=shipped()).problems[0].code == "not-csv"


def test_cards() -> None:
    text = vcard.write([(MEXICO, [ANA])], Tlp.CLEAR).decode()
    assert text.endswith("\r\n")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= vcard.MAX_OCTETS
    whole = text.replace("\r\n ", "")
    assert whole.count("BEGIN:VCARD\r\nVERSION:4.0\r\n") == whole.count("END:VCARD\r\n") == 2
    assert "FN;LANGUAGE=es;ALTID=1:Centro\\; Nacional\\, “único”\r\n" in whole
    assert "EMAIL;TYPE=work;X-TLP=CLEAR:cert@example.mx\r\n" in whole
    assert "TZ:America/Mexico_City\r\n" in whole
    assert f"KEY;X-FINGERPRINT={KEY.fingerprint}:data:application/pgp-keys;base64,a2V5\r\n" in whole
    assert "IMPP:matrix:u/ana:example.mx\r\n" in whole
    assert "TEL" not in whole
    assert 'TEL;VALUE=uri;TYPE="voice,work";X-KIND=phone;X-TLP=AMBER:tel:+525500000000' in vcard.write(
        [(MEXICO, [])], Tlp.AMBER
    ).decode().replace("\r\n ", "")


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_no_text_breaks_out_of_a_card(text: str) -> None:
    whole = vcard.write([(MEXICO, [Person(text, MEXICO.handle)])], Tlp.RED).decode()
    lines = whole.replace("\r\n ", "").split("\r\n")
    assert [line for line in lines if line.startswith("BEGIN:")] == ["BEGIN:VCARD"] * 2
    assert "\n" not in "".join(lines)


class _Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_pages_to_print() -> None:
    printed = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
    page = sheet.write(
        shipped(), [MEXICO], checks={}, stale_after_days=180, ceiling=Tlp.AMBER, language="es", printed=printed
    ).decode()
    parser = _Cells()
    parser.feed(page)
    assert page.count("<section>") == 2
    assert page.count("TLP:AMBER · 2026-11-22 06:00 UTC") == 4
    assert {"+52 55 0000 0000", "cert@example.mx", "Centro; Nacional, “único”", "Huella OpenPGP", "operational"} <= set(
        parser.texts
    )
    assert "b" not in parser.tags
    public = sheet.write(
        shipped(), [MEXICO], checks={}, stale_after_days=180, ceiling=Tlp.CLEAR, language="en", printed=printed
    ).decode()
    assert "+52 55 0000 0000" not in public
    assert "TLP:CLEAR" in public
    assert "National CERT &lt;b&gt;Mexico&lt;/b&gt;" in public
    assert "Stale" not in public
    page = sheet.write(
        shipped(), [MEXICO], checks={}, stale_after_days=51, ceiling=Tlp.CLEAR, language="en", printed=printed
    )
    assert "⚠ Stale: entry last confirmed Oct 1, 2026, 52 days ago" in page.decode()


def test_a_page_says_when_its_network_is_checked() -> None:
    printed = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
    mexico = replace(MEXICO, memberships=(Membership("un-gpd", ("diplomatic",)),))
    checks = {"un-gpd": Check("un-gpd", date(2026, 1, 1), last=date(2026, 3, 31))}
    page = sheet.write(
        shipped(), [mexico], checks=checks, stale_after_days=180, ceiling=Tlp.CLEAR, language="en", printed=printed
    ).decode()
    assert "Communication check every 6 months: last Mar 31, 2026, was due Sep 30, 2026" in page
