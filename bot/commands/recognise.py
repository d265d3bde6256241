"""What a message is: a command, a one-word answer to the bot, part of an exchange's thread, or talk that is none
of the bot's business.  Asked in this order, and only what stands inside the ciphertext decides.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from bot.assist.model import ASSIST_MARK
from bot.commands.access import NoRoomKey
from bot.commands.answers import Answer as Word
from bot.commands.answers import read_answer
from bot.commands.call import Access, Call, Caller, Place
from bot.commands.parse import Typed, Unknown, read_command, said
from bot.commands.plan import ALLOWS, HELD, LATE, NEVER_MIND, SHARES, WAITED, Plan, one_after_another
from bot.commands.questions import Kept, Questions, all_meant
from bot.commands.registry import Registry
from bot.commands.unanswered import Pages, check_talk
from bot.commands.whereabouts import Whereabouts
from bot.db.unit import Unit
from bot.directory.service import Register
from bot.directory.service.statement_files import STATEMENT, Challenges, statement_asked_for
from bot.errors import NotDone
from bot.escalation.model import SHARE_MARK
from bot.exchange.files import FileNotEncrypted
from bot.exchange.rules.attachment import CARRIED, caption, posted
from bot.exchange.rules.relation import relation_of, thread_and_reply
from bot.exchange.service import (
    ABOUT,
    KEPT_ABOUT,
    ONWARD,
    ONWARD_MARK,
    POSTED,
    Asked,
    EditNotFollowed,
    Exchanges,
    Holding,
)
from bot.ids import EventId, Ref, RoomId, UserId
from bot.outbox.model import Arrival, Kind, Outgoing, Proof
from bot.outbox.rules import ANSWER_WINDOW
from bot.outbox.service import Outbox
from bot.ports import TrustView
from keys.statement import SIGNED_MESSAGE

SPOKEN = frozenset({"m.text", "m.emote"})
MARKS = ("!", "¡", "！")
ASKS = (ONWARD_MARK, ASSIST_MARK, SHARE_MARK)
"""Marks of what asks a whole organisation, not only whoever typed a command."""


class OutsideTheThread(NotDone):
    """Only the server says that this message belongs to the thread of {ref}; it was not relayed."""

    code = "outside-thread"


class CommandInCaption(NotDone):
    """A command does not work as the caption of a file; nothing was done."""

    code = "command-in-caption"


class OutOfOrder(NotDone):
    """Your answer came late or out of order, so it is not sure what it answers; nothing was done."""

    code = "out-of-order"


class SeveralOpen(NotDone):
    """More than one question is open here; nothing was done."""

    code = "several-open"


WHICH = (OutOfOrder, SeveralOpen)
"""What is said about an answer: whoever gave one must learn that it did not count."""


class Recogniser(Whereabouts):
    """Finds out what an arrival asks for."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        exchanges: Exchanges,
        holding: Holding,
        pages: Pages,
        questions: Questions,
        registry: Registry,
        register: Register,
        challenges: Challenges,
        trust: TrustView,
        bot_user: UserId,
    ) -> None:
        super().__init__(register, trust)
        self._outbox = outbox
        self._exchanges = exchanges
        self._holding = holding
        self._pages = pages
        self._questions = questions
        self._registry = registry
        self._challenges = challenges
        self._bot = bot_user

    async def plan(  # noqa: PLR0911  (one for each thing that a message can be)
        self, unit: Unit, arrival: Arrival, place: Place, caller: Caller
    ) -> Plan | None:
        """What is to be run; None for talk.  Raises :class:`keys.errors.EnlaceError` for a refusal."""
        content = arrival.content
        if arrival.proof is Proof.UNREADABLE:
            raise NoRoomKey
        msgtype = content.get("msgtype")
        body = content.get("body")
        relation = relation_of(content)
        if relation.get("rel_type") == "m.replace" and msgtype != "m.notice":
            return await self._edited(unit, arrival, place, caller, relation)
        if msgtype == "m.notice" or not isinstance(msgtype, str) or not isinstance(body, str):
            return None
        thread, reply_to = thread_and_reply(relation)
        typed = read_command(content, self._bot, self._registry.words(), place.language) if msgtype in SPOKEN else None
        signed = said(content, self._bot).text if msgtype in SPOKEN else ""
        if signed.startswith(SIGNED_MESSAGE) and not await self._talk(unit, place, thread, reply_to):
            typed = Typed("verify", place.language, "", signed, "")  # an identity statement, sent as it is
        if msgtype in CARRIED:
            return await self._file(unit, arrival, place, caller, thread, reply_to)
        if isinstance(typed, Unknown):
            raise typed.error()
        if isinstance(typed, Typed):
            return await self._typed(unit, arrival, place, caller, typed, thread, reply_to)
        if arrival.proof is Proof.PLAIN:
            return None
        word = read_answer(said(content, self._bot).text) if msgtype in SPOKEN else None
        if word is not None:
            plan = await self._answered(unit, arrival, place, caller, word, thread, reply_to)
            if plan is not None:
                return plan
        plan = await self._in_thread(unit, arrival, place, caller, thread, reply_to)
        if plan is None and thread is None and arrival.proof is Proof.PINNED:
            return await self._stray(unit, arrival, place, caller, word, reply_to)
        return plan

    async def _stray(
        self, unit: Unit, arrival: Arrival, place: Place, caller: Caller, word: Word | None, reply_to: EventId | None
    ) -> Plan | None:
        """Talk around a page: whoever may believe that it took the call is told that it did not."""
        own = place.kind == "direct"
        await check_talk(unit, self._pages, self._outbox, place.room, caller.user, direct=own, reply_to=reply_to)
        called = await self._pages.called_in(unit, place.room) if own and word and not reply_to else []
        return self._page_plan(arrival, place, caller, word, called[0], unit) if word and called else None

    async def waiting(self, unit: Unit, arrival: Arrival) -> Outgoing | None:
        """The bot's message, still waiting for this person's answer, that a reaction with an answer's sign is to."""
        relation = arrival.outer_relation
        event, sign = relation.get("event_id"), relation.get("key")
        if not isinstance(event, str) or not isinstance(sign, str) or read_answer(sign) is None:
            return None
        row = await self._row_answered(unit, arrival.room, None, EventId(event))
        if row is None:
            return None
        if row.post.kind is Kind.PAGE:
            return row if row.post.ref in await self._pages.open_pages(unit, arrival.room, arrival.sender) else None
        if row.post.mark == ASSIST_MARK:
            return row
        asked = [q.outbox_row for q in await self._questions.open(unit, arrival.room, arrival.sender)]
        asked += [held.question for held in await self._holding.open(unit, arrival.room, arrival.sender)]
        return row if row.id in asked else None

    async def _typed(
        self,
        unit: Unit,
        arrival: Arrival,
        place: Place,
        caller: Caller,
        typed: Typed,
        thread: EventId | None,
        reply_to: EventId | None,
    ) -> Plan:
        command = self._registry.command(typed.name)
        extra: dict[str, Any] = {}
        settles = None
        about = await self._about(unit, place.room, reply_to, ABOUT)
        named = typed.first_line[:9].upper()
        if ABOUT in about and named.startswith("MSG-"):
            talk = await self._exchanges.by_thread(unit, place.room, EventId(about[ABOUT]))
            if talk is not None and talk.ref == named:
                about = {}  # what is in this exchange already does not go along once more
        if command.resumes is not None and not typed.body:
            # A corrected first line resends the same text; nobody retypes a message.
            for kept in await self._questions.open(unit, place.room, caller.user):
                if kept.command == typed.name and (kept.body or kept.reply_to):
                    settles = kept
                    line = str(kept.extra.get("line", ""))
                    if command.resumes(typed.first_line, self._register, line):
                        extra = {"kept": kept.body, "kept-line": line, "kept-reply": kept.reply_to}
                        extra |= {"kept-said": kept.extra["said"]}
                        extra |= await self._about(unit, place.room, kept.reply_to, KEPT_ABOUT)
                    break
        call = Call(
            name=typed.name,
            first_line=typed.first_line,
            body=typed.body,
            caller=caller,
            place=place,
            event_id=arrival.event_id,
            now=unit.now,
            language=typed.language,
            thread=thread,
            reply_to=reply_to,
            extra={**extra, **about},
        )
        if unit.now - arrival.sent_at > ANSWER_WINDOW and command.access is not Access.ANYONE:
            return Plan(LATE, replace(call, extra={"command": command.name, "sent_at": arrival.sent_at, **about}))
        return Plan(command, call, settles)

    async def _answered(  # noqa: PLR0911  (one for each thing that may be answered)
        self,
        unit: Unit,
        arrival: Arrival,
        place: Place,
        caller: Caller,
        word: Word,
        thread: EventId | None,
        reply_to: EventId | None,
    ) -> Plan | None:
        questions = await self._questions.open(unit, place.room, caller.user)
        held = await self._holding.open(unit, place.room, caller.user)
        answered = await self._row_answered(unit, place.room, thread, reply_to)
        if arrival.late and (answered is None or answered.event_id != reply_to):
            # It may have been said before the bot asked anything; a reply names what it answers.
            if questions or held or await self._pages.open_pages(unit, place.room, caller.user):
                raise OutOfOrder
            return None
        if answered is not None and answered.post.kind is Kind.PAGE and answered.post.ref is not None:
            return self._page_plan(arrival, place, caller, word, answered.post.ref, unit)
        meant = next((each for each in held if answered is not None and each.question == answered.id), None)
        if answered is not None and answered.post.mark in ASKS and word.yes is not None:
            return self._asked_plan(arrival, place, caller, answered, unit, yes=word.yes)
        if meant is not None:
            return self._held_plan(arrival, place, caller, word, meant, unit)
        if answered is not None or thread is not None:
            mine = [
                q
                for q in questions
                if (answered is not None and q.outbox_row == answered.id) or (thread is not None and q.thread == thread)
            ]
            plans = [
                self._question_plan(arrival, caller, place, word, q, unit) for q in all_meant(mine, word, reply_to)
            ]
            return one_after_another(plans)
        if reply_to is not None:
            return None
        pages = await self._pages.open_pages(unit, place.room, caller.user)
        askable = [q for q in questions if q.options]
        asked = [q for q in askable if WAITED not in q.extra]
        if pages or asked or held:
            askable = asked  # what only had to wait must not stand in the way of a page's ok; a reply answers it
        if len(pages) + len(askable) + len(held) > 1:
            raise SeveralOpen
        if held:
            return self._held_plan(arrival, place, caller, word, held[0], unit)
        if pages:
            return self._page_plan(arrival, place, caller, word, pages[0], unit)
        return self._question_plan(arrival, caller, place, word, askable[0], unit) if askable else None

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

    def _page_plan(
        self, arrival: Arrival, place: Place, caller: Caller, word: Word, ref: Ref | None, unit: Unit
    ) -> Plan | None:
        if ref is None or word.yes is None:
            return None
        command = self._registry.command("ack" if word.yes else "decline")
        return Plan(command, self._plain_call(command.name, str(ref), "", arrival, place, caller, unit, {"ref": ref}))

    def _asked_plan(
        self, arrival: Arrival, place: Place, caller: Caller, asked: Outgoing, unit: Unit, *, yes: bool
    ) -> Plan:
        """The word of an organisation: on sending on what it said, on showing it, or on helping whoever asks."""
        if asked.post.mark == ASSIST_MARK:
            line = f"{'take' if yes else 'pass'} {asked.post.ref}"
            call = self._plain_call("assist", line, "", arrival, place, caller, unit, {})
            return Plan(self._registry.command("assist"), call)
        extra = {"question": asked.id, "yes": yes}
        command = SHARES if asked.post.mark == SHARE_MARK else ALLOWS
        return Plan(command, self._plain_call(command.name, "", "", arrival, place, caller, unit, extra))

    def _held_plan(
        self, arrival: Arrival, place: Place, caller: Caller, word: Word, held: Asked, unit: Unit
    ) -> Plan | None:
        if word.yes is None:
            return None
        extra = {"question": held.question, "yes": word.yes}
        return Plan(HELD, self._plain_call(HELD.name, "", "", arrival, place, caller, unit, extra))

    def _question_plan(
        self, arrival: Arrival, caller: Caller, place: Place, word: Word, kept: Kept, unit: Unit
    ) -> Plan | None:
        if word.yes is False:
            return Plan(
                NEVER_MIND, self._plain_call("never-mind", "", "", arrival, place, caller, unit, {}, kept), kept
            )
        number = 1 if word.yes else word.number or 0
        if not 1 <= number <= len(kept.options):
            return None
        command = self._registry.command(str(kept.extra.get("command") or kept.command))
        late = "late" in kept.extra
        extra = {key: value for key, value in kept.extra.items() if key not in ("late", "command", WAITED)}
        call = self._plain_call(
            command.name, kept.options[number - 1], kept.body, arrival, place, caller, unit, extra, kept
        )
        return Plan(command, replace(call, confirmed=not late), kept)

    async def _about(self, unit: Unit, room: RoomId, event: str | None, name: str) -> dict[str, Any]:
        """The message that a command is a reply to; of the bot's own only a copy counts: that of whose message."""
        if event is None:
            return {}
        if await self._outbox.by_event(unit, EventId(event)) is None:
            return {name: event}
        said = await self._exchanges.copied(unit, room, EventId(event))
        if said is None:
            return {}
        first = said if said.withdrawn else await self._exchanges.origin(unit, said)
        return {
            ONWARD: {
                "ref": said.ref,
                "seq": first.seq,
                "room": first.room,
                "said": first.event,
                "event": first.text_event,
                "carries": first.carries,
            }
        }

    async def _file(
        self,
        unit: Unit,
        arrival: Arrival,
        place: Place,
        caller: Caller,
        thread: EventId | None,
        reply_to: EventId | None,
    ) -> Plan | None:
        """A file is relayed like a line; what is written with it is never a command.  Who was asked for a statement
        here answers with a file, too."""
        words = caption(arrival.content)
        typed = read_command({"body": words}, self._bot, self._registry.words(), place.language)
        inside = await self._talk(unit, place, thread, reply_to)
        statement = None if inside else await statement_asked_for(unit, arrival, self._challenges)
        if statement is not None:
            extra = {STATEMENT: statement}
            call = self._plain_call("verify", "", "", arrival, place, caller, unit, extra)
            return Plan(self._registry.command("verify"), replace(call, thread=thread, reply_to=reply_to))
        if arrival.proof is Proof.PLAIN:
            if inside or await self._talk(unit, place, *thread_and_reply(arrival.outer_relation)):
                raise FileNotEncrypted
            return None
        if isinstance(typed, Typed) or (inside and words.lstrip().startswith(MARKS)):
            raise CommandInCaption
        return await self._in_thread(unit, arrival, place, caller, thread, reply_to)

    async def _talk(self, unit: Unit, place: Place, *events: EventId | None) -> bool:
        """Whether one of these events belongs to an exchange's talk with others."""
        for event in events:
            if event is not None and await self._exchanges.by_thread(unit, place.room, event) is not None:
                return True
        return False

    async def _in_thread(
        self,
        unit: Unit,
        arrival: Arrival,
        place: Place,
        caller: Caller,
        thread: EventId | None,
        reply_to: EventId | None,
    ) -> Plan | None:
        for event in (thread, reply_to):
            exchange = await self._exchanges.by_thread(unit, place.room, event) if event is not None else None
            if exchange is None:
                continue
            kind, text = arrival.content.get("msgtype"), str(arrival.content.get("body", ""))
            if kind not in SPOKEN | CARRIED or text.lstrip().startswith("//"):
                return None
            extra: dict[str, Any] = {"in_thread": True}
            if kind in CARRIED:
                text, extra[POSTED] = caption(arrival.content), asdict(posted(arrival.content))
            command = self._registry.command("reply")
            call = self._plain_call("reply", exchange.ref, text, arrival, place, caller, unit, extra)
            return Plan(command, replace(call, thread=thread, reply_to=reply_to))
        if thread is None and reply_to is None:
            for event in thread_and_reply(arrival.outer_relation):
                outer = await self._exchanges.by_thread(unit, place.room, event) if event is not None else None
                if outer is not None:
                    raise OutsideTheThread(ref=outer.ref)
        return None

    async def _edited(
        self, unit: Unit, arrival: Arrival, place: Place, caller: Caller, relation: Mapping[str, Any]
    ) -> Plan | None:
        """An edit is followed only if it is the author's of what was relayed; a command that is edited is not run."""
        event, content = relation.get("event_id"), arrival.content.get("m.new_content")
        if arrival.proof is Proof.PLAIN or not isinstance(event, str) or not isinstance(content, Mapping):
            return None
        message = await self._exchanges.message(unit, place.room, EventId(event))
        if message is None or message.author != arrival.sender:
            await self._questions.not_edited(unit, place.room, arrival.sender, event)
            return None
        if str(content.get("msgtype")) not in SPOKEN:
            raise EditNotFollowed(ref=message.ref)
        typed = read_command(content, self._bot, self._registry.words(), place.language)
        extra = {"edits": message.event}
        if isinstance(typed, Typed) and typed.name == "send" and message.seq == 1:
            call = self._plain_call("send", typed.first_line, typed.body, arrival, place, caller, unit, extra)
        elif typed is None and message.seq > 1:
            text = str(content.get("body", ""))
            call = self._plain_call("reply", message.ref, text, arrival, place, caller, unit, extra)
        else:
            raise EditNotFollowed(ref=message.ref)
        return Plan(self._registry.command(call.name), call)

    def _plain_call(
        self,
        name: str,
        first_line: str,
        body: str,
        arrival: Arrival,
        place: Place,
        caller: Caller,
        unit: Unit,
        extra: Mapping[str, Any],
        kept: Kept | None = None,
    ) -> Call:
        return Call(
            name=name,
            first_line=first_line,
            body=body,
            caller=caller,
            place=place,
            event_id=arrival.event_id,
            now=unit.now,
            language=kept.language if kept else place.language,
            thread=EventId(kept.thread) if kept and kept.thread else None,
            reply_to=EventId(kept.reply_to) if kept and kept.reply_to else None,
            extra=extra,
        )
