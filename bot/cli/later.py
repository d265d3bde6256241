"""A command whose module is read when it is called: what the others need is heavy."""

from pkgutil import resolve_name
from typing import Any

import typer
from typer.core import TyperCommand


class Later(TyperCommand):
    """Stands for the function or the typer application at ``place``; ``says`` is its help's first sentence."""

    def __init__(self, name: str, place: str, says: str) -> None:
        super().__init__(name, help=says)
        self._place = place

    def load(self) -> Any:
        """The command itself."""
        found = resolve_name(self._place)
        if isinstance(found, typer.Typer):
            return typer.main.get_group(found)
        alone = typer.Typer(add_completion=False)
        alone.command(self.name)(found)
        return typer.main.get_command(alone)

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Its context, in which it is then called."""
        return self.load().make_context(info_name, args, parent, **extra)
