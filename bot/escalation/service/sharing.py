"""What it is about, beyond the called organisation: those called to help learn it on the caller's word only."""

from bot.audit.service import Actor, AuditLog
from bot.db.unit import Unit
from bot.escalation.model import Member, PageState, State, same
from bot.escalation.service.errors import AlreadyClosed, AlreadyTaken, UnknownEscalation
from bot.escalation.service.people import People
from bot.escalation.service.store import Store
from bot.escalation.service.telling import Telling
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich
from bot.outbox.model import is_outside
from bot.outbox.service import Outbox


class Sharing:
    """Does what the caller's organisation answers to :meth:`Telling.offer_details`; within the caller's unit."""

    def __init__(self, *, outbox: Outbox, audit: AuditLog, store: Store, people: People, telling: Telling) -> None:
        self._outbox = outbox
        self._audit = audit
        self._store = store
        self._people = people
        self._telling = telling

    async def settle(self, unit: Unit, question: str, member: Member, language: str, *, yes: bool) -> Rich:
        """The word of anybody of the organisation that calls; from then on whoever is called reads the details, where
        their room and the label allow it.

        Raises :class:`UnknownEscalation`, :class:`AlreadyTaken` or :class:`AlreadyClosed`."""
        row = await self._outbox.get(unit, question)
        ref = row.post.ref if row is not None else None
        escalation = await self._store.get(unit, ref, to_change=True) if ref is not None else None
        if escalation is None or not same(member.organisation, escalation.origin.caller.organisation):
            raise UnknownEscalation(ref=ref or "")
        if escalation.state.final:
            raise AlreadyClosed(ref=escalation.ref)
        if escalation.state is State.ACKNOWLEDGED:
            raise AlreadyTaken(name=escalation.taken_by.name if escalation.taken_by else "", ref=escalation.ref)
        if not yes and not escalation.shared:
            whom = str(escalation.target.organisation)
            return say(language, "escalation-share-declined", ref=escalation.ref, whom=whom)
        before, escalation = escalation, await self._store.share(unit, escalation)
        shown: dict[str, str] = {}
        for page in await self._store.pages(unit, escalation.ref):
            paged = self._people.paged_by(page, escalation)
            if not paged.beyond or is_outside(page.room) or page.state is PageState.LOST or page.room in shown:
                continue
            if not any(m.full and m.room == page.room for m in self._people.means_for(paged, escalation.tlp)):
                continue
            shown[page.room] = page.name
            if not before.shared:
                await self._telling.details(unit, escalation, page, paged)
        if not before.shared:
            actor = Actor(member.organisation, member.name, member.user, member.device)
            details = {"rooms": sorted(shown)}
            await self._audit.append(unit, "escalation.shared", actor=actor, ref=escalation.ref, details=details)
        names = ", ".join(dict.fromkeys(shown.values()))
        return say(
            language, "escalation-shared" if names else "escalation-shared-none", ref=escalation.ref, names=names
        )
