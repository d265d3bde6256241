"""The database's shape over time: Alembic, run from the command line, never by the running service."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.db.unit import Database
from bot.errors import ServiceError


class DatabaseBehind(ServiceError):
    """The database has another shape ({found}) than this version of enlace needs ({needed})."""

    code = "database-behind"


class DatabaseAhead(ServiceError):
    """The database has the shape {found}, which this version of enlace does not know; its own is {needed}."""

    code = "database-ahead"


def config_for(connection: Connection | None = None) -> Config:
    """Alembic's configuration, for what is to be done on this connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The revision that this version needs."""
    return ScriptDirectory.from_config(config_for()).get_current_head() or ""


async def upgrade(database: Database) -> str:
    """Bring the database to this version's shape, in one transaction; returns the revision.

    A database that has it already stays as it is.  Raises :class:`DatabaseAhead`."""
    _known(await current(database))
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda plain: command.upgrade(config_for(plain), "head"))
    return head()


async def current(database: Database) -> str | None:
    """The revision that the database has; None for one that was never upgraded."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(lambda plain: MigrationContext.configure(plain).get_current_revision())


async def require_current(database: Database) -> None:
    """Raises :class:`DatabaseBehind` or :class:`DatabaseAhead` unless the database has this version's shape."""
    found = await current(database)
    _known(found)
    if found != head():
        raise DatabaseBehind(found=found or "–", needed=head())


def _known(found: str | None) -> None:
    revisions = {script.revision for script in ScriptDirectory.from_config(config_for()).walk_revisions()}
    if found is not None and found not in revisions:
        raise DatabaseAhead(found=found, needed=head())
