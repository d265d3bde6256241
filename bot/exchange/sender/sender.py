"""Lanes: one per room, side by side; answers and pages before relays.  The verdict is asked right before each send."""

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from bot.audit.service import AuditLog
from bot.db.unit import Database
from bot.directory.service import Register
from bot.exchange.channel import Channel, Parcel, Receipt, Refused, TryLater, Unfit
from bot.exchange.rules.sending import Decision, Fate
from bot.exchange.sender.held import NO_DEVICE, Held
from bot.exchange.sender.missing import Completing
from bot.exchange.sender.outcomes import Outcomes
from bot.exchange.sender.queue import LOOK_EVERY, Queue
from bot.exchange.sender.verdict import Verdict
from bot.exchange.service import ROOT_HELD, ROOT_MARK, Exchanges, Holding, Relating, RootHeld
from bot.ids import RoomId
from bot.logs import logger
from bot.outbox.model import Kind, Outgoing, State, is_outside
from bot.outbox.rules import forgotten_by_server
from bot.outbox.service import BELL_OUT, MissingKeys, Outbox
from bot.ports import TrustView
from bot.tasks import rung, woken

log = logger(__name__)

WIDTH = 12
"""Sends under way at once: with more, the last copy is a little earlier, first copies and answers are later."""
SEND_TIMEOUT = 60.0
LANE_END = 1.0
"""Seconds to sleep at most after something was started, or while nothing more can be: a lane's end rings the bell."""
MOST_OUTSIDE = 1000


