"""Every text is there in every language that is offered, and every text that the code asks for exists."""

import ast
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fluent.syntax import FluentParser
from fluent.syntax import ast as fluent
from fluent.syntax.visitor import Visitor

from bot.commands.registry import Registry
from bot.errors import EnlaceError
from bot.i18n.catalogue import LOCALE, Catalogue, catalogue
from tests.house.errors import every_error, placeholders, specimen

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = sorted(path.name for path in LOCALE.iterdir() if path.is_dir())


ERRORS = every_error()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_that_ships_is_complete(language: str) -> None:
    assert Catalogue().missing(language) == []


class Variables(Visitor):
    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_VariableReference(self, node: fluent.VariableReference) -> None:  # noqa: N802  (the library's name)
        self.names.add(node.id.name)


def parsed(folder: Path) -> dict[str, frozenset[str]]:
    """What Fluent itself finds: every text with its variables; nothing else may be in the files but comments."""
    found: dict[str, frozenset[str]] = {}
    for path in sorted(folder.glob("*.ftl")):
        for entry in FluentParser().parse(path.read_text(encoding="utf-8")).body:
            assert isinstance(entry, fluent.Message | fluent.BaseComment), f"{path}: {getattr(entry, 'content', entry)}"
            if isinstance(entry, fluent.Message):
                for key, pattern in (
                    (entry.id.name, entry.value),
                    *((f"{entry.id.name}.{a.id.name}", a.value) for a in entry.attributes),
                ):
                    if pattern is not None:
                        assert key not in found
                        variables = Variables()
                        variables.visit(pattern)
                        found[key] = frozenset(variables.names)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_finds_what_fluent_finds_and_every_text_can_be_said(language: str) -> None:
    texts = Catalogue()
    wanted = parsed(LOCALE / language)
    assert texts.messages[language] == wanted
    for key, variables in wanted.items():
        assert texts.text(language, key, **dict.fromkeys(variables, 2)).plain
        assert texts.text(language, key, **dict.fromkeys(variables, "two")).plain


def test_codes_of_errors_are_unique() -> None:
    kinds = defaultdict(list)
    for kind in ERRORS:
        kinds[kind.code].append(f"{kind.__module__}.{kind.__qualname__}")
    assert {code: names for code, names in kinds.items() if len(names) > 1} == {}


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.code)
def test_every_error_renders_in_every_language(kind: type[EnlaceError]) -> None:
    assert kind.__doc__, "the docstring is the default text"
    key = f"error-{kind.code}"
    for language in catalogue().languages:
        texts = catalogue().messages[language]
        assert key in texts, f"{language} lacks {key}"
        known = placeholders(kind)
        for part in (key, f"{key}.hint"):
            assert texts.get(part, frozenset()) <= known, f"{part} names what the docstring does not"
        error = specimen(kind)
        said = catalogue().error(language, error)
        for name in texts[key]:
            assert f"<{name}>" in said.plain
        assert "{" not in said.plain
        assert "{" not in EnlaceError.__str__(error)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


def test_every_command_has_words_usage_and_example_in_every_language(registry: Registry) -> None:
    for command in registry.commands():
        for language in catalogue().languages:
            words = {f"!{word}" for word in registry.spelled(command.name, language)}
            for part in ("usage", "example"):
                text = catalogue().text(language, f"command-{command.name}.{part}").plain
                assert text.split()[0].rstrip(",;:") in words, f"{command.name}.{part} in {language}: {text}"
            assert catalogue().text(language, f"command-{command.name}").plain


def commands_named(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("*.ftl")):
        for word in re.findall(r"`!([^\s`{}]+)", path.read_text(encoding="utf-8")):
            yield path.name, word


@pytest.mark.parametrize("language", LANGUAGES)
def test_commands_named_in_texts_exist_in_that_language(language: str, registry: Registry) -> None:
    """A way out must be one that can be typed, in the language that the person reads."""
    wrong = []
    for file, word in commands_named(LOCALE / language):
        spelled = [w for command in registry.commands() for w in registry.spelled(command.name, language)]
        if word not in spelled:
            wrong.append(f"{file}: !{word}")
    assert wrong == []


def calls_for_texts() -> Iterator[tuple[str, Any, set[str] | None]]:
    """Where the code asks for a text by a literal key, and with which values (None: not told in the call)."""
    for package in ("bot", "handlers"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or len(node.args) < 2:
                    continue
                key = node.args[1]
                called = ast.unparse(node.func)
                if called in {"say", "catalogue().text"} and isinstance(key, ast.Constant):
                    given = {k.arg for k in node.keywords if k.arg}
                    told = all(k.arg for k in node.keywords)
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", key.value, given if told else None


def test_every_text_that_the_code_asks_for_exists_with_its_values() -> None:
    wrong = []
    texts = catalogue().messages["en"]
    for where, key, given in calls_for_texts():
        if key not in texts:
            wrong.append(f"{where}: there is no text {key}")
        elif given is not None and not texts[key] <= given:
            wrong.append(f"{where}: {key} needs {sorted(texts[key] - given)}")
    assert wrong == []


def test_a_language_is_offered_only_when_it_is_complete(tmp_path: Path) -> None:
    root = tmp_path / "locale"
    shutil.copytree(LOCALE, root)
    shutil.copytree(LOCALE / "es", root / "pt")
    shutil.copytree(LOCALE / "es", root / "fr")
    core = root / "pt" / "core.ftl"
    core.write_text(core.read_text(encoding="utf-8").replace("language-name = Español\n", ""), encoding="utf-8")
    commands = root / "fr" / "commands.ftl"
    commands.write_text(commands.read_text(encoding="utf-8").replace("{ $phone }", "…"), encoding="utf-8")
    texts = Catalogue(root)
    assert "pt" not in texts.languages
    assert texts.missing("pt") == ["language-name: missing"]
    assert "fr" not in texts.languages
    assert texts.missing("fr") == ["help-phone: variables ['name'] instead of ['name', 'phone']"]
    assert texts.choose("pt", "es-MX") == "es"


def test_the_deployments_language_stands_in_where_nothing_else_says_one() -> None:
    texts = Catalogue()
    assert texts.choose(None, "fr") == "en"
    texts.default = "es-MX"
    assert texts.choose(None, "fr") == "es"
    assert texts.choose("fr", "en") == "en"


def test_a_language_that_is_complete_is_offered_as_soon_as_its_folder_is_there(tmp_path: Path) -> None:
    root = tmp_path / "locale"
    shutil.copytree(LOCALE, root)
    shutil.copytree(LOCALE / "es", root / "pt")
    texts = Catalogue(root)
    assert "pt" in texts.languages
    assert texts.choose("pt-BR", "es") == "pt"
