"""Writes ``docs/commands.md`` from the catalogue: ``python -m tests.house.docs``."""

from pathlib import Path

from bot.commands.call import Access
from bot.commands.registry import Registry
from bot.i18n.catalogue import catalogue

PAGE = Path(__file__).resolve().parents[2] / "docs" / "commands.md"
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


def page() -> str:
    """The whole page; commands in alphabetical order."""
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


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
