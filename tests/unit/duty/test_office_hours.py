"""Office hours as tables: reading them, both clock changes, zones without one, other weekends."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.duty.model import OfficeHours, Span
from bot.duty.rules.hours import BadOfficeHours, is_open, next_opening, parse
from bot.duty.rules.walltime import instant, zone

MEXICO = ZoneInfo("America/Mexico_City")  # no clock change since October 2022
MADRID = ZoneInfo("Europe/Madrid")  # 2026: forward 29 March 02:00, back 25 October 03:00
SANTIAGO = ZoneInfo("America/Santiago")  # back at midnight of 5 April 2026, forward at midnight of 6 September 2026
CAIRO = ZoneInfo("Africa/Cairo")
KATHMANDU = ZoneInfo("Asia/Kathmandu")

NINE, SIX = time(9), time(18)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("Mon-Fri 09:00-18:00", {(d, "09:00", "18:00") for d in range(5)}),
        ("lun-vie 09:00-18:00", {(d, "09:00", "18:00") for d in range(5)}),
        ("Lunes a viernes 9:00 a 18:00", {(d, "09:00", "18:00") for d in range(5)}),
        ("Mié 8h30–12h00", {(2, "08:30", "12:00")}),
        ("Sun-Thu 08:00-16:00", {(d, "08:00", "16:00") for d in (6, 0, 1, 2, 3)}),
        ("Fri-Sat 10:00-12:00", {(d, "10:00", "12:00") for d in (4, 5)}),
        ("Mon,Wed,Fri 09:00-13:00", {(d, "09:00", "13:00") for d in (0, 2, 4)}),
        ("Mon-Thu 09:00-18:00; Fri 09:00-14:00", {(d, "09:00", "18:00") for d in range(4)} | {(4, "09:00", "14:00")}),
        ("Mon-Thu 09:00-18:00, Fri 09:00-14:00", {(d, "09:00", "18:00") for d in range(4)} | {(4, "09:00", "14:00")}),
        ("Mon 09:00-13:00, 14:00-18:00", {(0, "09:00", "13:00"), (0, "14:00", "18:00")}),
        ("Mon-Fri 22:00-06:00", {(d, "22:00", "06:00") for d in range(5)}),
        ("Mon-Sun 00:00-24:00", {(d, "00:00", "00:00") for d in range(7)}),
    ],
)
def test_reads(text: str, spans: set[tuple[int, str, str]]) -> None:
    found = parse(text)
    assert {(s.weekday, s.start.isoformat("minutes"), s.end.isoformat("minutes")) for s in found.spans} == spans
    assert not found.always


@pytest.mark.parametrize("text", ["24/7", "24x7", " 24 / 7 ", "24/7/365"])
def test_reads_round_the_clock(text: str) -> None:
    assert parse(text) == OfficeHours((), always=True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "always",
        "09:00-18:00",
        "Mon-Fri",
        "Mon-Fri 9-18",
        "Mon-Foo 09:00-18:00",
        "Mon 25:00-26:00",
        "Mon 09:00",
        "Mon 09:61-10:00",
    ],
)
def test_refuses_what_it_cannot_read(text: str) -> None:
    with pytest.raises(BadOfficeHours):
        parse(text)


@pytest.mark.parametrize(
    ("hours", "where", "at", "open_", "next_open"),
    [
        # Monday to Friday in Mexico: UTC-6 in January and in July alike.
        ("Mon-Fri 09:00-18:00", MEXICO, "2026-01-12T14:59", False, "2026-01-12T15:00"),
        ("Mon-Fri 09:00-18:00", MEXICO, "2026-01-12T15:00", True, "2026-01-13T15:00"),
        ("Mon-Fri 09:00-18:00", MEXICO, "2026-07-13T14:59", False, "2026-07-13T15:00"),
        ("Mon-Fri 09:00-18:00", MEXICO, "2026-07-13T15:00", True, "2026-07-14T15:00"),
        ("Mon-Fri 09:00-18:00", MEXICO, "2026-07-14T00:00", False, "2026-07-14T15:00"),  # 18:00 itself is closed
        # Friday evening: the next opening is on Monday.
        ("Mon-Fri 09:00-18:00", MEXICO, "2026-07-18T00:30", False, "2026-07-20T15:00"),
        # Weekend on Friday and Saturday: Thursday evening to Sunday morning.
        ("Sun-Thu 08:00-16:00", CAIRO, "2026-01-15T15:00", False, "2026-01-18T06:00"),
        ("Sun-Thu 08:00-16:00", CAIRO, "2026-01-16T10:00", False, "2026-01-18T06:00"),
        ("Sun-Thu 08:00-16:00", CAIRO, "2026-01-18T06:00", True, "2026-01-19T06:00"),
        # Quarter-hour zone.
        ("Sun-Fri 10:00-17:00", KATHMANDU, "2026-05-03T04:14", False, "2026-05-03T04:15"),
        # Madrid, clocks forward on Sunday 29 March: 09:00 is 08:00 UTC on Friday and 07:00 UTC on Monday.
        ("Mon-Fri 09:00-18:00", MADRID, "2026-03-27T07:59", False, "2026-03-27T08:00"),
        ("Mon-Fri 09:00-18:00", MADRID, "2026-03-27T17:00", False, "2026-03-30T07:00"),
        # … and back on Sunday 25 October.
        ("Mon-Fri 09:00-18:00", MADRID, "2026-10-23T16:00", False, "2026-10-26T08:00"),
        # A night across the change is 7 h long in spring and 9 h in autumn.
        ("Sat 22:00-06:00", MADRID, "2026-03-29T03:59", True, "2026-04-04T20:00"),
        ("Sat 22:00-06:00", MADRID, "2026-03-29T04:00", False, "2026-04-04T20:00"),
        ("Sat 22:00-06:00", MADRID, "2026-10-25T04:59", True, "2026-10-31T21:00"),
        ("Sat 22:00-06:00", MADRID, "2026-10-25T05:00", False, "2026-10-31T21:00"),
        # It starts in the hour that is skipped: forward by the gap (02:30 → 03:30 CEST).
        ("Sun 02:30-12:00", MADRID, "2026-03-29T01:29", False, "2026-03-29T01:30"),
        ("Sun 02:30-12:00", MADRID, "2026-03-29T01:30", True, "2026-04-05T00:30"),
        # It starts in the hour that comes twice: the first one.
        ("Sun 02:30-12:00", MADRID, "2026-10-25T00:29", False, "2026-10-25T00:30"),
        ("Sun 02:30-12:00", MADRID, "2026-10-25T00:30", True, "2026-11-01T01:30"),
        # Midnight itself is skipped in Santiago: the day starts at 01:00.
        ("Sun 00:00-06:00", SANTIAGO, "2026-09-06T03:59", False, "2026-09-06T04:00"),
        ("Sun 00:00-06:00", SANTIAGO, "2026-09-06T04:00", True, "2026-09-13T03:00"),
        # Spans that touch are one opening.
        ("Mon 09:00-12:00 12:00-15:00", MEXICO, "2026-01-12T15:30", True, "2026-01-19T15:00"),
        ("Mon 22:00-24:00; Tue 00:00-02:00", MEXICO, "2026-01-13T05:30", True, "2026-01-20T04:00"),
    ],
)
def test_open_and_next_opening(hours: str, where: ZoneInfo, at: str, open_: bool, next_open: str) -> None:
    spans = parse(hours)
    assert is_open(spans, where, utc(at)) is open_
    assert next_opening(spans, where, utc(at)) == utc(next_open)


def test_round_the_clock_is_always_open_and_never_opens() -> None:
    always = parse("24/7")
    assert is_open(always, MADRID, utc("2026-03-29T01:00"))
    assert next_opening(always, MADRID, utc("2026-03-29T01:00")) is None
    assert next_opening(OfficeHours(()), MADRID, utc("2026-03-29T01:00")) is None
    assert not is_open(OfficeHours(()), MADRID, utc("2026-03-29T01:00"))


def test_every_day_without_a_pause_is_open_all_the_time() -> None:
    spans = parse("Mon-Sun 00:00-24:00")
    start = utc("2026-03-28T00:00")
    assert all(is_open(spans, MADRID, start + timedelta(minutes=m)) for m in range(0, 3 * 1440, 7))
    assert next_opening(spans, MADRID, start) == utc("2026-03-28T23:00")


SPANS = st.builds(
    Span,
    st.integers(0, 6),
    st.times().map(lambda t: t.replace(microsecond=0)),
    st.times().map(lambda t: t.replace(microsecond=0)),
)


@given(
    st.lists(SPANS, min_size=1, max_size=4),
    st.sampled_from([MEXICO, MADRID, SANTIAGO, CAIRO, KATHMANDU]),
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),
)
def test_an_opening_is_later_and_open(spans: list[Span], where: ZoneInfo, at: datetime) -> None:
    hours, at = OfficeHours(tuple(spans)), at.replace(tzinfo=UTC)
    opening = next_opening(hours, where, at)
    assert opening is not None
    assert at < opening <= at + timedelta(days=15)
    # A span that a clock change swallows whole is the one exception.
    assert is_open(hours, where, opening) or any(
        instant(opening.astimezone(where).date(), s.end, where) <= opening for s in spans
    )


@pytest.mark.parametrize("name", ["UTC+3", "Mars/Olympus", "", None, "../etc/passwd", "America", "\x00"])
def test_what_is_no_zone(name: str | None) -> None:
    assert zone(name) is None


def test_zones() -> None:
    assert zone("America/Mexico_City") == MEXICO
