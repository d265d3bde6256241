"""Who a target is, and that nothing is guessed."""

from dataclasses import replace

import pytest

from bot.directory.model import Entries, Organisation
from bot.directory.rules.resolve import Found, Resolution, Why, knows, resolve
from bot.directory.rules.search import Search
from bot.directory.rules.targets import Target, parse_target, parse_targets
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
        ("JPCERT/CC", Found.ONE, ["JPCERT-CC"]),
        ("INTECO-CERT", Found.ONE, ["INCIBE-CERT"]),
        ("NC3", Found.ONE, ["NC3"]),
        ("Brasil", Found.MANY, ["CERT.br", "CTIR-Gov"]),
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
        ("CL", Why.OWN, []),
        ("CERT-MXX", Why.UNKNOWN, ["CERT-MX"]),
        ("mx", Why.UNKNOWN, ["CERT-MX", "FGR-MX", "SRE-MX"]),
        ("@nobody:example.org", Why.UNKNOWN, []),
        ("net:first", Why.NETWORK, []),
        ("net:nothing", Why.UNKNOWN, []),
        ("cap:telepathy", Why.UNKNOWN, []),
        ("\u0421ERT-MX", Why.LOOKALIKE, ["CERT-MX"]),
        ("\u041c\u0425", Why.LOOKALIKE, ["CERT-MX", "FGR-MX", "SRE-MX"]),
        ("CERT-MX\u0406", Why.UNKNOWN, ["CERT-MX"]),
        ("INTE\u0421O-CERT", Why.LOOKALIKE, ["INCIBE-CERT"]),
        ("inteco", Why.UNKNOWN, ["INCIBE-CERT"]),
        ("@\u0430na:cert.example.mx", Why.LOOKALIKE, ["CERT-MX"]),
        ("@ana:cert.examp1e.mx", Why.LOOKALIKE, ["CERT-MX"]),
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


@pytest.mark.parametrize(
    ("target", "role"),
    [
        ("FGR-MX", "law-enforcement"),
        ("net:budapest-247", "law-enforcement"),
        ("net:un-gpd", "diplomatic"),
        ("SRE-MX", "diplomatic"),
        ("SRE-MX/technical", None),
        ("CERT-MX", "technical"),
        ("net:csirtamericas", "technical"),
    ],
)
def test_the_role_that_is_meant_where_none_is_named(target: str, role: str | None) -> None:
    """The technical one, else what the organisation holds (in the network that is named)."""
    caller = organisation(
        "PF-BR", "BR", {"budapest-247": "law-enforcement", "un-gpd": "diplomatic", "csirtamericas": "operational"}
    )
    held = {a.role for a in found(target, caller).addressees if a.organisation.handle in ("FGR-MX", "SRE-MX")}
    held |= {a.role for a in found(target, caller).addressees if target.endswith(("CERT-MX", "americas"))}
    assert held == ({role} if role else set())


def test_a_named_person_stays_named() -> None:
    resolution = found("@ana:cert.example.mx")
    assert resolution.addressees[0].person is not None
    assert resolution.addressees[0].person.name == "Ana Pérez"


@pytest.mark.parametrize(
    ("typed", "spelled"),
    [("\u0421ERT-MX", "CERT-MX"), ("\u041c\u0425", "MX"), ("@\u0430na:cert.example.mx", "@ana:cert.example.mx")],
)
def test_what_only_looks_like_a_target_is_one_that_is_refused_with_the_plain_spelling(typed: str, spelled: str) -> None:
    search = Search(entries())
    parsed = parse_targets(f"BR, {typed} tlp:green Kit", lambda text: knows(search, text))
    assert [target.who for target in parsed.targets] == ["BR", typed]
    resolution = resolve(search, parsed.targets[1], search.organisation("CERT-NO"))
    assert (resolution.found, resolution.why, resolution.spelled) == (Found.NONE, Why.LOOKALIKE, spelled)


def test_a_name_in_other_letters_is_not_taken_for_what_it_looks_like() -> None:
    told = replace(organisation("ACE-RU", "RU"), names={"ru": "\u0410\u0421\u0415"})
    search = Search(Entries({}, {told.handle: told}, ()))
    assert resolve(search, Target("ACE", "ACE"), None).why is Why.LOOKALIKE
    assert resolve(search, Target("\u0410\u0421\u0415", "\u0410\u0421\u0415"), None).found is Found.ONE


def test_other_names_never_win_and_are_never_guessed() -> None:
    """A handle beats an alias, an alias beats a former name, and of what two are called nobody is taken."""
    one = replace(organisation("ONE", "MX"), aliases=("TWO", "Shared"), former_names=("Old name", "Third"))
    two = replace(organisation("TWO", "BR"), names={"en": "Shared"}, former_names=("Old name",))
    three = replace(organisation("THREE", "CL"), aliases=("Third",))
    search = Search(Entries({}, {o.handle: o for o in (one, two, three)}, ()))

    def chosen(text: str) -> tuple[Found, list[tuple[str, str | None, str | None]]]:
        resolution = resolve(search, Target(text, text), None)
        if resolution.found is Found.ONE:
            return Found.ONE, [(a.organisation.handle, None, None) for a in resolution.addressees]
        return resolution.found, [(c.organisation.handle, c.alias, c.former) for c in resolution.choices]

    assert chosen("TWO") == (Found.ONE, [("TWO", None, None)])
    assert chosen("Third") == (Found.ONE, [("THREE", None, None)])
    assert chosen("shared") == (Found.MANY, [("ONE", "Shared", None), ("TWO", None, None)])
    assert chosen("old name") == (Found.MANY, [("ONE", None, "Old name"), ("TWO", None, "Old name")])
    assert parse_targets("Old name tlp:green Kit", lambda text: knows(search, text)).targets[0].who == "Old name"


def test_who_is_called_as_a_country_is_not_taken_for_it() -> None:
    """Nobody in Panama can be written to: it is asked, not sent to somebody elsewhere who is called so."""
    other = replace(organisation("ISAC", "CR", {"un-gpd": "technical"}), aliases=("Panama", "PA"))
    own = replace(organisation("CSIRT-CR", "CR", {"un-gpd": "technical"}), aliases=("Costa Rica",))
    caller = organisation("CERT-MX", "MX", {"un-gpd": "technical"})
    search = Search(Entries({}, {o.handle: o for o in (other, own, caller)}, ()))
    for typed, handle in (("Panamá", "ISAC"), ("PA", "ISAC")):
        resolution = resolve(search, Target(typed, typed), caller)
        assert (resolution.found, [c.organisation.handle for c in resolution.choices]) == (Found.MANY, [handle])
    assert resolve(search, Target("ISAC", "ISAC"), caller).found is Found.ONE
