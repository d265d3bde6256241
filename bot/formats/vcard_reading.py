"""vCards 4.0 (RFC 6350) as entries: a card of an organisation is one, a card of a person is among its people.

What cannot be used is left out and noted by its line; only a card that cannot be read, that has no name, or that
does not say whose it is, is bad.  A contact's label is the one that :mod:`bot.formats.vcard` wrote, for each contact
or in the note for all of a card; where there is none, TLP:AMBER: an address book is nothing that was published.
"""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from bot.directory.model import Network, Reading
from bot.directory.rules import countries, roles
from bot.directory.rules.addresses import is_url, usable
from bot.directory.rules.document import Node, Problems
from bot.directory.rules.naming import fold
from bot.duty.rules import hours
from bot.formats import native, vcard
from bot.formats.cards import Card, Property, read_cards
from bot.formats.handles import make_handles
from bot.formats.zones import is_zone
from bot.ids import BadUserId, parse_user_id
from bot.tlp import Tlp, UnclearLabel
from bot.tlp import parse as parse_label
from keys.fingerprint import NotAFingerprint, OpenPGPFingerprint

UNLABELLED = Tlp.AMBER
_LONGEST = {"name": 255, "contact": 500}
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_NOTE = re.compile(r"(?P<label>TLP:[A-Z+]+)(?:, (?P<hours>.+))?", re.DOTALL)
_DATA = re.compile(r"data:[\w.+/-]*pgp[\w.+/-]*;base64,(?P<data>.*)", re.IGNORECASE | re.DOTALL)
_FINGERPRINT = re.compile(r"(?:openpgp4fpr|urn:openpgp4fpr):(?P<digits>.*)", re.IGNORECASE | re.DOTALL)
_TEL = re.compile(r"tel:(?P<number>[^;]*)(?:;ext=(?P<extension>\d+))?.*", re.IGNORECASE | re.DOTALL)
_MATRIX = re.compile(r"matrix:(?:u/|@)(?P<user>[^?]+)(?:\?.*)?", re.IGNORECASE | re.DOTALL)
_TELEPHONES = frozenset({"phone", "emergency-phone", "fax"})


@dataclass(slots=True)
class _Entry:
    """An organisation before it has a handle."""

    line: int
    name: str
    country: str | None = None
    names: dict[str, str] = field(default_factory=dict)
    aliases: list[Node] = field(default_factory=list)
    fields: dict[str, Node] = field(default_factory=dict)
    people: list[Node] = field(default_factory=list)


def read(data: bytes, file: str, *, known: Mapping[str, Network]) -> Reading:
    """Read the cards of a file.  Never raises: whatever is wrong is a problem with its line."""
    problems, notes = Problems(file), Problems(file)
    cards, rows = read_cards(data, problems)
    reader = _Reader(problems, notes, known)
    nodes = reader.nodes(cards)
    found = native.records(nodes, problems, known, reader.files.get) if nodes else ()
    return Reading(found, (), problems.sorted(), notes.sorted(), rows=rows, adds=True)


