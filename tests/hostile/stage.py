"""The two bots that are attacked, each behind a lying server of its own, and the people who talk to them.

A case is one function that is run on either: it tries to take something, and returns what it got ("" for nothing)."""

import asyncio
import contextlib
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.demo.person import Heard, Person, Silence
from bot.demo.synapse import Synapse
from bot.demo.world import Staff, Team, World
from bot.ids import RoomId, UserId
from bot.outbox.service import Outbox
from keys.trust import Withdrawal, withdraw
from tests.hostile.plain import PlainBot
from tests.hostile.server import Lies

PHONE = "+551150000002"
"""TLP:AMBER in the directory: shown to verified people in verified rooms only."""
VICTIMS = 24
TEAMS = (
    Team(
        "CERT-MX", {"en": "CERT Mexico"}, "MX", "America/Mexico_City", ("en",), (Staff("ana", "Ana Pérez", lead=True),)
    ),
    Team(
        "CERT-BR",
        {"en": "CERT Brazil"},
        "BR",
        "America/Sao_Paulo",
        ("en",),
        (Staff("bruno", "Bruno Lima", lead=True),),
        contacts=({"kind": "phone", "value": PHONE, "tlp": "AMBER"},),
    ),
    Team(
        "CERT-CL",
        {"en": "CERT Chile"},
        "CL",
        "America/Santiago",
        ("en",),
        tuple(Staff(f"v{number}", f"Victim {number}") for number in range(VICTIMS)),
    ),
    Team(
        "OAS-CICTE",
        {"en": "OAS/CICTE"},
        "US",
        "America/New_York",
        ("en",),
        (Staff("carla", "Carla Díaz", coordinator=True), Staff("diego", "Diego Mora", coordinator=True)),
    ),
)


@dataclass(slots=True)
class Scene:
    """A person in a room with the bot."""

    person: Person
    room: str

    @property
    def user(self) -> str:
        """The person's Matrix user."""
        return self.person.user_id


class Cast:
    """The people; each is on the real homeserver with one client, and speaks to both bots."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._people: dict[str, Person] = {}
        self._others: list[Person] = []
        self._next = 0
        self._chosen: list[str] = []
        self._taken = 0

    async def person(self, account: str) -> Person:
        """One of the directory's people, on their first device."""
        if account not in self._people:
            self._people[account] = await self.world.arrive(account)
        return self._people[account]

    def begin(self) -> None:
        """A new case: new victims, the same for both bots."""
        self._chosen.clear()
        self.again()

    def again(self) -> None:
        """The other bot's turn."""
        self._taken = 0

    async def victim(self) -> Person:
        """Somebody to whom nothing has been done before."""
        if self._taken == len(self._chosen):
            self._chosen.append(f"v{self._next}")
            self._next += 1
        account = self._chosen[self._taken]
        self._taken += 1
        return await self.person(account)

    def everybody(self) -> list[Person]:
        """Everybody who has come."""
        return list(self._people.values())

    def account(self, person: Person) -> str:
        """The account's name."""
        return next(name for name, one in self._people.items() if one is person)

    async def device(self, of: Person, *, cross_signed: bool) -> Person:
        """Another device of the same person, signed with their identity or not."""
        from tests.contract.matrix.test_trust_and_keys import another_device

        where = type("Where", (), {"synapse": self.world.homeserver})
        made: Person = await another_device(where, of, signed=cross_signed)
        self._others.append(made)
        return made

    async def stranger(self) -> Person:
        """Somebody with an account whom the directory does not know."""
        name, password = "mallory-" + secrets.token_hex(3), secrets.token_hex(8)
        await asyncio.to_thread(self.world.homeserver.register, name, password)
        made = await Person.arrive(self.world.homeserver.url, name, password)
        self._others.append(made)
        return made

    async def close(self) -> None:
        """End their clients."""
        for person in (*self._people.values(), *self._others):
            with contextlib.suppress(Exception):
                await person.leave_for_good()


