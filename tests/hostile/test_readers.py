"""Attacks for plaintext: who reads what the bot says, and in which rooms."""

import pytest

from tests.hostile import attacks_keys, attacks_rooms, cases
from tests.hostile.cases import Case
from tests.hostile.run import run
from tests.hostile.stage import Stage

pytestmark = pytest.mark.homeserver
CASES = cases.load(attacks_keys, attacks_rooms)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_it_works_on_plain_nio_and_not_on_enlace(case: Case, stage: Stage) -> None:
    await run(case, stage)
