"""Ladders from YAML: which one is climbed, and every mistake with its line."""

from datetime import timedelta

import pytest

from bot.directory.model import Membership, Organisation
from bot.directory.service import shipped
from bot.escalation.model import By, Door, Severity, Step, Wait, When, Who
from bot.escalation.rules.ladder import DEFAULT
from bot.escalation.rules.policies import Policies, applies
from bot.escalation.service.policies import BadPolicies, read_policies, shipped_policies
from bot.ids import Handle

FILE = """\
deployment:
  critical:
    steps:
      - {after: now, who: [on-duty]}
      - {after: 5m, who: [on-duty, backup], by: [room, webhook], repeat: 2, every: 3m}
      - {after: 20m, who: ["role:cancilleria", lead], hours: outside}
      - {after: 1h, who: "organisation:CSIRT-CL"}
    exhausted: 1d
networks:
  interpol-247:
    critical: {steps: [{after: 0m, who: [on-duty]}, {after: 10m, who: [coordinators]}], exhausted: 30m}
organisations:
  cert-mx:
    low:
      {rings: always, steps: [{after: now, who: [on-duty]}, {after: next-opening, who: [lead]}], exhausted: next-opening}
"""
POLICIES = read_policies(FILE.encode(), "ladders.yaml", shipped())
MINUTE = timedelta(minutes=1)


def test_every_kind_of_step() -> None:
    policy = POLICIES.policy(None, Severity.CRITICAL)
    on_duty, again = (Who.ON_DUTY,), (Who.ON_DUTY, Who.BACKUP)
    assert policy.steps == (
        Step(0 * MINUTE, on_duty),
        *(Step(minutes * MINUTE, again, by=(By.ROOM, By.WEBHOOK)) for minutes in (5, 8, 11)),
        Step(20 * MINUTE, (Who.LEAD, Who.ROLE), roles=("diplomatic",), hours=When.OUTSIDE),
        Step(60 * MINUTE, (Who.ORGANISATION,), organisations=(Handle("CSIRT-CL"),)),
    )
    assert (policy.exhausted_after, policy.any_hour) == (timedelta(days=1), True)
    low = POLICIES.policy(Organisation(Handle("CERT-MX")), Severity.LOW)
    assert (low.steps[1].after, low.exhausted_after, low.any_hour) == (Wait.OPENING, Wait.OPENING, True)


@pytest.mark.parametrize(
    ("handle", "networks", "severity", "steps"),
    [
        ("CERT-BR", (), Severity.CRITICAL, 6),
        ("CERT-BR", ("oas-cbm",), Severity.CRITICAL, 6),
        ("PF-BR", ("oas-cbm", "interpol-247"), Severity.CRITICAL, 2),
        ("PF-BR", ("interpol-247",), Severity.HIGH, len(DEFAULT[Severity.HIGH].steps)),
        ("CERT-MX", ("interpol-247",), Severity.LOW, 2),
        ("CERT-MX", ("interpol-247",), Severity.CRITICAL, 2),
    ],
)
def test_organisation_before_network_before_deployment_before_the_built_in(
    handle: str, networks: tuple[str, ...], severity: Severity, steps: int
) -> None:
    organisation = Organisation(Handle(handle), memberships=tuple(Membership(n, ("technical",)) for n in networks))
    assert len(POLICIES.policy(organisation, severity).steps) == steps


def test_without_a_file_every_ladder_is_the_built_in_one() -> None:
    assert {severity: Policies().policy(None, severity) for severity in Severity} == DEFAULT


def member(**networks: str) -> Organisation:
    """An organisation that holds one role in each of these networks, in this order."""
    return Organisation(
        Handle("X"), memberships=tuple(Membership(n.replace("_", "-"), (role,)) for n, role in networks.items())
    )


@pytest.mark.parametrize(
    ("network", "role", "severity", "beyond", "minutes", "rings"),
    [
        ("un-gpd", "diplomatic", Severity.CRITICAL, [Who.ROLE, Who.COORDINATORS], 240, True),
        ("un-gpd", "technical", Severity.MEDIUM, [Who.DIPLOMATIC, Who.COORDINATORS], 2880, False),
        ("csirtamericas", "operational", Severity.CRITICAL, [Who.COORDINATORS], 60, True),
        ("csirtamericas", "operational", Severity.MEDIUM, [Who.COORDINATORS], 2880, False),
        ("oas-cbm", "operational", Severity.HIGH, [Who.ROLE, Who.COORDINATORS], 120, True),
        ("interpol-247", "law-enforcement", Severity.CRITICAL, [Who.ROLE, Who.COORDINATORS], 40, True),
        ("interpol-247", "law-enforcement", Severity.LOW, [Who.ROLE], 1440, True),
        ("budapest-247", "law-enforcement", Severity.HIGH, [Who.ROLE, Who.COORDINATORS], 120, True),
        ("budapest-247", "law-enforcement", Severity.MEDIUM, [Who.ROLE, Who.COORDINATORS], 1440, True),
    ],
)
def test_the_ladder_of_a_shipped_network(
    network: str, role: str, severity: Severity, beyond: list[Who], minutes: int, rings: bool
) -> None:
    """Whom it pages beside those on duty and the lead, when it is exhausted, and whether it waits for office hours."""
    policy = shipped_policies().policy(member(**{network: role}), severity, role)
    paged = [who for step in policy.steps for who in step.who]
    assert [who for who in paged if who not in (Who.ON_DUTY, Who.BACKUP, Who.LEAD)] == beyond
    assert (policy.exhausted_after, policy.any_hour) == (minutes * MINUTE, rings)


