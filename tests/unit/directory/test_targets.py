"""Where the target list ends, what counts as a target, and that words are never countries in what leaves the room."""

import contextlib

import pycountry
import pytest

from bot.directory.rules.resolve import knows
from bot.directory.rules.search import Search
from bot.directory.rules.targets import (
    LONGEST_TARGET,
    ParsedTargets,
    TargetsTooLong,
    parse_target,
    parse_targets,
)
from bot.tlp import Tlp, UnclearLabel
from tests.unit.directory.directory_of import entries

SEARCH = Search(entries())
WORDS = tuple(
    "es no de me it se la to do in is be at si tu my us am so as by mu ma ne sa pa ca co al el un le ai au ni nu "  # noqa: SIM905
    "per con mar sol mas and are can par ben bel ven ser mon sur del por".split()
)
"""Words of Spanish, English, Portuguese and French, many of them codes of countries."""


def known(text: str) -> bool:
    return knows(SEARCH, text)


def parsed(line: str, severity: bool = False) -> ParsedTargets:
    return parse_targets(line, known, with_severity=severity)


def whos(line: str, severity: bool = False) -> list[str]:
    return [target.who for target in parsed(line, severity).targets]


@pytest.mark.parametrize(
    ("line", "targets", "tlp", "rest", "leftovers"),
    [
        ("MX", ["MX"], None, "", []),
        ("MX BR CL tlp:amber", ["MX", "BR", "CL"], Tlp.AMBER, "", []),
        ('""/urgente BR tlp:green', ["/urgente", "BR"], Tlp.GREEN, "", []),
        ("MX, BR,CL TLP:AMBER+STRICT Phishing kit", ["MX", "BR", "CL"], Tlp.AMBER_STRICT, "Phishing kit", []),
        ("CERT-MX tlp amber strict Kit de phishing", ["CERT-MX"], Tlp.AMBER_STRICT, "Kit de phishing", []),
        ("cert-mx tlp: green es urgente", ["cert-mx"], Tlp.GREEN, "es urgente", []),
        ("México Brasil tlp:red", ["México", "Brasil"], Tlp.RED, "", []),
        ("Estados Unidos, BR tlp:clear", ["Estados Unidos", "BR"], Tlp.CLEAR, "", []),
        ('"Estados Unidos" BR', ["Estados Unidos", "BR"], None, "", []),
        ("«Guinea Ecuatorial»/diplomático, BR", ["Guinea Ecuatorial", "BR"], None, "", []),
        ("Costa Rica", ["Costa Rica"], None, "", []),
        ("🇲🇽 🇧🇷 tlp:amber", ["🇲🇽", "🇧🇷"], Tlp.AMBER, "", []),
        ("🇧🇷 México tlp:amber", ["🇧🇷", "México"], Tlp.AMBER, "", []),
        ("México 🇧🇷", ["México", "🇧🇷"], None, "", []),
        ("🇧🇷 CERT-MX", ["🇧🇷", "CERT-MX"], None, "", []),
        ("Estados Unidos 🇧🇷/diplomático México", ["Estados Unidos", "🇧🇷", "México"], None, "", []),
        ("🇲🇽🇧🇷 🇨🇱Costa Rica", ["🇲🇽", "🇧🇷", "🇨🇱", "Costa Rica"], None, "", []),
        ("🔥 México tlp:green", ["México"], Tlp.GREEN, "", ["🔥"]),
        ("🏴 México ✅ caído", ["México"], None, "", ["🏴", "✅", "caído"]),
        ("Trinidad & Tobago, — México", ["Trinidad & Tobago", "— México"], None, "", []),
        ("@ana:cert.example.mx net:first", ["@ana:cert.example.mx", "net:first"], None, "", []),
        ("cap:malware-analysis sector:energy", ["cap:malware-analysis", "sector:energy"], None, "", []),
        ("MX esto es urgente", ["MX"], None, "", ["esto", "es", "urgente"]),
        ("MX no hay servicio tlp:amber caído", ["MX"], Tlp.AMBER, "caído", ["no", "hay", "servicio"]),
        ("MX CERT-XX tlp:amber", ["MX", "CERT-XX"], Tlp.AMBER, "", []),
        ("MX MX tlp:amber", ["MX"], Tlp.AMBER, "", []),
        ("la red es lenta", ["la red es lenta"], None, "", []),
        ("MX red team", ["MX"], None, "", ["red", "team"]),
        ("MX tlp team", ["MX"], None, "", ["tlp", "team"]),
        ('MX "tlp:red" x', ["MX", "tlp:red"], None, "", ["x"]),
        ("JPCERT/CC tlp:amber", ["JPCERT/CC"], Tlp.AMBER, "", []),
        ("MX 404 tlp:amber", ["MX"], Tlp.AMBER, "", ["404"]),
        ("", [], None, "", []),
        ("tlp:amber Subject", [], Tlp.AMBER, "Subject", []),
    ],
)  # fmt: skip
def test_send(line: str, targets: list[str], tlp: Tlp | None, rest: str, leftovers: list[str]) -> None:
    found = parsed(line)
    assert [t.who for t in found.targets] == targets
    assert (found.tlp, found.rest, list(found.leftovers)) == (tlp, rest, leftovers)


