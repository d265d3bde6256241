"""Who may do what in an incident, who comes, who must leave; as tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.directory.model import Organisation, Person
from bot.escalation.model import Severity
from bot.ids import DeviceId, EventId, Handle, Ref, RoomId, UserId
from bot.incident import rules
from bot.incident.model import Act, Incident, Member, Origin, Participant, Presence, State
from bot.incident.rules.names import MINERALS, STARS, code_name
from bot.tlp import Tlp
from keys.policy import Check
from keys.trust import PersonVerdict, Standing, TrustedDevice

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
ANA, BRUNO, CARLA, EVE = (UserId(f"@{name}:one.example") for name in ("ana", "bruno", "carla", "eve"))
MX, BR = Handle("CERT-MX"), Handle("CERT-BR")


def member(user: UserId, *, lead: bool = False, coordinator: bool = False) -> Member:
    return Member(user, user[1:4], MX, DeviceId("D"), lead=lead, coordinator=coordinator)


def person(user: UserId, presence: Presence, since: datetime = NOW) -> Participant:
    return Participant(user, user[1:4], MX, presence, since)


INCIDENT = Incident(
    ref=Ref("INC-7F3KQ"),
    code_name="Vega Jade",
    title="",
    summary="x",
    severity=Severity.HIGH,
    tlp=Tlp.AMBER,
    state=State.OPEN,
    commander=member(ANA, lead=True),
    origin=Origin(RoomId("!desk"), EventId("$1"), "en"),
    room=RoomId("!inc"),
    card_row=None,
    organisations=(MX, BR),
    people=(person(ANA, Presence.INVITED), person(BRUNO, Presence.INVITED)),
    opened_at=NOW,
)

COMMANDER, PART, LEAD = member(ANA, lead=True), member(BRUNO), member(EVE, lead=True)
COORDINATOR, STRANGER = member(CARLA, coordinator=True), member(EVE)


@pytest.mark.parametrize(
    ("act", "who", "here", "reason"),
    [
        (Act.OPEN, LEAD, False, None),
        (Act.OPEN, COORDINATOR, False, None),
        (Act.OPEN, STRANGER, False, "open"),
        (Act.INVITE, COMMANDER, False, None),
        (Act.INVITE, COORDINATOR, False, None),
        (Act.INVITE, PART, True, "command"),
        (Act.INVITE, LEAD, True, "command"),
        (Act.CLOSE, COMMANDER, True, None),
        (Act.CLOSE, COORDINATOR, False, None),
        (Act.CLOSE, PART, True, "command"),
        (Act.NOTE, COMMANDER, False, None),
        (Act.NOTE, PART, False, None),
        (Act.NOTE, STRANGER, False, "part"),
        (Act.NOTE, STRANGER, True, None),
        (Act.NOTE, COORDINATOR, False, "part"),
        (Act.STATUS, PART, False, None),
        (Act.STATUS, COORDINATOR, False, None),
        (Act.STATUS, LEAD, False, "part"),
    ],
)
def test_who_may_do_what(act: Act, who: Member, here: bool, reason: str | None) -> None:
    assert rules.forbids(act, who, INCIDENT if act is not Act.OPEN else None, here=here) == reason


@pytest.mark.parametrize("presence", [Presence.REMOVED, Presence.LEAVING])
def test_who_was_removed_takes_no_part_wherever_they_write(presence: Presence) -> None:
    incident = replace(INCIDENT, people=(person(BRUNO, presence),))
    assert rules.forbids(Act.NOTE, PART, incident, here=True) == "part"
    assert rules.forbids(Act.STATUS, PART, incident) == "part"


def verdict(
    standing: Standing, organisation: str = "CERT-MX", *, pinned: bool = True, devices: int = 1
) -> PersonVerdict:
    return PersonVerdict(
        user_id=BRUNO,
        standing=standing,
        organisation=organisation,
        trusted_devices=frozenset(TrustedDevice(f"D{n}", "e", "c") for n in range(devices)),
        checks=(Check("person-pinned", pinned),),
        level=None,
    )


@pytest.mark.parametrize(
    ("standing", "tlp", "why"),
    [
        (Standing.VERIFIED, Tlp.AMBER_STRICT, None),
        (Standing.VERIFIED, Tlp.CLEAR, None),
        (Standing.VOUCHED, Tlp.AMBER, None),
        (Standing.VOUCHED, Tlp.AMBER_STRICT, "level"),
        (Standing.GRACE, Tlp.GREEN, None),
        (Standing.GRACE, Tlp.AMBER, "level"),
        (Standing.EXPIRED, Tlp.CLEAR, "not-verified"),
        (Standing.CHANGED, Tlp.CLEAR, "not-verified"),
        (Standing.REVOKED, Tlp.CLEAR, "not-verified"),
        (Standing.UNKNOWN, Tlp.CLEAR, "not-verified"),
    ],
)
def test_who_is_invited(standing: Standing, tlp: Tlp, why: str | None) -> None:
    assert rules.keeps_out(verdict(standing), tlp) == why


def test_without_a_trusted_device_nobody_is_invited() -> None:
    assert rules.keeps_out(verdict(Standing.VERIFIED, devices=0), Tlp.GREEN) == "not-verified"


def test_sift_names_whoever_cannot_come() -> None:
    organisation = Organisation(MX, {"en": "CERT Mexico"})
    ana, bruno, phone = Person("Ana", MX, ANA), Person("Bruno", MX, BRUNO), Person("Pia", MX)
    verdicts = {ANA: verdict(Standing.VERIFIED), BRUNO: verdict(Standing.UNKNOWN)}
    invited, left = rules.sift(organisation, [ana, bruno, phone], verdicts, Tlp.AMBER, NOW)
    assert [p.user for p in invited] == [ANA]
    assert [(one.name, one.why) for one in left] == [("Bruno", "not-verified")]
    invited, left = rules.sift(organisation, [phone], {}, Tlp.AMBER, NOW)
    assert (invited, [(one.name, one.why) for one in left]) == ([], [("Pia", "no-account")])
    invited, left = rules.sift(organisation, [], {}, Tlp.AMBER, NOW)
    assert (invited, [(one.name, one.why) for one in left]) == ([], [("CERT Mexico", "nobody")])


INVITED = person(BRUNO, Presence.INVITED)
OUT = person(BRUNO, Presence.REMOVED, NOW - timedelta(seconds=30))
LONG_OUT = person(BRUNO, Presence.REMOVED, NOW - timedelta(minutes=3))


@pytest.mark.parametrize(
    ("seen", "known", "why"),
    [
        (verdict(Standing.VERIFIED), INVITED, None),
        (verdict(Standing.VERIFIED), None, None),  # a colleague whom the commander's own client invited
        (verdict(Standing.VERIFIED, "cert-mx"), None, None),
        (verdict(Standing.VERIFIED, "CERT-XX"), None, "stranger"),
        (verdict(Standing.VERIFIED, "CERT-XX"), INVITED, None),
        (verdict(Standing.GRACE), INVITED, None),
        (verdict(Standing.UNKNOWN, pinned=False), None, "unknown"),
        (verdict(Standing.UNKNOWN, pinned=False), INVITED, "unknown"),
        (verdict(Standing.UNKNOWN, pinned=True), INVITED, None),  # the server hides what it publishes
        (verdict(Standing.CHANGED), INVITED, "changed"),
        (verdict(Standing.REVOKED), INVITED, "revoked"),
        (verdict(Standing.EXPIRED), INVITED, "expired"),
        (verdict(Standing.UNKNOWN, pinned=False), OUT, None),
        (verdict(Standing.UNKNOWN, pinned=False), LONG_OUT, "unknown"),
    ],
)
def test_who_must_leave(seen: PersonVerdict, known: Participant | None, why: str | None) -> None:
    assert rules.must_leave(seen, known, INCIDENT.organisations, NOW) == why


def test_red_is_not_for_rooms() -> None:
    assert [label for label in Tlp if not rules.label_fits(label)] == [Tlp.RED]


def test_an_incident_only_goes_forward() -> None:
    ways = {(a, b) for a in State for b in State if rules.may_become(a, b)}
    assert ways == {
        (State.OPENING, State.OPEN),
        (State.OPENING, State.FAILED),
        (State.OPEN, State.CLOSING),
        (State.CLOSING, State.CLOSED),
    }


@given(st.binary(min_size=4, max_size=4), st.integers(0, 200))
def test_code_names_are_neutral_and_never_given_twice(random: bytes, rounds: int) -> None:
    taken: set[str] = set()
    for _ in range(rounds):
        name = code_name(random, taken)
        star, mineral = name.split()
        assert star in STARS
        assert mineral in MINERALS
        assert name not in taken
        taken.add(name)


def test_code_names_run_out_gracefully() -> None:
    every = {f"{star} {mineral}" for star in STARS for mineral in MINERALS}
    assert len(every) == len(STARS) * len(MINERALS) > 1500
    assert code_name(b"\0\0\0\7", every) not in every


def test_no_code_name_is_a_word_with_a_meaning_here() -> None:
    assert not {"amber", "ambar", "red", "green", "clear"} & {word.casefold() for word in (*STARS, *MINERALS)}
