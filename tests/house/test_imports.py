"""Imports point down, and the check that says so catches what it is there for.

Each violation is planted in a copy of the packages, and the contract that must break is named."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bot", "handlers", "keys")
TOOLS = Path(sys.executable).parent

PLANTED = [
    # file, what is added to it, the contract that must break
    ("bot/commands/registry.py", "import handlers.help", "handlers above bot above keys"),
    ("bot/commands/registry.py", "def late():\n    import handlers.help", "handlers above bot above keys"),
    ("keys/policy.py", "import bot.ids", "handlers above bot above keys"),
    ("keys/policy.py", "import keys.openpgp", "floors inside keys"),
    ("handlers/lang.py", "import handlers.help", "one command never imports another"),
    ("handlers/lang.py", "import nio", "nio only in bot.matrix"),
    ("handlers/lang.py", "import bot.matrix", "commands see services, never adapters"),
    ("handlers/lang.py", "import bot.db.engine", "commands see services, never adapters"),
    ("handlers/lang.py", "import bot.exchange.channel", "one way out"),
    ("bot/duty/service.py", "import bot.exchange.channel", "one way out"),
    ("bot/exchange/rules/tlp.py", "import sqlalchemy", "rules do no input or output"),
    ("bot/exchange/rules/tlp.py", "import time", "rules do no input or output"),
    ("bot/exchange/rules/tlp.py", "import bot.clock", "rules do no input or output"),
    ("bot/commands/access.py", "import bot.commands.call", "rules do no input or output"),
    ("bot/outbox/service/outbox.py", "import sqlalchemy", "sqlalchemy only in bot.db and tables"),
    ("bot/directory/model.py", "import gnupg", "gnupg only in keys.openpgp"),
    ("bot/outbox/model.py", "import bot.outbox.service", "service > tables > rules > model inside every slice"),
    ("bot/audit/merkle.py", "import bot.audit.tables", "the audit proof core never sees the database"),
    ("bot/duty/service.py", "import bot.incident.service", "floors inside bot"),
    ("bot/utils.py", "", "floors inside bot"),
    ("bot/exchange/helpers.py", "", "service > tables > rules > model inside every slice"),
    ("keys/misc.py", "", "floors inside keys"),
    ("bot/i18n/rich.py", "def late():\n    from bot.i18n import catalogue", "no circles anywhere"),
    (
        "bot/i18n/rich.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from bot.i18n import catalogue",
        "no circles anywhere",
    ),
]


def lint(tree: Path) -> str:
    """What import-linter says of this tree, markup and line breaks within names taken out."""
    done = subprocess.run(
        [TOOLS / "lint-imports", "--no-cache"], cwd=tree, capture_output=True, text=True, check=False, timeout=120
    )
    said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
    assert "Contracts:" in said, said  # it really looked
    assert (done.returncode == 0) == (" 0 broken." in said), said
    return said


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", copy)
    return copy


def test_the_house_keeps_its_contracts() -> None:
    assert " 0 broken." in lint(ROOT)


@pytest.mark.parametrize(("file", "added", "contract"), PLANTED)
def test_a_planted_violation_is_caught(tree: Path, file: str, added: str, contract: str) -> None:
    path = tree / file
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text(f"{before or ''}\n{added}\n", encoding="utf-8")
    try:
        said = lint(tree)
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before, encoding="utf-8")
    broken = [line for line in said.splitlines() if line.endswith(" BROKEN")]
    assert any(line.startswith(contract) for line in broken), said


def test_no_contract_has_exceptions() -> None:
    assert "ignore_imports" not in (ROOT / ".importlinter").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "line",
    [
        "import importlib\nimportlib.import_module('handlers.help')",
        "import datetime\ndatetime.datetime.now()",
        "from datetime import datetime\ndatetime.utcnow()",
        "import time\ntime.time()",
    ],
)
def test_what_imports_cannot_show_is_caught_by_name(line: str) -> None:
    done = subprocess.run(
        [TOOLS / "ruff", "check", "--select", "TID251", "--stdin-filename", "bot/commands/planted.py", "-"],
        cwd=ROOT,
        input=line + "\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "TID251" in done.stdout


def source_files() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def test_no_type_is_fetched_from_above() -> None:
    """A type that is needed above and below lives below; TYPE_CHECKING would only hide the circle."""
    assert not [str(p.relative_to(ROOT)) for p in source_files() if "TYPE_CHECKING" in p.read_text(encoding="utf-8")]


def test_every_file_is_a_room_with_a_name() -> None:
    written = [p for p in source_files() if p.parent.name != "versions"]  # migrations are made from the tables
    long = [f"{p.relative_to(ROOT)}" for p in written if len(p.read_text(encoding="utf-8").splitlines()) > 600]
    assert not long
    vague = {"utils.py", "util.py", "helpers.py", "common.py", "misc.py"}
    assert not [str(p.relative_to(ROOT)) for p in source_files() if p.name in vague]
