"""The threat model and the named attacks speak of the same things."""

import re
from pathlib import Path

from tests.hostile import attacks_keys, attacks_orders, attacks_rooms, attacks_silence, cases

PAGE = Path(__file__).resolve().parents[2] / "docs" / "threat-model.md"
MODULES = (attacks_keys, attacks_orders, attacks_rooms, attacks_silence)
LEAST = 30


def threats() -> dict[str, str]:
    """Name of each threat, and what the page says of attacks."""
    rows = re.findall(r"^\| ([a-z][a-z-]*) \|(.*)\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: cells.split("|")[3].strip() for name, cells in rows}


def test_every_attack_is_carried_out_and_every_function_is_described() -> None:
    named = [case.name for case in cases.load()]
    assert len(named) == len(set(named)) >= LEAST
    assert set(named) == cases.names(), MODULES


def test_every_case_says_everything() -> None:
    places = {"log", "audit", "room", "person", "told", "nothing"}
    for case in cases.load():
        assert all((case.does, case.plain, case.enlace)), case.name
        assert case.seen, case.name
        assert set(case.seen) <= places, case.name


def test_each_threat_names_its_attacks_or_says_why_there_is_none() -> None:
    page = threats()
    assert "keys" in page
    of = {name: [case.name for case in cases.load() if case.threat == name] for name in page}
    assert {case.threat for case in cases.load()} <= set(page)
    for name, said in page.items():
        if of[name]:
            assert re.findall(r"`([a-z0-9-]+)`", said) == of[name], name
        else:
            assert re.fullmatch(r"none: .+", said), name


def test_every_test_that_the_page_names_is_there() -> None:
    root = PAGE.parents[1]
    named = re.findall(r"`(tests/[^`]+)`", PAGE.read_text(encoding="utf-8"))
    assert named
    assert not [path for path in named if not list(root.glob(path))]
