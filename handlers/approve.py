"""``!approve [PRO-…] [no]``: a second pair of eyes on a change of the directory."""

from typing import Protocol

from bot.audit.service import Actor
from bot.commands.answers import read_answer
from bot.commands.call import Access, Answer, Call, Command, Question, Refusal, Reply
from bot.db.unit import Unit
from bot.directory.rules.proposing import State
from bot.directory.service import Register
from bot.directory.service.proposal_news import say_choices, say_proposal
from bot.directory.service.proposals import Proposals
from bot.errors import NotDone
from bot.i18n.catalogue import say
from bot.ids import BadRef, Ref, parse_ref
from bot.tlp import Tlp

MOST_LISTED = 9


class Needs(Protocol):
    """What ``!approve`` uses."""

    @property
    def register(self) -> Register:
        """Whose room this is."""

    @property
    def proposals(self) -> Proposals:
        """Changes that wait."""


class ApproveAlone(NotDone):
    """You approve only in your own room with enlace. Nothing was done."""

    code = "approve-alone"


class NothingToApprove(NotDone):
    """No change waits for your approval."""

    code = "nothing-to-approve"


class ApproveHow(NotDone):
    """“{word}” is not an answer to a proposal. Nothing was done."""

    code = "approve-how"


async def run(call: Call, unit: Unit, services: Needs) -> Answer:
    """Approve or reject one; without a reference the only one, or a list."""
    if call.place.kind != "direct" or services.register.direct_room(call.caller.user) != call.place.room:
        raise ApproveAlone
    ref, yes = _read(call.text)
    if ref is None:
        found = (await services.proposals.choices(unit, call.caller.user))[:MOST_LISTED]
        if not found:
            raise NothingToApprove
        said = "" if yes else " no"
        options = Question(tuple(f"{proposal.ref}{said}" for proposal in found))
        if len(found) > 1:
            return Refusal(say_choices(found, call.language), options)
        ref = found[0].ref
        if yes and not await services.proposals.shown_to(unit, ref, call.caller.user):
            given = len(await services.proposals.given(unit, ref))
            return Refusal(say_proposal(found[0], call.language, given), options)  # nobody approves what they never saw
    caller = call.caller
    actor = Actor(caller.organisation, caller.name, caller.user, caller.device)
    if not yes:
        await services.proposals.reject(unit, ref, actor=actor)
        return Reply(say(call.language, "approve-rejected", ref=ref), tlp=Tlp.GREEN, ref=ref)
    done = await services.proposals.approve(unit, ref, actor=actor)
    text = say(call.language, f"approve-{done.state.value}", ref=ref, given=done.given, needed=done.proposal.needed)
    return Refusal(text) if done.state is State.OVERTAKEN else Reply(text, tlp=Tlp.GREEN, ref=ref)


def _read(line: str) -> tuple[Ref | None, bool]:
    """The reference, if one is named, and whether it is a yes."""
    words = line.split()
    ref: Ref | None = None
    if words and read_answer(words[0]) is None:
        ref = parse_ref(words[0].rstrip(".,:;"))
        if not ref.startswith("PRO-"):
            raise BadRef(value=words[0])
        words = words[1:]
    if not words:
        return ref, True
    answer = read_answer(" ".join(words))
    if answer is None or answer.yes is None:
        raise ApproveHow(word=" ".join(words)[:60])
    return ref, answer.yes


COMMAND = Command(name="approve", access=Access.COORDINATOR, run=run, group="trust")