class _Reader:
    def __init__(self, problems: Problems, notes: Problems, known: Mapping[str, Network]) -> None:
        self._problems = problems
        self._notes = notes
        self._known = known
        self._roles = {*roles.FAMILY, "diplomatic", "law-enforcement"}
        self._roles |= {role.id for network in known.values() for role in network.roles}
        self.files: dict[str, bytes] = {}
        """Keys, as if they stood in files beside the cards."""

    def nodes(self, cards: Iterable[Card]) -> list[Node]:
        """Each organisation in the native form."""
        entries: list[_Entry] = []
        by_uid: dict[str, _Entry] = {}
        by_name: dict[str, list[_Entry]] = {}
        people: list[tuple[Card, str]] = []
        for card in cards:
            kind, name = _kind(card), _first(card, "FN")
            if kind not in {"org", "individual"}:
                self._notes.add(card.line, "card-kind", value=kind)
            elif not name:
                self._problems.add(card.line, "missing", field="FN")
            elif kind == "individual":
                people.append((card, name))
            elif (entry := self._organisation(card, name)) is not None:
                entries.append(entry)
                by_uid[_first(card, "UID").casefold()] = entry
                for known_as in {fold(name), fold(entry.name), *map(fold, entry.names.values())}:
                    by_name.setdefault(known_as, []).append(entry)
        for card, name in people:
            self._place(card, name, entries, by_uid, by_name)
        return self._finished(entries)

    def _place(
        self,
        card: Card,
        name: str,
        entries: list[_Entry],
        by_uid: Mapping[str, _Entry],
        by_name: dict[str, list[_Entry]],
    ) -> None:
        """A person among the people of their organisation, which a name alone makes if no card is of it."""
        related = [by_uid[uid] for one in card.all("RELATED") if (uid := one.text.strip().casefold()) in by_uid]
        first = card.first("ORG")
        organisation = " ".join(first.parts(";")[0].split()) if first else ""
        found = related[:1] or by_name.get(fold(organisation), [])
        if not found and fold(organisation) and not _ours(card):
            found = [_Entry(card.line, organisation, names={_language(card): organisation})]
            entries += found
            by_name[fold(organisation)] = found
        if len(found) == 1:
            found[0].people.append(self._person(card, name))
        else:
            self._problems.add(card.line, "card-of-nobody", value=name)

    def _finished(self, entries: list[_Entry]) -> list[Node]:
        nodes = []
        for entry, handle in zip(entries, make_handles([(e.name, e.country) for e in entries]), strict=True):
            if handle != entry.name:
                self._notes.add(entry.line, "handle-made", value=entry.name, handle=handle)
                if fold(entry.name) not in {fold(handle), *map(fold, entry.names.values())}:
                    entry.aliases.insert(0, Node(entry.line, entry.name))
            fields = {
                "handle": Node(entry.line, handle),
                "names": Node(entry.line, {tag: Node(entry.line, name) for tag, name in entry.names.items()}),
                "aliases": Node(entry.line, tuple(entry.aliases)),
                **entry.fields,
            }
            if entry.people:
                fields["people"] = Node(entry.line, tuple(entry.people))
            nodes.append(Node(entry.line, fields))
        return nodes

    # --- cards ------------------------------------------------------------------------------------------

    def _organisation(self, card: Card, name: str) -> _Entry | None:
        called = _first(card, "NICKNAME", ",") or name
        code, place = self._country(card)
        if place is not None:
            self._problems.add(place.line, "unknown-country", value=place.parameter("CC") or place.parts(";")[-1])
            return None
        fields = self._common(card)
        spare = self._contacts(card, fields, own_web=True)
        texts = {
            "country": code,
            "timezone": self._zone(card),
            "website": spare,
            "office_hours": _hours(card),
            "source": None if _ours(card) else "vCard",
        }
        fields |= {key: Node(card.line, text) for key, text in texts.items() if text}
        if member := self._networks(card):
            fields["networks"] = Node(card.line, member)
        if former := self._other_names(card, vcard.FORMER, ""):
            fields["former_names"] = Node(card.line, tuple(former))
        aliases = self._other_names(card, "NICKNAME", ",")[bool(_first(card, "NICKNAME", ",")) :]
        return _Entry(card.line, called, code, self._names(card), aliases, fields)

    def _person(self, card: Card, name: str) -> Node:
        fields = {"name": Node(card.line, name), **self._common(card)}
        self._contacts(card, fields, own_web=False)
        for one in card.all("IMPP"):
            if vcard.LABEL not in one.parameters and (user := _user(one.value)):
                fields["mxid"] = Node(one.line, user)
                break
        held = []
        for one in card.all("ROLE"):
            for word in filter(None, map(str.strip, one.text.split(","))):
                if roles.canonical(word) in self._roles:
                    held.append(Node(one.line, word))
                else:
                    self._notes.add(one.line, "unknown-role", value=word)
        return Node(card.line, fields | ({"roles": Node(card.line, tuple(held))} if held else {}))

    # --- fields -----------------------------------------------------------------------------------------

    def _names(self, card: Card) -> dict[str, str]:
        """Names by language; of our own cards one without a language is the handle."""
        names: dict[str, str] = {}
        for one in card.all("FN"):
            tag, text = one.parameter("LANGUAGE") or _language(card), " ".join(one.text.split())
            if not _LANGUAGE.fullmatch(tag):
                self._notes.add(one.line, "bad-language", value=tag)
            elif len(text) > _LONGEST["name"]:
                self._notes.add(one.line, "too-long", field="FN")
            elif text and ("LANGUAGE" in one.parameters or not _ours(card)):
                names.setdefault(tag, text)
        return names

    def _other_names(self, card: Card, name: str, separator: str) -> list[Node]:
        found = []
        for one in card.all(name):
            for text in one.parts(separator) if separator else [one.text]:
                called = " ".join(text.split())
                if len(called) > _LONGEST["name"]:
                    self._notes.add(one.line, "too-long", field=name)
                elif called:
                    found.append(Node(one.line, called))
        return found

    def _country(self, card: Card) -> tuple[str | None, Property | None]:
        """The code; or what names a country that there is not."""
        for one in card.all("ADR"):
            said = one.parameter("CC") or (one.parts(";") + [""] * 7)[6]
            if said:
                found = countries.written(said)
                return (found[0], None) if len(found) == 1 else (None, one)
        return None, None

    def _zone(self, card: Card) -> str | None:
        for one in card.all("TZ"):
            value = one.text.strip()
            if is_zone(value):
                return value
            self._notes.add(one.line, "no-zone", value=value)
        return None

    def _networks(self, card: Card) -> dict[str, Node]:
        member: dict[str, Node] = {}
        for one in card.all(vcard.NETWORK):
            network = self._known.get(one.text)
            if network is None:
                self._notes.add(one.line, "unknown-network", value=one.text)
                continue
            held = [word for word in one.parameter(vcard.ROLES).split(",") if word]
            for word in held:
                if roles.in_network(network, word) is None:
                    self._notes.add(one.line, "no-such-role", value=word, network=network.id)
            kept = tuple(Node(one.line, word) for word in held if roles.in_network(network, word))
            member[network.id] = Node(one.line, kept)
        return member

    def _common(self, card: Card) -> dict[str, Node]:
        """Languages and keys."""
        spoken = []
        for one in card.all("LANG"):
            if _LANGUAGE.fullmatch(tag := one.text.strip()):
                spoken.append(Node(one.line, tag))
            else:
                self._notes.add(one.line, "bad-language", value=tag)
        keys = {str(key.value["fingerprint"].value): key for one in card.all("KEY") if (key := self._key(one))}
        fields = {"languages": tuple(spoken), "openpgp": tuple(keys.values())}
        return {name: Node(card.line, nodes) for name, nodes in fields.items() if nodes}

    def _key(self, one: Property) -> "_Table | None":
        said = _FINGERPRINT.fullmatch(one.text.strip())
        digits = said["digits"] if said else one.parameter(vcard.FINGERPRINT)
        try:
            fingerprint = str(OpenPGPFingerprint(digits))
        except NotAFingerprint:
            self._notes.add(one.line, "card-key")
            return None
        fields = {"fingerprint": Node(one.line, fingerprint)}
        if data := _bytes(one):
            file = f"{fingerprint}.asc"
            self.files[file] = data
            fields["key_file"] = Node(one.line, file)
        return _Table(one.line, fields)

    def _contacts(self, card: Card, fields: dict[str, Node], *, own_web: bool) -> str | None:
        """Puts the contacts among the fields; the first web address without a label is no contact but, with
        ``own_web``, the website."""
        site, nodes = None, []
        for kind, value, one in _addresses(card):
            text = " ".join(value.split())
            labelled = vcard.LABEL in one.parameters
            if not text or (kind == "matrix" and not labelled and not own_web):
                continue  # a person's own Matrix user is no contact
            if kind == "web" and own_web and not labelled and site is None and is_url(text):
                site = text
            elif len(text) > _LONGEST["contact"] or not usable(kind, text) or (kind == "web" and not is_url(text)):
                self._notes.add(one.line, "bad-address", value=text[:80])
            else:
                texts = {"kind": kind, "value": text, "tlp": self._label(one, card).value}
                nodes.append(Node(one.line, {key: Node(one.line, word) for key, word in texts.items()}))
        if nodes:
            fields["contacts"] = Node(card.line, tuple(nodes))
        return site

    def _label(self, one: Property, card: Card) -> Tlp:
        """What stands at the contact, else what stands in the note for all of them, else the default."""
        for said in (one.parameter(vcard.LABEL), *(found["label"] for found in _notes(card))):
            try:
                return parse_label(said)
            except UnclearLabel:
                if said:
                    self._notes.add(one.line, "bad-label", value=said)
                    return Tlp.RED
        return UNLABELLED


