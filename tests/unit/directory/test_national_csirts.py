"""The community's list of national CSIRTs, with all its dirt: every row is imported or reported."""

import csv
import io
from importlib.resources import files

import pytest

from bot.directory.model import Entries
from bot.directory.rules.importing import plan_import
from bot.directory.rules.naming import is_handle
from bot.directory.rules.search import Search
from bot.directory.service import say_problem, shipped
from bot.formats import national_csirts, native
from bot.tlp import Tlp

FOLDER = files("bot.demo") / "data" / "national-csirts"
DATA = (FOLDER / "national_derived.csv").read_bytes()
READING = national_csirts.read(DATA, "national_derived.csv")
ROWS = list(csv.DictReader(io.StringIO(DATA.decode())))
HEAD = b"iso2,team_name,full_team_name,email,type_of_cert,active,source,changed\n"


def notes(code: str) -> list[int]:
    return [note.source.line for note in READING.notes if note.code == code]


def test_the_licence_stands_beside_it() -> None:
    assert "Redistribution and use in source and binary forms" in (FOLDER / "LICENSE").read_text()


def test_every_row_is_imported_or_reported() -> None:
    assert READING.rows == len(ROWS)
    assert READING.problems == ()
    lines = [record.source.line for record in READING.records] + notes("joined") + notes("inactive")
    assert sorted(lines) == list(range(2, len(ROWS) + 2))


def test_the_counts_add_up_to_what_the_file_says() -> None:
    active = [row for row in ROWS if row["active"] == "t"]
    assert len(notes("inactive")) == len(ROWS) - len(active)
    assert len(notes("code-put-right")) == sum(row["iso2"] == "UK" for row in active)
    countries = {"GB" if row["iso2"] == "UK" else row["iso2"] for row in active}
    assert {record.organisation.country for record in READING.records} == countries
    mails = {row["email"] for row in active if row["email"]}
    assert {c.value for r in READING.records for c in r.organisation.contacts} == mails
    assert {c.tlp for r in READING.records for c in r.organisation.contacts} == {Tlp.CLEAR}
    kinds = {record.organisation.kind for record in READING.records}
    assert kinds == {None, "national", "government", "academic"}


def test_handles_are_unique_and_the_same_every_time() -> None:
    handles = [record.organisation.handle for record in READING.records]
    assert len({handle.casefold() for handle in handles}) == len(handles)
    assert all(is_handle(handle) for handle in handles)
    assert national_csirts.read(DATA, "national_derived.csv") == READING
    assert {"JPCERT-CC", "SWITCH-CERT-CH", "SWITCH-CERT-LI", "NCSC-NL", "NCSC-NZ", "CERT-UK"} <= set(handles)


def test_uk_eu_and_kosovo() -> None:
    search = Search(Entries(shipped(), {r.organisation.handle: r.organisation for r in READING.records}))
    assert {o.handle for o in search.in_country("GB")} >= {"CERT-UK"}
    assert {hit.organisation.handle for hit in search.find("EU").exact if hit.organisation} == {"CERT-EU"}
    assert search.find("Kosovo").exact
    assert [hit.organisation.handle for hit in search.find("JPCERT/CC").exact if hit.organisation] == ["JPCERT-CC"]


def test_it_is_imported_whole_and_again_without_a_change() -> None:
    plan = plan_import(READING, Entries(shipped()))
    assert len(plan.added) == len(READING.records)
    assert (plan.problems, plan.questions, plan.changed, plan.gone) == ((), (), (), ())
    there = Entries(shipped(), {r.organisation.handle: r.organisation for r in plan.added})
    again = plan_import(READING, there)
    assert (again.added, again.changed, again.gone) == ((), (), ())
    assert len(again.unchanged) == len(READING.records)


def test_as_native_yaml_it_is_the_same() -> None:
    entries = Entries(shipped(), {r.organisation.handle: r.organisation for r in READING.records})
    reading = native.read(native.write(entries).document, "d.yaml", known=shipped())
    assert reading.problems == ()
    assert {r.organisation.handle: r.organisation for r in reading.records} == entries.organisations


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (b"ZZ,A,B,a@b.example,,t,,\n", "x.csv:2: \u201cZZ\u201d is not a country's code"),
        (b"NULL,A,B,a@b.example,,t,,\n", "x.csv:2: \u201c\u201d is not a country's code"),
        (b"MX,null,,a@b.example,,t,,\n", "x.csv:2: \u201cteam_name\u201d is missing"),
        (b"MX,A,B,a@b.example,,t,,,,extra\n", "x.csv:2: this row has more fields than the heading"),
        (b"MX,\xff,,,,t,,\n", "x.csv:2: this is not UTF-8 text"),
    ],
)
def test_a_row_that_cannot_be_an_entry_is_told_with_its_line(row: bytes, said: str) -> None:
    reading = national_csirts.read(HEAD + row, "x.csv")
    assert [say_problem(problem, "en").plain for problem in reading.problems] == [said]


def test_another_spreadsheet() -> None:
    reading = national_csirts.read(b"a,b\n1,2\n", "x.csv")
    assert [problem.code for problem in reading.problems] == ["no-such-column"]
    assert national_csirts.read(b"", "x.csv").problems[0].code == "no-such-column"


def test_odd_fields_are_noted_and_lines_counted_across_line_breaks() -> None:
    data = HEAD + b'MX,"A\nB",,"a@b.example; not-an-address",weird,t,,yesterday\nMX,MX,,,,t,,\nZZ,x,,,,t,,\n'
    reading = national_csirts.read(data, "x.csv")
    assert [r.organisation.handle for r in reading.records] == ["A-B", "CERT-MX"]
    assert [(n.source.line, n.code) for n in reading.notes if n.code != "handle-made"] == [
        (2, "bad-address"),
        (2, "unknown-kind"),
        (2, "bad-date"),
    ]
    assert reading.problems[0].source.line == 5
