"""A file on its way through enlace, as services and the Matrix edge see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.errors import NotDone


class FileNotEncrypted(NotDone):
    """The file is not encrypted: your homeserver can read it. It was not sent on."""

    code = "file-not-encrypted"


class FileTooLarge(NotDone):
    """The file is larger than {limit} MB, the most that is carried here. Nothing was sent."""

    code = "file-too-large"


class FileChanged(NotDone):
    """The file is not what its sender encrypted: it was damaged or changed on the server. Nothing was sent."""

    code = "file-changed"


class FileAway(NotDone):
    """The file could not be fetched and handed on ({reason}). Nothing was sent."""

    code = "file-away"


@dataclass(frozen=True, slots=True)
class Carried:
    """What was found out on the way."""

    file: Mapping[str, Any]
    """The new ``file`` object: another address, another key."""
    size: int
    sha256: str
    """Of the clear bytes, in hex."""
    start: bytes
    """The first clear bytes (:data:`START` at most)."""


START = 16


class Files(Protocol):
    """Carries files from one key to another."""

    async def carry(self, file: Mapping[str, Any]) -> Carried:
        """Fetch, check, encrypt with a fresh key and upload; the clear bytes are never together in one place.

        Raises :class:`FileNotEncrypted`, :class:`FileTooLarge`, :class:`FileChanged` or :class:`FileAway`."""
