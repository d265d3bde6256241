"""One homeserver, one enlace for the cases of a file, and plain bots that are replaced when a case has broken them."""

from collections.abc import AsyncIterator

import pytest

from bot.demo.synapse import Synapse
from tests.hostile.stage import Stage, staged


@pytest.fixture(scope="module")
async def stage(homeserver: Synapse, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Both bots, each behind a server that can be made to lie."""
    async with staged(homeserver, tmp_path_factory.mktemp("plain")) as made:
        yield made
