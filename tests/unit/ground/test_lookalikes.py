"""Letters that look like others, by the tables of a library."""

import sys
import unicodedata

import pytest
from confusable_homoglyphs.categories import alias
from confusable_homoglyphs.utils import load
from hypothesis import given
from hypothesis import strategies as st

from bot.i18n.lookalikes import _IN_ASCII, looks, plainly, unmixed


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("\u0421ERT-MX", "CERT-MX"),
        ("\u041c\u0425", "MX"),
        ("CERT-\u039cX", "CERT-MX"),
        ("Ana Pérez", "Ana Pérez"),
        ("şirket", "şirket"),
        ("国家CERT", "国家CERT"),
    ],
)
def test_what_it_looks_like(text: str, plain: str) -> None:
    assert plainly(text) == plain


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\u0410na Pérez", "Ana Pérez"),
        ("Агентство СЕРТ", "Агентство СЕРТ"),
        ("Εθνικό CERT", "Εθνικό CERT"),
        ("COVID-центр", "COVID-центр"),
        ("国家CERT", "国家CERT"),
        ("µTorrent", "µTorrent"),
    ],
)
def test_only_words_that_mix_alphabets_are_written_plainly(name: str, shown: str) -> None:
    assert unmixed(name) == shown


@pytest.mark.parametrize(
    "other", ["@\u0430na:cert.mx", "@ana:cert.m\u0445", "@ana:\uff43ert.mx", "@ANA:cert.mx", "@ana:CERT.mx"]
)
def test_matrix_users_that_look_the_same(other: str) -> None:
    assert looks(other) == looks("@ana:cert.mx")


@pytest.mark.parametrize(
    ("one", "other"), [("@paul:a.mx", "@pau1:a.mx"), ("@tom:a.mx", "@torn:a.mx"), ("@o:x", "@0:x")]
)
def test_also_within_ascii(one: str, other: str) -> None:
    assert looks(one) == looks(other)


def test_whoever_looks_different_is() -> None:
    assert len({looks(user) for user in ("@ana:cert.mx", "@anna:cert.mx", "@ana:cert.br", "@luis:cert.mx")}) == 4


@given(st.text())
def test_they_never_fail_and_doing_it_twice_changes_nothing(text: str) -> None:
    assert plainly(plainly(text)) == plainly(text)
    assert unmixed(unmixed(text)) == unmixed(text)
    assert looks(text) == looks(plainly(text))


def test_what_stands_for_others_of_ascii_is_what_the_tables_say() -> None:
    tables = load("confusables.json")
    assert {c: tables[c][0]["c"] for c in _IN_ASCII} == _IN_ASCII


def test_what_is_latin_by_its_name_is_so_by_the_tables() -> None:
    named = [
        c for c in map(chr, range(sys.maxunicode + 1)) if c.isalnum() and unicodedata.name(c, "").startswith("LATIN ")
    ]
    assert len(named) > 1000
    assert {alias(c) for c in named} == {"LATIN"}
