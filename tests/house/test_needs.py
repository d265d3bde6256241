"""What each command says that it needs is what the wiring gives it, down to every signature."""

import dataclasses
import pkgutil
import subprocess
import sys
from pathlib import Path

import handlers
from bot.services import Services

ROOT = Path(__file__).resolve().parents[2]
HANDLERS = sorted(module.name for module in pkgutil.iter_modules(handlers.__path__))


def needs_of(name: str) -> set[str]:
    module = __import__(f"handlers.{name}", fromlist=["Needs"])
    return {attribute for attribute in vars(module.Needs) if not attribute.startswith("_")}


def test_every_command_states_its_needs_and_the_services_have_them() -> None:
    offered = {field.name for field in dataclasses.fields(Services)}
    assert {name: needs_of(name) - offered for name in HANDLERS if needs_of(name) - offered} == {}


def test_the_services_fit_every_commands_needs(tmp_path: Path) -> None:
    """mypy compares each ``Needs`` with the real services: a method that was renamed is found here."""
    lines = [
        "import bot.services",
        *(f"import handlers.{name}" for name in HANDLERS),
        "",
        "services: bot.services.Services",
    ]
    lines += [f"need_{name}: handlers.{name}.Needs = services" for name in HANDLERS]
    snippet = tmp_path / "fits.py"
    snippet.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", ROOT / "pyproject.toml", "--follow-imports=silent", snippet],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
