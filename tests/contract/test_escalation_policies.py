"""A deployment's own ladders on a real database: roles, other organisations, repeats, and hours of the callee."""

from collections.abc import AsyncIterator

import pytest

from bot.audit.service import Actor
from bot.directory.service import shipped
from bot.escalation.model import Severity, State
from bot.escalation.service.policies import read_policies
from tests.harness.calling import ANA, BRUNO, DORA, MONDAY, NIGHT, OEA, YAN, World, build, direct

LADDERS = b"""\
deployment:
  critical:
    steps:
      - {after: now, who: [on-duty], repeat: 1, every: 3m}
      - {after: 5m, who: ["role:diplomatic"], hours: outside}
      - {after: 10m, who: [backup], hours: inside}
      - {after: 20m, who: ["organisation:OEA", "organisation:CERT-MX", "organisation:GONE"]}
    exhausted: 40m
organisations:
  CERT-BR:
    high: {steps: [{after: now, who: [diplomatic]}], exhausted: 10m}
"""


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    world = await build(database_url)
    world.escalation = world.fresh(read_policies(LADDERS, "ladders.yaml", shipped()))
    yield world
    await world.db.close()


async def test_every_kind_of_step_at_night(world: World) -> None:
    await world.rota(BRUNO)
    async with world.db.unit() as unit:
        await world.duty.take(
            unit, organisation=OEA, role="technical", person=YAN, start=NIGHT, end=MONDAY, by=Actor(OEA, "Yan", YAN)
        )
    [esc] = (await world.call()).opened
    await world.later()
    await world.later(3)
    await world.later(2)
    assert await world.rung(esc) == ["0 bruno sent", "1 bruno sent", "2 dora sent"]
    # The backup is only for office hours: left out, and what follows starts at once, with no more than it may know.
    await world.later(5)
    assert (await world.rung(esc))[3:] == ["4 yan bare sent"]
    assert "200 Gbit" not in "".join(world.seen(direct(YAN)))
    assert world.seen(direct(ANA)) == [], "the caller's own organisation knows already"
    await world.later(30)
    assert (await world.now(esc)).state is State.EXHAUSTED
    outcomes = [action for action in await world.actions() if action == "stepped"]
    assert len(outcomes) == 5


async def test_by_day_the_step_for_the_night_is_left_out(world: World) -> None:
    world.clock.at = MONDAY
    await world.rota(BRUNO)
    [esc] = (await world.call()).opened
    await world.later()
    await world.later(3)
    await world.later(2)
    assert DORA not in {page.person for page in await world.pages(esc)}


async def test_an_organisations_own_ladder(world: World) -> None:
    [esc] = (await world.call(severity=Severity.HIGH)).opened
    await world.later()
    assert await world.rung(esc) == ["0 dora sent"]
    await world.later(10)
    assert (await world.now(esc)).state is State.EXHAUSTED
