"""Who is on duty over a time, and what is a gap; times as people type them."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.duty.model import Absence, Override, Roster, Rotation, Shift
from bot.duty.rules import when
from bot.duty.rules.coverage import coverage, gaps
from bot.duty.rules.holidays import public_holidays
from bot.duty.rules.hours import is_open, next_opening, opening_times, parse
from bot.duty.rules.roster import on_duty
from bot.ids import Handle, UserId

MADRID, MEXICO = ZoneInfo("Europe/Madrid"), ZoneInfo("America/Mexico_City")
ORG = Handle("CERT-X")
ANA, BRUNO, CARLA = (UserId(f"@{name}:x.org") for name in ("ana", "bruno", "carla"))
HOUR = timedelta(hours=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


START = utc("2026-11-23T00:00")


def at(hours: float) -> datetime:
    return START + hours * HOUR


def short(roster: Roster, until: float = 48) -> str:
    """``A 0-24, - 24-48``."""
    names = {ANA: "A", BRUNO: "B", CARLA: "C"}
    return ", ".join(
        f"{''.join(names[p] for p in s.people) or '-'} {(s.start - START) / HOUR:g}-{(s.end - START) / HOUR:g}"
        for s in coverage(roster, START, at(until))
    )


DAILY = Rotation("r", ORG, "technical", (ANA, BRUNO), date(2026, 11, 23), time(9), timedelta(days=1))
SHIFTS = (Shift(ANA, at(-4), at(8)), Shift(BRUNO, at(8), at(20)), Shift(ANA, at(32), at(60)))


@pytest.mark.parametrize(
    ("roster", "said"),
    [
        (Roster(MADRID), "- 0-48"),
        (Roster(MADRID, (DAILY,)), "- 0-8, A 8-32, B 32-48"),
        (Roster(MADRID, shifts=SHIFTS), "A 0-8, B 8-20, - 20-32, A 32-48"),
        (Roster(MADRID, (DAILY,), (Shift(CARLA, at(10), at(12)),)), "- 0-8, A 8-10, AC 10-12, A 12-32, B 32-48"),
        (
            Roster(MADRID, shifts=SHIFTS, overrides=(Override("o", ORG, "technical", CARLA, at(18), at(34)),)),
            "A 0-8, B 8-18, C 18-34, A 34-48",
        ),
        (
            Roster(MADRID, shifts=SHIFTS, absences=(Absence("a", BRUNO, at(0), at(12)),)),
            "A 0-8, - 8-12, B 12-20, - 20-32, A 32-48",
        ),
        (Roster(MADRID, (Rotation("r", ORG, "t", (), date(2026, 1, 1), time(9), timedelta(days=1)),)), "- 0-48"),
    ],
)
def test_coverage(roster: Roster, said: str) -> None:
    assert short(roster) == said


_hours = st.integers(-20, 80)
_periods = st.tuples(st.sampled_from([ANA, BRUNO, CARLA]), _hours, st.integers(1, 40))


@given(
    st.lists(_periods, max_size=5), st.lists(_periods, max_size=3), st.lists(_periods, max_size=3), st.integers(0, 71)
)
def test_coverage_is_whole_and_says_what_on_duty_says(
    planned: list[tuple[UserId, int, int]],
    taken: list[tuple[UserId, int, int]],
    away: list[tuple[UserId, int, int]],
    hour: int,
) -> None:
    roster = Roster(
        MADRID,
        (DAILY,),
        tuple(Shift(p, at(a), at(a + n)) for p, a, n in planned),
        tuple(Override("o", ORG, "t", p, at(a), at(a + n), seq) for seq, (p, a, n) in enumerate(taken)),
        tuple(Absence("a", p, at(a), at(a + n)) for p, a, n in away),
    )
    found = coverage(roster, START, at(72))
    assert (found[0].start, found[-1].end) == (START, at(72))
    assert all(one.end == other.start and one.people != other.people for one, other in pairwise(found))
    (then,) = [s for s in found if s.start <= at(hour + 0.5) < s.end]
    assert list(then.people) == on_duty(roster, at(hour + 0.5))


@pytest.mark.parametrize(
    ("promised", "found"),
    [
        ([(0, 48)], [(20, 32)]),
        ([(8, 17), (32, 41)], []),  # in office hours there is somebody
        ([(8, 22), (31, 41)], [(20, 22), (31, 32)]),
        ([(18, 26), (24, 30)], [(20, 30)]),  # spans that overlap
        ([], []),
    ],
)
def test_gaps(promised: list[tuple[int, int]], found: list[tuple[int, int]]) -> None:
    stretches = coverage(Roster(MADRID, shifts=SHIFTS), START, at(48))
    periods = [(at(start), at(end)) for start, end in promised]
    assert gaps(stretches, periods) == [(at(start), at(end)) for start, end in found]


WEEKDAYS = parse("Mon-Fri 09:00-18:00")


@pytest.mark.parametrize(
    ("country", "day", "closed"),
    [
        ("MX", "2026-11-16", True),  # Revolution day
        ("MX", "2026-11-17", False),
        ("BR", "2026-11-20", True),
        ("XK", "2026-02-17", True),
        ("EU", "2026-12-25", False),  # nobody knows
        (None, "2026-12-25", False),
    ],
)
def test_public_holidays(country: str | None, day: str, closed: bool) -> None:
    assert public_holidays(country)(date.fromisoformat(day)) is closed


def test_the_office_is_closed_on_a_public_holiday() -> None:
    closed = public_holidays("MX")
    monday = utc("2026-11-16T18:00")
    assert is_open(WEEKDAYS, MEXICO, monday)
    assert not is_open(WEEKDAYS, MEXICO, monday, closed)
    assert next_opening(WEEKDAYS, MEXICO, utc("2026-11-14T00:30"), closed) == utc("2026-11-17T15:00")
    assert opening_times(WEEKDAYS, MEXICO, utc("2026-11-14T00:00"), utc("2026-11-17T16:00"), closed) == [
        (utc("2026-11-17T15:00"), utc("2026-11-17T16:00"))
    ]
    # A night shift that began before the holiday goes on, one that would begin on it does not take place.
    nights = parse("Mon-Sun 22:00-06:00")
    assert is_open(nights, MEXICO, utc("2026-11-16T11:00"), closed)
    assert not is_open(nights, MEXICO, utc("2026-11-17T11:00"), closed)


NOW = utc("2026-11-25T17:30")  # a Wednesday, 11:30 in Mexico City, 18:30 in Madrid


@pytest.mark.parametrize(
    ("text", "where", "start", "end"),
    [
        ("18:00", MEXICO, "2026-11-26T00:00", "2026-11-26T00:00"),
        ("18:00", MADRID, "2026-11-26T17:00", "2026-11-26T17:00"),  # past there: tomorrow
        ("4h", MEXICO, "2026-11-25T21:30", "2026-11-25T21:30"),
        ("+30 min", MEXICO, "2026-11-25T18:00", "2026-11-25T18:00"),
        ("ahora", MEXICO, "2026-11-25T17:30", "2026-11-25T17:30"),
        ("mañana 08:00", MEXICO, "2026-11-26T14:00", "2026-11-26T14:00"),
        ("tomorrow", MEXICO, "2026-11-26T06:00", "2026-11-27T06:00"),  # as an end it counts in full
        ("Viernes a las 18:00", MEXICO, "2026-11-28T00:00", "2026-11-28T00:00"),
        ("monday", MEXICO, "2026-11-30T06:00", "2026-12-01T06:00"),
        ("wed 08:00", MEXICO, "2026-12-02T14:00", "2026-12-02T14:00"),  # past today
        ("2026-12-24 18:00", MEXICO, "2026-12-25T00:00", "2026-12-25T00:00"),
        ("24/12", MEXICO, "2026-12-24T06:00", "2026-12-25T06:00"),
        ("01/02", MEXICO, "2027-02-01T06:00", "2027-02-02T06:00"),
        ("2027-03-28 02:30", MADRID, "2027-03-28T01:30", "2027-03-28T01:30"),  # skipped: an hour later
    ],
)
def test_times_as_people_type_them(text: str, where: ZoneInfo, start: str, end: str) -> None:
    assert when.read(text, NOW, where) == utc(start)
    assert when.read(text, NOW, where, end=True) == utc(end)


@pytest.mark.parametrize(
    "text", ["", "soon", "25:00", "24:00", "31/02", "2099-01-01", "friday at noon", "999d", "18:00 19:00"]
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(when.UnclearTime):
        when.read(text, NOW, MEXICO)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("friday 18:00..monday 09:00", "2026-11-28T00:00", "2026-11-30T15:00"),
        ("viernes 18:00 … 22:00", "2026-11-28T00:00", "2026-11-28T04:00"),
        ("18:00..4h", "2026-11-26T00:00", "2026-11-26T04:00"),
        ("lunes..miércoles", "2026-11-30T06:00", "2026-12-03T06:00"),
        ("miércoles..viernes", "2026-11-25T06:00", "2026-11-28T06:00"),  # it is Wednesday
        ("wed 08:00..fri", "2026-12-02T14:00", "2026-12-05T06:00"),  # past today
        ("viernes..mañana", "2026-11-27T06:00", "2026-11-27T06:00"),  # no time at all
        ("20/11..27/11", "2026-11-20T06:00", "2026-11-28T06:00"),  # going on
        ("20/11..24/11", "2027-11-20T06:00", "2027-11-25T06:00"),  # over
        ("30/12 18:00..2/1 08:00", "2026-12-31T00:00", "2027-01-02T14:00"),
        ("2026-11-20..30/11", "2026-11-20T06:00", "2026-12-01T06:00"),
        ("2026-12-24..2026-12-26", "2026-12-24T06:00", "2026-12-27T06:00"),
        ("4h", "2026-11-25T17:30", "2026-11-25T21:30"),  # from now on
        ("jueves", "2026-11-26T06:00", "2026-11-27T06:00"),
    ],
)
def test_periods(text: str, start: str, end: str) -> None:
    assert when.period(text, NOW, MEXICO) == (utc(start), utc(end))


@pytest.mark.parametrize(
    ("now", "text", "start", "end"),
    [
        # Saturday and Sunday: the coming weekend.
        ("2026-11-28T18:00", "friday 18:00..monday 09:00", "2026-12-05T00:00", "2026-12-07T15:00"),
        ("2026-11-29T18:00", "friday 18:00..monday 09:00", "2026-12-05T00:00", "2026-12-07T15:00"),
        ("2027-01-01T18:00", "30/12..3/1", "2026-12-30T06:00", "2027-01-04T06:00"),
        ("2028-01-01T18:00", "29/2..2/3", "2028-02-29T06:00", "2028-03-03T06:00"),
    ],
)
def test_periods_of_other_days(now: str, text: str, start: str, end: str) -> None:
    assert when.period(text, utc(now), MEXICO) == (utc(start), utc(end))
