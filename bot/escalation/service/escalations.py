"""Use cases of escalations, each within the caller's unit; and the worker's step that climbs."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.audit.service import Actor, AuditLog, content_digest
from bot.db.unit import Database, Unit
from bot.directory.service import Register
from bot.duty.rules.walltime import zone
from bot.duty.service import Duty
from bot.escalation import tables
from bot.escalation.model import (
    Escalation,
    Member,
    Origin,
    PageState,
    Said,
    Severity,
    State,
    Target,
)
from bot.escalation.rules.folding import folds
from bot.escalation.rules.policies import Policies
from bot.escalation.service import texts
from bot.escalation.service.errors import (
    AlreadyClosed,
    AlreadyTaken,
    NoOrganisation,
    NotCalled,
    NotTheCaller,
    OwnOrganisation,
    RedForbidden,
    TooManyTargets,
    UnknownEscalation,
)
from bot.escalation.service.ladder import Ladder
from bot.escalation.service.people import NOWHERE, Outside, People
from bot.escalation.service.proving import Proving
from bot.escalation.service.store import Store
from bot.escalation.service.telling import Telling, with_trouble
from bot.exchange.service import TooLong
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich
from bot.ids import DeviceId, Handle, Ref, RoomId, UserId, ref_from
from bot.outbox.model import Kind
from bot.outbox.service import Outbox
from bot.ports import Sealer, TrustView
from bot.tasks import first_of
from bot.tlp import Tlp

log = structlog.get_logger(__name__)

BELL = "ladder"
MOST_TARGETS = 3
MOST_TEXT = 16_000
"""Bytes of everything said in one escalation: a page holds it twice, plain and HTML, and an event may have 65 536
after encryption (Matrix spec v1.19, Size limits)."""
AT_A_TIME = 50
STUMBLED = timedelta(seconds=5)
LONGEST_SLEEP = 1.0
"""Seconds; the clock may jump, and a step is to fire within 2 s of its due time."""
NOTHING_WAITS = 20.0
"""Seconds to sleep at most while no escalation waits; a new one rings the bell."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What became of a call."""

    opened: tuple[Escalation, ...]
    """The caller's status message shows these."""
    folded: tuple[Escalation, ...]
    """Joined one that was open already."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Who takes it knows this now."""

    escalation: Escalation
    words: Rich
    """What was said, where the taker's room may show it and no page there did; else empty."""
    again: bool = False
    """The same person had it already."""