def test_police_networks_page_no_diplomat_and_ring_at_any_hour() -> None:
    for network in ("interpol-247", "budapest-247"):
        ladders = shipped_policies().networks[network]
        assert set(ladders) == set(Severity)
        assert all(policy.any_hour for policy in ladders.values())
        roles = {role for policy in ladders.values() for step in policy.steps for role in step.roles}
        assert roles == {"law-enforcement"}
        assert not any(Who.DIPLOMATIC in step.who for policy in ladders.values() for step in policy.steps)


def test_the_network_in_which_the_called_role_is_held_comes_first() -> None:
    both = member(csirtamericas="operational", un_gpd="diplomatic")
    policies = shipped_policies()
    for role, network in (("technical", "csirtamericas"), ("diplomatic", "un-gpd"), ("other", "csirtamericas")):
        wanted = policies.networks[network][Severity.CRITICAL]
        assert policies.policy(both, Severity.CRITICAL, role) is wanted


def test_a_file_takes_the_place_of_a_shipped_ladder_for_its_severity() -> None:
    own = POLICIES.over(shipped_policies())
    police = member(interpol_247="law-enforcement")
    assert len(own.policy(police, Severity.CRITICAL).steps) == 2
    assert own.policy(police, Severity.HIGH) == shipped_policies().policy(police, Severity.HIGH)
    assert own.policy(None, Severity.CRITICAL) == POLICIES.policy(None, Severity.CRITICAL)
    assert own.organisations == POLICIES.organisations


@pytest.mark.parametrize(
    ("hours", "is_open", "made"),
    [
        ("any", True, True),
        ("any", False, True),
        ("inside", True, True),
        ("inside", False, False),
        ("outside", True, False),
        ("outside", False, True),
    ],
)
def test_hours_of_a_step(hours: str, is_open: bool, made: bool) -> None:
    step = Step(0 * MINUTE, (Who.LEAD,), hours=When(hours))
    assert applies(step, Door(is_open, None)) is made


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("who: [on-duty]}", "who: [nobody]}", "ladders.yaml:4: “nobody” is nobody whom a step can page"),
        ("who: [on-duty]}", "who: []}", "ladders.yaml:4: “” is nobody"),
        ("after: now", "after: 5m", "ladders.yaml:4: the first step is made now"),
        ("after: 20m", "after: 10m", "ladders.yaml:4: the first step is made now"),
        ("after: 5m", "after: soon", "ladders.yaml:5: "),
        (
            "exhausted: 1d",
            "exhausted: 367d",
            "ladders.yaml:8: “367d” is too long for a step to wait; write 366d at most",
        ),
        ("exhausted: 1d", "exhausted: 999999999999d", "ladders.yaml:8: “999999999999d” is too long"),
        ("role:cancilleria", "role:nonsense", "ladders.yaml:6: no network has a role “nonsense”"),
        ("exhausted: 1d", "exhausted: 30m", "the first step is made now"),
        ("    exhausted: 1d\n", "", "ladders.yaml:3: "),
        ("repeat: 2", "repeat: 0", "ladders.yaml:5: a step that repeats"),
        (", every: 3m", "", "ladders.yaml:5: "),
        ("by: [room, webhook]", "by: [room, pigeon]", "ladders.yaml:5: “pigeon” is no means of a step"),
        ("hours: outside", "hours: nights", "ladders.yaml:6: “nights” are no hours of a step"),
        ("interpol-247", "interpol", "ladders.yaml:11: "),
        ("  critical:\n", "  severe:\n", "ladders.yaml:3: "),
        ("rings: always", "rings: loudly", "ladders.yaml:15: “loudly” says nothing"),
        ("deployment", "deploy", "ladders.yaml:2: "),
    ],
)
def test_mistakes_are_named_by_line(old: str, new: str, said: str) -> None:
    assert old in FILE
    with pytest.raises(BadPolicies) as bad:
        read_policies(FILE.replace(old, new, 1).encode(), "ladders.yaml", shipped())
    assert said in str(bad.value)


def test_a_means_that_is_not_set_up_is_named_by_line() -> None:
    with pytest.raises(BadPolicies) as bad:
        read_policies(FILE.encode(), "ladders.yaml", shipped(), frozenset({By.ROOM, By.DESK, By.MAIL}))
    assert "ladders.yaml:5: “webhook” is not set up here" in str(bad.value)
