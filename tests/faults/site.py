"""One deployment that is killed and troubled: enlace as a process, behind a gate that can be made to misbehave."""

import asyncio
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from bot.demo.person import Heard
from bot.demo.synapse import Synapse
from bot.demo.world import Staff, Team, World
from tests.contract.matrix.attacks import LyingServer
from tests.faults.points import POINTS
from tests.harness.house import House

COUNTRIES = ("BR", "CL", "AR")
PEOPLE = tuple(code.lower() for code in COUNTRIES)
MX = Team(
    "CERT-MX", {"en": "CERT Mexico"}, "MX", "America/Mexico_City", ("en",), (Staff("ana", "Ana Pérez", lead=True),)
)
OTHERS = tuple(
    Team(f"CERT-{code}", {"en": f"CERT {code}"}, code, "America/Lima", ("en",), (Staff(code.lower(), f"Pat {code}"),))
    for code in COUNTRIES
)
OAS = Team(
    "OAS-CICTE",
    {"en": "OAS/CICTE"},
    "US",
    "America/New_York",
    ("en",),
    (Staff("carla", "Carla Díaz", coordinator=True), Staff("diego", "Diego Mora", coordinator=True)),
)
LONG = 240.0


class Gate(LyingServer):
    """Stands between enlace and its homeserver; a trouble is a share of requests that go wrong in some way."""

    synapse: Synapse

    def __init__(self, upstream: str) -> None:
        super().__init__(upstream)
        self.dice = random.Random(0)
        self.calm()

    def calm(self) -> None:
        """Let everything through."""
        self.trouble, self.share, self.hits = "", 0.0, 0

    def stir(self, trouble: str, share: float) -> None:
        """``slow``, ``cut`` (the answer is lost), or a status that is answered without asking the homeserver."""
        self.trouble, self.share, self.hits = trouble, share, 0

    async def _pass(self, request: web.Request) -> web.Response:
        if not self.trouble or self.dice.random() >= self.share:
            return await super()._pass(request)
        self.hits += 1
        if self.trouble == "slow":
            await asyncio.sleep(self.dice.uniform(0.5, 2.0))
            return await super()._pass(request)
        if self.trouble == "cut":
            await super()._pass(request)
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        body = {"errcode": "M_LIMIT_EXCEEDED", "error": "slow down", "retry_after_ms": 300}
        return web.json_response(body if self.trouble == "429" else {"error": "no"}, status=int(self.trouble))


class Running:
    """enlace as a process of its own."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, point: str = "", number: int = 1) -> None:
        """Start it; with a ``point``, one that dies when that is reached for the ``number``-th time."""
        if not point:
            self.process = self._world.spawn()
            return
        with (self._world.folder / "run.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.child", str(self._world.config_path), point, str(number)],
                env=self._world.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    async def died(self, patience: float = LONG) -> int:
        """Wait for its end; returns the exit code."""
        assert self.process is not None
        code = await asyncio.to_thread(self.process.wait, patience)
        self.process = None
        return code

    def kill(self) -> None:
        """No farewell: SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


