"""``!decline [REF] [WHY]``, or an encrypted ``no`` to a page: the ladder climbs at once."""

from typing import Protocol

from bot.commands.call import Access, Answer, Call, Command, Question, Refusal, Reply, always
from bot.db.unit import Unit
from bot.escalation.service import Escalations, Several, which
from bot.i18n.catalogue import say


class Needs(Protocol):
    """What ``!decline`` uses."""

    @property
    def escalation(self) -> Escalations:
        """Escalations."""


async def run(call: Call, unit: Unit, services: Needs) -> Answer:
    """The next step starts at once, without whoever declined; the caller reads why."""
    member = services.escalation.member(call.caller.user, call.caller.device)
    line = call.first_line or str(call.extra.get("ref", ""))
    meant = await which(unit, services.escalation, member, "decline", line, call.language)
    if isinstance(meant, Several):
        return Refusal(meant.text, Question(meant.options))
    declined = await services.escalation.answers.decline(
        unit, meant.ref, member, meant.rest, call.place.room, call.language
    )
    if declined.last:
        text = say(call.language, "escalation-declined-last", ref=meant.ref)
    elif declined.rings and declined.again:
        text = say(call.language, "escalation-declined-again", ref=meant.ref, when=declined.rings)
    elif declined.rings:
        text = say(call.language, "escalation-declined-waits", ref=meant.ref, when=declined.rings)
    else:
        text = say(call.language, "escalation-declined", ref=meant.ref)
    return Reply(text, ref=meant.ref)


COMMAND = Command(name="decline", access=Access.VERIFIED, run=run, group="escalation", urgent=always)
