"""The verdict on a person: the pin, what the homeserver publishes, and the time."""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from keys.crosssigning import SeenIdentity
from keys.policy import Check
from keys.trust.pin import GRACE, Level, Pin, Withdrawal, trusted_by

CHECKS = (
    "person-pinned",
    "person-identity-kept",
    "person-not-revoked",
    "person-key-not-revoked",
    "person-fingerprint-kept",
    "person-identity-published",
    "person-master-key",
    "person-statement-current",
    "person-devices-signed",
    "person-device-trusted",
)
"""Every check of a person, in the order in which they are asked."""

_WITHDRAWN = {
    Withdrawal.CHANGED: "person-identity-kept",
    Withdrawal.REVOKED: "person-not-revoked",
    Withdrawal.KEY_REVOKED: "person-key-not-revoked",
    Withdrawal.FINGERPRINT_CHANGED: "person-fingerprint-kept",
}


class Standing(enum.Enum):
    """How a person stands with enlace now."""

    UNKNOWN = "unknown"
    VERIFIED = "verified"
    VOUCHED = "vouched"
    GRACE = "grace"
    EXPIRED = "expired"
    CHANGED = "changed"
    REVOKED = "revoked"

    @property
    def good(self) -> bool:
        """Whether somebody of this standing may be in a verified room."""
        return self in {Standing.VERIFIED, Standing.VOUCHED, Standing.GRACE}


class TrustedDevice(NamedTuple):
    """A device that gets room keys and whose messages are obeyed; keys in unpadded base64."""

    device_id: str
    ed25519: str
    curve25519: str


@dataclass(frozen=True)
class PersonVerdict:
    """What a Matrix user is trusted with now; ``level`` says how they were pinned, also in grace."""

    user_id: str
    standing: Standing
    organisation: str | None
    trusted_devices: frozenset[TrustedDevice]
    checks: tuple[Check, ...]
    level: Level | None = None

    @property
    def may_receive(self) -> bool:
        """Whether there is a device to which the bot may give keys."""
        return self.standing.good and bool(self.trusted_devices)

    @property
    def may_command(self) -> bool:
        """Whether messages are obeyed at all; each also has to come from a trusted device (:meth:`trusts`)."""
        return self.may_receive

    def trusts(self, device_id: str, ed25519: str, curve25519: str) -> bool:
        """Whether exactly this device, with both keys, is trusted."""
        return self.standing.good and TrustedDevice(device_id, ed25519, curve25519) in self.trusted_devices

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that are not ok.  Not every one takes the standing away: an unsigned device does not."""
        return tuple(check for check in self.checks if not check.ok)


def judge_person(user_id: str, pin: Pin | None, seen: SeenIdentity | None, now: datetime) -> PersonVerdict:
    """The verdict on ``user_id`` at ``now`` (aware, UTC).

    ``pin`` is the stored one, already latched (:func:`keys.trust.observe`); ``seen`` the newest complete answer of
    the homeserver, None if there is none yet.  In this order, and the first that fails decides:

    1. there is a pin of this user, else ``unknown``;
    2. it is not withdrawn, else ``changed`` or ``revoked``;
    3. the homeserver publishes an identity for this user, else ``unknown``: held until it does;
    4. its master key is the pinned one, else ``changed``.  A pin of listed devices names no master key: only
       the listed device keys count, and only while the identity published now signs them, whoever's that is;
    5. the statement runs, else ``grace`` for 14 days, then ``expired``;
    6. devices that are not cross-signed get nothing, which is said and takes no standing away;
    7. at least one device is trusted, else nobody is there to read, which is said too.
    """
    asked: list[Check] = []

    def ask(name: str, ok: bool, **values: str | int) -> bool:
        asked.append(Check(name, ok, {"user": user_id, **values}))
        return ok

    def verdict(standing: Standing, devices: frozenset[TrustedDevice] = frozenset()) -> PersonVerdict:
        organisation, level = (pin.organisation, pin.level) if pin and pin.user_id == user_id else (None, None)
        return PersonVerdict(user_id, standing, organisation, devices, tuple(asked), level)

    if not ask("person-pinned", pin is not None and pin.user_id == user_id) or pin is None:
        return verdict(Standing.UNKNOWN)
    withdrawn = pin.revoked_at is not None or pin.reason is not None
    reason = pin.reason if pin.reason in _WITHDRAWN else Withdrawal.REVOKED
    date = f"{pin.revoked_at:%Y-%m-%d}" if pin.revoked_at else "–"
    for withdrawal, name in _WITHDRAWN.items():
        ask(name, not (withdrawn and reason == withdrawal), date=date)
    if withdrawn:
        return verdict(Standing.CHANGED if reason == Withdrawal.CHANGED else Standing.REVOKED)
    published = seen is not None and seen.user_id == user_id and seen.master_key is not None
    if not ask("person-identity-published", published) or seen is None:
        return verdict(Standing.UNKNOWN)
    if not ask("person-master-key", pin.master_key in {None, seen.master_key}):
        return verdict(Standing.CHANGED)
    standing = Standing.VERIFIED if pin.level == "verified" else Standing.VOUCHED
    if not ask("person-statement-current", now < pin.expires, expires=f"{pin.expires:%Y-%m-%d}"):
        if now >= pin.expires + GRACE:
            return verdict(Standing.EXPIRED)
        standing = Standing.GRACE
    trusted = trusted_by(pin, seen)
    others = sorted(device.device_id for device in seen.devices.values() if device not in trusted)
    ask("person-devices-signed", not others, devices=", ".join(others), count=len(others))
    ask("person-device-trusted", bool(trusted))
    return verdict(standing, frozenset(TrustedDevice(d.device_id, d.ed25519, d.curve25519) for d in trusted))
