"""One word that answers the bot: yes, no, or a number from its list; pure.

Only the whole message counts: "ok, but call me first" is not an answer.  Neither is a question ("ok?").
"""

import unicodedata
from dataclasses import dataclass

from bot.exchange.rules.relation import without_fallback

YES = frozenset({"ok", "okay", "si", "sim", "oui", "yes", "ack", "✅", "✔", "☑", "👍"})
NO = frozenset({"no", "nao", "non", "❌", "✖", "👎"})
HIGHEST = 99

_AROUND = " \t\n.,;:!¡！*_`\"'“”„‘’«»()[]#。、．）（"
_MODIFIERS = frozenset("\ufe0e\ufe0f\u20e3\u200b\u200c\u200d\u2060\ufeff")


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: ``yes`` True or False, or a ``number`` from 1 to 99; exactly one of the two is set."""

    yes: bool | None = None
    number: int | None = None


def fold(word: str) -> str:
    """A word for comparison: case, accents, width and invisible characters do not matter."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", word).casefold())
    return "".join(c for c in apart if unicodedata.category(c) not in {"Mn", "Cf"})


def read_answer(body: str) -> Answer | None:
    """The answer that this message is, or None if it is not one word that answers."""
    word = "".join(c for c in without_fallback(body) if c not in _MODIFIERS and not _is_skin_tone(c)).strip()
    if not word or len(word) > 32:
        return None
    word = "".join(" " if unicodedata.category(c) == "Zs" else c for c in word).strip(_AROUND)
    folded = fold(word)
    if folded in YES:
        return Answer(yes=True)
    if folded in NO:
        return Answer(yes=False)
    number = _number(word)
    return Answer(number=number) if number is not None else None


def _is_skin_tone(character: str) -> bool:
    return "\U0001f3fb" <= character <= "\U0001f3ff"  # UTS 51, emoji modifiers


def _number(word: str) -> int | None:
    if not word or len(word) > 2:
        return None
    if all(unicodedata.decimal(c, None) is not None for c in word):
        value = int("".join(str(unicodedata.decimal(c)) for c in word))
    elif len(word) == 1 and unicodedata.category(word) == "No":
        amount = unicodedata.numeric(word, 0.0)  # circled, parenthesised, superscript
        value = int(amount) if amount == int(amount) else 0
    else:
        return None
    return value if 1 <= value <= HIGHEST else None
