"""Exchanges as they are kept: found by reference, by thread, by what was said; and who speaks from which place."""

from typing import Any

from bot.db.unit import Unit
from bot.errors import NotDone
from bot.exchange import tables
from bot.exchange.model import Author, Exchange, Message, Participant
from bot.ids import EventId, Handle, Ref, RoomId, UserId
from bot.outbox.model import Kind, Outgoing
from bot.outbox.service import Outbox
from bot.ports import Sealer
from bot.tlp import Tlp

RELAY_TO_ALL_UP_TO = 5
ONWARD_MARK, ONWARD_ASKED, HELD_MARK = "onward", "onward-asked", "held-question"
QUESTIONS = (ONWARD_MARK, ONWARD_ASKED, HELD_MARK)
"""Marks of what the bot asks somebody, or says of a question: an answer to that is no talk with the others."""


class UnknownExchange(NotDone):
    """There is no exchange {ref} in which your organisation takes part."""

    code = "unknown-exchange"


class Records:
    """Reads what is kept of the exchanges."""

    def __init__(self, outbox: Outbox, sealer: Sealer) -> None:
        self._outbox = outbox
        self._sealer = sealer

    async def by_thread(self, unit: Unit, room: RoomId, event: EventId) -> Exchange | None:
        """The exchange that a thread (or a rich reply to one of its messages) in this room belongs to."""
        ref = await tables.ref_by_root(unit, room, event)
        if ref is None:
            said = await self.message(unit, room, event)
            ref = said.ref if said is not None else None
        if ref is None:
            row = await self._outbox.by_event(unit, event)
            if row is not None and row.post.mark in QUESTIONS:
                return None
            if row is None or row.post.room != room or row.post.ref is None or not row.post.ref.startswith("MSG-"):
                return None
            ref = row.post.ref
        return await self.get(unit, Ref(ref))

    async def message(self, unit: Unit, room: RoomId, event: EventId) -> Message | None:
        """What was said in this room by this event, if it belongs to an exchange."""
        row = await tables.message_of_event(unit, event)
        return message_from(row) if row is not None and row.room == room else None

    async def worded(self, unit: Unit, room: RoomId, event: EventId) -> Message | None:
        """As :meth:`message`, or whose text was last edited by this event."""
        row = await tables.message_of_text(unit, event)
        return message_from(row) if row is not None and row.room == room else None

    async def copied(self, unit: Unit, room: RoomId, event: EventId) -> Message | None:
        """The message of which this event of this room is a copy."""
        copy = await self._outbox.by_event(unit, event)
        row = await tables.message_of_copy(unit, copy.id) if copy is not None and copy.post.room == room else None
        return message_from(row) if row is not None else None

    async def origin(self, unit: Unit, message: Message) -> Message:
        """What was said first: of a message that passes another one on, that other one."""
        row = await tables.message_by_id(unit, message.origin) if message.origin is not None else None
        return message_from(row) if row is not None else message

    async def seat(
        self, unit: Unit, ref: Ref, user: UserId, organisation: Handle | None, room: RoomId
    ) -> tuple[Exchange, Participant]:
        """The exchange, and the place in it from which this person speaks: this room's if it is theirs.

        Raises :class:`UnknownExchange`: also whoever may not know of it learns nothing else."""
        exchange = await self.get(unit, ref)
        if exchange is None:
            raise UnknownExchange(ref=ref)
        red = exchange.tlp is Tlp.RED  # then the source's place is one person's too
        own = [
            p
            for p in exchange.participants
            if p.organisation == organisation
            and p.left_at is None
            and (p.person or (exchange.author.user if red and p.is_source else None)) in (None, user)
        ]
        if not own:
            raise UnknownExchange(ref=ref)
        return exchange, next((p for p in own if p.room == room), own[0])

    async def get(self, unit: Unit, ref: Ref) -> Exchange | None:
        """One exchange, or None."""
        row = await tables.exchange(unit, ref)
        if row is None:
            return None
        return Exchange(
            ref=Ref(row.ref),
            tlp=Tlp(row.tlp),
            author=Author(UserId(row.author_user), row.author_name, Handle(row.author_organisation), row.author_level),
            subject=self._sealer.unseal(row.sealed_subject, row.ref.encode()).decode(),
            language=row.language,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            participants=tuple(_participant(place) for place in await tables.places(unit, ref)),
            notes=tuple(row.notes.split()),
        )

    async def letters(self, unit: Unit, ref: Ref) -> list[Outgoing]:
        """The letters to organisations that are not on enlace, those that never went too."""
        return await self._outbox.of_ref(unit, ref, Kind.LETTER)

    async def needs_consent(self, unit: Unit, exchange: Exchange, user: UserId) -> bool:
        """Whether this person has not yet said anything in the exchange (chat.md, Threads)."""
        return user != exchange.author.user and not await tables.has_spoken(unit, exchange.ref, user)

    def reach(self, exchange: Exchange, room: RoomId, *, everyone: bool = False) -> tuple[Participant, ...]:
        """Whom a message from this room goes to: the others, or above five only the source unless ``everyone``.

        Those who have left count too: that somebody leaves makes nothing go further than before."""
        others = [p for p in exchange.participants if p.room != room]
        if len(others) > RELAY_TO_ALL_UP_TO and not everyone and exchange.source.room != room:
            return (exchange.source,)
        return tuple(p for p in others if p.left_at is None)

    async def open_refs(self, unit: Unit, organisation: Handle) -> list[Ref]:
        """The organisation's open exchanges, newest first."""
        return [Ref(ref) for ref in await tables.open_of(unit, organisation)]


def message_from(row: Any) -> Message:
    """A row of the messages."""
    return Message(
        row.id,
        Ref(row.ref),
        int(row.seq),
        UserId(row.author_user),
        Handle(row.organisation),
        RoomId(row.room),
        EventId(row.event_id),
        row.said_at,
        row.withdrawn_at is not None,
        EventId(row.text_event),
        bool(row.carries),
        row.origin,
    )


def _participant(row: Any) -> Participant:
    return Participant(
        organisation=Handle(row.organisation),
        room=RoomId(row.room),
        is_source=bool(row.is_source),
        root_event=EventId(row.root_event) if row.root_event else None,
        root_row=row.root_row,
        left_at=row.left_at,
        person=UserId(row.person) if row.person else None,
    )
