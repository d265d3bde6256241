"""How alike two names are, and which of many are nearly this one.  Pure.

rapidfuzz is 3 MiB that nobody needs who is called by name: it is loaded when a near one is looked for first."""

from collections.abc import Iterable, Sequence
from functools import cache
from types import ModuleType


@cache
def _fuzz() -> ModuleType:
    from rapidfuzz import fuzz  # noqa: PLC0415

    return fuzz


def likeness(one: str, others: Iterable[str]) -> float:
    """From 0 to 100, of the likest (Indel ratio); 0 if there are none."""
    ratio = _fuzz().ratio
    return max((ratio(one, other) for other in others), default=0.0)


def likeness_of_words(one: str, others: Iterable[str]) -> float:
    """The same in whatever order the words stand."""
    ratio = _fuzz().token_sort_ratio
    return max((ratio(one, other) for other in others), default=0.0)


def likest(one: str, others: Sequence[str], least: float) -> list[tuple[str, float]]:
    """Those that are at least so alike."""
    from rapidfuzz import process  # noqa: PLC0415

    found = process.extract(one, others, scorer=_fuzz().ratio, score_cutoff=least, limit=None)
    return [(other, score) for other, score, _ in found]


def within(slips: int, one: str, others: Sequence[str]) -> list[tuple[str, int]]:
    """Those that so many slips are enough for (a letter too many, too few, wrong, or two swapped), and how many."""
    from rapidfuzz import process  # noqa: PLC0415
    from rapidfuzz.distance import OSA  # noqa: PLC0415

    found = process.extract(one, others, scorer=OSA.distance, score_cutoff=slips, limit=None)
    return [(other, distance) for other, distance, _ in found]
