"""Upkeep: the register renewed, rooms put on record, checkpoints signed, and what the Matrix
edge notices about devices and identities said to the people it concerns."""

import asyncio
from collections import defaultdict
from datetime import datetime, timedelta

from bot.audit.service import AuditLog
from bot.db.unit import Database
from bot.directory.rules.adoption import adopt
from bot.directory.service import Directory, Register
from bot.directory.service.keywatch import KeyWatch
from bot.directory.service.proposal_news import ProposalNews
from bot.directory.service.reminders import Reminders
from bot.directory.service.telling import Telling
from bot.ids import DeviceId, RoomId, UserId
from bot.incident.service import Incidents
from bot.matrix.service import BELL_TRUST, MatrixService
from keys.trust import Withdrawal

ROOMS_AT_ONCE = 50
"""Looked at in one turn of the event loop."""
MOST_TOLD = 5
"""Unsigned devices of one person that are told of within a day: their homeserver may invent any number."""


class Keeper:
    """The steps that the upkeep workers repeat; each is safe to repeat and to interrupt."""

    def __init__(
        self,
        *,
        database: Database,
        matrix: MatrixService,
        register: Register,
        directory: Directory,
        incidents: Incidents,
        audit: AuditLog,
        telling: Telling,
        reminders: Reminders,
        proposals: ProposalNews,
        keywatch: KeyWatch,
    ) -> None:
        self._db = database
        self._matrix = matrix
        self._register = register
        self._directory = directory
        self._incidents = incidents
        self._audit = audit
        self._telling = telling
        self._reminders = reminders
        self._proposals = proposals
        self._keywatch = keywatch
        self._told: defaultdict[UserId, dict[DeviceId, datetime]] = defaultdict(dict)

    async def renew_register(self) -> None:
        """Bring the directory in memory up to date; verdicts rest on it and are judged anew."""
        async with self._db.reading() as unit:
            await self._register.reload(unit)
        self._db.ring(BELL_TRUST)

    async def adopt_rooms(self) -> None:
        """Put the rooms that people invited the bot into on record, by who is in them."""
        trust = self._matrix.trust
        for number, room in enumerate(self._matrix.joined_rooms(), 1):
            if number % ROOMS_AT_ONCE == 0:
                await asyncio.sleep(0)  # hundreds of rooms in one go would hold up the event loop
            members = trust.members(room)
            people = {user: person for user in members if (person := self._register.person(user)) is not None}
            elsewhere = False
            if len(members) == 1:
                (user,) = members
                direct = self._register.direct_room(user)
                elsewhere = direct is not None and direct != room and trust.members(direct) == members
            record = adopt(room, members, people, self._register.room(room), elsewhere)
            if record is not None:
                async with self._db.unit() as unit:
                    await self._directory.register_room(unit, record, actor=None)
                await self.renew_register()

    async def forget_rooms(self) -> None:
        """Take desks and direct rooms off the record that the bot left so long ago that it has forgotten them."""
        for record in self._register.rooms():
            if record.kind in ("desk", "direct") and self._matrix.forgotten(record.room):
                async with self._db.unit() as unit:
                    await self._directory.forget_room(unit, record.room, actor=None)
                await self.renew_register()

    async def guard_incidents(self) -> None:
        """Nobody who is not verified stays in an incident room."""
        await self._incidents.guard(self._db, self._matrix.rooms)

    async def sign(self) -> None:
        """A checkpoint: hourly, and whenever the log says that enough entries have come."""
        await self._audit.step(self._db)

    async def remind(self) -> None:
        """Whose statement runs out is told in time, once for each stage."""
        await self._reminders.step(self._db)

    async def tell_proposals(self) -> None:
        """Coordinators learn what waits for them and what became of it; what nobody approved in time is closed."""
        await self._proposals.step(self._db)

    async def watch_keys(self) -> None:
        """OpenPGP keys that run out or were revoked, said once; a revoked one takes its pins with it."""
        await self._keywatch.step(self._db)

    async def unsigned_device(self, user: UserId, device: DeviceId, room: RoomId) -> None:
        """Said once: the device gets nothing and is not obeyed; the room stays as it is (trust.md)."""
        told, now = self._told[user], self._db.clock.now()
        today = sum(abs(now - at) < timedelta(days=1) for at in told.values())
        if device in told or today >= MOST_TOLD or self._register.person(user) is None:
            return
        async with self._db.unit() as unit:
            await self._telling.tell(unit, [room], "unsigned-device", user=user, device=device or "–")
            await self._audit.append(unit, "device.unsigned", details={"user": user, "device": device, "room": room})
        told[device] = now

    async def identity_changed(self, user: UserId) -> None:
        """What is published moves a pin: latch it; a changed master key is said loudly, once, with the way back."""
        seen = self._matrix.seen_identity(user)
        if seen is None:
            return
        async with self._db.unit() as unit:
            moved = await self._directory.latch(unit, seen)
            if moved is not None and moved.reason is Withdrawal.CHANGED:
                await self._telling.tell(unit, self._telling.concerned(user), "identity-changed", user=user)
        await self.renew_register()
