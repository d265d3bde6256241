"""Ladders from YAML: which one is climbed, and every mistake with its line."""

from datetime import timedelta

import pytest

from bot.directory.model import Membership, Organisation
from bot.directory.service import shipped
from bot.escalation.model import Door, Severity, Step, Wait, When, Who
from bot.escalation.rules.ladder import DEFAULT
from bot.escalation.rules.policies import Policies, applies
from bot.escalation.service.policies import BadPolicies, read_policies
from bot.ids import Handle

FILE = """\
deployment:
  critical:
    steps:
      - {after: now, who: [on-duty]}
      - {after: 5m, who: [on-duty, backup], repeat: 2, every: 3m}
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
        *(Step(minutes * MINUTE, again) for minutes in (5, 8, 11)),
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
        ("exhausted: 1d", "exhausted: 30m", "the first step is made now"),
        ("    exhausted: 1d\n", "", "ladders.yaml:3: "),
        ("repeat: 2", "repeat: 0", "ladders.yaml:5: a step that repeats"),
        (", every: 3m", "", "ladders.yaml:5: "),
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
