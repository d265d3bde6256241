"""In which order somebody wrote what they wrote: what the homeserver cannot rearrange.

A device's messages in a room follow each other by their index within a Megolm session, and a session that has been
followed by another one is not used again.  So a message that comes after a later one was held back, or overtaken.
"""

from collections.abc import Iterable

from bot.db.unit import Unit
from bot.matrix import tables
from bot.matrix.tables import Position


async def behind(unit: Unit, positions: Iterable[Position]) -> set[Position]:
    """Which of these new positions, in the order in which they came, were written before one that was read already."""
    out: set[Position] = set()
    tops: dict[tuple[str, str, str], int | None] = {}
    newest: dict[tuple[str, str], frozenset[str]] = {}
    for position in positions:
        room, session, sender_key, index = position
        place, device = (room, session, sender_key), (room, sender_key)
        if place not in tops:
            tops[place] = await tables.highest_index(unit, *place)
        if device not in newest:
            newest[device] = await tables.newest_sessions(unit, *device)
        top = tops[place]
        if top is not None and (index < top or session not in newest[device]):
            out.add(position)
        else:
            tops[place], newest[device] = index, frozenset({session})
    return out


__all__ = ["behind"]
