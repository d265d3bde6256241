"""From an inbox row to its one answer: gates → parse → handler, all in one transaction with the row's end.

A message is, in this order: a command; a one-word answer to the bot; part of an exchange's thread; or talk
that is none of the bot's business.  Only what stands inside the ciphertext decides which.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import structlog

from bot.audit.service import Actor, AuditLog
from bot.commands.access import Denied, admit
from bot.commands.answers import Answer as Word
from bot.commands.answers import read_answer
from bot.commands.call import Access, Answer, Call, Caller, Command, Place, Question, Refusal, Reply
from bot.commands.parse import Typed, Unknown, read_command
from bot.commands.questions import Kept, Questions
from bot.commands.registry import Registry
from bot.db.unit import Database, Unit
from bot.directory.service import Register
from bot.errors import EnlaceError, NotDone
from bot.exchange.service import Exchanges, content_of
from bot.i18n.catalogue import catalogue, say
from bot.i18n.rich import Rich
from bot.ids import EventId, Ref, RoomId, UserId
from bot.outbox.model import Arrival, Audience, Kind, Outgoing, Post, Proof
from bot.outbox.rules import ANSWER_WINDOW
from bot.outbox.service import BELL_IN, Outbox
from bot.ports import TrustView

log = structlog.get_logger(__name__)

WIDTH = 8
TRIES = 3
HANDLE_TIMEOUT = 60.0
SPOKEN = frozenset({"m.text", "m.emote"})
CARRIED = frozenset({"m.file", "m.image", "m.audio", "m.video"})


class OutsideTheThread(NotDone):
    """Only the server says that this message belongs to the thread of {ref}; it was not relayed."""

    code = "outside-thread"


class OnlyText(NotDone):
    """Only text is relayed; the file stayed in this room."""

    code = "only-text"


class SeveralOpen(NotDone):
    """More than one question is open here; nothing was done."""

    code = "several-open"


class Unreadable(NotDone):
    """Your message reached me without its key; I could not read it and did nothing."""

    code = "unreadable"


class Unforeseen(NotDone):
    """Something failed inside enlace ({id}); nothing was done."""

    code = "unforeseen"


class Pages(Protocol):
    """What the dispatcher must know of escalations: which pages in a room can still be answered."""

    async def open_pages(self, unit: Unit, room: RoomId, user: UserId) -> list[Ref]:
        """References of the escalations whose pages in this room still wait for an answer of this person."""


class _Again(Exception):  # noqa: N818  (not an error: somebody has handled the row already)
    """The row was handled before; roll back."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run for an arrival."""

    command: Command
    call: Call
    settles: Kept | None = None


