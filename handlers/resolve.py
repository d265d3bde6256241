"""``!resolve [REF]``: closes an escalation that is dealt with; either side may."""

from typing import Protocol

from bot.commands.call import Access, Answer, Call, Command, Question, Refusal, Reply, always
from bot.db.unit import Unit
from bot.escalation.service import Escalations, Several, which
from bot.i18n.catalogue import say


class Needs(Protocol):
    """What ``!resolve`` uses."""

    @property
    def escalation(self) -> Escalations:
        """Escalations."""


async def run(call: Call, unit: Unit, services: Needs) -> Answer:
    """Close it and tell everybody concerned."""
    member = services.escalation.member(call.caller.user, call.caller.device)
    line = call.first_line or str(call.extra.get("ref", ""))
    meant = await which(unit, services.escalation, member, "resolve", line, call.language)
    if isinstance(meant, Several):
        return Refusal(meant.text, Question(meant.options))
    await services.escalation.answers.resolve(unit, meant.ref, member, call.place.room)
    return Reply(say(call.language, "escalation-resolved", ref=meant.ref), ref=meant.ref)


COMMAND = Command(name="resolve", access=Access.VERIFIED, run=run, group="escalation", urgent=always)
