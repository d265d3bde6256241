"""The process that libFuzzer takes over: ``python -m tests.fuzz.inside NAMES CORPUS OPTION …``."""

import sys
from collections.abc import Iterator
from pathlib import Path

import atheris

READERS = (
    "bot.commands.answers",
    "bot.commands.parse",
    "bot.directory.rules",
    "bot.exchange.rules",
    "bot.exchange.service.texts",
    "bot.i18n",
    "bot.ids",
    "bot.tlp",
    "keys.fingerprint",
    "keys.statement",
)
"""What is watched.  Watching the rest of what these import takes longer to start and leads nowhere."""


def main(names: list[str], found: str, options: list[str]) -> None:
    """Never returns: libFuzzer ends the process."""
    others = [module for module in _modules() if not module.startswith(READERS)]
    with atheris.instrument_imports(include=["bot", "keys"], exclude=others):
        from tests.fuzz.properties import PROPERTIES

    def one(data: bytes) -> None:
        text = data.decode("utf-8", errors="replace")
        name = names[0]
        if len(names) > 1:
            name, text = names[ord(text[:1] or "A") % len(names)], text[1:]
        PROPERTIES[name](text)

    atheris.Setup(["fuzz", found, *options, "-print_final_stats=1", "-verbosity=0"], one)
    atheris.Fuzz()


def _modules() -> Iterator[str]:
    root = Path(__file__).parents[2]
    for package in ("bot", "keys"):
        for path in (root / package).rglob("*.py"):
            yield ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


if __name__ == "__main__":
    main(sys.argv[1].split(","), sys.argv[2], sys.argv[3:])