@pytest.mark.parametrize(
    ("line", "targets", "tlp", "severity", "rest"),
    [
        ("BR high Banco caído", ["BR"], None, "high", "Banco caído"),
        ("BR tlp:red crítica: Banco caído", ["BR"], Tlp.RED, "critical", "Banco caído"),
        ("BR ALTA tlp:amber es grave", ["BR"], Tlp.AMBER, "high", "es grave"),
        ("CERT-MX, CSIRT-CL media tlp:green", ["CERT-MX", "CSIRT-CL"], Tlp.GREEN, "medium", ""),
        ("BR baja high traffic", ["BR"], None, "low", "high traffic"),
        ("🇧🇷 México alta", ["🇧🇷", "México"], None, "high", ""),
        ("CERT-MX 🇧🇷 tlp:green critical x", ["CERT-MX", "🇧🇷"], Tlp.GREEN, "critical", "x"),
        ("BR/247 critical x", ["BR"], None, "critical", "x"),
    ],
)
def test_escalate(line: str, targets: list[str], tlp: Tlp | None, severity: str, rest: str) -> None:
    found = parsed(line, severity=True)
    assert ([t.who for t in found.targets], found.tlp, found.severity, found.rest) == (targets, tlp, severity, rest)


def test_under_attack_is_no_severity() -> None:
    found = parsed("BR bajo ataque", severity=True)
    assert found.severity is None
    assert found.leftovers == ("bajo", "ataque")


@pytest.mark.parametrize("line", ["MX tlp:ambar", "MX tlp: secret x", "MX tlp:", "MX tlp:amber."])
def test_an_unclear_label_is_refused(line: str) -> None:
    with pytest.raises(UnclearLabel):
        parsed(line)


CODES = {code.lower() for country in pycountry.countries for code in (country.alpha_2, country.alpha_3)}


@pytest.mark.parametrize("word", sorted({*WORDS, *CODES}))
def test_a_word_in_small_letters_is_never_a_country(word: str) -> None:
    for typed in (word, word.capitalize()):
        assert not known(typed), typed
        found = parsed(f"BR {typed} tlp:amber asunto")
        assert [t.who for t in found.targets] == ["BR"]
        assert found.leftovers == (typed,)


def test_the_same_in_capitals_is() -> None:
    assert whos("ES NO DE tlp:amber") == ["ES", "NO", "DE"]
    assert known("NC3")
    assert not known("nc3")


@pytest.mark.parametrize(
    ("text", "who", "role", "always"),
    [
        ("MX/diplomatic", "MX", "diplomatic", False),
        ("MX/Diplomático", "MX", "diplomatic", False),
        ("MX/247", "MX", None, True),
        ("MX/24/7", "MX", None, True),
        ("MX/law-enforcement/247", "MX", "law-enforcement", True),
        ("Estados Unidos/operativo", "Estados Unidos", "operational", False),
        ("JPCERT/CC", "JPCERT/CC", None, False),
        ("JPCERT/CC/technical", "JPCERT/CC", "technical", False),
        ("@a/b:example.org", "@a/b:example.org", None, False),
        ("@ana:cert.example.mx/technical", "@ana:cert.example.mx", "technical", False),
        ("net:first/247", "net:first", None, True),
        ("MX/sin-rol", "MX", "sin-rol", False),
    ],
)
def test_roles(text: str, who: str, role: str | None, always: bool) -> None:
    target = parse_target(text, known)
    assert (target.who, target.role, target.always) == (who, role, always)


def test_a_parser_that_never_raises_on_noise() -> None:
    noise = ("/", "///", ",,,", '"', '""', "@", "@/", ":", "net:", "MX/", "/247", "tlp", "«", "\u202e/x", '"a"/"b"')
    for line in (*noise, "a" * 200):
        parse_targets(line, known)


@pytest.mark.parametrize(
    "line",
    ["/" * 60_000, "MX" + "/x" * 30_000, "MX " * 20_000, "," * 10 + "a" * 60_000, "“" + "b" * 60_000 + "” tlp:red"],
)
def test_what_nobody_types_is_refused_at_once(line: str) -> None:
    asked = 0

    def knows(_text: str) -> bool:
        nonlocal asked
        asked += 1
        return False

    with contextlib.suppress(TargetsTooLong):
        parsed = parse_targets(line, knows)
        assert all(len(target.text) <= LONGEST_TARGET for target in parsed.targets)
    assert asked < 10_000
    with pytest.raises(TargetsTooLong):
        parse_target(line, knows)
