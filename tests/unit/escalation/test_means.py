"""By what to ring somebody, as a table: details only where they may go, a bare page rather than none."""

import pytest

from bot.escalation.model import By
from bot.escalation.rules.means import Means, Room, chosen, means
from bot.exchange.rules.tlp import Way
from bot.ids import RoomId
from bot.tlp import Tlp

DIRECT, DESK = RoomId("!direct"), RoomId("!desk")


def room(way: Way, state: str, level: str = "verified", *, has_person: bool = True) -> Room:
    """``state``: ``ok``, ``expired`` (fails for statements that ran out only), ``unfit`` or ``plain``."""
    return Room(
        room=DIRECT if way is Way.DIRECT else DESK,
        way=way,
        verified=state == "ok",
        encrypted=state != "plain",
        all_known=state in ("ok", "expired"),
        has_person=has_person,
        lowest_level=level,
    )


def direct(state: str, level: str = "verified") -> Room:
    return room(Way.DIRECT, state, level)


def desk(state: str, level: str = "verified") -> Room:
    return room(Way.DESK, state, level)


@pytest.mark.parametrize(
    ("rooms", "tlp", "beyond", "best"),
    [
        ([], Tlp.AMBER, False, None),
        ([desk("ok"), direct("ok")], Tlp.AMBER, False, "direct full"),
        ([direct("ok")], Tlp.AMBER, False, "direct full"),
        ([direct("unfit"), desk("ok")], Tlp.AMBER, False, "desk full"),
        ([direct("unfit"), desk("unfit")], Tlp.AMBER, False, None),
        ([direct("unfit")], Tlp.CLEAR, False, None),
        ([direct("plain")], Tlp.CLEAR, False, None),
        # An expired statement never stops a page: the desk with details first, else bare.
        ([direct("expired"), desk("ok")], Tlp.AMBER, False, "desk full"),
        ([direct("expired"), desk("unfit")], Tlp.AMBER, False, "direct bare"),
        ([desk("expired")], Tlp.AMBER, False, "desk bare"),
        # A label that the readers' trust does not carry: it rings, bare.
        ([direct("ok", "vouched")], Tlp.AMBER, False, "direct full"),
        ([direct("ok", "vouched")], Tlp.AMBER_STRICT, False, "direct bare"),
        ([direct("ok", "grace")], Tlp.GREEN, False, "direct full"),
        ([direct("ok", "grace")], Tlp.AMBER, False, "direct bare"),
        ([direct("ok", "grace"), desk("ok")], Tlp.AMBER, False, "desk full"),
        # RED is for people whom the source names.
        ([direct("ok")], Tlp.RED, False, "direct bare"),
        # Beyond the called organisation: never with details.
        ([direct("ok"), desk("ok")], Tlp.CLEAR, True, "direct bare"),
        # Not a room that the person is not in.
        ([room(Way.DESK, "ok", has_person=False)], Tlp.AMBER, False, None),
    ],
)
def test_best_means(rooms: list[Room], tlp: Tlp, beyond: bool, best: str | None) -> None:
    found = means(rooms, tlp, beyond=beyond)
    said = f"{found[0].way.value} {'full' if found[0].full else 'bare'}" if found else None
    assert said == best


def test_every_means_in_order() -> None:
    assert means([desk("ok"), direct("ok")], Tlp.AMBER, beyond=False) == [
        Means(DIRECT, Way.DIRECT, full=True),
        Means(DESK, Way.DESK, full=True),
        Means(DIRECT, Way.DIRECT, full=False),
        Means(DESK, Way.DESK, full=False),
    ]


MAIL, HOOK = RoomId("mailto:bruno@cert.example.br"), RoomId("webhook:CERT-BR")


@pytest.mark.parametrize(
    ("by", "rooms", "outside", "rung"),
    [
        ("", "direct desk", (MAIL, HOOK), [DIRECT]),
        ("", "", (MAIL, HOOK), [MAIL]),
        ("room", "direct desk", (MAIL, HOOK), [DIRECT]),
        ("room", "desk", (MAIL,), [DESK]),
        ("desk", "direct desk", (MAIL,), [DESK]),
        ("mail", "direct desk", (MAIL, HOOK), [MAIL]),
        ("webhook room", "direct", (MAIL, HOOK), [HOOK, DIRECT]),
        ("room desk mail webhook", "direct desk", (MAIL, HOOK), [DIRECT, DESK, MAIL, HOOK]),
        ("room desk", "desk", (), [DESK]),
        # What is not to be had is left out; if nothing is left, the best of the others rings.
        ("webhook mail", "direct", (MAIL,), [MAIL]),
        ("webhook mail", "direct desk", (), [DIRECT]),
        ("room desk", "", (HOOK,), [HOOK]),
        ("mail", "", (), []),
    ],
)
def test_by_what_a_step_rings(by: str, rooms: str, outside: tuple[RoomId, ...], rung: list[RoomId]) -> None:
    there = [{"direct": direct, "desk": desk}[word]("ok") for word in rooms.split()]
    ways = means(there, Tlp.AMBER, beyond=False, outside=outside)
    assert [way.room for way in chosen(ways, [By(word) for word in by.split()])] == rung
