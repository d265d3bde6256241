"""The two bots that are attacked, each behind a lying server of its own.

A case is one function that is run on either: it tries to take something, and returns what it got ("" for nothing)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from bot.demo.synapse import Synapse
from bot.demo.world import World
from tests.hostile.cast import TEAMS, Cast
from tests.hostile.on_enlace import Enlace
from tests.hostile.on_plain import Plain
from tests.hostile.server import Lies


class Stage:
    """One enlace for all cases, and plain bots that are replaced when a case has broken them."""

    def __init__(self, enlace: Enlace, folder: Path) -> None:
        self.enlace = enlace
        self._folder = folder
        self._made = 0
        self._plain: Plain | None = None
        self._server: Any = None

    async def plain(self) -> Plain:
        """A bot on plain matrix-nio that works."""
        if self._plain is None:
            self._made += 1
            self._server = Lies(self.enlace.cast.world.homeserver.url)
            await self._server.__aenter__()
            self._plain = Plain(self.enlace.cast, self._server, self._folder / str(self._made))
            await self._plain.start()
        return self._plain

    async def over(self, *, spoilt: bool = False) -> None:
        """A case is over; what it may have broken is started again, or replaced if that does not mend it."""
        plain = self._plain
        if plain is None:
            return
        self._server.honest()
        if (plain.dead or spoilt) and not plain.ruined:
            with contextlib.suppress(AssertionError):
                await plain.restart()
                await plain.caught_up()
        self._server.forget()
        if plain.dead or plain.ruined:
            await self.close()

    async def close(self) -> None:
        """End the plain bot."""
        plain, self._plain = self._plain, None
        if plain is not None:
            await plain.stop()
            await self._server.__aexit__(None, None, None)


@contextlib.asynccontextmanager
async def staged(homeserver: Synapse, folder: Path) -> AsyncIterator[Stage]:
    """Both bots, with Ana and Bruno enrolled."""
    async with Lies(homeserver.url) as server:
        # One case behind the other: Ana says more in a minute than people do.
        limits = {"person_per_minute": 1000, "room_per_minute": 1000, "unproved_per_minute": 1000}
        settings = {"matrix": {"homeserver": server.url}, "limits": limits}
        world = World(TEAMS, homeserver=homeserver, settings=settings)
        async with world:
            await world.run()
            cast = Cast(world)
            stage = Stage(Enlace(cast, server), folder)
            try:
                await asyncio.gather(stage.enlace.scene(), stage.enlace.sender())
                yield stage
            finally:
                await stage.close()
                await cast.close()
