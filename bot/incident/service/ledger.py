"""Incidents as they lie in the database: read, write, seal, account for."""

import json
from typing import Any, Protocol

from bot.audit.service import Actor, AuditLog, content_digest
from bot.db.unit import Unit
from bot.directory.model import RoomRecord
from bot.escalation.model import Severity
from bot.ids import DeviceId, EventId, Handle, Ref, RoomId, UserId
from bot.incident import rules, tables
from bot.incident.model import Happening, Incident, Line, Member, Origin, Participant, Presence, State
from bot.outbox.service import Outbox
from bot.ports import Sealer, TrustView
from bot.tlp import Tlp


class Rooms(Protocol):
    """What incidents need of the directory's service."""

    async def register_room(self, unit: Unit, record: RoomRecord, *, actor: Actor | None) -> None:
        """Note a room and whom it is for; a known one is replaced."""


class Ledger:
    """Rows of incidents as values.  Texts are sealed at rest, bound to their row."""

    def __init__(self, outbox: Outbox, audit: AuditLog, sealer: Sealer, trust: TrustView, rooms: Rooms) -> None:
        self.outbox = outbox
        self.audit = audit
        self.trust = trust
        self._sealer = sealer
        self._rooms = rooms

    # --- incidents --------------------------------------------------------------------------------------

    async def add(
        self,
        unit: Unit,
        *,
        ref: Ref,
        code_name: str,
        title: str,
        summary: str,
        severity: Severity,
        tlp: Tlp,
        commander: Member,
        origin: Origin,
    ) -> None:
        """A new incident in the state ``opening``."""
        await tables.add_incident(
            unit,
            {
                "ref": ref,
                "code_name": code_name,
                "sealed": self._seal({"title": title, "summary": summary}, f"incident {ref}"),
                "severity": severity.value,
                "tlp": tlp.value,
                "state": State.OPENING.value,
                "commander_user": commander.user,
                "commander_name": commander.name,
                "commander_organisation": commander.organisation,
                "commander_device": commander.device,
                "origin_room": origin.room,
                "origin_event": origin.event,
                "language": origin.language,
                "opened_at": unit.now,
            },
        )

    async def get(self, unit: Unit, ref: Ref) -> Incident | None:
        """One incident, or None."""
        row = await tables.incident(unit, ref)
        return await self._incident(unit, row) if row else None

    async def of_room(self, unit: Unit, room: RoomId) -> Incident | None:
        """The incident whose room this is, or None."""
        row = await tables.incident_of_room(unit, room)
        return await self._incident(unit, row) if row else None

    async def running(self, unit: Unit, *states: State) -> list[Incident]:
        """All in these states, oldest first."""
        return [await self._incident(unit, row) for row in await tables.in_states(unit, [s.value for s in states])]

    async def change(self, unit: Unit, incident: Incident, to: State | None = None, **values: Any) -> bool:
        """Change it if it is still in the state that it was read in; False if somebody was faster."""
        if to is not None:
            if not rules.may_become(incident.state, to):
                return False
            values["state"] = to.value
        return await tables.change_incident(unit, incident.ref, [incident.state.value], **values)

    async def register_room(self, unit: Unit, incident: Incident, actor: Actor | None) -> None:
        """Tell the directory whom the room is for."""
        if incident.room is not None:
            record = RoomRecord(
                room=incident.room,
                kind="incident",
                organisations=frozenset(incident.organisations),
                language=incident.origin.language,
            )
            await self._rooms.register_room(unit, record, actor=actor)

    # --- timeline ---------------------------------------------------------------------------------------

    async def tell(
        self,
        unit: Unit,
        ref: Ref,
        happening: Happening,
        who: str,
        text: str = "",
        *,
        about: EventId | None = None,
        quoted: str = "",
    ) -> str:
        """Put a line on the timeline; returns its digest for the log.

        The digest is SHA-256 over a 32-byte salt, the text, a zero byte and the quoted message (UTF-8); the salt is
        sealed with the line, so log readers cannot guess short notes."""
        line_id, salt = unit.new_id(), unit.random(32)
        plain = {"who": who, "text": text, "about": about, "quoted": quoted, "salt": salt.hex()}
        await tables.add_line(
            unit,
            {
                "id": line_id,
                "ref": ref,
                "at": unit.now,
                "happening": happening.value,
                "sealed": self._seal(plain, f"incident line {line_id}"),
            },
        )
        return content_digest(salt, text.encode() + b"\0" + quoted.encode())

    async def timeline(self, unit: Unit, ref: Ref) -> list[Line]:
        """The whole timeline, oldest first."""
        lines = []
        for row in await tables.timeline(unit, ref):
            plain = self._unseal(row.sealed, f"incident line {row.id}")
            lines.append(
                Line(
                    at=row.at,
                    happening=Happening(row.happening),
                    who=plain["who"],
                    text=plain["text"],
                    about=EventId(plain["about"]) if plain["about"] else None,
                    quoted=plain["quoted"],
                )
            )
        return lines

    # --- rows -------------------------------------------------------------------------------------------

    async def _incident(self, unit: Unit, row: Any) -> Incident:
        plain = self._unseal(row.sealed, f"incident {row.ref}")
        people = [
            Participant(
                user=UserId(person.user),
                name=person.name,
                organisation=Handle(person.organisation) if person.organisation else None,
                presence=Presence(person.presence),
                since=person.since,
            )
            for person in await tables.people(unit, row.ref)
        ]
        organisations = [Handle(handle) for handle in await tables.organisations(unit, row.ref)]
        return Incident(
            ref=Ref(row.ref),
            code_name=row.code_name,
            title=plain["title"],
            summary=plain["summary"],
            severity=Severity(row.severity),
            tlp=Tlp(row.tlp),
            state=State(row.state),
            commander=Member(
                user=UserId(row.commander_user),
                name=row.commander_name,
                organisation=Handle(row.commander_organisation),
                device=DeviceId(row.commander_device),
            ),
            origin=Origin(RoomId(row.origin_room), EventId(row.origin_event), row.language),
            room=RoomId(row.room) if row.room else None,
            card_row=row.card_row,
            organisations=tuple(sorted(organisations, key=lambda handle: handle != row.commander_organisation)),
            people=tuple(people),
            opened_at=row.opened_at,
            room_at=row.room_at,
            closed_at=row.closed_at,
            closed_by=row.closed_by,
            report_mark=row.report_mark,
        )

    def _seal(self, plain: dict[str, Any], bound_to: str) -> bytes:
        return self._sealer.seal(json.dumps(plain, ensure_ascii=False).encode(), bound_to.encode())

    def _unseal(self, sealed: bytes, bound_to: str) -> dict[str, Any]:
        plain: dict[str, Any] = json.loads(self._sealer.unseal(sealed, bound_to.encode()))
        return plain


def actor(who: Member) -> Actor:
    """As the log names people."""
    return Actor(who.organisation, who.name, who.user, who.device)


def named(who: Member) -> str:
    """As the timeline names people."""
    return f"{who.name} ({who.organisation})"
