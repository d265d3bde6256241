"""What only a server shows and nobody signs: reactions, and that a message was removed."""

from bot.commands.answering import Answering
from bot.commands.questions import Questions
from bot.db.unit import Unit
from bot.exchange.service import Changes
from bot.i18n.catalogue import say
from bot.ids import EventId
from bot.outbox.model import Arrival, Audience, Kind, Post, content_of
from bot.outbox.service import Outbox


class Shown:
    """Answers it; does nothing that it asks for."""

    def __init__(self, outbox: Outbox, questions: Questions, answering: Answering, changes: Changes) -> None:
        self._outbox = outbox
        self._questions = questions
        self._answering = answering
        self._changes = changes

    async def reacted(self, unit: Unit, arrival: Arrival, language: str) -> None:
        """A reaction answers nothing; whoever thinks that it did is told so, once for each message, and loudly."""
        row = await self._answering.waiting(unit, arrival)
        if row is None or await self._outbox.marked(unit, arrival.room, mark := f"reaction {row.id}"):
            return
        sign = str(arrival.outer_relation.get("key", ""))
        await self._outbox.post(
            unit,
            Post(
                room=arrival.room,
                kind=Kind.REPLY,
                content=content_of(say(language, "reaction-seen", sign=sign), "m.text", (arrival.sender,)),
                audience=Audience.OPEN,
                ref=row.post.ref,
                reply_to=row.event_id,
                mark=mark,
            ),
        )

    async def removed(self, unit: Unit, arrival: Arrival, language: str) -> None:
        """What was removed is not sent by an ``ok`` that comes later; what was sent stays where it is."""
        event = EventId(str(arrival.content.get("redacts")))
        for kept in await self._questions.drop(unit, arrival.room, event):
            asked = await self._outbox.get(unit, kept.outbox_row) if kept.outbox_row else None
            await self._outbox.post(
                unit,
                Post(
                    room=arrival.room,
                    kind=Kind.REPLY,
                    content=content_of(say(language, "question-removed"), "m.notice"),
                    audience=Audience.OPEN,
                    reply_to=asked.event_id if asked else None,
                    thread=EventId(kept.thread) if kept.thread else None,
                ),
            )
        await self._changes.removed(unit, arrival.room, event)
