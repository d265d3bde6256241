"""Who may see what of an entry."""

from dataclasses import replace

import pytest

from bot.directory.rules.phone import tel
from bot.directory.rules.visibility import Audience, may_see
from bot.ids import Handle
from bot.tlp import Tlp
from tests.unit.directory.directory_of import organisation

OWNER = organisation("CERT-MX", "MX")
NEAR, FAR, OWN = Handle("CSIRT-CL"), Handle("INCIBE-CERT"), Handle("cert-mx")
CONNECTED = frozenset({NEAR})
DESK = Audience(verified=True, direct=False, shared_room=False, organisations=frozenset({NEAR}), ceiling=Tlp.RED)
C, G, A, S, R = Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER, Tlp.AMBER_STRICT, Tlp.RED


@pytest.mark.parametrize(
    ("audience", "seen"),
    [
        (DESK, {C, G, A, S}),
        (replace(DESK, direct=True), {C, G, A, S}),
        (replace(DESK, verified=False), {C}),
        (replace(DESK, ceiling=None), {C}),
        (replace(DESK, ceiling=Tlp.GREEN), {C, G}),
        (replace(DESK, ceiling=Tlp.AMBER), {C, G, A}),
        (replace(DESK, shared_room=True), {C, G}),
        (replace(DESK, organisations=frozenset({FAR})), {C}),
        (replace(DESK, organisations=frozenset({NEAR, FAR})), {C}),
        (replace(DESK, organisations=frozenset()), {C}),
        (replace(DESK, organisations=frozenset({OWN})), {C, G, A, S}),
        (replace(DESK, organisations=frozenset({OWN}), direct=True), {C, G, A, S, R}),
        (replace(DESK, organisations=frozenset({OWN}), shared_room=True), {C, G}),
        (replace(DESK, organisations=frozenset({OWN, NEAR}), shared_room=True), {C, G}),
        (replace(DESK, organisations=frozenset({FAR}), direct=True, everything=True), {C, G, A, S}),
        (replace(DESK, organisations=frozenset({FAR}), direct=True, everything=True, verified=False), {C}),
    ],
)
def test_may_see(audience: Audience, seen: set[Tlp]) -> None:
    assert {label for label in Tlp if may_see(label, audience, OWNER, CONNECTED)} == seen


@pytest.mark.parametrize(
    ("number", "href"),
    [
        ("+52 55 0000 0000", "tel:+525500000000"),
        ("0052 55 0000-0000", "tel:+525500000000"),
        ("+44 (0)20 7946 0000", "tel:+442079460000"),
        ("+1 (202) 555-0100 ext. 12", "tel:+12025550100;ext=12"),
        ("+33 1 41 44 49 96 (fax)", "tel:+33141444996"),
        ("01 41 44 49 96", None),
        ("112", None),
        ("call me", None),
        ("+52", None),
        ("+52 55 0000 0000\n+1 900", None),
        ('+52"onclick="x', None),
        ("+" + "1" * 16, None),
    ],
)
def test_tel(number: str, href: str | None) -> None:
    assert tel(number) == href
