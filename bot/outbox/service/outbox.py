"""Use cases of the inbox, the outbox and the jobs, within the caller's unit."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.db.unit import Unit
from bot.ids import EventId, Ref, RoomId, UserId
from bot.outbox import rules
from bot.outbox.model import Audience, Kind, Named, Outgoing, Post, State, Tally
from bot.outbox.service.inbox import Inbox
from bot.outbox.service.jobs import AFTER_LOSS, Jobs
from bot.outbox.tables import inbox, lacking, outbox
from bot.tlp import Tlp

BELL_OUT = "outbox"
PENDING = (State.QUEUED.value, State.HELD.value)


class Outbox(Inbox, Jobs):
    """The inbox, the outbox and the jobs of one deployment; content is sealed at rest."""

    async def post(self, unit: Unit, post: Post) -> str:
        """Queue something to be sent; returns the row's id, which later edits and threads refer to."""
        [row] = await self.post_all(unit, [post])
        return row

    async def post_all(self, unit: Unit, posts: Sequence[Post]) -> list[str]:
        """Queue several, in this order; as :meth:`post`."""
        rows = [self._new(unit, post) for post in posts]
        await outbox.add_outgoing(unit, rows)
        unit.ring(BELL_OUT)
        return [row["id"] for row in rows]

    def _new(self, unit: Unit, post: Post) -> dict[str, Any]:
        row_id = unit.new_id()
        relates = {
            name: value
            for name, value in {
                "reply_to": post.reply_to,
                "thread": post.thread,
                "edits": post.edits,
                "thread_row": post.thread_row,
            }.items()
            if value
        }
        return {
            "id": row_id,
            "room": post.room,
            "kind": post.kind.value,
            "priority": post.kind.priority,
            "audience": post.audience.value,
            "tlp": post.tlp.value,
            "ref": post.ref,
            "organisation": post.organisation,
            "mark": post.mark,
            "sealed": self.seal(dict(post.content), row_id),
            "relates": relates,
            "audience_then": list(post.audience_then),
            "txn_id": "enlace-" + row_id,
            "delivery_id": unit.random(12).hex(),
            "state": State.QUEUED.value,
            "attempts": 0,
            "accepted_at": unit.now,
            "next_try": unit.now + rules.STATUS_WAIT if post.kind is Kind.STATUS else unit.now,
            "expires_at": post.expires_at,
        }

    async def due(self, unit: Unit, busy_rooms: Iterable[str], limit: int) -> list[Outgoing]:
        """What can be sent now, one row per room at most, most urgent first."""
        found = await outbox.due(unit, unit.now, busy_rooms, limit * 2)
        lanes = Counter(row.room for row in found)
        cut = len(found) == limit * 2
        first = {row.room: row for row in reversed(found)}
        rows = sorted(first.values(), key=lambda row: (row.priority, row.seq))[:limit]
        return [self._outgoing(row, behind=cut or row.waiting > 1 or lanes[row.room] > 1) for row in rows]

    async def next_due_at(self, unit: Unit, busy_rooms: Iterable[str] = ()) -> datetime | None:
        """When a queued row, or a key that devices lack, may be tried next; None if nothing waits."""
        busy = list(busy_rooms)
        found = [await outbox.next_due_at(unit, busy), await lacking.next_lacking_at(unit, busy)]
        return min((at for at in found if at is not None), default=None)

    async def get(self, unit: Unit, row_id: str) -> Outgoing | None:
        """One row."""
        row = await outbox.outgoing(unit, row_id)
        return self._outgoing(row) if row else None

    async def by_event(self, unit: Unit, event_id: EventId) -> Outgoing | None:
        """The row that became this event; of an edit, the row that it edits."""
        row = await outbox.outgoing_by_event(unit, event_id)
        if row is None:
            earlier = await lacking.row_replaced(unit, event_id)
            return await self.get(unit, earlier) if earlier else None
        original = row.relates.get("edits")
        return await self.get(unit, original) if original else self._outgoing(row)

    async def of_ref(self, unit: Unit, ref: Ref, *kinds: Kind) -> list[Outgoing]:
        """All rows of a reference (of these kinds), oldest first."""
        return [self._outgoing(row) for row in await outbox.outgoing_of_ref(unit, ref, [k.value for k in kinds])]

    async def tally(self, unit: Unit, ref: Ref, mark: str) -> list[Tally]:
        """How many copies of a reference with this mark, and letters, are in which state."""
        return [
            Tally(Kind(row.kind), State(row.state), int(row.rows), (int(row.reached), int(row.meant)))
            for row in await outbox.tally_of_ref(unit, ref, mark)
        ]

    async def marked(self, unit: Unit, room: RoomId, mark: str) -> bool:
        """Whether something with this mark was ever posted into the room."""
        return await outbox.is_marked(unit, room, mark)

    async def held(self, unit: Unit) -> list[Outgoing]:
        """Everything that is held, oldest first."""
        return [self._outgoing(row) for row in await outbox.outgoing_in(unit, [State.HELD.value])]

    async def sent(
        self, unit: Unit, row: Outgoing, event_id: EventId, devices: tuple[int, int], missing: Iterable[Named] = ()
    ) -> bool:
        """The homeserver has it under ``event_id``.  False if that was known already.

        The content is wiped, unless devices lack the key: then it stays until :meth:`end_lacking`."""
        lacks = sorted(missing)
        done = await outbox.change_outgoing(
            unit,
            row.id,
            PENDING,
            state=State.SENT.value,
            event_id=event_id,
            sent_at=unit.now,
            reason=None,
            devices_reached=devices[0],
            devices_meant=devices[1],
            **({} if lacks else {"sealed": None}),
        )
        if done and lacks:
            values = {"row": row.id, "room": row.post.room, "missing": lacks, "repeats": 0}
            await lacking.add_lacking(unit, {**values, "next_try": rules.next_keys(unit.now, unit.now)})
        return done

    async def again(self, unit: Unit, row: Outgoing, reason: str, wait: timedelta | None = None) -> State | None:
        """It did not work this time: queue it for later, or give up, as :meth:`fail`.  Returns the state it gets."""
        attempts = row.attempts + 1
        if rules.gives_up(row.accepted_at, row.post.expires_at, unit.now):
            return await self.fail(unit, row, reason)
        await outbox.change_outgoing(
            unit,
            row.id,
            PENDING,
            state=State.QUEUED.value,
            attempts=attempts,
            reason=reason[:255],
            next_try=rules.next_try(attempts, unit.now, wait),
        )
        return State.QUEUED

    async def fail(self, unit: Unit, row: Outgoing, reason: str, *, expired: bool = False) -> State | None:
        """Report instead of sending; the content is wiped.  None, and nothing to report, if it was over before."""
        late = row.post.expires_at is not None and unit.now >= row.post.expires_at
        state = State.EXPIRED if expired or late else State.FAILED
        values = {"state": state.value, "reason": reason[:255], "sealed": None}
        return state if await outbox.change_outgoing(unit, row.id, PENDING, **values) else None

    async def hold(self, unit: Unit, row: Outgoing, reason: str) -> bool:
        """Keep it back until the room's verdict holds again; False if it was held or final already."""
        return await outbox.change_outgoing(
            unit,
            row.id,
            [State.QUEUED.value],
            state=State.HELD.value,
            reason=reason[:255],
            held_since=row.held_since or unit.now,
        )

    async def ask(self, unit: Unit, row: Outgoing, question: str, audience: Iterable[UserId]) -> None:
        """The sender is asked, by the row ``question``, whether a held row should go out to this audience."""
        await outbox.change_outgoing(
            unit,
            row.id,
            [State.HELD.value],
            asked_at=unit.now,
            question=question,
            audience_then=sorted(audience),
        )

    async def asked(self, unit: Unit, question: str = "") -> list[Outgoing]:
        """Held rows about which their senders were asked (by this row), oldest first."""
        return [self._outgoing(row) for row in await outbox.asked(unit, question)]

    async def release(self, unit: Unit, row_id: str, *, consent: bool = False) -> bool:
        """Queue a held row again; with ``consent`` its sender agrees to the audience that was asked about.

        Why it was held stays on the row, so that nobody is told the same twice."""
        values: dict[str, Any] = {"state": State.QUEUED.value, "next_try": unit.now}
        if consent:
            values |= {"held_since": unit.now, "asked_at": None, "question": None}
        unit.ring(BELL_OUT)
        return await outbox.change_outgoing(unit, row_id, [State.HELD.value], **values)

    async def drop(self, unit: Unit, ref: Ref, *kinds: Kind, reason: str) -> int:
        """Take back what has not been sent of a reference; what was sent is not sent again."""
        await lacking.end_lacking(unit, await lacking.lacking_of(unit, ref, [k.value for k in kinds]))
        return await outbox.drop_queued(unit, ref, [k.value for k in kinds], reason)

    async def waits(self, unit: Unit, ref: Ref, kind: Kind, mark: str) -> bool:
        """Whether a row of a reference, with its owner's ``mark``, is queued."""
        return await outbox.has_queued(unit, ref, kind.value, mark)

    async def remark(self, unit: Unit, row: Outgoing, mark: str) -> None:
        """The owner has another word for a queued row now."""
        await outbox.change_outgoing(unit, row.id, [State.QUEUED.value], mark=mark)

    async def overtaken(self, unit: Unit, row: Outgoing) -> bool:
        """Whether a newer edit of the same line waits: then only the newest is left, and it may go at once."""
        edits = row.post.edits
        waiting = await outbox.queued_edits(unit, row.post.room, edits) if edits else []
        if not waiting or waiting[-1] == row.id:
            return False
        for row_id in waiting[:-1]:
            await outbox.change_outgoing(
                unit, row_id, [State.QUEUED.value], state=State.DROPPED.value, reason="superseded", sealed=None
            )
        await outbox.change_outgoing(unit, waiting[-1], [State.QUEUED.value], next_try=unit.now)
        unit.ring(BELL_OUT)
        return True

    async def depth(self, unit: Unit) -> dict[str, int]:
        """Queued and held rows, and arrivals that wait."""
        return await outbox.depth(unit)

    async def oldest_queued(self, unit: Unit) -> datetime | None:
        """Since when the oldest queued row waits, or None."""
        return await outbox.oldest_queued(unit)

    # --- after a lost disk --------------------------------------------------------------------------------

    async def abandon(self, unit: Unit) -> tuple[list[Outgoing], list[tuple[EventId, RoomId, UserId]]]:
        """Drop all that is not sent and close all that is not handled, for good; the content is wiped.

        Returns what it was: rows of the outbox, and events with their room and sender."""
        rows = [self._outgoing(row) for row in await outbox.outgoing_in(unit, PENDING)]
        for row in rows:
            await outbox.change_outgoing(
                unit, row.id, PENDING, state=State.DROPPED.value, reason=AFTER_LOSS, sealed=None
            )
        arrivals = await inbox.new_arrivals(unit)
        for arrival in arrivals:
            await inbox.close_arrival(unit, arrival.seq, "failed", AFTER_LOSS)
        await lacking.end_lacking(unit, await lacking.all_lacking(unit))
        return rows, [(EventId(a.event_id), RoomId(a.room), UserId(a.sender)) for a in arrivals]

    def _outgoing(self, row: Any, *, behind: bool = False) -> Outgoing:
        relates = row.relates
        return Outgoing(
            id=row.id,
            seq=int(row.seq),
            post=Post(
                room=RoomId(row.room),
                kind=Kind(row.kind),
                content=self._unseal(row.sealed, row.id),
                audience=Audience(row.audience),
                tlp=Tlp(row.tlp),
                ref=Ref(row.ref) if row.ref else None,
                organisation=row.organisation,
                reply_to=relates.get("reply_to"),
                thread=relates.get("thread"),
                edits=relates.get("edits"),
                thread_row=relates.get("thread_row"),
                audience_then=tuple(UserId(user) for user in row.audience_then),
                expires_at=row.expires_at,
                mark=row.mark,
            ),
            txn_id=row.txn_id,
            delivery_id=row.delivery_id,
            state=State(row.state),
            attempts=int(row.attempts),
            accepted_at=row.accepted_at,
            next_try=row.next_try,
            event_id=EventId(row.event_id) if row.event_id else None,
            reason=row.reason,
            sent_at=row.sent_at,
            held_since=row.held_since,
            asked_at=row.asked_at,
            question=row.question,
            devices=(int(row.devices_reached), int(row.devices_meant)),
            behind=behind,
        )
