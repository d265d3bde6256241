"""Who a target is, for what leaves the room: one, several to choose from, a group, or nobody.  Pure.

``MX`` means the organisations that hold the role for Mexico in a network that the caller's organisation belongs
to as well.  Ambiguity is never guessed: more than one is a list, and a near name is only ever a suggestion.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from bot.directory.model import Organisation, Person
from bot.directory.rules import countries, roles
from bot.directory.rules.naming import fold
from bot.directory.rules.search import Hit, Search
from bot.directory.rules.targets import PREFIXES, Target
from bot.i18n.lookalikes import plainly
from bot.ids import UserId


class Found(enum.Enum):
    """How many a target names."""

    ONE = "one"
    MANY = "many"
    """Several that it could mean: the person chooses."""
    GROUP = "group"
    """All of them are meant."""
    NONE = "none"


class Why(enum.StrEnum):
    """Why nobody was found."""

    LOOKALIKE = "lookalike"
    """What it looks like is spelled otherwise."""

    UNKNOWN = "unknown"
    """Nothing in the directory is called so."""
    COUNTRY = "country"
    """The directory lists nobody in that country."""
    OWN = "own"
    """Only the caller's own organisation is listed there."""
    NETWORK = "network"
    """Somebody is listed, and shares no network with the caller."""
    ROLE = "role"
    """Somebody is listed, and does not hold the role."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """An organisation in a role, or one named person of it."""

    organisation: Organisation
    role: str
    person: Person | None = None
    always: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """An organisation to choose, and the alias or former name by which it was found."""

    organisation: Organisation
    alias: str | None = None
    former: str | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """Who the target is."""

    target: Target
    found: Found
    addressees: tuple[Addressee, ...] = ()
    why: Why | None = None
    """Only for NONE."""
    nearest: tuple[Hit, ...] = ()
    """Only for NONE: what may have been meant."""
    spelled: str = ""
    """Only for LOOKALIKE: the plain spelling of what it looks like."""

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What people are asked to choose from: the several that were found, or what may have been meant."""
        if self.found is Found.MANY:
            found = [_choice(a.organisation, self.target.who) for a in self.addressees]
        else:
            found = [Choice(h.organisation, h.alias, h.former) for h in self.nearest if h.organisation is not None]
        by_handle: dict[str, Choice] = {}
        for one in found:
            by_handle.setdefault(one.organisation.handle, one)
        return tuple(by_handle.values())


def knows(search: Search, text: str) -> bool:
    """Whether this word or name is a target where something leaves the room."""
    text = text.strip()
    if text.startswith("@"):
        return search.person(UserId(text)) is not None
    kind, colon, value = text.partition(":")
    if colon and kind.casefold() in PREFIXES:
        return bool(_group(search, kind.casefold(), value))
    return bool(countries.lookup(text, leaving=True) or _named(search, text) or _formerly(search, text))


def resolve(search: Search, target: Target, caller: Organisation | None) -> Resolution:
    """Who ``target`` is for this caller's organisation; without one only handles and persons can be named."""
    role = target.role or roles.DEFAULT
    if target.who.startswith("@"):
        return _person(search, target, role)
    if target.group:
        return _of_group(search, target, role, caller)
    codes = countries.lookup(target.who, leaving=True)
    named = _named(search, target.who) or ([] if codes else _formerly(search, target.who))
    fitting = [o for o in named if _fits(search, o, target, role)]
    if not codes and not named:
        return _unknown(search, target)
    listed = [o for code in codes for o in search.in_country(code) if not _same(o, caller)]
    shared = caller.networks if caller else frozenset()
    within = [o for o in listed if o.networks & shared]
    holding = [o for o in within if roles.holds(o, role, shared) and _round_the_clock(search, o, target, role)]
    candidates = _unique([*fitting, *holding])
    # Who is called as another country is, is not taken for it only because nobody there can be written to.
    if len(candidates) == 1 and len(codes) <= 1 and (not codes or candidates[0].country in codes):
        return Resolution(target, Found.ONE, _addressees(candidates, role, target))
    if candidates:
        return Resolution(target, Found.MANY, _addressees(candidates, role, target))
    hits = tuple(Hit(o) for o in _unique([*named, *within, *listed]))
    empty = Why.OWN if any(search.in_country(code) for code in codes) else Why.COUNTRY
    why = Why.ROLE if named or within else Why.NETWORK if listed else empty
    return Resolution(target, Found.NONE, why=why, nearest=hits)


