"""What becomes of an exchange after something was said in it: edited, withdrawn, removed by a server, left, closed."""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from bot.audit.service import Actor, AuditLog, content_digest
from bot.db.unit import Unit
from bot.errors import NotDone
from bot.exchange import tables
from bot.exchange.model import Author, Exchange, Message, Participant
from bot.exchange.rules.written import above
from bot.exchange.service.exchanges import ExchangeClosed, Exchanges, size_of
from bot.exchange.service.onward import BELL as BELL_ONWARD
from bot.exchange.service.records import message_from
from bot.exchange.service.texts import first_copy, line
from bot.i18n.catalogue import Value, say
from bot.ids import DeviceId, EventId, Handle, Ref, RoomId, UserId, parse_ref
from bot.outbox.model import Audience, Kind, Outgoing, Post, State, content_of
from bot.outbox.service import Amending, Outbox
from bot.ports import TrustView

EDIT = "edit"
WITHDRAWN, LEFT = "withdrawn", "left"


class WhichExchange(NotDone):
    """It is not clear which exchange is meant; nothing was done."""

    code = "which-exchange"


class OnlyTheSource(NotDone):
    """{ref} was opened by {source}, so only {source} can close it; nothing was done."""

    code = "only-the-source"


class SourceStays(NotDone):
    """Your organisation opened {ref} and cannot leave it; nothing was done."""

    code = "source-stays"


class NothingOfYours(NotDone):
    """There is nothing of yours in {ref} that could be withdrawn; nothing was done."""

    code = "nothing-of-yours"


class EditNotFollowed(NotDone):
    """Your edit of what you said in {ref} was not passed on; the others still read it as it was."""

    code = "edit-not-followed"


