"""Engines: SQLite in WAL mode with real transactions and full durability, or PostgreSQL.

Both have drivers of SQLAlchemy's asynchronous kind; :class:`bot.db.unit.Database` wraps what is waited for."""

from sqlalchemy import Connection, create_engine, event, make_url
from sqlalchemy.engine import Engine

from bot.db.sqlite import open_sqlite

_READS = "enlace_read_only"
READ_ONLY = {_READS: True}


def open_engine(url: str) -> Engine:
    """The engine for ``url``; nothing is connected yet."""
    if url.startswith("sqlite"):
        return open_sqlite(make_url(url), _READS)
    engine = create_engine(url, pool_pre_ping=True)

    @event.listens_for(engine, "begin")
    def begin_postgresql(connection: Connection) -> None:
        if connection.get_execution_options().get(_READS):
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    return engine
