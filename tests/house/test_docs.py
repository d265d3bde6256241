"""What people can type or set is documented, and the pages are current."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel

from bot.cli import application
from bot.config import Config
from bot.outbox.model import State
from bot.web.look import Look, Stored
from bot.web.metrics import rendered
from tests.house.docs import PAGE, page

ROOT = Path(__file__).resolve().parents[2]


def prose() -> str:
    return "\n".join(p.read_text(encoding="utf-8") for p in [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))])


def test_the_page_of_commands_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.house.docs"


def settings(model: type[BaseModel], path: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from settings(field.annotation, f"{path}{name}.")
        else:
            yield f"{path}{name}"


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    names = list(settings(Config))
    assert "matrix.homeserver" in names
    assert [name for name in names if f"`{name}`" not in text] == []


def test_every_metric_is_documented_and_no_other() -> None:
    """With every label, as Prometheus shows it."""
    stored = Stored(outbox={State.QUEUED: 1, State.HELD: 1}, inbox=1, oldest_queued=1.0, log_entries=1)
    look = Look(uptime=1.0, sync_age=1.0, rooms_ok=1, rooms_not_ok=1, stored=stored)
    exported = set(re.findall(r"^(enlace_\S+) ", rendered(look).decode(), re.MULTILINE))
    assert 'enlace_rooms{verdict="ok"}' in exported
    assert set(re.findall(r"`(enlace_[^`]+)`", (ROOT / "docs" / "operations.md").read_text("utf-8"))) == exported


def cli_commands(command: Any, path: str) -> Iterator[str]:
    """Every command line that can be typed, without its options (typer brings a click of its own)."""
    children = getattr(command, "commands", None)
    if children is None:
        yield path
        return
    for name, child in children.items():
        if not child.hidden:
            yield from cli_commands(child, f"{path} {name}")


def test_every_command_of_the_command_line_is_documented() -> None:
    text = prose()
    commands = list(cli_commands(typer.main.get_command(application), "enlace"))
    assert "enlace init" in commands
    assert [command for command in commands if command not in text] == []
