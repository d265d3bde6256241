"""Messages that do not go out just now: what their sender is told, and asked (trust.md, Held)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.audit.service import Actor, AuditLog
from bot.db.unit import Unit
from bot.directory.service import Register
from bot.directory.service.telling import Telling
from bot.errors import NotDone
from bot.exchange import tables
from bot.exchange.model import Exchange
from bot.exchange.rules.sending import EXPIRE_AFTER
from bot.exchange.service.changes import LEFT, WITHDRAWN
from bot.exchange.service.exchanges import Exchanges
from bot.exchange.service.records import HELD_MARK
from bot.exchange.service.texts import why_lost
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich
from bot.ids import EventId, Ref, RoomId, UserId
from bot.outbox.model import Audience, Kind, Outgoing, Post, State, content_of
from bot.outbox.service import Outbox
from bot.ports import TrustView


class NothingAsked(NotDone):
    """That question about a held message is settled; nothing was done."""

    code = "nothing-asked"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that its sender has not answered."""

    question: str
    """The row by which it was asked."""
    ref: Ref


@dataclass(frozen=True, slots=True)
class _Origin:
    """Who said what is held, and where."""

    user: UserId
    room: RoomId
    event: EventId
    language: str


class Holding:
    """Tells and asks the senders of held messages, within the caller's unit."""

    def __init__(
        self, outbox: Outbox, exchanges: Exchanges, audit: AuditLog, register: Register, trust: TrustView
    ) -> None:
        self._outbox = outbox
        self._exchanges = exchanges
        self._audit = audit
        self._trust = trust
        self._telling = Telling(register, outbox, trust)

    async def unwanted(self, unit: Unit, row: Outgoing) -> str | None:
        """Why a row that is not in its room is not to come there any more: its message is withdrawn, or they have left.

        None if it still is."""
        if row.post.ref is None or row.post.kind not in (Kind.COPY, Kind.NOTICE):
            return None
        said = await tables.message_of_copy(unit, row.id)
        if said is not None and said.withdrawn_at is not None:
            return WITHDRAWN
        exchange = await self._exchanges.get(unit, row.post.ref)
        places = exchange.participants if exchange is not None else ()
        return LEFT if any(p.room == row.post.room and p.left_at is not None for p in places) else None

    async def held(self, unit: Unit, row: Outgoing, reason: str) -> None:
        """A copy is held: of a first message the status line says so, of a reply a notice to who wrote it."""
        if row.post.ref is not None and row.post.mark == "root":
            await self._exchanges.progress(unit, row.post.ref)
            return
        origin = await self._origin(unit, row)
        if origin is not None:
            why = say(origin.language, f"held-{reason}")
            text = say(origin.language, "held-reply", ref=str(row.post.ref), who=_whom([row]), why=why)
            await self._tell(unit, row, origin, text)

    async def lost(self, unit: Unit, rows: Sequence[Outgoing], reason: str) -> None:
        """Copies will not go out any more: who wrote them is told, once for each message."""
        for same in _by_message(rows):
            if same[0].post.ref is not None:
                await self._exchanges.progress(unit, same[0].post.ref)
            origin = await self._origin(unit, same[0])
            if origin is not None:
                why = why_lost(origin.language, reason)
                text = say(origin.language, "held-lost", ref=str(same[0].post.ref), who=_whom(same), why=why)
                await self._tell(unit, same[0], origin, text, ring=True)

    async def not_withdrawn(self, unit: Unit, copy: Outgoing) -> None:
        """A copy that its author has withdrawn is still in its room: the author is told where."""
        if copy.post.ref is None or copy.post.edits is not None:  # an edit goes where what it edits goes
            return
        exchange = await self._exchanges.get(unit, copy.post.ref)
        origin = self._who_said(exchange, await tables.message_of_copy(unit, copy.id))
        if origin is not None:
            text = say(origin.language, "withdrawal-refused", ref=copy.post.ref, who=_whom([copy]))
            await self._tell(unit, copy, origin, text, ring=True)

    async def ask(self, unit: Unit, rows: Sequence[tuple[Outgoing, str]]) -> None:
        """Ask the senders of these held copies, once for each message, whether they should still go out."""
        reasons = {row.id: reason for row, reason in rows}
        for same in _by_message([row for row, _ in rows]):
            origin = await self._origin(unit, same[0])
            if origin is None:
                continue
            lines = [say(origin.language, "held-question", ref=str(same[0].post.ref), who=_whom(same))]
            audience = {row.id: self._trust.members(row.post.room) for row in same}
            for row in same:
                new = sorted(audience[row.id] - set(row.post.audience_then))
                whom = _whom([row])
                if new and row.post.audience_then:
                    lines.append(say(origin.language, "held-question-new", who=whom, users=", ".join(new)))
                elif reasons[row.id] == "held-long":
                    lines.append(say(origin.language, "held-question-long", who=whom))
            hours = int(EXPIRE_AFTER.total_seconds() // 3600)
            lines.append(say(origin.language, "held-question-end", hours=hours))
            question = await self._tell(unit, same[0], origin, Rich.lines(lines), ring=True, mark=HELD_MARK)
            for row in same:
                await self._outbox.ask(unit, row, question, audience[row.id])
                await self._log(unit, row, "asked", None)

    async def open(self, unit: Unit, room: RoomId, user: UserId) -> list[Asked]:
        """The questions in this room that this person, who wrote what is held, can answer."""
        found: dict[str, Asked] = {}
        for row in await self._outbox.asked(unit):
            if row.question is None or row.question in found or row.post.ref is None:
                continue
            origin = await self._origin(unit, row)
            if origin is not None and (origin.room, origin.user) == (room, user):
                found[row.question] = Asked(row.question, row.post.ref)
        return list(found.values())

    async def answer(self, unit: Unit, question: str, actor: Actor, *, yes: bool) -> tuple[Ref, str]:
        """The sender's word: send to the audience that was asked about, or give up.  Returns what, and for whom.

        Somebody who has come since then is asked about anew.  Raises :class:`NothingAsked`."""
        rows = await self._outbox.asked(unit, question)
        if not rows or rows[0].post.ref is None:
            raise NothingAsked
        for row in rows:
            if yes:
                await self._outbox.release(unit, row.id, consent=True)
            else:
                await self._outbox.fail(unit, row, "given-up")
            await self._log(unit, row, "released" if yes else "given-up", actor)
        unit.ring("trust")  # what is held because these were is looked at
        await self._exchanges.progress(unit, rows[0].post.ref)
        return rows[0].post.ref, _whom(rows)

    # --- pieces -----------------------------------------------------------------------------------------

    async def _origin(self, unit: Unit, row: Outgoing) -> _Origin | None:
        """Where the message behind a copy came from: its number stands inside the copy."""
        exchange = await self._exchanges.get(unit, row.post.ref) if row.post.ref is not None else None
        number = row.post.content.get("org.enlace.exchange", {}).get("seq")
        said = await tables.message_number(unit, exchange.ref, number) if exchange and isinstance(number, int) else None
        return self._who_said(exchange, said)

    def _who_said(self, exchange: Exchange | None, said: Any) -> _Origin | None:
        """They are told where they said it; in their place in the exchange, if the bot is not there any more."""
        if exchange is None or said is None:
            return None
        places = [p for p in exchange.participants if p.organisation == said.organisation]
        place = next((p for p in places if p.person in (None, said.author_user)), None)
        if place is None:
            return None
        there = RoomId(said.room)
        room = there if self._trust.encrypted(there) else place.room
        language = exchange.language if room == exchange.source.room else self._telling.language(room)
        return _Origin(UserId(said.author_user), room, EventId(said.event_id), language)

    async def _tell(
        self, unit: Unit, row: Outgoing, origin: _Origin, text: Rich, *, ring: bool = False, mark: str | None = None
    ) -> str:
        content = content_of(text, "m.text" if ring else "m.notice", (origin.user,) if ring else ())
        return await self._outbox.post(
            unit,
            Post(
                room=origin.room,
                kind=Kind.REPLY,
                content=content,
                audience=Audience.PINNED,
                tlp=row.post.tlp,
                ref=row.post.ref,
                reply_to=origin.event,
                mark=mark,
            ),
        )

    async def _log(self, unit: Unit, row: Outgoing, outcome: str, actor: Actor | None) -> None:
        await self._audit.append(
            unit,
            f"delivery.{outcome}",
            actor=actor,
            ref=row.post.ref,
            outcome=outcome,
            details={
                "room": row.post.room,
                "organisation": row.post.organisation,
                "delivery": row.delivery_id,
                "audience": sorted(self._trust.members(row.post.room)),
            },
        )


def _whom(rows: Iterable[Outgoing]) -> str:
    return ", ".join(dict.fromkeys(row.post.organisation or "–" for row in rows))


def _by_message(rows: Iterable[Outgoing]) -> list[list[Outgoing]]:
    found: defaultdict[tuple[str, str], list[Outgoing]] = defaultdict(list)
    for row in rows:
        if row.state is not State.SENT:
            number = row.post.content.get("org.enlace.exchange", {}).get("seq")
            found[str(row.post.ref), str(number)].append(row)
    return list(found.values())
