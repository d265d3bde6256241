"""enlace killed again and again, at one named point after the other."""

import random
import subprocess
from collections.abc import Collection

from tests.faults.acts import ACTS
from tests.faults.child import DIES
from tests.faults.points import POINTS
from tests.faults.site import Site

OFTEN = 3


async def kill_often(
    site: Site, kills: int, dice: random.Random, each: int = 1, among: Collection[str] = POINTS.keys()
) -> list[tuple[str, int]]:
    """So many times: start it, have people say ``each`` messages and do what the point needs, and let it die there.

    Returns the points, and at the how manyeth time."""
    site.enlace.kill()
    names: list[str] = []
    while len(names) < kills:
        names += dice.sample(sorted(among), len(among))
    done = []
    for round_, name in enumerate(names[:kills]):
        point = POINTS[name]
        most = 1 if point.needs else {"often": OFTEN, "command": each, "once": 1}[point.reached]
        number = dice.randint(1, most)
        said = site.enlace.log.stat().st_size if site.enlace.log.exists() else 0
        await site.put_out()
        site.enlace.start(name, number)
        for message in range(each):
            await site.say(f"Kill {round_} message {message} of {len(site.sent)}")
        if point.needs:
            await ACTS[point.needs](site)
        try:
            code = await site.enlace.died()
            while code == 1 and site.troubled:  # without a homeserver it does not start; its keeper tries again
                site.enlace.start(name, number)
                code = await site.enlace.died()
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{name} ({number}) was not reached") from None
        with site.enlace.log.open("rb") as log:
            log.seek(said)
            last = log.read().decode(errors="replace")
        assert code == -9, f"{name}: ended by itself with {code}: {last[-2000:]}"
        assert f"{DIES} {name}\n" in last, f"{name}: killed somewhere else"
        done.append((name, number))
    return done