class Changes:
    """Changes exchanges, each within the caller's unit."""

    def __init__(
        self,
        exchanges: Exchanges,
        outbox: Outbox,
        audit: AuditLog,
        trust: TrustView,
        language: Callable[[RoomId], str],
    ) -> None:
        """``language`` tells what a room speaks."""
        self._exchanges = exchanges
        self._outbox = outbox
        self._amending = Amending(outbox)
        self._audit = audit
        self._trust = trust
        self._language = language

    async def meant(self, unit: Unit, room: RoomId, typed: str, events: Iterable[EventId | None]) -> Ref:
        """The exchange that was typed, or to whose talk one of these events of the room belongs.

        Raises :class:`WhichExchange`, or :class:`bot.ids.BadRef`."""
        if typed.strip():
            return parse_ref(typed)
        for event in events:
            exchange = await self._exchanges.by_thread(unit, room, event) if event is not None else None
            if exchange is not None:
                return exchange.ref
        raise WhichExchange

    # --- leave and close ------------------------------------------------------------------------------------

    async def close(self, unit: Unit, ref: Ref, actor: Actor, room: RoomId) -> Exchange:
        """Nothing more is relayed; the participants are told in their threads.  Only the source's organisation may."""
        exchange, seat = await self._seat(unit, ref, actor, room)
        if not seat.is_source:
            raise OnlyTheSource(ref=ref, source=exchange.author.organisation)
        await tables.close(unit, ref)
        await self._tell(unit, exchange, self._others(exchange, seat), "exchange-note-closed", who=_who(actor))
        await self._audit.append(unit, "exchange.closed", actor=actor, ref=ref)
        await self._exchanges.progress(unit, ref)
        return exchange

    async def leave(self, unit: Unit, ref: Ref, actor: Actor, room: RoomId) -> Exchange:
        """The caller's organisation gets nothing more of it; the others are told in their threads."""
        exchange, seat = await self._seat(unit, ref, actor, room)
        if seat.is_source:
            raise SourceStays(ref=ref)
        await tables.leave(unit, ref, seat.room)
        for row in await self._outbox.of_ref(unit, ref, Kind.COPY, Kind.NOTICE):
            if row.post.room == seat.room and row.state is State.HELD:
                await self._amending.take_back(unit, row, {}, LEFT)
        await self._exchanges.progress(unit, ref)
        await self._tell(unit, exchange, self._others(exchange, seat), "exchange-note-left", who=_who(actor))
        await self._audit.append(
            unit, "exchange.left", actor=actor, ref=ref, details={"organisation": seat.organisation}
        )
        return exchange

    # --- withdraw ------------------------------------------------------------------------------------------

    async def own(self, unit: Unit, ref: Ref, user: UserId) -> list[Message]:
        """What this person has said there and not withdrawn, oldest first."""
        return [message_from(row) for row in await tables.messages_by(unit, ref, user)]

    async def withdraw(self, unit: Unit, actor: Actor, messages: Sequence[Message]) -> int:
        """Take the copies of these messages of the caller out of the others' rooms; returns of how many rooms.

        A copy that has not gone out never will.  That something was said, and withdrawn, stays in the log, and
        whoever has read it has read it."""
        rooms: set[RoomId] = set()
        for message in messages:
            exchange = await self._exchanges.get(unit, message.ref)
            if exchange is None or message.author != actor.user:
                raise NothingOfYours(ref=message.ref)
            places = {p.room: p for p in exchange.participants}
            await tables.withdraw(unit, message.id)
            unit.ring(BELL_ONWARD)
            seen = await self._take_back(unit, message)
            if message.seq == 1:
                await self._outbox.drop(unit, message.ref, Kind.LETTER, reason=WITHDRAWN)
            rooms |= seen
            told = [places[room] for room in sorted(seen) if room in places]
            await self._tell(unit, exchange, told, "exchange-note-withdrawn", mark=WITHDRAWN, who=_who(actor))
            await self._audit.append(
                unit,
                "exchange.withdrawn",
                actor=actor,
                ref=message.ref,
                details={"seq": message.seq, "rooms": len(seen)},
            )
        for ref in {message.ref for message in messages}:
            await self._exchanges.progress(unit, ref)
        return len(rooms)

    async def _take_back(self, unit: Unit, message: Message) -> set[RoomId]:
        """Have every event of the message's copies redacted; returns the rooms in which one was or may have been."""
        rooms: set[RoomId] = set()
        for row_id in await tables.copies_of(unit, message.id):
            row = await self._outbox.get(unit, row_id)
            if row is None:
                continue
            instead = content_of(say(self._language(row.post.room), "exchange-withdrawn-unsent"), "m.notice")
            if not await self._amending.take_back(unit, row, instead, WITHDRAWN):
                continue
            rooms.add(row.post.room)
            await self._outbox.post(
                unit,
                Post(
                    room=row.post.room,
                    kind=Kind.WITHDRAWAL,
                    content={},
                    audience=Audience.OPEN,
                    tlp=row.post.tlp,
                    ref=message.ref,
                    organisation=row.post.organisation,
                    edits=row.id,
                    mark=WITHDRAWN,
                ),
            )
        return rooms

    # --- edit ----------------------------------------------------------------------------------------------

    async def edit(
        self,
        unit: Unit,
        message: Message,
        author: Author,
        device: DeviceId,
        event: EventId,
        text: str,
        *,
        subject: str | None = None,
    ) -> None:
        """The copies say what the author's own message says now; ``subject`` belongs to the message that opened it.

        Raises :class:`ExchangeClosed`, :class:`AboveCeiling`, :class:`TooLong` or :class:`EditNotFollowed`."""
        exchange = await self._exchanges.get(unit, message.ref)
        if exchange is None or message.withdrawn or message.carries or message.author != author.user:
            raise EditNotFollowed(ref=message.ref)
        there = {p.room: p.organisation for p in exchange.participants if p.left_at is None}
        if message.organisation != author.organisation or author.organisation not in there.values():
            raise EditNotFollowed(ref=message.ref)
        if not exchange.open:
            raise ExchangeClosed(ref=exchange.ref)
        if above(f"{subject or ''}\n{text}", exchange.tlp) is not None:
            raise EditNotFollowed(ref=message.ref)
        self._exchanges.check_author(exchange.tlp, author.user)
        size = size_of(text, subject or "")
        salt = unit.random(32)
        await tables.set_text_event(unit, message.id, event)
        if subject is not None:
            await self._exchanges.rename(unit, exchange.ref, subject)
        for row_id in await tables.copies_of(unit, message.id):
            row = await self._outbox.get(unit, row_id)
            if row is not None and row.post.edits is None and row.post.room in there:  # who has left gets nothing more
                await self._edit_copy(unit, exchange, message, author, row, salt, text, subject)
        await self._audit.append(
            unit,
            "exchange.edited",
            actor=Actor(author.organisation, author.name, author.user, device),
            ref=exchange.ref,
            details={"seq": message.seq, "digest": content_digest(salt, text.encode()), "size": size},
        )

    async def _edit_copy(
        self,
        unit: Unit,
        exchange: Exchange,
        message: Message,
        author: Author,
        row: Outgoing,
        salt: bytes,
        text: str,
        subject: str | None,
    ) -> None:
        language = self._language(row.post.room)
        if subject is None:
            said = line(language, author, exchange.tlp, text)
        else:
            names = [p.name for p in exchange.participants if not p.is_source]
            reached = self._exchanges.reach(exchange, row.post.room)
            others = [p.name for p in reached if not p.is_source]
            names += [str(one.post.organisation) for one in await self._exchanges.letters(unit, exchange.ref)]
            said = first_copy(language, author, exchange.tlp, exchange.ref, subject, text, names, others)
        content = await self._exchanges.content(unit, said, (), exchange.ref, exchange.tlp, author, message.seq, salt)
        if row.state is State.HELD or (row.state is State.SENT and row.post.content):
            mentioned = {"m.mentions": row.post.content.get("m.mentions", {})}
            await self._amending.rewrite(unit, row, {**content, **mentioned})
        if row.state in (State.QUEUED, State.SENT):
            edit = await self._outbox.post(
                unit,
                Post(
                    room=row.post.room,
                    kind=Kind.COPY,
                    content=content,
                    audience=Audience.VERIFIED,
                    tlp=exchange.tlp,
                    ref=exchange.ref,
                    organisation=row.post.organisation,
                    audience_then=tuple(sorted(self._trust.members(row.post.room))),
                    edits=row.id,
                    mark=EDIT,
                ),
            )
            await tables.add_copies(unit, [edit], message.id)

    # --- a server's redaction ------------------------------------------------------------------------------

    async def removed(self, unit: Unit, room: RoomId, event: EventId) -> bool:
        """A server says that an event is removed: that is shown, once, and not executed.  False if it is no concern.

        Anybody's server can say so.  What the others have stays; only the author's encrypted word takes it back."""
        mark = f"removed {sha256(event.encode()).hexdigest()[:32]}"
        if await self._outbox.marked(unit, room, mark):
            return False
        message = await self._exchanges.worded(unit, room, event)
        copied = await self._exchanges.copied(unit, room, event) if message is None else None
        found = message or copied
        exchange = await self._exchanges.get(unit, found.ref) if found is not None else None
        if found is None or exchange is None or found.withdrawn:
            return False
        here = next((p for p in exchange.participants if p.room == room), None)
        if here is None:
            return False
        key = "exchange-note-removed-own" if message is not None else "exchange-note-removed-copy"
        await self._tell(unit, exchange, [here], key, mark=mark, who=str(found.organisation))
        if message is not None:
            others = self._others(exchange, here)
            await self._tell(unit, exchange, others, "exchange-note-removed", who=str(found.organisation))
        await self._audit.append(
            unit, "exchange.removal-seen", ref=exchange.ref, details={"room": room, "event": event, "seq": found.seq}
        )
        return True

    # --- pieces --------------------------------------------------------------------------------------------

    async def _seat(self, unit: Unit, ref: Ref, actor: Actor, room: RoomId) -> tuple[Exchange, Participant]:
        own = Handle(actor.organisation) if actor.organisation else None
        exchange, seat = await self._exchanges.seat(unit, ref, UserId(actor.user or ""), own, room)
        if not exchange.open:
            raise ExchangeClosed(ref=ref)
        return exchange, seat

    def _others(self, exchange: Exchange, seat: Participant) -> list[Participant]:
        return [p for p in exchange.participants if p.room != seat.room and p.left_at is None]

    async def _tell(
        self,
        unit: Unit,
        exchange: Exchange,
        places: Iterable[Participant],
        key: str,
        *,
        mark: str | None = None,
        **values: Value,
    ) -> None:
        """The same sentence into the threads of these places, each in its room's language."""
        for place in places:
            text = say(self._language(place.room), key, ref=exchange.ref, **values)
            await self._outbox.post(
                unit,
                Post(
                    room=place.room,
                    kind=Kind.NOTICE,
                    content=content_of(text, "m.notice"),
                    audience=Audience.VERIFIED,
                    tlp=exchange.tlp,
                    ref=exchange.ref,
                    organisation=place.organisation,
                    thread=place.root_event,
                    thread_row=place.root_row if place.root_event is None else None,
                    mark=mark,
                ),
            )


def _who(actor: Actor) -> str:
    return f"{actor.organisation} · {actor.person}"
