"""The lines of vCards 4.0 (RFC 6350): folding, groups, parameters (RFC 6868 too) and escapes.  Nothing of what they
mean.  Never raises: what is wrong is a problem with its line, and its card is left out."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.directory.rules.document import Problems

_BREAK = re.compile(r"\r\n|\n|\r")
_SPLIT = re.compile(rb"(\r?\n[ \t])([\x80-\xbf]+)")
"""A line folded inside a character, as programs do that count octets; its rest goes before the break."""
_NAME = re.compile(r"(?:[A-Za-z0-9-]+\.)?(?P<name>[A-Za-z0-9-]+)(?=[;:])")
_PARAMETER = re.compile(r';(?P<name>[A-Za-z0-9-]+)=(?P<values>(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)(?=[;:])')
_VALUE = re.compile(r'"([^"]*)"|([^",]+)')
_UNIT = re.compile(r"\\.|.", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_CARET = re.compile(r"\^([n'^])")


@dataclass(frozen=True, slots=True)
class Property:
    """One line of a card, unfolded."""

    line: int
    name: str
    """In capitals, without its group."""
    parameters: Mapping[str, tuple[str, ...]]
    """By names in capitals; a list in quotes is several values."""
    value: str
    """As it was written, escapes included."""

    @property
    def text(self) -> str:
        """The value without its escapes."""
        return _plain(self.value)

    def parts(self, separator: str) -> list[str]:
        """The texts between separators that are not escaped."""
        found = [""]
        for unit in _UNIT.findall(self.value):
            if unit == separator:
                found.append("")
            else:
                found[-1] += unit
        return [_plain(one).strip() for one in found]

    def parameter(self, name: str) -> str:
        """The first value of a parameter, or nothing."""
        return next(iter(self.parameters.get(name, ())), "")

    @property
    def types(self) -> frozenset[str]:
        """What TYPE says, in small letters."""
        return frozenset(value.casefold() for value in self.parameters.get("TYPE", ()))


@dataclass(slots=True)
class Card:
    """One card, between its BEGIN and END."""

    line: int
    properties: list[Property] = field(default_factory=list)
    good: bool = True

    def all(self, name: str) -> list[Property]:
        """All properties of a name: by their PREF, else as they stand."""
        return sorted((one for one in self.properties if one.name == name), key=_preference)

    def first(self, name: str) -> Property | None:
        """The one that is preferred."""
        return next(iter(self.all(name)), None)


def read_cards(data: bytes, problems: Problems) -> tuple[list[Card], int]:
    """The good cards, and how many there are with the bad ones."""
    try:
        text = _SPLIT.sub(rb"\2\1", data).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.add(data[: error.start].count(b"\n") + 1, "not-utf8")
        return [], 0
    cards: list[Card] = []
    card: Card | None = None
    for line, content in _unfolded(text):
        mark = content.strip().upper()
        if mark == "BEGIN:VCARD":
            _unclosed(card, problems)
            card = Card(line)
            cards.append(card)
        elif card is None:
            problems.add(line, "card-outside")
        elif mark == "END:VCARD":
            _judge(card, problems)
            card = None
        elif (one := _property(line, content)) is None:
            problems.add(line, "card-line")
            card.good = False
        else:
            card.properties.append(one)
    _unclosed(card, problems)
    if not cards and not problems.found:
        problems.add(1, "no-cards")
    return [card for card in cards if card.good], len(cards)


def _unclosed(card: Card | None, problems: Problems) -> None:
    if card is not None:
        problems.add(card.line, "card-open")
        card.good = False


def _judge(card: Card, problems: Problems) -> None:
    version = card.first("VERSION")
    if version is None or version.text.strip() != "4.0":
        problems.add(card.line, "card-version", value=version.text if version else "?")
        card.good = False


def _unfolded(text: str) -> Iterable[tuple[int, str]]:
    """Each line with the number of where it begins; a line that begins with a space goes on."""
    start, held = 0, ""
    for number, line in enumerate(_BREAK.split(text), 1):
        if line[:1] in {" ", "\t"} and start:
            held += line[1:]
            continue
        if held.strip():
            yield start, held
        start, held = number, line
    if held.strip():
        yield start, held


def _property(line: int, content: str) -> Property | None:
    named = _NAME.match(content)
    if named is None:
        return None
    at, parameters = named.end(), dict[str, tuple[str, ...]]()
    while content[at] == ";":
        found = _PARAMETER.match(content, at)
        if found is None:
            return None
        values = [a or b for a, b in _VALUE.findall(found["values"])]
        name = found["name"].upper()
        # TYPE="voice,work" is what RFC 6350 itself writes for two types.
        split = [part for value in values for part in (value.split(",") if name == "TYPE" else [value])]
        parameters[name] = parameters.get(name, ()) + tuple(map(_caret, split))
        at = found.end()
    return Property(line, named["name"].upper(), parameters, content[at + 1 :])


def _preference(one: Property) -> int:
    said = one.parameter("PREF")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 4 else 101


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], text)


def _caret(text: str) -> str:
    return _CARET.sub(lambda found: {"n": "\n", "'": '"', "^": "^"}[found[1]], text)
