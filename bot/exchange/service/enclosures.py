"""Files and messages that go along: fetched, checked and under a key of the bot's own before anything is queued.

A file is uploaded once for all copies of its message, and always anew, also where every room is on one homeserver:
what is handed on is then exactly what was checked, no recipient depends on the sender's homeserver, and nobody who
was given the old key, or has the old address, has the new ones.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bot.directory.service import Register
from bot.errors import NotDone
from bot.exchange.files import Files
from bot.exchange.model import Enclosure, Posted
from bot.exchange.rules.attachment import CARRIED, caption, image_type, posted
from bot.exchange.rules.relation import own_words, relation_of, thread_and_reply
from bot.ids import EventId, RoomId
from bot.outbox.model import Arrival, Proof
from bot.outbox.ports import Messages

READ_WAIT = 10.0
"""Seconds; what is fetched with it has a minute together."""
SPOKEN = frozenset({"m.text", "m.emote"})
POSTED, ABOUT, KEPT_ABOUT = "posted", "about", "kept-about"
"""Names in a call's ``extra``: a file as posted, the event replied to, and that of a text taken up again."""
ONWARD = "onward"
"""The bot's copy of a message was replied to.  ``ref``: the exchange that it came in.  Of what was said first:
``seq``, ``room``, ``said`` (its event), ``event`` (the one with its text), ``carries``."""
ENCLOSURE, QUOTED = "enclosure", "quoted"
"""What became of them, as JSON."""
_COMMAND = re.compile(r"\s*[!¡！]\s*\w+(?:[ \t]+MSG-\w+)?[ \t]*", re.IGNORECASE)


class NothingTakenAlong(NotDone):
    """The message that you replied to could not be read again, so it cannot go along. Nothing was sent."""

    code = "nothing-taken-along"


class Enclosures:
    """Takes along what a command points at; awaits the network, so never inside a transaction."""

    def __init__(self, files: Files, messages: Messages, register: Register) -> None:
        self._files = files
        self._messages = messages
        self._register = register

    async def prepare(self, room: RoomId, extra: Mapping[str, Any]) -> dict[str, Any]:
        """What ``extra`` is to be completed with.

        Raises :class:`NothingTakenAlong`, or what :meth:`bot.exchange.files.Files.carry` raises."""
        if not wanted(extra):
            return {}
        if ONWARD in extra:
            return await self._again(extra[ONWARD])
        if POSTED in extra:
            return {ENCLOSURE: asdict(await self._take(Posted(**extra[POSTED])))}
        return await self._along(room, EventId(extra[ABOUT]))

    async def _along(self, room: RoomId, event: EventId) -> dict[str, Any]:
        """A file with its caption, or somebody's words."""
        found = await self._read(room, event)
        kind, body = str(found.content.get("msgtype")), own_words(found.content)
        if kind in CARRIED:
            said = _quoted(self._register, found, caption(found.content))
            return {ENCLOSURE: asdict(await self._take(posted(found.content))), **said}
        if kind in SPOKEN and body.strip():
            return _quoted(self._register, found, body)
        raise NothingTakenAlong

    async def _again(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """A message that the bot has a copy of: text, file and what went along with it are read where its author
        wrote them, for nothing is kept."""
        room = RoomId(said["room"])
        found = await self._read(room, EventId(said["event"]))
        content = found.content.get("m.new_content", found.content)
        kind, body = (content.get("msgtype"), own_words(content)) if isinstance(content, Mapping) else (None, None)
        along: dict[str, Any] = {}
        if kind in CARRIED:
            text = caption(content)
            along = {ENCLOSURE: asdict(await self._take(posted(content)))}
        elif kind in SPOKEN and isinstance(body, str):
            # Below the line of the command that opened it, or behind the word of the one that said it.
            text = body.lstrip().partition("\n")[2] if said["seq"] == 1 else _COMMAND.sub("", body, count=1)
            _, pointed = thread_and_reply(relation_of(found.content))
            if said["carries"] and pointed is not None:
                along = await self._along(room, pointed)
        else:
            raise NothingTakenAlong
        text = "\n\n".join(filter(None, [text.strip(), quoted(along)]))
        if not text and ENCLOSURE not in along and said["seq"] > 1:
            raise NothingTakenAlong
        return {**along, QUOTED: {"who": _who(self._register, found), "text": text}}

    async def _read(self, room: RoomId, event: EventId) -> Arrival:
        try:
            async with asyncio.timeout(READ_WAIT):
                found = await self._messages.read(room, event)
        except TimeoutError:
            found = None
        if found is None or found.proof is not Proof.PINNED:
            raise NothingTakenAlong
        return found

    async def _take(self, one: Posted) -> Enclosure:
        carried = await self._files.carry(one.file)
        image = image_type(carried.start) if one.image else None
        return Enclosure(
            file=carried.file,
            name=one.name,
            size=carried.size,
            sha256=carried.sha256,
            image=image,
            width=one.width if image else None,
            height=one.height if image else None,
        )


def wanted(extra: Mapping[str, Any]) -> bool:
    """Whether something is pointed at that has not been taken along yet."""
    return (POSTED in extra or ABOUT in extra or ONWARD in extra) and not (ENCLOSURE in extra or QUOTED in extra)


def taken(extra: Mapping[str, Any]) -> dict[str, Any]:
    """What was taken along, for a question to remember."""
    return {name: extra[name] for name in (ENCLOSURE, QUOTED, ONWARD) if name in extra}


def enclosed(extra: Mapping[str, Any]) -> Enclosure | None:
    """The file that was taken along."""
    return Enclosure(**extra[ENCLOSURE]) if ENCLOSURE in extra else None


def quoted(extra: Mapping[str, Any]) -> str:
    """The words that were taken along, and whose they are."""
    said = extra.get(QUOTED)
    return f"{said['who']}:\n{said['text']}".rstrip() if said else ""


def _quoted(register: Register, found: Arrival, text: str) -> dict[str, Any]:
    return {QUOTED: {"who": _who(register, found), "text": text}} if text.strip() else {}


def _who(register: Register, found: Arrival) -> str:
    person = register.person(found.sender)
    return f"{person.organisation} · {person.name}" if person else str(found.sender)
