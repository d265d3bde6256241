"""Public holidays by country, from the data of the library ``holidays``.  Pure.

``python -m bot.duty.rules.holidays 2026,2027 MX,ES`` prints them as JSON, by country."""

import json
import sys
from collections.abc import Iterable
from datetime import date
from functools import cache

from bot.duty.rules.hours import Closed, never


@cache
def public_holidays(country: str | None) -> Closed:
    """Whether a day is a public holiday all over this country (ISO 3166-1 alpha-2); no day is where nobody knows."""
    if not country:
        return never
    import holidays  # noqa: PLC0415  (11 MiB: the rules of every country, whichever is asked for)

    try:
        known = holidays.country_holidays(country)
    except NotImplementedError:
        return never

    def closed(day: date) -> bool:
        return day in known

    return closed


def listed(years: Iterable[int], countries: Iterable[str]) -> dict[str, list[str]]:
    """The public holidays of whole years that follow one another, by country, as ISO 8601 writes them."""
    first, *_, last = [date(year, month, day) for year in years for month, day in ((1, 1), (12, 31))]
    days = [date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1)]
    return {country: [day.isoformat() for day in days if public_holidays(country)(day)] for country in countries}


if __name__ == "__main__":
    asked_years, asked_countries = (given.split(",") for given in sys.argv[1:])
    json.dump(listed(map(int, asked_years), asked_countries), sys.stdout)
