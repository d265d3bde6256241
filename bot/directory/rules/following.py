"""Long work on many records, which somebody may want to watch.  Pure."""

from collections.abc import Collection, Iterable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Follow(Protocol):
    """Hands on every item, and may show how many have been handed on, of how many."""

    def __call__(self, items: Collection[T]) -> Iterable[T]: ...


def unwatched(items: Collection[T]) -> Iterable[T]:
    """Nobody watches."""
    return items
