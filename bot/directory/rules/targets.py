"""Targets as people type them: ``TARGET := WHO[/ROLE]``, where the list ends, and what is left over.  Pure.

In what leaves the room the list ends at the TLP label, the severity or the line break, whichever comes first.
Words of two and three letters count as codes only in capitals.  Nothing here sends: what is neither target nor
option is handed back as left over, and then nothing may be sent without a preview.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, groupby
from unicodedata import category

from bot.directory.rules import roles
from bot.directory.rules.naming import fold
from bot.errors import NotDone
from bot.i18n.lookalikes import plainly
from bot.tlp import Tlp, UnclearLabel, parse

SEVERITIES = {
    "low": "low", "baja": "low", "basse": "low", "faible": "low", "baixa": "low",
    "medium": "medium", "media": "medium", "moyenne": "medium",
    "high": "high", "alta": "high", "haute": "high", "elevee": "high",
    "critical": "critical", "critica": "critical", "critico": "critical", "critique": "critical",
}  # fmt: skip
"""Severity words, folded, and their canonical form.  Words that are also prepositions (*bajo*, *bas*) are none."""

PREFIXES = ("net", "cap", "sector")
_COMMAS = ",،，、;；"
_AFTER_SEVERITY = " :.·-–—"
_QUOTES = {'"': '"', "“": "”", "”": "”", "„": "“", "«": "»", "»": "«", "＂": "＂"}
_LABEL = re.compile(
    r"tlp(?P<gap>\s*[:：]\s*|[\s-]+)(?P<label>[^\s,;]*(?:(?<=amber)[\s_-]*\+?[\s_-]*strict\b)?)", re.IGNORECASE
)
_24_7 = re.compile(r"/\s*24\s*[/x]\s*7$|/\s*24h$|/\s*247$", re.IGNORECASE)
_FLAG_OR_NONE = re.compile(r"[🇦-🇿]{2}(?:/\S*)?|(?:(?![🇦-🇿]{2})\S)+")
_CODE_LIKE = re.compile(r"(?=.*[A-Z])[A-Z0-9]{2,}|\S*[-@:/]\S*")

LONGEST_TARGET = 255
LONGEST_LIST = 4000
"""Characters; nobody types more, and every one of them is looked up."""

Knows = Callable[[str], bool]


class TargetsTooLong(NotDone):
    """No target and no list of targets is that long ({limit} characters at most); nothing was done."""

    code = "targets-too-long"


@dataclass(frozen=True, slots=True)
class Target:
    """One target."""

    text: str
    """As it was typed."""
    who: str
    role: str | None = None
    """A role's id; None: not said (then :data:`bot.directory.rules.roles.DEFAULT` counts for a country)."""
    always: bool = False
    """``/247``: whoever can be reached at any hour."""

    @property
    def group(self) -> bool:
        """Whether it names a group (``net:``, ``cap:``, ``sector:``) rather than somebody."""
        return self.who.partition(":")[0].casefold() in PREFIXES and ":" in self.who


@dataclass(frozen=True, slots=True)
class ParsedTargets:
    """The first line of a command that leaves the room, taken apart."""

    targets: tuple[Target, ...]
    tlp: Tlp | None = None
    severity: str | None = None
    rest: str = ""
    """What follows the label or the severity on the line: the subject or the summary."""
    leftovers: tuple[str, ...] = ()
    """Words before the end of the list that are neither target nor option."""


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    quoted: bool = False


def parse_target(text: str, knows: Knows) -> Target:
    """``WHO[/ROLE][/247]``; a name that itself holds a slash (``JPCERT/CC``) is one if the directory knows it."""
    text = text.strip()
    if len(text) > LONGEST_TARGET:
        raise TargetsTooLong(limit=LONGEST_TARGET)
    who, role, always = text, None, False
    while "/" in who[who.find(":") if who.startswith("@") else 0 :] and not knows(who):
        if found := _24_7.search(who):
            who, always = who[: found.start()].strip(), True
        elif before := who.rpartition("/")[0].strip():
            who, role = before, roles.canonical(who.rpartition("/")[2])
        else:
            break  # a role of nobody
    return Target(text, who, role, always)


def parse_targets(line: str, knows: Knows, *, with_severity: bool = False) -> ParsedTargets:
    """Take apart the first line of ``!send`` (or, ``with_severity``, of ``!escalate``).

    ``knows`` says whether a word or a name is a target in what leaves the room (:meth:`Register.knows`).
    Raises :class:`bot.tlp.UnclearLabel` for ``tlp:`` with anything but a label."""
    groups, at = _head(line, with_severity)
    if sum(len(word.text) for group in groups for word in group) > LONGEST_LIST:
        raise TargetsTooLong(limit=LONGEST_LIST)
    tlp, severity, rest = _options(line[at:], with_severity)
    targets: list[Target] = []
    leftovers: list[str] = []
    known = 0
    for group in groups:
        for text, quoted in _pieces(group, knows):
            target = parse_target(text, knows)
            is_known = target.group or target.who.startswith("@") or knows(target.who)
            known += is_known
            imitates = not target.who.isascii() and knows(plainly(target.who))
            if is_known or imitates or quoted or _CODE_LIKE.fullmatch(text):
                targets.append(target)
            else:
                leftovers.append(text)
    if not targets and groups:
        # Nothing here is a target: then the first piece was meant as one, and the answer can name what is near it.
        first = " ".join(word.text for word in groups[0])[:LONGEST_TARGET]
        targets.append(parse_target(first, knows))
        leftovers = [word.text for group in groups[1:] for word in group]
    return ParsedTargets(tuple(dict.fromkeys(targets)), tlp, severity, rest, tuple(leftovers))


