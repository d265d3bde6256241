"""Letters that look like others (Unicode TR 39, by the tables of confusable-homoglyphs): Cyrillic ``С`` is no ``C``.

What people compare by eye is compared here by how it looks.  Nothing that only looks alike is ever taken for the
real thing: these texts are for saying so.
"""

import re
import unicodedata
from functools import cache, lru_cache

_WORD = re.compile(r"[^\W\d_]+")


_IN_ASCII = {"0": "O", "1": "l", "I": "l", "|": "l", "m": "rn"}
"""Those of ASCII that look like others of ASCII, as the tables say."""


@cache
def _likes() -> dict[str, str]:
    """Characters, and the letter or digit of ASCII that each looks like.

    All of the tables are 6 MiB, which nobody needs before somebody writes in another script."""
    from confusable_homoglyphs.utils import load  # noqa: PLC0415

    found = {}
    for character, likes in load("confusables.json").items():
        if plain := [like["c"] for like in likes if like["c"].isascii() and like["c"].isalnum()]:
            found[character] = plain[0]
    return found


def _is_latin(character: str) -> bool:
    if unicodedata.name(character, "").startswith("LATIN "):
        return True
    from confusable_homoglyphs.categories import alias  # noqa: PLC0415  (for another script only, as above)

    return bool(alias(character) == "LATIN")


@lru_cache(maxsize=4096)
def _latin(character: str) -> str:
    """The letter or digit of ASCII that this one looks like and is not; else the character itself."""
    if character.isascii() or not character.isalnum() or _is_latin(character):
        return character
    return _likes().get(character, character)


def plainly(text: str) -> str:
    """The text in Latin letters and digits as far as it looks like them; the same object if nothing does."""
    if text.isascii():
        return text
    plain = "".join(map(_latin, unicodedata.normalize("NFC", text)))
    return text if plain == unicodedata.normalize("NFC", text) else plain


def unmixed(text: str) -> str:
    """The same with every word written plainly that mixes Latin letters with letters that only look Latin.

    A word that is all Cyrillic or Greek is somebody's language and stays."""
    if text.isascii():
        return text
    return _WORD.sub(lambda found: plainly(found[0]) if _mixes(found[0]) else found[0], text)


def looks(text: str) -> str:
    """What two texts have in common that look the same: for comparing Matrix ids, never for showing."""
    plain = "".join(_IN_ASCII.get(character, character) for character in plainly(unicodedata.normalize("NFKC", text)))
    return plain.casefold()


def _mixes(word: str) -> bool:
    return any(map(_is_latin, word)) and any(_latin(c) != c for c in word)
