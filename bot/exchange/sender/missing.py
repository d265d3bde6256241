"""Keys that devices lack: given later, and the text sent again for whom the first event cannot be read."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

from bot.db.unit import Database
from bot.exchange.channel import Channel, Parcel, Refused, TryLater, Unfit
from bot.exchange.rules.sending import may_repeat
from bot.exchange.sender.outcomes import Outcomes
from bot.exchange.sender.verdict import Verdict
from bot.exchange.service import Exchanges, Relating
from bot.ids import EventId
from bot.logs import logger
from bot.outbox.model import Kind, Lacking
from bot.outbox.rules import KEYS_FOR, MOST_REPEATS
from bot.outbox.service import MissingKeys

log = logger(__name__)

COMPLETE_WITHIN = 60.0
"""Seconds."""


class Completing:
    """Works on one row that is in its room although some devices lack the key."""

    def __init__(
        self,
        database: Database,
        keys: MissingKeys,
        exchanges: Exchanges,
        relating: Relating,
        channel: Channel,
        verdict: Verdict,
        outcomes: Outcomes,
    ) -> None:
        self._db = database
        self._keys = keys
        self._exchanges = exchanges
        self._relating = relating
        self._channel = channel
        self._verdict = verdict
        self._outcomes = outcomes

    async def serve(self, lack: Lacking) -> None:
        """Try once; what fails is tried again later."""
        try:
            await asyncio.wait_for(self._complete(lack), COMPLETE_WITHIN)
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
        if self._over(lack):
            await self._end_lacking(lack)
            return
        if not may_repeat(self._verdict.situation(row)):
            async with self._db.unit() as unit:
                await self._keys.later(unit, lack, lack.missing)
            return
        keys = await self._channel.top_up(row.post.room, row.post.audience)
        missing = lack.missing & keys.meant
        if not missing & keys.reached:
            async with self._db.unit() as unit:
                await self._keys.later(unit, lack, missing)
            return
        async with self._db.reading() as unit:
            before = await self._keys.before(unit, lack, missing & keys.reached)
        for earlier in before:
            if not self._over(earlier) and may_repeat(self._verdict.situation(earlier.row)):
                await self._complete(earlier)  # what was said first is read first; this one is still due
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
                await self._exchanges.landed(unit, [(row, EventId(receipt.event_id))])
            await self._outcomes.report(unit, row, "repeated", "")

    def _over(self, lack: Lacking) -> bool:
        """Whether nothing of it is sent again any more."""
        sent_at, now = lack.row.sent_at, self._db.clock.now()
        too_late = sent_at is None or now - sent_at >= KEYS_FOR or lack.repeats >= MOST_REPEATS
        return too_late or not lack.missing or not lack.row.post.content

    async def _end_lacking(self, lack: Lacking) -> None:
        async with self._db.unit() as unit:
            await self._keys.end(unit, lack)
            if lack.missing:
                names = ", ".join(sorted(f"{user} {device}" for user, device in lack.missing))
                await self._outcomes.report(unit, lack.row, "keys-missing", names)


def _ringing_only(content: Mapping[str, Any], users: Collection[str]) -> Mapping[str, Any]:
    """What is said once more rings only for those who could not read it."""
    named = content.get("m.mentions", {}).get("user_ids", ())
    left = [user for user in named if user in users]
    return {**content, "m.mentions": {"user_ids": left} if left else {}}
