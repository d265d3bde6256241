"""Desk rooms that the bot makes (``enlace rooms open``): asked for by the console, made by the running bot.

Each step may die anywhere and be done again: the room is found by its marker, and every invitation is a job."""

from bot.audit.service import AuditLog
from bot.db.unit import Database, Unit
from bot.directory.model import RoomRecord
from bot.directory.rules.desk import invited
from bot.directory.service.changes import Directory
from bot.directory.service.register import Register
from bot.directory.service.telling import Telling
from bot.directory.service.wording import one_line
from bot.errors import NotDone
from bot.i18n.catalogue import catalogue, say
from bot.ids import Handle, RoomId, UserId
from bot.outbox.model import Job
from bot.outbox.service import Outbox
from bot.ports import RoomWorks, TrustView
from keys.trust import Standing

OPEN, INVITE = "desk.open", "desk.invite"
LEAD_POWER = 50
"""A lead invites and removes; what makes the room safe only the bot can change."""
WAITING = "queued"


class NoSuchOrganisation(NotDone):
    """The directory has no organisation “{handle}”. Nothing was done."""

    code = "no-such-organisation"


class DeskThere(NotDone):
    """{organisation} has the desk room {room} already. Nothing was made."""

    code = "desk-there"


class DeskAsked(NotDone):
    """A desk room of {organisation} is asked for already and not made yet. Nothing more was done."""

    code = "desk-asked"


class NobodyForDesk(NotDone):
    """The directory names nobody of {organisation} who could be invited. Nothing was made."""

    code = "nobody-for-desk"


async def ask_for_desk(
    unit: Unit, register: Register, outbox: Outbox, audit: AuditLog, handle: str, *, another: bool = False
) -> Handle:
    """Ask the running bot for a desk room of this organisation; returns its handle as the directory spells it.

    Raises :class:`NoSuchOrganisation`, :class:`NobodyForDesk`, :class:`DeskAsked`, and unless ``another``
    :class:`DeskThere`."""
    organisation = register.organisation(handle)
    if organisation is None:
        raise NoSuchOrganisation(handle=handle[:63])
    name = organisation.handle
    if any(job.state == WAITING and job.payload["organisation"] == name for job in await outbox.jobs_of(unit, OPEN)):
        raise DeskAsked(organisation=name)
    there = register.desk_rooms(name)
    if there and not another:
        raise DeskThere(organisation=name, room=there[0])
    if all(person.mxid is None for person in register.people_of(name)):
        raise NobodyForDesk(organisation=name)
    marker = f"desk-{unit.new_id()}"
    await outbox.job(unit, OPEN, marker, {"organisation": name})
    await audit.append(unit, "room.asked-for", details={"organisation": name, "marker": marker})
    return name


class Desks:
    """The workers' side."""

    kinds = frozenset({OPEN, INVITE})
    """The jobs that :meth:`perform` does."""

    def __init__(
        self,
        *,
        register: Register,
        directory: Directory,
        outbox: Outbox,
        audit: AuditLog,
        trust: TrustView,
        telling: Telling,
    ) -> None:
        self._register = register
        self._directory = directory
        self._outbox = outbox
        self._audit = audit
        self._trust = trust
        self._telling = telling

    async def perform(self, job: Job, rooms: RoomWorks, db: Database) -> None:
        """Make the room, or invite one person; done is recorded in the transaction that records what was done.

        Raises what ``rooms`` raises: then nothing is recorded, and the caller tries again or gives up."""
        if job.kind == OPEN:
            await self._open(job, rooms, db)
        else:
            await self._invite(job, rooms, db)

    async def gave_up(self, unit: Unit, job: Job, reason: str) -> None:
        """It failed too often: recorded, and the coordinators are told."""
        await self._outbox.job_failed(unit, job, reason)
        await self._audit.append(
            unit, f"{job.kind}-failed", outcome="failed", details={**job.payload, "reason": reason[:200]}
        )
        own = [self._register.direct_room(user) for user in sorted(self._register.coordinators())]
        about = {"organisation": job.payload["organisation"], "user": job.payload.get("user", "–")}
        await self._telling.tell(
            unit, [room for room in own if room is not None], f"{job.kind.replace('.', '-')}-failed", **about
        )

    async def _open(self, job: Job, rooms: RoomWorks, db: Database) -> None:
        organisation = self._register.organisation(job.payload["organisation"])
        people = self._register.people_of(job.payload["organisation"])
        users = invited(people, {p.mxid: self._trust.person(p.mxid).standing for p in people if p.mxid is not None})
        if organisation is None or not users:
            async with db.unit() as unit:
                await self.gave_up(unit, job, "nobody to invite")
            return
        handle = organisation.handle
        leads = {person.mxid: LEAD_POWER for person in people if person.lead and person.mxid is not None}
        room = await rooms.create(marker=job.key, name=handle, invite=users, power=leads)
        async with db.unit() as unit:
            record = RoomRecord(room, "desk", frozenset({handle}))
            await self._directory.register_room(unit, record, actor=None)
            for user in users:  # an invitation that another server did not take now is sent again until it does
                payload = {"organisation": handle, "room": room, "user": user}
                await self._outbox.job(unit, INVITE, f"{INVITE}:{room}:{user}", payload)
            language = catalogue().choose(*organisation.languages)
            name = one_line(organisation.name(language))
            await self._telling.notice(unit, room, say(language, "desk-opened", organisation=handle, name=name))
            details = {"organisation": handle, "room": room, "invited": list(users), "marker": job.key}
            await self._audit.append(unit, "room.opened", details=details)
            await self._outbox.job_done(unit, job, {"room": room})

    async def _invite(self, job: Job, rooms: RoomWorks, db: Database) -> None:
        user, room = UserId(job.payload["user"]), RoomId(job.payload["room"])
        person, record = self._register.person(user), self._register.room(room)
        here = person is not None and record is not None and person.organisation in record.organisations
        if not here or self._trust.person(user).standing in {Standing.CHANGED, Standing.REVOKED}:
            async with db.unit() as unit:
                await self._outbox.job_done(unit, job, {"skipped": user})
            return
        await rooms.invite(room, user)
        async with db.unit() as unit:
            await self._outbox.job_done(unit, job, {"invited": user})
