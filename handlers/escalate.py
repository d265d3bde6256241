"""``!escalate TARGET [tlp:LABEL] low|medium|high|critical SUMMARY⏎DETAILS``: pages whoever is on duty."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bot.commands.call import Access, Answer, Call, Command, Question, Refusal, Reply
from bot.commands.resuming import says_again
from bot.db.unit import Unit
from bot.directory.rules.naming import fold
from bot.directory.rules.resolve import Addressee, Found, Resolution
from bot.directory.rules.targets import behind_the_list, parse_targets
from bot.directory.service import Register, say_choice
from bot.duty.service import ROUND_THE_CLOCK
from bot.errors import EnlaceError
from bot.escalation.model import Origin, Severity, Target
from bot.escalation.service import MOST_TARGETS, Escalations
from bot.escalation.service.errors import CallsAGroup, NoSummary, RedForbidden, TooManyTargets
from bot.escalation.service.texts import took
from bot.i18n.catalogue import catalogue, say
from bot.i18n.rich import Rich, code
from bot.tlp import Tlp, UnclearLabel

CHOICES_SHOWN = 9


class Policy(Protocol):
    """The deployment's rules."""

    @property
    def tlp_default(self) -> Tlp:
        """Label of a message that names none."""


class Needs(Protocol):
    """What ``!escalate`` uses."""

    @property
    def register(self) -> Register:
        """The directory."""

    @property
    def escalation(self) -> Escalations:
        """Escalations."""

    @property
    def policy(self) -> Policy:
        """The default label."""


@dataclass(frozen=True, slots=True)
class Cry:
    """What is to be called out."""

    severity: Severity | None
    tlp: Tlp
    labelled: bool
    summary: str
    body: str

    def line(self, targets: Sequence[str]) -> str:
        """A first line for these targets, over :attr:`text`."""
        whom = ", ".join(f'"{target}"' if " " in target else target for target in targets)
        severity = self.severity.value if self.severity else ""
        return " ".join(part for part in (whom, str(self.tlp), severity) if part)

    @property
    def text(self) -> str:
        """Summary and details, as a body that says them; it is kept while a question is open."""
        return f"{self.summary}\n{self.body}".rstrip("\n")


async def run(call: Call, unit: Unit, services: Needs) -> Answer:  # noqa: PLR0911  (one line per refusal)
    """Nobody is paged before every target, the severity and the summary are clear."""
    register = services.register
    member = services.escalation.member(call.caller.user, call.caller.device)
    parsed = parse_targets(call.first_line, register.knows, with_severity=True)
    cry = _cry(call, parsed.severity, parsed.tlp, services.policy.tlp_default, [*parsed.leftovers, parsed.rest])
    if cry.tlp is Tlp.RED:
        return Refusal(catalogue().error(call.language, RedForbidden()), kept=False)
    if not parsed.targets:
        return Refusal(say(call.language, "escalate-no-targets"), Question((), body=cry.text))
    addressees: list[Addressee] = []
    typed = [target.text for target in parsed.targets]
    for number, target in enumerate(parsed.targets):
        if target.group:
            raise CallsAGroup(group=target.text)
        resolution = register.resolve(target, register.organisation(member.organisation))
        if resolution.found in (Found.NONE, Found.MANY):
            return _unclear(call, resolution, cry, typed[:number], typed[number + 1 :])
        addressees += resolution.addressees
    count = len({a.organisation.handle for a in addressees})
    if count > MOST_TARGETS:
        raise TooManyTargets(limit=MOST_TARGETS, count=count)
    if cry.severity is None:
        return _how_bad(call, cry, typed, parsed.leftovers)
    if not cry.summary:
        raise NoSummary
    if parsed.leftovers and not call.confirmed:
        return _preview(call, cry, typed, parsed.leftovers)
    opened = await services.escalation.open(
        unit,
        origin=Origin(member, call.place.room, call.event_id, call.language, call.thread),
        targets=[_target(addressee) for addressee in addressees],
        severity=cry.severity,
        tlp=cry.tlp,
        summary=cry.summary,
        details=cry.body,
    )
    if not opened.folded:
        return Reply(Rich(), silent=True, ref=opened.opened[0].ref)
    lines = [
        say(
            call.language,
            "escalation-folded",
            ref=code(found.ref),
            whom=str(found.target.organisation),
            took=took(call.language, unit.now - found.opened_at),
        )
        for found in opened.folded
    ]
    return Reply(Rich.lines(lines), ref=opened.folded[0].ref)


