"""What an organisation proposes to change in its own entry: shown before it is proposed, approved by coordinators."""

from dataclasses import dataclass, replace
from typing import Any

from bot.db.unit import Unit
from bot.directory.model import Change, Organisation, Plan, Record, Source
from bot.directory.rules.plain import differing
from bot.directory.rules.proposing import Proposal, Proposed, clash, details, digest_of, freeze, thaw
from bot.directory.service.desks import NoSuchOrganisation
from bot.directory.service.proposals import NothingToPropose, Proposals
from bot.directory.tables import entries
from bot.ids import Handle, Ref


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be proposed."""

    proposed: Proposed
    lines: tuple[str, ...]
    """What comes and what goes, a fact a line; a RED contact's value stays out."""
    beside: tuple[Ref, ...]
    """Proposals that wait already and change the same of the entry."""


class Updating:
    """Changes of an entry by its own people.  Who the actor is, and what they may, the caller has proved."""

    def __init__(self, proposals: Proposals) -> None:
        self._proposals = proposals

    async def entry(self, unit: Unit, handle: Handle) -> Record:
        """The entry as it is now.  Raises :class:`NoSuchOrganisation`."""
        current = await entries.read_entries(unit)
        key = handle.casefold()
        organisation = next((one for name, one in current.organisations.items() if name.casefold() == key), None)
        if organisation is None:
            raise NoSuchOrganisation(handle=handle)
        people = tuple(p for p in current.people if p.organisation and p.organisation.casefold() == key)
        return Record(Source("-", 0), organisation, people, (0,) * len(people))

    async def draft(self, unit: Unit, record: Record, after: Organisation) -> Draft:
        """What changing the entry to ``after`` would be.  Raises :class:`NothingToPropose`."""
        fields = differing(record.organisation, record.people, after, record.people)
        if not fields:
            raise NothingToPropose
        plan = Plan(changed=(Change(replace(record, organisation=after), fields),))
        proposed = Proposed(plan, (record,))
        waiting = await self._proposals.waiting(unit)
        beside = tuple(other.ref for other in waiting if clash(thaw(other.what), proposed))
        return Draft(proposed, tuple(details(proposed)), beside)

    async def propose(self, unit: Unit, draft: Draft, **origin: Any) -> Proposal:
        """Keep it until it is approved; ``origin``: ``file`` and ``actor`` of :meth:`Proposals.propose`, which says
        what is raised."""
        digest = digest_of(freeze(draft.proposed))
        return await self._proposals.propose(unit, draft.proposed.plan, file_sha256=digest, **origin)
