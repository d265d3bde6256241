"""The simulation of reach runs, is the same every time, and asks the rules of the house."""

import math
from dataclasses import replace
from datetime import timedelta

import pytest
from babel import Locale

from bot.audit.service import AuditLog
from bot.directory.model import Organisation
from bot.directory.service import Register
from bot.duty.service import Duty
from bot.escalation.model import Policy, Severity, Step, When, Who
from bot.ids import Handle
from tests.bench import reach
from tests.bench.reach import BUILT_IN, OFFICE, Assumptions, Tries, calls, changed, of_un_gpd, simulate
from tests.bench.reach_world import YEAR, states

CRITICAL = BUILT_IN[Severity.CRITICAL]
SURE = changed(
    Assumptions(),
    """no_after_hours=0 round_the_clock=0 stale=0 away=0 answers_office=1 answers_awake=1 answers_asleep=1 mail_lost=0
    no_common_language=0 no_client=0 page_heard=1 rostered=1 types_spread=0 reads_spread=0""".split(),  # noqa: SIM905
)


def test_one_seed_is_one_result() -> None:
    found = [simulate(calls(seed, 1), Assumptions(), CRITICAL) for seed in (1, 1, 2)]
    assert found[0] == found[1]
    assert found[0] != found[2]
    assert all(len(one.waits) == 193 for one in found[0].values())
    assert all(0 < one.at(50) < math.inf for one in found[0].values())


def test_where_everybody_answers_only_the_way_itself_takes_time() -> None:
    made = calls(1, 1)
    found = simulate(made, SURE, CRITICAL)
    assert set(found["phone list"].waits) == {3.0, 6.0}
    assert set(found["enlace"].waits) == {3.0}
    assert found["mail"].waits[0] == 47.0
    assert found["mail"].missing(1440) > 0, "weekends are longer than a day"


def test_where_nobody_answers_nobody_is_reached() -> None:
    nobody = replace(SURE, answers_office=0, answers_awake=0, answers_asleep=0, away=1, stale=1)
    assert {one.missing(1440) for one in simulate(calls(1, 1), nobody, CRITICAL).values()} == {1.0}


def test_the_ladder_is_the_one_that_the_service_climbs() -> None:
    """Each step at its time: whoever hears only the third one answers 15 minutes and 3 of typing later."""
    call = next(c for c in calls(1, 1) if not c.state.door(c.at).open)
    deaf = {who: replace(person, away=-1.0) for who, person in call.people.items() if who is not Who.LEAD}
    by_lead = replace(call, people={**call.people, **deaf})
    given = replace(SURE, away=0)

    def waits(policy: Policy) -> float:
        answer = Tries(by_lead, given).by_ladder(policy)
        assert answer is not None
        return (answer - call.at) / timedelta(minutes=1)

    assert waits(CRITICAL) == 15 + 3
    assert waits(of_un_gpd(Severity.CRITICAL)) == 30 + 3
    step = Step(timedelta(0), (Who.ON_DUTY,))
    inside = replace(CRITICAL.steps[2], hours=When.INSIDE)
    assert waits(Policy((step, CRITICAL.steps[2]), timedelta(hours=1), any_hour=True)) == 15 + 3
    left_out = Policy(
        (step, inside, replace(inside, after=timedelta(minutes=50), hours=When.ANY)), timedelta(hours=1), any_hour=True
    )
    assert waits(left_out) == 15 + 3, "what is not for this hour makes the next one come at once"
    at_office = Tries(by_lead, given).by_ladder(BUILT_IN[Severity.MEDIUM])
    opens = call.state.door(call.at).next_open
    assert opens is not None
    assert at_office == opens + timedelta(hours=2, minutes=3)


def test_weekends_are_the_cldrs() -> None:
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    for state in states(OFFICE):
        locale = Locale.parse(f"und_{state.code}")
        first, last = days[(locale.weekend_end + 1) % 7], days[(locale.weekend_start - 1) % 7]
        assert state.hours == f"{first}-{last} {OFFICE}", state.code


def test_offices_are_those_of_the_duty_service() -> None:
    duty = Duty(Register(()), AuditLog("enlace.example/log"))
    assert len(states(OFFICE)) == 193
    by_code = {state.code: state for state in states(OFFICE)}
    days = {"MX": "Mon-Fri", "EG": "Sun-Thu", "IR": "Sat-Thu", "IN": "Mon-Sat", "AF": "Sat-Wed"}
    for code, working in days.items():
        state = by_code[code]
        assert state.hours == f"{working} {OFFICE}"
        entry = Organisation(Handle("X"), country=code, timezone=state.where.key, office_hours=state.hours)
        for number in range(40):
            at = YEAR + timedelta(hours=7.3 + 217.7 * number)
            hours, door = duty.hours(entry, at), state.door(at)
            assert (door.open, door.next_open) == (hours.open, hours.next_open), (code, at)


def test_what_can_be_set(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["reach", "--worlds", "1", "--seed", "5", "--set", "stale=1", "away=1"])
    reach.main()
    said = capsys.readouterr().out
    assert "193 calls to 193 States, seed 5" in said
    assert said.count("never (24 h) 100.0%") == 3
    with pytest.raises(ValueError, match="there is no assumption 'luck'"):
        changed(Assumptions(), ["luck=1"])
