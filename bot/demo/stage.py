"""The transcript, live: one column for each country's screen, as its people's own clients decrypted it."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.markup import escape
from rich.rule import Rule
from rich.table import Table

from bot.clock import Clock
from bot.demo.person import Heard, Person
from bot.tasks import end

_FONT = re.compile(r"@font-face\s*{{.*?}}", re.DOTALL)
MOST_LINES = 9
WIDTH = 132


@dataclass(frozen=True, slots=True)
class Seat:
    """Whose screen a column shows."""

    title: str
    person: Person
    names: dict[str, str]
    """Display names by Matrix user."""


class Stage:
    """Prints what each seat's client shows, in the order in which it was decrypted."""

    def __init__(self, bot: str, clock: Clock, *, picture: Path | None = None) -> None:
        self.console = Console(width=WIDTH, record=picture is not None, highlight=False)
        self._bot = bot
        self._clock = clock
        self._picture = picture
        self._seats: list[Seat] = []
        self._shown: list[int] = []
        self._task: asyncio.Task[None] | None = None

    def open(self, seats: Sequence[Seat]) -> None:
        """Show these screens from now on."""
        self._seats = list(seats)
        self._shown = [seat.person.mark() for seat in seats]
        self.console.print(self._table([f"[bold]{escape(seat.title)}[/bold]" for seat in seats]))
        self._task = asyncio.create_task(self._watch(), name="stage")

    async def close(self) -> None:
        """Stop showing; write the picture, where one was asked for."""
        await end(self._task)
        if self._picture is not None:
            form = _FONT.sub("", CONSOLE_SVG_FORMAT)  # the reader's own monospace font; nothing is fetched
            self.console.save_svg(str(self._picture), title="enlace demo", code_format=form)

    def act(self, title: str) -> None:
        """A new part of the story."""
        self.show()
        self.console.print(Rule(f"[bold cyan]{escape(title)}", style="cyan", align="left"))

    def tell(self, text: str) -> None:
        """A line of the story itself."""
        self.show()
        self.console.print(text)

    def show(self) -> None:
        """Print what is new on every screen."""
        for number, seat in enumerate(self._seats):
            for heard in seat.person.heard[self._shown[number] :]:
                if heard.readable and heard.content.get("msgtype"):
                    cells = [""] * len(self._seats)
                    cells[number] = self._cell(seat, heard)
                    self.console.print(self._table(cells))
            self._shown[number] = seat.person.mark()

    def _cell(self, seat: Seat, heard: Heard) -> str:
        lines = heard.body.strip().split("\n")
        if len(lines) > MOST_LINES:
            lines = [*lines[: MOST_LINES - 1], "…"]
        text = escape("\n".join(lines))
        who = "enlace" if heard.sender == self._bot else seat.names.get(heard.sender, heard.sender)
        colour = "green" if heard.sender == self._bot else "yellow"
        sign = "✎ " if heard.edits else "🔔 " if heard.rings and heard.sender == self._bot else ""
        thread = "↳ " if heard.thread else ""
        return f"[dim]{self._clock.now():%H:%M}Z[/dim] {thread}{sign}[{colour}]{escape(who)}[/{colour}]: {text}"

    @staticmethod
    def _table(cells: Sequence[str]) -> Table:
        table = Table.grid(expand=True, padding=(0, 2))
        for _ in cells:
            table.add_column(ratio=1, overflow="fold")
        table.add_row(*cells)
        return table

    async def _watch(self) -> None:
        while True:
            self.show()
            await asyncio.sleep(0.05)
