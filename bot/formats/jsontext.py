"""JSON as the same tree of nodes with line numbers that YAML becomes, so that a bad record is named by its line.

Every scalar is text, and an empty one is none; a field that stands twice, and what is no JSON at all, is a problem.
"""

import json
from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from bot.directory.rules.document import MAX_DEPTH, Node, Problems


def parse(data: bytes, problems: Problems) -> Node:
    """The document; a table without entries if it cannot be read at all (then ``problems`` says why)."""
    try:
        text = data.decode("utf-8-sig")
        return _tree(_Lined(text, problems).decode(text), 1)
    except UnicodeDecodeError as error:
        problems.add(data[: error.start].count(b"\n") + 1, "not-utf8")
    except json.JSONDecodeError as error:
        problems.add(error.lineno, "not-json", said=error.msg)
    except RecursionError:
        problems.add(1, "too-deep")
    except _TooDeep as deep:
        problems.add(deep.line, "too-deep")
    return Node(1, {})


def entries(node: Node) -> list[Node]:
    """The items of a list, however an envelope wraps it: the list itself, or the first list in a table."""
    if isinstance(node.value, tuple):
        return list(node.value)
    if isinstance(node.value, Mapping):
        for inner in node.value.values():
            if isinstance(inner.value, tuple):
                return list(inner.value)
    return []


class _TooDeep(Exception):
    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class _Table(dict[str, Any]):
    """A table that knows where it begins."""

    line = 1


class _Lined(json.JSONDecoder):
    """The library's own decoder, in the form that is written in Python: it says where each table begins."""

    def __init__(self, text: str, problems: Problems) -> None:
        super().__init__(parse_float=str, parse_int=str, parse_constant=str)
        self._breaks = [i for i, character in enumerate(text) if character == "\n"]
        self._problems = problems
        self.parse_object = self._object
        self.scan_once = json.scanner.py_make_scanner(self)  # type: ignore[attr-defined]  # (typed as the C one)

    def _object(self, place: tuple[str, int], strict: bool, scan_once: Any, *_: Any) -> tuple[_Table, int]:
        line = bisect_right(self._breaks, place[1] - 1) + 1
        pairs, end = json.decoder.JSONObject(place, strict, scan_once, None, list)  # type: ignore[attr-defined]
        table = _Table()
        table.line = line
        for key, value in pairs:
            if key in table:
                self._problems.add(line, "key-twice", field=key)
            table[key] = value
        return table, end


def _tree(value: Any, line: int, depth: int = 0) -> Node:
    if depth > MAX_DEPTH:
        raise _TooDeep(line)
    if isinstance(value, _Table):
        return Node(value.line, {key: _tree(inner, value.line, depth + 1) for key, inner in value.items()})
    if isinstance(value, list):
        return Node(line, tuple(_tree(inner, line, depth + 1) for inner in value))
    if isinstance(value, bool):
        return Node(line, "true" if value else "false")
    return Node(line, value if value != "" else None)
