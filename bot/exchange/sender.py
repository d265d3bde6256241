"""The one way out: every row of the outbox leaves through here, after the verdict as of now.

One lane per room, lanes side by side; answers and pages before relays; the transaction that records the
outcome also writes the log entry and renews what the sender of the message is told.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import structlog

from bot.audit.service import AuditLog
from bot.db.unit import Database, Unit
from bot.directory.service import Register
from bot.exchange.channel import Channel, Parcel, Receipt, Refused, TryLater, Unfit
from bot.exchange.rules.sending import Decision, Fate, Situation, fate, outside
from bot.exchange.rules.tlp import Leg, Way, rule
from bot.exchange.service import Exchanges
from bot.ids import EventId, RoomId
from bot.outbox.model import Audience, Kind, Outgoing, Post, State, is_outside
from bot.outbox.rules import forgotten_by_server
from bot.outbox.service import BELL_OUT, Outbox
from bot.ports import TrustView
from bot.tasks import first_of
from keys.trust import PersonVerdict, Standing

log = structlog.get_logger(__name__)

WIDTH = 8
"""Sends under way at once: a homeserver gains nothing beyond about eight, and first copies come out earlier."""
SEND_TIMEOUT = 60.0
LANE_END = 5.0
"""Seconds to sleep at most while something that is due waits for its lane, whose end rings the bell."""
IDLE = 30.0
"""Seconds without anything due, after which held rows and missing keys are looked at again."""
LOGGED = (Kind.COPY, Kind.PAGE)
LEVELS = ("verified", "vouched", "grace", "none")
"""From most to least trusted."""


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
    ) -> None:
        self._db = database
        self._outbox = outbox
        self._exchanges = exchanges
        self._audit = audit
        self._register = register
        self._trust = trust
        self._channel = channel
        self._busy: dict[RoomId, asyncio.Task[None]] = {}
        self._short: set[RoomId] = set()
        self._started = database.clock.now()
        self._bell = database.listen(BELL_OUT)
        self._trust_bell = database.listen("trust")

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set, then finish what is under way."""
        while not stop.is_set():
            self._bell.clear()
            if self._trust_bell.is_set():
                self._trust_bell.clear()
                await self.look_at_held()
            _, wait = await self._start_due()
            await first_of(self._bell, self._trust_bell, stop, within=wait)
            if wait >= IDLE:
                await self.look_at_held()
                await self._share_again()
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

    async def _start_due(self) -> tuple[int, float]:
        """Start what can be sent now; returns how many rows that were, and for how many seconds to sleep."""
        room_for = WIDTH - len(self._busy)
        if room_for <= 0:
            return 0, LANE_END
        async with self._db.reading() as unit:
            rows = await self._outbox.due(unit, list(self._busy), room_for)
            at = await self._outbox.next_due_at(unit)
            ahead = (at - unit.now).total_seconds() if at is not None else IDLE
        for row in rows:
            task = asyncio.create_task(self._serve(row), name=f"send {row.id}")
            self._busy[row.post.room] = task
            task.add_done_callback(partial(self._free, row.post.room))
        return len(rows), min(max(ahead, 0.05), IDLE) if ahead > 0 else LANE_END

    def _free(self, room: RoomId, _task: asyncio.Task[None]) -> None:
        self._busy.pop(room, None)
        self._bell.set()

    async def _serve(self, row: Outgoing) -> None:
        try:
            await self._handle(row)
        except Exception:
            log.exception("send.failed", row=row.id, ref=row.post.ref)
            async with self._db.unit() as unit:
                await self._outbox.again(unit, row, "internal")

    async def _handle(self, row: Outgoing) -> None:
        decision = self.decide(row)
        if decision.fate is not Fate.SEND:
            await self._settle(row, decision)
            return
        content = await self._with_relation(row)
        if content is None:
            return
        parcel = Parcel(
            room=row.post.room,
            txn_id=row.txn_id,
            delivery_id=row.delivery_id,
            content=content,
            audience=row.post.audience,
            # A row from before this start may be in the room already, sent by a device that is gone.
            resend_after_forgetting=row.accepted_at < self._started
            or (row.attempts > 0 and forgotten_by_server(row.accepted_at, self._db.clock.now())),
        )
        try:
            receipt = await asyncio.wait_for(self._channel.send(parcel), SEND_TIMEOUT)
        except Unfit as unfit:
            await self._settle(row, Decision(Fate.HOLD, "not-verified"), str(unfit))
        except TryLater as later:
            await self._again(row, str(later.values.get("reason", "")), later.wait)
        except TimeoutError:
            await self._again(row, "timeout", None)
        except Refused as refused:
            async with self._db.unit() as unit:
                await self._outbox.fail(unit, row, str(refused.values.get("reason", "")))
                await self._report(unit, row, "failed", str(refused))
        else:
            await self._landed(row, receipt)

    def decide(self, row: Outgoing) -> Decision:
        """The row's fate as of now, from memory."""
        post = row.post
        if is_outside(post.room):
            return outside(post.tlp, post.expires_at, self._db.clock.now())
        verified = post.audience is not Audience.VERIFIED or self._trust.room(post.room).ok
        return fate(
            Situation(
                kind=post.kind,
                audience=post.audience,
                encrypted=self._trust.encrypted(post.room),
                room_verified=verified,
                label_allows=post.kind not in LOGGED or rule(post.tlp, self._leg(post, verified=verified)).allowed,
                members_now=self._trust.members(post.room),
                members_then=frozenset(post.audience_then),
                accepted_at=row.accepted_at,
                held_since=row.held_since,
                expires_at=post.expires_at,
                now=self._db.clock.now(),
            )
        )

    def _leg(self, post: Post, *, verified: bool) -> Leg:
        """The facts about the room and everybody in it, as of now."""
        record = self._register.room(post.room)
        organisations = record.organisations if record else frozenset()
        levels = [_level(self._trust.person(user)) for user in self._trust.members(post.room)]
        return Leg(
            way=Way(record.kind) if record and record.kind in set(Way) else Way.DESK,
            room_verified=verified,
            named_organisation=bool(organisations) and organisations <= {post.organisation},
            named_person=record is not None and record.kind == Way.DIRECT and record.user is not None,
            shares_network=False,
            lowest_level=max(levels, key=LEVELS.index, default="none"),
        )

    async def _settle(self, row: Outgoing, decision: Decision, detail: str = "") -> None:
        async with self._db.unit() as unit:
            if decision.fate in (Fate.HOLD, Fate.ASK):
                if row.post.kind in (Kind.REPLY, Kind.STATUS, Kind.NOTICE):
                    await self._outbox.fail(unit, row, decision.reason)
                elif await self._outbox.hold(unit, row, decision.reason):
                    await self._report(unit, row, "held", detail or decision.reason)
            elif decision.fate is Fate.EXPIRE:
                await self._outbox.fail(unit, row, decision.reason)
                await self._report(unit, row, "expired", decision.reason)
            else:
                await self._outbox.fail(unit, row, decision.reason)

    async def _again(self, row: Outgoing, reason: str, wait: timedelta | None) -> None:
        async with self._db.unit() as unit:
            if await self._outbox.again(unit, row, reason, wait) is not State.QUEUED:
                await self._report(unit, row, "failed", reason)

    async def _landed(self, row: Outgoing, receipt: Receipt) -> None:
        async with self._db.unit() as unit:
            devices = (receipt.devices_reached, receipt.devices_meant)
            if await self._outbox.sent(unit, row, EventId(receipt.event_id), devices):
                if row.post.kind is Kind.COPY:
                    await self._exchanges.landed(unit, row, receipt.event_id)
                await self._report(unit, row, "sent", "")
                if row.post.kind is Kind.PAGE:
                    unit.ring("ladder")
        if receipt.devices_reached < receipt.devices_meant:
            log.warning("send.keys-missing", row=row.id, ref=row.post.ref, reached=receipt.devices_reached)
            self._short.add(row.post.room)

    async def _report(self, unit: Unit, row: Outgoing, outcome: str, reason: str) -> None:
        if row.post.kind not in LOGGED:
            return
        if row.post.kind is Kind.COPY and row.post.ref and outcome != "sent":
            await self._exchanges.progress(unit, row.post.ref)
        await self._audit.append(
            unit,
            f"{'page' if row.post.kind is Kind.PAGE else 'delivery'}.{outcome}",
            ref=row.post.ref,
            outcome=outcome,
            details={
                "room": row.post.room,
                "organisation": row.post.organisation,
                "delivery": row.delivery_id,
                **({"reason": reason[:200]} if reason else {}),
            },
        )
        if row.post.kind is Kind.PAGE:
            unit.ring("ladder")

    async def _with_relation(self, row: Outgoing) -> Mapping[str, Any] | None:
        """The content with its ``m.relates_to``; None if it has to wait for, or died with, what it relates to."""
        post = row.post
        content = dict(post.content)
        if post.edits is None and post.thread_row is None:
            if post.thread is not None:
                content["m.relates_to"] = _thread(post.thread)
            elif post.reply_to is not None:
                content["m.relates_to"] = {"m.in_reply_to": {"event_id": post.reply_to}}
            return content
        async with self._db.unit() as unit:
            overtaken = await self._outbox.overtaken(unit, row)
            target = await self._outbox.get(unit, post.edits or post.thread_row or "")
            if overtaken or target is None or target.state in (State.FAILED, State.EXPIRED, State.DROPPED):
                if post.edits is not None:
                    await self._outbox.fail(unit, row, "nothing-to-edit")  # nothing to fail where it was overtaken
                    return None
                return content  # the root never came through: say it outside a thread rather than not at all
            if target.event_id is None:
                await self._outbox.again(unit, row, "waits-for-root", timedelta(seconds=1))
                return None
            if post.edits is not None:
                content = dict(await self._exchanges.renewed(unit, row))
        if post.edits is None:
            content["m.relates_to"] = _thread(target.event_id)
            return content
        return {
            **content,
            "body": f"* {content.get('body', '')}",
            "formatted_body": f"* {content.get('formatted_body', '')}",
            "m.new_content": content,
            "m.relates_to": {"rel_type": "m.replace", "event_id": target.event_id},
        }

    # --- held -------------------------------------------------------------------------------------------

    async def look_at_held(self) -> None:
        """Release what may go now, expire what is too old (trust.md, Held)."""
        async with self._db.reading() as unit:
            rows = await self._outbox.held(unit)
        for row in rows:
            decision = self.decide(row)
            if decision.fate is Fate.SEND:
                async with self._db.unit() as unit:
                    await self._outbox.release(unit, row.id)
                    await self._report(unit, row, "released", "")
            elif decision.fate is Fate.EXPIRE:
                await self._settle(row, decision)

    async def _share_again(self) -> None:
        """Share keys again with devices that could not be reached, so that at least what follows is readable."""
        for room in sorted(self._short):
            reached, meant = await asyncio.wait_for(self._channel.top_up(room), SEND_TIMEOUT)
            if reached >= meant:
                self._short.discard(room)


def _level(verdict: PersonVerdict) -> str:
    if verdict.standing is Standing.GRACE:
        return "grace"
    return str(verdict.level) if verdict.standing.good and verdict.level else "none"


def _thread(root: EventId) -> dict[str, Any]:
    return {
        "rel_type": "m.thread",
        "event_id": root,
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": root},
    }
