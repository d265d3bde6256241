"""``!leave [MSG-…]``: the caller's organisation gets nothing more of an exchange."""

from typing import Protocol

from bot.commands.call import Access, Answer, Call, Command, Reply
from bot.db.unit import Unit
from bot.exchange.service import Changes
from bot.i18n.catalogue import say


class Needs(Protocol):
    """What ``!leave`` uses."""

    @property
    def changes(self) -> Changes:
        """What becomes of exchanges."""


async def run(call: Call, unit: Unit, services: Needs) -> Answer:
    """Leave it; the others are told in their threads."""
    ref = await services.changes.meant(unit, call.place.room, call.first_line, (call.thread, call.reply_to))
    exchange = await services.changes.leave(unit, ref, call.caller.actor, call.place.room)
    return Reply(say(call.language, "exchange-left", ref=ref), tlp=exchange.tlp, ref=ref)


COMMAND = Command(name="leave", access=Access.DESK, run=run, group="exchange")
