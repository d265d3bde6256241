"""Which service of the framework somebody means: by number, by name in any language, by the words of it.  Pure.

One is taken only where it can be no other; else what may have been meant is listed."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.directory.rules.likeness import likeness_of_words
from bot.directory.rules.naming import fold

LISTED = 9
NEAR = 60.0
"""Least likeness (0 to 100) of a name that is suggested."""
LONGEST = 200
_NUMBER = re.compile(r"(\d)(?:[.,·](\d))?\.?")
_LEADING = re.compile(r"\d(?:[.,·]\d)?[.:)]?(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Meant:
    """What a term names: one service, or those that it may name, the likeliest first."""

    number: str | None = None
    choices: tuple[str, ...] = ()


class Lexicon:
    """The words that each service is known by; those of its functions count where no name fits."""

    def __init__(self, names: Mapping[str, Iterable[str]], functions: Mapping[str, Iterable[str]]) -> None:
        """By number, in the order of the framework; names in every language, with other words for the same."""
        self._numbers = tuple(names)
        self._tiers = tuple(
            {number: tuple(dict.fromkeys(map(fold, tier.get(number, ())))) for number in names}
            for tier in (names, functions)
        )
        self._exact: dict[str, set[str]] = {}
        for number, labels in self._tiers[0].items():
            for label in (number, *labels):
                self._exact.setdefault(label, set()).add(number)

    def find(self, typed: str) -> Meant:
        """Exactly so called beats what begins so, that beats what has all these words, that beats what is near."""
        typed = typed.strip()[:LONGEST]
        if number := _NUMBER.fullmatch(typed):
            return self._numbered(number[1], number[2])
        wanted = fold(typed)
        if not wanted:
            return Meant()
        ways = (
            lambda label: label == wanted,
            lambda label: label.startswith(wanted),
            lambda label: _has_words(label, wanted.split()),
        )
        for tier in self._tiers:
            for fits in ways:
                found = [number for number in self._numbers if any(map(fits, tier[number]))]
                if found:
                    return Meant(found[0]) if len(found) == 1 else Meant(choices=tuple(found[:LISTED]))
        return Meant(choices=tuple(self._near(wanted)))

    def exactly(self, typed: str) -> str | None:
        """The service that is called exactly so: what a directory's entry says is not guessed at."""
        found = self._exact.get(typed.strip()) or self._exact.get(fold(typed)) or ()
        return next(iter(found)) if len(found) == 1 else None

    def _numbered(self, area: str, service: str | None) -> Meant:
        if service is not None:
            number = f"{area}.{service}"
            return Meant(number) if number in self._numbers else Meant(choices=self._in(area))
        return Meant(choices=self._in(area))

    def _in(self, area: str) -> tuple[str, ...]:
        return tuple(number for number in self._numbers if number.partition(".")[0] == area)

    def _near(self, wanted: str) -> list[str]:
        likeness = {
            number: max(likeness_of_words(wanted, tier[number]) for tier in self._tiers) for number in self._numbers
        }
        near = [number for number in self._numbers if likeness[number] >= NEAR]
        return sorted(near, key=lambda number: -likeness[number])[:LISTED]


def split_term(head: str) -> tuple[str, str]:
    """A term and the sentence behind it on the same line: a number ends at the space, words end at a colon."""
    head = head.strip()
    if number := _LEADING.match(head):
        return number[0].rstrip(".:)"), head[number.end() :].strip()
    term, _, sentence = head.partition(":")
    return term.strip(), sentence.strip()


def split_terms(text: str) -> list[str]:
    """Several terms, parted by commas, semicolons or lines; numbers also by spaces.

    ``6,3`` is a number, ``6.3,9.2`` are two."""
    found: list[str] = []
    for piece in re.split(r"[;\n]|,(?!\d)|(?<=\d\.\d),", text):
        words = piece.split()
        if words and all(_NUMBER.fullmatch(word) for word in words):
            found += words
        elif words:
            found.append(" ".join(words))
    return list(dict.fromkeys(found))


def _has_words(label: str, wanted: Sequence[str]) -> bool:
    words = label.split()
    return all(any(word.startswith(part) for word in words) for part in wanted)
