"""Who is asked for help, in which order, and what a request that waits does next.  Pure."""

import enum
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.assist.model import Asked, Offer, Request

FIRST_FOR = timedelta(minutes=30)
"""So long those have it alone who share a language with whoever asks."""
OPEN_FOR = timedelta(days=3)
MOST_OPEN = 5
"""Requests of one organisation that may be open at a time."""


class Move(enum.Enum):
    """What to do with an open request now."""

    WAIT = "wait"
    WIDEN = "widen"
    """Ask those too who share no language."""
    EXPIRE = "expire"
    GIVE_UP = "give-up"
    """Nobody is left who could take it."""


def languages_in_common(ours: Iterable[str], theirs: Iterable[str]) -> tuple[str, ...]:
    """In our order, whatever the region (``es-MX`` and ``es`` are one)."""
    other = {_plain(language) for language in theirs}
    return tuple(dict.fromkeys(plain for language in ours if (plain := _plain(language)) in other))


def in_order(offers: Iterable[Offer]) -> tuple[tuple[Offer, ...], tuple[Offer, ...]]:
    """Those who are asked first and those who are asked later: language in common first, and where nobody shares one,
    all at once.  More languages in common come before fewer, then handles in their order."""
    ranked = sorted(offers, key=lambda offer: (-len(offer.common), offer.organisation.handle.casefold()))
    first = tuple(offer for offer in ranked if offer.common)
    if not first:
        return tuple(ranked), ()
    return first, tuple(offer for offer in ranked if not offer.common)


def next_move(request: Request, asked: Sequence[Asked], now: datetime) -> Move:
    """The clauses stand in the order in which they bind; whoever could not be reached or is held is not waited for
    before others are asked."""
    if now >= request.expires_at:
        return Move.EXPIRE
    waiting = [one for one in asked if one.row is not None and one.reply is None]
    later = [one for one in asked if one.row is None and one.reply is None]
    if later and (now >= request.widen_at or all(one.held for one in waiting)):
        return Move.WIDEN
    return Move.WAIT if waiting or later else Move.GIVE_UP


def next_look(request: Request, asked: Sequence[Asked], now: datetime) -> timedelta:
    """When something can be due by the clock alone."""
    later = any(one.row is None and one.reply is None for one in asked)
    at = request.widen_at if later and request.widen_at > now else request.expires_at
    return max(at - now, timedelta())


def _plain(language: str) -> str:
    return language.replace("_", "-").split("-", maxsplit=1)[0].casefold()
