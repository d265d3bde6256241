"""Who staffs an organisation, changed in the chat: coming in takes four eyes, going works at once."""

from dataclasses import replace
from typing import Any

from bot.audit.service import Actor
from bot.db.unit import Unit
from bot.directory.model import Change, Organisation, Person, Plan, Record, RoomRecord, Source
from bot.directory.rules import roles
from bot.directory.rules.naming import fold
from bot.directory.rules.proposing import Proposal
from bot.directory.service.changes import Directory
from bot.directory.service.desks import NoSuchOrganisation
from bot.directory.service.proposals import Proposals
from bot.directory.service.register import Register
from bot.directory.service.telling import Telling
from bot.directory.tables import renewal
from bot.errors import NotDone
from bot.ids import Handle, RoomId, UserId
from bot.ports import TrustView

LONGEST_NAME = 100
DESK, COORDINATION = "desk", "coordination"


class PersonThere(NotDone):
    """{user} is in the directory already, as {name} of {organisation}. Nothing was proposed."""

    code = "person-there"


class RoleNotHeld(NotDone):
    """{organisation} holds no role “{role}”. Nothing was proposed."""

    code = "role-not-held"


class NameTooLong(NotDone):
    """A name has at most {most} characters. Nothing was proposed."""

    code = "name-too-long"


class NotOneself(NotDone):
    """Nobody takes themselves out of the directory. Nothing was changed."""

    code = "not-oneself"


class IsCoordinator(NotDone):
    """{user} coordinates, and only the configuration says who does. Nothing was changed."""

    code = "is-coordinator"


class RoomIsIncident(NotDone):
    """This is the room of an incident, and stays that. Nothing was proposed."""

    code = "room-is-incident"


class RoomIsDirect(NotDone):
    """This is your own room with enlace: nobody else is in it. Nothing was proposed."""

    code = "room-is-direct"


class Staffing:
    """People and rooms, one at a time.  Who the actor is, and what they may, the caller has proved."""

    def __init__(
        self, *, proposals: Proposals, directory: Directory, register: Register, trust: TrustView, telling: Telling
    ) -> None:
        self._proposals = proposals
        self._directory = directory
        self._register = register
        self._trust = trust
        self._telling = telling

    async def propose_person(
        self, unit: Unit, organisation: Organisation, user: UserId, name: str, role: str, **origin: Any
    ) -> Proposal:
        """Propose that this person staffs the organisation; an entry of that name without a Matrix user gets it.

        ``origin``: ``file``, ``file_sha256`` and ``actor`` of :meth:`Proposals.propose`, which says what else is
        raised besides :class:`PersonThere`, :class:`RoleNotHeld` and :class:`NameTooLong`."""
        there = self._register.person(user)
        if there is not None:
            raise PersonThere(user=user, name=there.name, organisation=there.organisation or "–")
        if len(name) > LONGEST_NAME:
            raise NameTooLong(most=LONGEST_NAME)
        held = roles.held_as(organisation, role)
        if held is None:
            raise RoleNotHeld(organisation=organisation.handle, role=role)
        people = self._register.people_of(organisation.handle)
        known = next((one for one in people if one.mxid is None and fold(one.name) == fold(name)), None)
        if known is None:
            staff = (*people, Person(name, organisation.handle, user, (held,)))
        else:
            named = replace(known, mxid=user, roles=tuple(dict.fromkeys((*known.roles, held))))
            staff = tuple(named if one == known else one for one in people)
        record = Record(Source("-", 0), organisation, staff, (0,) * len(staff))
        return await self._proposals.propose(unit, Plan(changed=(Change(record, ("people",)),)), **origin)

    async def remove(self, unit: Unit, user: UserId, *, actor: Actor, room: RoomId) -> Person:
        """Take somebody out at once, withdraw their identity, and tell their rooms and the coordinators, but not
        ``room``, where it was asked for.

        Raises :class:`NotOneself`, :class:`IsCoordinator` and :class:`bot.directory.service.NoSuchPerson`."""
        if actor.user == user:
            raise NotOneself
        if user in self._register.coordinators():
            raise IsCoordinator(user=user)
        rooms = [concerned for concerned in self._telling.concerned(user) if concerned != room]
        person = await self._directory.remove_person(unit, user, actor=actor)
        await renewal.forget_vouches(unit, user)
        about = {"user": user, "name": person.name, "organisation": person.organisation or "–"}
        await self._telling.tell(unit, rooms, "person-removed", by=actor.person or "–", **about)
        return person

    async def propose_room(self, unit: Unit, room: RoomId, kind: str, handles: list[str], **origin: Any) -> Proposal:
        """Propose what a room is for: the desk of organisations, or coordination among some or all.

        Raises :class:`RoomIsIncident`, :class:`RoomIsDirect`, :class:`NoSuchOrganisation` and what
        :meth:`Proposals.propose_room` raises."""
        known = self._register.room(room)
        if known is not None and known.kind == "incident":
            raise RoomIsIncident
        if known is not None and known.kind == "direct" and len(self._trust.members(room)) < 2:
            raise RoomIsDirect
        found: list[Handle] = []
        for handle in handles:
            organisation = self._register.organisation(handle)
            if organisation is None:
                raise NoSuchOrganisation(handle=handle[:63])
            found.append(organisation.handle)
        record = RoomRecord(room, kind, frozenset(found), known.language if known else None)
        return await self._proposals.propose_room(unit, record, **origin)
