"""Use cases of the inbox, within the caller's unit: an event is kept, handled, and then closed."""

from collections.abc import Iterable, Sequence
from typing import Any

from bot.db.unit import Unit
from bot.ids import DeviceId, EventId, RoomId, UserId
from bot.outbox.model import Arrival, Proof
from bot.outbox.service.sealed import Sealed
from bot.outbox.tables import inbox

BELL_IN = "inbox"


class Inbox(Sealed):
    """What came in."""

    async def accept(self, unit: Unit, arrivals: Sequence[Arrival]) -> int:
        """Keep these events for handling; one that is known already is kept once.  Returns how many are new."""
        known = await inbox.known_events(unit, (a.event_id for a in arrivals))
        rows: dict[str, dict[str, Any]] = {}
        for arrival in arrivals:
            if arrival.event_id in known or arrival.event_id in rows:
                continue
            plain = {
                "content": dict(arrival.content),
                "outer": dict(arrival.outer_relation),
                "kind": arrival.kind,
            }
            rows[arrival.event_id] = {
                "event_id": arrival.event_id,
                "room": arrival.room,
                "sender": arrival.sender,
                "device": arrival.device,
                "proof": arrival.proof.value,
                "sealed": self.seal(plain, arrival.event_id),
                "sent_at": arrival.sent_at,
                "received_at": arrival.received_at,
                "late": arrival.late,
                "state": "new",
                "attempts": 0,
            }
        await inbox.add_arrivals(unit, list(rows.values()))
        if rows:
            unit.ring(BELL_IN)
        return len(rows)

    async def waiting(
        self, unit: Unit, limit: int, busy_rooms: Iterable[str] = (), but: Iterable[int] = ()
    ) -> list[tuple[int, int, Arrival]]:
        """The oldest unhandled event of each room that is not busy: ``(row number, failed attempts, event)``.

        ``but``: row numbers that wait for something."""
        out = []
        for row in await inbox.waiting_arrivals(unit, limit, busy_rooms, but):
            plain = self._unseal(row.sealed, row.event_id)
            out.append(
                (
                    int(row.seq),
                    int(row.attempts),
                    Arrival(
                        event_id=EventId(row.event_id),
                        room=RoomId(row.room),
                        sender=UserId(row.sender),
                        device=DeviceId(row.device),
                        proof=Proof(row.proof),
                        content=plain["content"],
                        outer_relation=plain["outer"],
                        kind=plain["kind"],
                        sent_at=row.sent_at,
                        received_at=row.received_at,
                        late=row.late,
                    ),
                )
            )
        return out

    async def handled(self, unit: Unit, seq: int, outcome: str) -> bool:
        """The event was handled, in this very transaction; False if it had been before (then change nothing)."""
        return await inbox.close_arrival(unit, seq, "done", outcome)

    async def gave_up(self, unit: Unit, seq: int, outcome: str) -> bool:
        """The event could not be handled and will not be tried again; False if it had been handled before."""
        return await inbox.close_arrival(unit, seq, "failed", outcome)

    async def stumbled(self, unit: Unit, seq: int) -> int:
        """Handling raised; returns how often so far."""
        return await inbox.fail_arrival_once(unit, seq)
