"""What an import would do, worked out before anything is written.  Pure.

Records are matched by handle and by nothing else; one in another case is the same, and what is there keeps its
spelling, since rosters, feeds and open calls go by it.  A new record that looks like an entry that is there already
is a question for a person; it is never merged on a near name.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import fields as fields_of
from dataclasses import replace
from typing import Any

from bot.directory.model import (
    Change,
    Contact,
    Entries,
    NearName,
    Network,
    Organisation,
    Person,
    Plan,
    Problem,
    Reading,
    Record,
    Source,
)
from bot.directory.rules.confirming import still_confirmed
from bot.directory.rules.following import Follow, unwatched
from bot.directory.rules.likeness import likeness
from bot.directory.rules.naming import fold
from bot.directory.rules.phone import tel
from bot.directory.rules.plain import differing
from bot.i18n.lookalikes import looks, plainly
from bot.ids import Handle

NEAR = 88.0
"""From this likeness of two folded names on (0 to 100), two organisations of one country may be the same."""
NEW = "new"
SAME = "same"
SKIP = "skip"


def plan_import(
    reading: Reading,
    current: Entries,
    answers: Mapping[Handle, str] | None = None,
    *,
    partial: bool = False,
    follow: Follow = unwatched,
) -> Plan:
    """The plan for bringing ``current`` to what was read.

    ``answers`` gives a person's word on questions of an earlier plan, by the new record's handle: ``new``, ``same``
    (the record replaces the entry of the near name) or ``skip``.  ``partial``: what the file does not name stays,
    instead of being gone.  Records with a problem are left out of everything but ``problems``; their entries are
    not gone either."""
    words = {handle.casefold(): word for handle, word in (answers or {}).items()}
    known = {organisation.handle.casefold(): organisation for organisation in current.organisations.values()}
    staff = _staff(current.people)
    clashes = [*_clashes(reading.records), *_imitations(reading.records, current.people)]
    bad = {problem.source for problem in clashes}
    added: list[Record] = []
    changed: list[Change] = []
    unchanged: list[Handle] = []
    questions: list[NearName] = []
    for record in follow(reading.records):
        if record.source in bad:
            continue
        word = words.get(record.organisation.handle.casefold())
        there = known.get(record.organisation.handle.casefold())
        alike = None if there else _alike(record.organisation, known.values())
        if alike is not None and word == SKIP:
            continue
        if alike is not None and word == SAME:
            there = alike
        elif alike is not None and word != NEW:
            questions.append(NearName(record, alike.handle))
            continue
        if there is not None:
            record = _renamed(record, there.handle)  # noqa: PLW2901  (the record as it would be)
            record = _kept(there, staff[there.handle.casefold()], record, reading)  # noqa: PLW2901  (likewise)
            confirmed = still_confirmed(record.organisation, there.last_confirmed, there.confirmed_by)
            record = replace(record, organisation=confirmed)  # noqa: PLW2901  (likewise)
        if there is None:
            added.append(record)
        elif fields := differing(there, staff[there.handle.casefold()], record.organisation, record.people):
            changed.append(Change(record, fields))
        else:
            unchanged.append(there.handle)
    touched = {r.organisation.handle.casefold() for r in reading.records}
    touched |= {c.record.organisation.handle.casefold() for c in changed} | {h.casefold() for h in unchanged}
    touched |= {question.handle.casefold() for question in questions}
    # With a record that could not be read nobody knows which entry it was: then nothing is gone.
    whole = not partial and not reading.adds and reading.fields is None and not reading.problems
    gone = sorted(o.handle for key, o in known.items() if key not in touched) if whole else []
    return Plan(
        added=tuple(added),
        changed=tuple(changed),
        gone=tuple(gone),
        unchanged=tuple(unchanged),
        networks=_new_networks(reading.networks, current.networks),
        problems=tuple(sorted((*reading.problems, *clashes), key=lambda p: (p.source.file, p.source.line))),
        questions=tuple(questions),
    )


def _kept(there: Organisation, people: tuple[Person, ...], record: Record, reading: Reading) -> Record:
    """The record with everything that its file cannot say, or may not change, as it stands in the entry."""
    if not reading.adds and reading.fields is None:
        return record
    if reading.fields is None:
        organisation = _added_to(there, record.organisation)
    else:
        changes = {name: getattr(record.organisation, name) for name in reading.fields}
        if "names" in changes:  # a language without a column stays
            changes["names"] = {**there.names, **record.organisation.names}
        mixed = replace(there, **changes)
        # The order of contacts is nothing that a table keeps.
        same = sorted(map(repr, mixed.contacts)) == sorted(map(repr, there.contacts))
        organisation = replace(mixed, contacts=there.contacts) if same else mixed
    staff = (*people, *_newcomers(people, record.people)) if reading.adds else people
    lines = (record.source.line,) * len(staff)
    return replace(record, organisation=organisation, people=staff, people_lines=lines)


def _newcomers(there: Iterable[Person], more: Iterable[Person]) -> list[Person]:
    """Who is not among them yet, by Matrix user or by name; whoever is there stays as they are."""
    users = {person.mxid for person in there if person.mxid}
    names = {fold(person.name) or person.name for person in there}
    return [p for p in more if p.mxid not in users and (fold(p.name) or p.name) not in names]


def _added_to(there: Organisation, more: Organisation) -> Organisation:
    """The entry as it is, with what only the other knows: an empty field filled, a list or table longer."""
    changes: dict[str, Any] = {}
    for name in (
        one.name for one in fields_of(Organisation) if one.name not in {"handle", "memberships", "openpgp", "contacts"}
    ):
        mine, other = getattr(there, name), getattr(more, name)
        if isinstance(mine, Mapping):
            changes[name] = {**other, **mine}
        elif isinstance(mine, tuple):
            changes[name] = mine + tuple(value for value in other if value not in mine)
        else:
            changes[name] = mine or other
    reached = set(map(_reached, there.contacts))
    changes["contacts"] = there.contacts + tuple(c for c in more.contacts if _reached(c) not in reached)
    changes["memberships"] = there.memberships + tuple(m for m in more.memberships if m.network not in there.networks)
    known = {key.fingerprint for key in there.openpgp}
    changes["openpgp"] = there.openpgp + tuple(key for key in more.openpgp if key.fingerprint not in known)
    return replace(there, **changes)


def _reached(contact: Contact) -> tuple[str, str]:
    """What a contact reaches, whatever its label and however it is spelled: the label that is there stays."""
    return contact.kind, tel(contact.value) or contact.value.casefold()


def _new_networks(read: Iterable[Network], current: Mapping[str, Network]) -> tuple[Network, ...]:
    return tuple(network for network in read if current.get(network.id) != network)


def _staff(people: Iterable[Person]) -> defaultdict[str, tuple[Person, ...]]:
    staff: defaultdict[str, tuple[Person, ...]] = defaultdict(tuple)
    for person in people:
        if person.organisation:
            staff[person.organisation.casefold()] += (person,)
    return staff


def _renamed(record: Record, handle: Handle) -> Record:
    people = tuple(replace(person, organisation=handle) for person in record.people)
    return replace(record, organisation=replace(record.organisation, handle=handle), people=people)


def _clashes(records: Iterable[Record]) -> Iterable[Problem]:
    """What two records claim and only one can have: a handle, a Matrix user, an OpenPGP key."""
    first: dict[tuple[str, str], Source] = {}
    for record in records:
        claims: list[tuple[str, str, Source]] = [("handle", record.organisation.handle.casefold(), record.source)]
        claims += [("key", key.fingerprint, record.source) for key in record.organisation.openpgp]
        lines = record.people_lines or (record.source.line,) * len(record.people)
        for person, line in zip(record.people, lines, strict=True):
            where = Source(record.source.file, line)
            claims += [("person", person.mxid, where)] if person.mxid else []
            claims += [("key", key.fingerprint, where) for key in person.openpgp]
        for kind, value, source in claims:
            if before := first.get((kind, value)):
                yield Problem(record.source, f"same-{kind}", {"value": value, "first": str(before)})
            first.setdefault((kind, value), source)


def _imitations(records: Iterable[Record], current: Iterable[Person]) -> Iterable[Problem]:
    """Matrix users that look like another one, of the file or of the directory, and are spelled otherwise."""
    known: dict[str, str] = {looks(person.mxid): person.mxid for person in current if person.mxid}
    for record in records:
        for person in record.people:
            if person.mxid:
                other = known.setdefault(looks(person.mxid), person.mxid)
                if other != person.mxid:
                    yield Problem(record.source, "looks-like", {"value": person.mxid, "known": other})


def _alike(organisation: Organisation, others: Iterable[Organisation]) -> Organisation | None:
    """The entry of the same country whose name or handle is nearest, if it is near at all."""
    mine = _labels(organisation)
    best, found = NEAR, None
    for other in others:
        if other.country != organisation.country:
            continue
        for label in _labels(other):
            alike = likeness(label, mine)
            if alike >= best:
                best, found = alike, other
    return found


def _labels(organisation: Organisation) -> set[str]:
    names = (organisation.handle, *organisation.names.values(), *organisation.aliases, *organisation.former_names)
    return {fold(name) for name in names} | {fold(plainly(name)) for name in names}
