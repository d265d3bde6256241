"""What the process writes about itself, caught for the time of a test."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from bot import logs


@contextmanager
def written() -> Iterator[io.StringIO]:
    """Every log line inside the block, as JSON; after it logging is as it was."""
    root, ours = logging.getLogger(), [logging.getLogger(name) for name in logs.OURS]
    before = root.handlers[:], root.level, [one.level for one in ours]
    stream = io.StringIO()
    logs.configure(form="json", level="debug", stream=stream)
    yield stream
    root.handlers[:], root.level = before[0], before[1]
    for one, level in zip(ours, before[2], strict=True):
        one.setLevel(level)
    logging.captureWarnings(capture=False)
