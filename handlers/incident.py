"""``!incident open|invite|note|status|close``: incident rooms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from bot.commands.answers import fold
from bot.commands.call import Access, Answer, Call, Command, Question, Refusal, Reply
from bot.db.unit import Unit
from bot.directory.model import Organisation, Person
from bot.directory.rules.resolve import Found, Resolution, Why
from bot.directory.rules.roles import answers_to
from bot.directory.rules.targets import Target, parse_targets
from bot.directory.service import Register, say_choice
from bot.errors import EnlaceError
from bot.escalation.model import Severity
from bot.i18n.catalogue import catalogue, say
from bot.i18n.rich import Rich, quote
from bot.ids import Handle, Ref, parse_ref
from bot.incident.model import Act, Incident, Left, Member, Opened, Origin, Participant
from bot.incident.service import Incidents
from bot.incident.service.texts import facts, head, label, status
from bot.tlp import Tlp

ASK_ABOVE = 5
"""A group of more organisations than this is asked about first."""
LATEST = 5
"""Lines of the timeline that the status shows."""
LINES, NAMES = 12, 50
"""So many lines about who is not invited, and so many names in one line; of the others only how many they are."""


class Policy(Protocol):
    """The deployment's rules."""

    @property
    def tlp_default(self) -> Tlp:
        """Label of what names none."""


class Needs(Protocol):
    """What ``!incident`` uses."""

    @property
    def register(self) -> Register:
        """The directory."""

    @property
    def incident(self) -> Incidents:
        """Incidents."""

    @property
    def policy(self) -> Policy:
        """The default label."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The first line, taken apart."""

    act: Act
    rest: str
    ref: Ref | None = None


@dataclass(frozen=True, slots=True)
class Whom:
    """The targets of a line, as they were typed and resolved."""

    typed: tuple[str, ...] = ()
    called: tuple[tuple[Organisation, tuple[Person, ...]], ...] = ()
    group: bool = False
    refusal: Refusal | None = None


@cache
def words() -> Mapping[str, Act]:
    """What may follow the command word, folded, in every language."""
    found = {act.value: act for act in Act}
    for language in catalogue().languages:
        for act in Act:
            found |= {fold(word): act for word in say(language, f"incident-do-{act.value}").plain.split()}
    return found


def read(first_line: str) -> Wish | None:
    """What is asked for, and about which incident; None if that cannot be told."""
    word, _, rest = first_line.strip().partition(" ")
    act = words().get(fold(word))
    if act is None:
        return None
    rest = rest.strip()
    first, _, after = rest.partition(" ")
    if act is not Act.OPEN and first.upper().startswith("INC") and not first[3:4].isalnum():  # "incoming" is a word
        try:
            return Wish(act, after.strip(), parse_ref(first))
        except EnlaceError:
            pass  # no reference after all
    return Wish(act, rest)


async def prepare(call: Call, services: Needs) -> Mapping[str, Any]:
    """A note that is a reply takes along what the message said: it is fetched and decrypted again."""
    wish = read(call.first_line)
    if wish is None or wish.act is not Act.NOTE or call.reply_to is None:
        return {}
    return {"quoted": await services.incident.quote(call.place.room, call.reply_to)}


async def run(call: Call, unit: Unit, services: Needs) -> Answer:
    """Do what the first word says."""
    wish = read(call.first_line)
    who = _member(call)
    if wish is None or who is None:
        return Refusal(say(call.language, "incident-usage" if wish is None else "incident-no-organisation"))
    if wish.act is Act.OPEN:
        return await _open(call, unit, services, who, wish)
    if wish.act is Act.STATUS:
        return await _status(call, unit, services, who, wish)
    incident = await services.incident.find(unit, who, call.place.room, wish.ref)
    if wish.act is Act.INVITE:
        return await _invite(call, unit, services, who, wish, incident)
    if wish.act is Act.NOTE:
        return await _note(call, unit, services, who, wish, incident)
    incident = await services.incident.close(unit, who=who, incident=incident)
    return Reply(say(call.language, "incident-closing", ref=incident.ref), ref=incident.ref)


def _member(call: Call) -> Member | None:
    caller = call.caller
    organisation = caller.organisation or caller.verdict.organisation
    if organisation is None:
        return None
    return Member(
        caller.user, caller.name, Handle(organisation), caller.device, lead=caller.lead, coordinator=caller.coordinator
    )


# --- open and invite -----------------------------------------------------------------------------------


