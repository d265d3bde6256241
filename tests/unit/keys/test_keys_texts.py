"""Whatever this package can say is said in every language, with the values that the code gives."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

import keys
from bot.i18n.catalogue import catalogue
from keys.errors import EnlaceError
from keys.fingerprint import OpenPGPFingerprint
from keys.policy import CHECKS as KEY_CHECKS
from keys.policy import Check, KeyInfo, SubkeyInfo, judge_key
from keys.trust import (
    CHECKS,
    DeviceKey,
    Pin,
    RoomFacts,
    SeenDevice,
    SeenIdentity,
    Standing,
    Withdrawal,
    judge_person,
    judge_room,
    withdraw,
)

for module in pkgutil.walk_packages(keys.__path__, "keys."):
    importlib.import_module(module.name)


def errors(root: type[EnlaceError] = EnlaceError) -> list[type[EnlaceError]]:
    found = [root] if root.__module__.startswith("keys.") and root is not EnlaceError else []
    return found + [error for child in root.__subclasses__() for error in errors(child)]


NOW = datetime(2026, 11, 23, tzinfo=UTC)
ANA, EVA, BOT = "@ana:x.example", "@eva:y.example", "@bot:x.example"


def failing_checks() -> Iterator[Check]:
    bad = SubkeyInfo(OpenPGPFingerprint("AB" * 20), "dsa", 1024, frozenset("sc"), NOW, NOW, True, "i")
    for purpose in ("sign", "encrypt"):
        yield from (check for check in judge_key(KeyInfo(bad), NOW, purpose) if not check.ok)
    pin = Pin(ANA, "CERT-MX", "verified", "master", frozenset({DeviceKey("D", "k")}), NOW, NOW)
    seen = SeenIdentity(ANA, "master", "self", {"D": SeenDevice("D", "k", "c")})
    for pinned, published in (
        (None, seen),
        (pin, None),
        (pin, seen),
        (pin, replace(seen, master_key="other")),
        *((withdraw(pin, NOW, reason), seen) for reason in Withdrawal),
    ):
        yield from judge_person(ANA, pinned, published, NOW).failed
    facts = RoomFacts(
        "direct", BOT, {ANA: "join", EVA: "invite"}, False, True, None, None, "can_join", {}, 0, 0,
        frozenset({"z.example"}), frozenset(),
    )  # fmt: skip
    good = replace(judge_person(ANA, pin, seen, NOW), standing=Standing.VERIFIED)
    for standing in Standing:
        people = {ANA: replace(good, standing=standing), EVA: replace(good, user_id=EVA, standing=standing)}
        yield from judge_room(facts, people).failed
        yield from judge_room(replace(facts, members={}, ever_encrypted=False), people).failed


def test_codes_are_apart() -> None:
    codes = [error.code for error in errors()]
    assert len(codes) == len(set(codes)) > 50


@pytest.mark.parametrize("error", errors(), ids=lambda error: error.code)
def test_every_error_is_one_sentence_and_a_way_out(error: type[EnlaceError]) -> None:
    texts = catalogue()
    wanted = frozenset(re.findall(r"{(\w+)}", error.__doc__))
    for language in ("en", "es"):
        assert texts.messages[language][f"error-{error.code}"] == wanted
        assert texts.messages[language][f"error-{error.code}.hint"] <= wanted
        said = texts.error(language, error(**dict.fromkeys(wanted, "VALUE"))).plain
        assert said.count("VALUE") >= len(wanted)
        assert "{" not in said
    assert (
        str(error(**dict.fromkeys(wanted, "VALUE")))
        == texts.text("en", f"error-{error.code}", **dict.fromkeys(wanted, "VALUE")).plain
    )


@pytest.mark.parametrize("name", KEY_CHECKS + CHECKS)
def test_every_check_says_what_is_wrong_and_how_it_is_mended(name: str) -> None:
    texts = catalogue()
    for language in ("en", "es"):
        assert f"check-{name}" in texts.messages[language]
        assert f"check-{name}.mend" in texts.messages[language]


def test_the_values_of_every_check_fill_its_text() -> None:
    """Every failing check that the judges can give, rendered in both languages."""
    texts = catalogue()
    checks = list(failing_checks())
    assert {check.name for check in checks} == set(KEY_CHECKS + CHECKS)
    for check in checks:
        for language in ("en", "es"):
            for key in (f"check-{check.name}", f"check-{check.name}.mend"):
                assert texts.text(language, key, **check.values).plain
