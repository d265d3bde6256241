"""``!update FIELD VALUE``: an organisation's own people propose a change of its entry; several, a line each.

Shown first with what comes and what goes; ``ok`` proposes exactly what was shown, and a coordinator approves it.
A contact can be changed where everybody may see it, and nowhere else."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Protocol

from bot.commands.answers import fold
from bot.commands.call import Access, Answer, Call, Command, Question, Refusal, Reply
from bot.commands.parse import plain_line
from bot.commands.readers import readers_of
from bot.db.unit import Unit
from bot.directory.model import Contact, Organisation
from bot.directory.rules.phone import tel
from bot.directory.rules.visibility import Audience, may_see, visible
from bot.directory.service import Register, say_contact
from bot.directory.service.proposal_news import say_line
from bot.directory.service.updating import Updating
from bot.errors import NotDone
from bot.formats import typed
from bot.i18n.catalogue import catalogue, say
from bot.i18n.rich import Rich, code
from bot.ids import Handle
from bot.ports import TrustView
from bot.tlp import Tlp
from bot.tlp import parse as parse_label

MOST_LINES = 10
"""Of one message: so many changes can be read at once."""
_LABEL = re.compile(r"(?:^|\s)(?P<label>tlp(?:\s*[:：]|\s).*)$", re.IGNORECASE)
_NUMBER = re.compile(r"(?P<number>\d{1,2})(?:\s+|$)(?P<rest>.*)")


class Needs(Protocol):
    """What ``!update`` uses."""

    @property
    def register(self) -> Register:
        """The directory."""

    @property
    def trust(self) -> TrustView:
        """Who reads along."""

    @property
    def updating(self) -> Updating:
        """Proposes what changes."""


class UpdateWhat(NotDone):
    """“{word}” is nothing of your entry that you can change here. Nothing was proposed."""

    code = "update-what"


class UpdateTooMuch(NotDone):
    """At most {most} changes at once. Nothing was proposed."""

    code = "update-too-much"


class UpdateOfWhom(NotDone):
    """The directory names you in no organisation, so you have no entry to change. Nothing was proposed."""

    code = "update-of-whom"


class _Which(Exception):
    """Several contacts are of this kind, and the line of this number does not say which is meant."""

    def __init__(self, line: int, options: Sequence[str], shown: Sequence[Contact]) -> None:
        super().__init__(line)
        self.line, self.options, self.shown = line, options, shown


class _NotHere(Exception):
    """A contact under this label is not for everybody who reads along."""


async def run(call: Call, unit: Unit, services: Needs) -> Answer:
    """Ask which is meant, show what would be proposed, or propose what was shown."""
    if call.caller.organisation is None:
        raise UpdateOfWhom
    lines = [line for text in call.text.splitlines() if (line := plain_line(text))]
    if not lines:
        return Refusal(say(call.language, "update-usage"))
    if len(lines) > MOST_LINES:
        raise UpdateTooMuch(most=MOST_LINES)
    record = await services.updating.entry(unit, call.caller.organisation)
    connected = services.register.connected(record.organisation.handle)
    editor = _Editor(record.organisation, readers_of(call, services.register, services.trust), connected)
    try:
        for number, line in enumerate(lines):
            editor.apply(number, line)
    except _Which as which:
        return _ask_which(call, lines, which)
    except _NotHere:
        return Refusal(say(call.language, "update-not-here"), kept=False)
    draft = await services.updating.draft(unit, record, editor.after)
    moved = set(record.organisation.contacts) ^ set(editor.after.contacts)
    label = _strictest(moved)
    if not call.confirmed or call.extra.get("shown") != list(draft.lines):
        head = say(call.language, "update-preview", organisation=record.organisation.handle)
        beside = Rich()
        if draft.beside:
            beside = say(call.language, "update-beside", refs=", ".join(draft.beside), count=len(draft.beside))
        text = Rich.lines([head, *map(say_line, draft.lines), beside, say(call.language, "update-ok")])
        return Reply(text, tlp=label, question=Question((call.first_line,), {"shown": list(draft.lines)}, call.body))
    made = await services.updating.propose(unit, draft, file="!update", actor=call.caller.actor)
    text = say(call.language, "update-proposed", ref=made.ref, until=f"{made.expires_at:%Y-%m-%d}")
    return Reply(text, tlp=Tlp.AMBER, ref=made.ref)


class _Editor:
    """An entry that changes line by line."""

    def __init__(self, organisation: Organisation, audience: Audience, connected: frozenset[Handle]) -> None:
        self.after = organisation
        self._audience = audience
        self._connected = connected

    def apply(self, number: int, line: str) -> None:
        """One line: the field, and what becomes of it."""
        word, _, rest = line.partition(" ")
        field = _fields().get(fold(word.rstrip(":=")))
        if field is None:
            raise UpdateWhat(word=word[:60])
        if field in typed.CONTACTS:
            self._contact(number, word, field, rest.strip())
        elif fold(rest.strip()) in words("remove"):
            self.after = typed.without(self.after, field)
        else:
            self.after = typed.changed(self.after, field, rest)

    def _contact(self, number: int, word: str, kind: str, said: str) -> None:
        label, said = _take_label(said)
        first, _, rest = said.partition(" ")
        adds, removes = fold(first) in words("add"), fold(first) in words("remove")
        text = rest.strip() if adds or removes else said
        seen = visible(self.after.contacts, self._audience, self.after, self._connected)
        there = [contact for contact in seen if contact.kind == kind]
        which, text = _take_number(text, 0 if adds else len(there))
        if removes and text:
            which = _place(there, text)
            if which is None:
                raise typed.NotForThisField(field=kind, value=text[:60])
        value = "" if removes else typed.contact(kind, text)
        if adds or not (there or removes):
            self._put(None, Contact(kind, value, label or Tlp.AMBER))
        elif which is not None or len(there) == 1:
            old = there[(which or 1) - 1]
            self._put(old, None if removes else Contact(kind, value, label or old.tlp))
        elif there:
            ends = [f"{first} {n}" if removes else f"{n} {value} {label or ''}" for n in range(1, len(there) + 1)]
            raise _Which(number, [f"{word} {end}".strip() for end in ends], there)

    def _put(self, old: Contact | None, new: Contact | None) -> None:
        """In its place; a new one at the end."""
        if new is not None and not may_see(new.tlp, self._audience, self.after, self._connected):
            raise _NotHere
        contacts = list(self.after.contacts)
        place = contacts.index(old) if old is not None else len(contacts)
        contacts[place : place + 1] = [new] if new is not None else []
        self.after = replace(self.after, contacts=tuple(contacts))


def _take_label(said: str) -> tuple[Tlp | None, str]:
    found = _LABEL.search(said)
    return (parse_label(found["label"]), said[: found.start()].strip()) if found else (None, said)


def _take_number(text: str, most: int) -> tuple[int | None, str]:
    """Which of so many is meant, if the text begins with that."""
    found = _NUMBER.fullmatch(text)
    if found is None or not 1 <= int(found["number"]) <= most:
        return None, text
    return int(found["number"]), found["rest"]


def _place(contacts: Sequence[Contact], text: str) -> int | None:
    """Which of these has this value, from 1 on."""
    wanted = tel(text) or text.casefold()
    return next((n for n, c in enumerate(contacts, start=1) if (tel(c.value) or c.value.casefold()) == wanted), None)


def _ask_which(call: Call, lines: list[str], which: _Which) -> Reply:
    """A numbered list of the contacts that may be meant."""
    options = tuple("\n".join([*lines[: which.line], option, *lines[which.line + 1 :]]) for option in which.options)
    shown = [
        Rich(f"{number}. ", f"{number}. ") + say_contact(contact) for number, contact in enumerate(which.shown, start=1)
    ]
    return Reply(
        Rich.lines([say(call.language, "update-which", line=code(lines[which.line])), *shown]),
        tlp=_strictest(which.shown),
        question=Question(options, body=""),
    )


def _strictest(contacts: Iterable[Contact]) -> Tlp:
    """The label of an answer that shows these; RED is only seen in its owner's own room."""
    return max((Tlp.AMBER, *(contact.tlp for contact in contacts)), key=lambda label: label.rank)


@cache
def _fields() -> dict[str, str]:
    """The field that a word names, folded, in every language."""
    named = {fold(field): field for field in typed.FIELDS}
    for language in catalogue().languages:
        for field in typed.FIELDS:
            said = say(language, f"update-word-{field}").plain
            named |= {fold(word): field for word in said.split()}
    return named


@cache
def words(what: str) -> frozenset[str]:
    """The words for ``add`` or ``remove``, folded, in every language."""
    said = [say(language, f"update-do-{what}").plain for language in catalogue().languages]
    return frozenset(fold(word) for text in said for word in text.split())


COMMAND = Command(name="update", access=Access.DESK, run=run, group="directory")
