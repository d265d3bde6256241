"""The one way out: every row of the outbox leaves through here, after the verdict as of now.

One lane per room, lanes side by side; answers and pages before relays; the transaction that records the
outcome also writes the log entry and renews what the sender of the message is told.
"""

import asyncio
from collections.abc import Collection, Coroutine, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import structlog

from bot.audit.service import AuditLog
from bot.db.unit import Database, Unit
from bot.directory.service import Register
from bot.exchange.channel import Channel, Parcel, Receipt, Refused, TryLater, Unfit
from bot.exchange.rules.sending import Decision, Fate, Situation, fate, letter, may_repeat, outside
from bot.exchange.rules.tlp import Leg, Way, level_of, rule
from bot.exchange.service import ROOT_HELD, Exchanges, Holding, Relating, RootHeld, key_now
from bot.ids import EventId, RoomId
from bot.outbox.model import MAIL, Audience, Kind, Lacking, Outgoing, Post, State, is_outside
from bot.outbox.rules import KEYS_FOR, MOST_REPEATS, forgotten_by_server
from bot.outbox.service import BELL_OUT, Amending, MissingKeys, Outbox
from bot.ports import TrustView
from bot.tasks import first_of

log = structlog.get_logger(__name__)

WIDTH = 8
"""Sends under way at once: a homeserver gains nothing beyond about eight, and first copies come out earlier."""
SEND_TIMEOUT = 60.0
LANE_END = 1.0
"""Seconds to sleep at most after something was started, or while nothing more can be: a lane's end rings the bell."""
LOOK_EVERY = 30.0
"""Seconds between two looks at what is held, if nothing asks for one before."""
NO_DEVICE = "no-device"
"""Why a row is held whose room is verified, though nobody in it has a device that may have the key."""
MOST_OUTSIDE = 1000
LOGGED = (Kind.COPY, Kind.LETTER, Kind.PAGE)
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
        holding: Holding,
    ) -> None:
        self._db = database
        self._outbox = outbox
        self._exchanges = exchanges
        self._audit = audit
        self._register = register
        self._trust = trust
        self._channel = channel
        self._holding = holding
        self._keys = MissingKeys(outbox)
        self._amending = Amending(outbox)
        self._relating = Relating(database, outbox, exchanges)
        self._busy: dict[RoomId, asyncio.Task[None]] = {}
        self._look_at = 0.0
        self._started = database.clock.now()
        self._bell = database.listen(BELL_OUT)
        self._trust_bell = database.listen("trust")

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set, then finish what is under way."""
        while not stop.is_set():
            self._bell.clear()
            if self._trust_bell.is_set() or self._db.clock.monotonic() >= self._look_at:
                self._trust_bell.clear()
                self._look_at = self._db.clock.monotonic() + LOOK_EVERY
                await self.look_at_held()
            _, wait = await self._start_due()
            await first_of(self._bell, self._trust_bell, stop, within=wait)
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

    async def send_outside(self) -> None:
        """Send what leaves Matrix, and nothing else: the homeserver is away, or is not to be talked to."""
        async with self._db.reading() as unit:
            rows = await self._outbox.due(unit, [], MOST_OUTSIDE)
        for row in rows:
            if is_outside(row.post.room) and row.post.kind is not Kind.LETTER:
                await self._serve(row)

    async def _start_due(self) -> tuple[int, float]:
        """Start what can be sent now; returns how many rows that were, and for how many seconds to sleep."""
        room_for = WIDTH - len(self._busy)
        if room_for <= 0:
            return 0, LANE_END
        async with self._db.reading() as unit:
            rows = await self._outbox.due(unit, list(self._busy), room_for)
            taken = [*self._busy, *(row.post.room for row in rows)]
            lacking = await self._keys.due(unit, taken, room_for - len(rows)) if len(rows) < room_for else []
            at = None if rows or lacking else await self._outbox.next_due_at(unit, taken)
            ahead = (at - unit.now).total_seconds() if at is not None else LOOK_EVERY
        for row in rows:
            self._start(row, self._serve(row))
        for lack in lacking:
            self._start(lack.row, self._serve_lacking(lack))
        started = len(rows) + len(lacking)
        return started, LANE_END if started or ahead <= 0 else min(max(ahead, 0.05), LOOK_EVERY)

    def _start(self, row: Outgoing, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=f"send {row.id}")
        self._busy[row.post.room] = task
        task.add_done_callback(partial(self._free, row.post.room))

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
        if row.post.kind is Kind.WITHDRAWAL:
            await self._withdraw(row)
            return
        try:
            content = await self._relating.content(row)
        except RootHeld:
            await self._settle(row, Decision(Fate.HOLD, ROOT_HELD))
            return
        if content is None:
            return
        if row.post.kind is Kind.LETTER:
            content = {**content, **self._key(row)}
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
            again = self.decide(row)  # what made it unfit is in the verdict by now, or it is the devices
            await self._settle(
                row, again if again.fate is not Fate.SEND else Decision(Fate.HOLD, NO_DEVICE), str(unfit)
            )
        except TryLater as later:
            await self._again(row, str(later.values.get("reason", "")), later.wait)
        except TimeoutError:
            await self._again(row, "timeout", None)
        except Refused as refused:
            async with self._db.unit() as unit:
                reason = str(refused.values.get("reason", ""))
                await self._outbox.fail(unit, row, reason)
                await self._report(unit, row, "failed", reason)
        else:
            await self._landed(row, receipt)

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

    def decide(self, row: Outgoing) -> Decision:
        """The row's fate as of now, from memory."""
        post, now = row.post, self._db.clock.now()
        if post.kind is Kind.LETTER:
            return letter(post.tlp, post.expires_at, now, encrypted=bool(self._key(row)))
        if is_outside(post.room):
            return outside(post.tlp, post.expires_at, now)
        return fate(self._situation(row))

    def _key(self, row: Outgoing) -> dict[str, str]:
        """To what a letter is encrypted, by the directory as of now; empty if to nothing."""
        organisation = self._register.organisation(row.post.organisation or "")
        return key_now(organisation, row.post.room.removeprefix(MAIL), str(row.post.content.get("fingerprint", "")))

    def _situation(self, row: Outgoing) -> Situation:
        post = row.post
        verified = post.audience is not Audience.VERIFIED or self._trust.room(post.room).ok
        return Situation(
            kind=post.kind,
            audience=post.audience,
            encrypted=self._trust.encrypted(post.room),
            room_verified=verified,
            label_allows=post.kind not in LOGGED or rule(post.tlp, self._leg(post, verified=verified)).allowed,
            members_now=self._trust.members(post.room),
            members_then=frozenset(post.audience_then),
            accepted_at=row.accepted_at,
            held_since=row.held_since,
            asked=row.asked_at is not None,
            expires_at=post.expires_at,
            now=self._db.clock.now(),
        )

    def _leg(self, post: Post, *, verified: bool) -> Leg:
        """The facts about the room and everybody in it, as of now."""
        record = self._register.room(post.room)
        organisations = record.organisations if record else frozenset()
        levels = [level_of(self._trust.person(user)) for user in self._trust.members(post.room)]
        return Leg(
            way=Way(record.kind) if record and record.kind in set(Way) else Way.DESK,
            room_verified=verified,
            named_organisation=bool(organisations) and organisations <= {post.organisation},
            named_person=record is not None and record.kind == Way.DIRECT and record.user is not None,
            shares_network=False,
            lowest_level=max(levels, key=LEVELS.index, default="none"),
            unsigned_device=any(map(self._trust.unsigned, self._trust.members(post.room))),
        )

    async def _settle(self, row: Outgoing, decision: Decision, detail: str = "") -> None:
        async with self._db.unit() as unit:
            if decision.fate in (Fate.HOLD, Fate.ASK, Fate.WAIT):
                if row.post.kind in (Kind.REPLY, Kind.STATUS, Kind.NOTICE) and decision.reason != ROOT_HELD:
                    await self._outbox.fail(unit, row, decision.reason)
                elif await self._outbox.hold(unit, row, decision.reason):
                    self._look_at = 0.0 if decision.fate is Fate.ASK else self._look_at
                    if row.reason != decision.reason:  # else it was said when it was held before
                        await self._report(unit, row, "held", decision.reason, detail)
            elif decision.fate is Fate.EXPIRE:
                await self._outbox.fail(unit, row, decision.reason, expired=True)
                await self._report(unit, row, "expired", decision.reason)
            else:
                await self._outbox.fail(unit, row, decision.reason)
                if row.post.kind is Kind.LETTER:
                    await self._report(unit, row, "failed", decision.reason)

    async def _again(self, row: Outgoing, reason: str, wait: timedelta | None) -> None:
        async with self._db.unit() as unit:
            if await self._outbox.again(unit, row, reason, wait) is not State.QUEUED:
                await self._report(unit, row, "failed", reason)

    async def _landed(self, row: Outgoing, receipt: Receipt) -> None:
        missing = receipt.missing if row.post.kind in LOGGED else ()
        async with self._db.unit() as unit:
            devices = (receipt.devices_reached, receipt.devices_meant)
            if await self._outbox.sent(unit, row, EventId(receipt.event_id), devices, missing):
                if row.post.kind is Kind.COPY:
                    await self._exchanges.landed(unit, row, receipt.event_id)
                await self._report(unit, row, "sent", "")
                if row.post.kind is Kind.PAGE:
                    unit.ring("ladder")
            elif row.post.kind is Kind.LETTER and await self._amending.went(unit, row, receipt.event_id):
                await self._report(unit, row, "sent", "withdrawn-too-late")
        if receipt.missing:
            log.warning("send.keys-missing", row=row.id, ref=row.post.ref, missing=len(receipt.missing))

    async def _report(self, unit: Unit, row: Outgoing, outcome: str, reason: str, detail: str = "") -> None:
        if row.post.kind not in LOGGED:
            return
        if row.post.kind is Kind.COPY and outcome == "held":
            await self._holding.held(unit, row, reason)
        elif row.post.kind in (Kind.COPY, Kind.LETTER) and outcome in ("failed", "expired"):
            await self._holding.lost(unit, [row], reason)
        elif row.post.ref and (row.post.kind is Kind.LETTER or (row.post.kind is Kind.COPY and outcome != "sent")):
            await self._exchanges.progress(unit, row.post.ref)
        why = detail or reason
        await self._audit.append(
            unit,
            f"{'page' if row.post.kind is Kind.PAGE else 'delivery'}.{outcome}",
            ref=row.post.ref,
            outcome=outcome,
            details={
                "room": row.post.room,
                "organisation": row.post.organisation,
                "delivery": row.delivery_id,
                **({"reason": why[:200]} if why else {}),
            },
        )
        if row.post.kind is Kind.PAGE:
            unit.ring("ladder")

    # --- held -------------------------------------------------------------------------------------------

    async def look_at_held(self) -> None:
        """Release what may go now, ask about what may not go by itself, end what is too old (trust.md, Held)."""
        async with self._db.reading() as unit:
            rows = await self._outbox.held(unit)
        asking = []
        for row in rows:
            decision = self.decide(row)
            if row.reason == ROOT_HELD:
                async with self._db.reading() as unit:
                    if await self._relating.waits(unit, row):
                        continue
                decision = Decision(Fate.SEND) if row.post.kind is Kind.NOTICE else decision
            if decision.fate is Fate.SEND:
                async with self._db.unit() as unit:
                    await self._outbox.release(unit, row.id)
                    if row.reason != NO_DEVICE:
                        await self._report(unit, row, "released", "")
            elif decision.fate is Fate.EXPIRE:
                await self._settle(row, decision)
            elif decision.fate is Fate.ASK:
                asking.append((row, decision.reason))
        if asking:
            async with self._db.unit() as unit:
                await self._holding.ask(unit, asking)

    # --- keys that devices lack -------------------------------------------------------------------------

    async def _serve_lacking(self, lack: Lacking) -> None:
        try:
            await asyncio.wait_for(self._complete(lack), SEND_TIMEOUT)
        except (TryLater, Unfit, Refused, TimeoutError) as error:
            log.info("send.keys-later", row=lack.row.id, error=str(error))
            async with self._db.unit() as unit:
                await self._keys.later(unit, lack, lack.missing)
        except Exception:
            log.exception("send.keys-failed", row=lack.row.id)
            async with self._db.unit() as unit:
                await self._keys.later(unit, lack, lack.missing)

    async def _complete(self, lack: Lacking) -> None:
        """Try to give the key to those who lack it; then the text goes out again, for whom the first cannot be read.

        It is the same row with the same delivery id, so it counts once; the event before is withdrawn, so it shows
        once."""
        row = lack.row
        for event in lack.unwanted:
            try:
                await self._channel.withdraw(row.post.room, event, f"{row.txn_id}-w{event}"[:120])
            except Refused as error:  # it shows twice then, and is not asked for for ever
                log.warning("send.still-shown", row=row.id, error=str(error))
            async with self._db.unit() as unit:
                await self._keys.withdrawn(unit, event)
        situation = self._situation(row)
        too_late = row.sent_at is None or situation.now - row.sent_at >= KEYS_FOR or lack.repeats >= MOST_REPEATS
        if too_late or not lack.missing or not row.post.content:
            await self._end_lacking(lack)
            return
        if not may_repeat(situation):
            async with self._db.unit() as unit:
                await self._keys.later(unit, lack, lack.missing)
            return
        keys = await self._channel.top_up(row.post.room, row.post.audience)
        missing = lack.missing & keys.meant
        if not missing & keys.reached:
            async with self._db.unit() as unit:
                await self._keys.later(unit, lack, missing)
            return
        content = await self._relating.content(row)
        if content is None:
            return
        content = _ringing_only(content, {user for user, _ in missing & keys.reached})
        receipt = await self._channel.send(
            Parcel(
                room=row.post.room,
                txn_id=f"{row.txn_id}-{lack.repeats + 2}",
                delivery_id=row.delivery_id,
                content=content,
                audience=row.post.audience,
                resend_after_forgetting=True,
                but=frozenset(lack.known),
            )
        )
        async with self._db.unit() as unit:
            devices = (receipt.devices_reached, receipt.devices_meant)
            await self._keys.repeated(unit, lack, receipt.event_id, devices, missing & receipt.missing)
            if row.post.kind is Kind.COPY:
                await self._exchanges.landed(unit, row, receipt.event_id)
            await self._report(unit, row, "repeated", "")

    async def _end_lacking(self, lack: Lacking) -> None:
        async with self._db.unit() as unit:
            await self._keys.end(unit, lack)
            if lack.missing:
                names = ", ".join(sorted(f"{user} {device}" for user, device in lack.missing))
                await self._report(unit, lack.row, "keys-missing", names)


def _ringing_only(content: Mapping[str, Any], users: Collection[str]) -> Mapping[str, Any]:
    """What is said once more rings only for those who could not read it."""
    named = content.get("m.mentions", {}).get("user_ids", ())
    left = [user for user in named if user in users]
    return {**content, "m.mentions": {"user_ids": left} if left else {}}
