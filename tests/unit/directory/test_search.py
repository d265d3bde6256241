"""Search: exact beats near; names in any language, accents and slips apart."""

import pytest

from bot.directory.model import Entries
from bot.directory.rules.search import Matches, Search
from tests.unit.directory.directory_of import entries

SEARCH = Search(entries())


def handles(matches: Matches, near: bool = False) -> list[str]:
    return [hit.organisation.handle for hit in (matches.near if near else matches.exact) if hit.organisation]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("MX", ["CERT-MX", "FGR-MX", "SRE-MX"]),
        ("mex", ["CERT-MX", "FGR-MX", "SRE-MX"]),
        ("484", ["CERT-MX", "FGR-MX", "SRE-MX"]),
        ("🇨🇱", ["CSIRT-CL"]),
        ("Chili", ["CSIRT-CL"]),
        ("cert-mx", ["CERT-MX"]),
        ("CERT MX", ["CERT-MX"]),
        ("centro nacional de respuesta a incidentes ciberneticos", ["CERT-MX"]),
        ("@ANA:cert.example.mx", ["CERT-MX"]),
        ("ana perez", ["CERT-MX"]),
        ("malware-analysis", ["CERT-MX", "CERT.br"]),
        ("cap:Malware Analysis", ["CERT-MX", "CERT.br"]),
        ("sector:energy", ["CERT-MX", "CSIRT-CL"]),
        ("net:tf-csirt", ["INCIBE-CERT"]),
        ("JPCERT/CC", ["JPCERT-CC"]),
        ("Congo", ["CERT-CD"]),
        ("inteco cert", ["INCIBE-CERT"]),
        ("NC3", ["NC3"]),
        ("Brasil", ["CERT.br", "CTIR-Gov"]),
    ],
)
def test_exact(query: str, expected: list[str]) -> None:
    matches = SEARCH.find(query)
    assert handles(matches) == expected
    assert matches.near == ()


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("certmx", "CERT-MX"), ("CERT-MXX", "CERT-MX"), ("incibe", "INCIBE-CERT"), ("INCYBE", "INCIBE-CERT"),
        ("cancilleria", "SRE-MX"), ("cibernetico", "CERT-MX"), ("Carla", "CSIRT-CL"), ("Diaz", "CSIRT-CL"),
        ("tratamento", "CERT.br"), ("intecco", "INCIBE-CERT"), ("jpcert", "JPCERT-CC"), ("gobierno chile", "CSIRT-CL"), ("national cert mexco", "CERT-MX"),
    ],
)  # fmt: skip
def test_near(query: str, first: str) -> None:
    matches = SEARCH.find(query)
    assert matches.exact == ()
    assert handles(matches, near=True)[0] == first


def test_a_slip_in_a_country_finds_the_country() -> None:
    assert sorted(handles(SEARCH.find("mexco"), near=True)) == ["CERT-MX", "FGR-MX", "SRE-MX"]
    assert handles(SEARCH.find("chilee"), near=True) == ["CSIRT-CL"]


def test_a_role_keeps_only_those_who_hold_it() -> None:
    assert handles(SEARCH.find("MX", "diplomatic")) == ["SRE-MX"]
    assert handles(SEARCH.find("MX", "technical")) == ["CERT-MX"]
    assert handles(SEARCH.find("MX", "law-enforcement")) == ["FGR-MX"]


@pytest.mark.parametrize("query", ["", " ", "::", "/", "zzzzzzzz", "@", "net:", "\u202e", "😀", "x" * 100_000])
def test_nothing_is_found_and_nothing_is_raised(query: str) -> None:
    assert SEARCH.find(query) == Matches()


def test_an_empty_directory() -> None:
    assert Search(Entries()).find("MX") == Matches()


def test_what_is_found_by_another_name_says_so() -> None:
    def said(query: str) -> list[tuple[str, str | None, str | None]]:
        found = SEARCH.find(query)
        hits = [hit for hit in found.exact or found.near[:1] if hit.organisation]
        return [(hit.organisation.handle, hit.alias, hit.former) for hit in hits if hit.organisation]

    assert said("JPCERT/CC") == [("JPCERT-CC", None, None)]  # the handle is spelled so, punctuation apart
    assert said("INTECO-CERT") == [("INCIBE-CERT", None, "INTECO-CERT")]
    assert said("intecco") == [("INCIBE-CERT", None, "INTECO-CERT")]
    assert said("incibe") == [("INCIBE-CERT", None, None)]
    assert said("INTE\u0421O-CERT") == [("INCIBE-CERT", None, "INTECO-CERT")]  # near: it only looks like it
    assert SEARCH.find("INTE\u0421O-CERT").exact == ()
