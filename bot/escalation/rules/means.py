"""By what to reach somebody, best first.  Pure.

Details go only into rooms whose verdict holds and under a label that allows it; where neither is to be had a page
still rings, with only reference, severity and who calls whom (an expired statement never stops a page)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.escalation.model import By
from bot.exchange.rules.tlp import Leg, Way, rule
from bot.ids import RoomId
from bot.outbox.model import HOOK, MAIL
from bot.tlp import Tlp


@dataclass(frozen=True, slots=True)
class Room:
    """What is known about one room that could ring."""

    room: RoomId
    way: Way
    verified: bool
    """Its verdict holds now."""
    encrypted: bool
    all_known: bool
    """Everyone in it has a pinned identity, even if its statement has run out."""
    has_person: bool
    """Whoever is to be paged is in it."""
    lowest_level: str
    """The lowest trust level among its readers (:class:`bot.exchange.rules.tlp.Leg`)."""


@dataclass(frozen=True, slots=True)
class Means:
    """One way to ring."""

    room: RoomId
    """Or an address outside Matrix."""
    way: Way | None
    """None outside Matrix."""
    full: bool


def means(rooms: Iterable[Room], tlp: Tlp, *, beyond: bool, outside: Iterable[RoomId] = ()) -> list[Means]:
    """Every usable way, best first: details before none, the person's own room before the desk, any room before what
    is ``outside`` Matrix, where no details go.

    ``beyond``: whoever is paged gets no details: they do not belong to the called organisation, and the caller has not
    said that they may."""
    order = sorted(
        (room for room in rooms if room.has_person),
        key=lambda room: room.way is not Way.DIRECT,
    )
    full = [Means(r.room, r.way, full=True) for r in order if not beyond and r.verified and _allowed(r, tlp)]
    bare = [Means(r.room, r.way, full=False) for r in order if r.encrypted and (r.verified or r.all_known)]
    return full + bare + [Means(address, None, full=False) for address in outside]


def chosen(ways: Sequence[Means], by: Iterable[By]) -> list[Means]:
    """Those of all ``ways`` (best first) that ring at once: the best of each that a step names; where it names none,
    or there is none of those, the best of all, since a page is never left out for want of a means."""
    named = [next((way for way in ways if _is(way, each)), None) for each in by]
    return list(dict.fromkeys(way for way in named if way is not None)) or list(ways[:1])


def _is(way: Means, by: By) -> bool:
    match by:
        case By.ROOM:
            return way.way is not None
        case By.DESK:
            return way.way is Way.DESK
        case By.MAIL:
            return way.room.startswith(MAIL)
        case By.WEBHOOK:
            return way.room.startswith(HOOK)


def _allowed(room: Room, tlp: Tlp) -> bool:
    leg = Leg(
        way=room.way,
        room_verified=room.verified,
        named_organisation=True,
        named_person=False,
        shares_network=True,
        lowest_level=room.lowest_level,
    )
    return rule(tlp, leg).allowed
