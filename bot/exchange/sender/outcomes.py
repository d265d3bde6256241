"""What became of a row: the unit that records it also writes the log's entry and renews what the sender is told."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from bot.audit.service import AuditLog, Details
from bot.db.unit import Database, Unit
from bot.exchange.channel import Receipt
from bot.exchange.rules.sending import Decision, Fate, may_wait
from bot.exchange.sender.verdict import LOGGED
from bot.exchange.service import ROOT_HELD, Exchanges, Holding
from bot.ids import EventId
from bot.logs import logger
from bot.outbox.model import Kind, Outgoing, State
from bot.outbox.service import Amending, Outbox
from bot.tasks import rung

log = logger(__name__)

GATHER = 0.05
"""Seconds for which what has landed is gathered while much is on its way: one commit records it all."""


class Landing(NamedTuple):
    """A row that the channel has taken."""

    row: Outgoing
    receipt: Receipt
    recorded: asyncio.Future[None]


class Outcomes:
    """Writes outcomes down."""

    def __init__(
        self, database: Database, outbox: Outbox, exchanges: Exchanges, audit: AuditLog, holding: Holding
    ) -> None:
        self._db = database
        self._outbox = outbox
        self._amending = Amending(outbox)
        self._exchanges = exchanges
        self._audit = audit
        self._holding = holding
        self._landings: list[Landing] = []
        self._gathering: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        self.recorded = 0
        """Units that only said that rows have landed: nothing else is due after one than was before."""

    # --- landed -----------------------------------------------------------------------------------------

    async def landed(self, row: Outgoing, receipt: Receipt, *, others: bool) -> None:
        """It is in its room; returns when that is recorded.  ``others`` will land in a moment: it may wait for them."""
        recorded = asyncio.get_running_loop().create_future()
        self._landings.append(Landing(row, receipt, recorded))
        if others and self._gathering is None:
            self._gathering = asyncio.create_task(self._gather(), name="landings")
        elif not others and self._gathering is None:
            await self._record_all()
        elif not others:
            self._hurry.set()
        await recorded

    async def _gather(self) -> None:
        await rung(self._hurry, GATHER)
        self._hurry.clear()
        self._gathering = None
        await self._record_all()

    async def _record_all(self) -> None:
        landings, self._landings = self._landings, []
        try:
            await self._record(landings)
        except Exception:
            if len(landings) > 1:  # one that cannot be recorded is none of the others' business
                log.warning("send.recorded-singly", landings=len(landings), exc_info=True)
            for landing in landings:
                await self._record_alone(landing)

    async def _record_alone(self, landing: Landing) -> None:
        try:
            await self._record([landing])
        except Exception as error:  # noqa: BLE001  (raised where it is waited for)
            landing.recorded.set_exception(error)

    async def _record(self, landings: Sequence[Landing]) -> None:
        async with self._db.unit() as unit:
            happened: list[Details] = []
            copies: list[tuple[Outgoing, EventId]] = []
            # In the order in which others change them, too: on PostgreSQL two units may work side by side.
            for row, receipt, _ in sorted(landings, key=lambda landing: landing.row.seq):
                event = EventId(receipt.event_id)
                missing = receipt.missing if row.post.kind in LOGGED else ()
                devices = (receipt.devices_reached, receipt.devices_meant)
                if await self._outbox.sent(unit, row, event, devices, missing):
                    happened += self._entry(row, "sent", "")
                    if row.post.kind is Kind.COPY:
                        copies.append((row, event))
                    elif row.post.kind is Kind.LETTER:
                        await self._tell(unit, row, "sent", "")
                    elif row.post.kind is Kind.PAGE:
                        unit.ring("ladder")
                elif row.post.kind in (Kind.LETTER, Kind.PAGE) and await self._amending.went(unit, row, event):
                    happened += self._entry(row, "sent", "withdrawn-too-late")
                    await self._tell(unit, row, "sent", "withdrawn-too-late")
            if copies:
                await self._exchanges.landed(unit, copies)
            if happened:
                await self._audit.append_all(unit, happened)
        self.recorded += 1
        for row, receipt, recorded in landings:
            if receipt.missing:
                log.warning("send.keys-missing", row=row.id, ref=row.post.ref, missing=len(receipt.missing))
            if not recorded.done():
                recorded.set_result(None)

    # --- not landed -------------------------------------------------------------------------------------

    async def settle(self, row: Outgoing, decision: Decision, detail: str = "") -> bool:
        """It is not to be sent now; returns whether somebody is to be asked about it."""
        asks = False
        async with self._db.unit() as unit:
            unwanted = await self._holding.unwanted(unit, row)
            if unwanted is not None and row.post.ref is not None:
                await self._amending.drop(unit, row, unwanted)
                await self._exchanges.progress(unit, row.post.ref)
            elif decision.fate in (Fate.HOLD, Fate.ASK, Fate.WAIT):
                if decision.reason != ROOT_HELD and not may_wait(row.post):
                    await self._outbox.fail(unit, row, decision.reason)
                elif await self._outbox.hold(unit, row, decision.reason):
                    asks = decision.fate is Fate.ASK
                    if row.reason != decision.reason:  # else it was said when it was held before
                        await self.report(unit, row, "held", decision.reason, detail)
            elif decision.fate is Fate.EXPIRE:
                if await self._outbox.fail(unit, row, decision.reason, expired=True):
                    await self.report(unit, row, "expired", decision.reason)
            elif await self._outbox.fail(unit, row, decision.reason) and row.post.kind is Kind.LETTER:
                await self.report(unit, row, "failed", decision.reason)
        return asks

    async def again(self, row: Outgoing, reason: str, wait: timedelta | None = None) -> None:
        """It could not be sent this time."""
        async with self._db.unit() as unit:
            if await self._outbox.again(unit, row, reason, wait) not in (State.QUEUED, None):
                await self.report(unit, row, "failed", reason)

    async def refused(self, row: Outgoing, reason: str) -> None:
        """It will never be taken."""
        async with self._db.unit() as unit:
            if await self._outbox.fail(unit, row, reason):
                await self.report(unit, row, "failed", reason)

    async def report(self, unit: Unit, row: Outgoing, outcome: str, reason: str, detail: str = "") -> None:
        """Log it, and have it told to whoever is concerned."""
        if row.post.kind not in LOGGED:
            return
        await self._tell(unit, row, outcome, reason)
        await self._audit.append_all(unit, self._entry(row, outcome, detail or reason))
        if row.post.kind is Kind.PAGE:
            unit.ring("ladder")

    async def _tell(self, unit: Unit, row: Outgoing, outcome: str, reason: str) -> None:
        if row.post.kind is Kind.COPY and outcome == "held":
            await self._holding.held(unit, row, reason)
        elif row.post.kind in (Kind.COPY, Kind.LETTER) and outcome in ("failed", "expired"):
            await self._holding.lost(unit, [row], reason)
        elif row.post.ref and (row.post.kind is Kind.LETTER or (row.post.kind is Kind.COPY and outcome != "sent")):
            await self._exchanges.progress(unit, row.post.ref)

    @staticmethod
    def _entry(row: Outgoing, outcome: str, why: str) -> list[Details]:
        if row.post.kind not in LOGGED:
            return []
        more = {
            "room": row.post.room,
            "organisation": row.post.organisation,
            "delivery": row.delivery_id,
            **({"reason": why[:200]} if why else {}),
        }
        action = f"{'page' if row.post.kind is Kind.PAGE else 'delivery'}.{outcome}"
        return [Details(action, ref=row.post.ref, outcome=outcome, more=more)]
