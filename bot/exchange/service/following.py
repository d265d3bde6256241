"""How far the copies of a first message are: followed copy by copy, and said in one line that is renewed."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.db.unit import Unit
from bot.exchange import tables
from bot.exchange.model import Exchange, Progress
from bot.exchange.service.records import Records
from bot.exchange.service.texts import status_line
from bot.ids import EventId, Ref, RoomId
from bot.outbox.model import Audience, Kind, Outgoing, Post, State, Tally, content_of
from bot.outbox.service import Outbox
from bot.ports import Sealer, TrustView

ROOT_MARK, STATUS_MARK = "root", "status"
"""Marks of the copies of a first message, and of the line that says how far they are."""
LOST = (State.FAILED, State.EXPIRED)
RENEWAL, TAKEN_UP = "renewal", "renewal-taken-up"
"""Marks of an edit of a status line: as it waits, and once the sender has taken it up."""
UNVERIFIED = {f"room-members-{how}" for how in ("known", "unchanged", "unrevoked", "current")}
"""Checks of a room (:mod:`keys.trust.room`) that name people who are there and not verified."""


class Following(Records):
    """What became of what was sent."""

    def __init__(self, outbox: Outbox, sealer: Sealer, trust: TrustView) -> None:
        super().__init__(outbox, sealer)
        self._trust = trust

    async def landed(self, unit: Unit, landed: Sequence[tuple[Outgoing, EventId]]) -> None:
        """Copies are in their rooms: of first messages, remember the thread's root and renew the status line."""
        roots = [
            (row.post.ref, row.post.room, row.id, event)
            for row, event in landed
            if row.post.ref is not None and row.post.mark == ROOT_MARK
        ]
        await tables.set_roots(unit, roots)
        for ref in dict.fromkeys(ref for ref, *_ in roots):
            await self.progress(unit, ref)

    async def measure(self, unit: Unit, exchange: Exchange) -> Progress:
        """How far the copies of the first message are, and how many answers came."""
        tally = await self._outbox.tally(unit, exchange.ref, ROOT_MARK)
        copies = {counted.state: counted for counted in tally if counted.kind is Kind.COPY}
        sent = copies.get(State.SENT)
        named = await self._named(unit, exchange.ref) if any(map(_is_named, tally)) else []
        held = [row for row in named if row.state is State.HELD and row.post.kind is Kind.COPY]
        names = {place.room: place.name for place in exchange.participants}
        whom = {row.id: names.get(row.post.room, row.post.organisation or "") for row in named}
        opened = await tables.message_number(unit, exchange.ref, 1)
        return Progress(
            rooms_reached=sent.rows if sent else 0,
            rooms_meant=sum(counted.rows for state, counted in copies.items() if state is not State.DROPPED),
            devices_reached=sent.devices[0] if sent else 0,
            devices_meant=sent.devices[1] if sent else 0,
            answers=await tables.answers(unit, exchange.ref, exchange.author.organisation),
            held=tuple((whom[r.id], r.reason or "") for r in held),
            lost=tuple((whom[r.id], r.reason or "") for r in named if r.state in LOST),
            unverified={whom[r.id]: self._unverified(r.post.room) for r in held},
            withdrawn=opened is not None and opened.withdrawn_at is not None,
            letters=tuple(
                (r.post.organisation or "", r.state is State.SENT)
                for r in named
                if r.post.kind is Kind.LETTER and r.state is not State.DROPPED
            ),
        )

    async def _named(self, unit: Unit, ref: Ref) -> list[Outgoing]:
        """The copies and letters of the first message, copies first."""
        copies = await self._outbox.of_ref(unit, ref, Kind.COPY)
        return [*(row for row in copies if row.post.mark == ROOT_MARK), *await self.letters(unit, ref)]

    def _unverified(self, room: RoomId) -> str:
        failed = self._trust.room(room).failed
        return ", ".join(str(check.values["users"]) for check in failed if check.name in UNVERIFIED)

    async def progress(self, unit: Unit, ref: Ref) -> None:
        """Have the one status line that the source sees renewed; an edit that waits already will say this too."""
        if await self._outbox.waits(unit, ref, Kind.STATUS, RENEWAL):
            return
        exchange = await self.get(unit, ref)
        if exchange is None:
            return
        marked = [r for r in await self._outbox.of_ref(unit, ref, Kind.REPLY) if r.post.mark == STATUS_MARK]
        if not marked:
            return
        await self._outbox.post(
            unit,
            Post(
                room=exchange.source.room,
                kind=Kind.STATUS,
                content=await self._line(unit, exchange),
                audience=Audience.PINNED,
                tlp=exchange.tlp,
                ref=ref,
                edits=marked[0].id,
                mark=RENEWAL,
            ),
        )

    async def renewed(self, unit: Unit, row: Outgoing) -> Mapping[str, Any]:
        """What an edit that is about to be sent says: of a status line, how things are now.

        What happens from here on is said by another edit."""
        if row.post.mark not in (RENEWAL, TAKEN_UP) or row.post.ref is None:
            return row.post.content
        await self._outbox.remark(unit, row, TAKEN_UP)
        exchange = await self.get(unit, row.post.ref)
        return row.post.content if exchange is None else await self._line(unit, exchange)

    async def _line(self, unit: Unit, exchange: Exchange) -> dict[str, Any]:
        return content_of(status_line(exchange, await self.measure(unit, exchange)), "m.notice")


def _is_named(counted: Tally) -> bool:
    """Whether a status line names the organisation: of what is held or lost, and of every letter."""
    return counted.kind is Kind.LETTER or counted.state in (State.HELD, *LOST)
