"""Units on SQLite: a commit that was begun is over before anything else happens to its connection."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    bindparam,
    event,
    func,
    insert,
    select,
    update,
)

from bot.clock import Clock
from bot.db.prepared import LONGEST
from bot.db.types import Json, Utc
from bot.db.unit import Database

things = Table("things", MetaData(), Column("number", Integer, primary_key=True))
ALL = select(things).order_by(things.c.number)
AMONG = ALL.where(things.c.number.in_(bindparam("some", expanding=True)))
letters = Table(
    "letters",
    things.metadata,
    Column("number", Integer, primary_key=True),
    Column("at", Utc),
    Column("names", Json),
    Column("read", Boolean, default=False),
    Column("sealed", LargeBinary),
)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'units.db'}", Clock())
    async with database.engine.begin() as connection:
        await connection.run_sync(things.metadata.create_all)
    yield database
    await database.close()


async def add(db: Database, number: int) -> None:
    async with db.unit() as unit:
        await unit.execute(insert(things), {"number": number})


async def count(db: Database) -> int:
    async with db.reading() as unit:
        return int(await unit.scalar(select(func.count()).select_from(things)))


async def test_nobody_has_to_connect_first(tmp_path: Path) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'new.db'}", Clock())

    async def look() -> int:
        async with database.unit() as unit:
            return int(await unit.scalar(select(1)))

    assert await asyncio.gather(*(look() for _ in range(5))) == [1] * 5
    await database.close()


async def test_a_commit_that_was_begun_ends_however_often_it_is_cancelled(db: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def hold(statement: str) -> None:
        if statement == "COMMIT":
            begun.set()
            go_on.wait(60)

    @event.listens_for(db.engine.sync_engine, "checkout")
    def trace(connection: sqlite3.Connection, *_: object) -> None:
        connection.set_trace_callback(hold)

    bell = db.listen("bell")

    async def add_and_ring() -> None:
        async with db.unit() as unit:
            await unit.execute(insert(things), {"number": 1})
            unit.ring("bell")

    task = asyncio.create_task(add_and_ring())
    assert await asyncio.to_thread(begun.wait, 60)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert not task.done()
    assert await count(db) == 0  # the loop is free meanwhile, and nothing is half there
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await count(db) == 1
    assert bell.is_set()  # whoever waits for what is committed is woken, whatever became of who wrote it
    await add(db, 2)
    assert await count(db) == 2


async def test_what_raises_or_is_cancelled_inside_changes_nothing_and_rings_nobody(db: Database) -> None:
    bell = db.listen("bell")
    with pytest.raises(LookupError):
        async with db.unit() as unit:
            await unit.execute(insert(things), {"number": 1})
            unit.ring("bell")
            raise LookupError
    inside = asyncio.Event()

    async def wait_inside() -> None:
        async with db.unit() as unit:
            await unit.execute(insert(things), {"number": 1})
            unit.ring("bell")
            inside.set()
            await asyncio.sleep(3600)

    task = asyncio.create_task(wait_inside())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await count(db) == 0
    assert not bell.is_set()
    await add(db, 1)


async def test_who_only_reads_cannot_write(db: Database) -> None:
    async with db.reading() as unit:
        with pytest.raises(Exception, match="readonly"):
            await unit.execute(insert(things), {"number": 1})
    await add(db, 1)  # the connection writes again in a unit


async def test_readers_see_one_moment_while_a_writer_goes_on(db: Database) -> None:
    await add(db, 1)
    async with db.reading() as unit:
        assert await unit.scalar(select(func.count()).select_from(things)) == 1
        await add(db, 2)
        assert await unit.scalar(select(func.count()).select_from(things)) == 1
    assert await count(db) == 2


async def test_who_has_not_read_to_the_end_keeps_nobody_in_the_past(db: Database) -> None:
    for number in range(3):
        await add(db, number)
    async with db.reading() as unit:
        await unit.all(ALL)  # from the second time on it goes straight to SQLite
    async with db.reading() as unit:
        half_read = await unit.execute(ALL)
        assert half_read.fetchone() is not None
    async with db.reading() as unit:  # the same connection; the next unit has another
        assert len(await unit.all(ALL)) == 3
        await add(db, 3)
    assert await count(db) == 4
    await add(db, 4)
    assert len(half_read.fetchall()) == 2


async def test_a_list_in_a_statement_may_be_of_any_kind_and_length(db: Database) -> None:
    for number in range(30):
        await add(db, number)
    async with db.reading() as unit:
        for some in ([], (1,), [1, 2], {3}, frozenset(), list(range(30)), (4, 5, 6), [7], []):
            assert [row.number for row in await unit.all(AMONG, some=some)] == sorted(some)


async def test_a_statement_that_comes_again_goes_past_sqlalchemy_and_says_the_same(db: Database) -> None:
    add_letter = insert(letters)
    found = (
        select(letters)
        .where(letters.c.number.in_(bindparam("numbers", expanding=True)))
        .order_by(letters.c.number.desc())
    )
    change = update(letters).where(letters.c.number == bindparam("row"), letters.c.read.is_(False)).values(read=True)
    at = datetime(2026, 11, 25, 4, 5, 6, 7, tzinfo=timezone(timedelta(hours=-6)))
    rows = [{"number": n, "at": at, "names": {"es": "ñ", "n": n}, "sealed": bytes([n])} for n in range(40)]
    async with db.unit() as unit:
        for row in rows[:3]:
            assert (await unit.execute(add_letter, row)).rowcount == 1
        assert (await unit.execute(add_letter, rows[3:])).rowcount == 37
        for row in (1, 2):
            assert [(await unit.execute(change, {"row": row})).rowcount for _ in range(2)] == [1, 0]
    async with db.reading() as unit:
        for numbers in ([0, 1], [2, 3], [39, 0, 1], [], [*range(LONGEST + 3)], [7], [7, 8]):
            got = await unit.all(found, numbers=numbers)
            assert [row._asdict() for row in got] == [
                {**rows[number], "at": at.astimezone(UTC), "read": number in (1, 2)} for number in sorted(numbers)[::-1]
            ]
            assert await unit.scalar(found, numbers=numbers) == max(numbers, default=None)
            first = await unit.first(found, numbers=numbers)
            assert (first.at.tzinfo if first is not None else UTC) is UTC
        for row in ({"at": at.replace(tzinfo=None)}, {"number": 0}):
            with pytest.raises(Exception, match=r"naive|readonly"):
                await unit.execute(add_letter, row)
