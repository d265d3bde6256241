"""``!cancel [REF]``: the caller takes an escalation back."""

from typing import Protocol

from bot.commands.call import Access, Answer, Call, Command, Question, Refusal, Reply
from bot.db.unit import Unit
from bot.escalation.service import Escalations, Several, which
from bot.i18n.catalogue import say


class Needs(Protocol):
    """What ``!cancel`` uses."""

    @property
    def escalation(self) -> Escalations:
        """Escalations."""


async def run(call: Call, unit: Unit, services: Needs) -> Answer:
    """Take it back and tell everybody who was paged."""
    member = services.escalation.member(call.caller.user, call.caller.device)
    line = call.first_line or str(call.extra.get("ref", ""))
    meant = await which(unit, services.escalation, member, "cancel", line, call.language)
    if isinstance(meant, Several):
        return Refusal(meant.text, Question(meant.options))
    await services.escalation.answers.cancel(unit, meant.ref, member, call.place.room)
    return Reply(say(call.language, "escalation-cancelled", ref=meant.ref), ref=meant.ref)


COMMAND = Command(name="cancel", access=Access.VERIFIED, run=run, group="escalation")
