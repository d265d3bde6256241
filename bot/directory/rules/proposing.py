"""A change of the directory that waits for approval: kept exactly as it was shown, and fit for one state.  Pure."""

import enum
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import ConfigDict, TypeAdapter

from bot.directory.model import Change, Entries, Network, Organisation, Person, Plan, Record, RoomRecord, Source
from bot.directory.rules import confirming
from bot.directory.rules.phone import tel
from bot.directory.rules.plain import differing, plain_organisation, plain_person
from bot.ids import Handle, Ref, UserId
from bot.tlp import Tlp
from keys.fingerprint import OpenPGPFingerprint

LIFE = timedelta(days=14)
"""So long a proposal may be approved."""
TWO = 2
"""Four eyes: so many people stand behind a change, unless ``policy.approvals`` says 1."""
LONGEST_LINE = 120
ATTRIBUTES = {"networks": ("memberships",), "roster": ("roster", "calendar")}
"""Of an organisation, by the field of its entry, where they are called otherwise."""
WHOLE = "*"
"""In place of the fields of an entry that is added or removed."""


class State(enum.StrEnum):
    """What has become of a proposal."""

    OPEN = "open"
    APPLIED = "applied"
    REJECTED = "rejected"
    EXPIRED = "expired"
    OVERTAKEN = "overtaken"
    """The directory had changed meanwhile, so what was shown no longer fits."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """What would be done, and what is there before."""

    plan: Plan
    before: tuple[Record, ...] = ()
    """Every entry that the plan changes or removes, as it was when it was proposed."""
    networks: tuple[Network, ...] = ()
    """Likewise the own networks."""
    room: RoomRecord | None = None
    """What a room is to be for; the plan is empty then."""
    room_before: RoomRecord | None = None
    """What that room was for; None if it was not on record."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal on record; instants are aware, in UTC."""

    ref: Ref
    state: State
    proposer: UserId | None
    """None: whoever holds the console."""
    who: str | None
    """The proposer's name."""
    file: str
    file_sha256: str
    what: str
    """:func:`freeze`; :func:`thaw` reads it."""
    digest: str
    """SHA-256 of ``what`` in hexadecimal: what a coordinator signs."""
    needed: int
    made_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    ended_by: UserId | None = None

    @property
    def signed_text(self) -> str:
        """What a coordinator signs to approve it by file."""
        return f"approve {self.ref} sha256:{self.digest}"


_STORED = TypeAdapter(tuple[Proposed], config=ConfigDict(ser_json_bytes="base64", val_json_bytes="base64"))


def freeze(proposed: Proposed) -> str:
    """All of it as text; the same again from :func:`thaw`."""
    return _STORED.dump_json((proposed,)).decode()


def thaw(what: str) -> Proposed:
    """What :func:`freeze` made; raises ValueError for anything else."""
    return _STORED.validate_json(what)[0]


def digest_of(what: str) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(what.encode()).hexdigest()


def propose(plan: Plan, current: Entries) -> Proposed:
    """The plan with what it would replace in ``current`` (own networks only)."""
    staff, known = _staff(current), _known(current)
    touched = [handle.casefold() for handle in (*_changed(plan), *plan.gone)]
    before = tuple(
        Record(Source("-", 0), known[key], staff[key], (0,) * len(staff[key])) for key in touched if key in known
    )
    own = tuple(current.networks[network.id] for network in plan.networks if network.id in current.networks)
    was = {record.organisation.handle.casefold(): record for record in before}
    changed = tuple(_compared(change, was.get(change.record.organisation.handle.casefold())) for change in plan.changed)
    return Proposed(replace(plan, changed=changed, unchanged=(), problems=(), questions=()), before, own)


def fitted(proposed: Proposed, current: Entries) -> Plan | None:
    """The plan as it is to be done on ``current`` (own networks only): each entry as it is now, but for what is
    proposed of it.  None if what it changes or removes is not as it was; that an entry was confirmed meanwhile, or that
    something else in it changed, is nothing to it."""
    plan, staff, known = proposed.plan, _staff(current), _known(current)
    was = {record.organisation.handle.casefold(): record for record in proposed.before}
    fields = {change.record.organisation.handle.casefold(): set(change.fields) for change in plan.changed}
    if set(was) != {*fields, *(handle.casefold() for handle in plan.gone)}:
        return None
    for key, record in was.items():
        there = known.get(key)
        if there is None:
            return None
        moved = set(differing(there, staff[key], record.organisation, record.people)) - confirming.FIELDS
        if moved & fields.get(key, moved):
            return None
    if any(record.organisation.handle.casefold() in known for record in plan.added):
        return None
    own = {network.id: network for network in proposed.networks}
    if any(current.networks.get(network.id) != own.get(network.id) for network in plan.networks):
        return None
    keys = [change.record.organisation.handle.casefold() for change in plan.changed]
    changed = [_done_on(change, known[key], staff[key]) for key, change in zip(keys, plan.changed, strict=True)]
    plan = replace(plan, changed=tuple(changed))
    claimed = {claim for record in _records(plan) for claim in _claims(record.organisation, record.people)}
    others = (_claims(known[key], staff[key]) for key in known if key not in was)
    return None if any(claimed & claims for claims in others) else plan


