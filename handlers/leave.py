"""``!leave [MSG-…]``: the caller's organisation gets nothing more of an exchange."""

from typing import Protocol

from bot.commands.call import Access, Answer, Call, Command, Reply
from bot.commands.pointing import ref_meant
from bot.db.unit import Unit
from bot.exchange.service import Changes, Exchanges
from bot.i18n.catalogue import say


class Needs(Protocol):
    """What ``!leave`` uses."""

    @property
    def exchange(self) -> Exchanges:
        """Exchanges."""

    @property
    def changes(self) -> Changes:
        """What becomes of them."""


async def run(call: Call, unit: Unit, services: Needs) -> Answer:
    """Leave it; the others are told in their threads."""
    ref = await ref_meant(call, unit, services.exchange)
    exchange = await services.changes.leave(unit, ref, call.caller.actor, call.place.room)
    return Reply(say(call.language, "exchange-left", ref=ref), tlp=exchange.tlp, ref=ref)


COMMAND = Command(name="leave", access=Access.DESK, run=run, group="exchange")
