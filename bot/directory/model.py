"""The directory as values: what is known about networks, organisations, people, their keys and their rooms.

Names by language are mappings from a BCP 47 tag to text.  Countries are ISO 3166-1 alpha-2 codes, or ``EU`` and
``XK``, which are no States of that list (:mod:`bot.directory.rules.countries`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.ids import DeviceId, Handle, RoomId, UserId
from bot.tlp import Tlp

Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Role:
    """A role that a network knows, for example the technical point of contact."""

    id: str
    names: Names
    purpose: Names
    """What it is for."""
    expected: Names = field(default_factory=dict)
    """What whoever holds it is expected to do."""
    always: bool = False
    """Whether the network expects it to be reachable around the clock."""


@dataclass(frozen=True, slots=True)
class Network:
    """A network of points of contact."""

    id: str
    names: Names
    roles: tuple[Role, ...]
    reach: Names = field(default_factory=dict)
    """Whom it reaches."""
    kind: str = "csirt"
    """``csirt``, ``diplomatic`` or ``judicial``: judicial networks are never merged with the others."""
    check_every: str | None = None
    """How often communication is checked (ISO 8601 duration), if the network says so."""
    shipped: bool = False
    """Whether the profile came with the product."""

    def role(self, role: str) -> Role | None:
        """The role of this id."""
        return next((r for r in self.roles if r.id == role), None)


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to reach somebody, with the label that its owner gave it."""

    kind: str
    """``email``, ``phone``, ``emergency-phone``, ``fax``, ``matrix``, ``web``, ``postal`` or ``other``."""
    value: str
    tlp: Tlp = Tlp.AMBER


@dataclass(frozen=True, slots=True)
class OpenPGPKey:
    """An OpenPGP key by the fingerprint of its primary key (40 or 64 upper-case hexadecimal digits)."""

    fingerprint: str
    data: bytes | None = None
    """The public key as it was handed in, armoured or not; None while only the fingerprint is known."""
    file: str | None = None
    """The name of the file that it came in."""


@dataclass(frozen=True, slots=True)
class Membership:
    """An organisation's place in a network, with the roles that it holds there."""

    network: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who staffs an organisation (or, without one, a coordinator)."""

    name: str
    organisation: Handle | None = None
    mxid: UserId | None = None
    roles: tuple[str, ...] = ()
    lead: bool = False
    languages: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()
    openpgp: tuple[OpenPGPKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation that nominates points of contact."""

    handle: Handle
    names: Names = field(default_factory=dict)
    country: str | None = None
    aliases: tuple[str, ...] = ()
    """What it is called as well: short names, names in use."""
    former_names: tuple[str, ...] = ()
    """What it was called once."""
    kind: str | None = None
    """``national``, ``government``, ``academic``, ``military``, ``sector``, ``police``, ``ministry`` …"""
    constituency: str | None = None
    sectors: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    """As in section 5 of RFC 2350."""
    capabilities: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    """BCP 47; the first is the one to write in."""
    timezone: str | None = None
    """An IANA name."""
    office_hours: str | None = None
    """As :func:`bot.duty.rules.hours.parse` reads it, in the organisation's wall time."""
    always: bool = False
    """Whether somebody can be reached at any hour (24/7)."""
    response: Mapping[str, int] = field(default_factory=dict)
    """Expected response in minutes for each severity."""
    contacts: tuple[Contact, ...] = ()
    openpgp: tuple[OpenPGPKey, ...] = ()
    website: str | None = None
    security_txt: str | None = None
    memberships: tuple[Membership, ...] = ()
    roster: str | None = None
    """The name of the file that its roster came in."""
    calendar: bytes | None = field(default=None, repr=False)
    """What that file holds (iCalendar), as :mod:`bot.duty.rules.calendar` reads it."""
    last_confirmed: date | None = None
    confirmed_by: str | None = None
    source: str | None = None
    """Where the entry comes from."""

    def name(self, *languages: str) -> str:
        """The name in the first of these languages that it has; else in its own, else any, else the handle."""
        for language in (*languages, *self.languages, "en"):
            if found := self.names.get(language) or self.names.get(language.split("-", maxsplit=1)[0]):
                return found
        return next(iter(self.names.values()), str(self.handle))

    def roles_in(self, network: str) -> tuple[str, ...]:
        """The roles that it holds in this network."""
        return next((m.roles for m in self.memberships if m.network == network), ())

    @property
    def networks(self) -> frozenset[str]:
        """The ids of the networks that list it."""
        return frozenset(m.network for m in self.memberships)


@dataclass(frozen=True, slots=True)
class RoomRecord:
    """A room that the bot works in, and whom it is for."""

    room: RoomId
    kind: str
    """``desk``, ``direct``, ``incident`` or ``coordination``."""
    organisations: frozenset[Handle] = frozenset()
    language: str | None = None
    """As ``!lang`` set it."""
    user: UserId | None = None
    """Whose direct room it is."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a person was asked to sign, once."""

    nonce: str
    user: UserId
    organisation: Handle
    room: RoomId
    device: DeviceId
    """Where it was asked from."""
    issued: datetime
    expires: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a record stands."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong in an import; the catalogue has its text under ``directory-problem-<code>``."""

    source: Source
    code: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """An organisation as an import brings it."""

    source: Source
    organisation: Organisation
    people: tuple[Person, ...] = ()
    people_lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader made of a file: whole records, and everything that is wrong, in the order of the file."""

    records: tuple[Record, ...] = ()
    networks: tuple[Network, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    """What was read, and put right, merged or left out on the way; nothing that stops the import."""
    rows: int = 0
    """How many records the file holds, good and bad."""
    adds: bool = False
    """A list that somebody else keeps: to an entry that is there it only adds what is missing, and nothing is gone."""
    fields: frozenset[str] | None = None
    """What a table has columns for: of an entry that is there everything else stays, and nothing is gone."""


@dataclass(frozen=True, slots=True)
class Entries:
    """All that the directory says about networks, organisations and people."""

    networks: Mapping[str, Network] = field(default_factory=dict)
    organisations: Mapping[Handle, Organisation] = field(default_factory=dict)
    people: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """An organisation that an import changes."""

    record: Record
    fields: tuple[str, ...]
    """The names of what differs."""


@dataclass(frozen=True, slots=True)
class NearName:
    """A new record that looks like an entry that is there already: a person decides whether it is the same."""

    record: Record
    handle: Handle
    """Of the entry that is there."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do."""

    added: tuple[Record, ...] = ()
    changed: tuple[Change, ...] = ()
    gone: tuple[Handle, ...] = ()
    unchanged: tuple[Handle, ...] = ()
    networks: tuple[Network, ...] = ()
    """Own networks that are new or differ."""
    problems: tuple[Problem, ...] = ()
    questions: tuple[NearName, ...] = ()
