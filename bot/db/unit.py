"""The transaction unit: everything in one of them happens, or nothing does.

Nothing awaits the network, a subprocess or a person while a unit is open.  Workers are woken by *bells*,
rung only once the unit has committed.
"""

import asyncio
import secrets
import sqlite3
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Executable, Row
from sqlalchemy.engine import Engine
from sqlalchemy.util.concurrency import greenlet_spawn

from bot.clock import Clock
from bot.db.engine import READ_ONLY, open_engine
from bot.db.prepared import Done, Statements
from bot.db.sqlite import Direct, Values

AT_ONCE = 100
"""Rows of a large result between which nobody else runs: a few milliseconds."""

T = TypeVar("T")


class Runs(Protocol):
    """A connection with an open transaction: :class:`bot.db.sqlite.Direct`, or SQLAlchemy's to PostgreSQL."""

    async def execute(self, statement: Executable, values: Values, /) -> Done:
        """Run one statement."""


class Unit:
    """One open transaction: where to read and write, what time it is in it, and where ids come from."""

    def __init__(self, connection: Runs, now: datetime) -> None:
        self._connection = connection
        self.now = now
        self.bells: set[str] = set()

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return "sqlite" if isinstance(self._connection, Direct) else "postgresql"

    async def execute(
        self, statement: Executable, rows: Sequence[dict[str, Any]] | dict[str, Any] | None = None
    ) -> Done:
        """Run one statement (for each of ``rows``, or with one set of values, where given)."""
        values = rows if rows is None or isinstance(rows, dict) else list(rows)
        return await self._connection.execute(statement, values)

    async def all(self, statement: Executable, **values: Any) -> Sequence[Row[Any]]:
        """Every row; ``values`` are those of the statement's ``bindparam``."""
        return (await self.execute(statement, values or None)).fetchall()

    async def each(self, statement: Executable) -> AsyncIterator[Row[Any]]:
        """Every row of what may be large, one after the other; others may run in between."""
        result = await self.execute(statement)
        try:
            while rows := result.fetchmany(AT_ONCE):
                for row in rows:
                    yield row
                await asyncio.sleep(0)
        finally:
            result.close()

    async def first(self, statement: Executable, **values: Any) -> Row[Any] | None:
        """The first row, or None."""
        return (await self.execute(statement, values or None)).first()

    async def scalar(self, statement: Executable, **values: Any) -> Any:
        """The first column of the first row, or None."""
        return (await self.execute(statement, values or None)).scalar()

    def ring(self, bell: str) -> None:
        """Wake the workers that listen to ``bell`` once this has committed."""
        self.bells.add(bell)

    @staticmethod
    def new_id() -> str:
        """A new row id that tells nothing (UUID 4, 32 hex digits)."""
        return uuid.uuid4().hex

    @staticmethod
    def random(size: int) -> bytes:
        """Unpredictable bytes."""
        return secrets.token_bytes(size)


class Database:
    """An open database; ``unit()`` to write, ``reading()`` to read."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self.clock = clock
        self._bells: dict[str, set[asyncio.Event]] = {}
        self.written = 0
        """How many units have been committed by this process."""
        # SQLite has one writer; waiting here is fair and never times out as its own lock would.
        self._writer = asyncio.Lock() if engine.dialect.name == "sqlite" else None
        self._statements = Statements(engine.dialect)
        self._connected = False
        self._idle: list[Direct] = []

    @classmethod
    def open(cls, url: str, clock: Clock) -> "Database":
        """Connect lazily to ``sqlite+aiosqlite:///path`` or ``postgresql+asyncpg://…``."""
        return cls(open_engine(url), clock)

    @cached_property
    def engine(self) -> Any:
        """The ``AsyncEngine``, for PostgreSQL's units; those of SQLite go past it."""
        from sqlalchemy.ext.asyncio import AsyncEngine  # noqa: PLC0415  (brings the ORM: 6 MiB that SQLite never needs)

        return AsyncEngine(self._engine)

    async def run(self, work: Callable[[Connection], T]) -> T:
        """What SQLAlchemy's inspector or Alembic do, in a transaction of its own."""

        def inside() -> T:
            with self._engine.begin() as connection:
                return work(connection)

        return await greenlet_spawn(inside)

    async def close(self) -> None:
        """Give every connection back."""
        while self._idle:
            self._idle.pop().close()
        await greenlet_spawn(self._engine.dispose)

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[Unit]:
        """A transaction that commits at the end of the block, or rolls back if the block raises."""
        ends = False
        try:
            if self._writer is None:
                async with self.engine.begin() as connection:
                    unit = Unit(connection, self.clock.now())
                    yield unit
                    ends = True
            else:
                async with self._writer, self._direct(reads=False) as direct:
                    unit = Unit(direct, self.clock.now())
                    yield unit
                    ends = True
                    await direct.commit()
        except asyncio.CancelledError:
            if ends:  # it is committed all the same, or may be
                self._ended(unit)
            raise
        self._ended(unit)

    def _ended(self, unit: Unit) -> None:
        self.written += 1
        for bell in unit.bells:
            self.ring(bell)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Unit]:
        """One consistent look at the data; writes are refused."""
        if self._writer is not None:
            async with self._direct(reads=True) as direct:
                yield Unit(direct, self.clock.now())
            await asyncio.sleep(0)  # no statement has let anybody else run
            return
        async with self.engine.connect() as bare:
            connection = await bare.execution_options(**READ_ONLY)
            async with connection.begin():
                yield Unit(connection, self.clock.now())

    @asynccontextmanager
    async def _direct(self, *, reads: bool) -> AsyncIterator[Direct]:
        """An open SQLite transaction; what is not committed inside is rolled back."""
        if not self._connected:  # the engine makes its first connection under a lock of asyncio
            await greenlet_spawn(lambda: self._engine.connect().close())
            self._connected = True
        direct = self._idle.pop() if self._idle else Direct(self._engine, self._statements)
        try:
            await direct.begin(reads=reads)
            yield direct
        finally:
            try:
                direct.rollback()
                self._idle.append(direct)
            except sqlite3.Error:
                direct.close()
                raise

    def listen(self, *bells: str) -> asyncio.Event:
        """A new event that is set whenever one of these bells rings; the listener clears it."""
        event = asyncio.Event()
        for bell in bells:
            self._bells.setdefault(bell, set()).add(event)
        return event

    def ring(self, bell: str) -> None:
        """Wake the listeners of ``bell`` now."""
        for event in self._bells.get(bell, ()):
            event.set()
