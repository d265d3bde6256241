"""The only place that knows what time it is."""

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Wall-clock time in UTC.

    ``push`` moves this clock (never the machine's) forward, for drills of long ladders and for tests.
    """

    def __init__(self) -> None:
        self._offset = timedelta()

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        return datetime.now(UTC) + self._offset

    def push(self, by: timedelta) -> None:
        """From now on tell a time that is later by ``by``."""
        self._offset += by

    def as_here(self, elsewhere: datetime) -> datetime:
        """An instant that somebody else's clock told just now, as this clock would have told it."""
        return elsewhere + self._offset

    @staticmethod
    def monotonic() -> float:
        """Seconds on a clock that never jumps; only differences mean anything."""
        return time.monotonic()
