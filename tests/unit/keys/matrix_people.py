"""Real Matrix identities and devices for tests: Ed25519 keys, signed objects, and a homeserver that publishes them."""

import copy
import hashlib
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keys.canonical import sign_json
from keys.crosssigning import (
    CrossSigningSeeds,
    DeviceKey,
    SeenIdentity,
    master_signed_by_device,
    public_keys,
    public_of,
    read_identity,
    sign_device,
)


def seed(*what: object) -> bytes:
    """32 bytes that differ for different arguments."""
    return hashlib.sha256(repr(what).encode()).digest()


def identity(*what: object) -> CrossSigningSeeds:
    return CrossSigningSeeds(*(seed(*what, part) for part in ("master", "self", "user")))


@dataclass
class Device:
    user: str
    device_id: str
    version: int = 0

    @property
    def private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(seed(self.user, self.device_id, self.version))

    @property
    def key(self) -> DeviceKey:
        return DeviceKey(self.device_id, public_of(seed(self.user, self.device_id, self.version)))

    @property
    def curve25519(self) -> str:
        return public_of(seed(self.user, self.device_id, self.version, "curve"))

    def keys(self) -> dict[str, Any]:
        """What the device uploads, signed by itself."""
        described = {
            "user_id": self.user,
            "device_id": self.device_id,
            "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
            "keys": {f"ed25519:{self.device_id}": self.key.ed25519, f"curve25519:{self.device_id}": self.curve25519},
        }
        return sign_json(described, f"ed25519:{self.device_id}", self.user, self.private.sign)


@dataclass
class Server:
    """What a homeserver publishes for one user; every field may be tampered with."""

    user: str
    master: Any = None
    self_signing: Any = None
    devices: dict[str, Any] = field(default_factory=dict)

    def publish(self, seeds: CrossSigningSeeds, *, signed_by: Device | None = None) -> "Server":
        """A new identity, whose master key a device may have signed."""
        bodies = public_keys(seeds, self.user)
        self.master, self.self_signing = bodies["master_key"], bodies["self_signing_key"]
        if signed_by:
            self.master = master_signed_by_device(seeds, self.user, signed_by.device_id, signed_by.private.sign)
        return self

    def add(self, device: Device, seeds: CrossSigningSeeds | None = None) -> "Server":
        """A device, signed by this identity or by none."""
        self.devices[device.device_id] = sign_device(seeds, self.user, device.keys()) if seeds else device.keys()
        return self

    def seen(self) -> SeenIdentity:
        return read_identity(self.user, *copy.deepcopy((self.master, self.self_signing, self.devices)))
