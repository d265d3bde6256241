"""One deployment in which most of the acceptance happens: real Synapse, real encrypted people, enlace set up by its
own command line and running in this process, so that its clock can be pushed."""

from collections.abc import AsyncIterator

import pytest

from bot.demo.synapse import Synapse
from bot.demo.world import World
from tests.harness.house import TEAMS, UNHURRIED, House


@pytest.fixture(scope="session")
async def house(homeserver: Synapse) -> AsyncIterator[House]:
    """Mexico, Brazil, Chile (a desk room), Argentina and two coordinators, all verified; Peru is not on enlace."""
    async with World(TEAMS, homeserver=homeserver, settings=UNHURRIED) as world:
        await world.run()
        made = House(world)
        try:
            await made.enrol("ana", "bruno", "beatriz", "arturo", "carla", "diego")
            await made.enrol_desk("camila", "cesar")
            yield made
        finally:
            await made.close()


@pytest.fixture
async def at_work(house: House) -> House:
    """The deployment, with a fresh page: tests look only at what is said from now on."""
    house.begin()
    return house
