"""Names as people type them: folding, so that case, accents and punctuation do not matter.  Pure."""

import re
import unicodedata
from functools import lru_cache

_FOLDED_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC")
_NO_DECOMPOSITION = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t"}
    | {"ة": "ه", "ى": "ي", "ی": "ي", "ک": "ك"}  # letters of Arabic that people type for one another
)
_ARABIC_EXTRAS = re.compile("[\u0640\u064b-\u0655\u0670]")  # tatweel, vowel and hamza marks: left out when typing
_HANDLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


def is_handle(text: str) -> bool:
    """Whether this may be an organisation's handle: ASCII letters, digits, ``.``, ``_`` and ``-``, 63 at most."""
    return bool(_HANDLE.fullmatch(text))


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """The text for comparing: case folded, compatibility forms made plain (NFKD), accents of Latin, Greek and
    Cyrillic letters and the vowel marks of Arabic dropped, letters of Arabic that are typed for one another the same,
    everything that is neither letter nor digit one space.

    Marks of other scripts stay: in Devanagari or Thai they are vowels, not ornaments."""
    if text.isascii():
        return " ".join(re.findall(r"[a-z0-9]+", text.lower()))
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_NO_DECOMPOSITION)
    out: list[str] = []
    western = False
    for character in _ARABIC_EXTRAS.sub("", plain):
        kind = unicodedata.category(character)
        if kind[0] == "M":
            if not western:
                out.append(character)
        elif kind[0] in "LN":
            western = character.isascii() or unicodedata.name(character, "").startswith(_FOLDED_SCRIPTS)
            out.append(character)
        elif kind != "Cf":
            western = False
            out.append(" ")
    return " ".join(unicodedata.normalize("NFC", "".join(out)).split())


def words(text: str) -> list[str]:
    """The folded words of a name."""
    return fold(text).split()


def typos_allowed(length: int) -> int:
    """How many slips (a letter too many, too few, wrong, or two swapped) a word of so many letters may have."""
    return 0 if length < 4 else 1 if length < 7 else 2
