"""``enlace demo``."""

from pathlib import Path
from typing import Annotated

import typer
import uvloop

from bot.cli.deployment import check_packages
from bot.demo.scenario import demonstrate


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave it running, with log-ins for any Matrix client.")] = False,
    picture: Annotated[Path | None, typer.Option(help="Write the transcript as an SVG file, too.")] = None,
) -> None:
    """Show the whole story on this machine: a real homeserver, real people's clients, real keys, all throw-away."""
    check_packages()
    uvloop.run(demonstrate(keep=keep, picture=picture))
