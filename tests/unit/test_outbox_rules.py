"""How long a row waits for its next try, when it is given up, and when it looks for itself first."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.outbox.rules import forgotten_by_server, gives_up, next_keys, next_try

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(hours=24)


@pytest.mark.parametrize(
    ("attempts", "asked", "seconds"),
    [
        (1, None, 1),
        (2, None, 2),
        (3, None, 4),
        (7, None, 64),
        (8, None, 120),
        (10_000, None, 120),
        (9, 5, 5),
        (1, 0, 1),
        (1, 300, 300),
        (1, 86_400, 600),
    ],
)
def test_it_waits_twice_as_long_each_time_or_as_the_server_asks(attempts: int, asked: int | None, seconds: int) -> None:
    wait = timedelta(seconds=asked) if asked is not None else None
    assert next_try(attempts, NOW, wait) == NOW + timedelta(seconds=seconds)


def test_it_is_given_up_after_a_day_or_when_nobody_wants_it_any_more() -> None:
    assert not gives_up(NOW, None, NOW + DAY - SECOND)
    assert gives_up(NOW, None, NOW + DAY)
    assert gives_up(NOW, NOW + SECOND, NOW + SECOND)
    assert not gives_up(NOW, NOW + 2 * DAY, NOW + DAY - SECOND)
    assert gives_up(NOW, NOW + 2 * DAY, NOW + DAY)


def test_a_transaction_id_is_relied_on_for_less_than_a_day() -> None:
    assert not forgotten_by_server(NOW, NOW + timedelta(hours=19))
    assert forgotten_by_server(NOW, NOW + timedelta(hours=21))


@pytest.mark.parametrize(("age", "seconds"), [(0, 2), (60, 15), (7200, 300)])
def test_a_key_is_tried_ever_less_often(age: int, seconds: int) -> None:
    assert next_keys(NOW - timedelta(seconds=age), NOW) == NOW + timedelta(seconds=seconds)
