"""A setting does something, and what texts and docs call a setting is one."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.config import Config
from bot.config.shape import dotted, is_secret, item, leaves, section
from bot.i18n.catalogue import LOCALE

ROOT = Path(__file__).resolve().parents[2]
WHOLE_SECTIONS = {"matrix": "bot/matrix/service.py", "web": "bot/web/server.py", "notify": "bot/notify/mail.py"}
"""Sections that the wiring hands on as one thing, ``config`` or ``settings`` there."""
BY_THE_READING = re.compile(r"(password|passphrase|secret)_file$")
"""Where secrets lie is read together with the file (``bot.config.reading``), by the names of the secrets."""
FILES = {"config.yaml", "config.example.yaml", "directory.yaml", "vault.passphrase"}


def read_in(path: Path) -> Iterator[str]:
    """Every chain of attributes that the file reads, ``self.config.policy.tlp_default`` say."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield ast.unparse(node)


def all_reads() -> set[str]:
    reads = set()
    for path in sorted((ROOT / "bot").rglob("*.py")):
        place = str(path.relative_to(ROOT))
        for chain in read_in(path):
            reads.add(".".join(chain.split(".")[-2:]))
            for name, file in WHOLE_SECTIONS.items():
                if place == file and re.fullmatch(r"(self\._)?(config|settings)\.\w+", chain):
                    reads.add(f"{name}.{chain.rsplit('.', 1)[1]}")
    return reads


def test_every_setting_is_read() -> None:
    """What nothing reads is not offered."""
    reads = all_reads()
    wanted = [dotted(key) for key, _ in leaves() if not BY_THE_READING.search(dotted(key))]
    assert "matrix.homeserver" in wanted
    assert [name for name in wanted if name not in reads and f"self.{name}" not in reads] == []


@pytest.mark.parametrize(("key", "called"), [("policy.coordinators", "c"), ("notify.webhooks", "hook")])
def test_everything_about_each_of_a_list_is_read(key: str, called: str) -> None:
    (each,) = [section(item(info.annotation)) for name, info in leaves() if dotted(name) == key]
    assert each is not None
    reads = set(read_in(ROOT / "bot" / "app.py"))
    assert [name for name in each.model_fields if f"{called}.{name}" not in reads] == []


def test_every_place_of_a_secret_belongs_to_a_secret() -> None:
    names = {dotted(key) for key, _ in leaves()}
    for key, info in leaves():
        if is_secret(info):
            assert f"{dotted(key)}_file" in names


def named_settings(path: Path) -> Iterator[str]:
    """What stands in code marks as ``section.name``, of a section that there is."""
    for name in re.findall(r"`([a-z0-9_]+\.[a-z_]+)(?:: [^`]*)?`", path.read_text(encoding="utf-8")):
        if name.split(".")[0] in Config.model_fields and name not in FILES:
            yield name


@pytest.mark.parametrize(
    "path",
    [*sorted(LOCALE.rglob("*.ftl")), ROOT / "README.md", ROOT / "docs" / "operations.md"],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_settings_that_texts_name_exist(path: Path) -> None:
    known = {dotted(key) for key, _ in leaves()}
    assert [name for name in named_settings(path) if name not in known] == []
