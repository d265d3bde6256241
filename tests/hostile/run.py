"""One case, on a bot on plain matrix-nio and on enlace."""

import io
import json
import re
from collections.abc import Callable
from typing import Any

from tests.harness.written import written
from tests.hostile import cases
from tests.hostile.cases import Case
from tests.hostile.on_enlace import Enlace
from tests.hostile.stage import Stage

SEEN_WITHIN = 60.0


async def run(case: Case, stage: Stage) -> None:
    """It works on plain matrix-nio, else it is void; it fails on enlace, which says what it saw and goes on."""
    attack = cases.carried_out(case.name)
    enlace = stage.enlace
    enlace.cast.begin()
    plain = await stage.plain()
    try:
        taken = await attack(plain)
    finally:
        await stage.over(spoilt=case.threat == "silence")
    assert taken, "void: it does not work on plain matrix-nio"

    enlace.cast.again()
    enlace.server.forget()
    await enlace.begin()
    try:
        with written() as lines:
            got = await attack(enlace)
            assert not got
            for where, what in case.seen.items():
                assert await seen(enlace, where, what, lines), (where, what, await witness(enlace, lines))
    finally:
        enlace.server.honest()
    assert await enlace.alive()


def said(lines: io.StringIO) -> list[dict[str, Any]]:
    """What it wrote into its log."""
    return [json.loads(line) for line in lines.getvalue().splitlines()]


async def seen(enlace: Enlace, where: str, what: str, lines: io.StringIO) -> bool:
    """enlace shows what it noticed where the case says, now or soon."""
    looks: dict[str, Callable[[], bool]] = {
        "log": lambda: any(str(line["event"]).startswith(what) for line in said(lines)),
        "room": lambda: any(what in enlace.failed(scene.room) for scene in enlace.scenes),
        "person": lambda: any(what in enlace.failed_of(scene.user) for scene in enlace.scenes),
        "told": lambda: any(re.search(what, one.body) for scene in enlace.scenes for one in enlace.told(scene)),
        "nothing": lambda: bool(what),
    }
    if where == "audit":
        return await enlace.noted(what, SEEN_WITHIN)
    return bool(await enlace.wait(looks[where], SEEN_WITHIN))


async def witness(enlace: Enlace, lines: io.StringIO) -> object:
    """What it showed instead."""
    failed = [(enlace.failed(scene.room), enlace.failed_of(scene.user)) for scene in enlace.scenes]
    told = [one.body for scene in enlace.scenes for one in enlace.told(scene)]
    return {
        "log": sorted({line["event"] for line in said(lines)}),
        "audit": await enlace.logged(),
        "failed": failed,
        "told": told,
    }
