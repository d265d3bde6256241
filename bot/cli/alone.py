"""One process at a time: two on one device make the second's messages unreadable for everybody (ADR 4)."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from bot.config import Config
from bot.errors import NotDone


class AlreadyRunning(NotDone):
    """Enlace runs already, or another command works on its keys, in {path}."""

    code = "already-running"


@contextmanager
def alone(config: Config) -> Iterator[None]:
    """Hold the state folder's lock; raises :class:`AlreadyRunning`.  A process that dies lets go of it."""
    path = config.state_directory / "lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(path=config.state_directory) from None
        yield
    finally:
        os.close(descriptor)
