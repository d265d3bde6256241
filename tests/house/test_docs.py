"""What people can type or set is documented, and the pages are current."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from bot.cli import application
from bot.config import Config
from bot.i18n.catalogue import LOCALE
from bot.outbox.model import State
from bot.web.look import Look, Stored
from bot.web.metrics import rendered
from tests.house.docs import DOCS, PAGES, command_lines
from tests.house.errors import every_error

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", PAGES)
def test_pages_that_are_made_are_current(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), "run: python -m tests.house.docs"


def settings(model: type[BaseModel], path: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from settings(field.annotation, f"{path}{name}.")
        else:
            yield f"{path}{name}"


def test_every_setting_is_documented() -> None:
    text = (DOCS / "settings.md").read_text(encoding="utf-8")
    names = list(settings(Config))
    assert "matrix.homeserver" in names
    assert [name for name in names if f"`{name}`" not in text] == []


def test_every_metric_is_documented_and_no_other() -> None:
    """With every label, as Prometheus shows it."""
    stored = Stored(
        outbox={State.QUEUED: 1, State.HELD: 1}, inbox=1, oldest_queued=1.0, log_entries=1, silence_told=False
    )
    look = Look(uptime=1.0, sync_age=1.0, rooms_ok=1, rooms_not_ok=1, stored=stored)
    exported = set(re.findall(r"^(enlace_\S+) ", rendered(look).decode(), re.MULTILINE))
    assert 'enlace_rooms{verdict="ok"}' in exported
    assert set(re.findall(r"`(enlace_[^`]+)`", (DOCS / "operations.md").read_text("utf-8"))) == exported


def test_the_command_line_is_documented_down_to_every_flag() -> None:
    text = (DOCS / "cli.md").read_text(encoding="utf-8")
    lines = dict(command_lines(application))
    assert "enlace init" in lines
    assert "enlace audit verify" in lines
    for line, command in lines.items():
        assert f"## `{line}" in text
        assert command.help, line
        for parameter in command.params:
            assert parameter.help, f"{line}: {parameter.name}"
            for option in parameter.opts if parameter.param_type_name == "option" else ():
                assert f"`{option}" in text, f"{line} {option}"


def test_the_overview_says_of_each_command_what_the_command_says_of_itself() -> None:
    said = {name: command.help for name, command in application.commands.items()}
    assert said == {name: command.load().help.strip().splitlines()[0] for name, command in application.commands.items()}


def named_lines(path: Path) -> Iterator[str]:
    """What stands in code marks as a command of ``enlace``, without options and what is written in capitals."""
    yield from re.findall(r"`(enlace(?: [a-z][a-z-]*)+)", path.read_text(encoding="utf-8"))


def test_command_lines_that_docs_and_texts_name_can_be_typed() -> None:
    """A way out must exist."""
    lines = [line for line, _ in command_lines(application)]
    wrong = [
        f"{path.relative_to(ROOT)}: {named}"
        for path in [
            ROOT / "README.md",
            ROOT / "CHANGELOG.md",
            *sorted(DOCS.rglob("*.md")),
            *sorted(LOCALE.rglob("*.ftl")),
        ]
        for named in named_lines(path)
        if not any(f"{line} ".startswith(f"{named} ") or named.startswith(f"{line} ") for line in lines)
    ]
    assert wrong == []


def links(path: Path) -> Iterator[Path]:
    """What a page links to in this tree."""
    for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            yield path.parent / target


def test_links_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
    assert [f"{page.name}: {target}" for page in pages for target in links(page) if not target.exists()] == []


def test_every_error_is_documented() -> None:
    text = (DOCS / "error-codes.md").read_text(encoding="utf-8")
    assert [kind.code for kind in every_error() if f"### {kind.code}\n" not in text] == []
