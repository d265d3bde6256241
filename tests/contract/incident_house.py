"""A homeserver's side of incident rooms, in memory and faithful to :class:`bot.ports.RoomWorks`, around the shared
world: calls can fail before or after they took effect, as they do when a process or a connection dies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.audit.service import Details
from bot.errors import NotDone
from bot.escalation.model import Severity
from bot.ids import EventId, Handle, Ref, RoomId, UserId
from bot.incident.model import Incident, Member, Opened, Origin
from bot.incident.service import Incidents
from bot.outbox.model import Arrival, Job
from bot.tlp import Tlp
from tests.harness.calling import BR, BRUNO, CARLA, DESK_MX, DEVICE, DIEGO, LUIS, MX, YAN, World, build, logged

BOT = UserId("@enlace:enlace.example")
DESK = DESK_MX
SUMMARY = "Phishing against bank customers, 40 victims"


class Away(NotDone):
    """The homeserver is away."""

    code = "test-away"


class Died(Exception):
    """The process died."""


@dataclass
class Room:
    """One room on the homeserver."""

    marker: str
    name: str
    members: dict[UserId, str]
    power: dict[UserId, int]
    state: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    frozen: bool = False


class House:
    """Rooms on a homeserver; ``before`` and ``after`` name calls that fail once, without and with effect."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rooms: dict[RoomId, Room] = {}
        self.before: dict[str, Exception] = {}
        self.after: dict[str, Exception] = {}
        self.asked: list[tuple[str, ...]] = []
        self.away: set[UserId] = set()
        """Whose servers do not take the invitation that goes out with a new room."""
        self.silent: set[UserId] = set()
        """Whose servers take no later one either."""

    async def create(
        self, *, marker: str, name: str, invite: tuple[UserId, ...], power: Mapping[UserId, int]
    ) -> RoomId:
        self._begin("create", marker)
        found = next((room for room, known in self.rooms.items() if known.marker == marker), None)
        room = found or RoomId(f"!inc{len(self.rooms)}")
        if found is None:
            asked = [user for user in invite if user not in self.away]
            self.rooms[room] = Room(marker, name, dict.fromkeys(asked, "invite"), dict(power))
        self.sync()
        self._end("create")
        return room

    async def invite(self, room: RoomId, user: UserId) -> None:
        self._begin("invite", room, user)
        if user in self.silent:
            raise Away
        self.rooms[room].members.setdefault(user, "invite")
        self._end("invite")

    async def remove(self, room: RoomId, user: UserId, reason: str) -> None:
        self._begin("remove", room, user, reason)
        self.rooms[room].members.pop(user, None)
        self._end("remove")

    async def set_state(self, room: RoomId, kind: str, content: Mapping[str, Any], state_key: str = "") -> None:
        self._begin("set_state", room, kind)
        self.rooms[room].state[kind + state_key] = content
        self._end("set_state")

    async def freeze(self, room: RoomId) -> None:
        self._begin("freeze", room)
        self.rooms[room].frozen = True
        self._end("freeze")

    def join(self, room: RoomId, user: UserId) -> None:
        """Somebody comes in, invited or not."""
        self.rooms[room].members[user] = "join"
        self.sync()

    def sync(self) -> None:
        """The bot learns who is in its rooms, and judges them."""
        for room, known in self.rooms.items():
            self.world.trust.rooms[room] = set(known.members)
            bad = [user for user in known.members if not self.world.trust.person(user).standing.good]
            if bad:
                self.world.trust.failing[room] = ("room-members-known", ", ".join(bad))
            else:
                self.world.trust.failing.pop(room, None)

    def _begin(self, call: str, *said: str) -> None:
        self.asked.append((call, *said))
        if call in self.before:
            raise self.before.pop(call)

    def _end(self, call: str) -> None:
        if call in self.after:
            raise self.after.pop(call)


