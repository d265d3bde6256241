"""What the lists that others keep have in common: a team has a name, no handle, and fields that may be anything.

What cannot be used is left out and noted by its line; only a record without a name, or with a country that there is
not, is bad.  No such list has labels; in what enlace writes in their form each record has one (``tlp``).
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.directory.model import Contact, Organisation, Reading, Record, Source
from bot.directory.rules import countries
from bot.directory.rules.addresses import is_url, usable
from bot.directory.rules.document import Form, Node, Problems
from bot.directory.rules.naming import fold
from bot.duty.rules import hours
from bot.formats import zones
from bot.formats.handles import make_handles
from bot.ids import Handle
from bot.tlp import Tlp, UnclearLabel
from bot.tlp import parse as parse_label

UNNAMED = Handle("")
LABEL = "tlp"
"""The field that enlace adds to a record: the label of everything in it."""
LONGEST = {"name": 255, "constituency": 2000}
_LONGEST = 500
_ADDRESS = re.compile(r"(?:mailto:|[^<>]*<)(?P<address>[^<>\s]+@[^<>\s]+?)>?", re.IGNORECASE)
"""An address as a link or with a name: the address alone is kept."""


@dataclass(frozen=True, slots=True)
class Team:
    """One team of a list, before it has a handle."""

    line: int
    name: str
    """What the list calls it."""
    organisation: Organisation


def read_list(
    nodes: Sequence[Node], problems: Problems, notes: Problems, team: Callable[[Form, Problems], Team | None]
) -> Reading:
    """Each node as a record; ``team`` reads one and says what is wrong to the form's problems, and what is merely
    of no use to the other ones."""
    found = [made for node in nodes if (made := _one(node, problems, notes, team)) is not None]
    handles = make_handles([(one.name, one.organisation.country) for one in found])
    records = []
    for one, handle in zip(found, handles, strict=True):
        if handle != one.name:
            notes.add(one.line, "handle-made", value=one.name, handle=handle)
        named = {fold(handle), *map(fold, one.organisation.names.values())}
        aliases = () if fold(one.name) in named else (one.name,)
        organisation = replace(one.organisation, handle=handle, aliases=aliases)
        records.append(Record(Source(problems.file, one.line), organisation))
    return Reading(tuple(records), (), problems.sorted(), notes.sorted(), rows=len(nodes), adds=True)


def _one(node: Node, problems: Problems, notes: Problems, team: Callable[[Form, Problems], Team | None]) -> Team | None:
    before = len(problems.found)
    made = team(Form(node, problems), notes)
    return made if len(problems.found) == before else None


# --- fields that every list has in its own words ---------------------------------------------------------------


def short(form: Form, key: str, notes: Problems, *, required: bool = False) -> str | None:
    """A text; one that is too long is left out."""
    value = form.text(key, required=required)
    if value is not None and len(value) > LONGEST.get(key, _LONGEST):
        notes.add(form.line_of(key), "too-long", field=key)
        return None
    return value


def country(form: Form, key: str, value: str | None) -> str | None:
    """A country by its code or by a name that only one answers to; anything else is a problem of the record."""
    if not value:
        return None
    found = countries.written(value)
    if len(found) != 1:
        form.bad(key, "unknown-country", value=value)
        return None
    return found[0]


def timezone(form: Form, key: str, code: str | None, notes: Problems) -> str | None:
    """An IANA name, or an offset in a country whose only zone has it."""
    value = form.text(key)
    if not value or zones.is_zone(value):
        return value
    if found := zones.by_offset(value, code):
        notes.add(form.line_of(key), "zone-by-country", value=value, zone=found)
    else:
        notes.add(form.line_of(key), "no-zone", value=value)
    return found


def office_hours(form: Form, key: str, notes: Problems) -> str | None:
    """Hours as enlace reads them; anything else is left out."""
    value = short(form, key, notes)
    if value is None:
        return None
    try:
        hours.parse(value)
    except hours.BadOfficeHours:
        notes.add(form.line_of(key), "hours-left-out", value=value)
        return None
    return value


def label(form: Form) -> Tlp:
    """What a list publishes is TLP:CLEAR, unless enlace wrote a label; one that nobody can read opens nothing."""
    value = form.text(LABEL)
    try:
        return parse_label(value) if value else Tlp.CLEAR
    except UnclearLabel:
        return Tlp.RED


def contacts(
    found: Iterable[tuple[str, str | None, int]], notes: Problems, tlp: Tlp = Tlp.CLEAR
) -> tuple[Contact, ...]:
    """Contacts under the label of their record; (kind, value, line) each."""
    out: list[Contact] = []
    for kind, value, line in found:
        text = " ".join((value or "").split())
        if kind == "email" and (bare := _ADDRESS.fullmatch(text)):
            text = bare["address"]
        if not text:
            continue
        if len(text) > _LONGEST or not usable(kind, text):
            notes.add(line, "bad-address", value=text[:80])
        elif (contact := Contact(kind, text, tlp)) not in out:
            out.append(contact)
    return tuple(out)


def website(form: Form, key: str, value: str | None, notes: Problems) -> str | None:
    """A web address."""
    if value and not is_url(value):
        notes.add(form.line_of(key), "bad-url", value=value)
        return None
    return value


# --- writing --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Open:
    """The contacts of an organisation as far as their label allows."""

    values: Mapping[str, Sequence[str]]
    """By kind; none for a kind that there is not."""
    label: Tlp
    """The strictest of all that may be written, whatever of it the form has a place for."""

    def first(self, kind: str) -> str | None:
        """The only one that a form with one place for it can have."""
        return next(iter(self.values[kind]), None)


def opened(organisation: Organisation, ceiling: Tlp) -> Open:
    """What may be written of the contacts."""
    values: defaultdict[str, list[str]] = defaultdict(list)
    strictest = Tlp.CLEAR
    for contact in organisation.contacts:
        if contact.tlp <= ceiling:
            values[contact.kind].append(contact.value)
            strictest = max(strictest, contact.tlp)
    return Open(values, strictest)


def listed(organisations: Iterable[Organisation], network: str) -> list[Organisation]:
    """Who is in the network: whoever reads its list takes everybody on it for a member."""
    return [organisation for organisation in organisations if network in organisation.networks]


def written(document: Any) -> bytes:
    """The document as JSON."""
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
