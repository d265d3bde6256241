"""Identifiers, so that a room is never passed where a person is meant.

Matrix ids follow the Matrix specification v1.19, appendix "Identifier grammar".  Nothing here guesses a
server from a room id: room version 12 ids have none.
"""

import re
from typing import NewType

from bot.errors import NotDone

UserId = NewType("UserId", str)
RoomId = NewType("RoomId", str)
EventId = NewType("EventId", str)
DeviceId = NewType("DeviceId", str)
Handle = NewType("Handle", str)
"""An organisation's handle, for example ``CERT-MX``; compared without case."""
Ref = NewType("Ref", str)
"""``MSG-7F3KQ``, ``ESC-…``, ``INC-…``, ``REQ-…`` or ``PRO-…``: a kind and five Crockford base32 characters."""

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_USER = re.compile(r"@[^:\x00\s]{1,200}:[^\s/\x00]{1,200}")
_ROOM = re.compile(r"![^\s\x00]{1,254}")
_REF = re.compile(r"(MSG|ESC|INC|REQ|PRO)[-‐‑–—−]?([0-9A-Za-z]{5})")
_LOOKALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})


class BadUserId(NotDone):
    """“{value}” is not a Matrix user id."""

    code = "bad-user-id"


class BadRoomId(NotDone):
    """“{value}” is not a Matrix room id."""

    code = "bad-room-id"


class BadRef(NotDone):
    """“{value}” is not a reference."""

    code = "bad-ref"


def parse_user_id(value: str) -> UserId:
    """``@localpart:server``, at most 255 bytes; raises :class:`BadUserId`."""
    value = value.strip()
    if not _USER.fullmatch(value) or len(value.encode()) > 255:
        raise BadUserId(value=value)
    return UserId(value)


def server_of(user: UserId) -> str:
    """The homeserver's name: everything after the first colon (it may hold a port)."""
    return user.partition(":")[2]


def parse_room_id(value: str) -> RoomId:
    """``!opaque``; raises :class:`BadRoomId`."""
    value = value.strip()
    if not _ROOM.fullmatch(value) or len(value.encode()) > 255:
        raise BadRoomId(value=value)
    return RoomId(value)


def parse_ref(value: str) -> Ref:
    """A reference as people type it: any case, any dash, O for 0, I and L for 1; raises :class:`BadRef`."""
    found = _REF.fullmatch(value.strip().upper())
    if not found:
        raise BadRef(value=value)
    tail = found[2].translate(_LOOKALIKE)
    if any(character not in CROCKFORD for character in tail):
        raise BadRef(value=value)
    return Ref(f"{found[1]}-{tail}")


def ref_from(kind: str, random: bytes) -> Ref:
    """The reference of this kind (``MSG``, ``ESC``, ``INC``, ``REQ``, ``PRO``) for at least four random bytes."""
    number = int.from_bytes(random[:4], "big")
    return Ref(kind + "-" + "".join(CROCKFORD[(number >> shift) & 31] for shift in (20, 15, 10, 5, 0)))
