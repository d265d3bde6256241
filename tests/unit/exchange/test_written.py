"""``//`` and labels before a line, as people and their keyboards write them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.exchange.rules.relation import own_words
from bot.exchange.rules.written import above, partly_stays, stays
from bot.tlp import Tlp

BLOCK = "-----BEGIN PGP MESSAGE-----\n\n//4D+x==\n=AbCd\n-----END PGP MESSAGE-----"


@pytest.mark.parametrize("text", ["// us", "  //us", "\n// us", "／／ us", "\u200e// us", "\ufeff//us"])
def test_a_line_that_stays(text: str) -> None:
    assert stays(text)
    assert partly_stays(f"Blocked.\n{text}")
    assert not stays(f"Blocked.\n{text}")


@pytest.mark.parametrize("text", ["https://x.example/", "a // b", "/ us", "", BLOCK, f"Read this:\n{BLOCK}"])
def test_a_line_that_goes(text: str) -> None:
    assert not partly_stays(text)


def test_what_stands_around_what_is_encrypted_counts() -> None:
    assert partly_stays(f"{BLOCK}\n// us")
    assert partly_stays(BLOCK.partition("-----END")[0]), "it never ends"


@pytest.mark.parametrize(
    "piece", ["\n", " ", "-----BEGIN PGP \n", "-", "tlp:", "tlp:a", "tlp -", "\u200b", "> <@a\n", "/"]
)
def test_no_text_takes_long(piece: str) -> None:
    """Nothing here looks at a part of a text more than once."""
    text, began = piece * (200_000 // len(piece)), time.process_time()
    assert not partly_stays(text) or piece == "/"
    stays(text)
    above(text, Tlp.CLEAR)
    own_words({"body": text, "m.relates_to": {"m.in_reply_to": {}}})
    assert time.process_time() - began < 5, "minutes, where it is looked at again from each place"


@given(st.text(alphabet="/tlp:redamb+ -\n\u200b\u3000x\u202e／"))
def test_no_text_is_too_strange(text: str) -> None:
    assert not stays(text) or partly_stays(text)
    found = above(text, Tlp.CLEAR)
    assert found is None or "tlp" in text.casefold()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("TLP:RED only for you", Tlp.RED),
        ("Names:\n  **tlp: red** Juan", Tlp.RED),
        ("TLP:AMBER+STRICT\nNames", Tlp.AMBER_STRICT),
        ("tlp amber-strict", Tlp.AMBER_STRICT),
        ("TLP:GREEN\nTLP:AMBER+STRICT\nTLP:RED", Tlp.RED),
        ("TLP:AMBER", None),
        ("TLP:AMBER strictly speaking", None),
        ("TLP:CLEAR", None),
        ("TLP:REDACTED", None),
        ("TLP: what is it?", None),
        ("They gave it TLP:RED", None),
        ("", None),
    ],
)
def test_a_label_before_a_line_that_lets_less_through_than_amber(text: str, found: Tlp | None) -> None:
    assert above(text, Tlp.AMBER) is found


def test_a_quoted_original_is_nobody_s_own_words() -> None:
    reply = {"body": "> <@carla:cert.br> // only us\n\nAgreed", "m.relates_to": {"m.in_reply_to": {"event_id": "$1"}}}
    assert own_words(reply) == "Agreed"
    assert own_words({"body": reply["body"]}) == reply["body"]
    assert own_words({"body": 5}) == ""
