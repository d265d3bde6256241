"""Climbing: steps that are due, pages that were lost, and what follows at once from an empty step.

Everything that one look decides is written in the caller's unit together with the new due time, so a step fires
once whatever dies in between, however often the ladder is looked at, and wherever the clock jumps.  Which step comes
when is decided by :func:`~bot.escalation.rules.ladder.next_step`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.audit.service import AuditLog
from bot.db.unit import Unit
from bot.escalation import tables
from bot.escalation.model import By, Escalation, Page, PageState, Policy, Position, State, Step, Who, same
from bot.escalation.rules.folding import LOOK_EVERY, LOOK_LATE, may_come, page_fate
from bot.escalation.rules.ladder import Happened, next_step
from bot.escalation.rules.means import chosen
from bot.escalation.rules.policies import Policies, applies
from bot.escalation.service.people import Paged, People
from bot.escalation.service.store import Store
from bot.escalation.service.telling import Telling, with_trouble
from bot.ids import RoomId
from bot.outbox.model import HOOK, Outgoing, is_outside
from bot.outbox.model import State as RowState
from bot.outbox.service import MissingKeys, Outbox

BELL = "ladder"
_LAST = Step(timedelta(0), (Who.COORDINATORS,))
NEXT = 2
"""Steps whose people may get the notice of a call that waits, once somebody has declined it."""
JUST_NOW = timedelta(seconds=60)
"""Somebody whose page is younger than this is not paged again by the next step."""


class Ladder:
    """Moves one escalation along its ladder, within the caller's unit."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        audit: AuditLog,
        store: Store,
        people: People,
        telling: Telling,
        policies: Policies,
    ) -> None:
        self._outbox = outbox
        self._keys = MissingKeys(outbox)
        self._audit = audit
        self._store = store
        self._people = people
        self._telling = telling
        self._policies = policies

    async def begin(self, unit: Unit, escalation: Escalation) -> Escalation:
        """Set a new escalation (already added) on its first step, and climb."""
        handle = escalation.target.organisation
        if self._people.on_enlace(handle):
            escalation = self._next(unit, escalation, Happened.NOTHING)
        else:
            # What waits for office hours would wait in no room.
            escalation = self._next(unit, escalation, Happened.UNHEARD)
            escalation = with_trouble(escalation, "not-here", str(handle), 0)
        if escalation.position is not None and escalation.position.due > unit.now:
            escalation = await self._lay_down(unit, escalation, self._policy(escalation).steps[0])
        escalation, _ = await self._climb(unit, escalation)
        return escalation

    def forward(self, unit: Unit, escalation: Escalation) -> Escalation:
        """Bring the next step forward to now: somebody declined."""
        if escalation.position is None or escalation.state is State.OPEN:
            return escalation
        return self._next(unit, escalation, Happened.LOST)

    async def pass_on(self, unit: Unit, escalation: Escalation) -> None:
        """Where what somebody has declined waits for office hours: the notice of it goes to the next who has none, so
        that it does not lie only with who cannot.  It rings nobody; where nobody is left the office waits for it."""
        if escalation.position is None or escalation.position.due <= unit.now:
            return
        pages = await self._store.pages(unit, escalation.ref)
        told = {page.room for page in pages if page.state is not PageState.LOST}
        steps = self._policy(escalation).steps[:NEXT]
        people = [paged for step in steps for paged in await self._people.of_step(unit, escalation, step)]
        able = [paged for paged in people if not paged.beyond and paged.user not in escalation.declined]
        await self._notice(unit, escalation, [*able, self._people.desk(escalation)], told)

    async def back_on(self, unit: Unit, escalation: Escalation) -> Escalation:
        """Put one that was taken back on its ladder, after the last step that fired, as soon as it may ring.  A page
        that was dropped when it was taken counts as never made, so that it is made again."""
        pages = await self._store.pages(unit, escalation.ref)
        able = [p for p in pages if p.state is PageState.OUT and p.person not in escalation.declined]
        never = [p for p in able if (row := await self._outbox.get(unit, p.row)) and row.state is RowState.DROPPED]
        await tables.remove_pages(unit, [p.id for p in never])
        fired = [p.step for p in pages if not p.notice and p not in never]
        last = len(self._policy(escalation).steps)
        position = Position(min(max(fired, default=-1) + 1, last), unit.now)
        state = State.PAGING if fired else State.OPEN
        return self._next(unit, replace(escalation, state=state, position=position), Happened.BACK)

    async def climb(self, unit: Unit, escalation: Escalation, *, changed: bool = False) -> Escalation:
        """Do everything that is due now; saves, and renews the caller's status message if anything happened, or if
        the escalation was ``changed`` before."""
        escalation, happened = await self._climb(unit, escalation)
        if happened or changed:
            await self._telling.status(unit, escalation)
        return escalation

    async def _climb(self, unit: Unit, escalation: Escalation) -> tuple[Escalation, bool]:
        before = escalation
        escalation, found = await self._look(unit, escalation)
        if escalation.position is not None:
            escalation = self._next(unit, escalation, Happened.NOTHING)
        while escalation.position is not None and escalation.position.due <= unit.now:
            escalation = await self._fire(unit, escalation, escalation.position)
        await self._store.save(unit, escalation, look_at=await self._look_again(unit, escalation))
        return escalation, found or escalation != before

    # --- pages that are on their way --------------------------------------------------------------------

    async def _look_again(self, unit: Unit, escalation: Escalation) -> datetime | None:
        """When to see what became of pages that are on their way, or are lost and may still come."""
        pages = await self._store.pages(unit, escalation.ref)
        if any(p.state is PageState.OUT for p in pages):
            return unit.now + LOOK_EVERY
        lost = [p for p in pages if p.state is PageState.LOST]
        late = [p for p in lost if may_come(await self._outbox.get(unit, p.row), unit.now)]
        return unit.now + LOOK_LATE if late else None

    async def _look(self, unit: Unit, escalation: Escalation) -> tuple[Escalation, bool]:
        """See what became of pages; for each that is lost the next means start, and if a step has none left that
        rings, the next step too.  One that was lost and comes late rings, and can be answered, as any other."""
        pages = await self._store.pages(unit, escalation.ref)
        lost: list[Page] = []
        arrived: list[Page] = []
        for page in pages:
            if page.state is PageState.SENT:
                continue
            row = await self._outbox.get(unit, page.row)
            keyless = await self._keyless(unit, page, row)
            fate, why = page_fate(row, page.paged_at, unit.now, keyless=keyless)
            if fate is PageState.SENT:
                arrived.append(page)
            elif fate is PageState.LOST and page.state is PageState.OUT:
                lost.append(page)
                if page.person not in escalation.declined:
                    escalation = with_trouble(escalation, why, page.name or str(page.organisation), page.step)
                await self._log(unit, "escalation.page-lost", escalation, step=page.step, room=page.room, reason=why)
        await tables.set_page_state(unit, [p.id for p in arrived], PageState.SENT)
        await tables.set_page_state(unit, [p.id for p in lost], PageState.LOST)
        if not lost:
            return escalation, bool(arrived)
        again = [await self._next_means(unit, escalation, page, pages) for page in lost]
        gone = {p.id for p in pages if p.state is PageState.LOST and p not in arrived} | {p.id for p in lost}
        position = escalation.position
        if position is not None and escalation.state is State.OPEN and len(gone) == len(pages) and not any(again):
            # The notice lies nowhere: waiting for the office would be a silent gap.
            escalation = self._next(unit, escalation, Happened.UNHEARD)
        if position is not None and escalation.state is State.PAGING:
            rings = [p for p in pages if not p.notice and p.id not in gone]
            meant = [p for p in pages if not p.fallback and not p.notice]
            if not rings or (meant and all(p.id in gone for p in meant if p.step == meant[-1].step)):
                escalation = self.forward(unit, escalation)
        return escalation, True

    async def _keyless(self, unit: Unit, page: Page, row: Outgoing | None) -> bool:
        """Whether whoever a page is for has no device that can read it: it rings for nobody then, be others there."""
        if page.person is None or row is None or is_outside(page.room):
            return False
        missing = await self._keys.missing(unit, row.id) if row.devices[0] < row.devices[1] else ()
        theirs = {device for user, device in missing if user == page.person}
        # What is published about them may be in question just now: that nobody's device is known proves nothing.
        return bool(theirs) and self._people.devices(page.person) <= theirs

    async def _next_means(self, unit: Unit, escalation: Escalation, page: Page, pages: Iterable[Page]) -> bool:
        """Page somebody whose page was lost by what was not tried yet; False if nothing is left, or they declined."""
        if page.person in escalation.declined:
            return False
        tried = {(p.room, p.full) for p in pages if p.step == page.step and p.person == page.person}
        tried.add((page.room, page.full))
        paged = self._people.paged_by(page, escalation)
        left = [m for m in self._people.means_for(paged, escalation.tlp) if (m.room, m.full) not in tried]
        position = escalation.position
        if left:
            await self._telling.page(
                unit,
                escalation,
                paged,
                left[0],
                step=page.step,
                deadline=position.due if position else unit.now,
                fallback=True,
                last=escalation.state is State.EXHAUSTED,
                rings_at=position.due if page.notice and position and self._waits(unit, escalation) else None,
            )
        return bool(left)

    # --- steps ------------------------------------------------------------------------------------------

    async def _fire(self, unit: Unit, escalation: Escalation, position: Position) -> Escalation:
        following = self._next(unit, escalation, Happened.RANG).position
        if following is None:
            return await self._exhaust(unit, escalation, position.step)
        # Nothing but a step that is made changes the state; what follows is where the page's deadline comes from.
        escalation = replace(escalation, state=State.PAGING)
        step = self._policy(escalation).steps[position.step]
        if not applies(step, self._people.doors(escalation.target.organisation)(unit.now)):
            await self._log(unit, "escalation.stepped", escalation, step=position.step, paged=[], outcome="skipped")
            return self._next(unit, escalation, Happened.LEFT_OUT)
        everyone = await self._people.of_step(unit, escalation, step)
        able = [paged for paged in everyone if paged.user not in escalation.declined]
        rung = []
        for paged in able:
            if await self._ring(unit, escalation, paged, position.step, following.due, step.by):
                rung.append(paged)
            elif not paged.beyond:
                escalation = with_trouble(escalation, "no-room", paged.name, position.step)
        if not everyone:
            escalation = self._nobody(escalation, step, position.step)
        await self._log(
            unit,
            "escalation.stepped",
            escalation,
            step=position.step,
            paged=[str(p.user) for p in rung],
            outcome="ok" if rung else "empty",
        )
        if rung:
            await self._offer_details(unit, escalation, rung)
            return replace(escalation, position=following)
        await self._ring_desk(unit, escalation, position.step, following.due, step.by)
        return self._next(unit, escalation, Happened.NOBODY)

    async def _ring(
        self,
        unit: Unit,
        escalation: Escalation,
        paged: Paged,
        step: int,
        deadline: datetime,
        by: Sequence[By] = (),
        *,
        last: bool = False,
    ) -> bool:
        """Page somebody by the best means, or by all that the step names; False if there is none.

        Whoever was paged just now is not paged again, but for what a step names and did not ring."""
        rings = {
            page.room
            for page in await self._store.pages(unit, escalation.ref)
            if page.person == paged.user and page.state is not PageState.LOST and not page.notice
            if abs(unit.now - page.paged_at) < JUST_NOW
        }
        if rings and not by:
            return True
        ways = chosen(self._people.means_for(paged, escalation.tlp), by)
        for way in ways:
            if way.room not in rings:
                await self._telling.page(unit, escalation, paged, way, step=step, deadline=deadline, last=last)
        return bool(rings or ways)

    async def _ring_desk(
        self, unit: Unit, escalation: Escalation, step: int, deadline: datetime, by: Sequence[By]
    ) -> None:
        """Where nobody in particular rings: the whole desk room, and whoever holds the role and is not in it; each
        once in a ladder."""
        desk = self._people.desk(escalation)
        rung = {
            page.person: page.room
            for page in await self._store.pages(unit, escalation.ref)
            if not page.notice and page.state is not PageState.LOST
        }
        ways = chosen(self._people.means_for(desk, escalation.tlp), by) if None not in rung else []
        for way in ways:
            await self._telling.page(unit, escalation, desk, way, step=step, deadline=deadline, fallback=True)
        desks = [rung[None]] if None in rung else [way.room for way in ways]
        for paged, way in self._people.elsewhere(escalation, desks):
            if paged.user not in rung:
                await self._telling.page(unit, escalation, paged, way, step=step, deadline=deadline, fallback=True)

    async def _lay_down(self, unit: Unit, escalation: Escalation, step: Step) -> Escalation:
        """Out of office hours: a notice that does not ring, to whoever is on duty, else into the desk room."""
        everyone = [*await self._people.of_step(unit, escalation, step), self._people.desk(escalation)]
        if await self._notice(unit, escalation, everyone):
            return escalation
        # No room can take it now: waiting for the office would be a silent gap.
        escalation = with_trouble(escalation, "no-room", str(escalation.target.organisation), 0)
        return replace(escalation, position=Position(0, unit.now))

    async def _notice(
        self, unit: Unit, escalation: Escalation, people: Iterable[Paged], but: Collection[RoomId] = ()
    ) -> bool:
        """A notice to the first of them who can be written to elsewhere than there; False if nobody can."""
        due = escalation.position.due if escalation.position else unit.now
        for paged in people:
            # A webhook is there to ring, so it has nothing to say yet.
            ways = [m for m in self._people.means_for(paged, escalation.tlp) if not m.room.startswith(HOOK)]
            if ways and ways[0].room not in but:
                await self._telling.page(unit, escalation, paged, ways[0], step=0, deadline=due, rings_at=due)
                return True
        return False

    async def _exhaust(self, unit: Unit, escalation: Escalation, step: int) -> Escalation:
        """Every step has fired: the coordinators are paged, and the caller is told whom to phone."""
        escalation = replace(escalation, state=State.EXHAUSTED, position=None)
        rung = [
            paged
            for paged in await self._people.of_step(unit, escalation, _LAST)
            if await self._ring(unit, escalation, paged, step, unit.now, last=True)
        ]
        await self._offer_details(unit, escalation, rung)
        if not rung:
            escalation = with_trouble(escalation, "nobody-coordinators", "", step)
        await self._telling.ring_exhausted(unit, escalation)
        await self._log(unit, "escalation.exhausted", escalation, step=step, paged=[str(p.user) for p in rung])
        return escalation

    async def _offer_details(self, unit: Unit, escalation: Escalation, rung: Iterable[Paged]) -> None:
        own = escalation.origin.caller.organisation
        if names := [paged.name for paged in rung if paged.beyond and not same(paged.organisation, own)]:
            await self._telling.offer_details(unit, escalation, names)

    def _nobody(self, escalation: Escalation, step: Step, number: int) -> Escalation:
        if any(found.code == "not-here" for found in escalation.troubles) and step.who[-1] is not Who.COORDINATORS:
            return escalation  # said already, for the whole organisation
        code = f"nobody-{step.who[-1].value}"
        return with_trouble(escalation, code, str(escalation.target.organisation), number)

    def _next(self, unit: Unit, escalation: Escalation, happened: Happened) -> Escalation:
        doors = self._people.doors(escalation.target.organisation)
        position = next_step(self._policy(escalation), doors, escalation.position, unit.now, happened)
        return replace(escalation, position=position)

    def _waits(self, unit: Unit, escalation: Escalation) -> bool:
        """Whether it may ring nobody before the callee's office opens."""
        ready = self._next(unit, escalation, Happened.BACK).position
        return ready is not None and ready.due > unit.now

    def _policy(self, escalation: Escalation) -> Policy:
        target = escalation.target
        return self._policies.policy(self._people.organisation(target.organisation), escalation.severity, target.role)

    async def _log(
        self, unit: Unit, action: str, escalation: Escalation, *, outcome: str = "ok", **details: object
    ) -> None:
        await self._audit.append(unit, action, actor=None, ref=escalation.ref, outcome=outcome, details=details)
