"""``enlace run``."""

import asyncio
import signal

import uvloop

from bot.cli.alone import alone
from bot.cli.deployment import CONFIG, ConfigOption, check_packages, open_vault, settings
from bot.config import Config


def run(config: ConfigOption = CONFIG) -> None:
    """Run the bot until SIGTERM or Ctrl-C; what is under way is finished first."""
    check_packages()
    loaded = settings(config)
    with alone(loaded):
        uvloop.run(_run(loaded))


async def _run(config: Config) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    vault = await asyncio.to_thread(open_vault, config)
    # The key of a vault takes 64 MiB for a moment: they are given back before the bot itself needs as much.
    from bot.cli.serving import serve  # noqa: PLC0415

    await serve(config, vault, stop)
