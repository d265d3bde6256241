"""One value of the configuration file changed where it stands; comments and everything else stay as they are."""

from pathlib import Path

import yaml

from bot.errors import NotDone
from keys.vault import write_private


class SetElsewhere(NotDone):
    """The setting {key} does not come from {path} but from the environment. Nothing was made."""

    code = "keys-set-elsewhere"


class NotRewritable(NotDone):
    """{key} could not be set in {path}: its YAML is written in a way that is not changed by machine."""

    code = "config-not-rewritable"


def set_values(path: Path, section: str, values: dict[str, str | list[str]]) -> None:
    """Write these values of a section into the file, in one piece (mode 0600).

    Raises :class:`NotRewritable` if the result would not read as the old settings with just these changed."""
    before = path.read_text(encoding="utf-8")
    text, wanted = before, yaml.safe_load(before) or {}
    for key, value in values.items():
        wanted[section] = {**(wanted.get(section) or {}), key: value}
        text = _with(text, section, key, value)
        try:
            same = yaml.safe_load(text) == wanted
        except yaml.YAMLError:
            same = False
        if not same:
            raise NotRewritable(key=f"{section}.{key}", path=path)
    write_private(path, text.encode(), replace=True)


def _with(text: str, section: str, key: str, value: str | list[str]) -> str:
    written = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True)
    written = written.removesuffix("\n").removesuffix("\n...")
    found = _entry(yaml.compose(text, Loader=yaml.SafeLoader), section)
    if found is None:
        return f"{text.rstrip()}\n\n{section}:\n  {key}: {written}\n"
    name, body = found
    if not isinstance(body, yaml.MappingNode):  # a section of which every line is a comment
        return f"{text[: name.end_mark.index]}:\n  {key}: {written}{text[name.end_mark.index + 1 :]}"
    there = _entry(body, key)
    if there is not None:
        _, old = there
        return text[: old.start_mark.index] + written + text[old.end_mark.index :]
    first = body.value[0][0].start_mark if body.value else body.end_mark
    separator = ", " if body.flow_style else "\n" + " " * first.column
    return f"{text[: first.index]}{key}: {written}{separator}{text[first.index :]}"


def _entry(node: yaml.Node | None, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next(((name, value) for name, value in node.value if name.value == key), None)
