"""``enlace identity``: who the bot is, signed, for publishing where people look."""

import asyncio

from bot.app import App
from bot.cli.deployment import CONFIG, ConfigOption, check_packages, open_vault, settings
from bot.config import Config


def identity(config: ConfigOption = CONFIG) -> None:
    """Print the bot's user, device, master key, log key and OpenPGP fingerprint, clear-signed by its OpenPGP key.

    Not while the bot runs: there is one device and one process."""
    check_packages()
    print(asyncio.run(_identity(settings(config))))


async def _identity(config: Config) -> str:
    app = await App.open(config, open_vault(config))
    try:
        return await app.services.own_identity.statement()
    finally:
        await app.close()
