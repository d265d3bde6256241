"""Which OpenPGP keys are good enough, and the form that every verdict of this package takes.

Pure: the key is what gpg said about it, the time is an argument.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from keys.fingerprint import OpenPGPFingerprint

Purpose = Literal["sign", "encrypt"]

CHECKS = ("key-valid", "key-not-revoked", "key-not-expired", "key-strong", "key-can-sign", "key-can-encrypt")
"""Every check of a key; each has a text ``check-<name>`` and a way out ``check-<name>.mend``."""


@dataclass(frozen=True)
class Check:
    """One question and its answer.

    ``name`` is the locale key: ``check-<name>`` says what is wrong when ``ok`` is False, with these values,
    and ``check-<name>.mend`` how it is put right.
    """

    name: str
    ok: bool
    values: Mapping[str, str | int] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class SubkeyInfo:
    """A primary key or subkey, as gpg lists it.  Times are aware, in UTC.

    ``capabilities``: letters of s(ign), e(ncrypt), c(ertify), a(uthenticate).  ``validity`` is gpg's own word
    when it listed the key: ``e`` expired, ``r`` revoked, ``i`` invalid (no good self-signature), ``d`` disabled.
    """

    fingerprint: OpenPGPFingerprint
    algorithm: str
    bits: int
    capabilities: frozenset[str]
    created: datetime
    expires: datetime | None = None
    revoked: bool = False
    validity: str = ""

    def current(self, now: datetime) -> bool:
        """Neither revoked, invalid, expired nor made in the future."""
        return (
            not self.revoked
            and self.validity not in {"r", "i", "d"}
            and (self.expires is None or now < self.expires)
            and self.created <= now
        )


@dataclass(frozen=True)
class KeyInfo:
    """An OpenPGP key (certificate): its primary key, its subkeys and its user ids that still hold."""

    primary: SubkeyInfo
    subkeys: tuple[SubkeyInfo, ...] = ()
    uids: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> OpenPGPFingerprint:
        """The primary key's fingerprint: the one that directories and people name."""
        return self.primary.fingerprint

    @property
    def algorithm(self) -> str:
        """The primary key's algorithm, for example ``rsa`` or ``ed25519``."""
        return self.primary.algorithm

    @property
    def bits(self) -> int:
        """The primary key's size."""
        return self.primary.bits

    @property
    def created(self) -> datetime:
        """When the primary key was made, in UTC."""
        return self.primary.created

    @property
    def expires(self) -> datetime | None:
        """When the primary key expires, in UTC; None means never."""
        return self.primary.expires

    @property
    def revoked(self) -> bool:
        """Whether the whole key is revoked."""
        return self.primary.revoked

    @property
    def emails(self) -> frozenset[str]:
        """The mail addresses in the user ids, in small letters."""
        found = (re.search(r"<([^<>\s]+@[^<>\s]+)>\s*$", uid) or re.fullmatch(r"(\S+@\S+)", uid) for uid in self.uids)
        return frozenset(match[1].lower() for match in found if match)

    def part(self, fingerprint: str) -> SubkeyInfo | None:
        """The primary key or subkey with this fingerprint."""
        return next((part for part in (self.primary, *self.subkeys) if part.fingerprint == fingerprint), None)


# Least sizes in bits.  RSA and ElGamal: NIST SP 800-57 part 1, table 2 (112 bits of security and more).  DSA is
# left out: FIPS 186-5 no longer approves it.  RFC 9580, section 9.1, names the algorithms.
_LEAST_BITS: Mapping[str, int] = {"rsa": 2048, "elgamal": 2048}
_GOOD_CURVES = frozenset({
    "ed25519", "cv25519", "x25519", "ed448", "cv448", "x448",
    "nistp256", "nistp384", "nistp521", "brainpoolp256r1", "brainpoolp384r1", "brainpoolp512r1",
})  # fmt: skip

_DIGESTS: Mapping[int, str] = {
    1: "MD5", 2: "SHA-1", 3: "RIPEMD-160", 8: "SHA-256", 9: "SHA-384", 10: "SHA-512", 11: "SHA-224",
    12: "SHA3-256", 14: "SHA3-512",
}  # fmt: skip
_STRONG_DIGESTS = frozenset({8, 9, 10, 11, 12, 14})


def digest_name(number: int) -> str:
    """The name of a hash algorithm by its number in RFC 9580, section 9.5."""
    return _DIGESTS.get(number, f"#{number}")


def digest_is_strong(number: int) -> bool:
    """Whether signatures over this digest count; MD5, SHA-1 and RIPEMD-160 do not (RFC 9580, section 9.5)."""
    return number in _STRONG_DIGESTS


def is_strong(part: SubkeyInfo) -> bool:
    """Whether algorithm and size of this key or subkey are good enough; unknown ones are not."""
    return part.algorithm in _GOOD_CURVES or part.bits >= _LEAST_BITS.get(part.algorithm, 1 << 30)


def judge_key(info: KeyInfo, now: datetime, purpose: Purpose) -> tuple[Check, ...]:
    """Whether the key may be used for ``purpose`` at ``now`` (aware, UTC): every check, good or bad.

    1. it has a good self-signature and is not disabled; 2. it is not revoked; 3. it is not expired; 4. its
    primary key is strong; 5. it has a current, strong key or subkey that can do what is asked.
    """
    primary = info.primary
    named = {"fingerprint": info.fingerprint.grouped()}
    letter = purpose[0]
    able = any(
        letter in part.capabilities and part.current(now) and is_strong(part) for part in (primary, *info.subkeys)
    )
    expires = f"{primary.expires:%Y-%m-%d}" if primary.expires else "–"
    return (
        Check("key-valid", primary.validity not in {"i", "d"} and primary.created <= now, named),
        Check("key-not-revoked", not primary.revoked and primary.validity != "r", named),
        Check("key-not-expired", primary.expires is None or now < primary.expires, {**named, "expires": expires}),
        Check("key-strong", is_strong(primary), {**named, "algorithm": primary.algorithm, "bits": primary.bits}),
        Check("key-can-sign" if purpose == "sign" else "key-can-encrypt", able, named),
    )
