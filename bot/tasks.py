"""Tasks of asyncio: wait for an event; end a task for good."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

AGAIN_AFTER = 1.0
"""Seconds after which a task that still runs is cancelled once more."""


@contextmanager
def woken(bell: asyncio.Event, *, by: asyncio.Event) -> Iterator[None]:
    """Inside, ``bell`` is set when ``by`` is: whoever waits for one of them again and again waits for ``bell`` only.

    A wait for several events is a task for each of them, every time; this is one."""
    task = asyncio.create_task(by.wait(), name="woken")
    task.add_done_callback(lambda _: bell.set())
    try:
        yield
    finally:
        task.cancel()


async def rung(bell: asyncio.Event, within: float) -> None:
    """Wait until the event is set, at most so many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within):
            await bell.wait()


async def end(*tasks: "asyncio.Future[Any] | None") -> None:
    """Cancel these tasks until they are over; what they raise is not raised here.

    One cancellation may be lost: a library takes it for a time-out of its own, and asks again.
    """
    given = {task for task in tasks if task is not None}
    running = {task for task in given if not task.done()}
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=AGAIN_AFTER)
    for task in given:
        if not task.cancelled():
            task.exception()  # asked for, so that asyncio does not report it at some odd moment
