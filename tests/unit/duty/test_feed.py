"""A roster shown: a strip, a picture, and a feed that read back is the same roster."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.directory.model import Person
from bot.duty.model import Stretch
from bot.duty.rules.calendar import read, shifts
from bot.formats import coverage, ical
from bot.ids import Handle, UserId

SANTIAGO = ZoneInfo("America/Santiago")
ANA, LUIS = UserId("@ana:x.org"), UserId("@luis/2:x.org")
NAMES = {ANA: "Ana <Pérez>", LUIS: 'Luis, "el otro"; Ñandú'}
STAFF = tuple(Person(name, Handle("X"), user) for user, name in NAMES.items())
START = datetime(2026, 9, 5, 3, 0, tzinfo=UTC)  # a Friday, 23:00 in Santiago; the clocks go forward a day later
HOUR = timedelta(hours=1)
STRETCHES = [
    Stretch(START, START + 10 * HOUR, (ANA,)),
    Stretch(START + 10 * HOUR, START + 22 * HOUR, ()),
    Stretch(START + 22 * HOUR, START + 40 * HOUR, (LUIS, ANA)),
]
PLAN = coverage.Plan("X · technical", STRETCHES, SANTIAGO, NAMES, "en")


def test_the_strip_is_in_wall_time_also_over_a_clock_change() -> None:
    assert coverage.strip(PLAN).split("\n") == [
        "X · technical",
        "             00    06    12    18",
        "Fri 4 Sep                           A",
        "Sat 5 Sep    AAAAAAAAA············BBB",
        "Sun 6 Sep    BBBBBBBBBBBBBBBB        ",
        "A Ana <Pérez>",
        'B Luis, "el otro"; Ñandú',
    ]


def test_the_picture_is_well_formed_whatever_the_names() -> None:
    root = ET.fromstring(coverage.picture(PLAN, "nobody"))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[-3:] == [*NAMES.values(), "nobody"]
    assert root.findtext("{http://www.w3.org/2000/svg}title") == "X · technical"
    fills = [element.get("fill") for element in root.iter("{http://www.w3.org/2000/svg}rect")]
    assert fills.count("url(#gap)") == 2, "the gap and its legend"


_moments = st.lists(st.integers(1, 5000), min_size=1, max_size=12, unique=True).map(sorted)


@given(_moments, st.lists(st.sampled_from([(), (ANA,), (LUIS,), (ANA, LUIS)]), min_size=12, max_size=12))
def test_a_feed_read_back_is_the_same_roster(minutes: list[int], people: list[tuple[UserId, ...]]) -> None:
    instants = [START + timedelta(minutes=m) for m in (0, *minutes)]
    stretches = [Stretch(a, b, p) for a, b, p in zip(instants, instants[1:], people, strict=False)]
    data = ical.write(Handle("X"), {"technical": stretches}, NAMES, START)
    wanted = {(user, s.start, s.end) for s in stretches for user in s.people}
    if not wanted:
        return
    read(data)
    found = shifts(data, SANTIAGO, STAFF, frozenset({"technical"}), "technical", START, instants[-1])
    assert {(shift.person, shift.start, shift.end) for shift in found} == wanted
