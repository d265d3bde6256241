"""How the command line speaks: the caller's language, plain text, errors on standard error."""

import os
import sys

from bot.i18n.catalogue import Value, catalogue
from keys.errors import EnlaceError


def language() -> str:
    """From ``LC_ALL``, ``LC_MESSAGES`` or ``LANG``; English if none of them is offered."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return catalogue().choose(value.split(".")[0].replace("_", "-"))
    return catalogue().choose(None)


def out(key: str, **values: Value) -> None:
    """One text of the catalogue on standard output."""
    print(catalogue().text(language(), key, **values).plain)


def tell(error: EnlaceError) -> None:
    """What went wrong and the way out, on standard error."""
    print(catalogue().error(language(), error).plain, file=sys.stderr)


def warn(key: str, **values: Value) -> None:
    """One text of the catalogue on standard error."""
    print(catalogue().text(language(), key, **values).plain, file=sys.stderr)
