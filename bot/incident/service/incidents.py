"""What people do with incidents, each within the caller's unit."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from bot.audit.service import AuditLog
from bot.db.unit import Database, Unit
from bot.directory.model import Organisation, Person
from bot.escalation.model import Severity
from bot.exchange.service import keep_to_ceiling
from bot.ids import EventId, Handle, Ref, RoomId, UserId, ref_from
from bot.incident import rules, tables
from bot.incident.model import (
    Act,
    Happening,
    Incident,
    Left,
    Line,
    Member,
    Opened,
    Origin,
    Participant,
    Presence,
    State,
)
from bot.incident.rules.names import code_name
from bot.incident.service import refusals as no
from bot.incident.service.ledger import Ledger, Rooms, actor, named
from bot.incident.service.works import CLOSE, CREATE, INVITE, KINDS, REPORT, Works
from bot.outbox.model import Job, Proof
from bot.outbox.ports import Messages
from bot.outbox.service import Outbox
from bot.ports import RoomWorks, Sealer, TrustView
from bot.tlp import Tlp

MAX_TEXT = 12_000
"""Bytes of a summary or a note."""
MAX_TITLE = 200
COMING = (Presence.ASKED.value, Presence.INVITED.value)

Called = Sequence[tuple[Organisation, Sequence[Person]]]
"""Organisations, each with the people of it that are meant."""


class People(Protocol):
    """What incidents look up in the directory."""

    def person(self, user: UserId) -> Person | None:
        """Somebody by Matrix user."""

    def organisation(self, handle: Handle) -> Organisation | None:
        """An organisation by handle."""

    def people_of(self, handle: Handle) -> Sequence[Person]:
        """Who staffs it."""


class Incidents:
    """The incidents of one deployment."""

    kinds = KINDS
    """The jobs that :meth:`perform` does."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        audit: AuditLog,
        sealer: Sealer,
        trust: TrustView,
        register: People,
        directory: Rooms,
        bot_user: UserId,
        messages: Messages | None = None,
    ) -> None:
        self._ledger = Ledger(outbox, audit, sealer, trust, directory)
        self._works = Works(self._ledger, bot_user)
        self._register = register
        self._messages = messages

    # --- for the workers --------------------------------------------------------------------------------

    async def perform(self, job: Job, rooms: RoomWorks, db: Database) -> None:
        """Do one job; see :meth:`bot.incident.service.works.Works.perform`."""
        await self._works.perform(job, rooms, db)

    async def gave_up(self, unit: Unit, job: Job, reason: str) -> None:
        """A job failed too often; see :meth:`bot.incident.service.works.Works.gave_up`."""
        await self._works.gave_up(unit, job, reason)

    async def guard(self, db: Database, rooms: RoomWorks) -> int:
        """Remove who has no business in a room; see :meth:`bot.incident.service.works.Works.guard`."""
        return await self._works.guard(db, rooms)

    # --- open -------------------------------------------------------------------------------------------

    async def open(
        self,
        unit: Unit,
        *,
        who: Member,
        origin: Origin,
        title: str,
        summary: str,
        severity: Severity,
        tlp: Tlp,
        called: Called,
    ) -> Opened:
        """Open an incident: its room is made by a job, once, and the opener is told when it is there.

        The opener commands it; the opener's own organisation takes part.  Only verified people are invited, the
        others stand in the answer.  Raises :class:`MayNotOpen`, :class:`LabelTooHigh`,
        :class:`AboveCeiling`, :class:`NoteTooLong`."""
        if rules.forbids(Act.OPEN, who, None):
            raise no.MayNotOpen
        if not rules.label_fits(tlp):
            raise no.LabelTooHigh(label=str(tlp))
        keep_to_ceiling(tlp, self._ledger.trust.person(who.user))
        _fits(summary, MAX_TEXT)
        _fits(title, MAX_TITLE)
        invited, left = self._sift(unit, [*self._own(who), *called], tlp)
        if all(person.user != who.user for person in invited):
            invited.insert(0, Participant(who.user, who.name, who.organisation, Presence.ASKED, unit.now))
            left = [one for one in left if one.user != who.user]
        ref = ref_from("INC", unit.random(4))
        while await tables.incident(unit, ref) is not None:
            ref = ref_from("INC", unit.random(4))
        name = code_name(unit.random(4), await tables.code_names(unit))
        await self._ledger.add(
            unit,
            ref=ref,
            code_name=name,
            title=title,
            summary=summary,
            severity=severity,
            tlp=tlp,
            commander=who,
            origin=origin,
        )
        handles = [who.organisation, *(organisation.handle for organisation, _ in called)]
        await tables.add_organisations(unit, ref, handles)
        await self._put(unit, ref, invited)
        digest = await self._ledger.tell(unit, ref, Happening.OPENED, named(who), title or name, quoted=summary)
        await self._ledger.outbox.job(unit, CREATE, f"{CREATE}:{ref}", {"ref": ref})
        await self._ledger.audit.append(
            unit,
            "incident.opened",
            actor=actor(who),
            ref=ref,
            details={
                "severity": severity.value,
                "tlp": tlp.value,
                "organisations": list(dict.fromkeys(handles)),
                "people": [person.user for person in invited],
                "left": [one.user or one.name for one in left],
                "digest": digest,
            },
        )
        return Opened(await self._read(unit, ref), tuple(invited), tuple(left))

    def _own(self, who: Member) -> Called:
        own = self._register.organisation(who.organisation)
        return [(own, self._register.people_of(who.organisation))] if own else []

    def _sift(self, unit: Unit, called: Called, tlp: Tlp) -> tuple[list[Participant], list[Left]]:
        invited: dict[UserId, Participant] = {}
        left: list[Left] = []
        for organisation, people in called:
            verdicts = {p.mxid: self._ledger.trust.person(p.mxid) for p in people if p.mxid is not None}
            some, others = rules.sift(organisation, people, verdicts, tlp, unit.now)
            invited |= {person.user: person for person in some}
            left += [one for one in others if one not in left]
        return list(invited.values()), left

    async def _put(self, unit: Unit, ref: Ref, people: Sequence[Participant]) -> None:
        for person in people:
            await tables.put_person(
                unit,
                ref,
                person.user,
                presence=Presence.ASKED.value,
                name=person.name,
                organisation=person.organisation,
            )

    # --- finding ----------------------------------------------------------------------------------------

    async def find(self, unit: Unit, who: Member, room: RoomId, ref: Ref | None = None) -> Incident:
        """The incident that is meant: by reference, else the room's, else the only open one that ``who`` is in.

        An incident that this person may not see is as unknown as one that there is not.  Raises
        :class:`UnknownIncident`, :class:`NoIncident` or :class:`SeveralIncidents`."""
        if ref is None:
            here = await self._ledger.of_room(unit, room)
            if here is not None:
                self._may(Act.STATUS, who, here, room)
                return here
            refs = await tables.of_person(unit, who.user, COMING, [State.OPENING.value, State.OPEN.value])
            if len(refs) > 1:
                raise no.SeveralIncidents(refs=", ".join(refs))
            if not refs:
                raise no.NoIncident
            return await self._read(unit, Ref(refs[0]))
        incident = await self._ledger.get(unit, ref)
        if incident is None or rules.forbids(Act.STATUS, who, incident, here=incident.room == room):
            raise no.UnknownIncident(ref=ref)
        return incident

    async def running(self, unit: Unit, who: Member) -> list[Incident]:
        """The open incidents that this person takes part in; a coordinator's are all."""
        incidents = await self._ledger.running(unit, State.OPENING, State.OPEN, State.CLOSING)
        return [incident for incident in incidents if rules.forbids(Act.STATUS, who, incident) is None]

    def takes_part(self, who: Member, incident: Incident, room: RoomId) -> bool:
        """Whether this person may read what it is about, and not only that there is one."""
        return rules.takes_part(incident, who.user, here=room == incident.room)

    async def timeline(self, unit: Unit, incident: Incident) -> list[Line]:
        """Everything that happened, oldest first; for whoever takes part."""
        return await self._ledger.timeline(unit, incident.ref)

    # --- invite -----------------------------------------------------------------------------------------

    async def invite(self, unit: Unit, *, who: Member, incident: Incident, event: EventId, called: Called) -> Opened:
        """Invite more people; each invitation is a job.  Raises :class:`MayNotCommand`, :class:`IncidentClosed`,
        :class:`IncidentNotReady` or :class:`IncidentFailed`."""
        self._may(Act.INVITE, who, incident)
        self._open(incident)
        fit, left = self._sift(unit, called, incident.tlp)
        there = self._ledger.trust.members(incident.room) if incident.room else frozenset[UserId]()
        already = [p for p in fit if rules.takes_part(incident, p.user) and p.user in there]
        invited = [p for p in fit if p not in already]
        if invited:
            handles = [person.organisation for person in invited if person.organisation]
            new = await tables.add_organisations(unit, incident.ref, handles)
            await self._put(unit, incident.ref, invited)
            if new:
                # Before anybody comes in: until the directory knows, a newcomer makes the room unverified.
                await self._ledger.register_room(unit, await self._read(unit, incident.ref), actor(who))
            names = ", ".join(f"{p.name} ({p.organisation})" for p in invited)
            await self._ledger.tell(unit, incident.ref, Happening.INVITED, named(who), names)
            for person in invited:
                key = f"{INVITE}:{incident.ref}:{event}:{person.user}"
                await self._ledger.outbox.job(unit, INVITE, key[:255], {"ref": incident.ref, "user": person.user})
            await self._works.ask_for_card(unit, incident.ref)
        await self._ledger.audit.append(
            unit,
            "incident.invited",
            actor=actor(who),
            ref=incident.ref,
            outcome="ok" if invited else "nobody",
            details={
                "people": [person.user for person in invited],
                "left": [one.user or one.name for one in left],
            },
        )
        return Opened(await self._read(unit, incident.ref), tuple(invited), tuple(left), tuple(already))

    # --- note -------------------------------------------------------------------------------------------

    async def quote(self, room: RoomId, event: EventId) -> Mapping[str, str]:
        """What a message said that a note is a reply to: ``who`` and ``text``; empty if it cannot be read, or was not
        proved to come from whom it says.  Slow: not within a unit."""
        found = await self._messages.read(room, event) if self._messages is not None else None
        if found is None or found.proof is not Proof.PINNED or found.room != room:
            return {}
        body = found.content.get("body")
        if not isinstance(body, str) or not body.strip():
            return {}
        person = self._register.person(found.sender)
        who = f"{person.name} ({person.organisation})" if person else str(found.sender)
        return {"who": who, "text": body.encode()[:MAX_TEXT].decode(errors="ignore")}

    async def note(
        self,
        unit: Unit,
        *,
        who: Member,
        room: RoomId,
        incident: Incident,
        text: str,
        about: EventId | None = None,
        quoted: Mapping[str, str] | None = None,
    ) -> None:
        """Put a note on the timeline; ``quoted`` is what :meth:`quote` gave, ``room`` where it was typed.  Only its
        digest is in the log.

        Raises :class:`UnknownIncident`, :class:`IncidentClosed`, :class:`IncidentFailed`, :class:`AboveCeiling`,
        :class:`NothingToNote` or :class:`NoteTooLong`."""
        self._may(Act.NOTE, who, incident, room)
        if incident.state is not State.OPENING:
            self._open(incident)
        keep_to_ceiling(incident.tlp, self._ledger.trust.person(who.user))
        if not text.strip() and not quoted:
            raise no.NothingToNote
        _fits(text, MAX_TEXT)
        shown = f"{quoted['who']}: {quoted['text']}" if quoted else ""
        digest = await self._ledger.tell(
            unit, incident.ref, Happening.NOTE, named(who), text.strip(), about=about, quoted=shown
        )
        await self._ledger.audit.append(
            unit,
            "incident.noted",
            actor=actor(who),
            ref=incident.ref,
            details={"digest": digest, "size": len(text.encode()), **({"about": about} if about else {})},
        )

    # --- close ------------------------------------------------------------------------------------------

    async def close(self, unit: Unit, *, who: Member, incident: Incident) -> Incident:
        """End it: the report goes to the room, then the room becomes read-only.  Raises :class:`MayNotCommand`,
        :class:`IncidentClosed` (also the second time), :class:`IncidentNotReady` or :class:`IncidentFailed`."""
        self._may(Act.CLOSE, who, incident)
        self._open(incident)
        if not await self._ledger.change(unit, incident, State.CLOSING, closed_at=unit.now, closed_by=named(who)[:512]):
            raise no.IncidentClosed(ref=incident.ref)
        await self._ledger.tell(unit, incident.ref, Happening.CLOSED, named(who))
        await self._works.ask_for_card(unit, incident.ref)
        await self._ledger.outbox.job(unit, REPORT, f"{REPORT}:{incident.ref}", {"ref": incident.ref})
        await self._ledger.outbox.job(unit, CLOSE, f"{CLOSE}:{incident.ref}", {"ref": incident.ref})
        minutes = int((unit.now - incident.opened_at).total_seconds() // 60)
        await self._ledger.audit.append(
            unit, "incident.closed", actor=actor(who), ref=incident.ref, details={"minutes": minutes}
        )
        return replace(incident, state=State.CLOSING, closed_at=unit.now, closed_by=named(who))

    # --- gates ------------------------------------------------------------------------------------------

    def _may(self, act: Act, who: Member, incident: Incident, room: RoomId | None = None) -> None:
        reason = rules.forbids(act, who, incident, here=room is not None and room == incident.room)
        if reason == "part":
            raise no.UnknownIncident(ref=incident.ref)
        if reason is not None:
            raise no.MayNotCommand(name=incident.commander.name, ref=incident.ref)

    def _open(self, incident: Incident) -> None:
        if incident.state is State.OPENING:
            raise no.IncidentNotReady(ref=incident.ref)
        if incident.state is State.FAILED:
            raise no.IncidentFailed(ref=incident.ref)
        if incident.state is not State.OPEN:
            raise no.IncidentClosed(ref=incident.ref)

    async def _read(self, unit: Unit, ref: Ref) -> Incident:
        incident = await self._ledger.get(unit, ref)
        if incident is None:
            raise no.UnknownIncident(ref=ref)
        return incident


def _fits(text: str, limit: int) -> None:
    size = len(text.encode())
    if size > limit:
        raise no.NoteTooLong(size=size, limit=limit)
