"""Text is never lost: what was refused or asked about is kept, sealed, for ten minutes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.commands import tables
from bot.commands.answers import Answer as Word
from bot.commands.call import Call, Question
from bot.db.unit import Database, Unit
from bot.errors import NotDone
from bot.ids import EventId, RoomId, UserId
from bot.ports import Sealer

BELL = "questions"
"""Nobody rings it: its worker looks every minute."""
KEPT_FOR = timedelta(minutes=10)
CONSENT = "in_thread"
"""Marks a line of an exchange's thread."""
TO_BOT = "to_bot"
"""Says of such a line that it is a rich reply to what the bot has said for itself."""
ASKED, REMEMBERED = "asked-about-a-line", timedelta(days=1)
"""Under which name, and how long, it is remembered for which exchange somebody was asked about a line: not what it
said."""
WHOLE = "whole"
"""Name in what a question remembers: all that was said, where its body is not."""


class EditAsked(NotDone):
    """You are still being asked about this line, so your edit was not taken: ok would send it as it was."""

    code = "edit-asked"


class CommandEdited(NotDone):
    """You are still being asked about this command, so your edit was not taken: ok would do it as it was."""

    code = "command-edited"


@dataclass(frozen=True, slots=True)
class Kept:
    """One open question as it was asked."""

    id: str
    command: str
    language: str
    outbox_row: str | None
    options: tuple[str, ...]
    body: str
    extra: Mapping[str, Any]
    """``said``: the event with the text; ``line``: the first line that it stood below; and whatever the command wants
    to remember."""
    thread: str | None
    reply_to: str | None

    @property
    def talk(self) -> str | None:
        """Of a line that waits for its author's consent, the exchange that it is for."""
        return self.options[0] if CONSENT in self.extra and self.options else None

    @property
    def whole(self) -> str:
        """All that was said, for a corrected first line: an option may say a part of it itself."""
        return str(self.extra.get(WHOLE, self.body))

    @property
    def head(self) -> str:
        """The first line of that: the subject, wherever it was typed."""
        return self.whole.lstrip("\n").partition("\n")[0]


class Questions:
    """Open questions by room and person."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def keep(
        self, unit: Unit, call: Call, question: Question | None, outbox_row: str | None, *, beside: bool = False
    ) -> None:
        """Keep the call's text, and what may be answered; a text that is refused takes the place of what was kept of
        the same command before, but for lines of a thread, which wait for their author's word.

        ``beside``: what may be answered now can be answered still."""
        for old in await self.open(unit, call.place.room, call.caller.user):
            stays = CONSENT in old.extra or (beside and old.options)
            if old.command == call.name and not (question and question.options) and not stays:
                await tables.forget(unit, old.id)
        question_id = unit.new_id()
        plain = {
            "options": list(question.options) if question else [],
            "extra": {
                "said": _said(call),
                "line": call.extra.get("kept-line", call.first_line),
                **(question.extra if question else {}),
            },
            "body": _text(call) if question is None or question.body is None else question.body,
            "language": call.language,
            "thread": call.thread,
            "reply_to": call.extra.get("kept-reply") or call.reply_to,
        }
        kept = {
            "id": question_id,
            "room": call.place.room,
            "user": call.caller.user,
            "command": call.name,
            "outbox_row": outbox_row,
            "sealed": self._seal(plain, question_id),
            "asked_at": unit.now,
            "expires_at": unit.now + KEPT_FOR,
        }
        await tables.ask(unit, kept)
        if question and question.options and CONSENT in question.extra:
            memory = {
                "id": (name := unit.new_id()),
                "command": ASKED,
                "sealed": self._seal({"talk": question.options[0]}, name),
            }
            await tables.ask(unit, {**kept, **memory, "expires_at": unit.now + REMEMBERED})

    async def open(self, unit: Unit, room: RoomId, user: UserId | None = None) -> list[Kept]:
        """What this person (None: anybody) may answer in this room, newest first."""
        out = []
        for row in await tables.open_questions(unit, room, user, unit.now, but=ASKED):
            plain = self._unseal(row)
            out.append(
                Kept(
                    id=row.id,
                    command=row.command,
                    language=plain["language"],
                    outbox_row=row.outbox_row,
                    options=tuple(plain["options"]),
                    body=plain["body"],
                    extra=plain["extra"],
                    thread=plain["thread"],
                    reply_to=plain["reply_to"],
                )
            )
        return out

    async def not_edited(self, unit: Unit, room: RoomId, user: UserId, event: str) -> None:
        """What waits for its author's word goes as it was; raises :class:`EditAsked` or :class:`CommandEdited`."""
        for kept in await self.open(unit, room, user):
            if kept.extra["said"] == event and kept.options:
                raise EditAsked if CONSENT in kept.extra else CommandEdited

    async def drop(self, unit: Unit, room: RoomId, event: EventId) -> list[Kept]:
        """Forget, and return, whatever this event of the room said and anybody may still answer ``ok`` to."""
        gone = [kept for kept in await self.open(unit, room) if kept.extra["said"] == event and kept.options]
        for kept in gone:
            await tables.forget(unit, kept.id)
        return gone

    async def over(self, unit: Unit, room: RoomId, user: UserId, *, talk: str | None, row: str | None) -> bool:
        """Whether this person was asked about a line for this exchange, or by this row, and gave no word in time."""
        asked = await tables.remembered(unit, room, user, ASKED)
        if row is not None:
            return any(one.outbox_row == row for one in asked)
        return talk is not None and any(self._unseal(one)["talk"] == talk for one in asked)

    async def step(self, db: Database) -> None:
        """The worker's step: wipe what nobody can answer any more."""
        async with db.unit() as unit:
            await tables.forget_expired(unit, unit.now)

    async def answered(self, unit: Unit, call: Call, kept: Kept) -> None:
        """The question is settled by this call, and with it what was asked for the same exchange before."""
        await tables.forget(unit, kept.id)
        if kept.talk is None:
            return
        for row in await tables.remembered(unit, call.place.room, call.caller.user, ASKED):
            if self._unseal(row)["talk"] == kept.talk:
                await tables.forget(unit, row.id)

    def _seal(self, plain: Mapping[str, Any], name: str) -> bytes:
        return self._sealer.seal(json.dumps(plain).encode(), name.encode())

    def _unseal(self, row: Any) -> dict[str, Any]:
        plain: dict[str, Any] = json.loads(self._sealer.unseal(row.sealed, row.id.encode()))
        return plain


def _text(call: Call) -> str:
    """Of a corrected first line that is refused too, the text that it took up."""
    return call.body or str(call.extra.get("kept", ""))


def _said(call: Call) -> str:
    return str(call.extra.get("kept-said") or call.extra.get("said") or call.event_id)


def all_meant(mine: Sequence[Kept], word: Word, reply_to: EventId | None) -> Sequence[Kept]:
    """Of several questions in a thread the newest; an ``ok`` to lines of one exchange means all of them, as written."""
    if not word.yes or reply_to is not None:
        return mine[:1]
    same = [q for q in mine if CONSENT in q.extra and (q.command, q.options) == (mine[0].command, mine[0].options)]
    return same[::-1] if same and same[0] is mine[0] else mine[:1]
