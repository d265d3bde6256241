"""``python -m tests.bench.watched FILE …``: enlace's command line, with its event loop watched.

On each SIGUSR1 the file is written: for how long single turns of the loop held it up since the last time.
A turn is counted in CPU seconds of the loop's own thread, so that a busy machine does not count, and only from a
millisecond on.  uvloop shows nobody its turns, so that they are those of asyncio's own loop here; to look at every one
takes CPU, too: how much of it enlace uses is measured without."""

import asyncio
import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

import uvloop

from bot.cli import main

WORTH = 0.001
_turns: list[float] = []


def watch(turns: list[float]) -> None:
    """From now on every turn that takes long enough is added, in seconds."""
    run = asyncio.Handle._run

    def timed(self: asyncio.Handle) -> Any:
        begun = time.thread_time()
        try:
            return run(self)
        finally:
            took = time.thread_time() - begun
            if took >= WORTH:
                turns.append(took)

    asyncio.Handle._run = timed


def _write(path: Path) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(_turns))
    part.rename(path)
    _turns.clear()


if __name__ == "__main__":
    file = Path(sys.argv[1])
    uvloop.run = asyncio.run
    watch(_turns)
    signal.signal(signal.SIGUSR1, lambda *_: _write(file))
    main(sys.argv[2:])
