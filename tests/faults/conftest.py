"""One deployment for each file of tests; what runs of enlace is the real program in a process of its own."""

from collections.abc import AsyncIterator

import pytest

from tests.faults.site import Site
from tests.faults.site import site as whole_site


@pytest.fixture(scope="module")
async def site() -> AsyncIterator[Site]:
    """Enlace as a process, behind a gate that can be made to misbehave."""
    async with whole_site() as made:
        yield made