def _cry(call: Call, severity: str | None, tlp: Tlp | None, default: Tlp, words: Sequence[str]) -> Cry:
    summary, body = " ".join(word for word in words if word).strip(), call.body
    said = call.body or str(call.extra.get("kept", ""))
    first, _, rest = said.strip("\n").partition("\n")
    if not summary:
        summary, body = first.strip(), rest
    elif not call.body and fold(first) == fold(summary):
        body = rest  # the line before was refused, and this is what it should have been
    elif not call.body:
        body = said
    return Cry(Severity(severity) if severity else None, tlp or default, tlp is not None, summary, body.strip("\n"))


def _target(addressee: Addressee) -> Target:
    person = addressee.person.mxid if addressee.person else None
    role = ROUND_THE_CLOCK if addressee.always and person is None else addressee.role
    return Target(addressee.organisation.handle, role, person)


def _how_bad(call: Call, cry: Cry, typed: Sequence[str], leftovers: Sequence[str]) -> Answer:
    """A severity is never guessed: one question, worst first, nobody paged."""
    options = tuple(replace(cry, severity=severity).line(typed) for severity in reversed(Severity))
    head = (
        say(call.language, "escalate-severity-unknown", word=leftovers[0])
        if leftovers
        else say(call.language, "escalate-severity")
    )
    named = [say(call.language, f"severity-{severity.value}") for severity in reversed(Severity)]
    return Refusal(Rich.lines([head, *_numbered(call, named)]), Question(options, body=cry.text))


def _preview(call: Call, cry: Cry, typed: Sequence[str], leftovers: Sequence[str]) -> Answer:
    severity = say(call.language, f"severity-{cry.severity.value}") if cry.severity else Rich()
    lines = [
        say(call.language, "escalate-preview", to=", ".join(typed), severity=severity, summary=cry.summary),
        say(call.language, "escalate-preview-left", words=" ".join(leftovers)),
    ]
    return Refusal(Rich.lines(lines), Question((cry.line(typed),), body=cry.text))


def _unclear(call: Call, resolution: Resolution, cry: Cry, before: Sequence[str], behind: Sequence[str]) -> Answer:
    """Ambiguity is never guessed: a numbered list, and nobody was paged."""
    typed = resolution.target.text
    several = resolution.found is Found.MANY
    choices = resolution.choices[:CHOICES_SHOWN]
    handles = [str(choice.organisation.handle) for choice in choices]
    suffix = _suffix(resolution)
    key = "escalate-unclear" if several else "escalate-unknown-near" if handles else "escalate-unknown"
    lines = [say(call.language, key, word=typed)]
    if not several and resolution.why is not None:
        lines.append(say(call.language, f"escalate-why-{resolution.why.value}", word=typed, spelled=resolution.spelled))
    named = [say_choice(choice, call.language) for choice in choices]
    options = tuple(cry.line([*before, handle + suffix, *behind]) for handle in handles)
    return Refusal(Rich.lines([*lines, *_numbered(call, named)]), Question(options, body=cry.text))


def _suffix(resolution: Resolution) -> str:
    """The role that was asked for stays with the choice."""
    target = resolution.target
    return (f"/{target.role}" if target.role else "") + ("/247" if target.always else "")


def _numbered(call: Call, lines: Sequence[Rich]) -> list[Rich]:
    return [say(call.language, "escalate-choice", number=n, what=line) for n, line in enumerate(lines, start=1)]


def urgent(call: Call) -> bool:
    """A critical call; how it is worded otherwise is judged when it runs."""
    try:
        found = parse_targets(call.first_line, lambda _: False, with_severity=True).severity
    except EnlaceError:
        return False
    return found == Severity.CRITICAL


def whole(call: Call, register: Register) -> str:
    """The summary, be it on the first line, and the details."""
    try:
        parsed = parse_targets(call.first_line, register.knows, with_severity=True)
        words = [*parsed.leftovers, parsed.rest]
    except EnlaceError:
        words = [behind_the_list(call.first_line, with_severity=True)]
    return _cry(call, None, None, Tlp.CLEAR, words).text


def resumes(first_line: str, register: Register, refused: str) -> bool:
    """Whether the line calls anew about the same; one with another summary is a call of its own."""
    try:
        parsed = parse_targets(first_line, register.knows, with_severity=True)
    except UnclearLabel:
        return says_again(behind_the_list(first_line, with_severity=True), refused)
    return says_again(parsed.rest or " ".join(parsed.leftovers), refused)


COMMAND = Command(
    name="escalate", access=Access.DESK, run=run, group="escalation", urgent=urgent, resumes=resumes, whole=whole
)