def needed(approvals: int, *, by_a_person: bool) -> int:
    """Coordinators who have to approve.  Whoever proposes in the chat is one of the two people, so one more is
    needed; whoever holds the console is nobody in particular."""
    return max(approvals - 1, 1) if by_a_person else approvals


def room_fits(proposed: Proposed, there: RoomRecord | None) -> bool:
    """Whether the room is for what it was for when this was proposed; its language is no part of that."""
    return _purpose(proposed.room_before) == _purpose(there)


def clash(one: Proposed, other: Proposed) -> bool:
    """Whether both change the same of an entry: then one alone can be approved."""
    first, second = _touched(one.plan), _touched(other.plan)
    return any(first[key] & second[key] or WHOLE in first[key] | second[key] for key in first.keys() & second.keys())


def called_elsewhere(proposed: Proposed) -> list[Handle]:
    """The entries whose telephone numbers are other ones than before, where there were any: whoever was tricked into
    approving such a change would call the trickster."""
    was = {record.organisation.handle.casefold(): _numbers(record.organisation) for record in proposed.before}
    found = (change.record.organisation for change in proposed.plan.changed)
    return [one.handle for one in found if (before := was[one.handle.casefold()]) and _numbers(one) - before]


def is_empty(plan: Plan) -> bool:
    """Whether it would change nothing."""
    return not (plan.added or plan.changed or plan.gone or plan.networks)


# --- in words -------------------------------------------------------------------------------------------------


def headlines(proposed: Proposed) -> list[str]:
    """One line for each entry: ``+`` added, ``~`` changed and in what, ``-`` gone."""
    plan = proposed.plan
    lines = [f"+ {record.organisation.handle}" for record in plan.added]
    lines += [f"~ {change.record.organisation.handle} ({', '.join(change.fields)})" for change in plan.changed]
    lines += [f"- {handle}" for handle in plan.gone]
    lines += [f"~ network {network.id}" for network in plan.networks]
    return lines + ([f"~ room {proposed.room.room} ({proposed.room.kind})"] if proposed.room else [])


def details(proposed: Proposed) -> list[str]:
    """The same with every value that comes and goes below; a RED contact's value stays out."""
    plan = proposed.plan
    was = {record.organisation.handle.casefold(): record for record in proposed.before}
    lines: list[str] = []
    for record in plan.added:
        lines.append(f"+ {record.organisation.handle}")
        lines += [f"  + {fact}" for fact in _facts(record)]
    for change in plan.changed:
        handle = change.record.organisation.handle
        lines.append(f"~ {handle} ({', '.join(change.fields)})")
        lines += _differences(_facts(was[handle.casefold()]), _facts(change.record))
    for handle in plan.gone:
        lines.append(f"- {handle}")
        lines += [f"  - {fact}" for fact in _facts(was[handle.casefold()])]
    lines += [f"~ network {network.id}" for network in plan.networks]
    if proposed.room is not None:
        lines.append(f"~ room {proposed.room.room}")
        lines += [f"  - {_for(proposed.room_before)}"] if proposed.room_before else []
        lines.append(f"  + {_for(proposed.room)}")
    return lines


