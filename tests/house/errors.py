"""Every error that enlace can report, and one specimen of each."""

import importlib
import pkgutil
import re
import string
from collections.abc import Iterator

import bot
import handlers
import keys
from bot.errors import EnlaceError

NOT_IMPORTABLE = re.compile(r"\.__main__$|^bot\.migrations\.(env|versions)")
"""These run when they are imported: the program itself, and Alembic's scripts."""


def every_error() -> list[type[EnlaceError]]:
    """By code, after importing everything."""
    for package in (bot, handlers, keys):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not NOT_IMPORTABLE.search(module.name):
                importlib.import_module(module.name)

    def below(kind: type[EnlaceError]) -> Iterator[type[EnlaceError]]:
        yield kind
        for child in kind.__subclasses__():
            yield from below(child)

    ours = {k for k in below(EnlaceError) if k.__module__.split(".")[0] in {"bot", "handlers", "keys"}}
    return sorted(ours, key=lambda kind: (kind.code, kind.__qualname__))


def placeholders(kind: type[EnlaceError]) -> set[str]:
    """The values that its docstring names."""
    return {name for _, name, _, _ in string.Formatter().parse(kind.__doc__ or "") if name}


def specimen(kind: type[EnlaceError]) -> EnlaceError:
    """One with ``<name>`` for every value; some have constructors of their own, which end where this begins."""
    error = kind.__new__(kind)
    EnlaceError.__init__(error, **{name: f"<{name}>" for name in placeholders(kind)})
    return error