class Target(ABC):
    """A bot under attack."""

    name: str
    server: Lies
    user_id: str
    patience: float
    """Seconds after which an answer counts as missing."""

    def __init__(self, cast: Cast, server: Lies) -> None:
        self.cast = cast
        self.server = server

    # --- the bot ----------------------------------------------------------------------------------------

    @property
    @abstractmethod
    def device(self) -> tuple[str, str]:
        """Device id and Curve25519 key of the bot."""

    @property
    @abstractmethod
    def dead(self) -> bool:
        """Whether it has stopped for good."""

    @abstractmethod
    async def scene(self, *, fresh: bool = False) -> Scene:
        """A person in a room of theirs with the bot; ``fresh``: somebody whom the case may spoil."""

    @abstractmethod
    async def sender(self) -> Scene:
        """Bruno, whose messages the bot carries to others, and to whom it carries theirs."""

    @abstractmethod
    async def settle(self) -> None:
        """Wait until the bot has nothing left to do now."""

    @abstractmethod
    async def later(self) -> None:
        """So much later that the bot gives up waiting for the keys of what it could not read."""

    @abstractmethod
    async def restart(self) -> None:
        """A new process on the same store."""

    @abstractmethod
    async def levels(self, room: str, user: str) -> float:
        """The power that the bot ascribes to somebody."""

    @abstractmethod
    async def desk(self, *people: Person) -> str:
        """A room of several people of one organisation and the bot."""

    @abstractmethod
    async def dismiss(self, person: Person) -> None:
        """The organisation tells the bot's operators that somebody no longer works there."""

    @abstractmethod
    async def enrol(self, person: Person, patience: float = 12) -> Scene:
        """Somebody whom the bot has never seen; they do what it takes to be trusted, however that ends."""

    @abstractmethod
    async def settled_in(self, room: str) -> None:
        """Wait until the bot could speak in a room, if it is going to."""

    # --- what people do ---------------------------------------------------------------------------------

    async def ask(self, scene: Scene, text: str, patience: float | None = None) -> Heard | None:
        """Say something to the bot and wait for its answer to it."""
        mark = scene.person.mark()
        sent = await scene.person.say(scene.room, text)
        return await self.answer(scene, sent, mark, patience)

    async def answer(self, scene: Scene, to: str, mark: int = 0, patience: float | None = None) -> Heard | None:
        """The bot's answer to an event; None if it does not come, or if the bot is dead."""
        deadline = time.monotonic() + (self.patience if patience is None else patience)
        while time.monotonic() < deadline and not self.dead:
            with contextlib.suppress(Silence):
                return await scene.person.hear(
                    scene.room,
                    sender=self.user_id,
                    after=mark,
                    patience=0.5,
                    where=lambda heard: heard.relation.get("m.in_reply_to", {}).get("event_id") == to,
                )
        return None

    async def whois(self, scene: Scene, patience: float | None = None) -> str:
        """What the bot says of Brazil, with or without the number that is not for everybody; "" for silence."""
        heard = await self.ask(scene, "!whois CERT-BR", patience)
        return heard.body if heard is not None else ""

    async def tell(self, scene: Scene, text: str, *, settle: bool = True) -> None:
        """Bruno sends the person something confidential by the bot; returns when the bot did what it would do."""
        await self.ask(await self.sender(), f"!send {scene.user} tlp:amber\n{text}", 4)
        if settle:
            await self.settle()

    async def arrived(self, text: str) -> str:
        """What came to Bruno with ``text`` in it, after everything that was on its way has come."""
        bruno = await self.sender()
        await self.settle()
        await self.whois(bruno)
        return "\n".join(h.body for h in bruno.person.messages(bruno.room, self.user_id) if text in h.body)

    async def obeyed(self, scene: Scene, text: str) -> str:
        """What came of a command that nobody gave: the bot is asked something behind it in the same room first."""
        await self.whois(scene)
        return await self.arrived(text)

    async def wait(self, true: Callable[[], Any], patience: float = 10.0) -> bool:
        """Whether something becomes true."""
        deadline = time.monotonic() + patience
        while not true():
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.05)
        return True


