"""The catalogue of texts, in Project Fluent files: ``locale/<language>/<area>.ftl``.

A language is offered only when it has every message of the reference language, English, with the same
variables.  Values are handed to Fluent as numbers where they are numbers (plural rules) and else as opaque
marks that are filled in afterwards, so no value can add markup or reach another value.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

from bot.i18n.rich import Rich, fill, quote
from keys.errors import EnlaceError

LOCALE = Path(__file__).parent / "locale"
REFERENCE = "en"
Value = str | int | Rich


class _Variables(Visitor):
    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_VariableReference(self, node: ast.VariableReference) -> None:  # noqa: N802  (the library's name)
        self.names.add(node.id.name)


class Catalogue:
    """All texts of all complete languages; only the default language is set after reading."""

    def __init__(self, root: Path = LOCALE) -> None:
        self.messages = {path.name: _read(path) for path in sorted(root.iterdir()) if path.is_dir()}
        self._bundles = {language: _bundle(root / language, language) for language in self.messages}
        self.languages = tuple(lang for lang in self.messages if not self.missing(lang))
        self.default = REFERENCE
        """The deployment's language where nothing else says one (``i18n.default``); set once, by the wiring."""

    def missing(self, language: str) -> list[str]:
        """Messages, attributes or variables that the language lacks or has too many."""
        wanted, found = self.messages[REFERENCE], self.messages[language]
        out = [f"{key}: missing" for key in wanted.keys() - found.keys()]
        out += [f"{key}: not in {REFERENCE}" for key in found.keys() - wanted.keys()]
        out += [
            f"{key}: variables {sorted(found[key])} instead of {sorted(wanted[key])}"
            for key in wanted.keys() & found.keys()
            if wanted[key] != found[key]
        ]
        return sorted(out)

    def choose(self, *wished: str | None) -> str:
        """The first wished language (BCP 47) that is offered, else the deployment's default, else English."""
        for wish in (*wished, self.default):
            short = (wish or "").split("-", maxsplit=1)[0].lower()
            if short in self.languages:
                return short
        return REFERENCE

    def has(self, key: str) -> bool:
        """Whether there is such a text; ``key`` may name an attribute as ``message.attribute``."""
        return key in self.messages[REFERENCE]

    def text(self, language: str, key: str, /, **values: Value) -> Rich:
        """The text ``key`` (or ``key.attribute``) with these values; raises KeyError if there is none."""
        name, _, attribute = key.partition(".")
        bundle = self._bundles[language if language in self._bundles else REFERENCE]
        message = bundle.get_message(name)
        pattern = message.attributes[attribute] if attribute else message.value
        if pattern is None:
            raise KeyError(key)
        pieces: dict[str, Rich] = {}
        arguments: dict[str, str | int] = {}
        for variable, value in values.items():
            if isinstance(value, int) and not isinstance(value, bool):
                arguments[variable] = value
            else:
                arguments[variable] = f"\ue000{len(pieces)}\ue001"
                pieces[variable] = value if isinstance(value, Rich) else quote(str(value))
        template, problems = bundle.format_pattern(pattern, arguments)
        if problems:
            raise KeyError(f"{key}: {problems}")
        return fill(str(template), pieces)

    def error(self, language: str, error: EnlaceError) -> Rich:
        """What went wrong and, where there is one, the way out."""
        values = {name: value if isinstance(value, int | Rich) else str(value) for name, value in error.values.items()}
        key = f"error-{error.code}"
        if not self.has(key):
            return quote(str(error))
        said = self.text(language, key, **values)
        if self.has(f"{key}.hint"):
            said = said + Rich(" ", " ") + self.text(language, f"{key}.hint", **values)
        return said


def _bundle(folder: Path, language: str) -> FluentBundle:
    bundle = FluentBundle([language], use_isolating=False)
    for path in sorted(folder.glob("*.ftl")):
        bundle.add_resource(FluentResource(path.read_text(encoding="utf-8")))
    return bundle


def _read(folder: Path) -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for path in sorted(folder.glob("*.ftl")):
        for entry in FluentParser().parse(path.read_text(encoding="utf-8")).body:
            if isinstance(entry, ast.Junk):
                raise SyntaxError(f"{path.name}: {(entry.content or '').strip()[:80]!r} is not Fluent")
            if isinstance(entry, ast.Message):
                for key, pattern in (
                    (entry.id.name, entry.value),
                    *((f"{entry.id.name}.{a.id.name}", a.value) for a in entry.attributes),
                ):
                    if pattern is not None:
                        if key in found:
                            raise SyntaxError(f"{path.name}: {key} stands twice")
                        variables = _Variables()
                        variables.visit(pattern)
                        found[key] = frozenset(variables.names)
    return found


@cache
def catalogue() -> Catalogue:
    """The shipped catalogue."""
    return Catalogue()


def say(language: str, key: str, /, **values: Value) -> Rich:
    """Short for the shipped catalogue's :meth:`Catalogue.text`."""
    return catalogue().text(language, key, **values)
