"""``!close [MSG-…]``: ends an exchange that the caller's organisation opened."""

from typing import Protocol

from bot.commands.call import Access, Answer, Call, Command, Reply
from bot.commands.pointing import ref_meant
from bot.db.unit import Unit
from bot.exchange.service import Changes, Exchanges
from bot.i18n.catalogue import say


class Needs(Protocol):
    """What ``!close`` uses."""

    @property
    def exchange(self) -> Exchanges:
        """Exchanges."""

    @property
    def changes(self) -> Changes:
        """What becomes of them."""


async def run(call: Call, unit: Unit, services: Needs) -> Answer:
    """Close it; the participants are told in their threads."""
    ref = await ref_meant(call, unit, services.exchange)
    exchange = await services.changes.close(unit, ref, call.caller.actor, call.place.room)
    return Reply(say(call.language, "exchange-closed", ref=ref), tlp=exchange.tlp, ref=ref)


COMMAND = Command(name="close", access=Access.DESK, run=run, group="exchange")