class Sender:
    """Sends what is due; ``run`` is one task, and any number of rooms are served side by side."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        exchanges: Exchanges,
        audit: AuditLog,
        register: Register,
        trust: TrustView,
        channel: Channel,
        holding: Holding,
    ) -> None:
        self._db = database
        self._outbox = outbox
        self._audit = audit
        self._channel = channel
        self._holding = holding
        self._relating = Relating(database, outbox, exchanges)
        self._verdict = Verdict(register, trust, database.clock)
        self._outcomes = Outcomes(database, outbox, exchanges, audit, holding)
        self._held = Held(database, outbox, self._relating, holding, self._verdict, self._outcomes)
        keys = MissingKeys(outbox)
        self._completing = Completing(database, keys, exchanges, self._relating, channel, self._verdict, self._outcomes)
        self._queue = Queue(database, outbox, keys, lambda: self._outcomes.recorded)
        self._busy: dict[RoomId, asyncio.Task[None]] = {}
        self._under_way: set[RoomId] = set()
        """Busy rooms whose message is not there yet; in the others, only its record is missing."""
        self._look_at = 0.0
        self._started = database.clock.now()
        self._bell = database.listen(BELL_OUT, "trust")
        self._trust_bell = database.listen("trust")

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set, then finish what is under way."""
        with woken(self._bell, by=stop):
            while not stop.is_set():
                self._bell.clear()
                if self._trust_bell.is_set() or self._db.clock.monotonic() >= self._look_at:
                    self._trust_bell.clear()
                    self._look_at = self._db.clock.monotonic() + LOOK_EVERY
                    await self.look_at_held()
                _, wait = await self._start_due()
                await rung(self._bell, wait)
        if self._busy:
            await asyncio.wait(list(self._busy.values()), timeout=8)

    async def drain(self) -> None:
        """Send everything that can be sent now, and return (for tests and for a stop)."""
        while True:
            idle = not self._busy  # asked first: a lane that ends while we look may have more
            started, _ = await self._start_due()
            if idle and not started:
                return
            if self._busy:
                await asyncio.wait(list(self._busy.values()), return_when=asyncio.FIRST_COMPLETED)

    async def look_at_held(self) -> None:
        """See :meth:`Held.look`."""
        await self._held.look()

    async def send_outside(self) -> None:
        """Send what leaves Matrix, and nothing else: the homeserver is away, or is not to be talked to."""
        async with self._db.reading() as unit:
            rows = await self._outbox.due(unit, [], MOST_OUTSIDE)
        for row in rows:
            if is_outside(row.post.room) and row.post.kind is not Kind.LETTER:
                await self._serve(row)

    # --- lanes ------------------------------------------------------------------------------------------

    async def _start_due(self) -> tuple[int, float]:
        """Start what can be sent now; returns how many rows that were, and for how many seconds to sleep."""
        room_for = WIDTH - len(self._under_way)
        if room_for <= 0:
            return 0, LANE_END
        rows, lacking, wait = await self._queue.take(self._busy.keys(), room_for)
        for row in rows:
            self._start(row, self._serve(row))
        for lack in lacking:
            self._start(lack.row, self._completing.serve(lack))
        started = len(rows) + len(lacking)
        return started, min(wait, LANE_END) if started else wait

    def _start(self, row: Outgoing, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=f"send {row.id}")
        self._busy[row.post.room] = task
        self._under_way.add(row.post.room)
        task.add_done_callback(partial(self._free, row.post.room))

    def _arrived(self, room: RoomId) -> None:
        if room in self._under_way:
            self._under_way.discard(room)
            self._bell.set()

    def _free(self, room: RoomId, _task: asyncio.Task[None]) -> None:
        self._under_way.discard(room)
        self._busy.pop(room, None)
        self._bell.set()

    # --- one row ----------------------------------------------------------------------------------------

    async def _serve(self, row: Outgoing) -> None:
        try:
            await self._handle(row)
        except Exception:
            log.exception("send.failed", row=row.id, ref=row.post.ref)
            await self._outcomes.again(row, "internal")

    async def _handle(self, row: Outgoing) -> None:
        decision, detail = self._verdict.decide(row), ""
        try:
            receipt = None
            if decision.fate is Fate.SEND:
                if row.post.kind is Kind.WITHDRAWAL:
                    await self._withdraw(row)
                    return
                try:
                    receipt = await self._send(row)
                    if receipt is None:
                        return
                except RootHeld:
                    decision = Decision(Fate.HOLD, ROOT_HELD)
                except Unfit as unfit:
                    again = self._verdict.decide(row)  # what made it unfit is in it by now, or it is the devices
                    decision = again if again.fate is not Fate.SEND else Decision(Fate.HOLD, NO_DEVICE)
                    detail = str(unfit)
            receipt = receipt or await self._found(row)
        except TryLater as later:
            await self._outcomes.again(row, str(later.values.get("reason", "")), later.wait)
        except TimeoutError:
            await self._outcomes.again(row, "timeout")
        except Refused as refused:
            await self._outcomes.refused(row, str(refused.values.get("reason", "")))
        else:
            if receipt is None:
                await self._settle(row, decision, detail)
                return
            self._arrived(row.post.room)
            # A first copy has its room to itself; where people talk, the next word waits for the record of this one.
            alone = row.post.mark == ROOT_MARK and not row.behind
            await self._outcomes.landed(row, receipt, others=alone and bool(self._under_way))

    async def _send(self, row: Outgoing) -> Receipt | None:
        """None if it has nothing to say any more."""
        content = await self._relating.content(row)
        if content is None:
            return None
        if row.post.kind is Kind.LETTER:
            content = {**content, **self._verdict.key(row)}
        async with asyncio.timeout(SEND_TIMEOUT):
            return await self._channel.send(self._parcel(row, content))

    async def _found(self, row: Outgoing) -> Receipt | None:
        """What is not to be sent now may be there, from an attempt whose answer was lost or came to nobody."""
        if not self._may_be_there(row):
            return None
        with suppress(Refused):  # enlace is not in the room: nobody can say
            async with asyncio.timeout(SEND_TIMEOUT):
                return await self._channel.find(self._parcel(row, {}))
        return None

    def _parcel(self, row: Outgoing, content: Mapping[str, Any]) -> Parcel:
        return Parcel(
            room=row.post.room,
            txn_id=row.txn_id,
            delivery_id=row.delivery_id,
            content=content,
            audience=row.post.audience,
            # A row from before this start may be in the room already, sent by a device that is gone.
            resend_after_forgetting=row.accepted_at < self._started
            or (row.attempts > 0 and forgotten_by_server(row.accepted_at, self._db.clock.now())),
        )

    def _may_be_there(self, row: Outgoing) -> bool:
        return row.accepted_at < self._started or row.attempts > 0

    async def _settle(self, row: Outgoing, decision: Decision, detail: str = "") -> None:
        if await self._outcomes.settle(row, decision, detail):
            self._look_at = 0.0  # somebody is to be asked

    async def _withdraw(self, row: Outgoing) -> None:
        """Take the event of another row out of the room: its author's encrypted word has reached us."""
        async with self._db.reading() as unit:
            target = await self._outbox.get(unit, row.post.edits or "")
        failed, wait, refused = "", None, False
        try:
            if target is not None and target.event_id is not None:
                await asyncio.wait_for(self._channel.withdraw(row.post.room, target.event_id, row.txn_id), SEND_TIMEOUT)
        except TryLater as later:
            failed, wait = str(later.values.get("reason", "")), later.wait
        except TimeoutError:
            failed = "timeout"
        except Refused as error:
            failed, refused = str(error), True
        async with self._db.unit() as unit:
            if failed and not refused and await self._outbox.again(unit, row, failed, wait) is State.QUEUED:
                return
            if failed and target is not None:
                await self._holding.not_withdrawn(unit, target)
            if target is None or target.event_id is None or failed:
                await self._outbox.fail(unit, row, failed or "nothing-to-withdraw")
            elif not await self._outbox.sent(unit, row, target.event_id, (0, 0)):
                return
            await self._audit.append(
                unit,
                "delivery.withdrawn",
                ref=row.post.ref,
                outcome="failed" if failed else "ok",
                details={"room": row.post.room, "delivery": target.delivery_id if target else ""},
            )
