"""The tree of settings as data: which keys there are, what each takes, and an example of it."""

import enum
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from bot.config.model import Config, Section

Key = tuple[str | int, ...]
"""``("policy", "coordinators", 0, "user")``; a number counts the items of a list from 0."""


def plain(annotation: Any) -> Any:
    """The type without ``| None``."""
    if get_origin(annotation) in {Union, UnionType}:
        kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
        if len(kinds) == 1:
            return plain(kinds[0])
    if hasattr(annotation, "__metadata__"):
        return plain(get_args(annotation)[0])
    return annotation


def item(annotation: Any) -> Any:
    """What a list holds, or None if it is no list."""
    kind = plain(annotation)
    return plain(get_args(kind)[0]) if get_origin(kind) is tuple else None


def section(annotation: Any) -> type[Section] | None:
    """The section that the type is, if it is one."""
    kind = plain(annotation)
    return kind if isinstance(kind, type) and issubclass(kind, Section) else None


def choices(annotation: Any) -> tuple[str, ...]:
    """The only values that it takes, or nothing."""
    kind = plain(annotation)
    if get_origin(kind) is Literal:
        return tuple(str(value) for value in get_args(kind))
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return tuple(str(member.value) for member in kind)
    return ()


def field(key: Key) -> FieldInfo | None:
    """The setting of that key; an item of a list is described by the list; None if there is no such key."""
    model: type[Section] | None = Config
    found: FieldInfo | None = None
    for part in key:
        if isinstance(part, int):
            model = section(item(found.annotation)) if found else None
        elif model is None or part not in model.model_fields:
            return None
        else:
            found = model.model_fields[part]
            model = section(found.annotation)
    return found


def siblings(key: Key) -> tuple[str, ...]:
    """The names that there are where the last part of ``key`` stands."""
    if len(key) == 1:
        return tuple(Config.model_fields)
    above = field(key[:-1])
    if above is None:
        return ()
    model = section(item(above.annotation)) if isinstance(key[-2], int) else section(above.annotation)
    return tuple(model.model_fields) if model else ()


def leaves(model: type[Section] = Config, above: Key = ()) -> Iterator[tuple[Key, FieldInfo]]:
    """Every setting that is no section, in the order in which they are declared; lists are one setting."""
    for name, info in model.model_fields.items():
        below = section(info.annotation)
        if below:
            yield from leaves(below, (*above, name))
        else:
            yield (*above, name), info


def is_secret(info: FieldInfo) -> bool:
    """Whether the value is never shown, and never stands in the file."""
    extra = info.json_schema_extra
    return isinstance(extra, dict) and bool(extra.get("secret"))


def is_path(info: FieldInfo) -> bool:
    """Whether it names a file or folder."""
    return plain(info.annotation) is Path


def dotted(key: Key) -> str:
    """``policy.coordinators[1].user``; items are counted from 1, as people do."""
    text = ""
    for part in key:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def variable(key: Key) -> str:
    """The environment variable that overrides it: ``ENLACE_MATRIX__HOMESERVER``."""
    return "ENLACE_" + "__".join(str(part) for part in key).upper()


def written(value: Any) -> str:
    """A value as it would stand in the YAML file."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, tuple):
        return "[" + ", ".join(written(one) for one in value) + "]"
    return str(value)


def example(info: FieldInfo) -> str:
    """A right value, as it would stand in the YAML file."""
    if info.examples:
        return str(info.examples[0])
    if info.is_required() or info.default is None:
        allowed = choices(info.annotation)
        return allowed[0] if allowed else "…"
    return written(info.default)
