"""Who is asked first, and what a request that waits does next."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.assist.model import Asked, Member, Offer, Origin, Reply, Request, State
from bot.assist.rules.matching import Move, in_order, languages_in_common, next_look, next_move
from bot.directory.model import Organisation
from bot.ids import DeviceId, EventId, Handle, Ref, RoomId, UserId
from bot.tlp import Tlp

T = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
REQUEST = Request(
    ref=Ref("REQ-7F3KQ"),
    asker=Member(UserId("@ana:cert.mx"), "Ana Pérez", Handle("CERT-MX"), DeviceId("DEV")),
    origin=Origin(RoomId("!desk-mx"), "desk", EventId("$1"), EventId("$1"), "es"),
    service="6.3",
    tlp=Tlp.AMBER,
    state=State.OPEN,
    asked_at=T,
    widen_at=T + timedelta(minutes=30),
    expires_at=T + timedelta(days=3),
)
ASKED, HELD = Asked(Handle("A"), "row"), Asked(Handle("A"), "row", held=True)
PASSED, LOST = Asked(Handle("A"), "row", Reply.PASSED), Asked(Handle("A"), "row", Reply.LOST)
LATER, LATER_LOST = Asked(Handle("B")), Asked(Handle("B"), reply=Reply.LOST)


@pytest.mark.parametrize(
    ("ours", "theirs", "common"),
    [
        (["es", "en"], ["en", "es"], ("es", "en")),
        (["es-MX"], ["ES_419"], ("es",)),
        (["es", "es-MX"], ["es"], ("es",)),
        (["es"], ["pt"], ()),
        ([], ["es"], ()),
    ],
)
def test_languages_in_common(ours: list[str], theirs: list[str], common: tuple[str, ...]) -> None:
    assert languages_in_common(ours, theirs) == common


@pytest.mark.parametrize(
    ("offers", "first", "later"),
    [
        ({"BR": "", "AR": "es", "CL": "es en"}, ["CL", "AR"], ["BR"]),
        ({"pe": "es", "AR": "es"}, ["AR", "pe"], []),
        ({"BR": "", "AO": ""}, ["AO", "BR"], []),
        ({}, [], []),
    ],
)
def test_language_in_common_first(offers: dict[str, str], first: list[str], later: list[str]) -> None:
    made = [Offer(Organisation(Handle(name)), tuple(common.split())) for name, common in offers.items()]
    order = in_order(made)
    assert [[str(offer.organisation.handle) for offer in some] for some in order] == [first, later]


@pytest.mark.parametrize(
    ("asked", "minutes", "move"),
    [
        ([ASKED], 0, Move.WAIT),
        ([ASKED, LATER], 29, Move.WAIT),
        ([ASKED, LATER], 30, Move.WIDEN),
        ([PASSED, ASKED, LATER], 1, Move.WAIT),
        ([PASSED, LATER], 1, Move.WIDEN),
        ([LOST, LATER], 1, Move.WIDEN),
        ([HELD, LATER], 1, Move.WIDEN),
        ([HELD], 1, Move.WAIT),
        ([HELD, ASKED, LATER], 1, Move.WAIT),
        ([ASKED], 60, Move.WAIT),
        ([PASSED], 1, Move.GIVE_UP),
        ([PASSED, LOST, LATER_LOST], 1, Move.GIVE_UP),
        ([ASKED], 3 * 24 * 60, Move.EXPIRE),
        ([PASSED, LATER], 3 * 24 * 60, Move.EXPIRE),
    ],
)
def test_the_next_move(asked: list[Asked], minutes: int, move: Move) -> None:
    assert next_move(REQUEST, asked, T + timedelta(minutes=minutes)) is move


@pytest.mark.parametrize(
    ("asked", "minutes", "ahead"),
    [
        ([ASKED, LATER], 10, timedelta(minutes=20)),
        ([ASKED], 10, timedelta(days=3) - timedelta(minutes=10)),
        ([ASKED, LATER_LOST], 10, timedelta(days=3) - timedelta(minutes=10)),
        ([ASKED], 4 * 24 * 60, timedelta()),
    ],
)
def test_when_the_clock_has_the_next_word(asked: list[Asked], minutes: int, ahead: timedelta) -> None:
    assert next_look(REQUEST, asked, T + timedelta(minutes=minutes)) == ahead
