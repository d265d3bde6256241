"""Rows that are in their room although some devices lack the key; within the caller's unit."""

from collections.abc import Iterable
from typing import Any

from bot.db.unit import Unit
from bot.ids import DeviceId, EventId, UserId
from bot.outbox import rules
from bot.outbox.model import Lacking, Named, State
from bot.outbox.service.outbox import BELL_OUT, Outbox
from bot.outbox.tables import lacking, outbox


class MissingKeys:
    """What waits for a device that could not be given the key when its text was sent."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def due(self, unit: Unit, busy_rooms: Iterable[str], limit: int) -> list[Lacking]:
        """Sent rows whose key some devices lack, and that can be tried again now; one of each room."""
        found: dict[str, Lacking] = {}
        for lack in await lacking.due_lacking(unit, unit.now, busy_rooms, limit):
            if lack.room not in found and (one := await self._lacking(unit, lack)) is not None:
                found[lack.room] = one
        return list(found.values())

    async def before(self, unit: Unit, lack: Lacking, devices: frozenset[Named]) -> list[Lacking]:
        """What some of these devices lack of what was accepted for the same room and readers before; oldest first."""
        found = []
        for one in await lacking.lacking_before(unit, lack.row.post.room, lack.row.seq):
            if _named(one.missing) & devices:
                earlier = await self._lacking(unit, one)
                if earlier is not None and earlier.row.post.audience is lack.row.post.audience:
                    found.append(earlier)
        return found

    async def _lacking(self, unit: Unit, lack: Any) -> Lacking | None:
        row = await self._outbox.get(unit, lack.row)
        if row is None or row.event_id is None:
            return None
        before = await lacking.replaced_of(unit, lack.row)
        return Lacking(
            row=row,
            missing=_named(lack.missing),
            repeats=int(lack.repeats),
            unwanted=tuple(EventId(r.event_id) for r in before if not r.withdrawn),
            known=(row.event_id, *(EventId(r.event_id) for r in before)),
        )

    async def missing(self, unit: Unit, row_id: str) -> frozenset[Named]:
        """The devices that still lack the key of a row that is in its room."""
        return _named(await lacking.missing_of(unit, row_id))

    async def later(self, unit: Unit, lack: Lacking, missing: Iterable[Named]) -> None:
        """These still lack the key; try again later."""
        at = rules.next_keys(lack.row.sent_at or unit.now, unit.now)
        await lacking.change_lacking(unit, lack.row.id, missing=sorted(missing), next_try=at)

    async def repeated(
        self, unit: Unit, lack: Lacking, event_id: EventId, devices: tuple[int, int], missing: Iterable[Named]
    ) -> None:
        """It is in its room once more, as ``event_id``, which takes the place of the event before."""
        row = lack.row
        if event_id in lack.known or row.event_id is None:
            return
        await outbox.change_outgoing(
            unit,
            row.id,
            [State.SENT.value],
            event_id=event_id,
            devices_reached=devices[0],
            devices_meant=devices[1],
        )
        await lacking.add_replaced(unit, row.id, row.event_id)
        await lacking.change_lacking(unit, row.id, missing=sorted(missing), repeats=lack.repeats + 1, next_try=unit.now)
        unit.ring(BELL_OUT)

    async def withdrawn(self, unit: Unit, event_id: EventId) -> None:
        """An event that was replaced is withdrawn."""
        await lacking.set_withdrawn(unit, event_id)

    async def end(self, unit: Unit, lack: Lacking) -> None:
        """Every device has the key, or is not waited for any more: the content is wiped."""
        await lacking.end_lacking(unit, [lack.row.id])


def _named(devices: Iterable[tuple[str, str]]) -> frozenset[Named]:
    return frozenset(Named(UserId(user), DeviceId(device)) for user, device in devices)
