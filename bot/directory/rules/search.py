"""The search index, in memory: codes, handles, names in every language, people, capabilities.  Pure.

What is exactly what was typed beats what is only near; near names are suggestions and are never sent to.  Aliases
count like names; a former name counts only for what nothing and nobody is called now.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nsmallest

from bot.directory.model import Entries, Network, Organisation, Person
from bot.directory.rules import countries, roles
from bot.directory.rules.likeness import likeness_of_words, within
from bot.directory.rules.naming import fold, typos_allowed, words
from bot.i18n.lookalikes import looks, plainly
from bot.ids import UserId

NEAREST = 10
_RANK_AT_MOST = 500
_MAX_WORDS = 8
_MAX_QUERY = 200


@dataclass(frozen=True, slots=True)
class Hit:
    """An organisation that was found, or a person and, where there is one, the person's organisation."""

    organisation: Organisation | None
    person: Person | None = None
    alias: str | None = None
    """The alias by which it was found."""
    former: str | None = None
    """The former name by which it was found."""


@dataclass(frozen=True, slots=True)
class Matches:
    """What was found; ``near`` only where nothing is ``exact``, the nearest first."""

    exact: tuple[Hit, ...] = ()
    near: tuple[Hit, ...] = ()


class Search:
    """An index over one state of the directory; immutable once built."""

    def __init__(self, entries: Entries) -> None:
        self.networks = dict(entries.networks)
        self._organisations: dict[str, Organisation] = {}
        self._people: dict[str, Person] = {}
        self._hits: list[Hit] = []
        self._labels: list[list[str]] = []
        self._size: list[int] = []
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._former: dict[str, list[int]] = defaultdict(list)
        self._words: dict[str, set[int]] = defaultdict(set)
        self._plain: dict[str, list[int]] = defaultdict(list)
        """Names with letters that only look Latin, by what they look like."""
        self._users: dict[str, list[int]] = defaultdict(list)
        """People by how their Matrix ids look."""
        self._groups: dict[tuple[str, str], list[int]] = defaultdict(list)
        for organisation in sorted(entries.organisations.values(), key=lambda o: o.handle.casefold()):
            self._organisations[organisation.handle.casefold()] = organisation
            self._add_organisation(organisation)
        for person in entries.people:
            self._add_person(person)
        countries.lookup("-")  # reads the tables of names now, not under the first question
        self._vocabulary = sorted(self._words)
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for word in self._vocabulary:
            self._by_length[len(word)].append(word)

    # --- building ---------------------------------------------------------------------------------------

    def _add_organisation(self, organisation: Organisation) -> None:
        number = self._add(Hit(organisation), (organisation.handle, *organisation.names.values()), self._exact)
        for alias in organisation.aliases:
            self._add(Hit(organisation, alias=alias), (alias,), self._exact)
        for former in organisation.former_names:
            self._add(Hit(organisation, former=former), (former,), self._former)
        handle = fold(organisation.handle).replace(" ", "")
        self._words[handle].add(number)
        if organisation.country:
            self._groups["country", organisation.country].append(number)
        groups = {"cap": organisation.capabilities, "sector": organisation.sectors, "net": organisation.networks}
        for kind, values in groups.items():
            for value in values:
                self._groups[kind, fold(value)].append(number)

    def _add_person(self, person: Person) -> None:
        organisation = self.organisation(person.organisation) if person.organisation else None
        number = self._add(Hit(organisation, person), (person.name,), self._exact)
        if person.mxid:
            self._people[person.mxid] = person
            self._users[looks(person.mxid)].append(number)
            self._exact[person.mxid.casefold()].append(number)

    def _add(self, hit: Hit, names: Iterable[str], index: dict[str, list[int]]) -> int:
        number = len(self._hits)
        self._hits.append(hit)
        folded = list(dict.fromkeys(fold(name) for name in names))
        self._labels.append(folded)
        self._size.append(min(map(len, folded), default=0))
        for name in folded:
            index[name].append(number)
            for word in name.split():
                self._words[word].add(number)
            if (plain := plainly(name)) != name:
                self._plain[fold(plain)].append(number)
        return number

    # --- looking up -------------------------------------------------------------------------------------

    def organisation(self, handle: str) -> Organisation | None:
        """The organisation of this handle, whatever its case."""
        return self._organisations.get(handle.casefold())

    def organisations(self) -> Iterable[Organisation]:
        """All of them, by handle."""
        return self._organisations.values()

    def person(self, user: UserId) -> Person | None:
        """The person of this Matrix user."""
        return self._people.get(user)

    def network(self, id_: str) -> Network | None:
        """The network of this id."""
        return self.networks.get(id_)

    def in_country(self, code: str) -> list[Organisation]:
        """The organisations of a country, by handle."""
        return self._group("country", code)

    def in_network(self, network: str) -> list[Organisation]:
        """The organisations that a network lists, by handle."""
        return self._group("net", fold(network))

    def with_capability(self, capability: str) -> list[Organisation]:
        """The organisations that offer a capability, by handle."""
        return self._group("cap", fold(capability))

    def in_sector(self, sector: str) -> list[Organisation]:
        """The organisations that serve a sector, by handle."""
        return self._group("sector", fold(sector))

    def named(self, text: str) -> list[Organisation]:
        """The organisations with exactly this handle, name or alias, case and accents apart."""
        return self._called(self._exact, text)

    def formerly(self, text: str) -> list[Organisation]:
        """The organisations with exactly this former name."""
        return self._called(self._former, text)

    def _called(self, index: dict[str, list[int]], text: str) -> list[Organisation]:
        hits = (self._hits[number] for number in index.get(fold(text), ()))
        found = (hit.organisation for hit in hits if hit.organisation is not None and hit.person is None)
        return list({organisation.handle: organisation for organisation in found}.values())

    def _group(self, kind: str, value: str) -> list[Organisation]:
        hits = (self._hits[number] for number in self._groups.get((kind, value), ()))
        return [hit.organisation for hit in hits if hit.organisation is not None]

    # --- finding ----------------------------------------------------------------------------------------

    def imitated(self, text: str) -> tuple[Hit, ...]:
        """What looks like this and is spelled otherwise: to be said, never to be taken for it."""
        return self._keep(self._imitated(text.strip()[:_MAX_QUERY]), None)

    def _imitated(self, text: str) -> list[int]:
        if text.startswith("@"):
            return [n for n in self._users.get(looks(text), ()) if text not in self._people]
        plain = plainly(text)
        return [*(self._find_exact(plain) if plain != text else ()), *self._plain.get(fold(plain), ())]

    def find(self, query: str, role: str | None = None) -> Matches:
        """What ``query`` names, for reading; ``role`` keeps only those who hold it.

        A country code or name (several countries of one name: all), a handle, a name in any language, a person,
        a Matrix user id, a capability; ``net:``, ``cap:`` and ``sector:`` ask for exactly that."""
        query = query.strip()[:_MAX_QUERY]
        exact = self._keep(self._find_exact(query), role)
        if exact:
            return Matches(exact=exact)
        near = [*self._imitated(query), *self._find_near(query)]
        return Matches(near=self._keep(near, role)[:NEAREST])

    def _keep(self, numbers: Iterable[int], role: str | None) -> tuple[Hit, ...]:
        found: dict[str | int, Hit] = {}
        for number in dict.fromkeys(numbers):
            hit = self._hits[number]
            if role is None or _holds(hit, role):
                # An organisation once, by the first of its names; a person is found by one name only.
                owner = hit.organisation if hit.person is None else None
                found.setdefault(owner.handle if owner else number, hit)
        return tuple(found.values())

    def _find_exact(self, query: str) -> list[int]:
        kind, colon, value = query.partition(":")
        if colon and kind.strip().casefold() in ("net", "cap", "sector"):
            return self._groups.get((kind.strip().casefold(), fold(value)), [])
        if query.startswith("@"):
            return self._exact.get(query.casefold(), [])
        folded = fold(query)
        if not folded:
            return [n for code in countries.lookup(query) for n in self._groups.get(("country", code), ())]
        found = list(self._exact.get(folded, ()))
        for code in countries.lookup(query):
            found += self._groups.get(("country", code), ())
        return found + self._groups.get(("cap", folded), []) or self._former.get(folded, [])

    def _find_near(self, query: str) -> list[int]:
        tokens = words(query)[:_MAX_WORDS]
        sets = sorted((found for token in tokens if (found := self._near_word(token))), key=len)
        common: set[int] = set()
        for found in sets:
            common = (common & found or common) if common else found
        if len(tokens) > 1:
            common = common | self._near_word("".join(tokens))
        out = self._ranked(" ".join(tokens), common)
        for code in countries.near(query) if len(out) < NEAREST else ():
            out += self._groups.get(("country", code), ())
        return out

    def _near_word(self, token: str) -> set[int]:
        """Every entry with this word, with one that begins with it, else with one that is a slip away."""
        found = set(self._words.get(token, ()))
        if len(token) >= 3:
            start = bisect_left(self._vocabulary, token)
            for word in self._vocabulary[start : start + _RANK_AT_MOST]:
                if not word.startswith(token):
                    break
                found |= self._words[word]
        slips = typos_allowed(len(token))
        if found or not slips:
            return found
        for length in range(len(token) - slips, len(token) + slips + 1):
            alike = self._by_length.get(length, [])
            for word, _ in within(slips, token, alike):
                found |= self._words[word]
        return found

    def _ranked(self, query: str, numbers: set[int]) -> list[int]:
        """The likest first; of very many only the shortest names, as those are the likest to a short query."""
        some = sorted(numbers)
        if len(some) > _RANK_AT_MOST:
            some = nsmallest(_RANK_AT_MOST, some, key=self._size.__getitem__)
        likeness = {number: likeness_of_words(query, self._labels[number]) for number in some}
        return sorted(some, key=lambda number: (-likeness[number], self._size[number]))


def _holds(hit: Hit, role: str) -> bool:
    if hit.person is not None and hit.person.roles:
        return bool(roles.answers_to(role).intersection(hit.person.roles))
    return hit.organisation is not None and roles.holds(hit.organisation, role)
