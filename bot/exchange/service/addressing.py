"""From addressees to rooms: where a message for an organisation or a person goes."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.directory.model import RoomRecord
from bot.directory.rules.resolve import Addressee
from bot.directory.rules.roles import answers_to
from bot.directory.service import Register
from bot.exchange.model import Recipient
from bot.i18n.catalogue import catalogue
from bot.ids import RoomId
from bot.ports import TrustView
from bot.tlp import Tlp


@dataclass(frozen=True, slots=True)
class Addressed:
    """Who can be written to, and who is not on enlace."""

    recipients: tuple[Recipient, ...]
    absent: tuple[Addressee, ...]


class Addressing:
    """Chooses rooms from the directory; a verified one before one that would hold the message."""

    def __init__(self, register: Register, trust: TrustView) -> None:
        self._register = register
        self._trust = trust

    def find(self, addressees: Sequence[Addressee], tlp: Tlp) -> Addressed:
        """A room for each addressee: RED only ever the named person's direct room."""
        recipients: list[Recipient] = []
        absent: list[Addressee] = []
        for addressee in addressees:
            recipient = self._recipient(addressee, tlp)
            if recipient is None:
                absent.append(addressee)
            elif recipient.room not in {r.room for r in recipients}:
                recipients.append(recipient)
        return Addressed(tuple(recipients), tuple(absent))

    def language(self, record: RoomRecord) -> str:
        """What a message in this room speaks: as set there, else the organisation's first language."""
        spoken: tuple[str, ...] = ()
        for handle in sorted(record.organisations):
            organisation = self._register.organisation(handle)
            spoken += organisation.languages if organisation else ()
        person = self._register.person(record.user) if record.user else None
        return catalogue().choose(record.language, *(person.languages if person else ()), *spoken)

    def language_of(self, room: RoomId) -> str:
        """The same of a room that may not be on record any more."""
        record = self._register.room(room)
        return self.language(record) if record is not None else catalogue().default

    def _recipient(self, addressee: Addressee, tlp: Tlp) -> Recipient | None:
        record = self._record(addressee, tlp)
        if record is None:
            return None
        members = tuple(sorted(self._trust.members(record.room)))
        return Recipient(
            organisation=addressee.organisation.handle,
            room=record.room,
            kind=record.kind,
            language=self.language(record),
            mention=members,
            members=members,
            person=addressee.person.mxid if addressee.person else None,
        )

    def _record(self, addressee: Addressee, tlp: Tlp) -> RoomRecord | None:
        register = self._register
        if addressee.person is not None and addressee.person.mxid is not None:
            direct = register.direct_room(addressee.person.mxid)
            if direct is not None:
                return register.room(direct)
            if tlp is Tlp.RED:
                return None
        if tlp is Tlp.RED:
            return None
        rooms, wanted = list(register.desk_rooms(addressee.organisation.handle)), answers_to(addressee.role)
        for person in register.people_of(addressee.organisation.handle):
            holds = not person.roles or not wanted.isdisjoint(person.roles)
            if person.mxid is not None and holds and (direct := register.direct_room(person.mxid)) is not None:
                rooms.append(direct)
        best = next((room for room in rooms if self._trust.room(room).ok), rooms[0] if rooms else None)
        return register.room(best) if best is not None else None
