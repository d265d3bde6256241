"""How far an import has come, record by record: a bar on the terminal, nothing anywhere else."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot.cli.speak import language
from bot.directory.rules.following import Follow
from bot.i18n.catalogue import say

T = TypeVar("T")
STAGES = ("read", "keys", "compare", "write")


class Bars:
    """A bar for each stage."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def stage(self, name: str) -> Follow:
        """What follows one of :data:`STAGES`."""
        said = say(language(), f"cli-import-{name}").plain

        def follow(items: Collection[T]) -> Iterator[T]:
            task = self._progress.add_task(said, total=len(items))
            for item in items:
                yield item
                self._progress.advance(task)

        return follow


@contextmanager
def bars(console: Console | None = None) -> Iterator[Bars]:
    """Bars on ``console`` (standard error), gone when the work is done."""
    console = console or Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        yield Bars(progress)
