"""Matrix cross-signing (Matrix v1.19, "Cross-signing"): make an identity, sign a device, read somebody else's identity.

Pure: seeds are arguments, JSON goes in and comes out; who talks to the homeserver is not known here.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keys.canonical import sign_json, verify_json
from keys.errors import NotAccepted
from keys.fingerprint import MatrixKey, NotAMatrixKey

_SEED = 32
Json = Mapping[str, Any]


class BadSeeds(NotAccepted):
    """These are not the three seeds of a cross-signing identity."""

    code = "bad-seeds"


class NotOurDevice(NotAccepted):
    """“{device}” is not a device of {user}."""

    code = "not-our-device"


class DeviceKey(NamedTuple):
    """A device and its Ed25519 key ("session key" in clients), in unpadded base64."""

    device_id: str
    ed25519: str


@dataclass(frozen=True)
class SeenDevice:
    """A device as the homeserver publishes it; its own signature over its keys held.

    ``cross_signed``: signed by the self-signing key that is published now, itself signed by the master key that
    is published now.  ``signed_master``: the device has signed that master key.
    """

    device_id: str
    ed25519: str
    curve25519: str
    cross_signed: bool = False
    signed_master: bool = False

    @property
    def key(self) -> DeviceKey:
        """The device id and its Ed25519 key."""
        return DeviceKey(self.device_id, self.ed25519)


@dataclass(frozen=True)
class SeenIdentity:
    """What the homeserver publishes for one user now: its word, checked for consistency, not yet for trust."""

    user_id: str
    master_key: str | None = None
    self_signing_key: str | None = None
    devices: Mapping[str, SeenDevice] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class CrossSigningSeeds:
    """The three Ed25519 seeds of an identity, 32 bytes each, never shown; raises :class:`BadSeeds`."""

    master: bytes = field(repr=False)
    self_signing: bytes = field(repr=False)
    user_signing: bytes = field(repr=False)

    def __post_init__(self) -> None:
        seeds = (self.master, self.self_signing, self.user_signing)
        if any(len(seed) != _SEED for seed in seeds) or len(set(seeds)) != len(seeds):
            raise BadSeeds

    @classmethod
    def decode(cls, secret: bytes) -> "CrossSigningSeeds":
        """The seeds from 96 bytes: a random draw, or what :meth:`encode` gave."""
        return cls(secret[:_SEED], secret[_SEED : 2 * _SEED], secret[2 * _SEED :])

    def encode(self) -> bytes:
        """96 secret bytes, for a sealed file."""
        return self.master + self.self_signing + self.user_signing

    @property
    def master_key(self) -> MatrixKey:
        """The public master key."""
        return public_of(self.master)

    @property
    def self_signing_key(self) -> MatrixKey:
        """The public self-signing key."""
        return public_of(self.self_signing)


def public_of(seed: bytes) -> MatrixKey:
    """The public key of an Ed25519 seed."""
    raw = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return MatrixKey(base64.b64encode(raw).decode("ascii"))


# --- making an identity -----------------------------------------------------------------------------------------


def public_keys(seeds: CrossSigningSeeds, user_id: str) -> dict[str, Any]:
    """The body of ``POST /keys/device_signing/upload``: the master key, and the other two signed by it."""

    def described(seed: bytes, usage: str) -> dict[str, Any]:
        public = public_of(seed)
        return {"user_id": user_id, "usage": [usage], "keys": {f"ed25519:{public}": str(public)}}

    sign = Ed25519PrivateKey.from_private_bytes(seeds.master).sign
    by_master = f"ed25519:{seeds.master_key}"
    return {
        "master_key": described(seeds.master, "master"),
        "self_signing_key": sign_json(described(seeds.self_signing, "self_signing"), by_master, user_id, sign),
        "user_signing_key": sign_json(described(seeds.user_signing, "user_signing"), by_master, user_id, sign),
    }


def sign_device(seeds: CrossSigningSeeds, user_id: str, device_keys: Json) -> dict[str, Any]:
    """The device's own key object with the self-signing key's signature added.

    ``device_keys`` is the object that the device itself uploaded and signed, not the homeserver's copy unless
    its keys were compared.  Raises :class:`NotOurDevice` if it is not a consistent, self-signed device of the user.
    """
    device_id = device_keys.get("device_id")
    if not isinstance(device_id, str) or _read_device(user_id, device_id, device_keys) is None:
        raise NotOurDevice(device=device_id, user=user_id)
    sign = Ed25519PrivateKey.from_private_bytes(seeds.self_signing).sign
    return sign_json(device_keys, f"ed25519:{seeds.self_signing_key}", user_id, sign)


def master_signed_by_device(
    seeds: CrossSigningSeeds, user_id: str, device_id: str, sign: Callable[[bytes], bytes]
) -> dict[str, Any]:
    """The master key object with the device's signature; ``sign`` asks the device for 64 raw bytes."""
    return sign_json(public_keys(seeds, user_id)["master_key"], f"ed25519:{device_id}", user_id, sign)


