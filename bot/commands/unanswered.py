"""What looks like an answer to a page and is none: at 03:00 nobody may believe to have a call that still climbs."""

from typing import Protocol

from bot.db.unit import Unit
from bot.errors import NotDone
from bot.ids import EventId, Ref, RoomId, UserId
from bot.outbox.model import Kind
from bot.outbox.service import Outbox

CALLS = (Kind.PAGE, Kind.NOTICE)
"""Kinds of what is said of a call to those who can take it: the page, and what became of it since."""


class NotAnAnswer(NotDone):
    """That did not take {ref}: nobody has it yet. Nothing was changed."""

    code = "not-an-answer"


class Pages(Protocol):
    """What the dispatcher must know of escalations: which pages in a room can still be answered."""

    async def open_pages(self, unit: Unit, room: RoomId, user: UserId) -> list[Ref]:
        """References of the escalations whose pages in this room still wait for an answer of this person."""

    async def called_in(self, unit: Unit, room: RoomId) -> list[Ref]:
        """References of the escalations that wait for an answer, and for which anybody was paged here not long ago."""


async def check_talk(
    unit: Unit, pages: Pages, outbox: Outbox, room: RoomId, user: UserId, *, direct: bool, reply_to: EventId | None
) -> None:
    """Raise :class:`NotAnAnswer` for talk that somebody may take for an answer: a reply to what was said
    of the call, or anything in the person's own room not long after a page."""
    waiting = await pages.open_pages(unit, room, user)
    if not waiting:
        return
    row = await outbox.by_event(unit, reply_to) if reply_to is not None else None
    if row is not None:
        if row.post.kind in CALLS and row.post.ref is not None and row.post.ref in waiting:
            raise NotAnAnswer(ref=row.post.ref)
    elif direct and reply_to is None:
        recent = await pages.called_in(unit, room)
        for ref in waiting:
            if ref in recent:
                raise NotAnAnswer(ref=ref)
