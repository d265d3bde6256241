"""enlace in a process that kills itself: ``python -m tests.faults.child CONFIG POINT NUMBER``.

When the point is reached for the ``NUMBER``-th time, the process ends by SIGKILL: nothing is flushed, closed or said.
"""

import functools
import os
import signal
import sys
from pathlib import Path
from typing import Any

from bot.cli.run import run
from tests.faults.points import POINTS, Point


def arm(point: Point, number: int) -> None:
    """Wrap the step."""
    real = getattr(point.owner, point.step)
    reached = 0

    def count() -> None:
        nonlocal reached
        reached += 1
        if reached >= number:
            os.kill(os.getpid(), signal.SIGKILL)

    if point.step == "_settle":  # the one step that is no coroutine

        @functools.wraps(real)
        def plain(*args: Any, **more: Any) -> Any:
            count()
            return real(*args, **more)

        setattr(point.owner, point.step, plain)
        return

    @functools.wraps(real)
    async def wrapped(*args: Any, **more: Any) -> Any:
        if not point.after:
            count()
        done = await real(*args, **more)
        if point.after:
            count()
        return done

    setattr(point.owner, point.step, wrapped)


if __name__ == "__main__":
    config, name, times = sys.argv[1:]
    arm(POINTS[name], int(times))
    run(Path(config))
