"""Ending a task: until it is over, whatever takes a cancellation for something else."""

import asyncio
import gc

import pytest

from bot import tasks


async def test_a_task_that_swallows_a_cancellation_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "AGAIN_AFTER", 0.01)
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if swallowed == 3:
                    raise
                swallowed += 1

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await asyncio.wait_for(tasks.end(task, None), 30)
    assert task.cancelled()
    assert swallowed == 3


async def test_what_a_task_raised_is_neither_raised_again_nor_reported_later() -> None:
    reported: list[object] = []
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: reported.append(context))

    async def failing() -> None:
        raise ValueError

    try:
        task = asyncio.create_task(failing())
        await asyncio.sleep(0)
        await tasks.end(task)
        del task
        gc.collect()
    finally:
        loop.set_exception_handler(before)
    assert reported == []
