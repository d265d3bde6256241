"""From an inbox row to its one answer: recognise → gates → handler, in one transaction with the row's end.

One lane per room, lanes side by side.  A file on its way leaves its room's lane: of what comes behind it, only what
belongs to exchanges waits, so that nothing overtakes it there, and everything else is done meanwhile.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from bot.audit.service import AuditLog
from bot.commands.access import admit
from bot.commands.answering import WHICH
from bot.commands.call import Answer, Call, Question, Refusal, Reply
from bot.commands.limits import Limits, Meter, Over
from bot.commands.plan import Plan, counted, unconfirmed
from bot.commands.questions import Kept, Questions
from bot.commands.recognise import Recogniser
from bot.commands.shown import Shown
from bot.db.unit import Database, Unit
from bot.directory.service import Register
from bot.errors import EnlaceError, NotDone
from bot.exchange.rules.relation import relation_of
from bot.exchange.service import Changes, content_of
from bot.i18n.catalogue import catalogue, say
from bot.i18n.rich import Rich, quote
from bot.ids import EventId, Ref, RoomId
from bot.logs import logger
from bot.outbox.model import REACTION, REDACTION, Arrival, Audience, Kind, Outgoing, Post, Proof
from bot.outbox.service import BELL_IN, Amending, Outbox
from bot.tasks import end, rung, woken

log = logger(__name__)

WIDTH = 8
TRIES = 3
HANDLE_TIMEOUT = 60.0
CARRY_TIMEOUT = 600.0
"""Seconds for what waits for a file; the Matrix edge gives up before."""
PATIENCE = 1.0
"""Seconds of slow work after which the room is told that it is under way."""
IN_ORDER = "exchange"
"""The group of the commands that keep the order in which they came, also behind a file."""


class Unforeseen(NotDone):
    """Something failed inside enlace ({id}); nothing was done."""

    code = "unforeseen"


class _Again(Exception):
    """The row was handled before; roll back."""


class _Behind(Exception):
    """The row waits for a file that is on its way; roll back."""


class Dispatcher:
    """Handles the inbox: rooms side by side, each room in order."""

    def __init__(
        self,
        *,
        database: Database,
        outbox: Outbox,
        audit: AuditLog,
        questions: Questions,
        recogniser: Recogniser,
        register: Register,
        changes: Changes,
        services: object,
        limits: Limits | None = None,
    ) -> None:
        self._db = database
        self._outbox = outbox
        self._amending = Amending(outbox)
        self._audit = audit
        self._questions = questions
        self._recogniser = recogniser
        self._register = register
        self._shown = Shown(outbox, questions, recogniser.answering, changes)
        self._services = services
        self._meter = Meter(limits or Limits())
        self._busy: dict[RoomId, asyncio.Task[None]] = {}
        self._carrying: dict[RoomId, asyncio.Task[None]] = {}
        self._behind: defaultdict[RoomId, set[int]] = defaultdict(set)
        """Rows that are not taken up while the room's file is on its way: the file's, and what waits for it."""
        self._bell = database.listen(BELL_IN)

    # --- the loop ---------------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set, then finish what is under way."""
        with woken(self._bell, by=stop):
            while not stop.is_set():
                self._bell.clear()
                await self.start_waiting()
                await rung(self._bell, within=10)
        if self._busy:
            await asyncio.wait(list(self._busy.values()), timeout=8)
        await end(*self._carrying.values())  # nothing of it is kept: it begins anew at the next start

    async def drain(self) -> None:
        """Handle everything that waits, and return."""
        while True:
            idle = not self._busy and not self._carrying  # asked first: who is done while we look may have more
            if not await self.start_waiting() and idle:
                return
            if under_way := [*self._busy.values(), *self._carrying.values()]:
                await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)

    async def start_waiting(self) -> int:
        """Start handling the oldest event of each room that is not being served; returns how many were started."""
        free = WIDTH - len(self._busy)
        if free <= 0:
            return 0
        async with self._db.reading() as unit:
            behind = [seq for rows in self._behind.values() for seq in rows]
            rows = await self._outbox.waiting(unit, free, list(self._busy), behind)
        for seq, attempts, arrival in rows:
            work = self._serve(seq, attempts, arrival, partial(self.handle, seq, attempts, arrival), HANDLE_TIMEOUT)
            task = asyncio.create_task(work, name=f"handle {seq}")
            self._busy[arrival.room] = task
            task.add_done_callback(partial(self._free, arrival.room))
        return len(rows)

    def _free(self, room: RoomId, _task: asyncio.Task[None]) -> None:
        self._busy.pop(room, None)
        self._bell.set()

    def _carry(self, seq: int, attempts: int, arrival: Arrival, plan: Plan) -> None:
        """The rest of a row whose slow work need not keep its room waiting."""
        work = self._serve(seq, attempts, arrival, partial(self._prepared, seq, plan, arrival), CARRY_TIMEOUT)
        task = asyncio.create_task(work, name=f"carry {seq}")
        self._behind[arrival.room].add(seq)
        self._carrying[arrival.room] = task
        task.add_done_callback(partial(self._carried, arrival.room))

    def _carried(self, room: RoomId, _task: asyncio.Task[None]) -> None:
        self._carrying.pop(room, None)
        self._behind.pop(room, None)
        self._bell.set()

    async def _serve(
        self, seq: int, attempts: int, arrival: Arrival, work: Callable[[], Coroutine[Any, Any, None]], within: float
    ) -> None:
        try:
            async with asyncio.timeout(within):
                await work()
        except _Again:
            pass
        except _Behind:
            if arrival.room in self._carrying:  # else it has arrived meanwhile
                self._behind[arrival.room].add(seq)
        except Exception:
            number = f"E-{seq:X}"
            log.exception("handle.failed", error_id=number, event_id=arrival.event_id, attempt=attempts + 1)
            async with self._db.unit() as unit:
                tried = await self._outbox.stumbled(unit, seq)
            if tried < TRIES:
                await asyncio.sleep(0.3 * tried)
                return
            async with self._db.unit() as unit:
                if not await self._outbox.gave_up(unit, seq, number):
                    return  # it was done after all, and what failed came later
                language = self._recogniser.place(arrival).language
                working = await self._amending.find(unit, arrival.room, _working(arrival.event_id))
                await self._say(unit, arrival, catalogue().error(language, Unforeseen(id=number)), working)
                await self._audit.append(
                    unit,
                    "command.failed",
                    actor=self._recogniser.caller(arrival).actor,
                    outcome=number,
                    details={"room": arrival.room, "event": arrival.event_id},
                )

    # --- one event --------------------------------------------------------------------------------------

    async def handle(self, seq: int, attempts: int, arrival: Arrival) -> None:
        """Handle one event to its end, or to where a file has to be fetched; raises only what is unforeseen."""
        plan = None
        try:
            async with self._db.unit() as unit:
                plan = await self._plan(unit, seq, arrival)
                if plan is None:
                    return
                caller, place = plan.call.caller, plan.call.place
                admit(plan.command.access, caller, place, arrival.proof, self._register.direct_room(caller.user))
                prepare, needs = plan.command.prepare, plan.command.prepares
                if prepare is None or (needs is not None and not needs(plan.call)):
                    await self._run(unit, seq, plan.call, plan)
                    return
        except EnlaceError as refusal:
            if plan is None:
                raise
            await self._refuse(seq, plan, refusal)
            return
        if plan.command.group == IN_ORDER:
            self._carry(seq, attempts, arrival, plan)
        else:
            await self._prepared(seq, plan, arrival)

    async def _prepared(self, seq: int, plan: Plan, arrival: Arrival) -> None:
        """The slow work, and then the command, if its caller may still give it."""
        prepare = plan.command.prepare
        if prepare is None:
            raise LookupError(plan.command.name)
        try:
            waits = "working-file" if plan.command.group == IN_ORDER else "working"
            more = await self._patiently(plan.call, prepare(plan.call, self._services), waits)
            async with self._db.unit() as unit:
                caller, place = self._recogniser.caller(arrival), self._recogniser.place(arrival)
                admit(plan.command.access, caller, place, arrival.proof, self._register.direct_room(caller.user))
                call = replace(plan.call, caller=caller, place=place, extra={**plan.call.extra, **more})
                await self._run(unit, seq, call, plan, prepared=True)
        except EnlaceError as refusal:
            await self._refuse(seq, plan, refusal, prepared=True)

    async def _patiently(self, call: Call, work: Awaitable[Mapping[str, Any]], waits: str) -> Mapping[str, Any]:
        """What takes longer than a second is said to be under way, once; the answer takes the place of that."""
        task = asyncio.ensure_future(work)
        try:
            if not (await asyncio.wait([task], timeout=PATIENCE))[0]:
                waiting = Reply(say(call.language, waits), audience=Audience.OPEN, mark=_working(call.event_id))
                async with self._db.unit() as unit:
                    if await self._amending.find(unit, call.place.room, _working(call.event_id)) is None:
                        await self._answer(unit, call, waiting)
            return await task
        finally:
            await end(task)

    async def _refuse(self, seq: int, plan: Plan, refusal: EnlaceError, *, prepared: bool = False) -> None:
        """Whatever it wrote was rolled back with its unit."""
        answer = Refusal(catalogue().error(plan.call.language, refusal), audience=Audience.OPEN)
        async with self._db.unit() as unit:
            await self._finish(unit, seq, plan.call, self._whole(answer, plan), None, refusal.code, prepared=prepared)

    def _whole(self, answer: Answer, plan: Plan) -> Answer:
        """Of what is refused all is kept, also what its first line says."""
        whole = plan.command.whole
        if whole is None or not isinstance(answer, Refusal) or answer.question is not None or not answer.kept:
            return answer
        return replace(answer, question=Question((), body=whole(plan.call, self._register)))

    async def _plan(self, unit: Unit, seq: int, arrival: Arrival) -> Plan | None:
        """What is to be run; None if the event is dealt with already."""
        place, caller = self._recogniser.place(arrival), self._recogniser.caller(arrival)
        carrying = arrival.room in self._carrying
        edit = relation_of(arrival.content).get("rel_type") == "m.replace"
        if carrying and (edit or arrival.kind == REDACTION):
            raise _Behind  # what it changes may wait itself
        if arrival.kind in (REACTION, REDACTION):
            await self._end(unit, seq, arrival.kind)
            look = self._shown.reacted if arrival.kind == REACTION else self._shown.removed
            await look(unit, arrival, place.language)
            return None
        try:
            plan = await self._recogniser.plan(unit, arrival, place, caller)
        except EnlaceError as refusal:
            answer = arrival.proof is Proof.PINNED and isinstance(refusal, WHICH)
            over = None if answer else self._over(arrival, unit)
            if over is not None:
                await self._too_much(unit, seq, arrival, over, place.language)
                return None
            await self._end(unit, seq, f"refused {refusal.code}")
            await self._say(unit, arrival, catalogue().error(place.language, refusal))
            return None
        if plan is None:
            await self._end(unit, seq, "talk")
            return None
        if carrying and plan.command.group == IN_ORDER:
            raise _Behind
        urgent = arrival.proof is Proof.PINNED and plan.command.urgent(plan.call)
        over = None if urgent else self._over(arrival, unit)
        if over is not None:
            await self._too_much(unit, seq, arrival, over, plan.call.language, plan)
            return None
        return plan

    def _over(self, arrival: Arrival, unit: Unit) -> Over | None:
        proved = arrival.proof is Proof.PINNED
        return self._meter.take(arrival.sender, arrival.room, proved=proved, now=unit.now)

    async def _too_much(
        self, unit: Unit, seq: int, arrival: Arrival, over: Over, language: str, plan: Plan | None = None
    ) -> None:
        """Said once, until there is room again; the text is kept as that of any refusal, and ``ok`` asks anew."""
        await self._end(unit, seq, "limited")
        log.info("limit.reached", whose=over.whose, room=arrival.room, user=arrival.sender, told=over.told)
        refusal = over.error(unit.now)
        row = None if over.told else await self._say(unit, arrival, catalogue().error(language, refusal))
        if plan is None or arrival.proof is not Proof.PINNED:
            return
        call = plan.call
        if plan.settles is None:  # else what was asked stays open, and so does its text
            question = Question((call.first_line,), extra=unconfirmed(plan)) if row else None
            await self._questions.keep(unit, call, question, row, beside=True)
        if row:  # only what is said is written down: a flood must not fill the log
            details = {"room": call.place.room, "event": call.event_id}
            await self._audit.append(
                unit, f"command.{call.name}", actor=call.caller.actor, outcome=refusal.code, details=details
            )

    async def _run(self, unit: Unit, seq: int, call: Call, plan: Plan, *, prepared: bool = False) -> None:
        answer = await plan.command.run(call, unit, self._services)
        done = [answer]
        for more in plan.then if isinstance(answer, Reply) else ():
            done.append(await more.command.run(more.call, unit, self._services))
            if more.settles is not None:
                await self._questions.answered(unit, more.call, more.settles)
        await self._finish(unit, seq, call, self._whole(counted(done, call), plan), plan.settles, prepared=prepared)

    async def _finish(
        self,
        unit: Unit,
        seq: int,
        call: Call,
        answer: Answer,
        settles: Kept | None,
        code: str = "refused",
        *,
        prepared: bool = False,
    ) -> None:
        refused = isinstance(answer, Refusal)
        await self._end(unit, seq, f"{'refused' if refused else 'done'} {call.name}")
        if settles is not None:
            await self._questions.answered(unit, call, settles)
        row = None
        working = await self._amending.find(unit, call.place.room, _working(call.event_id)) if prepared else None
        if isinstance(answer, Refusal):
            row = await self._answer(unit, call, Reply(answer.text, audience=answer.audience), working)
        elif not answer.silent or working is not None:
            row = await self._answer(unit, call, answer, working)
        if answer.question is not None or (isinstance(answer, Refusal) and answer.kept):
            await self._questions.keep(unit, call, answer.question, row)
        await self._audit.append(
            unit,
            f"command.{call.name}",
            actor=call.caller.actor,
            ref=answer.ref if isinstance(answer, Reply) else None,
            outcome=code if refused else "asked" if answer.question else "ok",
            details={"room": call.place.room, "event": call.event_id},
        )

    async def _end(self, unit: Unit, seq: int, outcome: str) -> None:
        if not await self._outbox.handled(unit, seq, outcome):
            raise _Again

    # --- answers ------------------------------------------------------------------------------------------------

    async def _answer(self, unit: Unit, call: Call, reply: Reply, working: Outgoing | None = None) -> str:
        """Queue the answer; where the room was told that it is being worked on, in the place of that."""
        if working is not None:
            await self._amending.take_over(unit, working, reply.ref, reply.mark)
        row = await self._outbox.post(
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
                edits=working.id if working is not None else None,
                mark=reply.mark if working is None else None,
            ),
        )
        return row if working is None else working.id

    async def _say(self, unit: Unit, arrival: Arrival, text: Rich, working: Outgoing | None = None) -> str:
        if working is not None:
            await self._amending.take_over(unit, working, None, None)
        unread = arrival.proof is Proof.UNREADABLE  # its row has an id of its own, which no reply can point to
        return await self._outbox.post(
            unit,
            Post(
                room=arrival.room,
                kind=Kind.REPLY,
                content=content_of(quote(f"{arrival.sender}: ") + text if unread else text, "m.notice"),
                audience=Audience.OPEN,
                reply_to=None if unread else arrival.event_id,
                edits=working.id if working is not None else None,
            ),
        )


def _working(event: EventId) -> str:
    """Marks what says that this call is being worked on."""
    return f"working {event}"[:64]
