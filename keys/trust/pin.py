"""What a human act fixed about a person's Matrix identity, and how it is made, latched and withdrawn."""

import enum
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from keys.crosssigning import DeviceKey, SeenDevice, SeenIdentity
from keys.errors import NotAccepted
from keys.fingerprint import MatrixKey, OpenPGPFingerprint
from keys.statement import Statement

GRACE = timedelta(days=14)
"""How long after its statement's end a person still reads, at TLP:GREEN at the most."""

Level = Literal["verified", "vouched"]


class IdentityNotPublished(NotAccepted):
    """The homeserver publishes no cross-signing identity for {user}."""

    code = "identity-not-published"


class DeviceNotPublished(NotAccepted):
    """The homeserver publishes no device of {user} with this key: {device}."""

    code = "device-not-published"


class DeviceKeyDiffers(NotAccepted):
    """The homeserver publishes another key for the device {device} of {user} than the statement lists."""

    code = "device-key-differs"


class DeviceNotSigned(NotAccepted):
    """The device {device} is not signed by the identity of {user}."""

    code = "device-not-signed"


class VouchesDiffer(NotAccepted):
    """The two coordinators typed different session keys for {user}."""

    code = "vouches-differ"


class VouchesNotApart(NotAccepted):
    """The two words for {user} do not come from two coordinators of two organisations, neither of them {user}."""

    code = "vouches-not-apart"


class Withdrawal(enum.StrEnum):
    """Why a pin no longer counts."""

    CHANGED = "changed"
    """The homeserver published another master key."""
    REVOKED = "revoked"
    """A person withdrew it."""
    KEY_REVOKED = "key-revoked"
    """The OpenPGP key that stood for it was revoked."""
    FINGERPRINT_CHANGED = "fingerprint-changed"
    """The directory names another OpenPGP key now."""


@dataclass(frozen=True)
class Pin:
    """One person's identity as a human act fixed it; times are aware, in UTC.

    ``master_key`` pinned: every device that it signs is trusted, today's and tomorrow's.  None: exactly
    ``devices``, until one of them signs a master key (:func:`observe`).  A withdrawn pin never counts again:
    only a new statement or two new vouches, hence a new pin, lead back.
    """

    user_id: str
    organisation: str
    level: Level
    master_key: str | None
    devices: frozenset[DeviceKey]
    issued: datetime
    expires: datetime
    openpgp_fingerprint: OpenPGPFingerprint | None = None
    revoked_at: datetime | None = None
    reason: Withdrawal | None = None


@dataclass(frozen=True)
class Vouch:
    """One coordinator's word, given blind in their own direct room: the session key as the person read it out."""

    coordinator: str
    organisation: str
    ed25519: MatrixKey
    at: datetime = field(compare=False)


def pin_from_statement(
    statement: Statement, seen: SeenIdentity, *, fingerprint: OpenPGPFingerprint, sent_from: DeviceKey
) -> Pin:
    """The pin that a checked statement earns, against what the homeserver publishes now.

    1. There is an identity; 2. the device that sent the statement is published with the very key, and signed by
    that identity; 3. no listed device is published with another key (then somebody lies); 4. if a listed device
    has signed the master key, that is pinned, else exactly the listed devices are.
    Raises :class:`IdentityNotPublished`, :class:`DeviceNotPublished`, :class:`DeviceKeyDiffers`,
    :class:`DeviceNotSigned`.
    """
    user = statement.user
    if seen.user_id != user or seen.master_key is None or seen.self_signing_key is None:
        raise IdentityNotPublished(user=user)
    for device_id, key in sorted(statement.devices):
        published = seen.devices.get(device_id)
        if published is not None and published.ed25519 != key:
            raise DeviceKeyDiffers(device=device_id, user=user)
    if sent_from not in statement.devices or sent_from.device_id not in seen.devices:
        raise DeviceNotPublished(device=sent_from.device_id, user=user)
    if not seen.devices[sent_from.device_id].cross_signed:
        raise DeviceNotSigned(device=sent_from.device_id, user=user)
    return Pin(
        user_id=user,
        organisation=statement.organisation,
        level="verified",
        master_key=vouched_master(statement.devices, seen),
        devices=statement.devices,
        issued=statement.issued,
        expires=statement.expires,
        openpgp_fingerprint=fingerprint,
    )


def pin_from_vouches(
    user_id: str,
    organisation: str,
    first: Vouch,
    second: Vouch,
    seen: SeenIdentity,
    *,
    issued: datetime,
    expires: datetime,
) -> Pin:
    """The pin that two coordinators' word earns: level ``vouched``.

    1. Two coordinators of two organisations, neither of them the person; 2. both typed the same key; 3. the
    homeserver publishes a device with it, signed by the person's identity.  That both are verified coordinators,
    and not vouched for themselves, the caller has checked.
    Raises :class:`VouchesNotApart`, :class:`VouchesDiffer`, :class:`DeviceNotPublished`, :class:`DeviceNotSigned`.
    """
    apart = len({first.coordinator, second.coordinator, user_id}) == 3
    if not apart or first.organisation.casefold() == second.organisation.casefold():
        raise VouchesNotApart(user=user_id)
    if not first.ed25519.matches(second.ed25519):
        raise VouchesDiffer(user=user_id)
    devices = frozenset({vouched_device(user_id, first.ed25519, seen).key})
    return Pin(user_id, organisation, "vouched", vouched_master(devices, seen), devices, issued, expires)


def vouched_device(user_id: str, key: MatrixKey, seen: SeenIdentity) -> SeenDevice:
    """The one published device of this user with this session key, signed by the user's identity.

    Raises :class:`DeviceNotPublished`, :class:`DeviceNotSigned`.
    """
    named = [device for device in seen.devices.values() if key.matches(device.ed25519)]
    if seen.user_id != user_id or len(named) != 1:
        raise DeviceNotPublished(device=key.grouped(), user=user_id)
    if not named[0].cross_signed:
        raise DeviceNotSigned(device=named[0].device_id, user=user_id)
    return named[0]


def vouched_master(devices: frozenset[DeviceKey], seen: SeenIdentity) -> str | None:
    """The master key published now, if one of these very device keys has signed it."""
    signers = [device for device in seen.devices.values() if device.signed_master and device.key in devices]
    return seen.master_key if signers else None


def trusted_by(pin: Pin, seen: SeenIdentity) -> tuple[SeenDevice, ...]:
    """The published devices that the pin covers: cross-signed now, by the pinned master key or listed themselves."""
    every = pin.master_key is not None or vouched_master(pin.devices, seen) is not None
    return tuple(
        device for device in seen.devices.values() if device.cross_signed and (every or device.key in pin.devices)
    )


def observe(pin: Pin, seen: SeenIdentity, now: datetime) -> Pin:
    """The pin after a look at what the homeserver publishes; store it whenever it differs from the old one.

    A master key other than the pinned one withdraws the pin for good, also if the old key comes back.  A pin of
    listed devices takes the master key that one of them has signed.  A missing identity changes nothing here:
    it only holds (:func:`keys.trust.judge_person`), because a failed look-up is no change.
    """
    if pin.revoked_at is not None or seen.user_id != pin.user_id or seen.master_key is None:
        return pin
    if pin.master_key is None:
        return replace(pin, master_key=vouched_master(pin.devices, seen))
    return pin if pin.master_key == seen.master_key else withdraw(pin, now, Withdrawal.CHANGED)


def withdraw(pin: Pin, now: datetime, reason: Withdrawal) -> Pin:
    """The pin withdrawn; the first reason stays."""
    return pin if pin.revoked_at is not None else replace(pin, revoked_at=now, reason=reason)
