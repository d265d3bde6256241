"""Rows to values and back; what was said is sealed at rest and wiped when the escalation is closed."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.db.unit import Unit
from bot.escalation import tables
from bot.escalation.model import (
    Escalation,
    Member,
    Origin,
    Page,
    PageState,
    Position,
    Said,
    Severity,
    State,
    Target,
    Trouble,
)
from bot.ids import DeviceId, EventId, Handle, Ref, RoomId, UserId
from bot.ports import Sealer
from bot.tlp import Tlp

MOST_TROUBLES = 24


class Store:
    """Escalations and pages as values."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def get(self, unit: Unit, ref: Ref, *, to_change: bool = False) -> Escalation | None:
        """One escalation."""
        row = await tables.get(unit, ref, to_change=to_change)
        return self.escalation(row) if row else None

    async def add(self, unit: Unit, escalation: Escalation) -> None:
        """A new escalation."""
        origin, target = escalation.origin, escalation.target
        await tables.add(
            unit,
            {
                "ref": escalation.ref,
                "call": escalation.call,
                "caller_user": origin.caller.user,
                "caller_name": origin.caller.name,
                "caller_organisation": origin.caller.organisation,
                "caller_device": origin.caller.device,
                "caller_room": origin.room,
                "caller_event": origin.event,
                "caller_thread": origin.thread,
                "language": origin.language,
                "organisation": target.organisation,
                "role": target.role,
                "person": target.person,
                "severity": escalation.severity.value,
                "opened_at": escalation.opened_at,
                "as_of": unit.now,
                **self._changing(escalation),
            },
        )

    async def save(self, unit: Unit, escalation: Escalation, look_at: datetime | None = None) -> None:
        """Write everything that can change; ``look_at``: when to look at its pages again."""
        await tables.change(unit, escalation.ref, look_at=look_at, as_of=unit.now, **self._changing(escalation))

    async def share(self, unit: Unit, escalation: Escalation) -> Escalation:
        """Remember that the caller allows it, and nothing else."""
        shared = replace(escalation, shared=True)
        await tables.change(unit, escalation.ref, sealed=self._seal(shared))
        return shared

    def _changing(self, escalation: Escalation) -> dict[str, Any]:
        taken = escalation.taken_by
        return {
            "tlp": escalation.tlp.value,
            "sealed": self._seal(escalation),
            "state": escalation.state.value,
            "step": escalation.position.step if escalation.position else -1,
            "due": escalation.position.due if escalation.position else None,
            "declined": list(escalation.declined),
            "taken_by": taken.user if taken else None,
            "taken_name": taken.name if taken else None,
            "taken_organisation": taken.organisation if taken else None,
            "taken_device": taken.device if taken else None,
            "taken_room": escalation.taken_room,
            "taken_at": escalation.taken_at,
            "closed_by": escalation.closed_by,
            "closed_at": escalation.closed_at,
        }

    def escalation(self, row: Any) -> Escalation:
        """The value of a row."""
        said, troubles, shared = self._unseal(row)
        taken = None
        if row.taken_by:
            taken = Member(
                UserId(row.taken_by), row.taken_name, Handle(row.taken_organisation), DeviceId(row.taken_device)
            )
        caller = Member(
            UserId(row.caller_user), row.caller_name, Handle(row.caller_organisation), DeviceId(row.caller_device)
        )
        return Escalation(
            ref=Ref(row.ref),
            call=row.call,
            origin=Origin(
                caller=caller,
                room=RoomId(row.caller_room),
                event=EventId(row.caller_event),
                language=row.language,
                thread=EventId(row.caller_thread) if row.caller_thread else None,
            ),
            target=Target(Handle(row.organisation), row.role, UserId(row.person) if row.person else None),
            severity=Severity(row.severity),
            tlp=Tlp(row.tlp),
            said=said,
            state=State(row.state),
            opened_at=row.opened_at,
            position=Position(int(row.step), row.due) if row.due is not None else None,
            status_row=row.status_row,
            declined=tuple(UserId(user) for user in row.declined),
            shared=shared,
            troubles=troubles,
            taken_by=taken,
            taken_room=RoomId(row.taken_room) if row.taken_room else None,
            taken_at=row.taken_at,
            closed_by=row.closed_by,
            closed_at=row.closed_at,
        )

    async def pages(self, unit: Unit, ref: Ref) -> list[Page]:
        """The pages of an escalation, oldest first."""
        return [_page(row) for row in await tables.pages_of(unit, ref)]

    async def add_page(self, unit: Unit, page: Page) -> None:
        """A new page."""
        await tables.add_page(
            unit,
            {
                "id": page.id,
                "ref": page.ref,
                "step": page.step,
                "organisation": page.organisation,
                "person": page.person,
                "name": page.name,
                "room": page.room,
                "row": page.row,
                "full": page.full,
                "fallback": page.fallback,
                "notice": page.notice,
                "zone": page.zone,
                "state": page.state.value,
                "paged_at": page.paged_at,
            },
        )

    def _seal(self, escalation: Escalation) -> bytes | None:
        """What was said and what went wrong, in one sealed piece; None once the words are wiped."""
        if escalation.state.final:
            return None
        plain = {
            "said": [_said(said) for said in escalation.said],
            "shared": escalation.shared,
            "troubles": [[t.code, t.who, t.step, t.why] for t in escalation.troubles[-MOST_TROUBLES:]],
        }
        return self._sealer.seal(json.dumps(plain, ensure_ascii=False).encode(), escalation.ref.encode())

    def _unseal(self, row: Any) -> tuple[tuple[Said, ...], tuple[Trouble, ...], bool]:
        if row.sealed is None:
            return (), (), False
        plain = json.loads(self._sealer.unseal(row.sealed, row.ref.encode()))
        return (
            tuple(Said(datetime.fromisoformat(at), name, Tlp(tlp), *text) for at, name, tlp, *text in plain["said"]),
            tuple(Trouble(code, who, step, why) for code, who, step, why in plain["troubles"]),
            bool(plain.get("shared")),
        )


def _said(said: Said) -> list[str]:
    """In the order of its fields."""
    what = (said.summary, said.details, said.salt, said.user, said.room, said.event, said.language)
    return [said.at.isoformat(), said.name, said.tlp.value, *what]


def _page(row: Any) -> Page:
    return Page(
        id=row.id,
        ref=Ref(row.ref),
        step=int(row.step),
        organisation=Handle(row.organisation),
        person=UserId(row.person) if row.person else None,
        name=row.name,
        room=RoomId(row.room),
        row=row.row,
        full=bool(row.full),
        fallback=bool(row.fallback),
        zone=row.zone,
        state=PageState(row.state),
        paged_at=row.paged_at,
        notice=bool(row.notice),
    )
