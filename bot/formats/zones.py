"""Time zones as lists write them: an offset from UTC is no zone, as it knows no summer time, but in a country with one
zone it can only mean that one."""

import re
from collections import defaultdict
from datetime import datetime, timedelta
from functools import cache

from babel.core import get_global

from bot.duty.rules.walltime import zone

_OFFSET = re.compile(
    r"(?:UTC|GMT|Z)\s*(?:(?P<sign>[+\-−–])\s*(?P<hours>\d{1,2}):?(?P<minutes>[0-5]\d)?)?", re.IGNORECASE
)
_SEASONS = (datetime(2026, 1, 15), datetime(2026, 7, 15))  # noqa: DTZ001  (wall time)


def is_zone(value: str) -> bool:
    """Whether this is a place's zone (IANA), not an offset under another name (``Etc/GMT+5``, ``EST``)."""
    return "/" in value and not value.startswith("Etc/") and zone(value) is not None


def by_offset(value: str, country: str | None) -> str | None:
    """The zone of a country that has only one, if its clocks show this offset for a part of the year."""
    offset = _offset(value)
    zones = _zones().get(country or "", ())
    where = zone(zones[0]) if len(zones) == 1 else None
    if (
        offset is None
        or where is None
        or offset not in {season.replace(tzinfo=where).utcoffset() for season in _SEASONS}
    ):
        return None
    return zones[0]


def _offset(value: str) -> timedelta | None:
    found = _OFFSET.fullmatch(value.strip())
    if found is None:
        return None
    apart = timedelta(hours=int(found["hours"] or 0), minutes=int(found["minutes"] or 0))
    return -apart if found["sign"] in {"-", "−", "–"} else apart


@cache
def _zones() -> dict[str, tuple[str, ...]]:
    """The zones of each country (CLDR)."""
    zones: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
    for name, country in get_global("zone_territories").items():
        zones[country] += (name,)
    return dict(zones)
