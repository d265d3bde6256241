"""Rosters as iCalendar: what a calendar means at an instant, as tables, and what is refused."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.directory.model import Contact, Person
from bot.duty.rules.calendar import BadCalendar, Named, pasted, read, shifts, speaks_of, strangers, whom
from bot.ids import Handle, UserId

MADRID, MEXICO, KABUL = ZoneInfo("Europe/Madrid"), ZoneInfo("America/Mexico_City"), ZoneInfo("Asia/Kabul")
ORG = Handle("CERT-X")
ANA = Person("Ana Pérez", ORG, UserId("@ana:x.org"), contacts=(Contact("email", "ana@x.org"),))
LUIS = Person("Luis Ñandú", ORG, UserId("@luis:x.org"))
STAFF = (ANA, LUIS, Person("Eva Sá", ORG), Person("Luis Gómez", ORG, UserId("@gomez:x.org")))
ROLES = frozenset({"technical", "diplomatic"})


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def event(*lines: str, uid: str = "1") -> str:
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid}", *lines, "END:VEVENT"])


def calendar(*events: str) -> bytes:
    return "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:t", *events, "END:VCALENDAR", ""]).encode()


def on(data: bytes, at: str, where: ZoneInfo = MADRID, role: str = "technical") -> list[str]:
    moment = utc(at)
    found = shifts(data, where, STAFF, ROLES, role, moment, moment + timedelta(microseconds=1))
    return [shift.person[1:].split(":")[0] for shift in found]


NIGHTS = event(
    "DTSTART;TZID=Europe/Madrid:20260301T200000",
    "DTEND;TZID=Europe/Madrid:20260302T080000",
    "RRULE:FREQ=DAILY;UNTIL=20261231T235959",  # no UTC, as many write it
    "SUMMARY:Noche: Ana Perez",
    "EXDATE;TZID=Europe/Madrid:20260310T200000",
)
MOVED = event(
    "RECURRENCE-ID;TZID=Europe/Madrid:20260312T200000",
    "DTSTART;TZID=Europe/Madrid:20260312T220000",
    "DTEND;TZID=Europe/Madrid:20260313T060000",
    "SUMMARY:Noche: Luis Ñandú",
)
ALL_DAY = event("DTSTART;VALUE=DATE:20260405", "SUMMARY:Luis Ñandú", "RRULE:FREQ=WEEKLY;BYDAY=SU", uid="2")
FLOATING = event("DTSTART:20260101T090000", "DURATION:PT8H", "SUMMARY:Ana Pérez", "RRULE:FREQ=DAILY", uid="3")
SKIPPED = event(
    "DTSTART;TZID=Europe/Madrid:20260328T023000", "DURATION:PT1H", "SUMMARY:Ana Pérez", "RRULE:FREQ=DAILY", uid="4"
)
WEEKEND = event(  # Friday and Saturday
    "DTSTART;TZID=Asia/Kabul:20260102T080000", "DURATION:P2D", "SUMMARY:Ana Pérez", "RRULE:FREQ=WEEKLY", uid="5"
)
BOTH = event(
    "DTSTART:20260101T000000Z",
    "DTEND:20260102T000000Z",
    "SUMMARY:Guardia",
    "ATTENDEE;CN=Ana P.:MAILTO:Ana@x.org",
    "ATTENDEE:matrix:u/luis:x.org",
    "ATTENDEE;PARTSTAT=DECLINED;CN=Luis Gómez:mailto:gomez@x.org",
    uid="6",
)
DIPLOMATIC = event(
    "DTSTART:20260101T000000Z", "DTEND:20260102T000000Z", "CATEGORIES:Cancillería", "SUMMARY:@ana:x.org", uid="7"
)
GONE = event("DTSTART:20260101T000000Z", "DURATION:P1D", "STATUS:CANCELLED", "SUMMARY:Eva", uid="8")


@pytest.mark.parametrize(
    ("data", "where", "at", "people"),
    [
        (calendar(NIGHTS), MADRID, "2026-03-05T18:59", []),
        (calendar(NIGHTS), MADRID, "2026-03-05T19:00", ["ana"]),
        (calendar(NIGHTS), MADRID, "2026-03-06T06:59", ["ana"]),
        (calendar(NIGHTS), MADRID, "2026-03-06T07:00", []),
        # The night in which the clocks go forward still ends at 08:00 on the wall, an hour earlier in UTC.
        (calendar(NIGHTS), MADRID, "2026-03-29T05:59", ["ana"]),
        (calendar(NIGHTS), MADRID, "2026-03-29T06:00", []),
        # … and that in which they go back an hour later.
        (calendar(NIGHTS), MADRID, "2026-10-24T18:00", ["ana"]),
        (calendar(NIGHTS), MADRID, "2026-10-25T06:59", ["ana"]),
        (calendar(NIGHTS), MADRID, "2026-10-25T07:00", []),
        # EXDATE: no shift that night; RECURRENCE-ID: another person at other times.
        (calendar(NIGHTS), MADRID, "2026-03-10T22:00", []),
        (calendar(NIGHTS, MOVED), MADRID, "2026-03-12T20:00", []),
        (calendar(NIGHTS, MOVED), MADRID, "2026-03-12T21:00", ["luis"]),
        (calendar(NIGHTS, MOVED), MADRID, "2026-03-13T20:00", ["ana"]),
        (calendar(NIGHTS), MADRID, "2027-01-02T20:00", []),  # after UNTIL
        # Whole days and times without a zone are the organisation's.
        (calendar(ALL_DAY), MADRID, "2026-04-11T22:00", ["luis"]),
        (calendar(ALL_DAY), MADRID, "2026-04-12T22:00", []),
        (calendar(ALL_DAY), MEXICO, "2026-04-12T05:59", []),
        (calendar(ALL_DAY), MEXICO, "2026-04-13T05:59", ["luis"]),
        (calendar(FLOATING), MEXICO, "2026-07-06T15:00", ["ana"]),  # no clock change in Mexico City
        (calendar(FLOATING), MEXICO, "2026-01-06T15:00", ["ana"]),
        (calendar(FLOATING), MADRID, "2026-07-06T07:00", ["ana"]),
        # 02:30 does not exist on 29 March: an hour later; it comes twice on 25 October: the first one.
        (calendar(SKIPPED), MADRID, "2026-03-29T01:29", []),
        (calendar(SKIPPED), MADRID, "2026-03-29T01:30", ["ana"]),
        (calendar(SKIPPED), MADRID, "2026-10-25T00:30", ["ana"]),
        (calendar(WEEKEND), KABUL, "2026-11-27T03:30", ["ana"]),
        (calendar(WEEKEND), KABUL, "2026-11-29T03:29", ["ana"]),
        (calendar(WEEKEND), KABUL, "2026-11-29T03:30", []),
        (calendar(BOTH), MADRID, "2026-01-01T12:00", ["ana", "luis"]),
        (calendar(GONE, NIGHTS), MADRID, "2026-01-01T12:00", []),
    ],
)
def test_who_has_the_shift(data: bytes, where: ZoneInfo, at: str, people: list[str]) -> None:
    assert on(data, at, where) == people


def test_a_category_says_the_role() -> None:
    data = calendar(DIPLOMATIC)
    assert on(data, "2026-01-01T12:00") == []
    assert on(data, "2026-01-01T12:00", role="diplomatic") == ["ana"]
    assert speaks_of(data, MADRID, ROLES, "diplomatic", utc("2026-02-01T00:00"))
    assert not speaks_of(data, MADRID, ROLES, "technical", utc("2026-02-01T00:00"))
    assert not speaks_of(data, MADRID, ROLES, "diplomatic", utc("2026-12-01T00:00")), "long over"


@pytest.mark.parametrize(
    ("named", "user"),
    [
        (Named("ana@x.org", "whoever"), "@ana:x.org"),
        (Named("matrix:u/ana:x.org"), "@ana:x.org"),
        (Named("https://matrix.to/#/@ana:x.org"), "@ana:x.org"),
        (Named(name="LUIS NANDU"), "@luis:x.org"),
        (Named("luis@elsewhere.org", "Luis Ñandú"), "@luis:x.org"),
        (Named(name="Luis"), None),
        (Named(name="Eva Sá"), None),  # cannot be reached here
        (Named("matrix:u/ana:evil.org", "Ana Pérez"), None),  # an address says it, whatever the name
        (Named(), None),
    ],
)
def test_who_is_meant(named: Named, user: str | None) -> None:
    assert whom(named, STAFF) == user


def test_strangers_are_named() -> None:
    assert strangers(read(calendar(NIGHTS, ALL_DAY)), (ANA,)) == ["Luis Ñandú"]


def shift(*lines: str) -> bytes:
    return calendar(event("DTSTART:20260101T000000Z", "DURATION:PT1H", "SUMMARY:Ana", *lines))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "calendar-unreadable"),
        (b"\xff\xfe\x00", "calendar-unreadable"),
        (b"hola", "calendar-unreadable"),
        (event("DTSTART:20260101T000000Z").encode(), "calendar-unreadable"),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "calendar-unreadable"),
        (calendar(), "calendar-empty"),
        (calendar(GONE), "calendar-empty"),
        (b" " * 1_000_001, "calendar-too-large"),
        (calendar(event("DTSTART:20260101T000000Z", "DURATION:PT1H")), "calendar-nobody"),
        (calendar(event("DTSTART:99", "SUMMARY:Ana")), "calendar-bad-time"),
        (calendar(event("SUMMARY:Ana")), "calendar-bad-time"),
        (calendar(event("DTSTART:20260101T000000Z", "SUMMARY:Ana")), "calendar-bad-time"),  # without an end
        (calendar(event("DTSTART:20260102T000000Z", "DTEND:20260101T000000Z", "SUMMARY:Ana")), "calendar-bad-time"),
        (calendar(event("DTSTART:20260101T000000Z", "DURATION:P90D", "SUMMARY:Ana")), "calendar-bad-time"),
        (calendar(event("DTSTART:19010101T000000Z", "DURATION:PT1H", "SUMMARY:Ana")), "calendar-bad-time"),
        (
            calendar(event("DTSTART;TZID=No/Where:20260101T000000", "DURATION:PT1H", "SUMMARY:Ana")),
            "calendar-bad-zone",
        ),
        (shift("EXDATE;TZID=No/Where:20260101T000000"), "calendar-bad-zone"),
        # Rules that would be followed for ever, or looked for until the year 9999.
        (shift("RRULE:FREQ=DAILY;INTERVAL=0"), "calendar-bad-rule"),
        (shift("RRULE:FREQ=SECONDLY"), "calendar-bad-rule"),
        (shift("RRULE:FREQ=HOURLY;INTERVAL=12"), "calendar-bad-rule"),
        (shift("RRULE:FREQ=DAILY;BYHOUR=3"), "calendar-bad-rule"),
        (shift("RRULE:FREQ=DAILY;INTERVAL=7;BYDAY=TU"), "calendar-bad-rule"),
        (shift("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), "calendar-bad-rule"),
        (shift("RRULE:FREQ=MONTHLY;BYMONTHDAY=1;BYDAY=5MO"), "calendar-bad-rule"),
        (shift("RRULE:FREQ=MONTHLY;BYDAY=9MO"), "calendar-bad-rule"),
        (shift("RRULE:FREQ=DAILY;COUNT=0"), "calendar-bad-rule"),
        (calendar(*[shift("RRULE:FREQ=DAILY").decode()] * 101), "calendar-too-large"),
    ],
)
def test_what_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(BadCalendar) as refused:
        read(data)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,TU;WKST=SU",
        "FREQ=MONTHLY;BYDAY=1MO,-1FR",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "FREQ=MONTHLY;BYMONTHDAY=31",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28;COUNT=3",
        "FREQ=DAILY;INTERVAL=4;UNTIL=20270101T000000Z",
    ],
)
def test_rules_that_come_true(rule: str) -> None:
    data = shift(f"RRULE:{rule}")
    year = shifts(
        data, MADRID, (Person("Ana", ORG, ANA.mxid),), ROLES, "technical", utc("2026-01-01"), utc("2027-06-01")
    )
    assert len(year) > 1


def test_what_a_timezone_claims_is_not_read() -> None:
    """A VTIMEZONE could carry a rule that is followed for ever, and say of a name what it likes."""
    claims = (
        "BEGIN:VTIMEZONE\nTZID:Europe/Madrid\nBEGIN:STANDARD\nDTSTART:19700101T000000\nRRULE:FREQ=DAILY;INTERVAL=0\n"
        "TZOFFSETFROM:+0900\nTZOFFSETTO:+0900\nEND:STANDARD\nEND:VTIMEZONE"
    )
    assert on(calendar(claims, NIGHTS), "2026-03-05T19:00") == ["ana"]


@pytest.mark.parametrize("text", ["{}", "  \n{}\n ", "```\n{}\n```", "```ics\n{}```"])
def test_pasted_with_or_without_marks(text: str) -> None:
    whole = calendar(NIGHTS).decode()
    assert read(pasted(text.format(whole))).people == (Named(name="Ana Perez"),)
