"""The command line ``enlace``.

Exit codes: 0 fine, 1 it failed, 2 wrong use or wrong settings, 3 safe mode (``enlace run``).
"""

import io
import os
import sys
from collections.abc import Sequence

import typer

from bot import logs
from bot.cli import audit, check, directory, identity, init, keys, rooms, run
from bot.cli.deployment import NoConfig
from bot.cli.speak import FileTrouble, Unforeseen, language, tell, why
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
application.add_typer(keys.application, name="keys")
application.add_typer(run.database, name="db")
application.command("demo")(run.demo)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; whatever goes wrong is one sentence on standard error, never a traceback."""
    os.umask(0o077)  # whatever enlace writes is nobody else's
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter still shows the rest
    try:
        application(args=list(arguments) if arguments is not None else None, prog_name="enlace", standalone_mode=True)
    except ConfigError as error:
        for problem in error.problems:
            tell(problem)
        sys.exit(2)
    except EnlaceError as error:
        tell(error)
        sys.exit(2 if isinstance(error, NoConfig) else 1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        tell(FileTrouble(path=error.filename or "–", reason=why(error)))
        sys.exit(1)
    except Exception as error:  # noqa: BLE001  (the last resort: its text might quote a secret, its place cannot)
        tell(Unforeseen(what=logs.describe(error)))
        sys.exit(1)


__all__ = ["application", "language", "main"]
