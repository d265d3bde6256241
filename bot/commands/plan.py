"""What is to be run for an arrival, and the commands that nobody types: they follow from an answer or its time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.audit.service import Actor
from bot.commands.call import Access, Answer, Call, Command, Question, Refusal, Reply, always
from bot.commands.questions import Kept
from bot.db.unit import Unit
from bot.exchange.service import ABOUT, ONWARD
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich
from bot.outbox.model import Audience

WAITED = "waited"
"""Marks a question that asks nothing: the command was too much for its minute, and ``ok`` asks for it anew."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run for an arrival."""

    command: Command
    call: Call
    settles: Kept | None = None
    then: "tuple[Plan, ...]" = ()
    """What the same word answers too, in this order and without an answer of its own."""


def one_after_another(plans: Sequence[Plan | None]) -> Plan | None:
    """One plan for what one word answers."""
    each = [plan for plan in plans if plan is not None]
    return replace(each[0], then=tuple(each[1:])) if each else None


def counted(done: Sequence[Answer], call: Call) -> Answer:
    """The first of the answers to one word, which says how many lines went by it if more than one did."""
    count = sum(isinstance(answer, Reply) for answer in done)
    if count < 2 or not isinstance(done[0], Reply):
        return done[0]
    return replace(done[0], text=Rich.lines([done[0].text, say(call.language, "answered-together", count=count)]))


async def _ask_late(call: Call, _unit: Unit, _services: object) -> Answer:
    minutes = int((call.now - call.extra["sent_at"]).total_seconds() // 60)
    return Refusal(
        say(call.language, "late-command", minutes=minutes),
        question=Question(options=(call.first_line,), extra=_anew(call)),
        audience=Audience.OPEN,
    )


def _anew(call: Call) -> dict[str, Any]:
    """``ok`` runs the command as if it were typed now: it confirms nothing that was not shown."""
    about = {name: call.extra[name] for name in (ABOUT, ONWARD) if name in call.extra}
    return {"late": True, "command": call.extra["command"], **about}


def unconfirmed(plan: Plan) -> dict[str, Any]:
    """What a question keeps whose ``ok`` runs the plan as if it were asked for now."""
    if plan.command is LATE:
        return {WAITED: True, **_anew(plan.call)}
    return {**plan.call.extra, WAITED: True, "late": True, "command": plan.command.name}


async def _never_mind(call: Call, _unit: Unit, _services: object) -> Answer:
    return Reply(say(call.language, "never-mind"), audience=Audience.OPEN)


async def _held(call: Call, unit: Unit, services: Any) -> Answer:
    """The sender's word on a message that is held (trust.md, Held)."""
    caller, yes = call.caller, bool(call.extra["yes"])
    actor = Actor(caller.organisation, caller.name, caller.user, caller.device)
    ref, who = await services.holding.answer(unit, call.extra["question"], actor, yes=yes)
    return Reply(say(call.language, "held-released" if yes else "held-given-up", ref=ref, who=who), ref=ref)


async def _allows(call: Call, unit: Unit, services: Any) -> Answer:
    """The source's word on sending on what it said."""
    yes = bool(call.extra["yes"])
    ref, who = await services.onward.settle(unit, call.extra["question"], call.caller.actor, yes=yes)
    return Reply(say(call.language, "onward-allowed" if yes else "onward-declined", ref=ref, to=who), ref=ref)


async def _shares(call: Call, unit: Unit, services: Any) -> Answer:
    """The caller's word on showing what a call is about to those beyond the called organisation."""
    escalation, caller = services.escalation, call.caller
    member = escalation.member(caller.user, caller.device)
    question, yes = call.extra["question"], bool(call.extra["yes"])
    return Reply(await escalation.sharing.settle(unit, question, member, call.language, yes=yes))


ALLOWS = Command(name="allows", access=Access.DESK, run=_allows, urgent=always)
HELD = Command(name="held", access=Access.DESK, run=_held, urgent=always)
LATE = Command(name="late", access=Access.ANYONE, run=_ask_late)
SHARES = Command(name="shares", access=Access.DESK, run=_shares, urgent=always)
NEVER_MIND = Command(name="never-mind", access=Access.ANYONE, run=_never_mind, urgent=always)
