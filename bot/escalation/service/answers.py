"""What people answer to an escalation: they take it, decline it, close it; each within the caller's unit."""

from dataclasses import dataclass, replace

from bot.audit.service import Actor, AuditLog
from bot.db.unit import Unit
from bot.duty.rules.walltime import zone
from bot.escalation.model import Escalation, Member, PageState, State, same
from bot.escalation.service import texts
from bot.escalation.service.errors import (
    AlreadyClosed,
    AlreadyTaken,
    NotCalled,
    NotTheCaller,
    UnknownEscalation,
)
from bot.escalation.service.ladder import BELL, Ladder
from bot.escalation.service.links import Links, Offer
from bot.escalation.service.people import People
from bot.escalation.service.store import Store
from bot.escalation.service.telling import Telling, with_trouble
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich
from bot.ids import DeviceId, Ref, RoomId
from bot.outbox.model import Kind
from bot.outbox.service import Outbox

NO_DEVICE = DeviceId("")
"""Of whoever answered by the link of a letter."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Who takes it knows this now."""

    escalation: Escalation
    words: Rich
    """What was said, where the taker's room may show it and no page there did; else empty."""
    again: bool = False
    """The same person had it already."""
    withheld: bool = False
    """The taker's room has not shown what it is about, and may not."""


@dataclass(frozen=True, slots=True)
class Declined:
    """Who declined knows this now."""

    escalation: Escalation
    rings: str | None = None
    """When it rings the others, in the callee's wall time; None if it climbed at once, or every step was tried."""
    last: bool = False
    """Every step was tried before."""
    again: bool = False
    """They had declined before, so that nothing comes sooner."""


