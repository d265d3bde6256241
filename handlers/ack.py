"""``!ack [REF]``, or an encrypted ``ok`` to a page: takes an escalation."""

from typing import Protocol

from bot.commands.call import Access, Answer, Call, Command, Question, Refusal, Reply, always
from bot.db.unit import Unit
from bot.escalation.service import Escalations, Several, which
from bot.escalation.service.texts import caller_of
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich
from bot.outbox.model import Audience


class Needs(Protocol):
    """What ``!ack`` uses."""

    @property
    def escalation(self) -> Escalations:
        """Escalations."""


async def run(call: Call, unit: Unit, services: Needs) -> Answer:
    """Whoever of the called organisation answers has it; details are shown only where they may be."""
    member = services.escalation.member(call.caller.user, call.caller.device)
    line = call.first_line or str(call.extra.get("ref", ""))
    meant = await which(unit, services.escalation, member, "ack", line, call.language)
    if isinstance(meant, Several):
        return Refusal(meant.text, Question(meant.options))
    taken = await services.escalation.answers.take(unit, meant.ref, member, call.place.room)
    if taken.again:
        done = say(call.language, "escalation-acked-again", ref=meant.ref)
    else:
        done = say(call.language, "escalation-acked", ref=meant.ref, who=caller_of(taken.escalation))
    if taken.withheld:
        caller = str(taken.escalation.origin.caller.organisation)
        done = Rich.lines([done, say(call.language, "escalation-acked-bare", ref=meant.ref, caller=caller)])
    if not taken.words:
        return Reply(done, ref=meant.ref)
    return Reply(Rich.lines([done, taken.words]), tlp=taken.escalation.tlp, audience=Audience.VERIFIED, ref=meant.ref)


COMMAND = Command(name="ack", access=Access.VERIFIED, run=run, group="escalation", urgent=always)
