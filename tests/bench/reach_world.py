"""The 193 States of :mod:`tests.bench.reach`: their clocks, weekends, public holidays and office hours.

Zones are the IANA's (package ``tzdata``), territories and weekends the CLDR's (``babel``), public holidays those of
``holidays``, all as the lock file has them; whether an office is open is decided by the rules of :mod:`bot.duty`."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import pycountry
from babel.core import get_global

from bot.duty.rules.holidays import public_holidays
from bot.duty.rules.hours import opening_times, parse
from bot.duty.rules.walltime import instant
from bot.escalation.model import Door

NOT_MEMBERS = frozenset(
    """AI AQ AS AW AX BL BM BQ BV CC CK CW CX EH FK FO GF GG GI GL GP GS GU HK HM IM IO JE KY MF MO MP MQ MS NC NF NU
    PF PM PN PR PS RE SH SJ SX TC TF TK TW UM VA VG VI WF YT""".split()  # noqa: SIM905  (read best as text)
)
"""ISO 3166-1 codes that are no Member State of the United Nations."""
OF_THE_CAPITAL = {
    "AR": "America/Argentina/Buenos_Aires",
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CD": "Africa/Kinshasa",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "FM": "Pacific/Pohnpei",
    "ID": "Asia/Jakarta",
    "KI": "Pacific/Tarawa",
    "KZ": "Asia/Almaty",
    "MH": "Pacific/Majuro",
    "MN": "Asia/Ulaanbaatar",
    "MX": "America/Mexico_City",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PG": "Pacific/Port_Moresby",
    "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "US": "America/New_York",
    "UZ": "Asia/Tashkent",
}
"""Where the CLDR has several zones for a State: that of its capital."""
WAKES, SLEEPS = time(7), time(23)
WORKING_DAYS = {
    "AF": "Sat-Wed",
    "IR": "Sat-Thu",
    **dict.fromkeys(("IN", "UG"), "Mon-Sat"),
    **dict.fromkeys(("BH", "DZ", "EG", "IL", "IQ", "JO", "KW", "LY", "OM", "QA", "SA", "SD", "SY", "YE"), "Sun-Thu"),
}
"""Where the CLDR's weekend is not Saturday and Sunday: all days but those.  A test compares it with the CLDR, which
takes long to read."""
YEAR = datetime(2026, 1, 1, tzinfo=UTC)
LENGTH = timedelta(days=365)
_BEFORE, _AFTER = timedelta(days=2), timedelta(days=21)

Period = tuple[datetime, datetime]
ALWAYS = Door(open=True, next_open=None, round_the_clock=True)


@dataclass(frozen=True)
class State:
    """A State's office, over a year."""

    code: str
    where: ZoneInfo
    hours: str
    open: tuple[Period, ...]
    """When it is open, in order."""
    opens: tuple[datetime, ...]
    """The same, their beginnings."""

    def door(self, at: datetime) -> Door:
        """The office at one instant."""
        after = bisect_right(self.opens, at)
        is_open = after > 0 and at < self.open[after - 1][1]
        return Door(is_open, self.opens[after] if after < len(self.opens) else None)

    def worked(self, at: datetime, work: timedelta) -> datetime:
        """When this much time has passed in which the office was open."""
        after = bisect_right(self.opens, at)
        return _passed(self.open[max(after - 1, 0) :], at, work)

    def awake(self, at: datetime, work: timedelta) -> datetime:
        """When this much time has passed from seven to eleven by the clock there."""
        today = at.astimezone(self.where).date()
        days = (today + timedelta(days=n) for n in range(_AFTER.days))
        return _passed(((instant(d, WAKES, self.where), instant(d, SLEEPS, self.where)) for d in days), at, work)


def _passed(periods: Iterable[Period], at: datetime, work: timedelta) -> datetime:
    for start, end in periods:
        begun = max(start, at)
        if begun < end:
            if begun + work <= end:
                return begun + work
            work -= end - begun
    return YEAR + LENGTH + _AFTER


@cache
def states(times: str) -> tuple[State, ...]:
    """Every Member State of the United Nations, with offices that are open at these times (``09:00-17:00``)."""
    codes = sorted(c.alpha_2 for c in pycountry.countries if c.alpha_2 not in NOT_MEMBERS)
    return tuple(_state(code, times) for code in codes)


def _state(code: str, times: str) -> State:
    zones = get_global("territory_zones")[code]
    name = OF_THE_CAPITAL[code] if len(zones) > 1 else zones[0]
    hours = f"{WORKING_DAYS.get(code, 'Mon-Fri')} {times}"
    closed = public_holidays(code)
    found = opening_times(parse(hours), zone(name), YEAR - _BEFORE, YEAR + LENGTH + _AFTER, closed)
    return State(code, zone(name), hours, tuple(found), tuple(start for start, _ in found))


@cache
def zone(name: str) -> ZoneInfo:
    """A zone as the lock file has it, whatever the machine has: figures are the same everywhere."""
    with (files("tzdata") / "zoneinfo" / name).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)
