"""Who a target is, and that nothing is guessed."""

import pytest

from bot.directory.model import Organisation
from bot.directory.rules.resolve import Found, Resolution, Why, knows, resolve
from bot.directory.rules.search import Search
from bot.directory.rules.targets import parse_target
from tests.unit.directory.directory_of import entries, organisation

SEARCH = Search(entries())
CHILE = SEARCH.organisation("CSIRT-CL")
SPAIN = SEARCH.organisation("INCIBE-CERT")


def found(text: str, caller: Organisation | None = CHILE) -> Resolution:
    return resolve(SEARCH, parse_target(text, lambda t: knows(SEARCH, t)), caller)


def handles(resolution: Resolution) -> list[str]:
    return [a.organisation.handle for a in resolution.addressees]


@pytest.mark.parametrize(
    ("target", "kind", "addressees"),
    [
        ("MX", Found.ONE, ["CERT-MX"]),
        ("México", Found.ONE, ["CERT-MX"]),
        ("🇲🇽", Found.ONE, ["CERT-MX"]),
        ("MX/operativo", Found.ONE, ["CERT-MX"]),
        ("MX/diplomatic", Found.ONE, ["SRE-MX"]),
        ("cert-mx", Found.ONE, ["CERT-MX"]),
        ("National CERT of Mexico", Found.ONE, ["CERT-MX"]),
        ("INCIBE-CERT", Found.ONE, ["INCIBE-CERT"]),
        ("@ana:cert.example.mx", Found.ONE, ["CERT-MX"]),
        ("BR", Found.MANY, ["CERT.br", "CTIR-Gov"]),
        ("BR/247", Found.ONE, ["CERT.br"]),
        ("Congo", Found.MANY, ["CERT-CD"]),
        ("CD", Found.ONE, ["CERT-CD"]),
        ("cap:malware-analysis", Found.GROUP, ["CERT-MX", "CERT.br"]),
        ("sector:energy", Found.GROUP, ["CERT-MX"]),
        ("net:csirtamericas", Found.GROUP, ["CERT-CD", "CERT-MX", "CERT-NO", "CERT.br", "CTIR-Gov", "NC3"]),
        ("net:csirtamericas/247", Found.GROUP, ["CERT.br"]),
    ],
)
def test_who(target: str, kind: Found, addressees: list[str]) -> None:
    resolution = found(target)
    assert resolution.found is kind
    assert sorted(handles(resolution)) == addressees


@pytest.mark.parametrize(
    ("target", "why", "nearest"),
    [
        ("ES", Why.NETWORK, ["INCIBE-CERT"]),
        ("MX/law-enforcement", Why.ROLE, ["CERT-MX", "FGR-MX", "SRE-MX"]),
        ("CERT-MX/diplomatic", Why.ROLE, ["CERT-MX"]),
        ("AR", Why.COUNTRY, []),
        ("CL", Why.COUNTRY, []),
        ("CERT-MXX", Why.UNKNOWN, ["CERT-MX"]),
        ("mx", Why.UNKNOWN, ["CERT-MX", "FGR-MX", "SRE-MX"]),
        ("@nobody:example.org", Why.UNKNOWN, []),
        ("net:first", Why.NETWORK, []),
        ("net:nothing", Why.UNKNOWN, []),
        ("cap:telepathy", Why.UNKNOWN, []),
    ],
)
def test_nobody_and_why(target: str, why: Why, nearest: list[str]) -> None:
    resolution = found(target)
    assert resolution.found is Found.NONE
    assert resolution.why is why
    assert resolution.addressees == ()
    seen = sorted({hit.organisation.handle for hit in resolution.nearest if hit.organisation})
    assert seen == nearest or (why is Why.UNKNOWN and set(nearest) <= set(seen))


def test_without_an_organisation_only_handles_and_people_can_be_named() -> None:
    assert found("MX", None).why is Why.NETWORK
    assert handles(found("CERT-MX", None)) == ["CERT-MX"]


def test_police_is_never_reached_by_asking_for_the_csirt() -> None:
    police = organisation("PF-BR", "BR", {"budapest-247": "law-enforcement"})
    assert found("MX", police).why is Why.ROLE
    assert handles(found("MX/law-enforcement", police)) == ["FGR-MX"]
    assert handles(found("MX/police/247", police)) == ["FGR-MX"]


def test_a_named_person_stays_named() -> None:
    resolution = found("@ana:cert.example.mx")
    assert resolution.addressees[0].person is not None
    assert resolution.addressees[0].person.name == "Ana Pérez"
