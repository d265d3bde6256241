"""Secrets at rest: one sealed file, and the key that seals what waits in the database.

The file is JSON: the parameters of Argon2id (RFC 9106) in the clear, the secrets under ChaCha20-Poly1305 (RFC 8439)
with those parameters as associated data.
"""

import base64
import contextlib
import json
import os
import stat
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import token_bytes, token_hex
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from keys.canonical import NotCanonical, canonical_json
from keys.errors import KeysError

FORMAT = "enlace vault v1"
SHORTEST_PASSPHRASE = 12
_LARGEST_FILE = 4 * 1024 * 1024
_NONCE, _KEY, _SALT = 12, 32, 16
_SEAL_VERSION = b"\x01"


class VaultError(KeysError):
    """The vault cannot be used."""

    code = "vault"


class VaultMissing(VaultError):
    """There is no vault at {path}."""

    code = "vault-missing"


class VaultExists(VaultError):
    """There is a vault at {path} already."""

    code = "vault-exists"


class VaultTooOpen(VaultError):
    """{path} has mode {mode}; others on this machine could reach it."""

    code = "vault-too-open"


class VaultNotOurs(VaultError):
    """{path} is a link or belongs to another user."""

    code = "vault-not-ours"


class VaultDamaged(VaultError):
    """{path} is not a vault that this version can read."""

    code = "vault-damaged"


class VaultKdfUnsound(VaultError):
    """The vault's Argon2id cost is outside what is safe: {memory_kib} KiB, {iterations} passes, {lanes} lanes."""

    code = "vault-kdf-unsound"


class WrongPassphrase(VaultError):
    """The vault at {path} does not open: the passphrase is wrong, or the file was changed."""

    code = "wrong-passphrase"


class PassphraseTooShort(VaultError):
    """A vault's passphrase has at least {least} characters."""

    code = "passphrase-too-short"


class SecretMissing(VaultError):
    """The vault holds no secret named “{name}”."""

    code = "secret-missing"


class SealBroken(VaultError):
    """Something sealed in the database was changed, or sealed with another vault."""

    code = "seal-broken"


@dataclass(frozen=True)
class Kdf:
    """Argon2id's cost.  The default is RFC 9106's second recommendation, section 4.

    Below OWASP's least (19 MiB, two passes) a stolen file is guessed too cheaply; the caps keep a changed header
    from eating the machine before the seal is checked.  Raises :class:`VaultKdfUnsound`.
    """

    memory_kib: int = 64 * 1024
    iterations: int = 3
    lanes: int = 4

    def __post_init__(self) -> None:
        sound = (
            all(type(number) is int for number in (self.memory_kib, self.iterations, self.lanes))
            and 19 * 1024 <= self.memory_kib <= 1024 * 1024
            and 2 <= self.iterations <= 20
            and 1 <= self.lanes <= 16
        )
        if not sound:
            raise VaultKdfUnsound(**asdict(self))


