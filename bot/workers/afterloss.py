"""After a lost disk: what was under way is *unknown*, is never sent again, and is said to whoever waits for it.

The database is an older copy: what it still wants to send may have been delivered, and what it still wants to
handle may have been handled.  So all of it is given up in the transaction that resumes the log, and each room on
record is told once, as soon as its verdict holds.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.audit.service import AuditLog
from bot.db.unit import Database, Unit
from bot.directory.service import Register
from bot.directory.service.telling import Telling
from bot.escalation.service import Escalations
from bot.exchange.service import Exchanges
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich
from bot.ids import Ref, RoomId
from bot.matrix.tables import start_over
from bot.outbox.model import Audience, Kind, Outgoing, Post, content_of
from bot.outbox.service import Outbox
from bot.ports import TrustView

MOST_NAMED = 20
"""Deliveries named in one notice."""


class AfterLoss:
    """Gives up what was under way, and tells the rooms."""

    def __init__(
        self,
        *,
        register: Register,
        outbox: Outbox,
        audit: AuditLog,
        exchanges: Exchanges,
        escalations: Escalations,
        trust: TrustView,
    ) -> None:
        self._register = register
        self._outbox = outbox
        self._audit = audit
        self._exchanges = exchanges
        self._escalations = escalations
        self._trust = trust
        self._telling = Telling(register, outbox, trust)

    async def give_up(self, unit: Unit, since: datetime) -> int:
        """Drop every unsent row and every unhandled event, forget where the sync stood, and note whom to tell.

        ``since`` is the instant up to which the copy knows everything.  Returns how many deliveries are unknown."""
        rows, arrivals = await self._outbox.abandon(unit)
        unknown: defaultdict[RoomId, list[list[str]]] = defaultdict(list)
        count = 0
        for row in rows:
            if row.post.kind not in (Kind.COPY, Kind.LETTER, Kind.PAGE):
                continue
            count += 1
            whom = row.post.organisation or "–"
            source = await self._source(unit, row)
            if source is not None and row.post.ref is not None:
                unknown[source].append([row.post.ref, whom])
            await self._audit.append(
                unit,
                f"{'page' if row.post.kind is Kind.PAGE else 'delivery'}.unknown",
                ref=row.post.ref,
                outcome="unknown",
                details={"room": row.post.room, "organisation": row.post.organisation, "delivery": row.delivery_id},
            )
        for event, room, sender in arrivals:
            details = {"event": event, "room": room, "user": sender}
            await self._audit.append(unit, "message.unknown", outcome="unknown", details=details)
        await start_over(unit)
        for record in self._register.rooms():
            payload = {
                "since": since.isoformat(),
                "until": unit.now.isoformat(),
                "unknown": unknown.get(record.room, []),
                "room": record.room,
            }
            await self._outbox.note(unit, f"after-loss {unit.now.isoformat()} {record.room}"[:255], payload)
        return count

    async def _source(self, unit: Unit, row: Outgoing) -> RoomId | None:
        """Where it was asked for."""
        ref: Ref | None = row.post.ref
        if ref is None:
            return None
        if row.post.kind is Kind.PAGE:
            escalation = await self._escalations.get(unit, ref)
            return None if escalation is None else escalation.origin.room
        exchange = await self._exchanges.get(unit, ref)
        return None if exchange is None else exchange.source.room

    async def tell(self, db: Database) -> None:
        """The worker's step: tell every room that was not told yet and whose verdict holds now."""
        async with db.reading() as unit:
            notes = await self._outbox.notes(unit)
        for note in notes:
            room = RoomId(note.payload["room"])
            if not self._trust.room(room).ok:
                continue
            async with db.unit() as unit:
                if await self._outbox.note_done(unit, note):
                    content = content_of(self._text(room, note.payload), "m.notice")
                    post = Post(room=room, kind=Kind.NOTICE, content=content, audience=Audience.VERIFIED)
                    await self._outbox.post(unit, post)

    def _text(self, room: RoomId, payload: Mapping[str, Any]) -> Rich:
        language = self._telling.language(room)
        named: Sequence[Sequence[str]] = payload["unknown"]
        lines = [
            say(language, "after-loss-notice", since=_minute(payload["since"]), until=_minute(payload["until"])),
            *(say(language, "after-loss-unknown", ref=ref, whom=whom) for ref, whom in named[:MOST_NAMED]),
        ]
        if len(named) > MOST_NAMED:
            lines.append(say(language, "after-loss-more", count=len(named) - MOST_NAMED))
        return Rich.lines(lines)


def _minute(instant: str) -> str:
    return f"{datetime.fromisoformat(instant):%Y-%m-%d %H:%M} UTC"
