"""What an organisation is told of its roster without asking: each hand-over, and each gap a day ahead; once."""

from datetime import datetime, timedelta
from typing import Protocol

from bot.audit.service import AuditLog
from bot.db.unit import Database, Unit
from bot.directory.model import Organisation
from bot.directory.service import Register
from bot.directory.service.telling import Telling
from bot.duty import tables
from bot.duty.model import Stretch
from bot.duty.rules.coverage import gaps
from bot.duty.service.duty import Duty
from bot.duty.service.wording import clock, length, names, place
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich
from bot.ids import Handle, Ref, RoomId, UserId
from bot.outbox.model import Audience, Kind, Post, content_of
from bot.outbox.service import Outbox
from bot.tlp import Tlp

AHEAD = timedelta(hours=24)
"""So long before a gap the room is told."""
BACK = timedelta(hours=6)
"""A hand-over or a gap that was missed in an outage is said so long after it; an older one is no news."""
LOOK_BACK = timedelta(days=7)
"""For whoever had the duty last."""
FORGET_AFTER = timedelta(days=60)


class OpenCalls(Protocol):
    """What waits for whoever is on duty (the escalations)."""

    async def open_refs(self, unit: Unit, organisation: Handle) -> list[Ref]:
        """References of everything open that this organisation called or was called by, newest first."""


class DutyWatch:
    """A step that is safe to repeat: what was said is in the database, in the transaction that says it."""

    def __init__(
        self, *, register: Register, duty: Duty, telling: Telling, outbox: Outbox, audit: AuditLog, calls: OpenCalls
    ) -> None:
        self._register = register
        self._duty = duty
        self._telling = telling
        self._outbox = outbox
        self._audit = audit
        self._calls = calls

    async def step(self, database: Database) -> None:
        """Say what is to be said now.  An organisation that has no room with enlace is told nothing."""
        async with database.reading() as unit:
            handles, now = await tables.keepers(unit), unit.now
        await self._duty.learn_holidays(now)
        for organisation in self._register.organisations():
            if organisation.calendar is None and organisation.handle not in handles:
                continue
            for role in self._duty.roles_of(organisation):
                async with database.reading() as unit:
                    news = await self._news(unit, organisation, role)
                if news:
                    async with database.unit() as unit:
                        await self._say(unit, organisation, role)

    async def _news(self, unit: Unit, organisation: Organisation, role: str) -> list[tuple[str, datetime]]:
        """Kind and instant of what is to be said and was not."""
        stretches = await self._around(unit, organisation, role)
        if not stretches:
            return []
        change = _handover(stretches, unit.now)
        found = [("handover", change[1].start)] if change else []
        found += [("gap", start) for start, _ in await self._gaps(unit, organisation, role)]
        return [
            (kind, at) for kind, at in found if not await tables.was_said(unit, organisation.handle, role, kind, at)
        ]

    async def _around(self, unit: Unit, organisation: Organisation, role: str) -> list[Stretch]:
        end = unit.now + timedelta(days=14)
        return await self._duty.coverage(unit, organisation, role, unit.now - LOOK_BACK, end) or []

    async def _gaps(self, unit: Unit, organisation: Organisation, role: str) -> list[tuple[datetime, datetime]]:
        """Those that begin within a day or have begun not long ago (somebody is away from now on), in full."""
        start, end = unit.now - BACK, unit.now + AHEAD + timedelta(days=14)
        stretches = await self._duty.coverage(unit, organisation, role, start, end)
        promised = self._duty.promised(organisation, role, start, end)
        # One that begins where we begin to look may be older: it was told of before it began.
        found = gaps(stretches or [], promised)
        return [gap for gap in found if start < gap[0] <= unit.now + AHEAD and gap[1] > unit.now]

    async def _say(self, unit: Unit, organisation: Organisation, role: str) -> None:
        news = await self._news(unit, organisation, role)  # in this unit: said once
        for kind, at in news:
            if kind == "handover":
                told = await self._handover(unit, organisation, role)
            else:
                told = await self._gap(unit, organisation, role, at)
            if told:
                await tables.put_said(unit, organisation.handle, role, kind, at)
                await self._audit.append(
                    unit,
                    f"duty.{kind}-told",
                    details={"organisation": organisation.handle, "role": role, "at": at.isoformat()},
                )
        await tables.forget_said(unit, unit.now - FORGET_AFTER)

    # --- texts ------------------------------------------------------------------------------------------

    async def _handover(self, unit: Unit, organisation: Organisation, role: str) -> bool:
        change = _handover(await self._around(unit, organisation, role), unit.now)
        if change is None:
            return False
        before, after = change
        both = tuple(dict.fromkeys((*before.people, *after.people)))
        refs = await self._calls.open_refs(unit, organisation.handle)
        rooms = self._rooms(organisation, both)
        for room in rooms:
            language = self._telling.language(room)
            head = say(
                language,
                "duty-handover",
                organisation=str(organisation.handle),
                role=role,
                before=names(self._register, before.people),
                after=names(self._register, after.people).bold(),
                until=clock(language, after.end, place(organisation)),
            )
            waiting = say(language, "duty-none-open")
            if refs:
                waiting = say(language, "duty-open", count=len(refs), refs=", ".join(refs[:10]))
            await self._post(unit, organisation, room, Rich.lines([head, waiting]), both)
        return bool(rooms)

    async def _gap(self, unit: Unit, organisation: Organisation, role: str, at: datetime) -> bool:
        end = next((end for start, end in await self._gaps(unit, organisation, role) if start == at), None)
        if end is None:
            return False
        leads = tuple(p.mxid for p in self._register.people_of(organisation.handle) if p.lead and p.mxid)
        rooms = self._rooms(organisation, leads)
        where = place(organisation)
        for room in rooms:
            language = self._telling.language(room)
            text = say(
                language,
                "duty-gap-ahead" if at > unit.now else "duty-gap-begun",
                organisation=str(organisation.handle),
                role=role,
                start=clock(language, at, where),
                end=clock(language, end, where),
                length=length(language, end - at),
            )
            await self._post(unit, organisation, room, text, leads)
        return bool(rooms)

    def _rooms(self, organisation: Organisation, people: tuple[UserId, ...]) -> list[RoomId]:
        """Its desk rooms, and the own rooms of whoever is concerned and is in none of them."""
        desks = list(self._register.desk_rooms(organisation.handle))
        elsewhere = [user for user in people if not set(desks).intersection(self._telling.rooms_of(user))]
        homes = [room for user in elsewhere if (room := self._telling.home(user)) is not None]
        return list(dict.fromkeys([*desks, *homes]))

    async def _post(
        self, unit: Unit, organisation: Organisation, room: RoomId, text: Rich, people: tuple[UserId, ...]
    ) -> None:
        await self._outbox.post(
            unit,
            Post(
                room=room,
                kind=Kind.NOTICE,
                content=content_of(text, "m.text", people),
                audience=Audience.PINNED,
                tlp=Tlp.GREEN,
                organisation=organisation.handle,
            ),
        )


def _handover(stretches: list[Stretch], now: datetime) -> tuple[Stretch, Stretch] | None:
    """Whoever had the duty last and whoever has it now, if that is somebody else and began not long ago."""
    there = [stretch for stretch in stretches if stretch.people and stretch.start <= now]
    if len(there) < 2 or not there[-1].end > now or now - there[-1].start > BACK:
        return None
    before, after = there[-2:]
    return None if before.people == after.people else (before, after)
