"""``enlace db …``."""

import asyncio

import typer

from bot.cli.deployment import CONFIG, ConfigOption, settings
from bot.cli.speak import out
from bot.cli.storage import reaching_database
from bot.clock import Clock
from bot.config import Config
from bot.db.unit import Database
from bot.migrations.upgrading import upgrade

application = typer.Typer(help="The database's shape.", no_args_is_help=True)


@application.command("upgrade")
def upgrade_database(config: ConfigOption = CONFIG) -> None:
    """Bring the database to the shape that this version needs."""
    asyncio.run(_upgrade(settings(config)))


async def _upgrade(config: Config) -> None:
    opened = Database.open(config.database_url, Clock())
    try:
        with reaching_database():
            out("cli-upgraded", revision=await upgrade(opened))
    finally:
        await opened.close()