def screen(proposed: Proposed, most: int) -> tuple[list[str], int]:
    """At most so many lines, and how many more there are: the details if they fit, else the headlines."""
    lines = details(proposed)
    if len(lines) > most:
        lines = headlines(proposed)
    shown = [line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…" for line in lines[:most]]
    return shown, len(lines) - len(shown)


def _differences(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterable[str]:
    yield from (f"  - {fact}" for fact in before if fact not in after)
    yield from (f"  + {fact}" for fact in after if fact not in before)
    yield from (f"  ~ {fact}" for fact in after if fact in before and before[fact] != after[fact])


def _facts(record: Record) -> dict[str, bytes]:
    """Everything that an entry says, a fact a line, with what the line does not show: a key's file, a RED value."""
    organisation = record.organisation
    facts: dict[str, bytes] = {}
    for fact, hidden in _entry_facts(organisation):
        facts[fact] = facts.get(fact, b"") + hidden
    if organisation.roster:
        facts[f"roster: {organisation.roster}"] = organisation.calendar or b""
    facts |= {_key("openpgp", key.fingerprint): key.data or b"" for key in organisation.openpgp}
    for person in record.people:
        who = " ".join(part for part in (person.name, person.mxid) if part)
        facts[f"people: {who}"] = b""
        for fact, hidden in _person_facts(who, person):
            facts[fact] = facts.get(fact, b"") + hidden
        facts |= {_key(f"{who}, openpgp", key.fingerprint): key.data or b"" for key in person.openpgp}
    return facts


def _entry_facts(organisation: Organisation) -> Iterable[tuple[str, bytes]]:
    for name, value in plain_organisation(organisation).items():
        if name not in {"handle", "openpgp"}:
            yield from _said(name, value)


def _person_facts(who: str, person: Person) -> Iterable[tuple[str, bytes]]:
    for name, value in plain_person(person).items():
        if name not in {"name", "mxid", "openpgp"}:
            yield from _said(f"{who}, {name}", value)


def _key(name: str, fingerprint: str) -> str:
    return f"{name}: {OpenPGPFingerprint(fingerprint).grouped()}"


def _said(name: str, value: Any) -> Iterable[tuple[str, bytes]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield f"{name} {key}: {', '.join(map(str, item)) if isinstance(item, list) else item}", b""
    elif isinstance(value, list):
        for item in value:
            said, hidden = _contact(item) if isinstance(item, dict) else (item, b"")
            yield f"{name}: {said}", hidden
    else:
        yield f"{name}: {value}", b""


def _contact(plain: Mapping[str, str]) -> tuple[str, bytes]:
    red = plain["tlp"] == Tlp.RED.value
    value, hidden = ("…", f"{plain['value']}\n".encode()) if red else (plain["value"], b"")
    return f"{plain['kind']} {value} (TLP:{plain['tlp']})", hidden


def _for(record: RoomRecord) -> str:
    whose = record.user or ", ".join(sorted(record.organisations)) or "*"
    return f"{record.kind}: {whose}"


# --- inside ---------------------------------------------------------------------------------------------------


def _compared(change: Change, was: Record | None) -> Change:
    """With the fields in which it differs from what is there: what is shown, and done, of it."""
    if was is None:
        return change
    record = change.record
    return replace(change, fields=differing(was.organisation, was.people, record.organisation, record.people))


def _done_on(change: Change, there: Organisation, staff: tuple[Person, ...]) -> Change:
    """The change of an entry that is not in everything as it was when the change was proposed, whose handle keeps
    its spelling."""
    after = change.record
    fields = [field for field in change.fields if field not in {"handle", "people"}]
    names = [name for field in fields for name in ATTRIBUTES.get(field, (field,))]
    organisation = replace(there, **{name: getattr(after.organisation, name) for name in names})
    people = after.people if "people" in change.fields else staff
    record = Record(after.source, organisation, people, (0,) * len(people))
    return Change(record, change.fields)


def _touched(plan: Plan) -> dict[str, set[str]]:
    """The fields that it changes of each entry, by handle."""
    found = {change.record.organisation.handle.casefold(): set(change.fields) for change in plan.changed}
    whole = [*(record.organisation.handle for record in plan.added), *plan.gone]
    return found | {handle.casefold(): {WHOLE} for handle in whole}


def _purpose(record: RoomRecord | None) -> object:
    return record and (record.room, record.kind, record.organisations, record.user)


def _records(plan: Plan) -> tuple[Record, ...]:
    return (*plan.added, *(change.record for change in plan.changed))


def _changed(plan: Plan) -> list[Handle]:
    return [change.record.organisation.handle for change in plan.changed]


def _numbers(organisation: Organisation) -> set[str]:
    return {tel(c.value) or c.value for c in organisation.contacts if c.kind in {"phone", "emergency-phone"}}


def _known(current: Entries) -> dict[str, Organisation]:
    return {organisation.handle.casefold(): organisation for organisation in current.organisations.values()}


def _staff(current: Entries) -> defaultdict[str, tuple[Person, ...]]:
    staff: defaultdict[str, tuple[Person, ...]] = defaultdict(tuple)
    for person in current.people:
        if person.organisation:
            staff[person.organisation.casefold()] += (person,)
    return staff


def _claims(organisation: Organisation, people: Iterable[Person]) -> set[str]:
    """What only one entry can have: keys and Matrix users."""
    claims: set[str] = {key.fingerprint for key in organisation.openpgp}
    for person in people:
        claims |= {key.fingerprint for key in person.openpgp}
        if person.mxid:
            claims.add(person.mxid)
    return claims