class Stage:
    """The world with incidents in it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.house = House(world)
        self.messages: dict[EventId, Arrival] = {}
        self.incident = self.fresh()

    @property
    def register(self) -> Any:
        """As handlers see it."""
        return self.world.register

    @property
    def policy(self) -> Any:
        """As handlers see it."""
        return self.world.policy

    async def read(self, room: RoomId, event: EventId) -> Arrival | None:
        """A message of the room, as :class:`bot.outbox.ports.Messages` wants it."""
        return self.messages.get(event)

    def fresh(self) -> Incidents:
        """The service as it is after a restart."""
        world = self.world
        return Incidents(
            outbox=world.outbox,
            audit=world.audit,
            sealer=world.seal,
            trust=world.trust,
            register=world.register,
            directory=world.directory,
            bot_user=BOT,
            messages=self,
        )

    # --- acting -----------------------------------------------------------------------------------------

    def member(self, user: UserId = LUIS) -> Member:
        """Somebody who acts."""
        person = self.register.person(user)
        return Member(
            user,
            person.name if person else str(user),
            (person and person.organisation) or MX,
            DEVICE,
            lead=bool(person and person.lead),
            coordinator=user in self.register.coordinators(),
        )

    def called(self, *handles: Handle) -> list[Any]:
        """Organisations with all their people."""
        return [(self.register.organisation(h), self.register.people_of(h)) for h in handles]

    async def open(
        self,
        *handles: Handle,
        by: UserId = LUIS,
        tlp: Tlp = Tlp.AMBER,
        event: str = "$open",
        summary: str = SUMMARY,
    ) -> Opened:
        """Ask for an incident."""
        async with self.world.db.unit() as unit:
            return await self.incident.open(
                unit,
                who=self.member(by),
                origin=Origin(DESK, EventId(event), "en"),
                title="Phishing wave",
                summary=summary,
                severity=Severity.HIGH,
                tlp=tlp,
                called=self.called(*(handles or (BR,))),
            )

    async def opened(self, *handles: Handle, **more: Any) -> Incident:
        """An incident whose room is made, with everybody in it and the card posted."""
        found = await self.open(*handles, **more)
        await self.work()
        for room, known in self.house.rooms.items():
            for user in list(known.members):
                self.house.join(room, user)
        await self.settle()
        return await self.now(found.incident)

    async def work(self, minutes: float = 0) -> list[str]:
        """One round of the job worker, as it treats errors; returns the kinds of the jobs that were due."""
        world = self.world
        world.clock.push(timedelta(minutes=minutes))
        async with world.db.reading() as unit:
            jobs = await world.outbox.due_jobs(unit, 50)
        for job in jobs:
            await self.perform(job)
        self.house.sync()
        async with world.db.reading() as unit:
            await world.register.reload(unit)
        return [job.kind for job in jobs]

    async def perform(self, job: Job) -> None:
        """One job; what the homeserver refuses is put off."""
        try:
            await self.incident.perform(job, self.house, self.world.db)
        except NotDone:
            async with self.world.db.unit() as unit:
                await self.world.outbox.job_again(unit, job)

    async def settle(self, rounds: int = 8) -> None:
        """Jobs and sender until nothing moves any more."""
        for _ in range(rounds):
            await self.work(minutes=0.2)
            await self.world.send()

    async def guard(self) -> int:
        """One round of the guard; the bot then learns what came of it."""
        removed = await self.incident.guard(self.world.db, self.house)
        self.house.sync()
        return removed

    # --- looking ----------------------------------------------------------------------------------------

    async def now(self, incident: Incident) -> Incident:
        """As it is now."""
        async with self.world.db.reading() as unit:
            return await self.incident.find(unit, incident.commander, RoomId("!"), incident.ref)

    async def log(self, ref: Ref) -> list[Details]:
        """What the log holds about it, in order."""
        return [e.details for e in await logged(self.world) if e.details is not None and e.details.ref == ref]

    async def actions(self, ref: Ref) -> list[str]:
        """The actions alone."""
        return [details.action for details in await self.log(ref)]


async def stage(url: str) -> Stage:
    """On a fresh database."""
    return Stage(await build(url))


__all__ = ["BR", "BRUNO", "CARLA", "DESK", "DIEGO", "LUIS", "MX", "YAN", "Away", "Died", "Stage", "stage"]
