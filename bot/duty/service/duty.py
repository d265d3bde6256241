"""Who is on duty at any instant, and every change of a roster."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.audit.service import Actor, AuditLog
from bot.db.unit import Unit
from bot.directory.model import Organisation, Person
from bot.directory.rules import roles as role_rules
from bot.directory.service import Register
from bot.duty import tables
from bot.duty.model import Absence, Hours, OfficeHours, Override, Roster, Rotation, Shift, Stretch
from bot.duty.rules import calendar
from bot.duty.rules import coverage as coverage_rules
from bot.duty.rules import hours as hours_rules
from bot.duty.rules import roster as rules
from bot.duty.rules.coverage import Period
from bot.duty.rules.walltime import zone
from bot.duty.service.errors import BadPeriod, BadRotation, CalendarStranger, NotOnStaff
from bot.duty.service.holidays import Holidays
from bot.ids import Handle, UserId

ROUND_THE_CLOCK = "247"
"""The role that ``/247`` asks for: whoever is on duty at any hour, whatever their role."""
BACKUP_WITHIN = timedelta(days=14)
"""So far ahead the next one in a calendar is looked for."""
_INSTANT = timedelta(microseconds=1)


class Duty:
    """The rosters of one deployment."""

    def __init__(self, register: Register, audit: AuditLog) -> None:
        self._register = register
        self._audit = audit
        self._holidays = Holidays()

    # --- the office -------------------------------------------------------------------------------------

    def hours(self, organisation: Organisation, at: datetime) -> Hours:
        """The organisation's clock at ``at`` and whether its office is open; public holidays of its country are not.

        Hours that the directory does not name, or that cannot be read, count as open and as not known."""
        where, spans = zone(organisation.timezone), _office(organisation)
        local = at.astimezone(where or UTC)
        if spans is not None and spans.always:
            return Hours(local, open=True, next_open=None, known=True, round_the_clock=True)
        if where is None or spans is None:
            return Hours(local, open=True, next_open=None, known=False, round_the_clock=organisation.always)
        closed = self._holidays.closed(organisation.country)
        return Hours(
            local_time=local,
            open=hours_rules.is_open(spans, where, at, closed),
            next_open=hours_rules.next_opening(spans, where, at, closed),
            known=True,
            round_the_clock=organisation.always,
        )

    async def learn_holidays(self, at: datetime) -> None:
        """Look up the public holidays of all countries where an office may be closed, as far as they are not known."""
        offices = [organisation for organisation in self._register.organisations() if organisation.office_hours]
        await self._holidays.learn({office.country for office in offices if office.country}, at.date())

    def promised(self, organisation: Organisation, role: str, start: datetime, end: datetime) -> list[Period]:
        """When somebody of this role is to be expected: at any time where the organisation is 24/7, or the role is in
        one of its networks, or nobody knows better; else in office hours."""
        where, spans = zone(organisation.timezone), _office(organisation)
        always = organisation.always or role_rules.round_the_clock(organisation, role, self._register.networks())
        if always or where is None or spans is None:
            return [(start, end)]
        return hours_rules.opening_times(spans, where, start, end, self._holidays.closed(organisation.country))

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
        found_roster = await self.roster(unit, organisation, role, at, at + _INSTANT)
        return self._people(handle, rules.on_duty(found_roster, at))

    async def next_on_roster(
        self, unit: Unit, handle: Handle, role: str, at: datetime, but: Iterable[UserId] = ()
    ) -> list[Person]:
        """The backup: the next in turn of each rotation who has not left, is not away and not among ``but``; may be
        empty."""
        organisation = self._register.organisation(handle)
        if organisation is None:
            return []
        if role == ROUND_THE_CLOCK:
            found: list[Person] = []
            for each in sorted(self._roles_of(organisation)):
                found += await self.next_on_roster(unit, handle, each, at, but)
            return list(dict.fromkeys(found))
        found_roster = await self.roster(unit, organisation, role, at, at + BACKUP_WITHIN)
        on = await self.on_duty(unit, handle, role, at)
        leave_out = {*but, *(p.mxid for p in on if p.mxid is not None)}
        leave_out |= {user for rotation in found_roster.rotations for user in rotation.people} - self._staff(handle)
        return self._people(handle, rules.next_on_roster(found_roster, at, leave_out))

    async def coverage(
        self, unit: Unit, organisation: Organisation, role: str, start: datetime, end: datetime
    ) -> list[Stretch] | None:
        """Who is on duty over a time, without a hole; None where the role has no roster."""
        found = await self.roster(unit, organisation, role, start, end)
        if not found.kept and not found.overrides:
            return None
        staff = self._staff(organisation.handle)
        stretches = coverage_rules.coverage(found, start, end)
        return [Stretch(s.start, s.end, tuple(p for p in s.people if p in staff)) for s in stretches]

    async def coverage_of_roles(
        self, unit: Unit, organisation: Organisation, start: datetime, end: datetime
    ) -> dict[str, list[Stretch]]:
        """The coverage of every role that has a roster."""
        found = {
            role: await self.coverage(unit, organisation, role, start, end) for role in self.roles_of(organisation)
        }
        return {role: stretches for role, stretches in found.items() if stretches is not None}

    def roles_of(self, organisation: Organisation) -> list[str]:
        """The roles that it holds in its networks, one name for each."""
        return sorted(self._roles_of(organisation) | {role_rules.DEFAULT})

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

    async def import_calendar(self, unit: Unit, *, organisation: Handle, data: bytes, by: Actor) -> None:
        """Put a calendar in force as the organisation's whole roster, in place of what was; what people took over and
        when they are away stays.

        Raises a :class:`~bot.duty.rules.calendar.BadCalendar` or :class:`CalendarStranger`."""
        entry = self._check_calendar(organisation, data)
        await tables.end_rotations(unit, organisation)
        await tables.put_calendar(unit, organisation, data, _digest(entry.calendar))
        await self._audit.append(
            unit,
            "duty.calendar-imported",
            actor=by,
            details={"organisation": organisation, "sha256": _digest(data)},
        )
        unit.ring("ladder")

    def preview(self, organisation: Handle, role: str, data: bytes, start: datetime, end: datetime) -> list[Stretch]:
        """What the coverage would be if this calendar were in force; raises as :meth:`import_calendar`."""
        entry = self._check_calendar(organisation, data)
        return coverage_rules.coverage(self._calendar_roster(entry, _canonical(role), data, start, end), start, end)

    def _check_calendar(self, handle: Handle, data: bytes) -> Organisation:
        entry = self._register.organisation(handle)
        if entry is None:
            raise NotOnStaff(person="–", organisation=handle)
        strange = calendar.strangers(calendar.read(data), self._register.people_of(handle))
        if strange:
            raise CalendarStranger(organisation=handle, who=", ".join(strange[:5])[:200])
        return entry

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

    def _staff(self, handle: Handle) -> set[UserId]:
        return {person.mxid for person in self._register.people_of(handle) if person.mxid}

    def _roles_of(self, organisation: Organisation) -> set[str]:
        return {_canonical(role) for membership in organisation.memberships for role in membership.roles}

    def _always(self, organisation: Organisation, role: str) -> list[Person]:
        """Whom to expect at any hour where nobody keeps a roster."""
        holders = self.holders(organisation.handle, role)
        if role_rules.round_the_clock(organisation, role, self._register.networks()):
            return holders
        return [person for person in holders if ROUND_THE_CLOCK in person.roles]

    async def roster(self, unit: Unit, organisation: Organisation, role: str, start: datetime, end: datetime) -> Roster:
        """Everything that says who is on duty from ``start`` to ``end``.  What somebody took over who has left counts
        no more; where nobody keeps a roster, whoever is to be expected at any hour has the whole time."""
        role, staff = _canonical(role), self._staff(organisation.handle)
        rotations = [_rotation(row) for row in await tables.rotations_of(unit, organisation.handle, role)]
        rows = await tables.exceptions_between(unit, organisation.handle, role, start, end)
        data = await self._calendar(unit, organisation)
        planned = self._calendar_roster(organisation, role, data, start, end)
        kept = bool(rotations) or planned.kept
        always = () if kept else self._always(organisation, role)
        return replace(
            planned,
            rotations=tuple(rotations),
            shifts=planned.shifts + tuple(Shift(p.mxid, start, end) for p in always if p.mxid),
            overrides=tuple(
                Override(r.id, Handle(r.organisation), r.role, UserId(r.person), r.start_at, r.end_at, int(r.seq))
                for r in rows
                if r.kind == "take" and r.person in staff
            ),
            absences=tuple(Absence(r.id, UserId(r.person), r.start_at, r.end_at) for r in rows if r.kind == "away"),
            kept=kept,
        )

    async def _calendar(self, unit: Unit, organisation: Organisation) -> bytes | None:
        """The calendar in force: the one that the organisation imported itself, until the directory brings another."""
        own = await tables.calendar_of(unit, organisation.handle)
        if own is not None and own.directory_had == _digest(organisation.calendar):
            return bytes(own.data)
        return organisation.calendar

    def _calendar_roster(
        self, organisation: Organisation, role: str, data: bytes | None, start: datetime, end: datetime
    ) -> Roster:
        where = _zone_of(organisation)
        if data is None:
            return Roster(where, kept=False)
        known = self._roles_of(organisation) | {role_rules.DEFAULT}
        staff = self._register.people_of(organisation.handle)
        try:
            shifts = calendar.shifts(data, where, staff, known, role, start, end)
            kept = bool(shifts) or calendar.speaks_of(data, where, known, role, start)
        except calendar.BadCalendar:  # from before this version, and no more understood: a gap, which is shown
            return Roster(where)
        return Roster(where, shifts=tuple(shifts), kept=kept)


def _digest(data: bytes | None) -> str:
    return hashlib.sha256(data).hexdigest() if data is not None else ""


def _office(organisation: Organisation) -> OfficeHours | None:
    try:
        return hours_rules.parse(organisation.office_hours) if organisation.office_hours else None
    except hours_rules.BadOfficeHours:
        return None


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
