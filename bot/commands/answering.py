"""What one word answers: a page, a question to its organisation, a held message, or a question of its own."""

from collections.abc import Sequence
from dataclasses import replace

from bot.assist.model import ASSIST_MARK
from bot.commands.answers import Answer as Word
from bot.commands.answers import read_answer
from bot.commands.heard import Heard
from bot.commands.plan import ALLOWS, HELD, NEVER_MIND, SHARES, WAITED, Plan, one_after_another
from bot.commands.questions import CONSENT, Kept, Questions, all_meant
from bot.commands.registry import Registry
from bot.commands.unanswered import CALLS, Pages, check_talk
from bot.db.unit import Unit
from bot.errors import NotDone
from bot.escalation.model import SHARE_MARK
from bot.exchange.service import ONWARD_MARK, Asked, Exchanges, Holding
from bot.ids import EventId, Ref, RoomId, UserId
from bot.outbox.model import Arrival, Kind, Outgoing
from bot.outbox.service import Outbox

ASKS = (ONWARD_MARK, ASSIST_MARK, SHARE_MARK)
"""Marks of what asks a whole organisation, not only whoever typed a command."""

ALONE = " \t\r\n/／"
"""What a message consists of that says no more than ``//``."""


class OutOfOrder(NotDone):
    """Your answer came late or out of order, so it is not sure what it answers; nothing was done."""

    code = "out-of-order"


class SeveralOpen(NotDone):
    """More than one question is open here; nothing was done."""

    code = "several-open"


class NothingWaits(NotDone):
    """Nothing there waits for your answer (any more). Nothing was done."""

    code = "nothing-waits"


class QuestionExpired(NotDone):
    """The question about your line has expired, so nothing was relayed: neither the line nor this word."""

    code = "question-expired"


WHICH = (OutOfOrder, SeveralOpen)
"""What is said about an answer: whoever gave one must learn that it did not count."""