@dataclass(frozen=True, slots=True)
class _Table(Node):
    """A node whose fields are known."""

    value: Mapping[str, Node]


def _addresses(card: Card) -> Iterable[tuple[str, str, Property]]:
    """(kind, value, property) of all that can be a contact."""
    for one in card.properties:
        if one.name == "EMAIL":
            yield "email", one.text.removeprefix("mailto:"), one
        elif one.name == "TEL":
            said = one.parameter(vcard.KIND)
            found = _TEL.fullmatch(one.text.strip())
            number = one.text
            if found:
                number = found["number"] + (f" ext. {found['extension']}" if found["extension"] else "")
            yield said if said in _TELEPHONES else "fax" if "fax" in one.types else "phone", number, one
        elif one.name == "ADR":
            parts = one.parts(";")
            if any(parts[:6]):
                yield "postal", ", ".join(filter(None, parts)), one
        elif one.name == "URL":
            yield "web", one.text, one
        elif one.name == "IMPP":
            user = _user(one.value)
            yield ("matrix", user, one) if user else ("other", one.text, one)


def _user(uri: str) -> str | None:
    found = _MATRIX.fullmatch(uri.strip())
    try:
        return parse_user_id("@" + unquote(found["user"]).lstrip("@")) if found else None
    except BadUserId:
        return None


