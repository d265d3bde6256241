"""A bot under attack, and what people do with it.  The plain one and enlace are told apart by how long one waits.

Nothing here is decided by how long something took, but for a bot that has stopped: a bot on plain matrix-nio gets as
long as it needs to fall for an attack; enlace is looked at when it has done everything that it had to do."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from bot.demo.person import Heard, Person
from tests.hostile.cast import Cast, Scene
from tests.hostile.server import Lies

PATIENCE = 90.0
"""Seconds after which what has to come counts as missing: more than the slowest machine needs."""
POLL = 0.05


class Target(ABC):
    """A bot under attack."""

    name: str
    server: Lies
    user_id: str

    def __init__(self, cast: Cast, server: Lies) -> None:
        self.cast = cast
        self.server = server
        self.ruined = False
        """Whether a case did to it what no restart mends."""

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
    async def scene(self) -> Scene:
        """Ana in her room with the bot, to whom nothing may be done that lasts."""

    @abstractmethod
    async def room(self) -> Scene:
        """Alba in a new room with the bot: the case may spoil the room."""

    @abstractmethod
    async def vera(self) -> Scene:
        """Vera, who gets one more device in some cases."""

    @abstractmethod
    async def victim(self) -> Scene:
        """Somebody in a room of theirs with the bot whom the case may spoil."""

    @abstractmethod
    async def sender(self) -> Scene:
        """Bruno, whose messages the bot carries to others, and to whom it carries theirs."""

    @abstractmethod
    async def settle(self) -> None:
        """Wait until the bot has done everything that it had to do."""

    @abstractmethod
    async def chance(self, true: Callable[[], Any]) -> Any:
        """What an attack takes, once it is there; on enlace, when it has done everything that it had to do."""

    @abstractmethod
    async def later(self) -> None:
        """So much later that the bot gives up waiting for the keys of what it could not read."""

    @abstractmethod
    async def restart(self) -> None:
        """A new process on the same store."""

    @abstractmethod
    def levels(self, room: str, user: str) -> float:
        """The power that the bot ascribes to somebody."""

    @abstractmethod
    def devices(self, user: str) -> set[str]:
        """The devices of somebody that the bot knows."""

    @abstractmethod
    async def desk(self, *people: Person) -> str:
        """A room of several people of one organisation and the bot."""

    @abstractmethod
    async def dismiss(self, person: Person) -> None:
        """The organisation tells the bot's operators that somebody no longer works there."""

    @abstractmethod
    async def enrol(self, person: Person) -> Scene:
        """Somebody whom the bot has never seen; they do what it takes to be trusted, however that ends."""

    @abstractmethod
    def ignored(self, scene: Scene, event_id: str) -> bool:
        """Whether it is certain that the bot will not answer this event any more."""

    @abstractmethod
    async def question(self, scene: Scene, text: str) -> None:
        """Say something that the bot may well not answer, or whose answer this person may not be able to read."""

    # --- what people do ---------------------------------------------------------------------------------

    async def ask(self, scene: Scene, text: str) -> Heard | None:
        """Say something to the bot and wait for its answer to it."""
        return await self.answer(scene, await scene.person.say(scene.room, text))

    async def answer(self, scene: Scene, to: str) -> Heard | None:
        """The bot's answer to an event; None if it does not come, or if the bot is dead."""

        def found() -> Heard | None:
            for heard in reversed(scene.person.heard):
                answered = heard.relation.get("m.in_reply_to", {}).get("event_id")
                if answered == to and heard.sender == self.user_id and heard.edits is None:
                    return heard
            return None

        await self.wait(lambda: found() or self.dead or self.ignored(scene, to))
        return found()

    async def whois(self, scene: Scene) -> str:
        """What the bot says of Brazil, with or without the number that is not for everybody; "" for silence."""
        heard = await self.ask(scene, "!whois CERT-BR")
        return heard.body if heard is not None else ""

    async def tell(self, scene: Scene, text: str) -> None:
        """Bruno sends the person something confidential by the bot, and is answered."""
        await self.ask(await self.sender(), f"!send {scene.user} tlp:amber\n{text}")

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

    # --- waiting ----------------------------------------------------------------------------------------

    async def wait(self, true: Callable[[], Any], patience: float = PATIENCE) -> Any:
        """What becomes true, or what is not."""
        deadline = time.monotonic() + patience
        while not (value := true()) and time.monotonic() < deadline:
            await asyncio.sleep(POLL)
        return value

    async def due(self, true: Callable[[], Any], what: str) -> Any:
        """Wait for what has to come for the case to mean anything."""
        value = await self.wait(lambda: true() or self.dead)
        asked = [path for _, path in self.server.taken.asks[-6:]]
        assert value, f"{self.name}{' (dead)' if self.dead else ''}: waited for {what}; it last asked for {asked}"
        return value

    async def caught_up(self) -> None:
        """The bot has taken in everything that the server has for it now, or is dead."""
        before = self.server.syncs

        def round_done() -> bool:
            self.server.nudge()
            return self.server.syncs >= before + 2 or self.dead

        await self.due(round_done, "the next sync")