def _person(search: Search, target: Target, role: str) -> Resolution:
    person = search.person(UserId(target.who))
    organisation = search.organisation(person.organisation) if person and person.organisation else None
    if person is None or organisation is None:
        return _unknown(search, target)
    return Resolution(target, Found.ONE, (Addressee(organisation, role, person, target.always),))


def _of_group(search: Search, target: Target, role: str, caller: Organisation | None) -> Resolution:
    kind, _, value = target.who.partition(":")
    members = _group(search, kind.casefold(), value)
    others = [o for o in members if not _same(o, caller)]
    shared = caller.networks if caller else frozenset()
    if kind.casefold() == "net":
        shared = frozenset(network for network in shared if fold(network) == fold(value))
    within = [o for o in others if o.networks & shared]
    # In a network whose roles are others than the technical one, "everybody" is everybody that it lists.
    holding = [
        o
        for o in within
        if (target.role is None or roles.holds(o, role, shared)) and _round_the_clock(search, o, target, role)
    ]
    if holding:
        return Resolution(target, Found.GROUP, _addressees(_unique(holding), role, target, shared))
    why = Why.ROLE if within else Why.NETWORK if members else Why.UNKNOWN
    return Resolution(target, Found.NONE, why=why)


def _group(search: Search, kind: str, value: str) -> list[Organisation]:
    look = {"net": search.in_network, "cap": search.with_capability, "sector": search.in_sector}[kind]
    return look(value)


def _choice(organisation: Organisation, who: str) -> Choice:
    """With the name that was asked for, if it is none of the present names."""
    names = {fold(name) for name in (organisation.handle, *organisation.names.values())}
    if fold(who) in names:
        return Choice(organisation)
    alias = next((name for name in organisation.aliases if fold(name) == fold(who)), None)
    former = next((name for name in organisation.former_names if fold(name) == fold(who)), None)
    return Choice(organisation, alias, None if alias else former)


def _named(search: Search, text: str) -> list[Organisation]:
    """By handle, full name or alias; a name of three letters or less counts only as it is written."""
    found = search.named(text)
    if len(fold(text)) <= 3:
        found = [o for o in found if text in {o.handle, *o.names.values(), *o.aliases}]
    exact = [o for o in found if o.handle.casefold() == text.casefold()]
    return exact or found


def _formerly(search: Search, text: str) -> list[Organisation]:
    """By former name, which never wins over what is called so now; short ones count only as they are written."""
    found = search.formerly(text)
    return [o for o in found if text in o.former_names] if len(fold(text)) <= 3 else found


def _fits(search: Search, organisation: Organisation, target: Target, role: str) -> bool:
    if target.role is not None and not roles.holds(organisation, role):
        return False
    return _round_the_clock(search, organisation, target, role)


def _round_the_clock(search: Search, organisation: Organisation, target: Target, role: str) -> bool:
    return not target.always or roles.round_the_clock(organisation, role, search.networks)


def _addressees(
    organisations: Iterable[Organisation], role: str, target: Target, networks: Iterable[str] | None = None
) -> tuple[Addressee, ...]:
    """Where no role was named and it holds others than the technical one, the first that it holds is meant."""
    named = target.role is not None
    return tuple(Addressee(o, role if named else roles.meant(o, networks), always=target.always) for o in organisations)


def _unique(organisations: Iterable[Organisation]) -> list[Organisation]:
    return list({o.handle.casefold(): o for o in organisations}.values())


def _same(organisation: Organisation, caller: Organisation | None) -> bool:
    return caller is not None and organisation.handle.casefold() == caller.handle.casefold()


def _unknown(search: Search, target: Target) -> Resolution:
    imitated = search.imitated(target.who)
    if imitated:
        first = imitated[0]
        known = first.person.mxid if first.person else first.organisation.handle if first.organisation else None
        spelled = plainly(target.who) if not target.who.startswith("@") else target.who
        spelled = spelled if spelled != target.who else str(known or target.who)
        return Resolution(target, Found.NONE, why=Why.LOOKALIKE, nearest=imitated, spelled=spelled)
    matches = search.find(target.who, None if target.who.startswith("@") else target.role)
    return Resolution(target, Found.NONE, why=Why.UNKNOWN, nearest=(*matches.exact, *matches.near))
