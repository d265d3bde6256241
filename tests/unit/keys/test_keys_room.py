from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.trust import (
    PROTECTED,
    ROOM_CHECKS,
    PersonVerdict,
    RoomFacts,
    Standing,
    TrustedDevice,
    judge_room,
    protected_level,
)

BOT, ANA, LUZ, EVA = "@enlace:poc.example", "@ana:cert.example.mx:8448", "@luz:csirt.example.cl", "@eva:evil.example"
INF = float("inf")


def person(user: str, standing: Standing = Standing.VERIFIED, organisation: str = "CERT-MX") -> PersonVerdict:
    return PersonVerdict(user, standing, organisation, frozenset({TrustedDevice("D", "k", "c")}), ())


DESK = RoomFacts(
    kind="desk", bot=BOT, members={BOT: "join", ANA: "join", LUZ: "invite"}, encrypted=True, ever_encrypted=True,
    join_rule="invite", history_visibility="joined", guest_access="forbidden", power={BOT: 100, ANA: 50},
    users_default=0, protected_level=50, servers=frozenset({"poc.example", "cert.example.mx:8448", "csirt.example.cl"}),
    organisations=frozenset({"cert-mx"}),
)  # fmt: skip
PEOPLE = {ANA: person(ANA), LUZ: person(LUZ)}


def failed(facts: RoomFacts = DESK, people: dict[str, PersonVerdict] = PEOPLE, **change: Any) -> dict[str, Any]:
    verdict = judge_room(replace(facts, **change), people)
    assert [check.name for check in verdict.checks] == list(ROOM_CHECKS)
    assert verdict.ok is (not verdict.failed)
    return {check.name: check.values for check in verdict.failed}


def test_a_verified_room() -> None:
    assert failed() == {}
    assert failed(join_rule="knock", history_visibility="invited", guest_access=None) == {}
    assert failed(organisations=None, servers=frozenset()) == {}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("room-bot-joined", {"members": {BOT: "invite", ANA: "join"}}),
        ("room-bot-joined", {"members": {ANA: "join"}}),
        ("room-encrypted", {"encrypted": False, "ever_encrypted": False}),
        ("room-encryption-kept", {"encrypted": False}),
        ("room-invite-only", {"join_rule": "public"}),
        ("room-invite-only", {"join_rule": "restricted"}),
        ("room-invite-only", {"join_rule": "knock_restricted"}),
        ("room-invite-only", {"join_rule": None}),
        ("room-history-closed", {"history_visibility": "shared"}),
        ("room-history-closed", {"history_visibility": "world_readable"}),
        ("room-history-closed", {"history_visibility": None}),
        ("room-no-guests", {"guest_access": "can_join"}),
        ("room-no-guests", {"guest_access": "?"}),
        ("room-direct-alone", {"kind": "direct"}),
        ("room-guarded", {"users_default": 50}),
        ("room-guarded", {"protected_level": 0}),
        ("room-guarded", {"protected_level": float("nan")}),
    ],
)
def test_each_fact_of_the_room(name: str, change: dict[str, Any]) -> None:
    assert list(failed(**change)) == [name]


@pytest.mark.parametrize(
    ("standing", "name"),
    [
        (Standing.UNKNOWN, "room-members-known"),
        (Standing.CHANGED, "room-members-unchanged"),
        (Standing.REVOKED, "room-members-unrevoked"),
        (Standing.EXPIRED, "room-members-current"),
        (Standing.VERIFIED, None),
        (Standing.VOUCHED, None),
        (Standing.GRACE, None),
    ],
)
def test_each_standing_of_a_member_joined_or_invited(standing: Standing, name: str | None) -> None:
    found = failed(people={**PEOPLE, LUZ: person(LUZ, standing)})
    assert found == ({name: {"users": LUZ, "count": 1}} if name else {})


def test_a_member_without_a_verdict_or_with_anothers() -> None:
    for people in ({ANA: person(ANA)}, {ANA: person(ANA), LUZ: person(EVA)}):
        assert failed(people=people) == {"room-members-known": {"users": LUZ, "count": 1}}


def test_a_person_without_any_device_does_not_silence_a_country() -> None:
    assert failed(people={**PEOPLE, LUZ: replace(person(LUZ), trusted_devices=frozenset())}) == {}


def test_people_of_other_organisations() -> None:
    people = {**PEOPLE, LUZ: person(LUZ, organisation="CSIRT-CL")}
    assert failed(people=people) == {"room-members-belong": {"users": LUZ, "count": 1}}
    assert failed(people=people, organisations=frozenset({"CERT-MX", "CSIRT-CL"})) == {}
    assert list(failed(organisations=frozenset())) == ["room-members-belong"]


def test_other_homeservers() -> None:
    assert failed(servers=frozenset({"poc.example", "cert.example.mx", "csirt.example.cl"})) == {
        "room-servers-allowed": {"users": ANA, "count": 1}
    }


def test_a_direct_room_holds_one_person() -> None:
    assert failed(kind="direct", members={BOT: "join", ANA: "invite"}) == {}
    assert failed(kind="direct", members={BOT: "join"}) == {"room-direct-alone": {"count": 0}}


def test_who_can_undo_the_verdict() -> None:
    eva = {"members": {**DESK.members, EVA: "join"}, "servers": frozenset()}
    assert "room-guarded" not in failed(**eva)
    for level in (50, 100, INF, float("nan")):
        assert failed(**eva, power={**DESK.power, EVA: level})["room-guarded"] == {"users": EVA, "count": 1}
    assert failed(power={BOT: 100, ANA: INF, EVA: INF}) == {}, "who is not in the room cannot act in it"


def test_several_reasons_are_all_said() -> None:
    found = failed(encrypted=False, join_rule="public", members={**DESK.members, EVA: "join"})
    assert found.keys() == {"room-encryption-kept", "room-invite-only", "room-members-known", "room-servers-allowed"}


LEVELS = {"users_default": 0, "state_default": 50, "events": {"m.room.encryption": 100, "m.room.name": 0}}


@pytest.mark.parametrize(
    ("content", "level"),
    [
        (None, 0),
        ({}, 50),
        (LEVELS, 50),
        ({**LEVELS, "events": dict.fromkeys(PROTECTED, 100)}, 100),
        ({**LEVELS, "events": {**dict.fromkeys(PROTECTED, 100), "m.room.server_acl": 20}}, 20),
        ({"state_default": 0}, 0),
        ({"state_default": "50"}, 0),
        ({"events": []}, 0),
        ({"events": {"m.room.power_levels": True}}, 0),
        ({"events": {"m.room.power_levels": None}}, 0),
    ],
)
def test_protected_level(content: dict[str, Any] | None, level: float) -> None:
    assert protected_level(content) == level


@given(
    st.dictionaries(st.sampled_from([BOT, ANA, LUZ, EVA]), st.sampled_from(["join", "invite"])),
    st.dictionaries(st.sampled_from([ANA, LUZ, EVA]), st.sampled_from(Standing)),
    st.booleans(),
    st.booleans(),
)
def test_no_verified_room_holds_anybody_who_is_not(members, standings, encrypted: bool, ever: bool) -> None:
    people = {user: person(user, standing) for user, standing in standings.items()}
    facts = replace(DESK, members=members, encrypted=encrypted, ever_encrypted=ever, servers=frozenset())
    if judge_room(facts, people).ok:
        assert encrypted
        assert members[BOT] == "join"
        assert all(user == BOT or people[user].standing.good for user in members)
