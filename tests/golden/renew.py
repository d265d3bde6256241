"""Writes the golden texts and the page that shows them: ``python -m tests.golden.renew [CASE …]``.

Read the difference before committing it: it is what operators will read."""

import asyncio
import sys
from collections.abc import Sequence

from bot.demo.world import World
from tests.golden.cases import CASES, HERE, LANGUAGES, TEAM, golden, said

PAGE = HERE.parents[1] / "docs" / "errors.md"
HEAD = """# When something is wrong

What the command line says, word for word, in the language of `LC_ALL`, `LC_MESSAGES` or `LANG`. Each message says what is wrong and the way out; none of
them leaves anything half done. Exit codes: 0 fine, 1 it failed, 2 wrong use or wrong settings.

This page is made from the golden texts that the tests compare the real command line with (`python -m tests.golden.renew`).
"""
NAMES = {"en": "English", "es": "Español"}


def page() -> str:
    """The page, from the golden texts."""
    parts = [HEAD]
    for case in CASES:
        parts.append(f"## {case.what}\n")
        for language in LANGUAGES:
            text = golden(case, language).read_text(encoding="utf-8")
            parts.append(f"{NAMES[language]}:\n\n```text\n{text}```\n")
    return "\n".join(parts)


async def renew(names: Sequence[str]) -> None:
    """Run the cases (all of them without names) and write what they say."""
    async with World([TEAM]) as world:
        for case in CASES:
            for language in LANGUAGES:
                if not names or case.name in names:
                    text = await asyncio.to_thread(said, case, language, world)
                    golden(case, language).write_text(text, encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(renew(sys.argv[1:]))
