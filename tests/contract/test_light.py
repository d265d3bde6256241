"""What is heavy is not loaded by the service: public holidays come from a process of their own, as the library has them."""

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.duty.rules import holidays as rules
from bot.duty.service.holidays import Holidays

TODAY = date(2026, 11, 25)
DAYS = [date(2025, 1, 1) + timedelta(days=number) for number in range(3 * 365 + 200)]
COUNTRIES = ("MX", "GB", "SA", "XX")


async def test_what_is_looked_up_beforehand_is_what_the_library_says(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = {country: [day for day in DAYS if rules.public_holidays(country)(day)] for country in COUNTRIES}
    found = Holidays()
    await found.learn(COUNTRIES, TODAY)
    assert {country: [day for day in DAYS if found.closed(country)(day)] for country in COUNTRIES} == expected
    assert date(2026, 11, 16) in expected["MX"]
    assert not expected["XX"]

    # Nobody is asked again, not even the library, until another year is needed or another country.
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    monkeypatch.setattr(rules, "public_holidays", None)
    await found.learn(COUNTRIES[:2], TODAY)
    assert found.closed("MX")(date(2026, 11, 16))
    monkeypatch.undo()
    await found.learn(["MX", "ES"], date(2027, 1, 1))
    monkeypatch.setattr(rules, "public_holidays", None)
    assert found.closed("MX")(date(2028, 1, 1))
    assert found.closed("ES")(date(2026, 12, 25))


@pytest.mark.parametrize("python", ["/nowhere/python", "/bin/false"])
async def test_without_that_process_they_are_the_same(python: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", python)
    found = Holidays()
    await found.learn(["MX"], TODAY)
    assert found.closed("MX")(date(2026, 11, 16))
    assert not found.closed("MX")(date(2026, 11, 17))
    assert not found.closed(None)(date(2026, 12, 25))


SERVICE = """
import asyncio, sys
from datetime import UTC, datetime
from bot.cli import serving
from bot.audit.service import AuditLog
from bot.clock import Clock
from bot.db.unit import Database
from bot.directory.model import Organisation
from bot.directory.service import Register
from bot.duty.service import Duty
from bot.directory.rules import countries
from bot.ids import Handle
from bot.migrations import require_known

async def use():
    database = Database.open(sys.argv[1], Clock())
    assert await require_known(database) is None
    async with database.reading() as unit:
        assert unit.dialect == "sqlite"
    await database.close()
    register = Register()
    office = Organisation(Handle("CERT-MX"), country="MX", office_hours="Mon-Fri 09:00-18:00", timezone="America/Mexico_City")
    register.organisations = lambda: (office,)
    duty = Duty(register, AuditLog("enlace.example/log"))
    now = datetime(2026, 11, 16, 18, tzinfo=UTC)
    await duty.learn_holidays(now)
    assert not duty.hours(office, now).open
    assert countries.lookup("MÉXICO") == ("MX",)

asyncio.run(use())
print(*sorted(sys.modules))
"""


def test_the_service_on_sqlite_does_without_what_is_heavy(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'small.db'}"
    done = subprocess.run(
        [sys.executable, "-c", SERVICE, url], capture_output=True, text=True, timeout=250, check=False
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert {"bot.app", "sqlalchemy", "nio"} <= loaded
    assert not loaded & {
        "sqlalchemy.orm",
        "alembic",
        "holidays",
        "icalendar",
        "asyncpg",
        "rich",
        "prometheus_client",
        "aiohttp.web",
        "rapidfuzz",
        "confusable_homoglyphs",
    }
