"""The catalogue of texts, in Project Fluent files: ``locale/<language>/<area>.ftl``.

A language is offered only when it has every message of the reference language, English, with the same
variables.  Values are handed to Fluent as numbers where they are numbers (plural rules) and else as opaque
marks that are filled in afterwards, so no value can add markup or reach another value.

What stands where is found by the shape of the lines; a text is parsed when it is asked for first: reading Fluent is
slow, most texts are never asked for, and no text refers to another one.  A test parses them all and compares.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from fluent.runtime import FluentBundle, FluentResource

from bot.i18n.cldr import forget_the_rest
from bot.i18n.rich import Rich, fill, quote
from keys.errors import EnlaceError

LOCALE = Path(__file__).parent / "locale"
REFERENCE = "en"
Value = str | int | Rich
LONGEST_VALUE = 4000
"""Characters of an error's value: twice as many, escaped and encrypted, still fit into one Matrix event (64 KiB)."""


_ENTRY = re.compile(r"^([a-zA-Z][\w-]*) *=", re.MULTILINE)
_NEXT = re.compile(r"^[^\s}]", re.MULTILINE)
_ATTRIBUTE = re.compile(r"^ +\.([a-zA-Z][\w-]*) *=", re.MULTILINE)
_VARIABLE = re.compile(r"\$([a-zA-Z][\w-]*)")


class Catalogue:
    """All texts of all complete languages; only the default language is set after reading."""

    def __init__(self, root: Path = LOCALE) -> None:
        self._sources = {path.name: _sources(path) for path in sorted(root.iterdir()) if path.is_dir()}
        self.messages = {language: _variables(sources) for language, sources in self._sources.items()}
        """By language and key: the variables of a text."""
        self._templates: dict[tuple[str, ...], str] = {}
        """Texts that were said, by language, key and the order of their values."""
        self._bundles: dict[str, FluentBundle] = {}
        """Of the languages in which something was said: each brings 2 MiB of the CLDR."""
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
        pieces: dict[str, Rich] = {}
        arguments: dict[str, str | int] = {}
        for variable, value in values.items():
            if isinstance(value, int) and not isinstance(value, bool):
                arguments[variable] = value
            else:
                arguments[variable] = f"\ue000{len(pieces)}\ue001"
                pieces[variable] = value if isinstance(value, Rich) else quote(str(value))
        language = language if language in self._sources else REFERENCE
        form = (language, key, *pieces)
        if len(arguments) > len(pieces):  # a number may choose the plural
            return fill(self._template(language, key, arguments), pieces)
        template = self._templates.get(form)
        if template is None:
            template = self._templates[form] = self._template(language, key, arguments)
        return fill(template, pieces)

    def _template(self, language: str, key: str, arguments: dict[str, str | int]) -> str:
        name, _, attribute = key.partition(".")
        bundle = self._bundle(language)
        if not bundle.has_message(name):
            bundle.add_resource(FluentResource(self._sources[language][name]))
        message = bundle.get_message(name)
        pattern = message.attributes[attribute] if attribute else message.value
        if pattern is None:
            raise KeyError(key)
        template, problems = bundle.format_pattern(pattern, arguments)
        if problems:
            raise KeyError(f"{key}: {problems}")
        return str(template)

    def _bundle(self, language: str) -> FluentBundle:
        bundle = self._bundles.get(language)
        if bundle is None:
            bundle = self._bundles[language] = FluentBundle([language], use_isolating=False)
            forget_the_rest(language)
        return bundle

    def error(self, language: str, error: EnlaceError) -> Rich:
        """What went wrong and, where there is one, the way out; of a value that is a whole text its beginning."""
        values = {
            name: value if isinstance(value, int | Rich) else _cut(str(value)) for name, value in error.values.items()
        }
        key = f"error-{error.code}"
        if not self.has(key):
            return quote(str(error))
        said = self.text(language, key, **values)
        if self.has(f"{key}.hint"):
            said = said + Rich(" ", " ") + self.text(language, f"{key}.hint", **values)
        return said


def _cut(value: str) -> str:
    return value if len(value) <= LONGEST_VALUE else f"{value[:LONGEST_VALUE]}…"


def _sources(folder: Path) -> dict[str, str]:
    """Each message as it is written."""
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.ftl")):
        text = path.read_text(encoding="utf-8")
        for begins in _ENTRY.finditer(text):
            ends = _NEXT.search(text, begins.end())
            if begins[1] in found:
                raise SyntaxError(f"{path.name}: {begins[1]} stands twice")
            found[begins[1]] = text[begins.start() : ends.start() if ends else len(text)]
    return found


def _variables(sources: Mapping[str, str]) -> dict[str, frozenset[str]]:
    one: dict[frozenset[str], frozenset[str]] = {}  # most texts have the variables of others: a set of them once
    found = {key: frozenset(_VARIABLE.findall(text)) for name in sources for key, text in _parts(name, sources[name])}
    return {key: one.setdefault(variables, variables) for key, variables in found.items()}


def _parts(name: str, source: str) -> Iterator[tuple[str, str]]:
    """The value of a message and its attributes, by key; a value may be left out."""
    marks = list(_ATTRIBUTE.finditer(source))
    bounds = [*(mark.start() for mark in marks), len(source)]
    value = source[: bounds[0]]
    if value.partition("=")[2].strip():
        yield name, value
    for mark, end in zip(marks, bounds[1:], strict=True):
        yield f"{name}.{mark[1]}", source[mark.end() : end]


@cache
def catalogue() -> Catalogue:
    """The shipped catalogue."""
    return Catalogue()


def say(language: str, key: str, /, **values: Value) -> Rich:
    """Short for the shipped catalogue's :meth:`Catalogue.text`."""
    return catalogue().text(language, key, **values)
