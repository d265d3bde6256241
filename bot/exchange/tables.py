"""Tables of the exchanges and their queries."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)

from bot.db.base import metadata
from bot.db.types import Utc
from bot.db.unit import Unit

exchanges = Table(
    "exchanges",
    metadata,
    Column("ref", String(16), primary_key=True),
    Column("tlp", String(16), nullable=False),
    Column("author_user", String(255), nullable=False),
    Column("author_name", String(255), nullable=False),
    Column("author_organisation", String(255), nullable=False),
    Column("author_level", String(16), nullable=False),
    Column("sealed_subject", LargeBinary, nullable=False),
    Column("language", String(16), nullable=False),
    Column("notes", String(64), nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("closed_at", Utc),
)

participants = Table(
    "exchange_participants",
    metadata,
    Column("ref", String(16), ForeignKey("exchanges.ref"), primary_key=True),
    Column("room", String(255), primary_key=True),
    Column("organisation", String(255), nullable=False),
    Column("is_source", Boolean, nullable=False),
    Column("root_event", String(255)),
    Column("root_row", String(32)),
    Column("person", String(255)),
    Column("left_at", Utc),
)

messages = Table(
    "exchange_messages",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("ref", String(16), ForeignKey("exchanges.ref"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("author_user", String(255), nullable=False),
    Column("organisation", String(255), nullable=False),
    Column("room", String(255), nullable=False),
    Column("event_id", String(255), nullable=False),
    Column("said_at", Utc, nullable=False),
    Column("text_event", String(255), nullable=False),
    Column("carries", Boolean, nullable=False),
    Column("origin", String(32)),
    Column("withdrawn_at", Utc),
    UniqueConstraint("ref", "seq"),
    UniqueConstraint("event_id"),
    Index("ix_exchange_messages_ref_author", "ref", "author_user"),
    Index("ix_exchange_messages_text_event", "text_event"),
)

copies = Table(
    "exchange_copies",
    metadata,
    Column("row_id", String(32), primary_key=True),
    Column("message", String(32), ForeignKey("exchange_messages.id"), nullable=False),
    Index("ix_exchange_copies_message", "message"),
)

onward = Table(
    "exchange_onward",
    metadata,
    Column("question", String(32), primary_key=True),
    Column("message", String(32), ForeignKey("exchange_messages.id"), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("asked_at", Utc, nullable=False),
    Column("settled_at", Utc),
)


# --- statements that every message needs, built once ------------------------------------------------------

_EXCHANGE = select(exchanges).where(exchanges.c.ref == bindparam("ref"))
_PLACES = (
    select(participants)
    .where(participants.c.ref == bindparam("ref"))
    .order_by(participants.c.is_source.desc(), participants.c.organisation)
)
_BY_ROOT = select(participants.c.ref).where(
    participants.c.room == bindparam("room"), participants.c.root_event == bindparam("event")
)
_SET_ROOT = (
    update(participants)
    .where(
        participants.c.ref == bindparam("of_ref"),
        participants.c.room == bindparam("in_room"),
        participants.c.root_row == bindparam("row"),
    )
    .values(root_event=bindparam("event"))
)
_SET_ROOT_ROW = (
    update(participants)
    .where(participants.c.ref == bindparam("of_ref"), participants.c.room == bindparam("in_room"))
    .values(root_row=bindparam("row"))
)
_LOCK = select(exchanges.c.ref).where(exchanges.c.ref == bindparam("ref")).with_for_update()
_LAST = select(func.max(messages.c.seq)).where(messages.c.ref == bindparam("ref"))
_ADD_MESSAGE = insert(messages)
_ADD_COPY = insert(copies)
_NUMBER = select(messages).where(messages.c.ref == bindparam("ref"), messages.c.seq == bindparam("number"))
_SPOKEN = (
    select(messages.c.id)
    .where(messages.c.ref == bindparam("ref"), messages.c.author_user == bindparam("user"))
    .limit(1)
)
_ADD, _ADD_PLACES = insert(exchanges), insert(participants)
_OF_EVENT = select(messages).where(messages.c.event_id == bindparam("event"))
_OF_TEXT = select(messages).where(
    or_(messages.c.event_id == bindparam("event"), messages.c.text_event == bindparam("event"))
)
_ANSWERS = select(func.count()).where(messages.c.ref == bindparam("ref"), messages.c.organisation != bindparam("but"))


async def add_exchange(unit: Unit, row: dict[str, Any], places: Sequence[dict[str, Any]]) -> None:
    """A new exchange with its participants."""
    await unit.execute(_ADD, row)
    await unit.execute(_ADD_PLACES, places)


async def exchange(unit: Unit, ref: str) -> Row[Any] | None:
    """One exchange."""
    return await unit.first(_EXCHANGE, ref=ref)


async def places(unit: Unit, ref: str) -> Sequence[Row[Any]]:
    """Its participants, the source first."""
    return await unit.all(_PLACES, ref=ref)


async def ref_by_root(unit: Unit, room: str, event_id: str) -> str | None:
    """The exchange whose thread root in this room is this event."""
    found: str | None = await unit.scalar(_BY_ROOT, room=room, event=event_id)
    return found


async def set_roots(unit: Unit, events: Sequence[tuple[str, str, str, str]]) -> None:
    """First copies are in their rooms (reference, room, row, event): their events are the thread roots there."""
    if events:
        names = ("of_ref", "in_room", "row", "event")
        await unit.execute(_SET_ROOT, [dict(zip(names, event, strict=True)) for event in events])


async def set_root_rows(unit: Unit, ref: str, rows: Mapping[str, str]) -> None:
    """The outbox rows, by room, whose events will be the thread roots there."""
    if rows:
        values = [{"of_ref": ref, "in_room": room, "row": row} for room, row in rows.items()]
        await unit.execute(_SET_ROOT_ROW, values)


async def ask_onward(unit: Unit, question: str, message: str, sealed: bytes) -> None:
    """The source of a message is asked whether it may go on."""
    row = {"question": question, "message": message, "sealed": sealed, "asked_at": unit.now}
    await unit.execute(insert(onward).values(**row))


async def onward_of(unit: Unit, question: str) -> Row[Any] | None:
    """What a question to a source is about, with the message."""
    query = select(onward, messages).join(messages, messages.c.id == onward.c.message)
    return await unit.first(query.where(onward.c.question == question))


async def onward_over(unit: Unit, asked_before: datetime) -> Sequence[Row[Any]]:
    """Questions to sources that nobody can answer any more, with their messages: too old, or withdrawn."""
    query = select(onward, messages).join(messages, messages.c.id == onward.c.message)
    over = or_(onward.c.asked_at < asked_before, messages.c.withdrawn_at.is_not(None))
    return await unit.all(query.where(onward.c.settled_at.is_(None), over).order_by(onward.c.asked_at))


async def settle_onward(unit: Unit, question: str) -> None:
    """It is answered; the text is wiped."""
    await unit.execute(update(onward).where(onward.c.question == question).values(settled_at=unit.now, sealed=b""))


async def set_text_event(unit: Unit, message: str, event_id: str) -> None:
    """The message's author has edited it by this event."""
    await unit.execute(update(messages).where(messages.c.id == message).values(text_event=event_id))