def behind_the_list(line: str, *, with_severity: bool = False) -> str:
    """The subject or the summary of a first line that may be wrong in everything else: what follows its options."""
    line, label, severity = line[_head(line, with_severity)[1] :], False, False
    while True:
        line = line.lstrip().lstrip(_COMMAS).lstrip()
        if not label and (found := _label(line, 0)):
            line, label = line[found.end() :], True
        elif with_severity and not severity and (word := _severity(line, 0)):
            line, severity = line[len(word) :].lstrip(_AFTER_SEVERITY), True
        else:
            return line.strip()


def split_at_label(line: str) -> tuple[str, Tlp | None, str]:
    """What stands before a line's TLP label, the label, and what follows it.

    Raises :class:`bot.tlp.UnclearLabel` for ``tlp:`` with anything but a label."""
    for at in range(len(line)):
        if (at == 0 or line[at - 1].isspace() or line[at - 1] in _COMMAS) and (found := _label(line, at)):
            return line[:at].strip(), parse(found["label"]), line[found.end() :].strip()
    return line.strip(), None, ""


def _pieces(group: list[_Word], knows: Knows) -> list[tuple[str, bool]]:
    """A group between commas is one name if the directory knows it as one, else every word is a piece of its own.

    So is a flag or another sign beside a name: compared as names are, it would not be there."""
    pieces: list[tuple[str, bool]] = []
    for sign, some in groupby(chain.from_iterable(map(_apart, group)), _is_sign):
        words = list(some)
        whole = " ".join(word.text for word in words)
        one = len(words) > 1 and len(whole) <= LONGEST_TARGET and not any(word.quoted for word in words)
        if one and not sign and knows(parse_target(whole, knows).who):
            pieces.append((whole, False))
        else:
            pieces += [(word.text, word.quoted) for word in words]
    return pieces


def _apart(word: _Word) -> list[_Word]:
    """Flags that touch one another or a name are words of their own."""
    return [word] if word.quoted else [_Word(text) for text in _FLAG_OR_NONE.findall(word.text)]


def _is_sign(word: _Word) -> bool:
    who = word.text.partition("/")[0]
    return not fold(who) and any(category(character) == "So" for character in who)


def _head(line: str, with_severity: bool) -> tuple[list[list[_Word]], int]:
    """The words of the list, grouped by commas, and where the options begin."""
    groups: list[list[_Word]] = [[]]
    at = 0
    while at < len(line):
        character = line[at]
        if character.isspace():
            at += 1
        elif character in _COMMAS:
            groups.append([])
            at += 1
        elif character in _QUOTES:
            end = line.find(_QUOTES[character], at + 1)
            end = len(line) if end < 0 else end
            after = _word_end(line, end + 1) if line[end + 1 : end + 2] == "/" else end + 1
            if text := line[at + 1 : end].strip() + line[end + 1 : after]:
                groups[-1].append(_Word(text, quoted=True))
            at = after
        elif _label(line, at) or (with_severity and _severity(line, at)):
            break
        else:
            end = max(_word_end(line, at), at + 1)
            groups[-1].append(_Word(line[at:end]))
            at = end
    return [group for group in groups if group], at


def _options(line: str, with_severity: bool) -> tuple[Tlp | None, str | None, str]:
    """Label and severity in either order, each once; the rest is the subject."""
    tlp: Tlp | None = None
    severity: str | None = None
    while True:
        line = line.lstrip().lstrip(_COMMAS).lstrip()
        found = _label(line, 0) if tlp is None else None
        if found:
            tlp = parse(found["label"])
            line = line[found.end() :]
        elif with_severity and severity is None and (word := _severity(line, 0)):
            severity = SEVERITIES[fold(word)]
            line = line[len(word) :].lstrip(_AFTER_SEVERITY)
        else:
            return tlp, severity, line.strip()


def _label(line: str, at: int) -> re.Match[str] | None:
    """A TLP label at this place; with a colon anything is meant as one, without only a real label is."""
    found = _LABEL.match(line, at)
    if not found or ":" in found["gap"] or "：" in found["gap"]:
        return found
    try:
        parse(found["label"])
    except UnclearLabel:
        return None
    return found


def _severity(line: str, at: int) -> str | None:
    word = line[at : _word_end(line, at)]
    return word if fold(word) in SEVERITIES else None


def _word_end(line: str, at: int) -> int:
    while at < len(line) and not line[at].isspace() and line[at] not in _COMMAS and line[at] not in _QUOTES:
        at += 1
    return at
