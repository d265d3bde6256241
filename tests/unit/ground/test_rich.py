"""What people and servers write cannot become markup, reorder a line or hide in it."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.i18n.catalogue import catalogue, say
from bot.i18n.rich import Rich, code, neutral, quote


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a\u202eb", "ab"),
        ("pay\u200bpal", "paypal"),
        ("x\x07y", "xy"),
        ("one\r\ntwo\u2028three", "one\ntwo\nthree"),
        ("\u2066CERT\u2069", "CERT"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # the joiner belongs to the word
    ],
)
def test_neutral(raw: str, shown: str) -> None:
    assert neutral(raw) == shown


@given(st.text())
def test_quote_never_makes_markup(text: str) -> None:
    said = quote(text)
    assert not re.search(r"<(?!br>)", said.html)
    assert html.unescape(said.html.replace("<br>", "\n")) == said.plain


@given(st.text())
def test_a_value_never_adds_markup_to_a_template(text: str) -> None:
    said = say("en", "error-bad-ref", value=text)
    assert "<strong>" not in said.html
    assert "<code>" not in said.html


def test_values_cannot_reach_each_other() -> None:
    said = say("en", "exchange-copy-head", who="\ue0001\ue001", subject="secret")
    assert said.plain == "1: secret"


def test_markup_of_ours() -> None:
    said = say("en", "exchange-reply-head", who="CERT-MX", label="TLP:RED")
    assert said == Rich("CERT-MX · TLP:RED", "<strong>CERT-MX</strong> · TLP:RED")


def test_code_stays_on_one_line_and_left_to_right() -> None:
    assert code("a\nb").html == '<code dir="ltr">a b</code>'


def test_only_complete_languages_are_offered() -> None:
    assert {"en", "es"} <= set(catalogue().languages)
    assert catalogue().choose("xx", "es-MX") == "es"
    assert catalogue().choose(None) == "en"
