"""The command line ``enlace``.

Exit codes: 0 fine, 1 it failed, 2 wrong use or wrong settings, 3 safe mode (``enlace run``).
"""

import io
import os
import sys
from collections.abc import Sequence

from typer.core import TyperGroup

from bot import logs
from bot.cli.deployment import NoConfig
from bot.cli.later import Later
from bot.cli.speak import FileTrouble, Unforeseen, language, tell, why
from bot.config import ConfigError
from keys.errors import EnlaceError

COMMANDS = (
    (
        "init",
        "init:init",
        "Set enlace up on an account: asks on a terminal; in a script it takes options, variables and files.",
    ),
    ("run", "run:run", "Run the bot until SIGTERM or Ctrl-C; what is under way is finished first."),
    (
        "check",
        "check:check",
        "Go through settings, vault, homeserver, time, identity, keys, database, ladders, log: ok, or how to mend it.",
    ),
    (
        "identity",
        "identity:identity",
        "Print the bot's user, device, master key, log key and OpenPGP fingerprint, clear-signed by its OpenPGP key.",
    ),
    ("directory", "directory:application", "The directory of organisations and points of contact."),
    ("networks", "networks:application", "The networks that the directory's organisations belong to."),
    ("duty", "duty:application", "Who is on duty."),
    ("rooms", "rooms:application", "The rooms that the bot works in."),
    ("audit", "audit:application", "The log that nobody can rewrite unnoticed."),
    ("keys", "keys:application", "The bot's own keys: other ones, a backup of them, and a new machine."),
    ("db", "database:application", "The database's shape."),
    (
        "demo",
        "demo:demo",
        "Show the whole story on this machine: a real homeserver, real people's clients, real keys, all throw-away.",
    ),
)
"""Name, module and place in it, and the first sentence of its help."""
application = TyperGroup(
    name="enlace",
    help="The Matrix bot that turns a directory of national cyber Points of Contact into a living, trusted channel.",
    commands=[Later(name, f"bot.cli.{place}", says) for name, place, says in COMMANDS],
    no_args_is_help=True,
)


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
