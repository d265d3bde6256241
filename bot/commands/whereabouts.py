"""Who wrote, and where: as far as the directory knows and the verdicts of now go."""

from bot.commands.call import Caller, Place
from bot.directory.service import Register
from bot.i18n.catalogue import catalogue
from bot.outbox.model import Arrival
from bot.ports import TrustView


class Whereabouts:
    """Knows people and rooms."""

    def __init__(self, register: Register, trust: TrustView) -> None:
        self._register = register
        self._trust = trust

    def caller(self, arrival: Arrival) -> Caller:
        """Who sent it, under the directory's name."""
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

    def place(self, arrival: Arrival) -> Place:
        """Where it was sent."""
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
