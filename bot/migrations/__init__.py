"""The database's shape over time: Alembic, run from the command line, never by the running service.

Whether a database has this version's shape is told without Alembic, which is heavy and only needed to change it."""

from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select

from bot.db.unit import Database
from bot.errors import ServiceError

VERSIONS = Path(__file__).parent / "versions"
_STAMP = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


class DatabaseBehind(ServiceError):
    """The database has another shape ({found}) than this version of enlace needs ({needed})."""

    code = "database-behind"


class DatabaseAhead(ServiceError):
    """The database has the shape {found}, which this version of enlace does not know; its own is {needed}."""

    code = "database-ahead"


def revisions() -> list[str]:
    """Every revision that this version knows, oldest first: they follow each other as their files' names say."""
    return sorted(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*_*.py"))


def head() -> str:
    """The revision that this version needs."""
    return revisions()[-1]


async def current(database: Database) -> str | None:
    """The revision that the database has; None for one that was never upgraded."""
    return await database.run(_stamp)


def _stamp(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_STAMP.name):
        return None
    return connection.execute(select(_STAMP.c.version_num)).scalar()


async def require_current(database: Database) -> None:
    """Raises :class:`DatabaseBehind` or :class:`DatabaseAhead` unless the database has this version's shape."""
    found = await require_known(database)
    if found != head():
        raise DatabaseBehind(found=found or "–", needed=head())


async def require_known(database: Database) -> str | None:
    """The revision that the database has; raises :class:`DatabaseAhead` if this version does not know it."""
    found = await current(database)
    if found is not None and found not in revisions():
        raise DatabaseAhead(found=found, needed=head())
    return found