class Plain(Target):
    """The bot on plain matrix-nio."""

    name = "plain"
    patience = 4.0

    def __init__(self, cast: Cast, server: Lies, folder: Path) -> None:
        super().__init__(cast, server)
        self._folder = folder
        self._sender: Scene | None = None

    async def start(self) -> None:
        """A new account on a new device."""
        name, password = "plain-" + secrets.token_hex(4), secrets.token_hex(8)
        self.user_id = await asyncio.to_thread(self.cast.world.homeserver.register, name, password)
        self.server.bot = self.user_id
        self._folder.mkdir()
        self.bot = PlainBot(self.server.url, self.user_id, self._folder, PHONE)
        await self.bot.log_in(password)
        bruno = await self.cast.person("bruno")
        self._sender = await self._room(bruno, "CERT-BR")

    async def _room(self, person: Person, *names: str) -> Scene:
        room = await person.create_room("with the bot", [self.user_id])
        await person.wait_member(room, self.user_id)
        for name in (*names, person.user_id):
            self.bot.rooms[name] = room
        self.bot.people.add(person.user_id)
        await self.wait(lambda: room in self.bot.client.rooms and self.bot.client.rooms[room].encrypted)
        return Scene(person, room)

    @property
    def device(self) -> tuple[str, str]:
        keys = self.bot.client.olm.account.identity_keys
        return str(self.bot.device_id), str(keys["curve25519"])

    @property
    def dead(self) -> bool:
        return self.bot.dead

    async def scene(self, *, fresh: bool = False) -> Scene:
        return await self._room(await self.cast.victim() if fresh else await self.cast.person("ana"))

    async def sender(self) -> Scene:
        assert self._sender is not None
        return self._sender

    async def desk(self, *people: Person) -> str:
        room = (await self._room(people[0])).room
        for person in people[1:]:
            await people[0].invite(room, person.user_id)
            await person.join(room)
            await self.wait(lambda who=person.user_id: who in self.bot.client.rooms[room].users)
        return room

    async def dismiss(self, person: Person) -> None:
        self.bot.people.discard(person.user_id)

    async def enrol(self, person: Person, patience: float = 12) -> Scene:
        return await self._room(person)  # it trusts whatever it is shown

    async def settled_in(self, room: str) -> None:
        await self.wait(lambda: room in self.bot.client.rooms and self.bot.client.rooms[room].encrypted)

    async def settle(self) -> None:
        """It does everything in its callbacks."""

    async def later(self) -> None:
        """It waits for nothing."""

    async def restart(self) -> None:
        await self.bot.restart()
        await self.wait(lambda: all(room in self.bot.client.rooms for room in self.bot.rooms.values()))

    async def levels(self, room: str, user: str) -> float:
        return float(self.bot.client.rooms[room].power_levels.get_user_level(user))

    async def stop(self) -> None:
        """End it."""
        await self.bot.stop()


