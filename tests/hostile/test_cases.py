"""Every named attack, on a bot on plain matrix-nio and on enlace."""

import re
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.hostile import attacks_keys, attacks_orders, attacks_rooms, attacks_silence, cases
from tests.hostile.cases import Case
from tests.hostile.conftest import Stage
from tests.hostile.stage import Enlace

pytestmark = pytest.mark.homeserver
CASES = cases.load()
MODULES = (attacks_keys, attacks_orders, attacks_rooms, attacks_silence)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_it_works_on_plain_nio_and_not_on_enlace(case: Case, stage: Stage) -> None:
    attack = cases.carried_out(case.name)
    enlace = stage.enlace
    enlace.cast.begin()
    plain = await stage.plain()
    try:
        taken = await attack(plain)
    finally:
        await stage.over(spoilt=attack.__module__ == attacks_silence.__name__)
    assert taken, "void: it does not work on plain matrix-nio"

    enlace.cast.again()
    enlace.server.forget()
    await enlace.begin()
    try:
        with capture_logs() as lines:
            got = await attack(enlace)
            assert not got
            await seen(case, enlace, lines)
    finally:
        enlace.server.honest()
        enlace.server.announce(*enlace.everybody())
    assert await enlace.alive()


async def seen(case: Case, enlace: Enlace, lines: list[Any]) -> None:
    """enlace shows what it noticed where the case says."""
    for where, what in case.seen.items():
        if where == "log":
            assert any(str(line["event"]).startswith(what) for line in lines), sorted({line["event"] for line in lines})
        elif where == "audit":
            assert await enlace.noted(what), await enlace.logged()
        elif where == "room":
            assert any(what in enlace.failed(scene.room) for scene in enlace.scenes), enlace.scenes
        elif where == "person":
            assert any(what in enlace.failed_of(scene.user) for scene in enlace.scenes), enlace.scenes
        elif where == "told":
            assert any(re.search(what, one.body) for scene in enlace.scenes for one in enlace.told(scene))
        else:
            assert where == "nothing", where
            assert what
