"""Which exchange somebody means by where they say something."""

from collections.abc import Sequence

from bot.commands.call import Call
from bot.db.unit import Unit
from bot.exchange.model import Exchange
from bot.exchange.service import Exchanges
from bot.exchange.service.changes import WhichExchange
from bot.ids import EventId, Ref, RoomId, parse_ref


async def exchanges_at(unit: Unit, exchanges: Exchanges, room: RoomId, *events: EventId | None) -> list[Exchange]:
    """The exchanges to whose talk these events of a room belong, each once."""
    found = [await exchanges.by_thread(unit, room, event) for event in events if event is not None]
    return list({each.ref: each for each in found if each is not None}.values())


def only(meant: Sequence[Exchange]) -> Exchange | None:
    """The one that is meant, or None; raises :class:`bot.exchange.service.changes.WhichExchange` for several."""
    if len(meant) > 1:
        raise WhichExchange
    return meant[0] if meant else None


async def ref_meant(call: Call, unit: Unit, exchanges: Exchanges) -> Ref:
    """The exchange that a command names, else the one in whose talk it stands.

    Raises :class:`bot.exchange.service.changes.WhichExchange`, or :class:`bot.ids.BadRef`."""
    if call.first_line:
        return parse_ref(call.first_line)
    exchange = only(await exchanges_at(unit, exchanges, call.place.room, call.thread, call.reply_to))
    if exchange is None:
        raise WhichExchange
    return exchange.ref
