"""The directory in memory: what the rest of the service asks it, answered at once."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from bot.db.unit import Unit
from bot.directory.model import Entries, Network, Organisation, Person, RoomRecord
from bot.directory.rules import resolve as resolving
from bot.directory.rules.neutral import neutral_entries
from bot.directory.rules.resolve import Resolution
from bot.directory.rules.search import Matches, Search
from bot.directory.rules.targets import Target
from bot.directory.service.profiles import with_shipped
from bot.directory.tables import entries, standing
from bot.ids import Handle, RoomId, UserId
from keys.trust import Pin

BELL = "directory"
"""Rings after a unit that changed the directory: then whoever wired the register calls :meth:`Register.reload`."""
MARK_ENTRIES = "entries"
MARK_STANDING = "standing"
_REMEMBERED = 64
"""Neighbourhoods kept in memory: in a large network each is as large as the network."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """The entries of one state, indexed."""

    entries: Entries
    search: Search
    staff: Mapping[str, tuple[Person, ...]]


class Register:
    """A snapshot of the directory, with synchronous look-ups; :meth:`reload` brings it up to date.

    ``coordinators`` and ``profiles`` (networks in addition to the shipped ones) come from the configuration."""

    def __init__(self, coordinators: Iterable[UserId] = (), profiles: Iterable[Network] = ()) -> None:
        self._coordinators = frozenset(coordinators)
        self._profiles = tuple(profiles)
        self._seen: dict[str, int] = {}
        self._reloading = asyncio.Lock()
        self._connected: dict[str, frozenset[Handle]] = {}
        self._set_entries(Entries())
        self._set_standing((), ())

    @classmethod
    async def load(cls, unit: Unit, coordinators: Iterable[UserId] = (), profiles: Iterable[Network] = ()) -> Self:
        """A register of what the unit sees."""
        register = cls(coordinators, profiles)
        await register.reload(unit)
        return register

    async def reload(self, unit: Unit) -> None:
        """Read what has changed since the last time: rooms and identities first, so that what was withdrawn counts no
        longer, then the entries.  Either is seen in one step, and the event loop stands still for neither."""
        async with self._reloading:
            marks = await standing.read_marks(unit)
            mark = marks.get(MARK_STANDING, 0)
            if self._seen.get(MARK_STANDING) != mark:
                self._set_standing(await standing.read_rooms(unit), await standing.read_pins(unit))
                self._seen[MARK_STANDING] = mark
            mark = marks.get(MARK_ENTRIES, 0)
            if self._seen.get(MARK_ENTRIES) != mark:
                found = await entries.read_entries(unit)
                self._show(await asyncio.to_thread(self._indexed, found))
                self._seen[MARK_ENTRIES] = mark

    def _set_entries(self, found: Entries) -> None:
        self._show(self._indexed(found))

    def _indexed(self, found: Entries) -> _Shown:
        """Seconds of work if there are many; touches nothing that is in use."""
        found = neutral_entries(found)
        shown = Entries(with_shipped((*self._profiles, *found.networks.values())), found.organisations, found.people)
        staff: defaultdict[str, list[Person]] = defaultdict(list)
        for person in found.people:
            if person.organisation:
                staff[person.organisation.casefold()].append(person)
        return _Shown(shown, Search(shown), {handle: tuple(people) for handle, people in staff.items()})

    def _show(self, shown: _Shown) -> None:
        self.entries, self.search, self._staff = shown.entries, shown.search, shown.staff
        self._connected = {}

    def _set_standing(self, rooms: Iterable[RoomRecord], pins: Iterable[Pin]) -> None:
        self._rooms = {record.room: record for record in rooms}
        self._direct = {record.user: record.room for record in self._rooms.values() if record.user}
        desks: defaultdict[str, list[RoomId]] = defaultdict(list)
        for record in self._rooms.values():
            if record.kind == "desk":
                for handle in record.organisations:
                    desks[handle.casefold()].append(record.room)
        self._desks = {handle: tuple(rooms) for handle, rooms in desks.items()}
        self._pins = {UserId(pin.user_id): pin for pin in pins}

    # --- people and organisations -----------------------------------------------------------------------

    def person(self, user: UserId) -> Person | None:
        """The person of this Matrix user."""
        return self.search.person(user)

    def organisation(self, handle: str) -> Organisation | None:
        """The organisation of this handle, whatever its case."""
        return self.search.organisation(handle)

    def organisations(self) -> tuple[Organisation, ...]:
        """All of them, by handle."""
        return tuple(self.search.organisations())

    def people_of(self, handle: str) -> tuple[Person, ...]:
        """Everybody who staffs this organisation, in the order of the entry."""
        return self._staff.get(handle.casefold(), ())

    def coordinators(self) -> frozenset[UserId]:
        """The coordinators, as the configuration names them."""
        return self._coordinators

    def imitated(self, user: UserId) -> UserId | None:
        """The Matrix user of the directory that this unknown one looks like."""
        if self.person(user) is not None:
            return None
        return next((hit.person.mxid for hit in self.search.imitated(user) if hit.person), None)

    # --- networks ---------------------------------------------------------------------------------------

    def network(self, id_: str) -> Network | None:
        """The network of this id, shipped or own."""
        return self.search.network(id_)

    def networks(self) -> Mapping[str, Network]:
        """Every network by its id, shipped or own."""
        return self.search.networks

    def shared_networks(self, one: str, other: str) -> frozenset[str]:
        """The networks that list both organisations."""
        first, second = self.organisation(one), self.organisation(other)
        return first.networks & second.networks if first and second else frozenset()

    def connected(self, handle: str) -> frozenset[Handle]:
        """The organisations that share at least one network with this one; it is not among them itself."""
        key = handle.casefold()
        if key not in self._connected:
            if len(self._connected) >= _REMEMBERED:
                self._connected.clear()
            organisation = self.organisation(handle)
            listed = organisation.networks if organisation else frozenset()
            found = {o.handle for network in listed for o in self.search.in_network(network)}
            self._connected[key] = frozenset(h for h in found if h.casefold() != key)
        return self._connected[key]

    # --- rooms and identities ---------------------------------------------------------------------------

    def room(self, room: RoomId) -> RoomRecord | None:
        """What the room is for, if it is on record."""
        return self._rooms.get(room)

    def rooms(self) -> tuple[RoomRecord, ...]:
        """Every room on record."""
        return tuple(self._rooms.values())

    def desk_rooms(self, handle: str) -> tuple[RoomId, ...]:
        """The desk rooms of this organisation."""
        return self._desks.get(handle.casefold(), ())

    def direct_room(self, user: UserId) -> RoomId | None:
        """This person's own room with the bot."""
        return self._direct.get(user)

    def pin(self, user: UserId) -> Pin | None:
        """The newest pin of this Matrix user, withdrawn ones too."""
        return self._pins.get(user)

    def pins(self) -> tuple[Pin, ...]:
        """The newest pin of everybody who ever had one."""
        return tuple(self._pins.values())

    # --- targets ----------------------------------------------------------------------------------------

    def find(self, query: str, role: str | None = None) -> Matches:
        """For reading: :meth:`Search.find`."""
        return self.search.find(query, role)

    def knows(self, text: str) -> bool:
        """Whether this word or name is a target where something leaves the room."""
        return resolving.knows(self.search, text)

    def resolve(self, target: Target, caller: Organisation | None) -> Resolution:
        """Who the target is for what this organisation sends: :func:`bot.directory.rules.resolve.resolve`."""
        return resolving.resolve(self.search, target, caller)
