"""One ``/sync`` answer, taken apart: whatever has the wrong shape is left out.  Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.ids import RoomId


@dataclass(slots=True)
class JoinedRoom:
    """What a sync says about a room that the bot is in."""

    state: list[Any] = field(default_factory=list)
    timeline: list[Any] = field(default_factory=list)
    limited: bool = False
    prev_batch: str | None = None
    now: list[Any] | None = None
    """The room's whole state, asked for by itself; where it is known, nothing above says anything about the state."""


@dataclass(slots=True)
class Batch:
    """A sync answer."""

    next_batch: str
    to_device: list[Any]
    changed: set[str]
    left: set[str]
    one_time_keys: int | None
    """How many one-time keys the homeserver holds; None if it did not say."""
    fallback_unused: bool | None
    """Whether an unused fallback key is there; None if it did not say."""
    joined: dict[RoomId, JoinedRoom]
    invited: dict[RoomId, list[Any]]
    gone: set[RoomId]


class NoSync(ValueError):
    """The answer is not a sync answer."""


def plain(value: object) -> bool:
    """Whether this is an id as every database can hold it: 1 to 255 visible characters.

    Member-made ids (sessions, devices) are whatever their makers like; one that cannot be stored must not stop a sync.
    """
    return isinstance(value, str) and 0 < len(value) <= 255 and value.isprintable()


LARGEST_EVENT = 128 * 1024
"""Bytes of one event; servers hand on none above 64 KiB (Matrix v1.19, "Size limits"), and add to it for clients."""


def storable(content: object, deepest: int = 40) -> bool:
    """Whether this can be written down as JSON wherever it goes: hardly nested, of the size of an event at most, no
    half surrogates, no NaN."""
    try:
        if not _depth(content, deepest):
            return False
        return len(json.dumps(content, ensure_ascii=False, allow_nan=False).encode()) <= LARGEST_EVENT
    except (ValueError, TypeError):
        return False


def _depth(value: object, left: int) -> bool:
    if isinstance(value, Mapping):
        return left > 0 and all(_depth(inner, left - 1) for inner in value.values())
    if isinstance(value, list):
        return left > 0 and all(_depth(inner, left - 1) for inner in value)
    return True


def parse(raw: Mapping[str, Any]) -> Batch:
    """Raises :class:`NoSync` only if there is no position to go on from."""
    token = raw.get("next_batch")
    if not isinstance(token, str) or not token:
        raise NoSync
    lists, rooms = _map(raw.get("device_lists")), _map(raw.get("rooms"))
    counts, unused = raw.get("device_one_time_keys_count"), raw.get("device_unused_fallback_key_types")
    count = counts.get("signed_curve25519", 0) if isinstance(counts, Mapping) else None
    return Batch(
        next_batch=token,
        to_device=_list(_map(raw.get("to_device")).get("events")),
        changed={user for user in _list(lists.get("changed")) if plain(user)},
        left={user for user in _list(lists.get("left")) if plain(user)},
        one_time_keys=count if isinstance(count, int) else None,
        fallback_unused="signed_curve25519" in unused if isinstance(unused, list) else None,
        joined={RoomId(room): _joined(_map(value)) for room, value in _map(rooms.get("join")).items() if plain(room)},
        invited={
            RoomId(room): _list(_map(_map(value).get("invite_state")).get("events"))
            for room, value in _map(rooms.get("invite")).items()
            if plain(room)
        },
        gone={RoomId(room) for room in _map(rooms.get("leave")) if plain(room)},
    )


def _joined(room: Mapping[str, Any]) -> JoinedRoom:
    timeline = _map(room.get("timeline"))
    back = timeline.get("prev_batch")
    return JoinedRoom(
        state=_list(_map(room.get("state")).get("events")),
        timeline=_list(timeline.get("events")),
        limited=timeline.get("limited") is True,
        prev_batch=back if isinstance(back, str) else None,
    )


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
