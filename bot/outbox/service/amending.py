"""Rows whose author thinks better of them: another text, or none; within the caller's unit."""

from collections.abc import Mapping
from typing import Any

from bot.db.unit import Unit
from bot.ids import EventId, RoomId
from bot.outbox.model import Outgoing, State
from bot.outbox.service.outbox import PENDING, Outbox
from bot.outbox.tables import outbox


class Amending:
    """Changes what rows say."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def rewrite(self, unit: Unit, row: Outgoing, content: Mapping[str, Any]) -> None:
        """A row whose content is still needed says something else now."""
        states = [*PENDING, State.SENT.value]
        await outbox.change_outgoing(unit, row.id, states, sealed=self._outbox.seal(content, row.id))

    async def find(self, unit: Unit, room: RoomId, mark: str) -> Outgoing | None:
        """What was posted into the room with this mark and is there or on its way."""
        row = await outbox.marked(unit, room, mark, [State.QUEUED.value, State.SENT.value])
        return await self._outbox.get(unit, row) if row is not None else None

    async def take_over(self, unit: Unit, row: Outgoing, ref: str | None, mark: str | None) -> None:
        """Something that was said in the meantime stands for the answer from now on, which comes as its edit."""
        states = [*PENDING, State.SENT.value]
        await outbox.change_outgoing(unit, row.id, states, ref=ref, mark=mark)

    async def went(self, unit: Unit, row: Outgoing, event_id: EventId) -> bool:
        """A row that was dropped while it was on its way is out all the same; False if it was not dropped."""
        values = {"state": State.SENT.value, "event_id": event_id, "sent_at": unit.now}
        return await outbox.change_outgoing(unit, row.id, [State.DROPPED.value], **values)

    async def drop(self, unit: Unit, row: Outgoing, reason: str) -> None:
        """It is not in its room, and will not be."""
        await outbox.change_outgoing(unit, row.id, PENDING, state=State.DROPPED.value, reason=reason, sealed=None)

    async def take_back(self, unit: Unit, row: Outgoing, instead: Mapping[str, Any], reason: str) -> bool:
        """The row's text never leaves from now on; returns whether an event of the row is in its room or may be.

        A held row is dropped.  Of one that is queued nobody knows whether the homeserver has it: it goes on with
        another content, under the same transaction id, and then there is an event to take out."""
        if row.state is State.HELD:
            await outbox.change_outgoing(
                unit, row.id, [State.HELD.value], state=State.DROPPED.value, reason=reason, sealed=None
            )
        elif row.state is State.QUEUED:
            await self.rewrite(unit, row, instead)
        elif row.state is State.SENT:
            await outbox.change_outgoing(unit, row.id, [State.SENT.value], sealed=None)
        return row.state in (State.QUEUED, State.SENT)
