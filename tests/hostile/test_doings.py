"""Attacks for obedience and for silence: what the bot does, and whether it does anything."""

import pytest

from tests.hostile import attacks_orders, attacks_silence, cases
from tests.hostile.cases import Case
from tests.hostile.run import run
from tests.hostile.stage import Stage

pytestmark = pytest.mark.homeserver
CASES = cases.load(attacks_orders, attacks_silence)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_it_works_on_plain_nio_and_not_on_enlace(case: Case, stage: Stage) -> None:
    await run(case, stage)
