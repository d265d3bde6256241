"""The public holidays that are needed, looked up beforehand by a process that ends.

The library has the rules of every country as code and reads all of it for one: 11 MiB that would stay.  It is asked
here all the same where the process fails, and for days further off: what a holiday is never depends on the process.
"""

import asyncio
import json
import os
import sys
from collections.abc import Collection
from datetime import date

from bot.duty.rules import holidays
from bot.duty.rules.hours import Closed
from bot.logs import logger

log = logger(__name__)

PATIENCE = 30.0
"""Seconds after which the process is ended."""


class Holidays:
    """Those of last year, this one and the next, by country."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], frozenset[date]] = {}

    def closed(self, country: str | None) -> Closed:
        """As :func:`bot.duty.rules.holidays.public_holidays`."""

        def closed(day: date) -> bool:
            known = self._known.get((country or "", day.year))
            return day in known if known is not None else holidays.public_holidays(country)(day)

        return closed

    async def learn(self, countries: Collection[str], today: date) -> None:
        """Look up what is not known yet of these countries."""
        years = range(today.year - 1, today.year + 2)
        lacking = sorted({country for country in countries for year in years if (country, year) not in self._known})
        if not lacking:
            return
        try:
            found = json.loads(await _asked(",".join(map(str, years)), ",".join(lacking)))
        except (OSError, TimeoutError, ValueError) as error:
            log.warning("holidays.looked-up-here", error=error)
            found = await asyncio.to_thread(holidays.listed, years, lacking)
        for country in lacking:
            days = [date.fromisoformat(day) for day in found[country]]
            self._known |= {(country, year): frozenset(day for day in days if day.year == year) for year in years}


async def _asked(*arguments: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", holidays.__name__, *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        # Our own environment may hold passphrases.
        env={name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH") if name in os.environ},
    )
    try:
        async with asyncio.timeout(PATIENCE):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return said
