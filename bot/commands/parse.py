"""From what somebody typed to a command and its words.

A command starts with ``!``, ``¡`` or ``！``, or calls the bot by its name first.  Only the first line is made
plain (quotes, spaces); the lines below it are kept byte for byte.
"""

import html
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import unquote

from bot.commands.answers import fold, read_answer
from bot.directory.rules.likeness import likest
from bot.errors import EnlaceError, NotDone
from bot.exchange.rules.relation import without_fallback
from bot.i18n.rich import Rich, code
from bot.ids import UserId, parse_user_id

NEAR = 60.0
"""Least likeness (0 to 100, Indel ratio) of a word that is suggested."""
SUGGESTED = 3

_PLAIN = str.maketrans(dict.fromkeys("“”„‟«»″＂", '"') | dict.fromkeys("‘’‚‛′＇", "'"))
_MARKS = "!！"
_HIDDEN = {"Cc", "Cf", "Cs"}
_KEPT = {"\u200c", "\u200d", *map(chr, range(0xE0020, 0xE0080))}
"""Joiners belong to words of some scripts and to emoji, tags to flags (UTS 51)."""
_AFTER_WORD = re.compile(r"[:,;.!?！：，]+(?=\s|$)")
_AFTER_NAME = re.compile(r"[:,]?(?:[^\S\n]+|(?=\n)|$)|(?=[!！¡])")
_PILL = re.compile(r"\s*(?:<p>\s*)?<a\s[^>]*?href=[\"']([^\"']{1,1024})[\"'][^>]*>(.{1,256}?)</a>", re.DOTALL)
_QUOTED = re.compile(r"\s*<mx-reply>.*?</mx-reply>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_MARKDOWN_LINK = re.compile(r"\[[^\]\n]{0,256}\]\((?:<)?([^)>\s]{1,1024})(?:>)?\)")
_LINKS = ("https://matrix.to/#/", "matrix:u/")


class UnknownCommand(NotDone):
    """There is no command “{word}”; nothing was done."""

    code = "unknown-command"


class MistypedCommand(NotDone):
    """There is no command “{word}”; nothing was done. The nearest: {near}."""

    code = "mistyped-command"


class NoCommand(NotDone):
    """You called me without saying what to do."""

    code = "no-command"


class Meaning(NamedTuple):
    """What a command word stands for."""

    name: str
    """The command's canonical name."""
    languages: tuple[str, ...]
    """The languages that have this word for it."""


@dataclass(frozen=True, slots=True)
class Speech:
    """What a message says, without what clients add to it."""

    text: str
    """Without the fallback of a rich reply and without the bot's name in front."""
    addressed: bool
    """Whether it calls the bot by its name first."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A command was typed."""

    name: str
    language: str
    """Of the word; a word that several languages share speaks the room's."""
    first_line: str
    """What follows the word on its line: plain quotes and spaces, invisible characters gone."""
    body: str
    """The lines below, as typed."""
    word: str
    """The word as typed."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A command was meant, but there is none by that word."""

    word: str
    near: tuple[str, ...]
    """The nearest command words, the nearest first, without the exclamation mark."""
    first_line: str
    body: str

    def error(self) -> EnlaceError:
        """What to tell the person."""
        if not self.word:
            return NoCommand()
        if not self.near:
            return UnknownCommand(word=self.word)
        pieces = [code(f"!{word}") for word in self.near]
        near = Rich(" · ".join(p.plain for p in pieces), " · ".join(p.html for p in pieces))
        return MistypedCommand(word=self.word, near=near)


def read_command(
    content: Mapping[str, Any], bot_user: UserId, words: Mapping[str, Meaning], room_language: str
) -> Typed | Unknown | None:
    """Read the content of an ``m.room.message``; None if it is no command.

    ``words`` maps folded words (:func:`bot.commands.answers.fold`) to their meaning.  Never raises, whatever
    the content holds.  Edits and notices are the caller's business.

    A message that starts with ``!`` is always a command or an unknown one: it never counts as talk.  One that
    starts with ``¡`` and no command word near is Spanish ("¡Gracias!")."""
    speech = said(content, bot_user)
    above, _, body = speech.text.lstrip("\ufeff \t\r\n").partition("\n")
    line = plain_line(above)
    mark = line[:1] if line[:1] in (*_MARKS, "¡") else ""
    if not mark and not speech.addressed:
        return None
    rest = line[len(mark) :].lstrip()
    word = _first_word(rest)
    after = rest[len(word) :]
    trailing = _AFTER_WORD.match(after)
    first_line = after[trailing.end() if trailing else 0 :].strip()
    meaning = words.get(fold(word))
    if meaning is not None:
        language = room_language if room_language in meaning.languages else meaning.languages[0]
        return Typed(meaning.name, language, first_line, body, word)
    if read_answer(speech.text) is not None:
        return None  # "@enlace ok" answers a question
    if not word and not speech.addressed and not any(c.isalnum() for c in speech.text):
        return None
    near = tuple(_near(word, words, room_language))
    if mark == "¡" and (not near or "!" in after):
        return None
    return Unknown(word or rest[:32], near, first_line if word else rest, body)


