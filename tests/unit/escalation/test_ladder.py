"""The built-in ladder and which step comes when, as tables."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.duty.rules.holidays import public_holidays
from bot.duty.rules.hours import is_open, next_opening, parse
from bot.escalation.model import Door, Policy, Position, Severity, Step, Wait, Who
from bot.escalation.rules.ladder import DEFAULT, Doors, Happened, next_step

MEXICO, MADRID, CAIRO = (ZoneInfo(name) for name in ("America/Mexico_City", "Europe/Madrid", "Africa/Cairo"))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def office(hours: str, where: ZoneInfo, country: str | None = None) -> Doors:
    spans, closed = parse(hours), public_holidays(country)
    return lambda at: Door(is_open(spans, where, at, closed), next_opening(spans, where, at, closed))


WEEKDAYS = office("Mon-Fri 09:00-18:00", MEXICO)
SEVEN_DAYS = office("Mon-Sun 09:00-18:00", MADRID)
FRIDAY_OFF = office("Sun-Thu 08:00-16:00", CAIRO)
HOLIDAYS = office("Mon-Fri 09:00-18:00", MEXICO, "MX")
LUNCH = office("Mon-Fri 09:00-13:00 15:00-18:00", MEXICO)
NIGHTS = office("Mon-Sun 22:00-06:00", MADRID)
SMALL_HOURS = office("Mon-Sun 02:30-10:00", MADRID)
KATHMANDU = office("Sun-Fri 10:00-17:00", ZoneInfo("Asia/Kathmandu"))
ALWAYS: Doors = lambda _: Door(open=True, next_open=None, round_the_clock=True)  # noqa: E731
CLOSED: Doors = lambda _: Door(open=False, next_open=None)  # noqa: E731

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


def walk(severity: Severity, doors: Doors, start: str) -> list[Position]:
    """When every step (and at the end exhausted) is due if each rings somebody and nobody ever answers."""
    found, now = [], utc(start)
    position = next_step(DEFAULT[severity], doors, None, now)
    while position is not None:
        found.append(position)
        now = max(now, position.due)
        position = next_step(DEFAULT[severity], doors, position, now, Happened.RANG)
    return found


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
        # No clock change in Mexico any more, while Madrid's change; a zone at a quarter of an hour.
        (Severity.LOW, WEEKDAYS, "2026-03-27T23:30", "27 23:30, 30 15:00, 31 15:00"),
        (Severity.LOW, WEEKDAYS, "2026-10-23T23:30", "23 23:30, 26 15:00, 27 15:00"),
        (Severity.LOW, KATHMANDU, "2026-03-28T00:00", "29 04:15, 30 04:15, 31 04:15"),
        # Weekend on Friday and Saturday; the clocks go forward in one of them.
        (Severity.LOW, FRIDAY_OFF, "2026-01-15T15:00", "18 06:00, 19 06:00, 20 06:00"),
        (Severity.MEDIUM, FRIDAY_OFF, "2026-01-15T13:30", "15 13:30, 18 06:00, 18 07:00, 19 06:00, 20 06:00"),
        (Severity.LOW, FRIDAY_OFF, "2026-04-23T13:30", "23 13:30, 26 05:00, 27 05:00"),
        # Monday, 16 November is a public holiday in Mexico.
        (Severity.LOW, HOLIDAYS, "2026-11-13T23:30", "13 23:30, 17 15:00, 18 15:00"),
        (Severity.MEDIUM, HOLIDAYS, "2026-11-15T12:00", "17 15:00, 17 16:00, 17 17:00, 18 15:00, 19 15:00"),
        # Closed over lunch: what comes due in it waits for the afternoon, and an opening is an opening.
        (Severity.MEDIUM, LUNCH, "2026-01-12T18:30", "12 18:30, 12 21:00, 12 22:00, 13 21:00, 14 21:00"),
        (Severity.LOW, LUNCH, "2026-01-12T16:00", "12 16:00, 12 21:00, 13 15:00"),
        # Open over midnight, and over both clock changes.
        (Severity.MEDIUM, NIGHTS, "2026-01-12T12:00", "12 21:00, 12 22:00, 12 23:00, 13 21:00, 14 21:00"),
        (Severity.MEDIUM, NIGHTS, "2026-03-29T03:30", "29 03:30, 29 20:00, 29 21:00, 30 20:00, 31 20:00"),
        (Severity.LOW, NIGHTS, "2026-10-25T04:30", "25 04:30, 25 21:00, 26 21:00"),
        # An opening at an hour that the clocks skip comes as much later; one that comes twice is the first.
        (Severity.LOW, SMALL_HOURS, "2026-03-28T12:00", "29 01:30, 30 00:30, 31 00:30"),
        (Severity.LOW, SMALL_HOURS, "2026-10-24T12:00", "25 00:30, 26 01:30, 27 01:30"),
        # A critical step over a clock change is as many minutes as ever.
        (Severity.CRITICAL, SEVEN_DAYS, "2026-03-29T00:50", "29 00:50, 29 00:55, 29 01:05, 29 01:20, 29 01:50"),
        (Severity.CRITICAL, SEVEN_DAYS, "2026-10-25T00:50", "25 00:50, 25 00:55, 25 01:05, 25 01:20, 25 01:50"),
        # An office that never opens keeps nobody waiting for ever.
        (Severity.MEDIUM, CLOSED, "2026-01-12T16:00", "12 16:00, 12 17:00, 12 18:00, 13 16:00, 14 16:00"),
        (Severity.LOW, CLOSED, "2026-01-12T16:00", "12 16:00, 13 16:00, 14 16:00"),
    ],
)  # fmt: skip
def test_when_steps_are_due(severity: Severity, doors: Doors, start: str, due: str) -> None:
    assert ", ".join(position.due.strftime("%d %H:%M") for position in walk(severity, doors, start)) == due


OFFICES = {
    "weekdays": WEEKDAYS,
    "seven days": SEVEN_DAYS,
    "friday off": FRIDAY_OFF,
    "holidays": HOLIDAYS,
    "lunch": LUNCH,
    "nights": NIGHTS,
    "small hours": SMALL_HOURS,
    "24/7": ALWAYS,
    "never": CLOSED,
}


@pytest.mark.parametrize("doors", OFFICES.values(), ids=OFFICES)
@pytest.mark.parametrize("severity", list(Severity))
def test_looking_changes_nothing_while_the_clock_goes_on(severity: Severity, doors: Doors) -> None:
    policy = DEFAULT[severity]
    for days in range(0, 365, 29):
        start = utc("2026-01-01T00:00") + timedelta(days=days, minutes=37 * days)
        last = start
        for position in walk(severity, doors, start.strftime("%Y-%m-%dT%H:%M")):
            for part in (0, 0.1, 0.5, 0.9, 1):
                assert next_step(policy, doors, position, last + part * (position.due - last)) == position
            assert next_step(policy, doors, position, position.due + timedelta(days=3)) == position
            last = position.due


@pytest.mark.parametrize(
    ("severity", "doors", "step", "due", "now", "moved"),
    [
        # Set back by a day: as long as the step waits at most, from now on …
        (Severity.CRITICAL, WEEKDAYS, 1, "2026-01-11T09:05", "2026-01-10T09:01", "2026-01-10T09:06"),
        (Severity.HIGH, WEEKDAYS, 4, "2026-01-11T11:00", "2026-01-10T10:30", "2026-01-10T11:30"),
        # … also where it waits for the office: Monday's opening, and Thursday at 09:00 instead of Friday.
        (Severity.MEDIUM, WEEKDAYS, 0, "2026-01-12T15:00", "2026-01-10T05:00", "2026-01-12T15:00"),
        (Severity.LOW, WEEKDAYS, 1, "2026-01-16T15:00", "2026-01-14T23:00", "2026-01-15T15:00"),
        (Severity.LOW, CLOSED, 1, "2026-01-16T15:00", "2026-01-14T16:00", "2026-01-15T16:00"),
        (Severity.MEDIUM, WEEKDAYS, 3, "2026-01-13T18:00", "2026-01-11T18:00", "2026-01-12T16:00"),
        # By a minute: it may come up to a minute earlier on the new clock, no later.
        (Severity.CRITICAL, WEEKDAYS, 1, "2026-01-11T09:05", "2026-01-11T08:59", "2026-01-11T09:04"),
        (Severity.CRITICAL, WEEKDAYS, 1, "2026-01-11T09:05", "2026-01-11T09:01", "2026-01-11T09:05"),
        # Set forward: overdue, so it is made now; that is what an outage looks like.
        (Severity.CRITICAL, WEEKDAYS, 1, "2026-01-11T09:05", "2026-01-12T09:01", "2026-01-11T09:05"),
        # A ladder that has become shorter: what is left of it is to be exhausted.
        (Severity.CRITICAL, WEEKDAYS, 9, "2026-01-11T09:05", "2026-01-11T09:01", "2026-01-11T09:05"),
    ],
)  # fmt: skip
def test_a_clock_that_is_set(severity: Severity, doors: Doors, step: int, due: str, now: str, moved: str) -> None:
    found = next_step(DEFAULT[severity], doors, Position(step, utc(due)), utc(now))
    assert found == Position(step, utc(moved))


def made(severity: Severity, doors: Doors, at: Position, now: str) -> tuple[list[int], Position | None]:
    """The steps that one look makes, if each rings somebody, and what it leaves."""
    policy, steps = DEFAULT[severity], []
    position = next_step(policy, doors, at, utc(now))
    while position is not None and position.due <= utc(now):
        steps.append(position.step)
        position = next_step(policy, doors, position, utc(now), Happened.RANG)
    return steps, position


@pytest.mark.parametrize(
    ("severity", "step", "due", "now", "steps", "left"),
    [
        (Severity.CRITICAL, 1, "2026-01-12T16:05", "2026-01-12T16:04", [], Position(1, utc("2026-01-12T16:05"))),
        (Severity.CRITICAL, 1, "2026-01-12T16:05", "2026-01-12T16:20", [1, 2], Position(3, utc("2026-01-12T16:30"))),
        (Severity.CRITICAL, 1, "2026-01-12T16:05", "2026-01-12T19:00", [1, 2, 3, 4], None),
        # Set forward by a day and back again: each step once, and what is left waits no longer than ever.
        (Severity.HIGH, 1, "2026-01-12T16:15", "2026-01-13T16:01", [1, 2, 3, 4], None),
        (Severity.MEDIUM, 1, "2026-01-12T17:00", "2026-01-13T16:30", [1, 2, 3], Position(4, utc("2026-01-14T16:00"))),
        (Severity.MEDIUM, 4, "2026-01-14T16:00", "2026-01-12T16:30", [], Position(4, utc("2026-01-13T16:30"))),
        # Found at night, what is overdue for an office is made at once too: it was due while it was open.
        (Severity.MEDIUM, 1, "2026-01-12T17:00", "2026-01-13T05:00", [1, 2], Position(3, utc("2026-01-13T16:00"))),
    ],
)  # fmt: skip
def test_after_an_outage_every_overdue_step_is_made_at_once_and_once(
    severity: Severity, step: int, due: str, now: str, steps: list[int], left: Position | None
) -> None:
    found, position = made(severity, WEEKDAYS, Position(step, utc(due)), now)
    assert (found, position) == (steps, left)
    if position is not None:
        assert made(severity, WEEKDAYS, position, now) == ([], left)


@pytest.mark.parametrize(
    ("severity", "now", "happened", "due"),
    [
        # A page that was held or failed, or a no: the coming step at once.
        (Severity.CRITICAL, "2026-01-11T09:01", Happened.LOST, "2026-01-11T09:01"),
        (Severity.MEDIUM, "2026-01-12T16:10", Happened.LOST, "2026-01-12T16:10"),
        # After hours it still waits for the door …
        (Severity.MEDIUM, "2026-01-13T00:10", Happened.LOST, "2026-01-13T15:00"),
        # … unless a notice could be laid down nowhere.
        (Severity.MEDIUM, "2026-01-13T00:10", Happened.UNHEARD, "2026-01-13T00:10"),
        # Given back: at once, or when the door opens, however late that is.
        (Severity.CRITICAL, "2026-01-14T00:00", Happened.BACK, "2026-01-14T00:00"),
        (Severity.MEDIUM, "2026-01-14T00:00", Happened.BACK, "2026-01-14T15:00"),
        # Found after an outage: never later than it was due anyway.
        (Severity.CRITICAL, "2026-01-14T00:00", Happened.LOST, "2026-01-13T16:00"),
        (Severity.MEDIUM, "2026-01-14T00:00", Happened.LOST, "2026-01-13T16:00"),
    ],
)
def test_the_coming_step_is_brought_forward(severity: Severity, now: str, happened: Happened, due: str) -> None:
    coming = Position(2, utc("2026-01-13T16:00"))
    assert next_step(DEFAULT[severity], WEEKDAYS, coming, utc(now), happened) == Position(2, utc(due))


def test_a_held_page_after_an_outage_fires_every_overdue_step_once() -> None:
    policy, now = DEFAULT[Severity.CRITICAL], utc("2026-01-12T19:00")
    brought = next_step(policy, WEEKDAYS, Position(1, utc("2026-01-12T16:05")), now, Happened.LOST)
    assert brought is not None
    assert made(Severity.CRITICAL, WEEKDAYS, brought, "2026-01-12T19:00") == ([1, 2, 3, 4], None)


@pytest.mark.parametrize(
    ("severity", "now", "happened", "due"),
    [
        (Severity.CRITICAL, "2026-01-13T16:00", Happened.RANG, "2026-01-13T16:15"),
        (Severity.CRITICAL, "2026-01-13T16:00", Happened.LEFT_OUT, "2026-01-13T16:00"),
        (Severity.CRITICAL, "2026-01-13T16:00", Happened.NOBODY, "2026-01-13T16:00"),
        # Made at night, where the office is asked for: only where nobody is there to be woken the next one is, too.
        (Severity.MEDIUM, "2026-01-14T00:30", Happened.RANG, "2026-01-14T15:00"),
        (Severity.MEDIUM, "2026-01-14T00:30", Happened.LEFT_OUT, "2026-01-14T15:00"),
        (Severity.MEDIUM, "2026-01-14T00:30", Happened.NOBODY, "2026-01-14T00:30"),
    ],
)
def test_what_follows_a_step_that_was_made(severity: Severity, now: str, happened: Happened, due: str) -> None:
    step = 2 if severity is Severity.CRITICAL else 1
    at = Position(step, utc(now))
    assert next_step(DEFAULT[severity], WEEKDAYS, at, utc(now), happened) == Position(step + 1, utc(due))


@pytest.mark.parametrize("happened", [Happened.RANG, Happened.LEFT_OUT, Happened.NOBODY])
def test_nothing_follows_exhausted(happened: Happened) -> None:
    now = utc("2026-01-13T16:00")
    for step in (4, 9):
        assert next_step(DEFAULT[Severity.CRITICAL], WEEKDAYS, Position(step, now), now, happened) is None


def test_minutes_after_an_opening_count_from_that_opening() -> None:
    steps = (
        Step(timedelta(0), (Who.ON_DUTY,)),
        Step(Wait.OPENING, (Who.LEAD,)),
        Step(timedelta(hours=1), (Who.BACKUP,)),
    )
    policy = Policy(steps, exhausted_after=timedelta(hours=2), any_hour=True)
    now = utc("2026-01-16T23:30")
    found, position = [], next_step(policy, WEEKDAYS, None, now)
    while position is not None:
        found.append(position.due.strftime("%d %H:%M"))
        position = next_step(policy, WEEKDAYS, position, position.due, Happened.RANG)
    assert found == ["16 23:30", "19 15:00", "19 16:00", "19 17:00"]