class Escalations:
    """The escalations of one deployment."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        audit: AuditLog,
        register: Register,
        duty: Duty,
        sealer: Sealer,
        trust: TrustView,
        policies: Policies | None = None,
        outside: Outside = NOWHERE,
    ) -> None:
        self._outbox = outbox
        self._register = register
        self._audit = audit
        self._store = Store(sealer)
        self._people = People(register, duty, trust, outside)
        self.proving = Proving(outbox, audit, self._people)
        self._telling = Telling(outbox, audit, self._store, self._people)
        self._ladder = Ladder(
            outbox=outbox,
            audit=audit,
            store=self._store,
            people=self._people,
            telling=self._telling,
            policies=policies or Policies(),
        )

    def member(self, user: UserId, device: DeviceId) -> Member:
        """Who acts, under the directory's name; raises :class:`NoOrganisation` for somebody whom it lists in none."""
        person = self._register.person(user)
        organisation = self._register.organisation(person.organisation or "") if person else None
        if person is None or organisation is None:
            raise NoOrganisation
        return Member(user, person.name, organisation.handle, device, person.lead)

    # --- open -------------------------------------------------------------------------------------------

    async def open(
        self,
        unit: Unit,
        *,
        origin: Origin,
        targets: Sequence[Target],
        severity: Severity,
        tlp: Tlp,
        summary: str,
        details: str,
    ) -> Opened:
        """Call each target: page, start its ladder, and post the one status message of this command.

        A call folds into an open one of the same caller, target and severity within 10 minutes, while nobody has
        taken it.  Raises :class:`TooManyTargets`, :class:`OwnOrganisation`, :class:`RedForbidden` or
        :class:`~bot.exchange.service.TooLong`; then nothing is stored and nobody is paged."""
        targets = list(dict.fromkeys(targets))
        if len({t.organisation for t in targets}) > MOST_TARGETS:
            raise TooManyTargets(limit=MOST_TARGETS, count=len({t.organisation for t in targets}))
        if any(t.organisation == origin.caller.organisation for t in targets):
            raise OwnOrganisation(organisation=origin.caller.organisation)
        if tlp is Tlp.RED:
            raise RedForbidden
        said = Said(unit.now, origin.caller.name, tlp, summary, details, salt=unit.random(32).hex())
        if _size(said) > MOST_TEXT:
            raise TooLong(size=_size(said), limit=MOST_TEXT)
        call = unit.new_id()
        opened, folded = [], []
        # Rows first, log last: whoever waits for the log must not hold what its holder waits for.
        open_ones = [await self._to_fold_into(unit, origin, target, severity, said) for target in targets]
        for target, into in zip(targets, open_ones, strict=True):
            if into is not None:
                folded.append(await self._fold(unit, into, origin, said))
            else:
                opened.append(await self._new(unit, call, origin, target, severity, said))
        if opened:
            await self._telling.status(unit, opened[0])
        unit.ring(BELL)
        return Opened(tuple(opened), tuple(folded))

    async def _new(
        self, unit: Unit, call: str, origin: Origin, target: Target, severity: Severity, said: Said
    ) -> Escalation:
        ref = ref_from("ESC", unit.random(4))
        while await self._store.get(unit, ref) is not None:
            ref = ref_from("ESC", unit.random(4))
        escalation = Escalation(
            ref=ref,
            call=call,
            origin=origin,
            target=target,
            severity=severity,
            tlp=said.tlp,
            said=(said,),
            state=State.OPEN,
            opened_at=unit.now,
            position=None,
            status_row=None,
        )
        await self._store.add(unit, escalation)
        await self._log(unit, "escalation.opened", escalation, origin.caller, **_about(escalation, said))
        return await self._ladder.begin(unit, escalation)

    async def _to_fold_into(
        self, unit: Unit, origin: Origin, target: Target, severity: Severity, said: Said
    ) -> Escalation | None:
        caller = origin.caller.organisation
        for row in await tables.waiting_for(unit, caller, target.organisation, severity.value):
            found = await self._store.get(unit, Ref(row.ref), to_change=True)
            if (
                found is not None
                and folds(found, caller, target, severity, unit.now)
                and sum(_size(s) for s in found.said) + _size(said) <= MOST_TEXT
            ):
                return found
        return None

    async def _fold(self, unit: Unit, into: Escalation, origin: Origin, said: Said) -> Escalation:
        tlp = max(into.tlp, said.tlp, key=lambda label: label.rank)
        folded = replace(into, said=(*into.said, said), tlp=tlp)
        await self._log(unit, "escalation.folded", folded, origin.caller, **_about(folded, said))
        folded = await self._ladder.climb(unit, folded, changed=True)
        await self._telling.joined(unit, folded, said, await self._store.pages(unit, folded.ref))
        return folded

    # --- answers ----------------------------------------------------------------------------------------

    async def take(self, unit: Unit, ref: Ref, member: Member, room: RoomId) -> Taken:
        """``member`` of the called organisation has it: the ladder stands still, pages on their way are dropped,
        the caller and everybody who was paged are told.  ``room`` is where the member is answered.

        Raises :class:`UnknownEscalation`, :class:`NotCalled`, :class:`AlreadyTaken` or :class:`AlreadyClosed`."""
        escalation = await self._called(unit, ref, member)
        if escalation.state is State.ACKNOWLEDGED:
            if escalation.taken_by and escalation.taken_by.user == member.user:
                return Taken(escalation, Rich(), again=True)
            raise AlreadyTaken(name=escalation.taken_by.name if escalation.taken_by else "", ref=ref)
        words = await self.words_for(unit, escalation, room)
        taken = replace(
            escalation, state=State.ACKNOWLEDGED, taken_by=member, taken_at=unit.now, taken_room=room, position=None
        )
        await self._stand_still(unit, taken)
        after = unit.now - taken.opened_at
        await self._log(unit, "escalation.acknowledged", taken, member, seconds=int(after.total_seconds()))

        def text(language: str) -> Rich:
            return say(
                language,
                "escalation-told-taken",
                name=member.name,
                organisation=member.organisation,
                took=texts.took(language, after),
                ref=ref,
            )

        await self._telling.ring_caller(unit, taken, text(taken.origin.language))
        await self._telling.others(unit, taken, text, but=(room,))
        return Taken(taken, words)

    async def decline(self, unit: Unit, ref: Ref, member: Member, why: str, room: RoomId) -> Escalation:
        """``member`` cannot take it: the next step starts at once, without them.  Whoever had it gives it back.

        Raises :class:`UnknownEscalation`, :class:`NotCalled`, :class:`AlreadyTaken` or :class:`AlreadyClosed`."""
        escalation = await self._called(unit, ref, member)
        declined = tuple(dict.fromkeys((*escalation.declined, member.user)))
        step = escalation.position.step if escalation.position else 0
        if escalation.state is State.ACKNOWLEDGED:
            if escalation.taken_by is None or escalation.taken_by.user != member.user:
                raise AlreadyTaken(name=escalation.taken_by.name if escalation.taken_by else "", ref=ref)
            given = replace(escalation, declined=declined, taken_by=None, taken_at=None, taken_room=None)
            given = with_trouble(given, "given-back", member.name, step)
            await self._log(unit, "escalation.given-back", given, member)
            unit.ring(BELL)
            back = await self._ladder.climb(unit, await self._ladder.back_on(unit, given), changed=True)
            told = {"ref": ref, "name": member.name, "organisation": str(member.organisation)}
            await self._telling.ring_caller(unit, back, texts.trouble(back.origin.language, given.troubles[-1]))
            await self._telling.others(
                unit, back, lambda language: say(language, "escalation-told-back", **told), but=(room,)
            )
            return back
        escalation = replace(escalation, declined=declined)
        escalation = with_trouble(escalation, "declined", member.name, step, why.strip()[:200])
        await self._log(unit, "escalation.declined", escalation, member)
        unit.ring(BELL)
        return await self._ladder.climb(unit, self._ladder.forward(unit, escalation), changed=True)

    async def resolve(self, unit: Unit, ref: Ref, member: Member, room: RoomId) -> Escalation:
        """Close it: it is dealt with.  Either side may; raises :class:`UnknownEscalation` or :class:`AlreadyClosed`."""
        return await self._close(unit, await self._either_side(unit, ref, member), State.RESOLVED, member, room)

    async def cancel(self, unit: Unit, ref: Ref, member: Member, room: RoomId) -> Escalation:
        """Take it back: only who opened it, or a lead of theirs, may.

        Raises :class:`UnknownEscalation`, :class:`NotTheCaller` or :class:`AlreadyClosed`."""
        escalation = await self._either_side(unit, ref, member)
        if not _may_cancel(escalation, member):
            caller = escalation.origin.caller
            raise NotTheCaller(name=caller.name, ref=ref, organisation=caller.organisation)
        return await self._close(unit, escalation, State.CANCELLED, member, room)

    async def _close(
        self, unit: Unit, escalation: Escalation, state: State, member: Member, room: RoomId
    ) -> Escalation:
        closed = replace(escalation, state=state, said=(), position=None, closed_by=member.name, closed_at=unit.now)
        await self._stand_still(unit, closed)
        await self._log(unit, f"escalation.{state.value}", closed, member)
        values = {"ref": closed.ref, "name": member.name, "organisation": str(member.organisation)}

        def text(language: str) -> Rich:
            return say(language, f"escalation-told-{state.value}", **values)

        if closed.origin.room != room:
            await self._telling.ring_caller(unit, closed, text(closed.origin.language))
        await self._telling.others(unit, closed, text, but=(room, closed.origin.room))
        return closed

    async def _stand_still(self, unit: Unit, escalation: Escalation) -> None:
        await self._outbox.drop(unit, escalation.ref, Kind.PAGE, reason="closed")
        await self._store.save(unit, escalation)
        await self._telling.status(unit, escalation)
        unit.ring(BELL)

    async def words_for(self, unit: Unit, escalation: Escalation, room: RoomId) -> Rich:
        """What was said, for a room that has not shown it and may show it."""
        pages = [p for p in await self._store.pages(unit, escalation.ref) if p.room == room]
        if any(p.full and p.state is PageState.SENT for p in pages):
            return Rich()
        if not self._people.may_show(escalation, room):
            return Rich()
        there = zone(self._people.zone_of(escalation.target.organisation))
        return texts.words(self._people.language_of(room, self._people.desk(escalation)), escalation, there, unit.now)

    # --- looking ----------------------------------------------------------------------------------------

    async def get(self, unit: Unit, ref: Ref) -> Escalation | None:
        """One escalation."""
        return await self._store.get(unit, ref)

    async def open_of(self, unit: Unit, organisation: Handle) -> list[Escalation]:
        """Everything open that this organisation called or was called by, newest first."""
        return [self._store.escalation(row) for row in await tables.open_of(unit, organisation)]

    async def open_refs(self, unit: Unit, organisation: Handle) -> list[Ref]:
        """References of everything open that this organisation called or was called by, newest first."""
        return [Ref(row.ref) for row in await tables.open_of(unit, organisation)]

    async def choices(self, unit: Unit, member: Member, command: str) -> list[Escalation]:
        """What ``member`` could mean by ``ack``, ``decline``, ``resolve`` or ``cancel`` without a reference."""
        return [e for e in await self.open_of(unit, member.organisation) if _could(e, member, command)]

    async def open_pages(self, unit: Unit, room: RoomId, user: UserId) -> list[Ref]:
        """References of the escalations whose pages in this room still wait for an answer of this person."""
        person = self._register.person(user)
        organisation = self._register.organisation(person.organisation or "") if person else None
        if organisation is None:
            return []
        rows = await tables.answerable(unit, room, organisation.handle)
        return [Ref(row.ref) for row in rows if user not in row.declined]

    # --- the worker's step ------------------------------------------------------------------------------

    async def climb_due(self, db: Database, *, woken: bool = False) -> datetime | None:
        """Do every step that is due, each escalation in a unit of its own; returns when to come back, or None.

        ``woken``: look at pages that are on their way at once, since the sender says that something became of one.
        An escalation that fails delays no other: it is logged and tried again soon."""
        async with db.reading() as unit:
            looked_at = unit.now
            refs = await tables.due_refs(unit, looked_at, AT_A_TIME, on_their_way=woken)
            if not refs:
                return await tables.next_look(unit, looked_at)
        stumbled = False
        for ref in refs:
            try:
                async with db.unit() as unit:
                    await self.climb(unit, Ref(ref))
            except Exception:
                log.exception("ladder.failed", ref=ref)
                stumbled = True
        async with db.reading() as unit:
            soonest = await tables.next_look(unit, looked_at)
        if stumbled:
            later = looked_at + STUMBLED
            return min(soonest, later) if soonest else later
        return looked_at if len(refs) == AT_A_TIME else soonest

    async def climb(self, unit: Unit, ref: Ref) -> Escalation | None:
        """Do what is due of one escalation; nothing if it is not waiting (any more)."""
        escalation = await self._store.get(unit, ref, to_change=True)
        if escalation is None or not escalation.state.waiting:
            return None
        return await self._ladder.climb(unit, escalation)

    async def run(self, db: Database, stop: asyncio.Event) -> None:
        """Climb until ``stop`` is set: at due times, and whenever the bell ``ladder`` rings."""
        bell = db.listen(BELL)
        while not stop.is_set():
            woken = bell.is_set()
            bell.clear()
            due = await self.climb_due(db, woken=woken)
            sleep = NOTHING_WAITS
            if due is not None:
                sleep = min(max((due - db.clock.now()).total_seconds(), 0.05), LONGEST_SLEEP)
            await first_of(bell, stop, within=sleep)

    # --- pieces -----------------------------------------------------------------------------------------

    async def _either_side(self, unit: Unit, ref: Ref, member: Member) -> Escalation:
        escalation = await self._store.get(unit, ref, to_change=True)
        sides = (escalation.target.organisation, escalation.origin.caller.organisation) if escalation else ()
        if escalation is None or member.organisation not in sides:
            raise UnknownEscalation(ref=ref)
        if escalation.state.final:
            raise AlreadyClosed(ref=ref)
        return escalation

    async def _called(self, unit: Unit, ref: Ref, member: Member) -> Escalation:
        escalation = await self._store.get(unit, ref, to_change=True)
        if escalation is None:
            raise UnknownEscalation(ref=ref)
        if member.organisation != escalation.target.organisation:
            # A coordinator who was paged knows the reference; anybody else learns nothing.
            paged = any(p.person == member.user for p in await self._store.pages(unit, ref))
            if paged or member.organisation == escalation.origin.caller.organisation:
                raise NotCalled(organisation=escalation.target.organisation, ref=ref)
            raise UnknownEscalation(ref=ref)
        if escalation.state.final:
            raise AlreadyClosed(ref=ref)
        return escalation

    async def _log(self, unit: Unit, action: str, escalation: Escalation, member: Member, **details: object) -> None:
        actor = Actor(member.organisation, member.name, member.user, member.device)
        await self._audit.append(unit, action, actor=actor, ref=escalation.ref, details=details)


def _could(escalation: Escalation, member: Member, command: str) -> bool:
    called = member.organisation == escalation.target.organisation
    mine = escalation.taken_by is not None and escalation.taken_by.user == member.user
    match command:
        case "ack":
            return called and escalation.state.waiting
        case "decline":
            return called and (escalation.state.waiting or mine)
        case "cancel":
            return _may_cancel(escalation, member)
        case _:
            return True


def _may_cancel(escalation: Escalation, member: Member) -> bool:
    caller = escalation.origin.caller
    return member.user == caller.user or (member.lead and member.organisation == caller.organisation)


def _size(said: Said) -> int:
    return len(said.summary.encode()) + len(said.details.encode())


def _about(escalation: Escalation, said: Said) -> dict[str, object]:
    """What the log holds of a call: never its words, only their salted digest."""
    return {
        "to": escalation.target.organisation,
        "role": escalation.target.role,
        "severity": escalation.severity.value,
        "tlp": said.tlp.value,
        "size": _size(said),
        "digest": content_digest(bytes.fromhex(said.salt), f"{said.summary}\n{said.details}".encode()),
    }
