"""Signed notes (c2sp.org/signed-note) and checkpoints in them (c2sp.org/tlog-checkpoint).

One signature type, 0x01: Ed25519 over the note's text.  Reading is strict: what another reader could take for
something else is refused.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bot.audit.merkle import HASH_SIZE
from bot.errors import NotDone

ED25519 = 0x01
MAX_SIGNATURES = 100
MAX_NOTE = 1_000_000
_NAME = re.compile(r"[^\s+]+")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_SIGNATURE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/=]+)")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")


class BadCheckpoint(NotDone):
    """This is not a checkpoint of a log."""

    code = "audit-bad-checkpoint"


class NotSigned(NotDone):
    """The checkpoint is not signed by the key of the log {log}."""

    code = "audit-not-signed"


class WrongLog(NotDone):
    """The checkpoint belongs to the log {found}, not to {log}."""

    code = "audit-wrong-log"


class BadVerifierKey(NotDone):
    """This is not the public key of a log."""

    code = "audit-bad-key"


@dataclass(frozen=True, slots=True)
class NoteVerifier:
    """The public key of a log and the name that it signs under."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError("a key name has no spaces and no plus")

    @property
    def key_id(self) -> bytes:
        """SHA-256(name || 0x0A || 0x01 || public key)[:4]."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([ED25519]) + self.public_key).digest()[:4]

    def vkey(self) -> str:
        """``name+hex key id+base64(0x01 || public key)``, as handed to people."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(bytes([ED25519]) + self.public_key)}"

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read a vkey; raises :class:`BadVerifierKey`, also if the key id is not the one of this key."""
        try:
            name, _, key = vkey.strip().split("+", 2)
            verifier = cls(name, unbase64(key)[1:])
            Ed25519PublicKey.from_public_bytes(verifier.public_key)
        except ValueError as error:
            raise BadVerifierKey from error
        if verifier.vkey() != vkey.strip():  # another signature type, or the key id of another key
            raise BadVerifierKey
        return verifier

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether this key signed ``text`` (RFC 8032)."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """The log key: its name, its public half, and a function that signs (the seed can stay in a vault)."""

    name: str
    public_key: bytes
    sign: Callable[[bytes], bytes]

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> Self:
        """The signer of a 32-byte Ed25519 seed; ``name`` is the log's origin, without spaces and plus."""
        key = Ed25519PrivateKey.from_private_bytes(seed)
        verifier = NoteVerifier(name, key.public_key().public_bytes_raw())
        return cls(name, verifier.public_key, key.sign)

    @property
    def verifier(self) -> NoteVerifier:
        """The public half."""
        return NoteVerifier(self.name, self.public_key)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's name, how many entries it has, and the root over them."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """The note's text: origin, size, root in base64, extension lines."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, to_base64(self.root), *self.extensions))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a note, unsigned; raises ValueError."""
        origin, size, root, *extensions = text.removesuffix("\n").split("\n")
        if not text.endswith("\n") or not origin or not all(extensions):
            raise ValueError("a line of the checkpoint is empty")
        if not _SIZE.fullmatch(size):
            raise ValueError("the size is no decimal number")
        raw = unbase64(root)
        if len(raw) != HASH_SIZE:
            raise ValueError("the root is no SHA-256 hash")
        return cls(origin, int(size), raw, tuple(extensions))


def sign_checkpoint(checkpoint: Checkpoint, signer: NoteSigner) -> str:
    """The signed note; the caller answers for never signing two that contradict each other."""
    text = checkpoint.text()
    if Checkpoint.parse(text) != checkpoint or _CONTROL.search(text):
        raise ValueError("this checkpoint cannot be read back")
    signature = signer.verifier.key_id + signer.sign(text.encode())
    return f"{text}\n— {signer.name} {to_base64(signature)}\n"


def open_note(note: str, verifiers: Iterable[NoteVerifier]) -> str:
    """The text of a note that at least one of these keys signed.

    Signatures of other keys are ignored; a wrong signature of a known key refuses the whole note.  Raises
    :class:`BadCheckpoint` for what is no signed note, :class:`NotSigned` for what nobody known signed."""
    try:
        text, signatures = _split(note)
    except ValueError as error:
        raise BadCheckpoint from error
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    names = ", ".join(sorted({name for name, _ in known})) or "?"
    good = 0
    for name, key_id, signature in signatures:
        verifier = known.get((name, key_id))
        if verifier is None:
            continue
        if not verifier.verify(text.encode(), signature):
            raise NotSigned(log=names)
        good += 1
    if not good:
        raise NotSigned(log=names)
    return text


def open_checkpoint(note: str, verifiers: Iterable[NoteVerifier], origin: str | None = None) -> Checkpoint:
    """The checkpoint in a signed note; with ``origin``, of that log only.

    Raises :class:`BadCheckpoint`, :class:`NotSigned` or :class:`WrongLog`.  A log signs under its own name:
    a key that is known for one log vouches for no other."""
    known = list(verifiers)
    text = open_note(note, known)
    try:
        checkpoint = Checkpoint.parse(text)
    except ValueError as error:
        raise BadCheckpoint from error
    if origin is not None and checkpoint.origin != origin:
        raise WrongLog(found=checkpoint.origin, log=origin)
    open_note(note, [verifier for verifier in known if verifier.name == checkpoint.origin])
    return checkpoint


def _split(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    if len(note) > MAX_NOTE or _CONTROL.search(note):
        raise ValueError("too long, or with control characters")
    note.encode()  # a lone surrogate raises UnicodeEncodeError, which is a ValueError
    text, found, block = note.rpartition("\n\n")
    if not found or not text or not block.endswith("\n"):
        raise ValueError("no text, or no signatures below it")
    lines = block[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise ValueError("too many signatures")
    signatures = []
    for line in lines:
        parts = _SIGNATURE.fullmatch(line)
        raw = unbase64(parts[2]) if parts else b""
        if parts is None or len(raw) < 5:
            raise ValueError("a signature line is malformed")
        signatures.append((parts[1], raw[:4], raw[4:]))
    return text + "\n", signatures


def to_base64(raw: bytes) -> str:
    """Base 64 (RFC 4648, section 4)."""
    return base64.b64encode(raw).decode()


def unbase64(text: str) -> bytes:
    """What :func:`to_base64` wrote, and no other spelling of it; raises ValueError."""
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if to_base64(raw) != text:
        raise ValueError("not canonical base64")
    return raw