class Dispatcher:
    """Handles the inbox: rooms side by side, each room in order."""

    def __init__(
        self,
        *,
        database: Database,
        outbox: Outbox,
        audit: AuditLog,
        exchanges: Exchanges,
        pages: Pages,
        questions: Questions,
        registry: Registry,
        register: Register,
        trust: TrustView,
        services: object,
        bot_user: UserId,
    ) -> None:
        self._db = database
        self._outbox = outbox
        self._audit = audit
        self._exchanges = exchanges
        self._pages = pages
        self._questions = questions
        self._registry = registry
        self._register = register
        self._trust = trust
        self._services = services
        self._bot = bot_user
        self._busy: dict[RoomId, asyncio.Task[None]] = {}
        self._bell = database.listen(BELL_IN)

    # --- the loop ---------------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set, then finish what is under way."""
        while not stop.is_set():
            self._bell.clear()
            await self.start_waiting()
            waiters = [asyncio.ensure_future(self._bell.wait()), asyncio.ensure_future(stop.wait())]
            try:
                await asyncio.wait(waiters, timeout=10, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for waiter in waiters:
                    waiter.cancel()
        if self._busy:
            await asyncio.wait(list(self._busy.values()), timeout=8)

    async def drain(self) -> None:
        """Handle everything that waits, and return."""
        while await self.start_waiting() or self._busy:
            if self._busy:
                await asyncio.wait(list(self._busy.values()), return_when=asyncio.FIRST_COMPLETED)

    async def start_waiting(self) -> int:
        """Start handling the oldest event of each room that is not being served; returns how many were started."""
        free = WIDTH - len(self._busy)
        if free <= 0:
            return 0
        async with self._db.reading() as unit:
            rows = await self._outbox.waiting(unit, free, list(self._busy))
        for seq, attempts, arrival in rows:
            task = asyncio.create_task(self._serve(seq, attempts, arrival), name=f"handle {seq}")
            self._busy[arrival.room] = task
            task.add_done_callback(lambda _, room=arrival.room: self._free(room))
        return len(rows)

    def _free(self, room: RoomId) -> None:
        self._busy.pop(room, None)
        self._bell.set()

    async def _serve(self, seq: int, attempts: int, arrival: Arrival) -> None:
        try:
            await asyncio.wait_for(self.handle(seq, arrival), HANDLE_TIMEOUT)
        except _Again:
            pass
        except Exception:
            number = f"E-{seq:X}"
            log.exception("handle.failed", error_id=number, event=arrival.event_id, attempt=attempts + 1)
            async with self._db.unit() as unit:
                tried = await self._outbox.stumbled(unit, seq)
            if tried < TRIES:
                await asyncio.sleep(0.3 * tried)
                return
            async with self._db.unit() as unit:
                await self._outbox.gave_up(unit, seq, number)
                await self._say(unit, arrival, catalogue().error(self._place(arrival).language, Unforeseen(id=number)))

    # --- one event --------------------------------------------------------------------------------------

    async def handle(self, seq: int, arrival: Arrival) -> None:
        """Handle one event to its end; raises only what is unforeseen."""
        place, caller = self._place(arrival), self._caller(arrival)
        async with self._db.unit() as unit:
            try:
                plan = await self._plan(unit, arrival, place, caller)
            except EnlaceError as refusal:
                await self._end(unit, seq, f"refused {refusal.code}")
                await self._say(unit, arrival, catalogue().error(place.language, refusal))
                return
            if plan is None:
                await self._end(unit, seq, "talk")
                return
        await self._run(seq, arrival, plan)

    async def _run(self, seq: int, arrival: Arrival, plan: Plan) -> None:
        command, call = plan.command, plan.call
        try:
            admit(command.access, call.caller, call.place, arrival.proof, self._register.direct_room(call.caller.user))
            if command.prepare is not None:
                call = replace(call, extra={**call.extra, **await command.prepare(call, self._services)})
            async with self._db.unit() as unit:
                answer = await command.run(call, unit, self._services)
                await self._finish(unit, seq, call, answer, plan.settles)
        except EnlaceError as refusal:
            text = catalogue().error(call.language, refusal)
            if isinstance(refusal, Denied) and refusal.suggests:
                text = Rich.lines([text, say(call.language, "denied-elsewhere")])
            async with self._db.unit() as unit:
                await self._finish(unit, seq, call, Refusal(text, audience=Audience.OPEN), None, refusal.code)

    async def _finish(
        self, unit: Unit, seq: int, call: Call, answer: Answer, settles: Kept | None, code: str = "refused"
    ) -> None:
        refused = isinstance(answer, Refusal)
        await self._end(unit, seq, f"{'refused' if refused else 'done'} {call.name}")
        if settles is not None:
            await self._questions.answered(unit, settles)
        row = None
        if isinstance(answer, Refusal):
            row = await self._answer(unit, call, Reply(answer.text, audience=answer.audience))
        elif not answer.silent:
            row = await self._answer(unit, call, answer)
        if answer.question is not None or refused:
            await self._questions.keep(unit, call, answer.question, row)
        await self._audit.append(
            unit,
            f"command.{call.name}",
            actor=_actor(call.caller),
            ref=answer.ref if isinstance(answer, Reply) else None,
            outcome=code if refused else "asked" if answer.question else "ok",
            details={"room": call.place.room, "event": call.event_id},
        )

    async def _end(self, unit: Unit, seq: int, outcome: str) -> None:
        if not await self._outbox.handled(unit, seq, outcome):
            raise _Again

    # --- what is it? ------------------------------------------------------------------------------------

    async def _plan(self, unit: Unit, arrival: Arrival, place: Place, caller: Caller) -> Plan | None:
        content = arrival.content
        if arrival.proof is Proof.UNREADABLE:
            raise Unreadable
        msgtype = content.get("msgtype")
        body = content.get("body")
        relation = _relation(content)
        if msgtype == "m.notice" or relation.get("rel_type") == "m.replace" or not isinstance(body, str):
            return None
        thread, reply_to = _thread_and_reply(relation)
        typed = read_command(content, self._bot, self._registry.words(), place.language) if msgtype in SPOKEN else None
        if isinstance(typed, Unknown):
            raise typed.error()
        if isinstance(typed, Typed):
            return await self._typed(unit, arrival, place, caller, typed, thread, reply_to)
        if arrival.proof is Proof.PLAIN:
            return None
        word = read_answer(body) if msgtype in SPOKEN else None
        if word is not None:
            plan = await self._answered(unit, arrival, place, caller, word, thread, reply_to)
            if plan is not None:
                return plan
        return await self._in_thread(unit, arrival, place, caller, thread, reply_to)

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
        body, settles = typed.body, None
        if not body:
            # A corrected first line resends the same text; nobody retypes a message.
            for kept in await self._questions.open(unit, place.room, caller.user):
                if kept.command == typed.name and kept.body:
                    body, settles = kept.body, kept
                    break
        call = Call(
            name=typed.name,
            first_line=typed.first_line,
            body=body,
            caller=caller,
            place=place,
            event_id=arrival.event_id,
            now=unit.now,
            language=typed.language,
            thread=thread,
            reply_to=reply_to,
        )
        if unit.now - arrival.sent_at > ANSWER_WINDOW and command.access is not Access.ANYONE:
            return Plan(LATE, replace(call, extra={"command": command.name, "sent_at": arrival.sent_at}))
        return Plan(command, call, settles)

    async def _answered(
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
        answered = await self._row_answered(unit, place.room, thread, reply_to)
        if answered is not None and answered.post.kind is Kind.PAGE:
            return self._page_plan(arrival, place, caller, word, answered.post.ref, unit)
        if answered is not None or thread is not None:
            mine = [
                q
                for q in questions
                if (answered is not None and q.outbox_row == answered.id) or (thread is not None and q.thread == thread)
            ]
            return self._question_plan(arrival, caller, place, word, mine[0], unit) if mine else None
        if reply_to is not None:
            return None
        pages = await self._pages.open_pages(unit, place.room, caller.user)
        askable = [q for q in questions if q.options]
        if len(pages) + len(askable) > 1:
            raise SeveralOpen
        if pages:
            return self._page_plan(arrival, place, caller, word, pages[0], unit)
        return self._question_plan(arrival, caller, place, word, askable[0], unit) if askable else None

    async def _row_answered(
        self, unit: Unit, room: RoomId, thread: EventId | None, reply_to: EventId | None
    ) -> Outgoing | None:
        for event in (reply_to, thread):
            if event is not None:
                row = await self._outbox.by_event(unit, event)
                if row is not None and row.post.room == room and row.post.kind is not Kind.COPY:
                    return row
        return None

    def _page_plan(
        self, arrival: Arrival, place: Place, caller: Caller, word: Word, ref: Ref | None, unit: Unit
    ) -> Plan | None:
        if ref is None or word.yes is None:
            return None
        command = self._registry.command("ack" if word.yes else "decline")
        return Plan(command, self._plain_call(command.name, str(ref), "", arrival, place, caller, unit, {"ref": ref}))

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
        extra = {key: value for key, value in kept.extra.items() if key not in ("late", "command")}
        call = self._plain_call(
            command.name, kept.options[number - 1], kept.body, arrival, place, caller, unit, extra, kept
        )
        return Plan(command, replace(call, confirmed=not late), kept)

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
            if arrival.content.get("msgtype") in CARRIED:
                raise OnlyText
            text = str(arrival.content.get("body", ""))
            if arrival.content.get("msgtype") not in SPOKEN or text.lstrip().startswith("//"):
                return None
            command = self._registry.command("reply")
            call = self._plain_call("reply", exchange.ref, text, arrival, place, caller, unit, {"in_thread": True})
            return Plan(command, replace(call, thread=thread, reply_to=reply_to))
        if thread is None and reply_to is None:
            for event in _thread_and_reply(arrival.outer_relation):
                outer = await self._exchanges.by_thread(unit, place.room, event) if event is not None else None
                if outer is not None:
                    raise OutsideTheThread(ref=outer.ref)
        return None

    # --- pieces -----------------------------------------------------------------------------------------

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

    def _caller(self, arrival: Arrival) -> Caller:
        person = self._register.person(arrival.sender)
        verdict = self._trust.person(arrival.sender)
        coordinator = arrival.sender in self._register.coordinators()
        if person is None:
            return Caller(arrival.sender, arrival.device, verdict, str(arrival.sender), coordinator=coordinator)
        return Caller(
            user=arrival.sender,
            device=arrival.device,
            verdict=verdict,
            name=person.name,
            organisation=person.organisation,
            roles=frozenset(person.roles),
            lead=person.lead,
            coordinator=coordinator,
            languages=tuple(person.languages),
        )

    def _place(self, arrival: Arrival) -> Place:
        record = self._register.room(arrival.room)
        person = self._register.person(arrival.sender)
        own = person.languages if person else ()
        if record is None:
            return Place(arrival.room, "unknown", verified=False, language=catalogue().choose(*own))
        organisation = next((o for o in map(self._register.organisation, record.organisations) if o is not None), None)
        spoken = organisation.languages if organisation else ()
        return Place(
            room=arrival.room,
            kind=record.kind,
            verified=self._trust.room(arrival.room).ok,
            organisations=frozenset(record.organisations),
            language=catalogue().choose(record.language, *(own if record.kind == "direct" else ()), *spoken),
        )

    async def _answer(self, unit: Unit, call: Call, reply: Reply) -> str:
        return await self._outbox.post(
            unit,
            Post(
                room=call.place.room,
                kind=Kind.REPLY,
                content=content_of(
                    reply.text, "m.text" if reply.ring else "m.notice", (call.caller.user,) if reply.ring else ()
                ),
                audience=reply.audience,
                tlp=reply.tlp,
                ref=Ref(reply.ref) if reply.ref else None,
                organisation=call.caller.organisation,
                thread=call.thread,
                reply_to=call.event_id,
                mark=reply.mark,
            ),
        )

    async def _say(self, unit: Unit, arrival: Arrival, text: Rich) -> None:
        await self._outbox.post(
            unit,
            Post(
                room=arrival.room,
                kind=Kind.REPLY,
                content=content_of(text, "m.notice"),
                audience=Audience.OPEN,
                reply_to=arrival.event_id,
            ),
        )


async def _ask_late(call: Call, _unit: Unit, _services: object) -> Answer:
    minutes = int((call.now - call.extra["sent_at"]).total_seconds() // 60)
    from_now = {"late": True, "command": call.extra["command"]}
    return Refusal(
        say(call.language, "late-command", minutes=minutes),
        question=Question(options=(call.first_line,), extra=from_now),
        audience=Audience.OPEN,
    )


async def _never_mind(call: Call, _unit: Unit, _services: object) -> Answer:
    return Reply(say(call.language, "never-mind"), audience=Audience.OPEN)


LATE = Command(name="late", access=Access.ANYONE, run=_ask_late)
NEVER_MIND = Command(name="never-mind", access=Access.ANYONE, run=_never_mind)


def _actor(caller: Caller) -> Actor:
    return Actor(caller.organisation, caller.name, caller.user, caller.device)


def _relation(content: Mapping[str, Any]) -> Mapping[str, Any]:
    relation = content.get("m.relates_to")
    return relation if isinstance(relation, Mapping) else {}


def _thread_and_reply(relation: Mapping[str, Any]) -> tuple[EventId | None, EventId | None]:
    """Thread root and rich reply; the reply that a thread carries for old clients counts only where it is meant."""
    thread = relation.get("event_id") if relation.get("rel_type") == "m.thread" else None
    nested = relation.get("m.in_reply_to")
    reply = nested.get("event_id") if isinstance(nested, Mapping) else None
    if thread is not None and relation.get("is_falling_back") is True:
        reply = None
    return (
        EventId(thread) if isinstance(thread, str) else None,
        EventId(reply) if isinstance(reply, str) else None,
    )
