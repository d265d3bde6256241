"""YAML with its line numbers, read strictly: what directory files and network profiles are written in.  Pure.

Every scalar stays the text that was written, so ``NO`` is Norway and no falsehood.  Anchors, aliases, tags and
keys that stand twice are refused, and so is what this version does not know: a typing error must not drop a fact.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import yaml

from bot.directory.model import Problem, Source

MAX_DEPTH = 16
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_YES = frozenset({"true", "yes", "on"})
_NO = frozenset({"false", "no", "off"})
_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters and lone surrogates: no name has any, and PostgreSQL stores neither."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of the document and the line (from 1) that it starts on."""

    line: int
    value: "str | tuple[Node, ...] | Mapping[str, Node] | None"


class Problems:
    """What is wrong in one file, in the order in which it was found."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Problem] = []

    def add(self, line: int, code: str, /, **values: str) -> None:
        """Something is wrong on this line."""
        self.found.append(Problem(Source(self.file, line), code, values))

    def sorted(self) -> tuple[Problem, ...]:
        """Everything, in the order of the file."""
        return tuple(sorted(self.found, key=lambda problem: problem.source.line))


class _Stop(Exception):
    """Reading on makes no sense."""


def parse(data: bytes, problems: Problems) -> Node:
    """The document; a table without entries if it cannot be read at all (then ``problems`` says why)."""
    try:
        text = data.decode("utf-8-sig")
        events = yaml.parse(text, Loader=_LOADER)
        node = _Builder(events, problems).document()
    except UnicodeDecodeError as error:
        problems.add(data[: error.start].count(b"\n") + 1, "not-utf8")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or "?"
        problems.add(mark.line + 1 if mark else 1, "not-yaml", said=str(said))
    except _Stop:
        pass
    else:
        return node
    return Node(1, {})


class _Builder:
    def __init__(self, events: Iterator[yaml.Event], problems: Problems) -> None:
        self._events = events
        self._problems = problems

    def document(self) -> Node:
        next(self._events)  # the stream starts
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return Node(1, {})
        node = self._node(next(self._events), 0)
        next(self._events)  # the document ends
        if not isinstance(after := next(self._events), yaml.StreamEndEvent):
            self._problems.add(_line(after), "second-document")
        return node

    def _node(self, event: yaml.Event, depth: int) -> Node:
        line = _line(event)
        if depth > MAX_DEPTH:
            self._problems.add(line, "too-deep")
            raise _Stop
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            self._problems.add(line, "no-aliases")
        if getattr(event, "tag", None):
            self._problems.add(line, "no-tags")
        if isinstance(event, yaml.ScalarEvent):
            nothing = event.style is None and event.value in _NOTHING
            return Node(line, None if nothing else event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(line, tuple(self._children(depth)))
        if isinstance(event, yaml.MappingStartEvent):
            return Node(line, self._table(depth))
        return Node(line, None)

    def _children(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self._events), yaml.CollectionEndEvent):
            yield self._node(event, depth + 1)

    def _table(self, depth: int) -> dict[str, Node]:
        table: dict[str, Node] = {}
        children = self._children(depth)
        for key in children:
            value = next(children)
            if not isinstance(key.value, str):
                self._problems.add(key.line, "bad-key")
            elif key.value in table:
                self._problems.add(key.line, "key-twice", field=key.value)
            else:
                # An empty value is reported where its key stands.
                table[key.value] = value if value.value is not None else Node(key.line, None)
        return table


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


class Form:
    """Reads the fields of one table; what is wrong goes to ``problems``, what is missing gives the empty value."""

    def __init__(self, node: Node, problems: Problems, allowed: frozenset[str] | None = None) -> None:
        self.line = node.line
        self.problems = problems
        self.fields: Mapping[str, Node] = {}
        self._whole = isinstance(node.value, Mapping)
        if isinstance(node.value, Mapping):
            self.fields = node.value
        else:
            problems.add(node.line, "not-a-table")
        if allowed is not None:
            for key, field in self.fields.items():
                if key not in allowed:
                    problems.add(field.line, "unknown-key", field=key)

    def line_of(self, key: str) -> int:
        """The line of a field, else of the table."""
        return self.fields[key].line if key in self.fields else self.line

    def bad(self, key: str, code: str, /, **values: str) -> None:
        """A field is wrong."""
        self.problems.add(self.line_of(key), code, **values)

    def text(self, key: str, *, required: bool = False) -> str | None:
        """One text."""
        node = self.fields.get(key)
        if node is None or node.value is None:
            if required and self._whole:
                self.problems.add(self.line, "missing", field=key)
            return None
        return self._text(node, key)

    def parsed(self, key: str, read: Callable[[str], T], code: str, error: type[Exception]) -> T | None:
        """One text, read by ``read``; if that raises ``error``, it is the problem ``code``."""
        value = self.text(key)
        if value is None:
            return None
        try:
            return read(value)
        except error:
            self.bad(key, code, value=value)
            return None

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; one text alone is a list of one."""
        node = self.fields.get(key)
        if node is None or node.value is None:
            return ()
        if isinstance(node.value, str):
            return tuple(text for text in [self._text(node, key)] if text)
        if isinstance(node.value, Mapping):
            self.bad(key, "not-a-list", field=key)
            return ()
        return tuple(text for item in node.value if (text := self._text(item, key)) is not None)

    def names(self, key: str, *, required: bool = False) -> Mapping[str, str]:
        """Texts by language."""
        table = self.table(key)
        if required and not table:
            self.problems.add(self.line_of(key), "missing", field=key)
        found = ((language, self._text(node, key)) for language, node in table.items())
        return {language: text for language, text in found if text is not None}

    def table(self, key: str) -> Mapping[str, Node]:
        """A table."""
        node = self.fields.get(key)
        if node is None or node.value is None:
            return {}
        if not isinstance(node.value, Mapping):
            self.bad(key, "not-a-table")
            return {}
        return node.value

    def nodes(self, key: str) -> tuple[Node, ...]:
        """A list of anything."""
        node = self.fields.get(key)
        if node is None or node.value is None:
            return ()
        if not isinstance(node.value, tuple):
            self.bad(key, "not-a-list", field=key)
            return ()
        return node.value

    def flag(self, key: str) -> bool:
        """``true`` or ``false`` (also ``yes`` and ``no``); absent is False."""
        value = (self.text(key) or "false").casefold()
        if value not in _YES | _NO:
            self.bad(key, "not-a-flag", field=key, value=value)
        return value in _YES

    def day(self, key: str) -> date | None:
        """A date (ISO 8601, ``2026-10-01``)."""
        return self.parsed(key, date.fromisoformat, "bad-date", ValueError)

    def _text(self, node: Node, key: str) -> str | None:
        if isinstance(node.value, str):
            if _ODD.search(node.value):
                self.problems.add(node.line, "control-character", field=key)
            return " ".join(node.value.split())  # no field of an entry has lines of its own
        self.problems.add(node.line, "not-a-text", field=key)
        return None
