"""A deployment's own ladders on a real database: roles, other organisations, repeats, and hours of the callee."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.audit.service import Actor
from bot.directory.service import shipped
from bot.escalation.model import Position, Severity, State
from bot.escalation.service.people import Outside
from bot.escalation.service.policies import read_policies
from bot.ids import RoomId
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


BY = b"""\
deployment:
  critical:
    steps:
      - {after: now, who: [on-duty]}
      - {after: 5m, who: [on-duty], by: [room, webhook]}
      - {after: 15m, who: [on-duty], by: mail}
      - {after: 16m, who: [on-duty], by: [mail, desk]}
    exhausted: 40m
"""
HOOK = RoomId("webhook:CERT-BR")


@pytest.mark.parametrize("deaf", [False, True])
async def test_a_step_rings_by_the_means_that_it_names(world: World, deaf: bool) -> None:
    outside = Outside(mail=True, webhooks=frozenset({"cert-br"}))
    world.escalation = world.fresh(read_policies(BY, "ladders.yaml", shipped()), outside)
    await world.rota(BRUNO)
    [esc] = (await world.call()).opened
    await world.later()
    assert await world.rung(esc) == ["0 bruno sent"]
    if deaf:
        world.line.refused.add(HOOK)
    await world.later(5)
    rung = (await world.rung(esc))[1:]
    if deaf:
        # One of them rings: the other's loss is made up for by what was not tried, and the next step keeps its time.
        assert rung == ["1 bruno sent", "1 ebhook:CERT-BR bare lost", "1 desk-br fallback sent"]
        assert (await world.now(esc)).position == Position(2, esc.opened_at + timedelta(minutes=15))
        return
    assert rung == ["1 bruno sent", "1 ebhook:CERT-BR bare sent"]
    # Bruno has no address for mail: his room rings.  A minute later the desk room, which has not rung just now.
    await world.later(10)
    assert (await world.rung(esc))[3:] == ["2 bruno sent"]
    await world.later(0.9)
    await world.later(0.1)
    assert (await world.rung(esc))[4:] == ["3 desk-br sent"]
