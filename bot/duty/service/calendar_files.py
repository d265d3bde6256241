"""A roster that comes as a file in a room: fetched and decrypted, nothing judged."""

import asyncio
from collections.abc import Mapping

from bot.duty.rules.calendar import MOST_BYTES, NotACalendar
from bot.errors import EnlaceError, NotDone
from bot.ids import EventId, RoomId
from bot.outbox.model import Proof
from bot.outbox.ports import Downloads, Messages

READ_WAIT = 10.0
"""Seconds for the message; its file has the rest of the command's minute."""


class CalendarNotEncrypted(NotDone):
    """The file is not encrypted, so it could come from any server. The roster was not changed."""

    code = "calendar-not-encrypted"


class CalendarFileTooLarge(NotDone):
    """The file is larger than {limit} MB, more than a roster needs. The roster was not changed."""

    code = "calendar-file-too-large"


class CalendarFileNotRead(NotDone):
    """The file could not be fetched and read ({reason}). The roster was not changed."""

    code = "calendar-file-not-read"


class CalendarFileOfNobody(NotDone):
    """The message that you replied to cannot be read again, or whoever posted it is not verified. The roster was not
    changed."""

    code = "calendar-file-of-nobody"


class CalendarFiles:
    """Awaits the network, so never inside a transaction."""

    def __init__(self, files: Downloads, messages: Messages) -> None:
        self._files = files
        self._messages = messages

    async def read(self, room: RoomId, event: EventId) -> str | None:
        """The text of the file that this message is; None if it is no file.

        Raises the errors of this module, and :class:`bot.duty.rules.calendar.NotACalendar`."""
        try:
            async with asyncio.timeout(READ_WAIT):
                message = await self._messages.read(room, event)
        except TimeoutError:
            message = None
        if message is None:
            raise CalendarFileOfNobody
        if message.content.get("msgtype") != "m.file":
            return None
        file, info = message.content.get("file"), message.content.get("info")
        if not isinstance(file, Mapping) or not isinstance(file.get("key"), Mapping):
            raise CalendarNotEncrypted
        if message.proof is not Proof.PINNED:
            raise CalendarFileOfNobody
        size = info.get("size") if isinstance(info, Mapping) else None
        if isinstance(size, int) and size > MOST_BYTES:
            raise CalendarFileTooLarge(limit=MOST_BYTES // 1_000_000)
        try:
            content = await self._files.download(file, MOST_BYTES)
        except EnlaceError as error:
            raise CalendarFileNotRead(reason=error.values.get("reason", error.code)) from error
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise NotACalendar from None
