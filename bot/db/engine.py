"""Engines: SQLite in WAL mode with real transactions and full durability, or PostgreSQL."""

from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

READ_ONLY = {"enlace_read_only": True}


def open_engine(url: str) -> AsyncEngine:
    """The engine for ``url``; nothing is connected yet."""
    if not url.startswith("sqlite"):
        engine = create_async_engine(url, pool_pre_ping=True)

        @event.listens_for(engine.sync_engine, "begin")
        def begin_postgresql(connection: Connection) -> None:
            if connection.get_execution_options().get("enlace_read_only"):
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

        return engine

    engine = create_async_engine(url)

    @event.listens_for(engine.sync_engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin or commit on its own
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get("enlace_read_only")
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if read_only else 'OFF'}")
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine
