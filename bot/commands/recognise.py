"""What a message is: a command, a one-word answer to the bot, part of an exchange's thread, or talk that is none
of the bot's business.  Asked in this order, and only what stands inside the ciphertext decides.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from bot.commands.access import NoRoomKey
from bot.commands.answering import Answering
from bot.commands.answers import read_answer
from bot.commands.call import Access, Call, Caller, Place
from bot.commands.heard import Heard
from bot.commands.parse import Typed, Unknown, read_command, said
from bot.commands.plan import LATE, Plan
from bot.commands.pointing import exchanges_at, only
from bot.commands.questions import TO_BOT, Questions
from bot.commands.registry import Registry
from bot.commands.unanswered import Pages
from bot.commands.whereabouts import Whereabouts
from bot.db.unit import Unit
from bot.directory.service import Register
from bot.directory.service.statement_files import STATEMENT, Challenges, statement_asked_for
from bot.errors import NotDone
from bot.exchange.files import FileNotEncrypted
from bot.exchange.rules.attachment import CARRIED, caption, posted
from bot.exchange.rules.relation import own_words, relation_of, thread_and_reply
from bot.exchange.rules.written import stays
from bot.exchange.service import (
    ABOUT,
    KEPT_ABOUT,
    ONWARD,
    POSTED,
    EditNotFollowed,
    Exchanges,
    Holding,
)
from bot.ids import EventId, RoomId, UserId
from bot.outbox.model import Arrival, Proof
from bot.outbox.rules import ANSWER_WINDOW
from bot.outbox.service import Outbox
from bot.ports import TrustView
from keys.statement import SIGNED_MESSAGE

SPOKEN = frozenset({"m.text", "m.emote"})
MARKS = ("!", "¡", "！")


class OutsideTheThread(NotDone):
    """What the server shows and what is encrypted disagree on whether this belongs to {ref}; it was not relayed."""

    code = "outside-thread"


class CommandInCaption(NotDone):
    """A command does not work as the caption of a file; nothing was done."""

    code = "command-in-caption"


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
        self.answering = Answering(
            outbox=outbox,
            exchanges=exchanges,
            holding=holding,
            pages=pages,
            questions=questions,
            registry=registry,
        )
        self._outbox = outbox
        self._exchanges = exchanges
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
        heard = Heard(arrival, place, caller, unit.now, *thread_and_reply(relation))
        if relation.get("rel_type") == "m.replace" and msgtype != "m.notice":
            return await self._edited(unit, heard, relation)
        if msgtype == "m.notice" or not isinstance(msgtype, str) or not isinstance(body, str):
            return None
        typed = read_command(content, self._bot, self._registry.words(), place.language) if msgtype in SPOKEN else None
        signed = said(content, self._bot).text if msgtype in SPOKEN else ""
        if signed.startswith(SIGNED_MESSAGE) and not await self._talk(unit, place, heard.thread, heard.reply_to):
            typed = Typed("verify", place.language, "", signed, "")  # an identity statement, sent as it is
        if msgtype in CARRIED:
            return await self._file(unit, heard)
        if isinstance(typed, Unknown):
            raise typed.error()
        if isinstance(typed, Typed):
            return await self._typed(unit, heard, typed)
        if arrival.proof is Proof.PLAIN:
            return None
        text = said(content, self._bot).text if msgtype in SPOKEN else ""
        word = read_answer(text)
        if word is not None:
            plan = await self.answering.plan(unit, heard, word)
        else:
            plan = await self.answering.keeps(unit, heard, text) if stays(text) else None
        pinned = arrival.proof is Proof.PINNED
        if plan is None and not (word is not None and pinned and await self.answering.said_to_bot(unit, heard)):
            plan = await self._in_thread(unit, heard)
        if plan is None and pinned:
            return await self.answering.stray(unit, heard, word)
        return plan

    async def _typed(self, unit: Unit, heard: Heard, typed: Typed) -> Plan:
        place, caller = heard.place, heard.caller
        command = self._registry.command(typed.name)
        extra: dict[str, Any] = {}
        settles = None
        about = await self._about(unit, place.room, heard.reply_to, ABOUT)
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
                    if command.resumes(typed.first_line, self._register, f"{line} {kept.head}"):
                        extra = {"kept": kept.whole, "kept-line": line, "kept-reply": kept.reply_to}
                        extra |= {"kept-said": kept.extra["said"]}
                        extra |= await self._about(unit, place.room, kept.reply_to, KEPT_ABOUT)
                    break
        call = Call(
            name=typed.name,
            first_line=typed.first_line,
            body=typed.body,
            caller=caller,
            place=place,
            event_id=heard.arrival.event_id,
            now=unit.now,
            language=typed.language,
            thread=heard.thread,
            reply_to=heard.reply_to,
            extra={**extra, **about},
        )
        sent_at = heard.arrival.sent_at
        if unit.now - sent_at > ANSWER_WINDOW and command.access is not Access.ANYONE:
            return Plan(LATE, replace(call, extra={"command": command.name, "sent_at": sent_at, **about}))
        return Plan(command, call, settles)

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

    async def _file(self, unit: Unit, heard: Heard) -> Plan | None:
        """A file is relayed like a line; what is written with it is never a command.  Who was asked for a statement
        here answers with a file, too."""
        arrival, place = heard.arrival, heard.place
        words = caption(arrival.content)
        typed = read_command({"body": words}, self._bot, self._registry.words(), place.language)
        inside = await self._talk(unit, place, heard.thread, heard.reply_to)
        statement = None if inside else await statement_asked_for(unit, arrival, self._challenges)
        if statement is not None:
            call = heard.call("verify", extra={STATEMENT: statement})
            return Plan(self._registry.command("verify"), replace(call, thread=heard.thread, reply_to=heard.reply_to))
        if arrival.proof is Proof.PLAIN:
            if inside or await self._talk(unit, place, *thread_and_reply(arrival.outer_relation)):
                raise FileNotEncrypted
            return None
        if isinstance(typed, Typed) or (inside and words.lstrip().startswith(MARKS)):
            raise CommandInCaption
        return await self._in_thread(unit, heard)

    async def _talk(self, unit: Unit, place: Place, *events: EventId | None) -> bool:
        """Whether one of these events belongs to an exchange's talk with others."""
        for event in events:
            if event is not None and await self._exchanges.by_thread(unit, place.room, event) is not None:
                return True
        return False

    async def _in_thread(self, unit: Unit, heard: Heard) -> Plan | None:
        arrival, room = heard.arrival, heard.place.room
        outer = thread_and_reply(arrival.outer_relation)
        disagree = any(outer) and outer != (heard.thread, heard.reply_to)
        kind, text = arrival.content.get("msgtype"), own_words(arrival.content)
        meant = await exchanges_at(unit, self._exchanges, room, heard.thread, heard.reply_to)
        if meant and (kind not in SPOKEN | CARRIED or stays(text)):
            return None
        if (exchange := only(meant)) is not None:
            if disagree:
                raise OutsideTheThread(ref=exchange.ref)
            extra: dict[str, Any] = {
                "in_thread": True,
                TO_BOT: await self.answering.said_to_bot(unit, heard) is not None,
            }
            if kind in CARRIED:
                text, extra[POSTED] = caption(arrival.content), asdict(posted(arrival.content))
            call = heard.call("reply", exchange.ref, text, extra)
            return Plan(self._registry.command("reply"), replace(call, thread=heard.thread, reply_to=heard.reply_to))
        for event in outer if disagree else ():
            shown = await self._exchanges.by_thread(unit, room, event) if event is not None else None
            if shown is not None:
                raise OutsideTheThread(ref=shown.ref)
        return None

    async def _edited(self, unit: Unit, heard: Heard, relation: Mapping[str, Any]) -> Plan | None:
        """An edit is followed only if it is the author's of what was relayed; a command that is edited is not run."""
        arrival, place = heard.arrival, heard.place
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
            call = heard.call("send", typed.first_line, typed.body, extra)
        elif typed is None and message.seq > 1:
            call = heard.call("reply", message.ref, str(content.get("body", "")), extra)
        else:
            raise EditNotFollowed(ref=message.ref)
        return Plan(self._registry.command(call.name), call)
