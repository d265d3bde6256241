"""A statement that comes as a file: fetched, decrypted and put together, nothing judged."""

from collections.abc import Mapping
from typing import Any, Protocol

from bot.db.unit import Unit
from bot.directory.model import Challenge
from bot.errors import EnlaceError, NotDone
from bot.ids import EventId, RoomId, UserId
from bot.outbox.model import Arrival, Proof
from bot.outbox.ports import Downloads, Messages
from keys.statement import HEADING, SIGNATURE, SIGNED_MESSAGE

STATEMENT = "statement"
"""Name in a call's ``extra``: what :func:`statement_file` found."""
ENDING = ".asc"
LARGEST = 64 * 1024
"""Bytes; a signed statement has about two thousand."""


class StatementNotEncrypted(NotDone):
    """The file is not encrypted, so it could come from any server. Nothing was verified."""

    code = "statement-not-encrypted"


class StatementNotRead(NotDone):
    """The file could not be fetched and read ({reason}). Nothing was verified; your challenge stays open."""

    code = "statement-not-read"


class StatementNotText(NotDone):
    """The file holds no signed text. Nothing was verified; your challenge stays open."""

    code = "statement-not-text"


class OnlyASignature(NotDone):
    """The file holds only a signature, and the text that it is for is not with it. Nothing was verified."""

    code = "only-a-signature"


def statement_file(content: Mapping[str, Any]) -> dict[str, Any] | None:
    """The file of a message whose file is named ``….asc``, and what is written with it; None for anything else."""
    name, body = content.get("filename"), content.get("body")
    named = name if isinstance(name, str) and name else body
    if content.get("msgtype") != "m.file" or not isinstance(named, str) or not named.casefold().endswith(ENDING):
        return None
    words = body if isinstance(body, str) and named is not body else ""
    return {"file": content.get("file"), "words": words}


class Challenges(Protocol):
    """Who was asked for an identity statement."""

    async def open_challenge(self, unit: Unit, user: UserId) -> Challenge | None:
        """What this person was asked and has not answered."""


async def statement_asked_for(unit: Unit, arrival: Arrival, challenges: Challenges) -> dict[str, Any] | None:
    """The file (:func:`statement_file`) with which this person answers a challenge of this very room.

    Raises :class:`StatementNotEncrypted`."""
    found = statement_file(arrival.content)
    asked = await challenges.open_challenge(unit, arrival.sender) if found else None
    if asked is None or asked.room != arrival.room:
        return None
    if arrival.proof is Proof.PLAIN:
        raise StatementNotEncrypted
    return found


class StatementFiles:
    """Awaits the network, so never inside a transaction."""

    def __init__(self, files: Downloads, messages: Messages) -> None:
        self._files = files
        self._messages = messages

    async def read(self, room: RoomId, found: Mapping[str, Any], reply_to: EventId | None) -> str:
        """The signed text; with a detached signature the text below which it stands, taken from what is written
        with the file, or from the message that it is a reply to.  Whether the signature fits is judged later.

        Raises :class:`StatementNotEncrypted`, :class:`StatementNotRead`, :class:`StatementNotText` and
        :class:`OnlyASignature`."""
        signed = await self._fetch(found["file"])
        if SIGNED_MESSAGE in signed:
            return signed[signed.index(SIGNED_MESSAGE) :]
        if SIGNATURE not in signed:
            raise StatementNotText
        above = signed[: signed.index(SIGNATURE)]
        text = next((one for one in (above, found["words"]) if HEADING in one), None)
        if text is None and reply_to is not None:
            text = await self._pointed_at(room, reply_to)
        if text is None:
            raise OnlyASignature
        return text.strip("\r\n") + "\n" + signed[signed.index(SIGNATURE) :]

    async def _pointed_at(self, room: RoomId, event: EventId) -> str | None:
        """What the signature is said to be for: a message, or a file."""
        message = await self._messages.read(room, event)
        content = message.content if message is not None else {}
        body = content.get("body")
        text = body if isinstance(body, str) else ""
        if content.get("msgtype") == "m.file":
            text = await self._fetch(content.get("file"))
        return text[text.index(HEADING) :] if HEADING in text else None

    async def _fetch(self, file: Any) -> str:
        if not isinstance(file, Mapping) or not isinstance(file.get("key"), Mapping):
            raise StatementNotEncrypted
        try:
            content = await self._files.download(file, LARGEST)
        except EnlaceError as error:
            raise StatementNotRead(reason=error.values.get("reason", error.code)) from error
        try:
            return content.decode()
        except UnicodeDecodeError:
            raise StatementNotText from None
