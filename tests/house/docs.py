"""Writes the pages that are made from the code: ``python -m tests.house.docs``."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.cli import application
from bot.cli.later import Later
from bot.commands.call import Access
from bot.commands.registry import Registry
from bot.config import settings_reference
from bot.i18n.catalogue import LOCALE, catalogue
from tests.bench import reach_page
from tests.house.errors import every_error, specimen

DOCS = Path(__file__).resolve().parents[2] / "docs"
WHO = {
    Access.ANYONE: "anyone whose encrypted message could be read, in any encrypted room",
    Access.VERIFIED: "a verified person, in any verified room",
    Access.DESK: "a verified person, in a verified desk or direct room",
    Access.LEAD: "a verified lead of an organisation or a coordinator, in a verified room",
    Access.COORDINATOR: "a verified coordinator, in a verified room",
}
HEAD = """# Commands

This page is made from the texts that the commands themselves show (`python -m tests.house.docs`).

A command starts with `!` (also `¡` or `！`), or with the bot's name: `@enlace whois BR`. Case and accents do not
matter. The answer speaks the language of the word that was typed. One word answers the bot: `ok`, `no` or a number.
In a room that is not verified only the commands for anyone work.
"""


def commands_page() -> str:
    """What can be typed in a room, in alphabetical order."""
    registry = Registry.load()
    lines = [HEAD]
    for command in sorted(registry.commands(), key=lambda c: c.name):
        lines.append(f"## {command.name}\n\nWho: {WHO[command.access]}.\n")
        for language in catalogue().languages:
            key = f"command-{command.name}"

            def text(part: str, language: str = language, key: str = key) -> str:
                return " ⏎ ".join(catalogue().text(language, key + part).plain.splitlines())

            words = ", ".join(f"`!{word}`" for word in registry.spelled(command.name, language))
            name = catalogue().text(language, "language-name").plain
            lines.append(f"- **{name}** {words}: {text('')}\n  - `{text('.usage')}`\n  - `{text('.example')}`")
        lines.append("")
    return "\n".join(lines)


CLI_HEAD = """# The command line

This page is made from `--help` (`python -m tests.house.docs`).

`enlace` speaks the language of `LC_ALL`, `LC_MESSAGES` or `LANG`. Secrets are never options: they come from files,
variables, or a prompt that does not show them. Exit codes: 0 fine, 1 it failed, 2 wrong use or wrong settings, 3 safe mode (`enlace run`).
"""


def command_lines(command: Any, path: str = "enlace") -> Iterator[tuple[str, Any]]:
    """Every command that can be typed with its path, as they are declared (typer brings a click of its own)."""
    if isinstance(command, Later):
        command = command.load()
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
        return
    for name, child in children.items():
        if not child.hidden:
            yield from command_lines(child, f"{path} {name}")


def cli_page() -> str:
    """What can be typed into a shell."""
    lines = [CLI_HEAD]
    for path, command in command_lines(application):
        shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
        arguments = [_argument(p) for p in shown if p.param_type_name == "argument"]
        lines += [f"## `{' '.join([path, *arguments])}`", "", inspect.cleandoc(command.help), ""]
        if shown:
            lines += ["| option | default | what it does |", "| --- | --- | --- |", *map(_row, shown), ""]
    return "\n".join(lines)


def _argument(parameter: Any) -> str:
    name = parameter.name.upper().replace("_", "-") + ("…" if parameter.nargs == -1 else "")
    return name if parameter.required else f"[{name}]"


def _row(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        names = f"`{_argument(parameter)}`"
    else:
        both = [*parameter.opts, *parameter.secondary_opts]
        value = "" if parameter.is_flag else " …"
        names = ", ".join(f"`{name}{value}`" for name in both)
    if parameter.envvar:
        names += f"<br>`{parameter.envvar}`"
    default = getattr(parameter.default, "value", parameter.default)
    unset = default in (None, "", []) or callable(default) or parameter.required or isinstance(default, bool)
    shown = "**required**" if parameter.required else "–" if unset else f"`{default}`"
    often = " May be repeated." if getattr(parameter, "multiple", False) else ""
    return f"| {names} | {shown} | {' '.join((parameter.help or '').split())}{often} |"


ERRORS_HEAD = """# Error codes

This page is made from the texts (`python -m tests.house.docs`). What stands in <angle brackets> is filled in. The code is
what the process's own log lines carry.
"""


def errors_page() -> str:
    """What can go wrong and the way out, in every language, by the file in which the texts stand."""
    lines = [ERRORS_HEAD]
    kinds = {f"error-{kind.code}": kind for kind in every_error()}
    for path in sorted((LOCALE / "en").glob("*.ftl")):
        here = [
            k
            for k in re.findall(r"^(error-[a-z0-9-]+) =", path.read_text(encoding="utf-8"), re.MULTILINE)
            if k in kinds
        ]
        if here:
            lines.append(f"## {path.stem}\n")
        for key in here:
            lines.append(f"### {kinds[key].code}\n")
            for language in catalogue().languages:
                said = " ".join(catalogue().error(language, specimen(kinds[key])).plain.split())
                lines.append(f"- {said.replace('<', chr(92) + '<')}")
            lines.append("")
    return "\n".join(lines)


PAGES = {
    "commands.md": commands_page,
    "cli.md": cli_page,
    "settings.md": settings_reference,
    "error-codes.md": errors_page,
    "reach.md": reach_page.page,
    "reach.svg": reach_page.picture,
}

if __name__ == "__main__":
    for name, made in PAGES.items():
        (DOCS / name).write_text(made(), encoding="utf-8")
