"""Whose turn it is, as tables: weekly and daily rotations over clock changes, overrides, absences, backups."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.duty.model import Absence, Override, Roster, Rotation
from bot.duty.rules.roster import next_on_roster, on_duty, turn
from bot.ids import Handle, UserId

MEXICO = ZoneInfo("America/Mexico_City")
MADRID = ZoneInfo("Europe/Madrid")
ORG = Handle("CERT-ES")
ANA, BRUNO, CARLA = (UserId(f"@{name}:x.org") for name in ("ana", "bruno", "carla"))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def rotation(
    every: int, starts_on: str, handover: str = "09:00", people: tuple[UserId, ...] = (ANA, BRUNO, CARLA)
) -> Rotation:
    return Rotation(
        "r",
        ORG,
        "technical",
        people,
        date.fromisoformat(starts_on),
        time.fromisoformat(handover),
        timedelta(days=every),
    )


WEEKLY = rotation(7, "2026-03-02")  # a Monday
DAILY = rotation(1, "2026-10-24", "02:30")


@pytest.mark.parametrize(
    ("which", "where", "at", "person", "start", "end"),
    [
        (WEEKLY, MADRID, "2026-03-02T07:59", None, None, None),
        (WEEKLY, MADRID, "2026-03-02T08:00", ANA, "2026-03-02T08:00", "2026-03-09T08:00"),
        (WEEKLY, MADRID, "2026-03-09T07:59", ANA, "2026-03-02T08:00", "2026-03-09T08:00"),
        (WEEKLY, MADRID, "2026-03-09T08:00", BRUNO, "2026-03-09T08:00", "2026-03-16T08:00"),
        # The week in which the clocks go forward is an hour shorter; the handover stays at 09:00 on the wall.
        (WEEKLY, MADRID, "2026-03-30T06:59", ANA, "2026-03-23T08:00", "2026-03-30T07:00"),
        (WEEKLY, MADRID, "2026-03-30T07:00", BRUNO, "2026-03-30T07:00", "2026-04-06T07:00"),
        # No clock change in Mexico City: always 15:00 UTC.
        (WEEKLY, MEXICO, "2026-03-09T15:00", BRUNO, "2026-03-09T15:00", "2026-03-16T15:00"),
        (WEEKLY, MEXICO, "2026-07-06T14:59", CARLA, "2026-06-29T15:00", "2026-07-06T15:00"),
        # 02:30 comes twice on 25 October: the first one counts.
        (DAILY, MADRID, "2026-10-25T00:29", ANA, "2026-10-24T00:30", "2026-10-25T00:30"),
        (DAILY, MADRID, "2026-10-25T00:30", BRUNO, "2026-10-25T00:30", "2026-10-26T01:30"),
        (DAILY, MADRID, "2026-10-25T01:30", BRUNO, "2026-10-25T00:30", "2026-10-26T01:30"),
    ],
)
def test_turns(
    which: Rotation, where: ZoneInfo, at: str, person: UserId | None, start: str | None, end: str | None
) -> None:
    found = turn(which, where, utc(at))
    if person is None:
        assert found is None
    else:
        assert found is not None
        assert (found.person, found.start, found.end) == (person, utc(start or ""), utc(end or ""))


def test_a_handover_in_the_skipped_hour_moves_forward() -> None:
    daily = rotation(1, "2026-03-28", "02:30")
    before, after = turn(daily, MADRID, utc("2026-03-29T01:29")), turn(daily, MADRID, utc("2026-03-29T01:30"))
    assert before is not None
    assert after is not None
    assert (before.person, after.person) == (ANA, BRUNO)
    assert after.start.astimezone(MADRID).time() == time(3, 30)


@given(
    st.sampled_from([1, 2, 7, 14]),
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    st.sampled_from(["Europe/Madrid", "America/Santiago", "America/Mexico_City", "Asia/Kathmandu", "Pacific/Apia"]),
    st.datetimes(datetime(2026, 2, 1), datetime(2032, 1, 1)),
)
def test_turns_leave_no_gap_and_never_overlap(every: int, handover: time, zone: str, at: datetime) -> None:
    which = rotation(every, "2026-01-05", handover.isoformat("minutes"))
    found = turn(which, ZoneInfo(zone), at.replace(tzinfo=UTC))
    assert found is not None
    assert found.start <= at.replace(tzinfo=UTC) < found.end
    following = turn(which, ZoneInfo(zone), found.end)
    assert following is not None
    assert (following.number, following.start) == (found.number + 1, found.end)


AT = utc("2026-03-10T12:00")  # Bruno's week
DAY = timedelta(days=1)


def override(person: UserId, seq: int, start: datetime = AT - DAY, end: datetime = AT + DAY) -> Override:
    return Override(f"o{seq}", ORG, "technical", person, start, end, seq)


def away(person: UserId) -> Absence:
    return Absence("a", person, AT - DAY, AT + DAY)


@pytest.mark.parametrize(
    ("rotations", "overrides", "absences", "on", "backup"),
    [
        ([], [], [], [], []),
        ([WEEKLY], [], [], [BRUNO], [CARLA]),
        ([WEEKLY], [override(ANA, 1)], [], [ANA], [CARLA]),
        ([WEEKLY], [override(ANA, 1), override(CARLA, 2)], [], [CARLA], [ANA]),  # the later one counts
        ([WEEKLY], [override(ANA, 1, AT - 2 * DAY, AT)], [], [BRUNO], [CARLA]),  # ends at this very instant
        ([WEEKLY], [override(ANA, 1, AT, AT + DAY)], [], [ANA], [CARLA]),  # starts at it
        ([WEEKLY], [], [away(BRUNO)], [], [CARLA]),  # a gap is a gap
        ([WEEKLY], [], [away(BRUNO), away(CARLA)], [], [ANA]),
        ([WEEKLY], [], [away(ANA), away(BRUNO), away(CARLA)], [], []),
        ([], [override(ANA, 1)], [], [ANA], []),
        ([rotation(7, "2026-03-02", people=(ANA,))], [], [], [ANA], []),  # nobody is their own backup
        ([rotation(7, "2026-03-02", people=())], [], [], [], []),
        ([WEEKLY, rotation(1, "2026-03-09", people=(BRUNO, ANA))], [], [], [BRUNO, ANA], [CARLA]),
    ],
)
def test_on_duty_and_backup(
    rotations: list[Rotation],
    overrides: list[Override],
    absences: list[Absence],
    on: list[UserId],
    backup: list[UserId],
) -> None:
    roster = Roster(MADRID, tuple(rotations), (), tuple(overrides), tuple(absences))
    found = on_duty(roster, AT)
    assert found == on
    assert next_on_roster(roster, AT, found) == backup