class Vault:
    """Named secrets, in memory once opened; its ``repr`` shows none.

    Not for two writers at once: the last :meth:`save` wins.
    """

    def __init__(self, path: Path, kdf: Kdf, salt: bytes, key: bytes, payload: Mapping[str, str]) -> None:
        self._path, self._kdf, self._salt, self._key = path, kdf, salt, key
        self._data_key = base64.b64decode(payload["data key"])
        self._secrets = {
            name.removeprefix("secret "): base64.b64decode(value)
            for name, value in payload.items()
            if name.startswith("secret ")
        }
        self._sealer = ChaCha20Poly1305(self._data_key)

    def __repr__(self) -> str:
        return f"Vault({str(self._path)!r}, {len(self._secrets)} secrets)"

    @classmethod
    def create(cls, path: Path, passphrase: str, secrets: Mapping[str, bytes], *, kdf: Kdf | None = None) -> "Vault":
        """Make a new vault with these secrets and a fresh data key; an existing file is never replaced.

        The folder is made with mode 0700 if it is not there.  Raises :class:`VaultExists`,
        :class:`PassphraseTooShort`, :class:`VaultTooOpen`, :class:`VaultNotOurs`.
        """
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise PassphraseTooShort(least=SHORTEST_PASSPHRASE)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_private(path.parent, directory=True)
        kdf, salt = kdf or Kdf(), token_bytes(_SALT)
        payload = {"data key": base64.b64encode(token_bytes(_KEY)).decode()}
        vault = cls(path, kdf, salt, _derive(kdf, salt, passphrase), payload)
        for name, value in secrets.items():
            vault.put(name, value)
        vault._write(replace=False)
        return vault

    @classmethod
    def open(cls, path: Path, passphrase: str) -> "Vault":
        """Open a vault.

        Raises :class:`VaultMissing`, :class:`VaultTooOpen`, :class:`VaultNotOurs`, :class:`VaultDamaged`,
        :class:`VaultKdfUnsound` and :class:`WrongPassphrase`.
        """
        check_private(path.parent, directory=True)
        header, nonce, sealed = _read(path)
        try:
            kdf = Kdf(header["memory_kib"], header["iterations"], header["lanes"])
            salt = _bytes(header["salt"])
        except (KeyError, TypeError, ValueError):
            raise VaultDamaged(path=path) from None
        if len(salt) != _SALT:
            raise VaultDamaged(path=path)
        key = _derive(kdf, salt, passphrase)
        try:
            plain = ChaCha20Poly1305(key).decrypt(nonce, sealed, canonical_json(header))
        except (InvalidTag, NotCanonical):
            raise WrongPassphrase(path=path) from None
        return cls(path, kdf, salt, key, json.loads(plain))

    @property
    def names(self) -> frozenset[str]:
        """The names of the secrets."""
        return frozenset(self._secrets)

    def get(self, name: str) -> bytes:
        """One secret; raises :class:`SecretMissing`."""
        try:
            return self._secrets[name]
        except KeyError:
            raise SecretMissing(name=name) from None

    def put(self, name: str, value: bytes) -> None:
        """Hold a secret, in memory until :meth:`save`."""
        self._secrets[name] = bytes(value)

    def remove(self, name: str) -> None:
        """Forget a secret, in memory until :meth:`save`; one that is not there is success."""
        self._secrets.pop(name, None)

    def change_passphrase(self, passphrase: str) -> None:
        """Seal with another passphrase from the next :meth:`save` on; raises :class:`PassphraseTooShort`."""
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise PassphraseTooShort(least=SHORTEST_PASSPHRASE)
        self._salt = token_bytes(_SALT)
        self._key = _derive(self._kdf, self._salt, passphrase)

    def save(self) -> None:
        """Write the file in one piece: after a crash it holds the old secrets or the new ones."""
        self._write(replace=True)

    def seal(self, plain: bytes, aad: bytes) -> bytes:
        """Encrypt under the vault's data key, bound to ``aad``: what waits in the database to be delivered."""
        nonce = token_bytes(_NONCE)
        return _SEAL_VERSION + nonce + self._sealer.encrypt(nonce, plain, _SEAL_VERSION + aad)

    def unseal(self, sealed: bytes, aad: bytes) -> bytes:
        """What :meth:`seal` was given; raises :class:`SealBroken`."""
        nonce, box = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        if sealed[:1] != _SEAL_VERSION or len(nonce) != _NONCE:
            raise SealBroken
        try:
            return self._sealer.decrypt(nonce, box, _SEAL_VERSION + aad)
        except InvalidTag:
            raise SealBroken from None

    def _write(self, *, replace: bool) -> None:
        header = {
            "format": FORMAT,
            "kdf": "argon2id",
            "salt": base64.b64encode(self._salt).decode(),
            **asdict(self._kdf),
        }
        payload = {f"secret {name}": base64.b64encode(value).decode() for name, value in self._secrets.items()}
        payload["data key"] = base64.b64encode(self._data_key).decode()
        nonce = token_bytes(_NONCE)
        box = ChaCha20Poly1305(self._key).encrypt(nonce, json.dumps(payload).encode(), canonical_json(header))
        text = json.dumps(
            {"header": header, "nonce": base64.b64encode(nonce).decode(), "sealed": base64.b64encode(box).decode()},
            indent=1,
        )
        check_private(self._path.parent, directory=True)
        write_private(self._path, text.encode() + b"\n", replace=replace)


def check_private(path: Path, *, directory: bool = False) -> None:
    """Whether only we can reach this file or folder (mode 0600 or 0700, or less).

    Raises :class:`VaultMissing`, :class:`VaultNotOurs` or :class:`VaultTooOpen`.
    """
    try:
        found = path.stat() if directory else path.lstat()
    except FileNotFoundError:
        raise VaultMissing(path=path) from None
    _judge(path, found, directory=directory)


def write_private(path: Path, content: bytes, *, replace: bool) -> None:
    """Write a file with mode 0600 in one piece and onto the disk; raises :class:`VaultExists` unless ``replace``."""
    draft = path.with_name(f".{path.name}.{token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            draft.replace(path)
        else:
            path.hardlink_to(draft)
    except FileExistsError:
        raise VaultExists(path=path) from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _judge(path: Path, found: os.stat_result, *, directory: bool) -> None:
    right_kind = stat.S_ISDIR(found.st_mode) if directory else stat.S_ISREG(found.st_mode)
    if not right_kind or found.st_uid != os.geteuid():
        raise VaultNotOurs(path=path)
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise VaultTooOpen(path=path, mode=f"{stat.S_IMODE(found.st_mode):04o}")


def _read(path: Path) -> tuple[dict[str, Any], bytes, bytes]:
    """Header, nonce and sealed bytes of the file, judged on the descriptor that is read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise VaultMissing(path=path) from None
    except OSError:
        raise VaultNotOurs(path=path) from None
    with os.fdopen(descriptor, "rb") as file:
        _judge(path, os.fstat(file.fileno()), directory=False)
        content = file.read(_LARGEST_FILE + 1)
    try:
        whole = json.loads(content[:_LARGEST_FILE])
        header, nonce, sealed = whole["header"], _bytes(whole["nonce"]), _bytes(whole["sealed"])
        sound = header["format"] == FORMAT and header["kdf"] == "argon2id" and len(nonce) == _NONCE
    except (KeyError, TypeError, ValueError, RecursionError):
        raise VaultDamaged(path=path) from None
    if not sound or len(content) > _LARGEST_FILE:
        raise VaultDamaged(path=path)
    return header, nonce, sealed


def _bytes(text: object) -> bytes:
    if not isinstance(text, str):
        raise TypeError("base64 is text")
    return base64.b64decode(text, validate=True)


def _derive(kdf: Kdf, salt: bytes, passphrase: str) -> bytes:
    """The key for this passphrase; composed and decomposed letters are the same letters."""
    function = Argon2id(salt=salt, length=_KEY, iterations=kdf.iterations, lanes=kdf.lanes, memory_cost=kdf.memory_kib)
    return function.derive(unicodedata.normalize("NFC", passphrase).encode())
