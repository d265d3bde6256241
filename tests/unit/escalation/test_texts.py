"""What people read: times, durations, and a text for everything that can go wrong."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.escalation.model import Trouble
from bot.escalation.service.texts import Reach, clock_time, clock_time_in, reach_lines, took, trouble
from bot.i18n.catalogue import catalogue

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 CEST, half an hour before the clocks go back
CODES = [
    "not-here",
    "nobody-on-duty",
    "nobody-backup",
    "nobody-lead",
    "nobody-coordinators",
    "no-room",
    "held",
    "failed",
    "stuck",
    "no-device",
    "declined",
    "given-back",
]


@pytest.mark.parametrize("language", catalogue().languages)
@pytest.mark.parametrize("code", CODES)
def test_every_trouble_has_a_text(language: str, code: str) -> None:
    said = trouble(language, Trouble(code, "CERT-BR"))
    assert said.plain.startswith("⚠ ")
    assert "CERT-BR" in said.plain or code == "nobody-coordinators"


@pytest.mark.parametrize(
    ("at", "where", "said"),
    [
        (NOW, MADRID, "02:30"),
        (NOW + timedelta(hours=1), MADRID, "02:30"),  # the same wall time once more
        (NOW + timedelta(hours=2), MADRID, "03:30"),
        (NOW + timedelta(days=1), MADRID, "Mon 01:30"),
        (NOW + timedelta(days=9), MADRID, "3 Nov 01:30"),
        (NOW, None, "00:30 UTC"),
    ],
)
def test_local_time(at: datetime, where: ZoneInfo | None, said: str) -> None:
    assert clock_time("en", at, where, NOW) == said


def test_local_time_with_its_place() -> None:
    assert clock_time_in("es", NOW, ZoneInfo("America/Mexico_City"), NOW) == "18:30 (Ciudad de México)"
    assert clock_time_in("es", NOW, None, NOW) == "00:30 UTC"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7199, "119 min"), (7200, "2 h 0 min"), (-5, "0 s")],
)
def test_durations(seconds: int, said: str) -> None:
    assert took("en", timedelta(seconds=seconds)).plain == said


def test_phones_can_be_dialled_and_nothing_else_is_a_link() -> None:
    said = reach_lines("en", Reach("CERT-BR", phones=("+55 11 5555 0100", 'x"><script>')))
    assert '<a href="tel:+551155550100">+55 11 5555 0100</a>' in said.html
    assert "<script>" not in said.html
    assert "that you may see" in reach_lines("en", Reach("CERT-BR")).plain
