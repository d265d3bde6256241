"""A command that takes away what it has made when it is stopped does so however it is stopped."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def as_by_ctrl_c() -> Iterator[None]:
    """SIGTERM and SIGHUP do what Ctrl-C does, unless the caller has them ignored (``nohup``)."""
    mine = [s for s in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(s) is signal.SIG_DFL]
    for number in mine:
        signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        for number in mine:
            signal.signal(number, signal.SIG_DFL)
