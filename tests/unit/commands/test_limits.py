"""Shares of a minute, as plain functions of what came and what time it is."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.commands.limits import KEYS_KEPT, WINDOW, Limits, Meter, again
from bot.ids import RoomId, UserId

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
MOMENTS = st.lists(st.timedeltas(-3 * WINDOW, 3 * WINDOW).map(lambda by: NOW + by), max_size=30)


@given(MOMENTS, st.integers(1, 10))
def test_whoever_waits_as_long_as_it_says_is_served(came: list[datetime], most: int) -> None:
    came = [at for at in came if at <= NOW]
    until = again(came, most, NOW)
    assert (until is not None) == (sum(at > NOW - WINDOW for at in came) >= most)
    if until is not None:
        assert NOW < until <= NOW + WINDOW
        assert again(came, most, until) is None


@given(MOMENTS)
def test_a_clock_that_was_put_back_holds_nobody_up(came: list[datetime]) -> None:
    meter = Meter(Limits(person=1))
    for at in sorted(came):
        meter.take(UserId("@ana:cert.mx"), RoomId("!desk"), proved=True, now=at)
    over = meter.take(UserId("@ana:cert.mx"), RoomId("!desk"), proved=True, now=NOW - timedelta(days=1))
    assert over is None


def test_memory_is_bounded() -> None:
    meter = Meter(Limits())
    for number in range(3 * KEYS_KEPT):
        now = NOW + number * timedelta(seconds=1)
        meter.take(UserId(f"@{number}:example.org"), RoomId("!desk"), proved=True, now=now)
    assert len(meter._came) <= KEYS_KEPT + 1
