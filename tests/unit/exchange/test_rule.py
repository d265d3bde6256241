"""TLP 2.0 as a table: label x way x verified x level, every combination."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.exchange.rules.sending import Fate, letter
from bot.exchange.rules.tlp import Leg, Way, accepted_in, by_mail, rule, within_ceiling
from bot.tlp import Tlp

LEVELS = ("verified", "vouched", "grace", "none")


def expected(label: Tlp, way: Way, *, verified: bool, named: bool, person: bool, shared: bool, level: str) -> bool:
    """The table of the design, written a second time and differently."""
    if label is Tlp.CLEAR:
        return True
    if way is Way.MAIL:
        return False  # not encrypted
    reads_up_to = {"verified": 4, "vouched": 2, "grace": 1, "none": -1}[level]
    if not verified or reads_up_to < label.rank:
        return False
    return {
        Tlp.GREEN: shared or named or person,
        Tlp.AMBER: named or person,
        Tlp.AMBER_STRICT: named or person,
        Tlp.RED: way is Way.DIRECT and person,
    }[label]


@pytest.mark.parametrize("label", list(Tlp))
@pytest.mark.parametrize("way", list(Way))
def test_every_combination(label: Tlp, way: Way) -> None:
    for verified, named, person, shared, level in itertools.product(*[(True, False)] * 4, LEVELS):
        leg = Leg(way, verified, named, person, shared, level)
        wanted = expected(label, way, verified=verified, named=named, person=person, shared=shared, level=level)
        ruling = rule(label, leg)
        assert ruling.allowed is wanted, (label, leg)
        assert (ruling.reason is None) is wanted


@pytest.mark.parametrize("label", list(Tlp))
def test_by_mail_only_encrypted_to_who_was_named_and_red_never(label: Tlp) -> None:
    assert rule(label, by_mail(encrypted=True)).allowed is (label is not Tlp.RED)
    assert rule(label, by_mail(encrypted=False)).allowed is (label is Tlp.CLEAR)
    stranger = replace(by_mail(encrypted=True), named_organisation=False)
    assert rule(label, stranger).allowed is (label is Tlp.CLEAR)


@pytest.mark.parametrize("label", list(Tlp))
def test_a_letter_that_cannot_be_encrypted_goes_under_no_label(label: Tlp) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert letter(label, None, now, encrypted=False).fate is Fate.DROP
    assert letter(label, None, now, encrypted=True).fate is (Fate.DROP if label is Tlp.RED else Fate.SEND)
    assert letter(label, now, now, encrypted=True).fate is Fate.EXPIRE


@pytest.mark.parametrize("label", list(Tlp))
def test_an_unsigned_device_holds_red_and_nothing_else(label: Tlp) -> None:
    leg = Leg(Way.DIRECT, True, False, True, True, "verified", unsigned_device=True)
    assert rule(label, leg).allowed is (label is not Tlp.RED)


def test_red_is_accepted_only_where_nobody_else_has_seen_it() -> None:
    assert accepted_in(Tlp.RED, "direct", "verified").allowed
    assert accepted_in(Tlp.RED, "desk", "verified").reason == "red-room"
    assert accepted_in(Tlp.AMBER_STRICT, "desk", "verified").allowed


@pytest.mark.parametrize("label", list(Tlp))
@pytest.mark.parametrize("kind", ["desk", "direct"])
@pytest.mark.parametrize(("level", "most"), [("verified", 4), ("vouched", 2), ("grace", 1), ("none", 0)])
def test_nobody_says_what_is_above_their_own_ceiling(label: Tlp, kind: str, level: str, most: int) -> None:
    wanted = label.rank <= most and (label is not Tlp.RED or kind == "direct")
    assert accepted_in(label, kind, level).allowed is wanted
    assert within_ceiling(label, level).allowed is (label.rank <= most)
