"""Who offers what: what organisations say here, and what their entries in the directory name."""

from collections.abc import Iterable, Sequence

from bot.assist import tables
from bot.assist.model import Matches, Member, Offer
from bot.assist.rules.matching import in_order, languages_in_common
from bot.assist.service.errors import NotOffered, OfferedByDirectory
from bot.assist.service.framework import lexicon, service_name
from bot.assist.service.records import actor_of
from bot.audit.service import AuditLog
from bot.db.unit import Unit
from bot.directory.model import Organisation
from bot.directory.rules import roles
from bot.directory.rules.resolve import Addressee
from bot.directory.service import Register
from bot.exchange.model import Recipient
from bot.exchange.service import Addressing
from bot.tlp import Tlp


class Offers:
    """The offers of one deployment."""

    def __init__(self, register: Register, addressing: Addressing, audit: AuditLog) -> None:
        self._register = register
        self._addressing = addressing
        self._audit = audit

    async def of(self, unit: Unit, organisation: Organisation) -> dict[str, bool]:
        """The numbers of the services that an organisation offers, in order; False: its directory entry says so."""
        own = set(await tables.offers_of(unit, organisation.handle))
        return {number: number in own for number in sorted(own | _in_entry(organisation))}

    async def add(self, unit: Unit, who: Member, numbers: Iterable[str]) -> list[str]:
        """Offer these services; returns those that are new."""
        organisation = self._register.organisation(who.organisation)
        known = await self.of(unit, organisation) if organisation else {}
        new = [number for number in dict.fromkeys(numbers) if number not in known]
        for number in new:
            await tables.add_offer(unit, who.organisation, number, who.user)
        if new:
            await self._audit.append(unit, "assist.offered", actor=actor_of(who), details={"services": new})
        return new

    async def end(self, unit: Unit, who: Member, number: str, language: str) -> None:
        """Offer it no more.  Raises :class:`OfferedByDirectory` or :class:`NotOffered`."""
        if not await tables.end_offer(unit, who.organisation, number):
            organisation = self._register.organisation(who.organisation)
            known = organisation is not None and number in _in_entry(organisation)
            error = OfferedByDirectory if known else NotOffered
            raise error(service=service_name(language, number), organisation=who.organisation)
        await self._audit.append(unit, "assist.offer-ended", actor=actor_of(who), details={"services": [number]})

    async def offering(self, unit: Unit, ours: Organisation, number: str, languages: Iterable[str] = ()) -> list[Offer]:
        """Who offers it among those who share a network with us, with the languages in common (ours and these)."""
        said = set(await tables.offering(unit, number))
        spoken = (*languages, *ours.languages)
        found = []
        for handle in self._register.connected(ours.handle):
            theirs = self._register.organisation(handle)
            if theirs is not None and (theirs.handle in said or number in _in_entry(theirs)):
                found.append(Offer(theirs, languages_in_common(spoken, theirs.languages)))
        first, later = in_order(found)
        return [*first, *later]

    async def matches(self, unit: Unit, who: Member, number: str, tlp: Tlp) -> Matches:
        """Who would be asked, in order."""
        ours = self._register.organisation(who.organisation)
        offers = await self.offering(unit, ours, number, who.languages) if ours is not None else []
        first, later = in_order(offers)
        reached = {offer.organisation.handle: self.recipient(offer.organisation, tlp) for offer in offers}

        def there(some: Sequence[Offer]) -> tuple[tuple[Offer, Recipient], ...]:
            return tuple((o, recipient) for o in some if (recipient := reached[o.organisation.handle]) is not None)

        absent = tuple(offer for offer in offers if reached[offer.organisation.handle] is None)
        now, after = there(first), there(later)
        return Matches(now or after, after if now else (), absent)

    def recipient(self, organisation: Organisation, tlp: Tlp) -> Recipient | None:
        """Where it is asked, or gets its copies; None if it has no room with enlace."""
        found = self._addressing.find([Addressee(organisation, roles.DEFAULT)], tlp).recipients
        return found[0] if found else None


def _in_entry(organisation: Organisation) -> set[str]:
    """The services that its directory entry names exactly among its capabilities."""
    return {number for word in organisation.capabilities if (number := lexicon().exactly(word)) is not None}