class Answers:
    """Each answer is a change, its log entry and what everybody is told, in one unit."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        audit: AuditLog,
        store: Store,
        people: People,
        telling: Telling,
        ladder: Ladder,
        links: Links,
    ) -> None:
        self._outbox = outbox
        self._audit = audit
        self._store = store
        self._people = people
        self._telling = telling
        self._ladder = ladder
        self._links = links

    async def take(self, unit: Unit, ref: Ref, member: Member, room: RoomId) -> Taken:
        """``member`` of the called organisation has it: the ladder stands still, pages on their way are dropped,
        the caller and everybody who was paged are told.  ``room`` is where the member is answered.

        Raises :class:`UnknownEscalation`, :class:`NotCalled`, :class:`AlreadyTaken` or :class:`AlreadyClosed`."""
        escalation = await self._called(unit, ref, member)
        if escalation.state is State.ACKNOWLEDGED:
            if escalation.taken_by and escalation.taken_by.user == member.user:
                return replace(await self._shown(unit, escalation, room), again=True)
            raise AlreadyTaken(name=escalation.taken_by.name if escalation.taken_by else "", ref=ref)
        shown = await self._shown(unit, escalation, room)
        return replace(shown, escalation=await self._take(unit, escalation, member, room))

    async def take_by_link(self, unit: Unit, token: str) -> Offer:
        """Whoever was written to has it: as :meth:`take`, and everybody reads that it was by the link of a letter.

        Raises :class:`~bot.escalation.service.links.DeadLink`."""
        offer = await self._links.find(unit, token, to_change=True)
        member = self._people.member(offer.link.person, NO_DEVICE)
        taken = await self._take(unit, offer.escalation, member, None, by="mail-link", step=offer.link.step)
        return replace(offer, escalation=taken)

    async def look_at_link(self, unit: Unit, token: str) -> Offer:
        """What a link is good for now.  Raises :class:`~bot.escalation.service.links.DeadLink`."""
        return await self._links.find(unit, token)

    async def _take(
        self, unit: Unit, escalation: Escalation, member: Member, room: RoomId | None, **details: object
    ) -> Escalation:
        taken = replace(
            escalation, state=State.ACKNOWLEDGED, taken_by=member, taken_at=unit.now, taken_room=room, position=None
        )
        await self._stand_still(unit, taken)
        after = unit.now - taken.opened_at
        await self._log(unit, "escalation.acknowledged", taken, member, seconds=int(after.total_seconds()), **details)

        def text(language: str) -> Rich:
            said = say(
                language,
                "escalation-told-taken",
                name=member.name,
                organisation=member.organisation,
                took=texts.took(language, after),
                ref=taken.ref,
            )
            return said + texts.by_link(language, taken)

        await self._telling.ring_callers(unit, taken, text)
        await self._telling.others(unit, taken, text, but=() if room is None else (room,))
        return taken

    async def decline(
        self, unit: Unit, ref: Ref, member: Member, why: str, room: RoomId, language: str = "en"
    ) -> Declined:
        """``member`` cannot take it: the next step starts at once, without them, or where the ladder waits when the
        callee's office opens, and others get the notice meanwhile.  Whoever had it gives it back; whoever says so again
        brings nothing forward.

        Raises :class:`UnknownEscalation`, :class:`NotCalled`, :class:`AlreadyTaken` or :class:`AlreadyClosed`."""
        escalation = await self._called(unit, ref, member)
        again = member.user in escalation.declined
        declined = tuple(dict.fromkeys((*escalation.declined, member.user)))
        step = escalation.position.step if escalation.position else 0
        if escalation.state is State.ACKNOWLEDGED:
            if escalation.taken_by is None or escalation.taken_by.user != member.user:
                raise AlreadyTaken(name=escalation.taken_by.name if escalation.taken_by else "", ref=ref)
            given = replace(escalation, declined=declined, taken_by=None, taken_at=None, taken_room=None)
            given = with_trouble(given, "given-back", member.name, step)
            await self._log(unit, "escalation.given-back", given, member)
            unit.ring(BELL)
            given = await self._ladder.back_on(unit, given)
            await self._ladder.pass_on(unit, given)
            back = await self._ladder.climb(unit, given, changed=True)
            told = {"ref": ref, "name": member.name, "organisation": str(member.organisation)}
            await self._telling.ring_callers(
                unit, back, lambda spoken: say(spoken, "escalation-told-back-caller", **told)
            )
            await self._telling.others(
                unit, back, lambda spoken: say(spoken, "escalation-told-back", **told), but=(room,)
            )
            return self._declined(unit, given, back, language)
        escalation = replace(escalation, declined=declined)
        escalation = with_trouble(escalation, "declined", member.name, step, why.strip()[:200])
        await self._log(unit, "escalation.declined", escalation, member)
        unit.ring(BELL)
        if not again:
            escalation = self._ladder.forward(unit, escalation)
            await self._ladder.pass_on(unit, escalation)
        climbed = await self._ladder.climb(unit, escalation, changed=True)
        return replace(self._declined(unit, escalation, climbed, language), again=again)

    async def resolve(self, unit: Unit, ref: Ref, member: Member, room: RoomId) -> Escalation:
        """Close it: it is dealt with.  Either side may; raises :class:`UnknownEscalation` or :class:`AlreadyClosed`."""
        return await self._close(unit, await self._either_side(unit, ref, member), State.RESOLVED, member, room)

    async def cancel(self, unit: Unit, ref: Ref, member: Member, room: RoomId) -> Escalation:
        """Take it back: only who opened it, or a lead of theirs, may.

        Raises :class:`UnknownEscalation`, :class:`NotTheCaller` or :class:`AlreadyClosed`."""
        escalation = await self._either_side(unit, ref, member)
        if not may_cancel(escalation, member):
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

        # What was said, and where, is wiped with the end of it.
        await self._telling.ring_callers(unit, escalation, text, but=(room,))
        await self._telling.others(unit, closed, text, but=(room, *(caller.room for caller in escalation.callers)))
        return closed

    async def _stand_still(self, unit: Unit, escalation: Escalation) -> None:
        await self._outbox.drop(unit, escalation.ref, Kind.PAGE, reason="closed")
        await self._links.end(unit, escalation.ref)
        await self._store.save(unit, escalation)
        await self._telling.status(unit, escalation)
        unit.ring(BELL)

    def _declined(self, unit: Unit, before: Escalation, after: Escalation, language: str) -> Declined:
        if before.state is State.EXHAUSTED:
            return Declined(after, last=True)
        if after.position is None or before.position is None or after.position.step > before.position.step:
            return Declined(after)
        there = zone(self._people.zone_of(after.target.organisation))
        return Declined(after, rings=texts.clock_time_in(language, after.position.due, there, unit.now))

    async def _shown(self, unit: Unit, escalation: Escalation, room: RoomId) -> Taken:
        words = await self.words_for(unit, escalation, room)
        return Taken(escalation, words, withheld=not words and not await self._was_shown(unit, escalation, room))

    async def _was_shown(self, unit: Unit, escalation: Escalation, room: RoomId) -> bool:
        pages = await self._store.pages(unit, escalation.ref)
        return any(p.room == room and p.full and p.state is PageState.SENT for p in pages)

    async def words_for(self, unit: Unit, escalation: Escalation, room: RoomId) -> Rich:
        """What was said, for a room that has not shown it and may show it."""
        if await self._was_shown(unit, escalation, room) or not self._people.may_show(escalation, room):
            return Rich()
        there = zone(self._people.zone_of(escalation.target.organisation))
        return texts.words(self._people.language_of(room, self._people.desk(escalation)), escalation, there, unit.now)

    async def _either_side(self, unit: Unit, ref: Ref, member: Member) -> Escalation:
        escalation = await self._store.get(unit, ref, to_change=True)
        sides = (escalation.target.organisation, escalation.origin.caller.organisation) if escalation else ()
        if escalation is None or not any(same(member.organisation, side) for side in sides):
            raise UnknownEscalation(ref=ref)
        if escalation.state.final:
            raise AlreadyClosed(ref=ref)
        return escalation

    async def _called(self, unit: Unit, ref: Ref, member: Member) -> Escalation:
        escalation = await self._store.get(unit, ref, to_change=True)
        if escalation is None:
            raise UnknownEscalation(ref=ref)
        if not same(member.organisation, escalation.target.organisation):
            # A coordinator who was paged knows the reference; anybody else learns nothing.
            paged = any(p.person == member.user for p in await self._store.pages(unit, ref))
            if paged or same(member.organisation, escalation.origin.caller.organisation):
                raise NotCalled(organisation=escalation.target.organisation, ref=ref)
            raise UnknownEscalation(ref=ref)
        if escalation.state.final:
            raise AlreadyClosed(ref=ref)
        return escalation

    async def _log(self, unit: Unit, action: str, escalation: Escalation, member: Member, **details: object) -> None:
        actor = Actor(member.organisation, member.name, member.user, member.device)
        await self._audit.append(unit, action, actor=actor, ref=escalation.ref, details=details)


def may_cancel(escalation: Escalation, member: Member) -> bool:
    """Whether it is theirs to take back."""
    caller = escalation.origin.caller
    return member.user == caller.user or (member.lead and same(member.organisation, caller.organisation))
