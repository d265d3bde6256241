"""What a command needs to know and was not told: from a variable or a file, else asked on the terminal."""

import os
import sys
from pathlib import Path

import typer

from bot.cli.speak import text
from bot.errors import NotDone
from keys.vault import SHORTEST_PASSPHRASE


class NotAsked(NotDone):
    """{what} is not given, and there is no terminal to ask on. Nothing was made."""

    code = "init-not-asked"


def secret(variable: str, file: Path | None) -> str | None:
    """A secret from its file, else from its variable; None if neither is given."""
    if file is not None:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    return os.environ.get(variable) or None


def ask(what: str, *, twice: bool = False) -> str:
    """Ask on the terminal, secrets without showing them; raises :class:`NotAsked` where there is none."""
    question = text(f"cli-ask-{what}", shortest=SHORTEST_PASSPHRASE)
    if not sys.stdin.isatty():
        raise NotAsked(what=question)
    hidden = what.endswith(("password", "passphrase"))
    return str(typer.prompt(question, hide_input=hidden, confirmation_prompt=twice))
