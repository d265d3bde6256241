"""From one key to another, piece by piece: the clear bytes of a file are never together in one place.

Matrix v1.19, "Sending encrypted attachments": AES-256 in counter mode, of whose block the low 64 bits count, and
the SHA-256 of what lies on the server.
"""

import hashlib
import io
import os
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from bot.exchange.files import START, FileChanged, FileNotEncrypted, FileTooLarge

MEGABYTE = 1_000_000
BLOCK = 16


class Rekeying:
    """One file under way; give it every piece, then :meth:`finish`."""

    def __init__(self, file: Mapping[str, Any], largest: int) -> None:
        """``file`` as it was posted; raises FileNotEncrypted.  At most ``largest`` bytes are taken."""
        key, iv, self._expected = _opened(file)
        self._largest = largest
        self._count = int.from_bytes(iv[8:], "big")
        self._from = Cipher(AES(key), CTR(iv)).decryptor()
        fresh, start = os.urandom(32), os.urandom(8) + bytes(8)
        self._to = Cipher(AES(fresh), CTR(start)).encryptor()
        self._came, self._goes, self._clear = hashlib.sha256(), hashlib.sha256(), hashlib.sha256()
        self._sealed = io.BytesIO()
        self._fresh, self._iv = fresh, start
        self.size = 0
        self.start = b""

    def take(self, piece: bytes) -> None:
        """The next bytes from the server; raises FileTooLarge or FileChanged."""
        self.size += len(piece)
        if self.size > self._largest:
            raise FileTooLarge(limit=self._largest // MEGABYTE)
        if self._count + self.size // BLOCK >= 1 << 64:
            raise FileChanged  # the counter would run into the other half of its block
        self._came.update(piece)
        clear = self._from.update(piece)
        self._clear.update(clear)
        if len(self.start) < START:
            self.start = (self.start + clear)[:START]
        sealed = self._to.update(clear)
        self._goes.update(sealed)
        self._sealed.write(sealed)

    def finish(self) -> io.BytesIO:
        """The file under its fresh key, once all came; raises FileChanged unless it is what its sender encrypted."""
        if self._came.digest() != self._expected:
            raise FileChanged
        self._sealed.seek(0)
        return self._sealed

    @property
    def sha256(self) -> str:
        """Of the clear bytes so far, in hex."""
        return self._clear.hexdigest()

    @property
    def keys(self) -> dict[str, Any]:
        """The ``file`` object without its address."""
        return {
            "v": "v2",
            "key": {
                "kty": "oct",
                "alg": "A256CTR",
                "ext": True,
                "k": urlsafe_b64encode(self._fresh).decode().rstrip("="),
                "key_ops": ["encrypt", "decrypt"],
            },
            "iv": _unpadded(self._iv),
            "hashes": {"sha256": _unpadded(self._goes.digest())},
        }


def _opened(file: Mapping[str, Any]) -> tuple[bytes, bytes, bytes]:
    """Key, first counter block and expected hash."""
    key, hashes = file.get("key"), file.get("hashes")
    if not isinstance(key, Mapping) or not isinstance(hashes, Mapping):
        raise FileNotEncrypted
    try:
        found = (
            urlsafe_b64decode(str(key.get("k")).replace("+", "-").replace("/", "_") + "=="),
            b64decode(str(file.get("iv")) + "==", validate=False),
            b64decode(str(hashes.get("sha256")) + "==", validate=False),
        )
    except ValueError as error:
        raise FileNotEncrypted from error
    if tuple(map(len, found)) != (32, 16, 32):
        raise FileNotEncrypted
    return found


def _unpadded(data: bytes) -> str:
    return b64encode(data).decode().rstrip("=")
