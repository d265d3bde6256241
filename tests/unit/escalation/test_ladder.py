"""The built-in ladder and when its steps are due, as tables."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.duty.rules.hours import is_open, next_opening, parse
from bot.escalation.model import Door, Position, Severity, Wait
from bot.escalation.rules.ladder import DEFAULT, Doors, after, at_once, begin, ready

MEXICO, MADRID = ZoneInfo("America/Mexico_City"), ZoneInfo("Europe/Madrid")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def office(hours: str, where: ZoneInfo, *, round_the_clock: bool = False) -> Doors:
    spans = parse(hours)
    return lambda at: Door(is_open(spans, where, at), next_opening(spans, where, at), round_the_clock)


WEEKDAYS = office("Mon-Fri 09:00-18:00", MEXICO)
SEVEN_DAYS = office("Mon-Sun 09:00-18:00", MADRID)
CAIRO = office("Sun-Thu 08:00-16:00", ZoneInfo("Africa/Cairo"))
ALWAYS: Doors = lambda _: Door(open=True, next_open=None, round_the_clock=True)  # noqa: E731

DAY = 1440


@pytest.mark.parametrize(
    ("severity", "minutes", "exhausted", "any_hour"),
    [
        (Severity.CRITICAL, [0, 5, 15, 30], 60, True),
        (Severity.HIGH, [0, 15, 30, 60], 120, True),
        (Severity.MEDIUM, [0, 60, 120, 1 * DAY], 2 * DAY, False),
        (Severity.LOW, [0, "opening"], "opening", False),
    ],
)
def test_the_built_in_ladder(
    severity: Severity, minutes: list[int | str], exhausted: int | str, any_hour: bool
) -> None:
    def plain(gap: timedelta | Wait) -> int | str:
        return gap.value if isinstance(gap, Wait) else int(gap.total_seconds() // 60)

    policy = DEFAULT[severity]
    assert [plain(s.after) for s in policy.steps] == minutes
    who = ["on-duty", "on-duty backup", "lead", "diplomatic coordinators"]
    assert [" ".join(s.who) for s in policy.steps] == who[: len(minutes)]
    assert plain(policy.exhausted_after) == exhausted
    assert policy.any_hour is any_hour


def walk(severity: Severity, doors: Doors, start: str) -> list[str]:
    """When every step (and at the end exhausted) is due if nobody ever answers and none is empty."""
    policy = DEFAULT[severity]
    position: Position | None = begin(policy, doors, utc(start))
    out = []
    while position is not None:
        out.append(position.due.strftime("%d %H:%M"))
        position = after(policy, position, doors)
    return out


@pytest.mark.parametrize(
    ("severity", "doors", "start", "due"),
    [
        # Critical and high ring at any hour: 03:00 on a Sunday in Mexico.
        (Severity.CRITICAL, WEEKDAYS, "2026-01-11T09:00", "11 09:00, 11 09:05, 11 09:15, 11 09:30, 11 10:00"),
        (Severity.HIGH, WEEKDAYS, "2026-01-11T09:00", "11 09:00, 11 09:15, 11 09:30, 11 10:00, 11 11:00"),
        # Medium in office hours (Monday 10:00 in Mexico is 16:00 UTC).
        (Severity.MEDIUM, WEEKDAYS, "2026-01-12T16:00", "12 16:00, 12 17:00, 12 18:00, 13 16:00, 14 16:00"),
        # Medium late on Friday: the rest waits for Monday 09:00 (15:00 UTC) and counts on from there.
        (Severity.MEDIUM, WEEKDAYS, "2026-01-16T23:30", "16 23:30, 19 15:00, 19 16:00, 20 15:00, 21 15:00"),
        # Medium at night: nothing rings before the office opens.
        (Severity.MEDIUM, WEEKDAYS, "2026-01-13T05:00", "13 15:00, 13 16:00, 13 17:00, 14 15:00, 15 15:00"),
        # Medium at night, but the callee is 24/7.
        (Severity.MEDIUM, ALWAYS, "2026-01-13T05:00", "13 05:00, 13 06:00, 13 07:00, 14 05:00, 15 05:00"),
        # Low: at once in office hours, again at the next opening, exhausted at the one after.
        (Severity.LOW, WEEKDAYS, "2026-01-12T16:00", "12 16:00, 13 15:00, 14 15:00"),
        (Severity.LOW, WEEKDAYS, "2026-01-16T23:30", "16 23:30, 19 15:00, 20 15:00"),
        (Severity.LOW, WEEKDAYS, "2026-01-17T05:00", "19 15:00, 20 15:00, 21 15:00"),
        (Severity.LOW, ALWAYS, "2026-01-12T16:00", "12 16:00, 13 16:00, 14 16:00"),
        # The night in which Madrid's clocks go forward, and the one in which they go back.
        (Severity.LOW, SEVEN_DAYS, "2026-03-28T20:00", "29 07:00, 30 07:00, 31 07:00"),
        (Severity.LOW, SEVEN_DAYS, "2026-10-24T20:00", "25 08:00, 26 08:00, 27 08:00"),
        # Weekend on Friday and Saturday.
        (Severity.LOW, CAIRO, "2026-01-15T15:00", "18 06:00, 19 06:00, 20 06:00"),
        # A critical step over a clock change is as many minutes as ever.
        (Severity.CRITICAL, SEVEN_DAYS, "2026-03-29T00:50", "29 00:50, 29 00:55, 29 01:05, 29 01:20, 29 01:50"),
    ],
)  # fmt: skip
def test_when_steps_are_due(severity: Severity, doors: Doors, start: str, due: str) -> None:
    assert ", ".join(walk(severity, doors, start)) == due


def test_after_an_outage_every_overdue_step_is_due_by_its_own_time() -> None:
    policy = DEFAULT[Severity.CRITICAL]
    first = Position(1, utc("2026-01-12T16:05"))  # fired only at 18:00, say
    second = after(policy, first, ALWAYS)
    assert second == Position(2, utc("2026-01-12T16:15"))


@pytest.mark.parametrize(
    ("severity", "doors", "now", "nobody", "due"),
    [
        (Severity.CRITICAL, WEEKDAYS, "2026-01-11T09:01", False, "2026-01-11T09:01"),
        (Severity.MEDIUM, WEEKDAYS, "2026-01-12T16:10", False, "2026-01-12T16:10"),
        # A page lost after hours: the next step still waits for the door …
        (Severity.MEDIUM, WEEKDAYS, "2026-01-13T00:10", False, "2026-01-13T15:00"),
        # … unless nobody is there to be woken.
        (Severity.MEDIUM, WEEKDAYS, "2026-01-13T00:10", True, "2026-01-13T00:10"),
        # Never later than it was due anyway.
        (Severity.CRITICAL, WEEKDAYS, "2026-01-14T00:00", False, "2026-01-13T16:00"),
    ],
)
def test_an_empty_step_brings_the_next_one_forward(
    severity: Severity, doors: Doors, now: str, nobody: bool, due: str
) -> None:
    coming = Position(2, utc("2026-01-13T16:00"))
    assert at_once(DEFAULT[severity], coming, doors, utc(now), nobody=nobody) == Position(2, utc(due))


def test_an_office_that_never_opens_keeps_nobody_waiting() -> None:
    closed: Doors = lambda _: Door(open=False, next_open=None)  # noqa: E731
    now = utc("2026-01-12T16:00")
    assert ready(DEFAULT[Severity.MEDIUM], closed, now) == now
    assert walk(Severity.LOW, closed, "2026-01-12T16:00") == ["12 16:00", "13 16:00", "14 16:00"]
