"""Public holidays by country, from the data of the library ``holidays``.  Pure."""

from datetime import date
from functools import cache

from bot.duty.rules.hours import Closed, never


@cache
def public_holidays(country: str | None) -> Closed:
    """Whether a day is a public holiday all over this country (ISO 3166-1 alpha-2); no day is where nobody knows."""
    if not country:
        return never
    import holidays  # noqa: PLC0415  (3 MiB that only organisations with opening hours need)

    try:
        known = holidays.country_holidays(country)
    except NotImplementedError:
        return never

    def closed(day: date) -> bool:
        return day in known

    return closed
