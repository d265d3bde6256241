"""Use cases of duty, within the caller's unit: who is on duty, who is next, whether the office is open."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.audit.service import Actor, AuditLog
from bot.db.unit import Unit
from bot.directory.model import Organisation, Person
from bot.directory.rules import roles as role_rules
from bot.directory.service import Register
from bot.duty import tables
from bot.duty.model import Absence, Hours, Override, Rotation
from bot.duty.rules import hours as hours_rules
from bot.duty.rules import roster
from bot.duty.rules.walltime import zone
from bot.errors import NotDone
from bot.ids import Handle, UserId

ROUND_THE_CLOCK = "247"
"""The role that ``/247`` asks for: whoever is on duty at any hour, whatever their role."""


class NotOnStaff(NotDone):
    """{person} is not listed as staff of {organisation}. The roster was not changed."""

    code = "duty-not-on-staff"


class BadRotation(NotDone):
    """A rotation needs at least one person and a period of whole days. The roster was not changed."""

    code = "duty-bad-rotation"


class BadPeriod(NotDone):
    """The end must come after the start. The roster was not changed."""

    code = "duty-bad-period"


class Duty:
    """The rosters of one deployment."""

    def __init__(self, register: Register, audit: AuditLog) -> None:
        self._register = register
        self._audit = audit

    # --- the office -------------------------------------------------------------------------------------

    def hours(self, organisation: Organisation, at: datetime) -> Hours:
        """The organisation's clock at ``at`` and whether its office is open.

        Hours that the directory does not name, or that cannot be read, count as open and as not known."""
        where = zone(organisation.timezone)
        local = at.astimezone(where or UTC)
        try:
            spans = hours_rules.parse(organisation.office_hours) if organisation.office_hours else None
        except hours_rules.BadOfficeHours:
            spans = None
        if spans is not None and spans.always:
            return Hours(local, open=True, next_open=None, known=True, round_the_clock=True)
        if where is None or spans is None:
            return Hours(local, open=True, next_open=None, known=False, round_the_clock=organisation.always)
        return Hours(
            local_time=local,
            open=hours_rules.is_open(spans, where, at),
            next_open=hours_rules.next_opening(spans, where, at),
            known=True,
            round_the_clock=organisation.always,
        )

    # --- the roster -------------------------------------------------------------------------------------

    async def on_duty(self, unit: Unit, handle: Handle, role: str, at: datetime) -> list[Person]:
        """Who is on duty in ``role`` at ``at``; empty where nobody is: a gap is never filled in silence.

        Where the role has no roster at all, those of its people count whom a network expects to be reachable
        around the clock.  The role ``247`` asks for whoever is on duty in any role."""
        organisation = self._register.organisation(handle)
        if organisation is None:
            return []
        if role == ROUND_THE_CLOCK:
            found: list[Person] = []
            for each in sorted(self._roles_of(organisation)):
                found += await self.on_duty(unit, handle, each, at)
            return list(dict.fromkeys(found))
        rotations, overrides, absences = await self._roster(unit, organisation, role, at)
        if not rotations and not overrides:
            away = {a.person for a in absences}
            return [p for p in self._always(organisation, role) if p.mxid not in away]
        return self._people(handle, roster.on_duty(rotations, overrides, absences, _zone_of(organisation), at))

    async def next_on_roster(
        self, unit: Unit, handle: Handle, role: str, at: datetime, but: Iterable[UserId] = ()
    ) -> list[Person]:
        """The backup: the next in turn of each rotation who is not away and not among ``but``; may be empty."""
        organisation = self._register.organisation(handle)
        if organisation is None:
            return []
        if role == ROUND_THE_CLOCK:
            found: list[Person] = []
            for each in sorted(self._roles_of(organisation)):
                found += await self.next_on_roster(unit, handle, each, at, but)
            return list(dict.fromkeys(found))
        rotations, _, absences = await self._roster(unit, organisation, role, at)
        on = await self.on_duty(unit, handle, role, at)
        leave_out = [*but, *(p.mxid for p in on if p.mxid is not None)]
        return self._people(handle, roster.next_on_roster(rotations, absences, _zone_of(organisation), at, leave_out))

    def holders(self, handle: Handle, role: str) -> list[Person]:
        """Everyone of the organisation who holds ``role`` and can be reached here, on duty or not."""
        wanted = role_rules.answers_to(role)
        return [p for p in self._register.people_of(handle) if p.mxid and wanted.intersection(p.roles)]

    # --- changes ----------------------------------------------------------------------------------------

    async def set_rotation(
        self,
        unit: Unit,
        *,
        organisation: Handle,
        role: str,
        people: Sequence[UserId],
        starts_on: date,
        handover: time,
        every: timedelta,
        by: Actor,
    ) -> str:
        """Put one rotation in force for the role, in place of what was; returns its id.

        Wall times are the organisation's.  Raises :class:`BadRotation` or :class:`NotOnStaff`."""
        if not people or every.days < 1 or every != timedelta(days=every.days):
            raise BadRotation
        for person in people:
            self._check_staff(organisation, person)
        await tables.end_rotations(unit, organisation, _canonical(role))
        rotation_id = unit.new_id()
        await tables.add_rotation(
            unit,
            {
                "id": rotation_id,
                "organisation": organisation,
                "role": _canonical(role),
                "people": list(people),
                "starts_on": starts_on.isoformat(),
                "handover": handover.isoformat("minutes"),
                "every_days": every.days,
            },
        )
        await self._audit.append(
            unit,
            "duty.rotation-set",
            actor=by,
            details={"organisation": organisation, "role": role, "people": list(people), "every_days": every.days},
        )
        unit.ring("ladder")
        return rotation_id

    async def take(
        self, unit: Unit, *, organisation: Handle, role: str, person: UserId, start: datetime, end: datetime, by: Actor
    ) -> str:
        """``person`` has the duty from ``start`` to ``end`` (instants), whoever's turn it is; returns the id.

        Raises :class:`BadPeriod` or :class:`NotOnStaff`."""
        return await self._except(unit, "take", organisation, _canonical(role), person, start, end, by)

    async def away(
        self, unit: Unit, *, organisation: Handle, person: UserId, start: datetime, end: datetime, by: Actor
    ) -> str:
        """``person`` is not to be counted on from ``start`` to ``end``; leaves a gap unless somebody takes over.

        Raises :class:`BadPeriod` or :class:`NotOnStaff`."""
        return await self._except(unit, "away", organisation, None, person, start, end, by)

    async def _except(
        self,
        unit: Unit,
        kind: str,
        organisation: Handle,
        role: str | None,
        person: UserId,
        start: datetime,
        end: datetime,
        by: Actor,
    ) -> str:
        if end <= start:
            raise BadPeriod
        self._check_staff(organisation, person)
        exception_id = unit.new_id()
        await tables.add_exception(
            unit,
            {
                "id": exception_id,
                "kind": kind,
                "organisation": organisation,
                "role": role,
                "person": person,
                "start_at": start,
                "end_at": end,
            },
        )
        await self._audit.append(
            unit,
            f"duty.{kind}",
            actor=by,
            details={
                "organisation": organisation,
                "role": role,
                "person": person,
                "from": start.isoformat(),
                "to": end.isoformat(),
            },
        )
        return exception_id

    # --- pieces -----------------------------------------------------------------------------------------

    def _check_staff(self, organisation: Handle, user: UserId) -> None:
        person = self._register.person(user)
        if person is None or (person.organisation or "").casefold() != organisation.casefold():
            raise NotOnStaff(person=user, organisation=organisation)

    def _people(self, handle: Handle, users: Iterable[UserId]) -> list[Person]:
        """The directory's people behind these users; who has left the organisation is on duty no more."""
        found = (self._register.person(user) for user in users)
        return [person for person in found if person and (person.organisation or "").casefold() == handle.casefold()]

    def _roles_of(self, organisation: Organisation) -> set[str]:
        return {_canonical(role) for membership in organisation.memberships for role in membership.roles}

    def _always(self, organisation: Organisation, role: str) -> list[Person]:
        """Whom to expect at any hour where nobody keeps a roster."""
        holders = self.holders(organisation.handle, role)
        if role_rules.round_the_clock(organisation, role, self._register.networks()):
            return holders
        return [person for person in holders if ROUND_THE_CLOCK in person.roles]

    async def _roster(
        self, unit: Unit, organisation: Organisation, role: str, at: datetime
    ) -> tuple[list[Rotation], list[Override], list[Absence]]:
        rows = await tables.exceptions_at(unit, organisation.handle, _canonical(role), at)
        return (
            [_rotation(row) for row in await tables.rotations_of(unit, organisation.handle, _canonical(role))],
            [
                Override(r.id, Handle(r.organisation), r.role, UserId(r.person), r.start_at, r.end_at, int(r.seq))
                for r in rows
                if r.kind == "take"
            ],
            [Absence(r.id, UserId(r.person), r.start_at, r.end_at) for r in rows if r.kind == "away"],
        )


def _canonical(role: str) -> str:
    """One roster for the roles that are one under the names of two networks."""
    return role_rules.DEFAULT if role in role_rules.FAMILY else role


def _zone_of(organisation: Organisation) -> ZoneInfo:
    return zone(organisation.timezone) or ZoneInfo("UTC")


def _rotation(row: Any) -> Rotation:
    return Rotation(
        id=row.id,
        organisation=Handle(row.organisation),
        role=row.role,
        people=tuple(UserId(user) for user in row.people),
        starts_on=date.fromisoformat(row.starts_on),
        handover=time.fromisoformat(row.handover),
        every=timedelta(days=int(row.every_days)),
    )
