"""The command line ``enlace``.  Exit codes: 0 fine, 1 it failed, 2 wrong use or wrong settings."""

import os
import sys
from collections.abc import Sequence

import typer

from bot.cli import audit, check, directory, identity, init, rooms, run
from bot.cli.speak import language, tell
from bot.config import ConfigError
from keys.errors import EnlaceError

application = typer.Typer(
    name="enlace",
    help="The Matrix bot that turns a directory of national cyber Points of Contact into a living, trusted channel.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
application.command("init")(init.init)
application.command("run")(run.run)
application.command("check")(check.check)
application.command("identity")(identity.identity)
application.add_typer(directory.application, name="directory")
application.add_typer(rooms.application, name="rooms")
application.add_typer(audit.application, name="audit")
application.add_typer(run.database, name="db")
application.command("demo")(run.demo)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; every error that people can mend is one sentence on standard error."""
    try:
        application(args=list(arguments) if arguments is not None else None, standalone_mode=True)
    except ConfigError as error:
        for problem in error.problems:
            tell(problem)
        sys.exit(2)
    except EnlaceError as error:
        tell(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


__all__ = ["application", "language", "main"]
