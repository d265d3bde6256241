"""One homeserver, one enlace for all cases, and plain bots that are replaced when a case has broken them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.demo.synapse import Synapse
from tests.hostile.server import Lies
from tests.hostile.stage import Enlace, Plain, deployment


class Stage:
    """Both bots."""

    def __init__(self, enlace: Enlace, folder: Path) -> None:
        self.enlace = enlace
        self._folder = folder
        self._made = 0
        self._plain: Plain | None = None
        self._server: Any = None

    async def plain(self) -> Plain:
        """A bot on plain matrix-nio that still works."""
        if self._plain is None:
            self._made += 1
            self._server = Lies(self.enlace.cast.world.homeserver.url)
            await self._server.__aenter__()
            self._plain = Plain(self.enlace.cast, self._server, self._folder / str(self._made))
            await self._plain.start()
        return self._plain

    async def over(self, *, spoilt: bool) -> None:
        """A case is over; the next one gets another bot if this one may be broken."""
        if self._plain is None:
            return
        if not spoilt and not self._plain.bot.dead:
            self._server.honest()
            self._server.forget()
            return
        plain, self._plain = self._plain, None
        await plain.stop()
        await self._server.__aexit__(None, None, None)


@pytest.fixture(scope="session")
async def stage(homeserver: Synapse, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Both bots, each behind a server that can be made to lie."""
    async with Lies(homeserver.url) as server, deployment(homeserver, server) as enlace:
        made = Stage(enlace, tmp_path_factory.mktemp("plain"))
        try:
            yield made
        finally:
            await made.over(spoilt=True)
