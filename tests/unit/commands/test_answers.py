"""One word that answers, in several scripts; everything longer is not an answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.answers import Answer, fold, read_answer
from bot.exchange.rules.relation import without_fallback


@pytest.mark.parametrize(
    "word",
    [
        "ok",
        "OK",
        " Ok. ",
        "sí",
        "si",
        "Sí!",
        "¡sí!",
        "SI\u0301",
        "sim",
        "oui",
        "ack",
        "✅",
        "✔️",
        "👍",
        "👍🏽",
        "**ok**",
        "`ok`",
        "“ok”",
        "ｏｋ",
        "ok\u200b",
        "\u00a0ok\u00a0",
        "yes",
        "!ok",
    ],
)
def test_yes(word: str) -> None:
    assert read_answer(word) == Answer(yes=True)


@pytest.mark.parametrize("word", ["no", "No.", "¡NO!", "❌", "não", "non", "👎"])
def test_no(word: str) -> None:
    assert read_answer(word) == Answer(yes=False)


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("1", 1),
        ("2.", 2),
        ("3)", 3),
        ("(4)", 4),
        ("#5", 5),
        ("①", 1),
        ("⑩", 10),
        ("⑵", 2),
        ("１２", 12),
        ("٣", 3),
        ("३", 3),
        ("2️⃣", 2),
        ("²", 2),
        ("99", 99),
    ],
)
def test_numbers(word: str, number: int) -> None:
    assert read_answer(word) == Answer(number=number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "ok, but call first",
        "ok gracias",
        "ok\nok",
        "ok?",
        "no puedo",
        "sí, a las 3",
        "0",
        "100",
        "1.5",
        "-1",
        "½",
        "1 2",
        "okey dokey",
        "okk",
        "nope",
        "IV",
        "\u200b",
        "!",
        "//ok",
        "@ana ok",
        "❓",
    ],
)
def test_what_is_no_answer(text: str) -> None:
    assert read_answer(text) is None


def test_the_quoted_original_of_older_clients_is_not_part_of_the_answer() -> None:
    assert read_answer("> <@enlace:example.org> Send it?\n> Reply ok\n\nok") == Answer(yes=True)
    assert read_answer("> <@enlace:example.org> ok\n\nI have to ask") is None
    assert without_fallback("> my own quotation\n\nok") == "> my own quotation\n\nok"
    assert without_fallback("> * <@ana:cert.mx> waves\n\nok") == "ok"


@given(st.text())
def test_any_text_is_read_or_not(text: str) -> None:
    answer = read_answer(text)
    assert answer is None or (answer.yes is None) != (answer.number is None)


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(
    st.sampled_from(["ok", "no", "1"]), st.text(alphabet=st.characters(whitelist_categories=["L", "Nd"]), min_size=3)
)
def test_a_word_more_and_it_is_no_answer(word: str, more: str) -> None:
    assert read_answer(f"{word} {more}") is None