def said(content: Mapping[str, Any], bot_user: UserId) -> Speech:
    """What the message says, and whether it calls the bot first: ``@enlace``, the full Matrix id, or a pill."""
    body = content.get("body")
    if not isinstance(body, str):
        return Speech("", addressed=False)
    text = without_fallback(body).lstrip("\ufeff \t\r\n")
    for name in _names(content, bot_user, text):
        if text[: len(name)].casefold() == name.casefold():
            end = _AFTER_NAME.match(text, len(name))
            if end:
                return Speech(text[end.end() :], addressed=True)
    return Speech(text, addressed=False)


def plain_line(line: str) -> str:
    """One line with plain quotes and spaces and without invisible characters; nothing else is changed."""
    out = []
    for character in line.translate(_PLAIN):
        category = unicodedata.category(character)
        if category == "Zs" or character in "\t\u2028\u2029\x0b\x0c\x85":
            out.append(" ")
        elif category not in _HIDDEN or character in _KEPT:
            out.append(character)
    return unicodedata.normalize("NFC", "".join(out)).strip()


def take_user(text: str) -> tuple[UserId, str]:
    """The Matrix user that ``text`` begins with, and the rest: ``@ana:cert.mx``, or a link to them as clients write
    it for a pill.  Raises :class:`bot.ids.BadUserId`."""
    text = text.strip()
    pill = _MARKDOWN_LINK.match(text)
    named, rest = (pill[1], text[pill.end() :]) if pill else (text.partition(" ")[0], text.partition(" ")[2])
    for start in _LINKS:
        if named.startswith(start):
            named = unquote(named[len(start) :]).split("?", 1)[0]
            named = named if named.startswith("@") else f"@{named}"
    return parse_user_id(named.rstrip(",;:")), rest.strip()


def _first_word(rest: str) -> str:
    for place, character in enumerate(rest):
        if not (character.isalnum() or character in "-_" or unicodedata.category(character).startswith("M")):
            return rest[:place]
    return rest


def _names(content: Mapping[str, Any], bot_user: UserId, text: str) -> Iterator[str]:
    """Everything that stands for the bot at the start of this message, longest first where it matters."""
    yield bot_user
    local = bot_user[1:].split(":", 1)[0]
    yield f"@{local}"
    link = _MARKDOWN_LINK.match(text)
    if link and _points_to(link[1], bot_user):
        yield link[0]
    formatted = content.get("formatted_body")
    if isinstance(formatted, str):
        quoted = _QUOTED.match(formatted)
        pill = _PILL.match(formatted, quoted.end() if quoted else 0)
        if pill and _points_to(html.unescape(pill[1]), bot_user):
            label = html.unescape(_TAG.sub("", pill[2])).strip()
            if label:
                yield label
    mentions = content.get("m.mentions")
    users = mentions.get("user_ids") if isinstance(mentions, Mapping) else None
    if isinstance(users, list) and bot_user in users:
        yield local


def _points_to(href: str, user: UserId) -> bool:
    for start in _LINKS:
        if href.startswith(start):
            target = unquote(href[len(start) :]).split("?", 1)[0]
            return target in (user, user[1:]) if start == "matrix:u/" else target == user
    return False


def _near(word: str, words: Mapping[str, Meaning], room_language: str) -> Iterator[str]:
    folded = fold(word)[:64]
    if not folded:
        return
    ranked = sorted(
        likest(folded, list(words), NEAR),
        key=lambda hit: (-hit[1], room_language not in words[hit[0]].languages, hit[0]),
    )
    names: set[str] = set()
    for candidate, _ in ranked:
        if words[candidate].name not in names:
            names.add(words[candidate].name)
            yield candidate
            if len(names) == SUGGESTED:
                return
