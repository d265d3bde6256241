"""Text for people in its two forms, plain and HTML, that always say the same.

Everything from outside (people, directory, network) enters through :func:`quote` or as a value of
:func:`fill` and is neutralised: control, bidirectional and zero-width characters cannot reorder or hide
what stands beside them (Unicode TR 36), and HTML is escaped.
"""

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

_BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_MARK = re.compile("\ue000(\\d+)\ue001")
_ODD = re.compile(r"[^ -~\n\t]")
"""What may have to be changed; of ASCII only control characters."""
_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_KEEP = {"\n", "\t", "\u200c", "\u200d"}  # joiners belong to words of some scripts and to emoji
_HIDDEN = {"Cc", "Cf", "Co", "Cs", "Cn"}


@dataclass(frozen=True, slots=True)
class Rich:
    """A piece of text, ``plain`` and ``html`` (the subset that Matrix clients show)."""

    plain: str = ""
    html: str = ""

    def __add__(self, other: "Rich") -> "Rich":
        return Rich(self.plain + other.plain, self.html + other.html)

    def __bool__(self) -> bool:
        return bool(self.plain)

    @classmethod
    def lines(cls, parts: Iterable["Rich"]) -> Self:
        """One below the other; empty ones are left out."""
        kept = [part for part in parts if part]
        return cls("\n".join(p.plain for p in kept), "<br>".join(p.html for p in kept))

    def bold(self) -> "Rich":
        """The same, emphasised in HTML."""
        return Rich(self.plain, f"<strong>{self.html}</strong>")


def neutral(text: str) -> str:
    """The text without control, bidirectional-override, private-use and zero-width characters.

    Line breaks and tabs stay; other line separators become line breaks.
    """
    if _ODD.search(text) is None:
        return text
    text = _BREAK.sub("\n", text)
    text = "".join(c for c in text if c in _KEEP or unicodedata.category(c) not in _HIDDEN)
    return unicodedata.normalize("NFC", text)  # what is neighbours only now may be one letter


def quote(text: str) -> Rich:
    """Somebody else's words, neutralised and escaped, line breaks kept."""
    clean = neutral(text)
    return Rich(clean, html.escape(clean).replace("\n", "<br>"))


def code(text: str) -> Rich:
    """An address, fingerprint or command, kept left-to-right and unbroken."""
    clean = neutral(text).replace("\n", " ")
    return Rich(clean, f'<code dir="ltr">{html.escape(clean)}</code>')


def link(href: str, label: str) -> Rich:
    """A link whose target enlace itself made (``tel:``, ``mailto:``, ``https:``)."""
    clean = neutral(label).replace("\n", " ")
    return Rich(clean, f'<a href="{html.escape(neutral(href))}">{html.escape(clean)}</a>')


def fill(template: str, values: Mapping[str, Rich]) -> Rich:
    """Our own template, where ``**bold**`` and `` `code` `` are markup and ``\\ue000N\\ue001`` stands for the
    N-th of ``values``; markup inside a value is only text."""
    pieces = list(values.values())
    both = _both(template)
    return Rich(
        _MARK.sub(lambda m: pieces[int(m[1])].plain, both.plain),
        _MARK.sub(lambda m: pieces[int(m[1])].html, both.html),
    )


@lru_cache(maxsize=512)
def _both(template: str) -> Rich:
    marked = html.escape(template)
    marked = _CODE.sub(r"<code>\1</code>", _BOLD.sub(r"<strong>\1</strong>", marked)).replace("\n", "<br>")
    return Rich(_CODE.sub(r"\1", _BOLD.sub(r"\1", template)), marked)