@dataclass
class Site:
    """The deployment, what runs of it, and what was said in it."""

    house: House
    gate: Gate
    enlace: Running
    sent: dict[str, str] = field(default_factory=dict)
    """Subject of each message that Ana sent, in order, and the event of her command."""
    incidents: list[str] = field(default_factory=list)
    """The events by which she opened incidents."""
    fresh: int = 0

    async def say(self, subject: str) -> None:
        """Ana sends to everybody."""
        line = " ".join(f"CERT-{code}" for code in COUNTRIES)
        text = f"!send {line} tlp:amber\n{subject}\nthe body"
        self.sent[subject] = await self.house.people["ana"].say(self.house.rooms["ana"], text)

    async def call_together(self) -> None:
        """Ana opens an incident."""
        text = '!incident open "Something big" tlp:amber high BR\nWhat is known'
        self.incidents.append(await self.house.people["ana"].say(self.house.rooms["ana"], text))

    def copies(self, who: str) -> list[str]:
        """The subjects that somebody can read in their room, one for each copy, in the room's order."""
        mine = [h for h in self.house.people[who].messages(self.house.rooms[who], self.house.bot) if h.edits is None]
        return [subject for heard in mine for subject in self.sent if f"{subject}\n" in heard.body + "\n"]

    def answers(self, event: str) -> list[Heard]:
        """The bot's answers to one of Ana's messages."""
        heard = self.house.people["ana"].messages(self.house.rooms["ana"], self.house.bot)
        return [h for h in heard if h.relation.get("m.in_reply_to", {}).get("event_id") == event and h.edits is None]

    async def awake(self, patience: float = LONG) -> None:
        """It runs, and hears."""
        if not self.enlace.alive():
            self.enlace.start()
        await self.barrier("ana", patience=patience)

    async def barrier(self, *whom: str, patience: float = LONG) -> None:
        """Everything that was to be said to these people before now has been said."""
        for who in whom:
            person, room = self.house.people[who], self.house.rooms[who]
            mark = person.mark()
            await person.say(room, "!help tlp")
            await person.hear(room, "TLP 2.0", sender=self.house.bot, after=mark, patience=patience)

    async def settled(self) -> None:
        """Everybody has everything, once and in order; every command has one answer."""
        patience = LONG + len(self.sent)  # most of it may still wait, after many kills
        await self.awake(patience)
        await self.house.until(
            lambda: all(set(self.copies(who)) == set(self.sent) for who in PEOPLE), "all copies", patience
        )
        await self.barrier(*PEOPLE, "ana")
        for who in PEOPLE:
            assert self.copies(who) == list(self.sent), f"{who}: not once, or not in order"
            unread = [
                h for h in self.house.people[who].heard[self.fresh :] if h.sender == self.house.bot and not h.readable
            ]
            assert not unread, f"{who} got what cannot be read"
        for event in (*self.sent.values(), *self.incidents):
            assert len(self.answers(event)) >= 1, "a command without an answer"
        opened = [e["details"]["action"] for e in await self.house.log()]
        assert opened.count("exchange.opened") == len(self.sent), "a command ran twice, or never"
        assert opened.count("incident.opened") == len(self.incidents)
        assert opened.count("incident.room-made") == len(self.incidents)

    def rooms_made(self) -> int:
        """The incident rooms that Ana was asked into."""
        client = self.house.people["ana"].client
        return len({*client.invited_rooms, *client.rooms} - {self.house.rooms["ana"]})


async def kill_often(site: Site, kills: int, dice: random.Random, each: int = 1) -> list[tuple[str, int]]:
    """So many times: start it, say ``each`` messages, and let it die at a point.  Returns the points, and at the how
    manyeth time."""
    names: list[str] = []
    while len(names) < kills:
        names += dice.sample(sorted(POINTS), len(POINTS))
    done = []
    for round_, name in enumerate(names[:kills]):
        number = 1 if POINTS[name].room else dice.randint(1, each if POINTS[name].once else 3)
        site.enlace.start(name, number)
        for message in range(each):
            await site.say(f"Kill {round_} message {message} of {len(site.sent)}")
        if POINTS[name].room:
            await site.call_together()
        try:
            code = await site.enlace.died()
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{name} ({number}) was not reached") from None
        assert code == -9, f"{name}: ended by itself with {code}"
        done.append((name, number))
    return done


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    """Mexico, three other organisations and two coordinators, verified; enlace does not run yet."""
    with Synapse() as synapse:
        async with Gate(synapse.url) as gate:
            gate.synapse = synapse
            settings = {
                "matrix": {"homeserver": gate.url},
                "limits": {"person_per_minute": 1000, "room_per_minute": 1000},
            }
            async with World((MX, *OTHERS, OAS), homeserver=synapse, settings=settings) as world:
                house = House(world)
                running = Running(world)
                try:
                    await world.run()
                    await house.enrol("ana", *PEOPLE)
                    await world.stop()
                    made = Site(house, gate, running)
                    made.fresh = max(person.mark() for person in house.people.values())
                    yield made
                finally:
                    running.kill()
                    await house.close()
