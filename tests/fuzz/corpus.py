"""What a search starts from: what each property is made for, and what earlier searches found to lead somewhere."""

import json
from pathlib import Path

from bot.directory.rules.targets import PREFIXES, SEVERITIES
from keys import statement
from tests.fuzz.properties import SEEDS, SPELLED, WORDS

FOUND = Path(__file__).with_name("found.json")
LONGEST_KEPT = 120
MOST_KEPT = 60


def corpus(name: str) -> list[str]:
    """The texts that the property is tried with, wherever it is tried."""
    return [*SEEDS[name], *_found().get(name, [])]


def keep(name: str, texts: list[str]) -> None:
    """Keep the shortest of them."""
    short = sorted({text for text in texts if len(text) <= LONGEST_KEPT} - set(SEEDS[name]), key=lambda x: (len(x), x))
    kept = {**_found(), name: short[:MOST_KEPT]}
    FOUND.write_text(json.dumps(kept, indent=0, sort_keys=True) + "\n", encoding="ascii")


def words() -> list[str]:
    """What the readers know by heart: chance would take long to spell it."""
    labels = [*SPELLED, "tlp:", "tlp:amber+strict"]
    return sorted(
        {*WORDS, *SEVERITIES, *labels, *(f"{kind}:" for kind in PREFIXES), *(f"{name}:" for name in statement.FIELDS)}
    )


def _found() -> dict[str, list[str]]:
    texts: dict[str, list[str]] = json.loads(FOUND.read_text(encoding="ascii"))
    return texts
