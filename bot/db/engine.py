"""Engines: SQLite in WAL mode with real transactions and full durability, or PostgreSQL."""

from sqlalchemy import Connection, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.db.sqlite import open_sqlite

_READS = "enlace_read_only"
READ_ONLY = {_READS: True}


def open_engine(url: str) -> AsyncEngine:
    """The engine for ``url``; nothing is connected yet."""
    if url.startswith("sqlite"):
        return open_sqlite(make_url(url), _READS)
    engine = create_async_engine(url, pool_pre_ping=True)

    @event.listens_for(engine.sync_engine, "begin")
    def begin_postgresql(connection: Connection) -> None:
        if connection.get_execution_options().get(_READS):
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    return engine
