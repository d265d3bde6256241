"""enlace as a target, whole, in this process."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from bot.demo.person import Heard, Person
from bot.ids import RoomId, UserId
from bot.outbox.tables.inbox import inbox
from bot.outbox.tables.outbox import outbox
from keys.trust import Withdrawal, withdraw
from tests.hostile.cast import PHONE, Cast, Scene
from tests.hostile.server import Lies
from tests.hostile.target import PATIENCE, POLL, Target


class Enlace(Target):
    """enlace, whole, in this process."""

    name = "enlace"

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
        self._entries = await self._log_length()

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

    async def scene(self) -> Scene:
        return await self._enrolled(await self.cast.person("ana"))

    async def room(self) -> Scene:
        person = (await self._enrolled(await self.cast.person("alba"))).person
        # A person's newest room is their direct room as soon as they are in no other.
        before = self._rooms["alba"]
        self._rooms["alba"] = room = await person.create_room("a new room", [self.user_id])
        await person.wait_member(room, self.user_id)
        await person.call("POST", f"/_matrix/client/v3/rooms/{before}/leave", {})
        await self.cast.world.until_verified(room)
        return self._seen(Scene(person, room))

    async def vera(self) -> Scene:
        return await self._enrolled(await self.cast.person("vera"))

    async def victim(self) -> Scene:
        return await self._enrolled(await self.cast.victim())

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
        await self.due(lambda: "person-not-revoked" in self.failed_of(user), "the withdrawal")

    async def enrol(self, person: Person) -> Scene:
        room = await person.create_room("enlace", [self.user_id])
        await person.wait_member(room, self.user_id)
        scene = self._seen(Scene(person, room))
        challenge = await self._ask_or_not(scene, "!verify")
        if challenge is not None:
            world = self.cast.world
            account = self.cast.account(person)
            signed = await asyncio.to_thread(world.sign, account, challenge.body, person.device_id, person.session_key)
            await self._ask_or_not(scene, f"!verify\n{signed}")
        return scene

    async def chance(self, true: Callable[[], Any]) -> Any:
        await self.caught_up()
        await self.settle()
        return true()

    async def question(self, scene: Scene, text: str) -> None:
        await self._ask_or_not(scene, text)

    async def _ask_or_not(self, scene: Scene, text: str) -> Heard | None:
        """The answer, if there is one and this person can read it."""
        sent = await scene.person.say(scene.room, text)
        await self.caught_up()
        await self.settle()
        answers = select(outbox.c.event_id).where(
            outbox.c.room == scene.room, outbox.c.event_id.isnot(None), outbox.c.relates["reply_to"].as_string() == sent
        )
        async with self.app.db.reading() as unit:
            row = await unit.first(answers)
        if row is None:
            return None
        heard = await self.due(
            lambda: next((h for h in scene.person.heard if h.event_id == row.event_id), None), "the answer to come"
        )
        return heard if heard.readable else None

    def ignored(self, scene: Scene, event_id: str) -> bool:
        return False  # it has to answer

    async def settle(self) -> None:
        """Every arrival is handled, and every row of the outbox was sent, held or tried."""
        now = self.app.db.clock.now
        arrivals = select(func.count()).where(inbox.c.state == "new")
        untried = (
            select(outbox.c.room)
            .where(outbox.c.state == "queued")
            .group_by(outbox.c.room)
            .having(func.max(outbox.c.attempts) == 0)
        )

        async def busy() -> bool:
            async with self.app.db.reading() as unit:
                due = untried.having(func.min(outbox.c.next_try) <= now())
                return bool(await unit.scalar(arrivals) or await unit.first(due))

        async with asyncio.timeout(PATIENCE):
            while await busy():
                await asyncio.sleep(POLL)

    async def later(self) -> None:
        self.cast.world.clock.push(timedelta(seconds=self.app.config.matrix.undecryptable_after_seconds + 1))
        parked = self.app.matrix.inbound._parking.events
        await self.due(lambda: all(one.told for one in parked.values()), "what cannot be read to be reported")

    async def restart(self) -> None:
        await self.cast.world.stop()
        await self.cast.world.run()

    def levels(self, room: str, user: str) -> float:
        state = self.app.matrix.trust._rooms[RoomId(room)]
        return float(state.power().get(user, state.users_default))

    def devices(self, user: str) -> set[str]:
        seen = self.app.matrix.seen_identity(UserId(user))
        return set(seen.devices) if seen is not None else set()

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
        async with self.app.db.reading() as unit:
            entries = list(await self.app.audit.entries(unit, limit=100_000))
        return {entry.details.action for entry in entries[self._entries :] if entry.details is not None}

    async def noted(self, action: str, patience: float) -> bool:
        """Whether the log holds this action, or will in a moment."""
        deadline = time.monotonic() + patience
        while action not in await self.logged():
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(POLL)
        return True

    async def _log_length(self) -> int:
        async with self.app.db.reading() as unit:
            return len(list(await self.app.audit.entries(unit, limit=100_000)))
