"""What an author writes in front of a line to say how far it may go: ``//`` keeps it here, a label binds it.  Pure."""

import re

from bot.tlp import Tlp, UnclearLabel, parse

_HIDDEN = "\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_KEPT = re.compile(rf"^[\s{_HIDDEN}]*(?://|／／)", re.MULTILINE)
_ARMOURED = re.compile(r"^-----BEGIN PGP .*?^-----END PGP ", re.MULTILINE | re.DOTALL)
_LABEL = re.compile(
    r"^\W*(tlp[ \t:：\-]+[a-z]+(?:[ \t+_\-]+strict)?)(?![\w+])",  # a label, and not the beginning of another word
    re.IGNORECASE | re.MULTILINE,
)


def stays(text: str) -> bool:
    """Whether its author keeps it in their own room."""
    return _KEPT.match(text) is not None


def partly_stays(text: str) -> bool:
    """Whether that is said of one of its lines; in what is encrypted it is none."""
    return _KEPT.search(_ARMOURED.sub("", text)) is not None


def above(text: str, label: Tlp) -> Tlp | None:
    """The strictest label that stands before a line and lets less through than ``label``; None if none does."""
    found = []
    for written in _LABEL.findall(text):
        try:
            found.append(parse(written))
        except UnclearLabel:
            continue
    return max((each for each in found if label < each), key=lambda each: each.rank, default=None)
