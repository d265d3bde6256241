"""A database brought to this version's shape."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from bot.db.unit import Database
from bot.migrations import head, require_known


def config_for(connection: Connection | None = None) -> Config:
    """Alembic's configuration, for what is to be done on this connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


async def upgrade(database: Database) -> str:
    """Bring the database to this version's shape, in one transaction; returns the revision.

    A database that has it already stays as it is.  Raises :class:`bot.migrations.DatabaseAhead`."""
    await require_known(database)
    await database.run(lambda connection: command.upgrade(config_for(connection), "head"))
    return head()
