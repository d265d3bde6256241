"""The reference page of all settings, made from their descriptions."""

from collections.abc import Sequence

from pydantic.fields import FieldInfo

from bot.config.model import Config, Section
from bot.config.shape import Key, choices, dotted, example, is_secret, item, leaves, plain, section, variable, written

HEAD = """# Settings

One file, `config.yaml`; `config.example.yaml` holds every setting with its default. This page is made from the same
descriptions that the errors use.

- Every setting can be overridden by the environment variable beside it; lists are written as YAML there (`[a, b]`).
- A *secret* never stands in the file. First found: its variable, the file that its `…_file` setting or variable names
  (mode 0600), or the systemd credential of the same name (`LoadCredential=vault.passphrase:/etc/enlace/passphrase`).
- A relative path starts at `state_directory`.
- An unknown name, a wrong value or a missing file stops the start: all of them are listed at once, with file, line,
  name and what would be right.
"""


def settings_reference() -> str:
    """Markdown: one table per section, in the order in which they are declared."""
    tops = [(key, info) for key, info in leaves() if len(key) == 1]
    parts = [HEAD, _table("Top level", "", tops)]
    for name, info in Config.model_fields.items():
        model = section(info.annotation)
        if model:
            parts.append(_section((name,), model))
    return "\n".join(parts)


def _section(key: Key, model: type[Section]) -> str:
    rows = list(leaves(model, key))
    parts = [_table(f"`{dotted(key)}`", model.__doc__ or "", rows)]
    for below, info in rows:
        each = section(item(info.annotation))
        if each:
            parts.append(_table(f"Each of `{dotted(below)}`", each.__doc__ or "", list(leaves(each)), variables=False))
    return "\n".join(parts)


def _table(title: str, text: str, rows: Sequence[tuple[Key, FieldInfo]], *, variables: bool = True) -> str:
    lines = [f"## {title}", ""]
    if text:
        lines += [text, ""]
    lines += ["| setting | takes | default | what it does |", "| --- | --- | --- | --- |"]
    for key, info in rows:
        name = f"`{dotted(key)}`" + (f"<br>`{variable(key)}`" if variables else "")
        meaning = (info.description or "") + (f" For example `{example(info)}`." if info.examples else "")
        lines.append(f"| {name} | {_takes(info)} | {_default(info)} | {meaning.replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n"


def _takes(info: FieldInfo) -> str:
    if is_secret(info):
        return "secret"
    allowed = choices(info.annotation)
    if allowed:
        return ", ".join(f"`{one}`" for one in allowed)
    if item(info.annotation) is not None:
        return "list"
    limits = {type(limit).__name__: limit for limit in info.metadata}
    if "Ge" in limits:
        return f"{limits['Ge'].ge} to {limits['Le'].le}"
    return {"bool": "`true`, `false`", "Path": "path"}.get(getattr(plain(info.annotation), "__name__", ""), "text")


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "**required**"
    return "–" if info.default is None else f"`{written(info.default)}`"