async def _open(call: Call, unit: Unit, services: Needs, who: Member, wish: Wish) -> Answer:
    title, rest = _title(wish.rest, services.register)
    parsed = parse_targets(rest, services.register.knows, with_severity=True)
    more = parse_targets(parsed.rest, services.register.knows) if parsed.rest else None
    targets = (*parsed.targets, *(more.targets if more else ()))
    tlp = parsed.tlp or (more.tlp if more else None)
    leftovers = (*parsed.leftovers, *((*more.leftovers, more.rest) if more else ()))
    if parsed.severity is None:
        return Refusal(say(call.language, "incident-no-severity"))
    severity = Severity(parsed.severity)

    def again(typed: Sequence[str]) -> str:
        parts = ["open", f'"{title}"' if title else "", str(tlp) if tlp else "", severity.value, ", ".join(typed)]
        return " ".join(part for part in parts if part)

    whom = _whom(call, services.register, who, targets, leftovers, again)
    if whom.refusal is not None:
        return whom.refusal
    if not call.body.strip():
        return Refusal(say(call.language, "incident-no-summary"))
    if whom.group and len(whom.called) > ASK_ABOVE and not call.confirmed:
        return _preview(call, whom, again)
    opened = await services.incident.open(
        unit,
        who=who,
        origin=Origin(call.place.room, call.event_id, call.language),
        title=title,
        summary=call.body.strip(),
        severity=severity,
        tlp=tlp or services.policy.tlp_default,
        called=whom.called,
    )
    incident = opened.incident
    lines = [
        say(
            call.language,
            "incident-opening",
            ref=incident.ref,
            name=incident.code_name,
            label=label(incident.tlp),
        ),
        Rich() if tlp else say(call.language, "incident-default-label", label=label(incident.tlp)),
        *_who_comes(call.language, opened),
    ]
    return Reply(Rich.lines(lines), ref=incident.ref)


async def _invite(call: Call, unit: Unit, services: Needs, who: Member, wish: Wish, incident: Incident) -> Answer:
    parsed = parse_targets(wish.rest, services.register.knows)
    leftovers = (*parsed.leftovers, parsed.rest)

    def again(typed: Sequence[str]) -> str:
        return f"invite {incident.ref} {', '.join(typed)}"

    whom = _whom(call, services.register, who, parsed.targets, leftovers, again)
    if whom.refusal is not None:
        return whom.refusal
    if whom.group and len(whom.called) > ASK_ABOVE and not call.confirmed:
        return _preview(call, whom, again)
    opened = await services.incident.invite(unit, who=who, incident=incident, event=call.event_id, called=whom.called)
    key = "incident-inviting" if opened.invited else "incident-nobody"
    lines = [say(call.language, key, ref=incident.ref), *_who_comes(call.language, opened)]
    return Reply(Rich.lines(lines), ref=incident.ref)


def _title(rest: str, register: Register) -> tuple[str, str]:
    """A quoted name in front, unless it is that of an organisation."""
    if not rest.startswith('"') or '"' not in rest[1:]:
        return "", rest
    title, _, after = rest[1:].partition('"')
    return ("", rest) if register.knows(title) else (title.strip(), after.strip())


def _whom(
    call: Call, register: Register, who: Member, targets: Sequence[Target], leftovers: Sequence[str], again: Any
) -> Whom:
    left = next((word for word in leftovers if word.strip()), None)
    if left is not None:
        return Whom(refusal=Refusal(say(call.language, "incident-leftover", word=left)))
    if not targets:
        return Whom(refusal=Refusal(say(call.language, "incident-no-targets")))
    own = register.organisation(who.organisation)
    typed = [f'"{target.text}"' if " " in target.text else target.text for target in targets]
    called: dict[str, tuple[Organisation, list[Person]]] = {}
    group = False
    for number, target in enumerate(targets):
        found = register.resolve(target, own)
        if found.found in (Found.NONE, Found.MANY):
            return Whom(refusal=_unclear(call, found, typed[:number], typed[number + 1 :], again))
        group = group or found.found is Found.GROUP
        for addressee in found.addressees:
            organisation = addressee.organisation
            staff = register.people_of(organisation.handle)
            meant = [addressee.person] if addressee.person else _in_role(staff, target.role)
            _, people = called.setdefault(organisation.handle, (organisation, []))
            people += [person for person in meant if person not in people]
    return Whom(tuple(typed), tuple((one, tuple(people)) for one, people in called.values()), group)


def _in_role(staff: Sequence[Person], role: str | None) -> list[Person]:
    """Whoever holds the role; if nobody does, those of whom the directory says no role, but nobody of another."""
    if role is None:
        return list(staff)
    wanted = answers_to(role)
    return [p for p in staff if wanted.intersection(p.roles)] or [p for p in staff if not p.roles]


