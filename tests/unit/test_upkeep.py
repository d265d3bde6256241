"""When something may be said or done again."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.matrix.upkeep import due

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("last", "again"),
    [
        (None, True),
        (NOW, False),
        (NOW - HOUR + timedelta(seconds=1), False),
        (NOW - HOUR, True),
        (NOW + timedelta(seconds=1), True),
    ],
)
def test_once_an_hour(last: datetime | None, again: bool) -> None:
    assert due(last, HOUR, NOW) is again