async def close(unit: Unit, ref: str) -> None:
    """Nothing more is relayed."""
    await unit.execute(update(exchanges).where(exchanges.c.ref == ref).values(closed_at=unit.now))


async def set_subject(unit: Unit, ref: str, sealed: bytes) -> None:
    """Another subject."""
    await unit.execute(update(exchanges).where(exchanges.c.ref == ref).values(sealed_subject=sealed))


async def leave(unit: Unit, ref: str, room: str) -> None:
    """This participant gets nothing more."""
    query = update(participants).where(participants.c.ref == ref, participants.c.room == room)
    await unit.execute(query.values(left_at=unit.now))


async def add_message(unit: Unit, row: dict[str, Any]) -> int:
    """Count a message in; returns its number within the exchange, from 1."""
    if unit.dialect != "sqlite":  # which has one writer; elsewhere two rooms may speak at the same moment
        await unit.first(_LOCK, ref=row["ref"])
    last = await unit.scalar(_LAST, ref=row["ref"])
    number = int(last or 0) + 1
    await unit.execute(_ADD_MESSAGE, {**row, "seq": number})
    return number


async def message_of_event(unit: Unit, event_id: str) -> Row[Any] | None:
    """The message that came in as this event."""
    return await unit.first(_OF_EVENT, event=event_id)


async def message_of_text(unit: Unit, event_id: str) -> Row[Any] | None:
    """The message that came in as this event, or whose text came by it."""
    return await unit.first(_OF_TEXT, event=event_id)


async def message_by_id(unit: Unit, message: str) -> Row[Any] | None:
    """One message."""
    return await unit.first(select(messages).where(messages.c.id == message))


async def message_number(unit: Unit, ref: str, number: int) -> Row[Any] | None:
    """The message with this number within an exchange."""
    return await unit.first(_NUMBER, ref=ref, number=number)


async def message_of_copy(unit: Unit, row_id: str) -> Row[Any] | None:
    """The message that this row of the outbox is a copy of."""
    query = select(messages).join(copies, copies.c.message == messages.c.id)
    return await unit.first(query.where(copies.c.row_id == row_id))


async def messages_by(unit: Unit, ref: str, user: str) -> Sequence[Row[Any]]:
    """What this person has said in the exchange and not withdrawn, oldest first."""
    query = select(messages).where(
        messages.c.ref == ref, messages.c.author_user == user, messages.c.withdrawn_at.is_(None)
    )
    return await unit.all(query.order_by(messages.c.seq))


async def withdraw(unit: Unit, message: str) -> None:
    """Its author has taken it back."""
    await unit.execute(update(messages).where(messages.c.id == message).values(withdrawn_at=unit.now))


async def add_copies(unit: Unit, rows: Sequence[str], message: str) -> None:
    """These rows of the outbox are copies of a message."""
    if rows:
        await unit.execute(_ADD_COPY, [{"row_id": row, "message": message} for row in rows])


async def copies_of(unit: Unit, message: str) -> list[str]:
    """The rows of the outbox that are copies of a message."""
    return [row.row_id for row in await unit.all(select(copies.c.row_id).where(copies.c.message == message))]


async def has_spoken(unit: Unit, ref: str, user: str) -> bool:
    """Whether this person has said something in the exchange already."""
    return await unit.first(_SPOKEN, ref=ref, user=user) is not None


async def answers(unit: Unit, ref: str, but_organisation: str) -> int:
    """How many messages others than this organisation have said."""
    return int(await unit.scalar(_ANSWERS, ref=ref, but=but_organisation) or 0)


async def open_of(unit: Unit, organisation: str) -> Sequence[str]:
    """References of the open exchanges that an organisation takes part in, newest first."""
    query = (
        select(exchanges.c.ref, exchanges.c.opened_at)
        .join(participants, participants.c.ref == exchanges.c.ref)
        .where(
            participants.c.organisation == organisation,
            participants.c.left_at.is_(None),
            exchanges.c.closed_at.is_(None),
        )
        .order_by(exchanges.c.opened_at.desc())
        .distinct()
    )
    return [row[0] for row in await unit.all(query)]
