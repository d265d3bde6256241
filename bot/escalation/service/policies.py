"""Reading ladders from YAML: as strictly as the directory, every mistake with its line."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from itertools import pairwise

from bot.directory.model import Network
from bot.directory.rules.document import Form, Node, Problems, parse
from bot.directory.rules.naming import is_handle
from bot.directory.rules.plain import read_duration
from bot.directory.rules.roles import FAMILY, canonical
from bot.directory.service import say_problem, shipped
from bot.errors import ServiceError
from bot.escalation.model import By, Policy, Severity, Step, Wait, When, Who
from bot.escalation.rules.policies import BySeverity, Policies
from bot.ids import Handle

MOST_STEPS = 50
LONGEST = timedelta(days=366)
_WORDS = {who.value: who for who in Who if who not in (Who.ROLE, Who.ORGANISATION)}
_STEP = frozenset({"after", "who", "by", "hours", "repeat", "every"})
_POLICY = frozenset({"rings", "steps", "exhausted"})
_RINGS = {"always": True, "office-hours": False}


class BadPolicies(ServiceError):
    """The escalation policies cannot be used: {problem}."""

    code = "escalation-bad-policies"


def shipped_policies() -> Policies:
    """The ladders that the shipped networks bring."""
    file = files("bot.escalation") / "ladders.yaml"
    return read_policies(file.read_bytes(), file.name, shipped())


def read_policies(
    data: bytes, file: str, networks: Mapping[str, Network], has: frozenset[By] = frozenset(By)
) -> Policies:
    """The ladders of a file named ``file``, for a deployment that ``has`` these means.

    Raises :class:`BadPolicies` for the first thing that is wrong."""
    roles = frozenset(role.id for network in networks.values() for role in network.roles)
    problems = _Problems(file, has, roles | FAMILY | {"diplomatic", "law-enforcement"})
    form = Form(parse(data, problems), problems, frozenset({"deployment", "networks", "organisations"}))
    deployment: BySeverity = {}
    if "deployment" in form.fields:
        deployment = _by_severity(form.fields["deployment"], problems)
    for id_, node in form.table("networks").items():
        if id_ not in networks:
            problems.add(node.line, "unknown-network", value=id_)
    found = Policies(
        deployment=deployment,
        networks={id_: _by_severity(node, problems) for id_, node in form.table("networks").items()},
        organisations={
            handle.casefold(): _by_severity(node, problems) for handle, node in form.table("organisations").items()
        },
    )
    if problems.found:
        raise BadPolicies(problem=say_problem(problems.sorted()[0], "en").plain)
    return found


class _Problems(Problems):
    """What is wrong, measured by what the deployment has."""

    def __init__(self, file: str, has: frozenset[By], roles: frozenset[str]) -> None:
        super().__init__(file)
        self.has = has
        self.roles = roles


def _by_severity(node: Node, problems: _Problems) -> BySeverity:
    form = Form(node, problems)
    found = {}
    for word, each in form.fields.items():
        if word not in set(Severity):
            problems.add(each.line, "bad-severity", value=word)
            continue
        policy = _policy(each, Severity(word), problems)
        if policy is not None:
            found[Severity(word)] = policy
    return found


def _policy(node: Node, severity: Severity, problems: _Problems) -> Policy | None:
    form = Form(node, problems, _POLICY)
    before = len(problems.found)
    steps = [step for item in form.nodes("steps") for step in _steps(item, problems)]
    exhausted = _after(form, "exhausted")
    rings = form.text("rings") or ("always" if severity in (Severity.CRITICAL, Severity.HIGH) else "office-hours")
    if rings not in _RINGS:
        form.bad("rings", "policy-rings", value=rings)
    if len(problems.found) == before and (not steps or len(steps) > MOST_STEPS or exhausted is None):
        form.bad("steps", "policy-steps")
    if len(problems.found) > before or exhausted is None:
        return None
    times = [*(step.after for step in steps), exhausted]
    if times[0] != timedelta(0) or any(
        not isinstance(one, Wait) and not isinstance(other, Wait) and other <= one for one, other in pairwise(times)
    ):
        form.bad("steps", "policy-order")
        return None
    return Policy(tuple(steps), exhausted, _RINGS[rings])


def _steps(node: Node, problems: _Problems) -> list[Step]:
    """The step, and again as often as it says."""
    form = Form(node, problems, _STEP)
    after = _after(form, "after")
    who: list[Who] = []
    roles: list[str] = []
    organisations: list[Handle] = []
    for word in form.texts("who"):
        kind, _, value = word.partition(":")
        if word in _WORDS:
            who.append(_WORDS[word])
        elif kind == "role" and value.strip():
            roles.append(canonical(value))
            if roles[-1] not in problems.roles:
                form.bad("who", "unknown-role", value=value.strip())
        elif kind == "organisation" and is_handle(value.strip()):
            organisations.append(Handle(value.strip()))
        else:
            form.bad("who", "policy-who", value=word)
    who += [Who.ROLE] if roles else []
    who += [Who.ORGANISATION] if organisations else []
    if not who:
        form.bad("who", "policy-who", value="")
    hours = form.text("hours") or When.ANY.value
    if hours not in set(When):
        form.bad("hours", "policy-hours", value=hours)
        return []
    by = _by(form, problems.has)
    if after is None:
        return []
    step = Step(after, tuple(dict.fromkeys(who)), tuple(roles), tuple(organisations), When(hours), by)
    return [step, *_again(form, step)]


def _by(form: Form, has: frozenset[By]) -> tuple[By, ...]:
    found = []
    for word in form.texts("by"):
        if word not in set(By):
            form.bad("by", "policy-by", value=word)
        elif By(word) not in has:
            form.bad("by", "policy-by-missing", value=word)
        else:
            found.append(By(word))
    return tuple(dict.fromkeys(found))


def _again(form: Form, step: Step) -> list[Step]:
    repeat, every = form.text("repeat"), form.text("every")
    if repeat is None and every is None:
        return []
    pause = _after(form, "every")
    if not re.fullmatch(r"[1-9]\d?", repeat or "") or not isinstance(pause, timedelta) or isinstance(step.after, Wait):
        form.bad("repeat", "policy-repeat")
        return []
    return [replace(step, after=step.after + pause * (number + 1)) for number in range(int(repeat or 0))]


def _after(form: Form, key: str) -> timedelta | Wait | None:
    value = form.text(key, required=True)
    if value is None:
        return None
    if value == "next-opening":
        return Wait.OPENING
    if value in ("0", "0m", "now"):
        return timedelta(0)
    try:
        minutes = read_duration(value)
    except ValueError:
        form.bad(key, "bad-duration", value=value)
        return None
    if minutes > LONGEST.days * 24 * 60:
        form.bad(key, "policy-long", value=value)
        return None
    return timedelta(minutes=minutes)
