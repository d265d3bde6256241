"""Whom enlace trusts with what, and why: pins, the verdict on a person, the verdict on a room.

Pure and ordered.  A :class:`Pin` is the outcome of a human act and is stored; a verdict is computed from it, from
what the homeserver publishes now and from the time, and is never stored.  The homeserver is an adversary: nothing
that it publishes can raise a person's standing without a new pin.
"""

from keys.crosssigning import DeviceKey, SeenDevice, SeenIdentity
from keys.policy import Check
from keys.trust.person import CHECKS as PERSON_CHECKS
from keys.trust.person import PersonVerdict, Standing, TrustedDevice, judge_person
from keys.trust.pin import (
    GRACE,
    DeviceKeyDiffers,
    DeviceNotPublished,
    DeviceNotSigned,
    IdentityNotPublished,
    Pin,
    Vouch,
    VouchesDiffer,
    VouchesNotApart,
    Withdrawal,
    observe,
    pin_from_statement,
    pin_from_vouches,
    vouched_device,
    withdraw,
)
from keys.trust.room import CHECKS as ROOM_CHECKS
from keys.trust.room import PROTECTED, RoomFacts, RoomVerdict, judge_room, protected_level

CHECKS = PERSON_CHECKS + ROOM_CHECKS

__all__ = [
    "CHECKS",
    "GRACE",
    "PROTECTED",
    "Check",
    "DeviceKey",
    "DeviceKeyDiffers",
    "DeviceNotPublished",
    "DeviceNotSigned",
    "IdentityNotPublished",
    "PersonVerdict",
    "Pin",
    "RoomFacts",
    "RoomVerdict",
    "SeenDevice",
    "SeenIdentity",
    "Standing",
    "TrustedDevice",
    "Vouch",
    "VouchesDiffer",
    "VouchesNotApart",
    "Withdrawal",
    "judge_person",
    "judge_room",
    "observe",
    "pin_from_statement",
    "pin_from_vouches",
    "protected_level",
    "vouched_device",
    "withdraw",
]
