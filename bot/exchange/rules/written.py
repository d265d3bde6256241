"""What an author writes in front of a line to say how far it may go: ``//`` keeps it here, a label binds it.  Pure."""

import re

from bot.tlp import Tlp, UnclearLabel, parse

_KEPT = re.compile(r"[ \t\r\f\v\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]*(?://|／／)")
_LABEL = re.compile(
    r"^[^\w\n]*(tlp[ \t:：\-]+[a-z]+(?:[ \t+_\-]+strict)?)(?![\w+])",  # a label, and not the beginning of another word
    re.IGNORECASE | re.MULTILINE,
)


def stays(text: str) -> bool:
    """Whether its author keeps it in their own room."""
    return _KEPT.match(next((line for line in text.splitlines() if line.strip()), "")) is not None


def partly_stays(text: str) -> bool:
    """Whether that is said of one of its lines; in what is encrypted it is none."""
    inside = found = False
    for line in text.splitlines():
        if line.startswith("-----BEGIN PGP "):
            inside = True
        elif inside and line.startswith("-----END PGP "):
            inside = found = False
        elif _KEPT.match(line):
            if not inside:
                return True
            found = True
    return found  # what begins and never ends is not encrypted


def above(text: str, label: Tlp) -> Tlp | None:
    """The strictest label that stands before a line and lets less through than ``label``; None if none does."""
    found = []
    for written in _LABEL.findall(text):
        try:
            found.append(parse(written))
        except UnclearLabel:
            continue
    return max((each for each in found if label < each), key=lambda each: each.rank, default=None)
