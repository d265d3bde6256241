"""What ``enlace run`` does once its vault is open."""

import asyncio

import typer

from bot.app import App
from bot.audit.service import CheckpointFileWrong, LogBehind
from bot.cli.homeserver import reaching
from bot.cli.speak import out, said, tell, warn
from bot.cli.storage import open_database
from bot.config import Config
from bot.tasks import end
from keys.vault import Vault

SAFE_MODE = 3
"""Exit code: the log and the database do not belong together, and nothing was sent."""


async def serve(config: Config, vault: Vault, stop: asyncio.Event) -> None:
    """Run; if the log says that this is not its database, stay in safe mode: nothing is sent, and it is said."""
    try:
        await _serve(config, vault, stop)
    except (LogBehind, CheckpointFileWrong) as error:
        tell(error)
        warn("keys-cli-safe-mode", file=str(config.audit.checkpoint_file))
        if config.web.enabled:
            from bot.web import refuse  # noqa: PLC0415  (as in bot.app)

            stop.clear()
            await refuse(config.web, said(error), stop)
        raise typer.Exit(SAFE_MODE) from error


async def _serve(config: Config, vault: Vault, stop: asyncio.Event) -> None:
    async with open_database(config):
        pass  # what is wrong with it is said more clearly here than from inside
    opening = asyncio.create_task(App.open(config, vault))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([opening, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not opening.done():  # told to stop before it had begun
        await end(opening)
        return
    with reaching(config.matrix.homeserver):
        app = opening.result()
    try:
        out("cli-running", user=config.matrix.user_id)
        await app.run(stop)
    finally:
        await app.close()
