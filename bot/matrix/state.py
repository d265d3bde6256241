"""Our own copy of a room's unencrypted state, from raw sync JSON: the ground of every verdict.

matrix-nio's room objects are never asked: they apply state events that came out of a ciphertext, never notice a
demotion by omission, and know no creators (room version 12, MSC4289).  Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.ids import RoomId, UserId
from bot.matrix.batch import storable
from keys.trust import protected_level

KEPT = frozenset(
    {
        "m.room.create",
        "m.room.member",
        "m.room.power_levels",
        "m.room.join_rules",
        "m.room.history_visibility",
        "m.room.guest_access",
        "m.room.encryption",
        "m.room.tombstone",
        "m.room.name",
    }
)
CREATOR_VERSIONS_BEFORE = frozenset({"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"})
"""Room versions in which creators have no power of their own; from 12 on they stand above all levels."""
UNUSABLE: Mapping[str, Any] = {"users_default": "unusable"}
"""Stands for a state event that is too large or too nested to keep: no check passes by it, and as power levels it
puts everybody above all."""
Membership = Literal["join", "invite", "knock", "leave", "ban"]
PRESENT = frozenset({"join", "invite"})


@dataclass(frozen=True, slots=True)
class StateEvent:
    """One state event: what it says, and who said it."""

    content: Mapping[str, Any]
    sender: str
    event_id: str


@dataclass(slots=True)
class RoomState:
    """What we hold about one room.  ``ever_encrypted`` is never unlearned."""

    room: RoomId
    ours: str = "leave"
    """The bot's own membership, as the section of the sync says it."""
    ever_encrypted: bool = False
    events: dict[tuple[str, str], StateEvent] = field(default_factory=dict)

    def copy(self) -> "RoomState":
        """A copy to change; the events themselves are immutable."""
        return RoomState(self.room, self.ours, self.ever_encrypted, dict(self.events))

    def apply(self, raw_events: Iterable[Any]) -> bool:
        """Take over the state events among these raw (never decrypted) events; True if anything changed."""
        changed = False
        for raw in raw_events:
            found = _state_event(raw)
            if found is None:
                continue
            key, event = found
            if self.events.get(key) != event:
                self.events[key] = event
                changed = True
        if not self.ever_encrypted and self.encrypted:
            self.ever_encrypted = changed = True
        return changed

    def replace_all(self, raw_events: Iterable[Any]) -> bool:
        """The events are the room's whole state; True if anything changed."""
        before, self.events = self.events, {}
        self.apply(raw_events)
        return before != self.events

    def content(self, kind: str, key: str = "") -> Mapping[str, Any] | None:
        """The content of one state event, or None."""
        event = self.events.get((kind, key))
        return None if event is None else event.content

    # --- reading ----------------------------------------------------------------------------------------

    @property
    def encrypted(self) -> bool:
        """Whether an encryption event that we can serve stands in the state now."""
        content = self.content("m.room.encryption")
        return content is not None and content.get("algorithm") == "m.megolm.v1.aes-sha2"

    @property
    def version(self) -> str:
        """The room version; "1" where the create event names none."""
        content = self.content("m.room.create") or {}
        return str(content.get("room_version") or "1")

    def members(self) -> dict[UserId, Membership]:
        """Everyone joined or invited, the bot too."""
        out: dict[UserId, Membership] = {}
        for (kind, user), event in self.events.items():
            membership = event.content.get("membership")
            if kind == "m.room.member" and membership in PRESENT:
                out[UserId(user)] = membership
        return out

    def creators(self) -> frozenset[str]:
        """Who stands above all power levels: in room version 12 and later, the creator and those it named."""
        create = self.events.get(("m.room.create", ""))
        if create is None or self.version in CREATOR_VERSIONS_BEFORE:
            return frozenset()
        more = create.content.get("additional_creators")
        return frozenset({create.sender, *(str(user) for user in more)} if isinstance(more, list) else {create.sender})

    def power(self) -> dict[str, float]:
        """Explicit levels, and infinity for the creators of a version 12 room."""
        levels = self.content("m.room.power_levels")
        users = (levels or {}).get("users")
        out: dict[str, float] = {}
        if isinstance(users, Mapping):
            out = {str(user): _level(level, float("inf")) for user, level in users.items()}
        create = self.events.get(("m.room.create", ""))
        if levels is None and create is not None:
            out[create.sender] = 100  # before any power levels the creator has 100
        return out | dict.fromkeys(self.creators(), float("inf"))

    @property
    def users_default(self) -> float:
        """The level of everybody who is not named; what is no number counts as above all."""
        return _level((self.content("m.room.power_levels") or {}).get("users_default", 0), float("inf"))

    @property
    def protected_level(self) -> float:
        """The lowest level that can undo the room's safety."""
        return protected_level(self.content("m.room.power_levels"))

    def text(self, kind: str, name: str) -> str | None:
        """One text of a state event with an empty key; None where it is absent or not text."""
        value = (self.content(kind) or {}).get(name)
        return value if isinstance(value, str) else None

    @property
    def marker(self) -> str | None:
        """``org.enlace.ref`` of the creation content."""
        return self.text("m.room.create", "org.enlace.ref")

    # --- at rest ----------------------------------------------------------------------------------------

    def to_json(self) -> list[list[Any]]:
        """For a JSON column."""
        return [[k, key, e.sender, e.event_id, dict(e.content)] for (k, key), e in self.events.items()]

    @classmethod
    def from_json(cls, room: str, ours: str, ever_encrypted: bool, rows: Iterable[Any]) -> "RoomState":
        """What :meth:`to_json` gave."""
        events = {(k, key): StateEvent(content, sender, event_id) for k, key, sender, event_id, content in rows}
        return cls(RoomId(room), ours, ever_encrypted, events)


def is_state(raw: Any) -> bool:
    """Whether this is a state event of a kind that is kept."""
    return _state_event(raw) is not None


def _level(value: object, otherwise: float) -> float:
    if isinstance(value, bool):
        return otherwise
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.strip().lstrip("+-").isdecimal() and len(value) < 20:
        return int(value)  # room versions up to 9 allow numbers written as text
    return otherwise


def _state_event(raw: Any) -> tuple[tuple[str, str], StateEvent] | None:
    if not isinstance(raw, Mapping):
        return None
    kind, key, content, sender = raw.get("type"), raw.get("state_key"), raw.get("content"), raw.get("sender")
    if kind not in KEPT or not isinstance(key, str) or not isinstance(content, Mapping) or not isinstance(sender, str):
        return None
    if kind == "m.room.member":
        content = {"membership": content.get("membership")}
    if not storable([key, sender, content]):
        if not storable([key, sender]):
            return None
        content = UNUSABLE
    return (str(kind), key), StateEvent(content, sender, str(raw.get("event_id") or ""))