def _unclear(call: Call, found: Resolution, before: Sequence[str], behind: Sequence[str], again: Any) -> Refusal:
    """Ambiguity is never guessed: a numbered list, and nothing was done.  The role that was asked for stays."""
    target = found.target
    if found.why is Why.ROLE and (target.role or target.always):
        return Refusal(say(call.language, "incident-no-role", target=target.text))
    many = found.found is Found.MANY
    choices = found.choices[:9]
    key = "incident-unclear" if many else "incident-nearest" if choices else "incident-unknown"
    lines = [say(call.language, key, target=target.text)]
    if found.why is Why.LOOKALIKE:
        lines.append(say(call.language, "incident-lookalike", spelled=found.spelled))
    lines += [
        Rich(f"{number}. ", f"{number}. ") + say_choice(choice, call.language)
        for number, choice in enumerate(choices, start=1)
    ]
    suffix = (f"/{target.role}" if target.role else "") + ("/247" if target.always else "")
    options = tuple(again([*before, f"{choice.organisation.handle}{suffix}", *behind]) for choice in choices)
    question = Question(options=options) if options else None
    return Refusal(Rich.lines(lines), question)


def _preview(call: Call, whom: Whom, again: Any) -> Reply:
    """What ``ok`` does: it says again what was typed, roles and people included."""
    text = say(
        call.language,
        "incident-preview",
        people=sum(len(people) for _, people in whom.called),
        count=len(whom.called),
        typed=", ".join(whom.typed),
        names=_few(call.language, [str(organisation.handle) for organisation, _ in whom.called]),
    )
    return Reply(text, question=Question(options=(again(whom.typed),)))


def _who_comes(language: str, opened: Opened) -> list[Rich]:
    lines = []
    if opened.invited:
        names = _names(language, opened.invited)
        lines.append(say(language, "incident-invited", count=len(opened.invited), names=names))
    if opened.already:
        lines.append(say(language, "incident-already", names=_names(language, opened.already)))
    lines += [_left(language, one, opened.incident.tlp) for one in opened.left[:LINES]]
    if more := len(opened.left[LINES:]):
        lines.append(say(language, "incident-left-more", count=more))
    return lines


def _names(language: str, people: Sequence[Participant]) -> Rich:
    return _few(language, [f"{person.name} ({person.organisation})" for person in people])


def _few(language: str, names: Sequence[str]) -> Rich:
    shown = quote(", ".join(names[:NAMES]))
    more = len(names[NAMES:])
    return shown + say(language, "incident-names-more", count=more) if more else shown


def _left(language: str, left: Left, tlp: Tlp) -> Rich:
    values: dict[str, str | Rich] = {"name": left.name, "organisation": left.organisation}
    if left.why == "level":
        values["label"] = label(tlp)
    return say(language, f"incident-left-{left.why}", **values)


# --- note and status -----------------------------------------------------------------------------------


async def _note(call: Call, unit: Unit, services: Needs, who: Member, wish: Wish, incident: Incident) -> Answer:
    text = "\n".join(part for part in (wish.rest, call.body) if part.strip())
    quoted = call.extra.get("quoted")
    await services.incident.note(
        unit, who=who, room=call.place.room, incident=incident, text=text, about=call.reply_to, quoted=quoted
    )
    unread = call.reply_to is not None and not quoted
    key = "incident-noted-unread" if unread else "incident-noted"
    return Reply(say(call.language, key, ref=incident.ref), ref=incident.ref)


async def _status(call: Call, unit: Unit, services: Needs, who: Member, wish: Wish) -> Answer:
    language = call.language
    if wish.ref is None and call.place.kind != "incident":
        running = await services.incident.running(unit, who)
        if not running:
            return Reply(say(language, "incident-none"))
        if len(running) > 1:
            return Reply(Rich.lines(_listed(language, incident) for incident in running))
        incident = running[0]
    else:
        incident = await services.incident.find(unit, who, call.place.room, wish.ref)
    private = call.place.room == incident.room or call.place.kind == "direct"
    if not private or not services.incident.takes_part(who, incident, call.place.room):
        # Others can read along here, or the caller takes no part: that it is there, and nothing of what it is about.
        lines = [head(incident, language), *facts(incident, language)]
        return Reply(Rich.lines(lines), ref=incident.ref)
    timeline = await services.incident.timeline(unit, incident)
    return Reply(status(incident, language, timeline[-LATEST:]), tlp=incident.tlp, ref=incident.ref)


def _listed(language: str, incident: Incident) -> Rich:
    return say(
        language,
        "incident-list",
        ref=incident.ref,
        severity=say(language, f"severity-{incident.severity.value}"),
        name=incident.code_name,
        state=say(language, f"incident-state-{incident.state.value}"),
    )


COMMAND = Command(name="incident", access=Access.VERIFIED, run=run, prepare=prepare, group="incident")
