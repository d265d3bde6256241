"""Tasks of asyncio: wait for the first of several events; end a task for good."""

import asyncio
from typing import Any

AGAIN_AFTER = 1.0
"""Seconds after which a task that still runs is cancelled once more."""


async def first_of(*events: asyncio.Event, within: float) -> None:
    """Wait until one of the events is set, at most so many seconds."""
    waiters = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiters, timeout=within, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for waiter in waiters:
            waiter.cancel()


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