def _bytes(one: Property) -> bytes | None:
    found = _DATA.fullmatch(one.text.strip())
    try:
        return b64decode(found["data"], validate=True) if found else None
    except (NotBase64, ValueError):
        return None


def _language(card: Card) -> str:
    """Of names that do not say theirs: the card's own, else English like in the other lists."""
    return next((tag for one in card.all("LANG") if _LANGUAGE.fullmatch(tag := one.text.strip())), "en")


def _notes(card: Card) -> list[re.Match[str]]:
    return [found for one in card.all("NOTE") if (found := _NOTE.fullmatch(one.text.strip()))]


def _hours(card: Card) -> str | None:
    for found in _notes(card):
        try:
            hours.parse(found["hours"] or "")
        except hours.BadOfficeHours:
            continue
        return found["hours"]
    return None


def _kind(card: Card) -> str:
    """Without a word, whoever is called like their organisation is one."""
    if said := _first(card, "KIND").casefold():
        return said
    organisation = card.first("ORG")
    alike = organisation is not None and fold(organisation.parts(";")[0]) == fold(_first(card, "FN"))
    return "org" if alike else "individual"


def _first(card: Card, name: str, separator: str = "") -> str:
    one = card.first(name)
    if one is None:
        return ""
    return " ".join((one.parts(separator)[0] if separator else one.text).split())


def _ours(card: Card) -> bool:
    return _first(card, "PRODID") == vcard.OURS
