"""What people can type or set is documented, and the pages are current."""

from collections.abc import Iterator
from pathlib import Path

import click
import typer
from pydantic import BaseModel

from bot.cli import application
from bot.config import Config
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
    assert [name for name in settings(Config) if f"`{name}`" not in text] == []


def cli_commands(command: click.Command, path: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            if not child.hidden:
                yield from cli_commands(child, f"{path} {name}")
    else:
        yield path


def test_every_command_of_the_command_line_is_documented() -> None:
    text = prose()
    assert [c for c in cli_commands(typer.main.get_command(application), "enlace") if c not in text] == []
