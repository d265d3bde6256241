"""What happens to a row that is due, clause by clause."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.exchange.rules.sending import Fate, Situation, fate, may_repeat
from bot.ids import UserId
from bot.outbox.model import Audience, Kind

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
ANA, BRUNO = UserId("@ana:a.example"), UserId("@bruno:b.example")
GOOD = Situation(
    kind=Kind.COPY,
    waits=True,
    audience=Audience.VERIFIED,
    encrypted=True,
    room_verified=True,
    label_allows=True,
    members_now=frozenset({BRUNO}),
    members_then=frozenset({BRUNO}),
    accepted_at=NOW,
    held_since=None,
    asked=False,
    expires_at=None,
    now=NOW,
)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({}, Fate.SEND),
        # It waited for its homeserver, and was never held: nobody is asked about who came meanwhile.
        ({"accepted_at": NOW - timedelta(hours=10), "members_now": frozenset({BRUNO, ANA})}, Fate.SEND),
        ({"encrypted": False}, Fate.HOLD),
        ({"room_verified": False}, Fate.HOLD),
        ({"room_verified": False, "accepted_at": NOW - timedelta(hours=24)}, Fate.EXPIRE),
        ({"label_allows": False}, Fate.HOLD),
        ({"room_verified": False, "audience": Audience.PINNED}, Fate.SEND),
        ({"encrypted": False, "audience": Audience.OPEN}, Fate.HOLD),
        ({"encrypted": False, "kind": Kind.REPLY, "waits": False}, Fate.DROP),
        ({"room_verified": False, "kind": Kind.NOTICE}, Fate.HOLD),
        ({"held_since": NOW - timedelta(hours=2), "kind": Kind.NOTICE}, Fate.SEND),
        ({"held_since": NOW - timedelta(minutes=59)}, Fate.SEND),
        ({"held_since": NOW - timedelta(minutes=61)}, Fate.ASK),
        ({"held_since": NOW - timedelta(minutes=5), "members_now": frozenset({BRUNO, ANA})}, Fate.ASK),
        ({"held_since": NOW - timedelta(minutes=5), "members_now": frozenset()}, Fate.SEND),
        ({"held_since": NOW - timedelta(minutes=61), "kind": Kind.PAGE}, Fate.EXPIRE),
        ({"held_since": NOW - timedelta(minutes=5), "asked": True}, Fate.WAIT),
        ({"held_since": NOW - timedelta(minutes=5), "asked": True, "room_verified": False}, Fate.HOLD),
        (
            {"held_since": NOW - timedelta(hours=2), "accepted_at": NOW - timedelta(hours=24), "asked": True},
            Fate.EXPIRE,
        ),
        ({"expires_at": NOW}, Fate.EXPIRE),
        ({"expires_at": NOW + timedelta(seconds=1)}, Fate.SEND),
    ],
)
def test_clauses(change: dict[str, object], wanted: Fate) -> None:
    assert fate(replace(GOOD, **change)).fate is wanted  # type: ignore[arg-type]


def test_nothing_is_ever_sent_in_the_clear() -> None:
    for kind in Kind:
        for audience in Audience:
            assert fate(replace(GOOD, kind=kind, audience=audience, encrypted=False)).fate is not Fate.SEND


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({}, True),
        ({"held_since": NOW - timedelta(hours=3)}, True),
        ({"members_now": frozenset({BRUNO, ANA})}, False),
        ({"members_now": frozenset({BRUNO, ANA}), "members_then": frozenset()}, True),
        ({"room_verified": False}, False),
        ({"label_allows": False}, False),
    ],
)
def test_what_was_sent_is_repeated_to_nobody_new(change: dict[str, object], wanted: bool) -> None:
    assert may_repeat(replace(GOOD, **change)) is wanted  # type: ignore[arg-type]
