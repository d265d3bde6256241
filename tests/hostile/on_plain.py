"""The bot on plain matrix-nio as a target."""

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.demo.person import Person
from tests.hostile.cast import PHONE, Cast, Scene
from tests.hostile.plain import PlainBot
from tests.hostile.server import Lies
from tests.hostile.target import Target

DESERTED_AFTER = 3.0
"""Seconds without a sync that waits for anything new, after which the bot counts as stuck: it always has one open."""


class Plain(Target):
    """The bot on plain matrix-nio."""

    name = "plain"

    def __init__(self, cast: Cast, server: Lies, folder: Path) -> None:
        super().__init__(cast, server)
        self._folder = folder
        self._sender: Scene | None = None
        self._rooms: dict[str, Scene] = {}

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
        await self.due(lambda: room in self.bot.client.rooms and self.bot.client.rooms[room].encrypted, "the room")
        return Scene(person, room)

    async def _standing(self, account: str) -> Scene:
        if account not in self._rooms:
            self._rooms[account] = await self._room(await self.cast.person(account))
        return self._rooms[account]

    @property
    def device(self) -> tuple[str, str]:
        keys = self.bot.client.olm.account.identity_keys
        return str(self.bot.device_id), str(keys["curve25519"])

    @property
    def dead(self) -> bool:
        return self.bot.dead

    async def scene(self) -> Scene:
        return await self._standing("ana")

    async def room(self) -> Scene:
        return await self._room(await self.cast.person("alba"))

    async def vera(self) -> Scene:
        return await self._standing("vera")

    async def victim(self) -> Scene:
        return await self._room(await self.cast.victim())

    async def sender(self) -> Scene:
        assert self._sender is not None
        return self._sender

    async def desk(self, *people: Person) -> str:
        room = (await self._room(people[0])).room
        for person in people[1:]:
            await people[0].invite(room, person.user_id)
            await person.join(room)
            self.bot.people.add(person.user_id)
            await self.due(lambda who=person.user_id: who in self.bot.client.rooms[room].users, "a member")
        return room

    async def dismiss(self, person: Person) -> None:
        self.bot.people.discard(person.user_id)

    async def enrol(self, person: Person) -> Scene:
        return await self._room(person)  # it trusts whatever it is shown

    async def chance(self, true: Callable[[], Any]) -> Any:
        await self.wait(lambda: true() or self.dead)
        return true()

    async def question(self, scene: Scene, text: str) -> None:
        await scene.person.say(scene.room, text)

    def ignored(self, scene: Scene, event_id: str) -> bool:
        return self.server.passed_over(event_id, scene.room) or self.server.deserted(DESERTED_AFTER)

    async def settle(self) -> None:
        """It does everything in its callbacks."""

    async def later(self) -> None:
        """It waits for nothing."""

    async def restart(self) -> None:
        await self.bot.restart()
        await self.due(lambda: all(room in self.bot.client.rooms for room in self.bot.rooms.values()), "its rooms")

    def levels(self, room: str, user: str) -> float:
        return float(self.bot.client.rooms[room].power_levels.get_user_level(user))

    def devices(self, user: str) -> set[str]:
        return {device.id for device in self.bot.client.device_store.active_user_devices(user)}

    async def stop(self) -> None:
        """End it."""
        await self.bot.stop()
