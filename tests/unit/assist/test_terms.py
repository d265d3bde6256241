"""What a term of the framework means, as people type it, and the framework as it ships."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.assist.rules.terms import split_term, split_terms
from bot.assist.service import area_name, framework, lexicon
from bot.i18n.catalogue import catalogue, say

SERVICES_OF_AREAS = {5: 2, 6: 6, 7: 6, 8: 3, 9: 4}
"""How many sections each service area has in the framework itself."""


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("6.3", "6.3"),
        (" 6.3. ", "6.3"),
        ("6,3", "6.3"),
        ("Artifact and forensic evidence analysis", "6.3"),
        ("ANALISIS DE ARTEFACTOS Y EVIDENCIA FORENSE", "6.3"),
        ("artifact and", "6.3"),
        ("forens", "6.3"),
        ("forense", "6.3"),
        ("malware-analysis", "6.3"),
        ("ingenieria inversa", "6.3"),
        ("reverse engineering", "6.3"),
        ("evidence artifact", "6.3"),
        ("DDoS", "6.4"),
        ("crisis", "6.6"),
        ("Communication", "8.3"),
        ("mentoring", "9.2"),
        ("capacitación", "9.2"),
        ("ejercicios", "9.3"),
        ("vulnerability disclosure", "7.5"),
    ],
)
def test_one_service_is_meant(typed: str, number: str) -> None:
    assert lexicon().find(typed).number == number


@pytest.mark.parametrize(
    ("typed", "choices"),
    [
        ("7", ("7.1", "7.2", "7.3", "7.4", "7.5", "7.6")),
        ("6.9", ("6.1", "6.2", "6.3", "6.4", "6.5", "6.6")),
        ("vulnerability", ("7.1", "7.2", "7.3", "7.4", "7.5", "7.6")),
        ("coordination", ("6.5", "7.4")),
        ("artefact and forensic evidense analysis", ("6.3",)),
        ("trainning", ("9.2",)),
    ],
)
def test_several_or_near_ones_are_listed_and_never_taken(typed: str, choices: tuple[str, ...]) -> None:
    meant = lexicon().find(typed)
    assert meant.number is None
    assert meant.choices[: len(choices)] == choices


@pytest.mark.parametrize("typed", ["", "  ", "!!", "99", "zzzzqqqq", "4.1"])
def test_what_means_nothing_means_nothing(typed: str) -> None:
    assert lexicon().find(typed) == lexicon().find("")


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("malware-analysis", "6.3"),
        ("Forensics", "6.3"),
        ("6.3", "6.3"),
        ("forens", None),
        ("", None),
        ("cooking", None),
    ],
)
def test_a_directory_s_word_counts_only_as_it_is(word: str, number: str | None) -> None:
    assert lexicon().exactly(word) == number


@pytest.mark.parametrize(
    ("head", "term", "sentence"),
    [
        ("6.3 We need a sample analysed", "6.3", "We need a sample analysed"),
        ("6.3", "6.3", ""),
        ("6.3: now", "6.3", "now"),
        ("6 now", "6", "now"),
        ("malware analysis", "malware analysis", ""),
        ("malware analysis: a sample of ransomware", "malware analysis", "a sample of ransomware"),
        ("", "", ""),
    ],
)
def test_the_sentence_begins_behind_the_number_or_the_colon(head: str, term: str, sentence: str) -> None:
    assert split_term(head) == (term, sentence)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("6.3,9.2,6,3", ["6.3", "9.2", "6,3"]),
        ("6.3, 9.2", ["6.3", "9.2"]),
        ("6.3 9.2\n", ["6.3", "9.2"]),
        ("6,3; training", ["6,3", "training"]),
        ("malware analysis,training\ncrisis", ["malware analysis", "training", "crisis"]),
        ("6.3, 6.3", ["6.3"]),
        ("\n ", []),
    ],
)
def test_several_terms(text: str, terms: list[str]) -> None:
    assert split_terms(text) == terms


@given(st.text(max_size=300))
def test_any_text_is_read_or_listed_and_what_it_says_is_kept(text: str) -> None:
    meant = lexicon().find(text)
    assert meant.number is None or not meant.choices
    lexicon().exactly(text)
    term, sentence = split_term(text)
    assert term in text
    assert sentence in text
    assert all(term.strip() for term in split_terms(text))


def test_the_framework_is_whole_and_its_english_names_are_those_of_the_catalogue() -> None:
    assert [service.number for service in framework()] == [
        f"{area}.{place}" for area, count in SERVICES_OF_AREAS.items() for place in range(1, count + 1)
    ]
    assert sum(len(service.functions) for service in framework()) == 76
    for service in framework():
        assert say("en", f"assist-service-{service.number.replace('.', '-')}").plain == service.name


def test_in_every_language_a_service_s_own_name_means_that_service() -> None:
    for language in catalogue().languages:
        for service in framework():
            name = say(language, f"assist-service-{service.number.replace('.', '-')}").plain
            assert lexicon().find(name).number == service.number, name
            assert lexicon().exactly(name) == service.number, name
            assert area_name(language, service.number[0]).plain
