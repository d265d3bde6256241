"""The directory as the running service sees it, for the commands that read it."""

from bot.config import Config
from bot.db.unit import Database
from bot.directory.service import Register, read_profile


async def open_register(config: Config, database: Database) -> Register:
    """Networks, organisations and people, with the deployment's own profiles."""
    profiles = [read_profile(path.read_bytes(), path.name) for path in config.directory.profiles]
    async with database.reading() as unit:
        return await Register.load(unit, [c.user for c in config.policy.coordinators], profiles)