class Answering:
    """Knows what waits for an answer."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        exchanges: Exchanges,
        holding: Holding,
        pages: Pages,
        questions: Questions,
        registry: Registry,
    ) -> None:
        self._outbox = outbox
        self._exchanges = exchanges
        self._holding = holding
        self._pages = pages
        self._questions = questions
        self._registry = registry

    async def plan(  # noqa: PLR0911  (one for each thing that may be answered)
        self, unit: Unit, heard: Heard, word: Word
    ) -> Plan | None:
        """What the word asks for; None if nothing waits for it.

        Raises :class:`OutOfOrder`, :class:`SeveralOpen` or :class:`QuestionExpired`."""
        room, user = heard.place.room, heard.caller.user
        questions = await self._questions.open(unit, room, user)
        held = await self._holding.open(unit, room, user)
        answered = await self._row_answered(unit, room, heard.thread, heard.reply_to)
        if heard.arrival.late and (answered is None or answered.event_id != heard.reply_to):
            # It may have been said before the bot asked anything; a reply names what it answers.
            if questions or held or await self._pages.open_pages(unit, room, user):
                raise OutOfOrder
            return None
        if answered is not None and (called := await self._called_by(unit, answered, user)) is not None:
            return self._of_page(heard, word, called)
        meant = next((each for each in held if answered is not None and each.question == answered.id), None)
        if answered is not None and answered.post.mark in ASKS and word.yes is not None:
            return self._of_organisation(heard, answered, yes=word.yes)
        if meant is not None:
            return self._of_held(heard, word, meant)
        if answered is not None or heard.thread is not None:
            return await self._of_those_there(unit, heard, word, answered, questions)
        if heard.reply_to is not None:
            return None
        pages = await self._pages.open_pages(unit, room, user)
        askable = [q for q in questions if q.options]
        asked = [q for q in askable if WAITED not in q.extra]
        if pages or asked or held:
            askable = asked  # what only had to wait must not stand in the way of a page's ok; a reply answers it
        if len(pages) + len(askable) + len(held) > 1:
            raise SeveralOpen
        if held:
            return self._of_held(heard, word, held[0])
        if pages:
            return self._of_page(heard, word, pages[0])
        return self._of_question(heard, word, askable[0]) if askable else None

    async def keeps(self, unit: Unit, heard: Heard, text: str) -> Plan | None:
        """What ``//`` answers: a line that waits for its author's consent stays here, as its question says.

        Alone it answers as ``no`` does; with words behind it, only as a reply to the question."""
        asked = await self._questions.open(unit, heard.place.room, heard.caller.user)
        lines = [q for q in asked if CONSENT in q.extra]
        if heard.reply_to is not None:
            to = await self.said_to_bot(unit, heard)
            lines = [q for q in lines if to is not None and q.outbox_row == to.id]
        elif text.strip(ALONE):
            return None
        elif heard.thread is not None:
            talk = await self._talk(unit, heard)
            lines = [q for q in lines if q.talk == talk]
        elif len(lines) > 1:
            return None
        return self._of_question(heard, Word(yes=False), lines[0]) if lines else None

    async def said_to_bot(self, unit: Unit, heard: Heard) -> Outgoing | None:
        """What the bot has said for itself, and this is a rich reply to: that is no talk with the others."""
        return await self._row_answered(unit, heard.place.room, None, heard.reply_to)

    async def stray(self, unit: Unit, heard: Heard, word: Word | None) -> Plan | None:
        """Talk around a page, and a word to what asks nothing (any more): whoever may believe that it was an answer is
        told that it was none.  Raises :class:`NothingWaits` or :class:`bot.commands.unanswered.NotAnAnswer`."""
        room, own = heard.place.room, heard.place.kind == "direct"
        to = heard.reply_to or heard.thread
        await check_talk(unit, self._pages, self._outbox, room, heard.caller.user, direct=own, reply_to=to)
        called = await self._pages.called_in(unit, room) if own and word and not to else []
        if word and called:
            return self._of_page(heard, word, called[0])
        if word and await self._row_answered(unit, room, None, to) is not None:
            raise NothingWaits
        return None

    async def waiting(self, unit: Unit, arrival: Arrival) -> Outgoing | None:
        """The bot's message, still waiting for this person's answer, that a reaction with an answer's sign is to."""
        relation = arrival.outer_relation
        event, sign = relation.get("event_id"), relation.get("key")
        if not isinstance(event, str) or not isinstance(sign, str) or read_answer(sign) is None:
            return None
        row = await self._row_answered(unit, arrival.room, None, EventId(event))
        if row is None:
            return None
        if row.post.kind in CALLS and row.post.ref in await self._pages.open_pages(unit, arrival.room, arrival.sender):
            return row
        if row.post.mark == ASSIST_MARK:
            return row
        asked = [q.outbox_row for q in await self._questions.open(unit, arrival.room, arrival.sender)]
        asked += [held.question for held in await self._holding.open(unit, arrival.room, arrival.sender)]
        return row if row.id in asked else None

    async def _row_answered(
        self, unit: Unit, room: RoomId, thread: EventId | None, reply_to: EventId | None
    ) -> Outgoing | None:
        for event in (reply_to, thread):
            if event is not None:
                row = await self._outbox.by_event(unit, event)
                asks = row is not None and (row.post.kind is not Kind.COPY or row.post.mark == ASSIST_MARK)
                if row is not None and row.post.room == room and asks:
                    return row
        return None

    async def _called_by(self, unit: Unit, row: Outgoing, user: UserId) -> Ref | None:
        """The call that a page is about, or while nobody has it, what was said of it in a paged room since."""
        room, ref = row.post.room, row.post.ref
        if row.post.kind is Kind.PAGE:
            return ref
        if row.post.kind is not Kind.NOTICE or row.post.mark in ASKS:
            return None
        waiting = [*await self._pages.open_pages(unit, room, user), *await self._pages.called_in(unit, room)]
        return ref if ref in waiting else None

    def _of_page(self, heard: Heard, word: Word, ref: Ref) -> Plan | None:
        if word.yes is None:
            return None
        command = self._registry.command("ack" if word.yes else "decline")
        return Plan(command, heard.call(command.name, str(ref), extra={"ref": ref}))

    def _of_organisation(self, heard: Heard, asked: Outgoing, *, yes: bool) -> Plan:
        """On sending on what it said, on showing it, or on helping whoever asks."""
        if asked.post.mark == ASSIST_MARK:
            line = f"{'take' if yes else 'pass'} {asked.post.ref}"
            return Plan(self._registry.command("assist"), heard.call("assist", line))
        command = SHARES if asked.post.mark == SHARE_MARK else ALLOWS
        return Plan(command, heard.call(command.name, extra={"question": asked.id, "yes": yes}))

    def _of_held(self, heard: Heard, word: Word, held: Asked) -> Plan | None:
        if word.yes is None:
            return None
        return Plan(HELD, heard.call(HELD.name, extra={"question": held.question, "yes": word.yes}))

    async def _of_those_there(
        self, unit: Unit, heard: Heard, word: Word, answered: Outgoing | None, questions: Sequence[Kept]
    ) -> Plan | None:
        """Of the person's questions those that were asked in this thread, or by what this is a reply to."""
        talk = await self._talk(unit, heard)
        mine = [
            q
            for q in questions
            if (answered is not None and q.outbox_row == answered.id)
            or (heard.thread is not None and heard.thread == q.thread)
            or (talk is not None and talk == q.talk)
        ]
        if not mine and word.yes is not None:
            row = answered.id if answered is not None and heard.reply_to is not None else None
            if await self._questions.over(unit, heard.place.room, heard.caller.user, talk=talk, row=row):
                raise QuestionExpired
        return one_after_another([self._of_question(heard, word, q) for q in all_meant(mine, word, heard.reply_to)])

    async def _talk(self, unit: Unit, heard: Heard) -> Ref | None:
        """The exchange in whose thread this stands."""
        if heard.thread is None:
            return None
        exchange = await self._exchanges.by_thread(unit, heard.place.room, heard.thread)
        return exchange.ref if exchange is not None else None

    def _of_question(self, heard: Heard, word: Word, kept: Kept) -> Plan | None:
        if word.yes is False:
            return Plan(NEVER_MIND, heard.call(NEVER_MIND.name, kept=kept), kept)
        if word.number and CONSENT in kept.extra:
            return None  # its question shows no numbers: it is said to the others
        number = 1 if word.yes else word.number or 0
        if not 1 <= number <= len(kept.options):
            return None
        command = self._registry.command(str(kept.extra.get("command") or kept.command))
        extra = {key: value for key, value in kept.extra.items() if key not in ("late", "command", WAITED)}
        call = heard.call(command.name, kept.options[number - 1], kept.body, extra, kept)
        return Plan(command, replace(call, confirmed="late" not in kept.extra), kept)
