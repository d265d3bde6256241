"""OpenPGP fingerprints and Matrix public keys: read them as people write them, compare, read aloud."""

import base64
import hmac
import re
from typing import Self

from keys.errors import NotAccepted

_HEX = re.compile(r"(?:[0-9A-F]{40}|[0-9A-F]{64})")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{43}")
_GAPS = re.compile(r"[\s:\u00a0\u2007\u202f]+")


class NotAFingerprint(NotAccepted):
    """“{value}” is not a full OpenPGP fingerprint."""

    code = "not-a-fingerprint"


class NotAMatrixKey(NotAccepted):
    """“{value}” is not a Matrix key."""

    code = "not-a-matrix-key"


class OpenPGPFingerprint(str):
    """The full fingerprint of an OpenPGP key, upper-case hexadecimal without gaps.

    40 digits for version 4 keys (RFC 4880, section 12.2), 64 for version 6 (RFC 9580, section 5.5.4).  Spaces,
    colons and a leading ``0x`` are tolerated.  Key ids of 8 or 16 digits are refused: others can make a key
    with the same one.  Raises :class:`NotAFingerprint`.
    """

    __slots__ = ()

    def __new__(cls, value: str) -> Self:
        digits = _GAPS.sub("", value).upper().removeprefix("0X")
        if not _HEX.fullmatch(digits):
            raise NotAFingerprint(value=value)
        return super().__new__(cls, digits)

    @classmethod
    def parse(cls, value: str) -> Self:
        """The fingerprint written in ``value``; raises :class:`NotAFingerprint`."""
        return cls(value)

    def grouped(self) -> str:
        """In fours, with a wider gap in the middle, as gpg prints it and people read it aloud."""
        fours = _fours(self)
        middle = len(fours) // 2
        return " ".join(fours[:middle]) + "  " + " ".join(fours[middle:])


class MatrixKey(str):
    """A 32-byte Matrix public key, Ed25519 or Curve25519, in unpadded base64 (Matrix v1.19, "Unpadded Base64").

    Spaces (clients show a session key in fours) and padding are tolerated; a key that is not the one spelling
    of its bytes is refused, so equal keys are equal strings.  Raises :class:`NotAMatrixKey`.
    """

    __slots__ = ()

    def __new__(cls, value: str) -> Self:
        letters = _GAPS.sub("", value)
        letters = letters[:-1] if len(letters) == 44 and letters.endswith("=") else letters
        if not _BASE64.fullmatch(letters):
            raise NotAMatrixKey(value=value)
        if _to_base64(base64.b64decode(letters + "=")) != letters:
            raise NotAMatrixKey(value=value)
        return super().__new__(cls, letters)

    @classmethod
    def parse(cls, value: str) -> Self:
        """The key written in ``value``; raises :class:`NotAMatrixKey`."""
        return cls(value)

    @property
    def raw(self) -> bytes:
        """The 32 bytes."""
        return base64.b64decode(self + "=")

    def grouped(self) -> str:
        """In fours, as clients show a session key and people read it aloud."""
        return " ".join(_fours(self))

    def matches(self, other: str) -> bool:
        """Whether the other spelling is the same key, compared in constant time; never raises."""
        try:
            return hmac.compare_digest(self.raw, MatrixKey(other).raw)
        except NotAMatrixKey:
            return False


def _to_base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii").rstrip("=")


def _fours(text: str) -> list[str]:
    return [text[start : start + 4] for start in range(0, len(text), 4)]