class Enlace(Target):
    """enlace, whole, in this process."""

    name = "enlace"
    patience = 12.0

    def __init__(self, cast: Cast, server: Lies) -> None:
        super().__init__(cast, server)
        self.user_id = server.bot = cast.world.bot
        self._rooms: dict[str, str] = {}
        self.scenes: list[Scene] = []
        self._since: dict[str, int] = {}
        self._entries = 0

    async def begin(self) -> None:
        """What was seen before counts no more."""
        self.scenes.clear()
        self._since = {person.user_id: person.mark() for person in self.cast.everybody()}
        self._entries = len(await self._log())

    def everybody(self) -> list[str]:
        """Everybody whose keys may have been lied about."""
        return [person.user_id for person in self.cast.everybody()]

    @property
    def app(self) -> Any:
        """The running application."""
        assert self.cast.world.app is not None
        return self.cast.world.app

    @property
    def device(self) -> tuple[str, str]:
        own = self.app.matrix.identity_keys
        return str(own.device_id), str(own.curve25519)

    @property
    def dead(self) -> bool:
        running = self.cast.world._running
        return running is None or running.done()

    async def _enrolled(self, person: Person) -> Scene:
        account = self.cast.account(person)
        if account not in self._rooms:
            self._rooms[account] = await self.cast.world.enrol(person, account)
            await self.cast.world.until_verified(self._rooms[account])
        return self._seen(Scene(person, self._rooms[account]))

    def _seen(self, scene: Scene) -> Scene:
        self.scenes.append(scene)
        return scene

    async def scene(self, *, fresh: bool = False) -> Scene:
        return await self._enrolled(await self.cast.victim() if fresh else await self.cast.person("ana"))

    async def sender(self) -> Scene:
        return await self._enrolled(await self.cast.person("bruno"))

    async def desk(self, *people: Person) -> str:
        room = await self.cast.world.desk(*people)
        await self.cast.world.until_verified(room)
        return self._seen(Scene(people[0], room)).room

    async def dismiss(self, person: Person) -> None:
        user = UserId(person.user_id)
        pin = withdraw(self.app.register.pin(user), self.app.db.clock.now(), Withdrawal.REVOKED)
        async with self.app.db.unit() as unit:
            await self.app.directory.save_identity(unit, pin, actor=None)
        await self.wait(lambda: "person-not-revoked" in self.failed_of(user))

    async def settled_in(self, room: str) -> None:
        """It settles in no room that its people did not make for it."""

    async def enrol(self, person: Person, patience: float = 12) -> Scene:
        room = await person.create_room("enlace", [self.user_id])
        await person.wait_member(room, self.user_id)
        scene = self._seen(Scene(person, room))
        challenge = await self.ask(scene, "!verify", patience)
        if challenge is not None:
            world = self.cast.world
            account = self.cast.account(person)
            signed = await asyncio.to_thread(world.sign, account, challenge.body, person.device_id, person.session_key)
            await self.ask(scene, f"!verify\n{signed}", patience)
        return scene

    async def settle(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(4):
                while True:
                    async with self.app.db.reading() as unit:
                        depth = await self._outbox.depth(unit)
                    if not depth.get("queued") and not depth.get("inbox"):
                        return
                    await asyncio.sleep(0.05)

    async def later(self) -> None:
        self.cast.world.clock.push(timedelta(seconds=self.app.config.matrix.undecryptable_after_seconds + 1))
        parked = self.app.matrix.inbound._parked
        await self.wait(lambda: all(one.told for one in parked.values()), 5)

    @property
    def _outbox(self) -> Outbox:
        outbox: Outbox = self.app.outbox
        return outbox

    async def restart(self) -> None:
        await self.cast.world.stop()
        await self.cast.world.run()

    async def levels(self, room: str, user: str) -> float:
        state = self.app.matrix.trust._rooms[RoomId(room)]
        return float(state.power().get(user, state.users_default))

    async def alive(self) -> bool:
        """Whether it still serves somebody to whom nothing was done."""
        return PHONE in await self.whois(await self.scene())

    # --- what it saw ------------------------------------------------------------------------------------

    def failed(self, room: str) -> set[str]:
        """Checks that do not hold for a room."""
        return {check.name for check in self.app.matrix.trust.room(RoomId(room)).failed}

    def failed_of(self, user: str) -> set[str]:
        """Checks that do not hold for a person."""
        return {check.name for check in self.app.matrix.trust.person(UserId(user)).failed}

    def told(self, scene: Scene) -> list[Heard]:
        """What the bot told somebody since the case began."""
        heard = scene.person.heard[self._since.get(scene.user, 0) :]
        return [one for one in heard if one.sender == self.user_id]

    async def logged(self) -> set[str]:
        """The log's actions since the case began."""
        return {entry.details.action for entry in (await self._log())[self._entries :] if entry.details is not None}

    async def noted(self, action: str, patience: float = 5.0) -> bool:
        """Whether the log holds this action, or will in a moment."""
        deadline = time.monotonic() + patience
        while action not in await self.logged():
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.2)
        return True

    async def _log(self) -> list[Any]:
        async with self.app.db.reading() as unit:
            return list(await self.app.audit.entries(unit, limit=100_000))


@contextlib.asynccontextmanager
async def deployment(homeserver: Synapse, server: Lies) -> Any:
    """enlace running behind ``server``, with Ana and Bruno enrolled."""
    world = World(TEAMS, homeserver=homeserver, settings={"matrix": {"homeserver": server.url}})
    async with world:
        await world.run()
        cast = Cast(world)
        enlace = Enlace(cast, server)
        try:
            await asyncio.gather(enlace.scene(), enlace.sender())
            yield enlace
        finally:
            await cast.close()