def signatures_upload(
    seeds: CrossSigningSeeds, user_id: str, device_keys: Json, sign: Callable[[bytes], bytes]
) -> dict[str, Any]:
    """The body of ``POST /keys/signatures/upload`` after :func:`public_keys`: device and master sign each other.

    The homeserver answers 200 even when it refuses one: look at ``failures``.  Raises :class:`NotOurDevice`.
    """
    signed = sign_device(seeds, user_id, device_keys)
    device_id = signed["device_id"]
    master = master_signed_by_device(seeds, user_id, device_id, sign)
    return {user_id: {device_id: signed, str(seeds.master_key): master}}


# --- reading an identity ----------------------------------------------------------------------------------------


def read_identity(user_id: str, master_raw: object, self_signing_raw: object, devices_raw: object) -> SeenIdentity:
    """One user's part of a raw ``/keys/query`` answer; whatever is malformed or unsigned is left out, never raised.

    1. the master key says whose it is and that it is one; 2. so does the self-signing key, and the master key
    signed it; 3. a device says whose it is, has both keys and signed them itself; 4. it is cross-signed if the
    self-signing key of step 2 signed it (an older one's signature, which homeservers keep, is nothing);
    5. it has signed the master key if its own Ed25519 key did.
    """
    master = _read_key(user_id, master_raw, "master")
    self_signing = _read_key(user_id, self_signing_raw, "self_signing")
    if not _signed(self_signing_raw, user_id, master, master):
        self_signing = None
    devices: dict[str, SeenDevice] = {}
    for device_id, raw in devices_raw.items() if isinstance(devices_raw, Mapping) else ():
        keys = _read_device(user_id, device_id, raw) if isinstance(device_id, str) else None
        # A device named like a key would make "ed25519:<name>" mean two things.
        if keys is None or device_id in {master, self_signing}:
            continue
        ed25519, curve25519 = keys
        devices[device_id] = SeenDevice(
            device_id=device_id,
            ed25519=ed25519,
            curve25519=curve25519,
            cross_signed=_signed(raw, user_id, self_signing, self_signing),
            signed_master=_signed(master_raw if master else None, user_id, device_id, ed25519),
        )
    return SeenIdentity(user_id, master, self_signing, devices)


def _read_key(user_id: str, raw: object, usage: str) -> MatrixKey | None:
    """The public key in a cross-signing key object of this user and usage, or None."""
    if not isinstance(raw, Mapping) or raw.get("user_id") != user_id or raw.get("usage") != [usage]:
        return None
    keys = raw.get("keys")
    if not isinstance(keys, Mapping) or len(keys) != 1:
        return None
    [(key_id, value)] = keys.items()
    public = _key(value)
    return public if public is not None and key_id == f"ed25519:{public}" else None


def _read_device(user_id: str, device_id: str, raw: object) -> tuple[MatrixKey, MatrixKey] | None:
    """The Ed25519 and Curve25519 keys of a consistent device object that the device signed, or None."""
    if not isinstance(raw, Mapping) or raw.get("user_id") != user_id or raw.get("device_id") != device_id:
        return None
    keys = raw.get("keys")
    if not isinstance(keys, Mapping):
        return None
    ed25519, curve25519 = _key(keys.get(f"ed25519:{device_id}")), _key(keys.get(f"curve25519:{device_id}"))
    if ed25519 is None or curve25519 is None or not verify_json(raw, user_id, f"ed25519:{device_id}", ed25519):
        return None
    return ed25519, curve25519


def _signed(raw: object, user_id: str, name: str | None, public: str | None) -> bool:
    return name is not None and public is not None and verify_json(raw, user_id, f"ed25519:{name}", public)


def _key(value: object) -> MatrixKey | None:
    try:
        return MatrixKey(value) if isinstance(value, str) else None
    except NotAMatrixKey:
        return None
