"""SQLite without a thread per statement: statements run where they are called, commits in a thread.

A statement of ours takes microseconds; the usual asynchronous driver carries each one to another thread and back,
four times.  What really waits is the disk, at a commit, and a lock that another process holds.  The first is waited
for in a thread, the second in short sleeps: the event loop stands still for neither.

Units use the connections of :class:`Direct`, which stay open and whose transactions SQLAlchemy does not see.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import AsyncAdaptedQueuePool, Connection, Executable, StaticPool, create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.util.concurrency import await_, in_greenlet

from bot.db.prepared import Done, Statements

DRIVER = "sqlite+enlace"
DIRECT = "enlace_direct"
"""Execution option of :class:`Direct` connections: their transactions are begun elsewhere."""
LOCK_PATIENCE = 10.0
"""Seconds for which a lock of another process is waited for."""
PAUSE = 0.01
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-500")
"""The cache, of each connection, in KiB: the file's pages are in the system's cache anyway."""

_commits = ThreadPoolExecutor(max_workers=2, thread_name_prefix="sqlite-commit")

T = TypeVar("T")
Values = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


class Inline(SQLiteDialect_pysqlite):
    """Python's own driver behind SQLAlchemy's asynchronous engine.

    Whoever goes through that engine lets others run with every statement; :class:`bot.db.unit.Unit` goes past it."""

    driver = "enlace"
    is_async = True
    supports_statement_cache = True

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """One statement."""
        _let_others_run()
        super().do_execute(cursor, statement, parameters, context)  # type: ignore[no-untyped-call]

    def do_executemany(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """One statement, many times."""
        _let_others_run()
        super().do_executemany(cursor, statement, parameters, context)  # type: ignore[no-untyped-call]

    def do_execute_no_params(self, cursor: Any, statement: str, context: Any = None) -> None:
        """One statement as it is."""
        _let_others_run()
        super().do_execute_no_params(cursor, statement, context)  # type: ignore[no-untyped-call]


class _Cursor(sqlite3.Cursor):
    async def _async_soft_close(self) -> None:
        """SQLAlchemy's asynchronous results ask for this; everything was fetched."""


class _Connection(sqlite3.Connection):
    def cursor(self, _factory: object = None) -> sqlite3.Cursor:  # type: ignore[override]  # always the same kind
        return super().cursor(_Cursor)


def _let_others_run() -> None:
    if in_greenlet():
        await_(asyncio.sleep(0))


registry.register("sqlite.enlace", __name__, "Inline")


def open_sqlite(url: URL, read_only: str) -> Engine:
    """The engine for a file; nothing is opened yet.

    Transactions with the execution option ``read_only`` cannot write; all others have the write lock from the start.
    """
    # The driver must not begin or commit on its own; a commit comes from another thread.
    own = {
        "isolation_level": None,
        "check_same_thread": False,
        "timeout": LOCK_PATIENCE,
        "factory": _Connection,
        "cached_statements": 512,
    }
    # Without a limit the pool never waits, which it could not do here.
    pool: dict[str, Any] = {"poolclass": AsyncAdaptedQueuePool, "max_overflow": -1}
    in_memory = url.database in (None, "", ":memory:")
    engine = create_engine(
        url.set(drivername=DRIVER), connect_args=own, **({"poolclass": StaticPool} if in_memory else pool)
    )

    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, _record: Any) -> None:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get(DIRECT):
            _begin(connection, reads=bool(options.get(read_only)), patience=LOCK_PATIENCE)

    return engine


def _begin(connection: Connection, *, reads: bool, patience: float) -> None:
    driver = _driver(connection)
    for name, wanted in (("query_only", int(reads)), ("busy_timeout", int(patience * 1000))):
        if connection.info.get(name) != wanted:
            driver.execute(f"PRAGMA {name}={wanted}")
            connection.info[name] = wanted
    driver.execute("BEGIN" if reads else "BEGIN IMMEDIATE")


def _driver(connection: Connection) -> sqlite3.Connection:
    driver: Any = connection.connection.dbapi_connection
    if not isinstance(driver, sqlite3.Connection):
        raise RuntimeError("a transaction on a closed connection")
    return driver


class Direct:
    """A connection that stays open from one transaction to the next."""

    def __init__(self, engine: Engine, statements: Statements) -> None:
        self._connection = engine.connect().execution_options(**{DIRECT: True})
        self._driver = _driver(self._connection)
        self._statements = statements
        self._changes = 0

    async def begin(self, *, reads: bool) -> None:
        """Open a transaction; waits while another process holds the lock."""
        await patiently(lambda: _begin(self._connection, reads=reads, patience=0))
        self._changes = self._driver.total_changes

    async def execute(self, statement: Executable, values: Values) -> Done:
        """One statement; past SQLAlchemy if it is known."""
        known = self._statements.prepared(statement, values or {})
        if known is not None:
            return await patiently(lambda: known.run(self._driver, values or {}))
        return await patiently(lambda: self._connection.execute(statement, values))

    async def commit(self) -> None:
        """Commit the open transaction; what it changed is on the disk afterwards, also if we are cancelled."""
        if self._driver.total_changes == self._changes:
            self._driver.commit()
            return
        work = asyncio.get_running_loop().run_in_executor(_commits, self._driver.commit)
        cancelled: asyncio.CancelledError | None = None
        while not work.done():  # nobody else may touch the connection before, however often we are cancelled
            try:
                await asyncio.wait({work})
            except asyncio.CancelledError as again:
                cancelled = again
        work.result()
        if cancelled is not None:
            raise cancelled

    def rollback(self) -> None:
        """Undo what is not committed."""
        self._driver.rollback()

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()


async def patiently(work: Callable[[], T]) -> T:
    """Do it now; while another process holds the lock, try again every few milliseconds."""
    deadline = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            return work()
        except (OperationalError, sqlite3.OperationalError) as error:
            code = getattr(getattr(error, "orig", error), "sqlite_errorcode", 0)
            # A read that wants to write on data that has changed since never gets the lock: that one is an error.
            if code & 0xFF != sqlite3.SQLITE_BUSY or code == sqlite3.SQLITE_BUSY_SNAPSHOT:
                raise
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(PAUSE)
