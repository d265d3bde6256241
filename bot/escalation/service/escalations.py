"""Use cases of escalations, each within the caller's unit; and the worker's step that climbs."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.audit.service import Actor, AuditLog, content_digest
from bot.db.unit import Database, Unit
from bot.directory.service import Register
from bot.duty.service import Duty
from bot.escalation import tables
from bot.escalation.model import (
    Escalation,
    Member,
    Origin,
    Said,
    Severity,
    State,
    Target,
    same,
)
from bot.escalation.rules.folding import folds
from bot.escalation.rules.policies import Policies
from bot.escalation.service.answers import Answers, may_cancel
from bot.escalation.service.errors import (
    OwnOrganisation,
    RedForbidden,
    TooManyTargets,
)
from bot.escalation.service.ladder import BELL, Ladder
from bot.escalation.service.links import Links
from bot.escalation.service.people import NOWHERE, Outside, People
from bot.escalation.service.proving import Proving
from bot.escalation.service.sharing import Sharing
from bot.escalation.service.store import Store
from bot.escalation.service.telling import Telling
from bot.exchange.service import TooLong
from bot.ids import DeviceId, Handle, Ref, RoomId, UserId, ref_from
from bot.logs import logger
from bot.outbox.service import Outbox
from bot.ports import Sealer, TrustView
from bot.tasks import rung, woken
from bot.tlp import Tlp

log = logger(__name__)

MOST_TARGETS = 3
MOST_TEXT = 16_000
"""Bytes of everything said in one escalation: a page holds it twice, plain and HTML, and an event may have 65 536
after encryption (Matrix spec v1.19, Size limits)."""
AT_A_TIME = 50
STUMBLED = timedelta(seconds=5)
NOT_LONG_AGO = timedelta(hours=1)
"""Within it, what is said in a room where somebody was paged is likely to be about that."""
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
        links = Links(self._store, self._people)
        self._telling = Telling(outbox, audit, self._store, self._people, links)
        self._ladder = Ladder(
            outbox=outbox,
            audit=audit,
            store=self._store,
            people=self._people,
            telling=self._telling,
            policies=policies or Policies(),
        )
        self.sharing = Sharing(
            outbox=outbox, audit=audit, store=self._store, people=self._people, telling=self._telling
        )
        self.answers = Answers(
            outbox=outbox,
            audit=audit,
            store=self._store,
            people=self._people,
            telling=self._telling,
            ladder=self._ladder,
            links=links,
        )

    def member(self, user: UserId, device: DeviceId) -> Member:
        """Who acts, under the directory's name; raises :class:`NoOrganisation` for somebody whom it lists in none."""
        return self._people.member(user, device)

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
        if any(same(t.organisation, origin.caller.organisation) for t in targets):
            raise OwnOrganisation(organisation=origin.caller.organisation)
        if tlp is Tlp.RED:
            raise RedForbidden
        said = Said(
            unit.now,
            origin.caller.name,
            tlp,
            summary,
            details,
            salt=unit.random(32).hex(),
            user=origin.caller.user,
            room=origin.room,
            event=origin.event,
            language=origin.language,
        )
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
        states = tables.WAITING if command == "ack" else tables.OPEN
        rows = await tables.open_of(unit, member.organisation, states)
        return [e for e in map(self._store.escalation, rows) if _could(e, member, command)]

    async def open_pages(self, unit: Unit, room: RoomId, user: UserId) -> list[Ref]:
        """References of the escalations whose pages in this room still wait for an answer of this person."""
        person = self._register.person(user)
        organisation = self._register.organisation(person.organisation or "") if person else None
        if organisation is None:
            return []
        rows = await tables.answerable(unit, room, organisation.handle)
        return [Ref(row.ref) for row in rows if user not in row.declined]

    async def called_in(self, unit: Unit, room: RoomId) -> list[Ref]:
        """References of the escalations that wait for an answer, and for which anybody was paged here not long ago."""
        return [Ref(row.ref) for row in await tables.answerable(unit, room, since=unit.now - NOT_LONG_AGO)]

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
        with woken(bell, by=stop):
            while not stop.is_set():
                called = bell.is_set()
                bell.clear()
                due = await self.climb_due(db, woken=called)
                sleep = NOTHING_WAITS
                if due is not None:
                    sleep = min(max((due - db.clock.now()).total_seconds(), 0.05), LONGEST_SLEEP)
                await rung(bell, sleep)

    # --- pieces -----------------------------------------------------------------------------------------

    async def _log(self, unit: Unit, action: str, escalation: Escalation, member: Member, **details: object) -> None:
        actor = Actor(member.organisation, member.name, member.user, member.device)
        await self._audit.append(unit, action, actor=actor, ref=escalation.ref, details=details)


def _could(escalation: Escalation, member: Member, command: str) -> bool:
    called = same(member.organisation, escalation.target.organisation)
    mine = escalation.taken_by is not None and escalation.taken_by.user == member.user
    match command:
        case "ack":
            return called and escalation.state.waiting
        case "decline":
            return called and (escalation.state.waiting or mine)
        case "cancel":
            return may_cancel(escalation, member)
        case _:
            return True


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
