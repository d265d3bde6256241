"""Letters that look like others (Unicode TR 39, by the tables of confusable-homoglyphs): Cyrillic ``С`` is no ``C``.

What people compare by eye is compared here by how it looks.  Nothing that only looks alike is ever taken for the
real thing: these texts are for saying so.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from confusable_homoglyphs.categories import alias
from confusable_homoglyphs.utils import load

_WORD = re.compile(r"[^\W\d_]+")


def _in_ascii() -> Iterator[tuple[str, list[str]]]:
    """Characters, and what of ASCII they look like; all of the tables would be 6 MiB that nobody asks for."""
    for character, likes in load("confusables.json").items():
        if found := [like["c"] for like in likes if like["c"].isascii()]:
            yield character, found


_LIKES = dict(_in_ascii())
_IN_ASCII = {c: _LIKES[c][0] for c in "01I|m"}
"""Those of ASCII that look like others of ASCII: 1, I and | like l, 0 like O, m like rn."""


@lru_cache(maxsize=4096)
def _latin(character: str) -> str:
    """The letter or digit of ASCII that this one looks like and is not; else the character itself."""
    if character.isascii() or not character.isalnum() or alias(character) == "LATIN":
        return character
    return next((like for like in _LIKES.get(character, ()) if like.isalnum()), character)


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
    return any(alias(c) == "LATIN" for c in word) and any(_latin(c) != c for c in word)
