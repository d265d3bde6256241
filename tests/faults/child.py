"""enlace in a process that kills itself: ``python -m tests.faults.child CONFIG POINT NUMBER``.

When the point is reached for the ``NUMBER``-th time, the process says so and ends by SIGKILL: nothing is flushed,
closed or finished.  SIGUSR1 and SIGUSR2 set its clock a day ahead and back; where the point is ``nowhere``, ``NUMBER``
says by how many days it is wrong from the start.
"""

import functools
import inspect
import os
import signal
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.cli.run import run
from bot.clock import Clock
from tests.faults.points import POINTS, Point

DIES = "dies at"
NOWHERE = "nowhere"
DAY = timedelta(days=1)


def arm(name: str, point: Point, number: int) -> None:
    """Wrap the step."""
    real = getattr(point.owner, point.step)
    reached = 0

    def count(call: tuple[Any, ...]) -> None:
        nonlocal reached
        reached += point.when(call)
        if reached >= number:
            os.write(2, f"{DIES} {name}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)

    if not inspect.iscoroutinefunction(real):

        @functools.wraps(real)
        def plain(*args: Any, **more: Any) -> Any:
            if not point.after:
                count(args)
            done = real(*args, **more)
            if point.after:
                count(args)
            return done

        setattr(point.owner, point.step, plain)
        return

    @functools.wraps(real)
    async def wrapped(*args: Any, **more: Any) -> Any:
        if not point.after:
            count(args)
        done = await real(*args, **more)
        if point.after:
            count(args)
        return done

    setattr(point.owner, point.step, wrapped)


def arm_clock(days: int) -> None:
    """A signal each for a day ahead and a day back."""
    real, jumped = Clock.now, days * DAY

    def now(self: Clock) -> datetime:
        return real(self) + jumped

    def jump(by: timedelta) -> None:
        nonlocal jumped
        jumped += by

    signal.signal(signal.SIGUSR1, lambda *_: jump(DAY))
    signal.signal(signal.SIGUSR2, lambda *_: jump(-DAY))
    Clock.now = now  # type: ignore[method-assign]


if __name__ == "__main__":
    config, named, times = sys.argv[1:]
    arm_clock(int(times) if named == NOWHERE else 0)
    if named != NOWHERE:
        arm(named, POINTS[named], int(times))
    run(Path(config))
