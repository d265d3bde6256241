"""Wall time to instants, whatever the clocks do.  Pure."""

from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(maxsize=1024)
def zone(name: str | None) -> ZoneInfo | None:
    """The IANA zone of this name, or None for an unknown one: a fixed offset is no zone."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError; odd names raise the others
        return None


def instant(day: date, at: time, where: ZoneInfo) -> datetime:
    """The instant (UTC) of a wall time.

    A time that the clocks skip moves forward by the gap; of a time that comes twice the first one counts
    (RFC 5545 section 3.3.5): ``fold=0`` means exactly that (PEP 495)."""
    return datetime.combine(day, at.replace(fold=0), tzinfo=where).astimezone(UTC)
