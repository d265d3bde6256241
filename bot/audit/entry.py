"""What one entry of the log is, byte for byte (docs/log-format.md, Entries).

A leaf never holds who did what, only the hash of it: the details can be deleted and every proof still holds.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

import rfc8785

SALT_SIZE = 32
NONCE_SIZE = 16
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_HEX32 = re.compile(r"[0-9a-f]{64}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""PostgreSQL has no text with U+0000, and RFC 8785 none with lone surrogates; anybody can send both."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: organisation handle, person's name, Matrix user, device id; None where it does not apply."""

    organisation: str | None = None
    person: str | None = None
    user: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Details:
    """What happened: the part of an entry that can be deleted."""

    action: str
    actor: Actor | None = None
    ref: str | None = None
    outcome: str = "ok"
    more: Mapping[str, Any] = field(default_factory=dict)

    def document(self, nonce: bytes) -> str:
        """The details as RFC 8785 JSON, exactly as they are hashed and kept.

        ``nonce`` (16 random bytes) is deleted together with them, so that nobody can guess deleted details
        from the hash that stays.  ``more`` holds JSON values and instants; floats and integers beyond 2^53 - 1 are
        refused with ValueError or TypeError, because JSON readers do not agree on them."""
        return _canonical(
            {
                "action": self.action,
                "actor": None
                if self.actor is None
                else {
                    "device": self.actor.device,
                    "organisation": self.actor.organisation,
                    "person": self.actor.person,
                    "user": self.actor.user,
                },
                "details": self.more,
                "nonce": nonce.hex(),
                "outcome": self.outcome,
                "ref": self.ref,
            }
        ).decode()

    @classmethod
    def parse(cls, document: str) -> Self:
        """Read what :meth:`document` wrote; raises ValueError for anything else."""
        parsed = _object(document, {"action", "actor", "details", "nonce", "outcome", "ref"})
        actor = parsed["actor"]
        if actor is not None and (not isinstance(actor, dict) or actor.keys() != set(Actor.__slots__)):
            raise ValueError("the actor has other members than it should")
        if not isinstance(parsed["details"], dict):
            raise ValueError("the details are no object")
        texts = [parsed["ref"], *(actor or {}).values()]
        if not all(isinstance(parsed[name], str) for name in ("action", "outcome", "nonce")) or not all(
            text is None or isinstance(text, str) for text in texts
        ):
            raise ValueError("a member is no text")
        return cls(
            action=parsed["action"],
            actor=None if actor is None else Actor(**actor),
            ref=parsed["ref"],
            outcome=parsed["outcome"],
            more=parsed["details"],
        )


@dataclass(frozen=True, slots=True)
class Leaf:
    """What the Merkle tree is built of: which entry, when (UTC), 32 random bytes, SHA-256 of the details."""

    seq: int
    time: datetime
    salt: bytes
    details_sha256: bytes

    def data(self) -> bytes:
        """The leaf's bytes: RFC 8785 JSON.  The salt keeps the leaf hash, which travels in other people's
        receipts, from being guessed."""
        return rfc8785.dumps(
            {
                "details_sha256": self.details_sha256.hex(),
                "salt": self.salt.hex(),
                "seq": self.seq,
                "time": rfc3339(self.time),
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read what :meth:`data` wrote; raises ValueError for every other spelling."""
        parsed = _object(data.decode(), {"details_sha256", "salt", "seq", "time"})
        seq, time, salt, details = (parsed[name] for name in ("seq", "time", "salt", "details_sha256"))
        if not isinstance(seq, int) or isinstance(seq, bool) or seq < 0:
            raise ValueError("seq is no number")
        if not isinstance(time, str) or not _TIME.fullmatch(time):
            raise ValueError("time is not in UTC with microseconds")
        if not all(isinstance(value, str) and _HEX32.fullmatch(value) for value in (salt, details)):
            raise ValueError("salt and details_sha256 are 64 lower-case hex digits")
        return cls(seq, datetime.fromisoformat(time), bytes.fromhex(salt), bytes.fromhex(details))


def details_hash(document: str) -> bytes:
    """SHA-256 of the details as kept."""
    return hashlib.sha256(document.encode()).digest()


def content_digest(salt: bytes, content: bytes) -> str:
    """What an entry tells of a content, in hex: SHA-256(salt || content).

    The salt travels to the participants with the content and stands nowhere in the log: they can prove what was
    said, and readers of the log cannot guess it."""
    return hashlib.sha256(salt + content).hexdigest()


def rfc3339(time: datetime) -> str:
    """UTC with microseconds and ``Z`` (RFC 3339); naive times are refused with ValueError."""
    if time.tzinfo is None:
        raise ValueError("a naive datetime is no instant")
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def storable(text: str) -> str:
    """The text with U+FFFD for what no database or JSON keeps."""
    return _UNSTORABLE.sub("\ufffd", str.__str__(text))


def _canonical(value: Mapping[str, Any]) -> bytes:
    return rfc8785.dumps(_plain(value))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {storable(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, set | frozenset):
        return sorted(_plain(inner) for inner in value)
    return _plain_scalar(value)


def _plain_scalar(value: Any) -> str | int | None:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, datetime):
        return rfc3339(value)
    if value is None or isinstance(value, int):
        return value
    raise TypeError(f"an entry of the log cannot hold a {type(value).__name__}")


def _object(text: str, members: set[str]) -> dict[str, Any]:
    try:
        parsed = json.loads(text)
        same = rfc8785.dumps(parsed).decode() == text
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(parsed, dict) or parsed.keys() != members:
        raise ValueError("not the members that it should have")
    if not same:
        raise ValueError("not in the form of RFC 8785")
    return parsed
