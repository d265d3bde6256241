"""What is held: let go, asked about or ended as soon as that can be (trust.md, Held)."""

from bot.db.unit import Database
from bot.exchange.rules.sending import Decision, Fate
from bot.exchange.sender.outcomes import Outcomes
from bot.exchange.sender.verdict import Verdict
from bot.exchange.service import ROOT_HELD, Holding, Relating
from bot.outbox.model import Kind
from bot.outbox.service import Outbox

NO_DEVICE = "no-device"
"""Why a row is held whose room is verified, though nobody in it has a device that may have the key."""


class Held:
    """Looks at every held row."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        relating: Relating,
        holding: Holding,
        verdict: Verdict,
        outcomes: Outcomes,
    ) -> None:
        self._db = database
        self._outbox = outbox
        self._relating = relating
        self._holding = holding
        self._verdict = verdict
        self._outcomes = outcomes

    async def look(self) -> None:
        """Release what may go now, ask about what may not go by itself, end what is too old (trust.md, Held)."""
        async with self._db.reading() as unit:
            rows = await self._outbox.held(unit)
        asking = []
        for row in rows:
            decision = self._verdict.decide(row)
            if row.reason == ROOT_HELD:
                async with self._db.reading() as unit:
                    if await self._relating.waits(unit, row):
                        continue
                decision = Decision(Fate.SEND) if row.post.kind is Kind.NOTICE else decision
            if decision.fate is Fate.SEND:
                async with self._db.unit() as unit:
                    await self._outbox.release(unit, row.id)
                    if row.reason != NO_DEVICE:
                        await self._outcomes.report(unit, row, "released", "")
            elif decision.fate is Fate.EXPIRE:
                await self._outcomes.settle(row, decision)
            elif decision.fate is Fate.ASK:
                asking.append((row, decision.reason))
        if asking:
            async with self._db.unit() as unit:
                await self._holding.ask(unit, asking)
