"""What a row that is due relates to: the thread's root, or what it edits.  A row that is held, or on its way, keeps
those waiting that relate to it."""

from collections.abc import Mapping
from typing import Any

from bot.db.unit import Database, Unit
from bot.exchange.rules.fitting import edit_of, fitting
from bot.exchange.service.changes import WITHDRAWN
from bot.exchange.service.exchanges import Exchanges
from bot.ids import EventId
from bot.outbox.model import Kind, Outgoing, State
from bot.outbox.service import Amending, Outbox

ROOT_HELD = "root-held"
"""Why a row is held that belongs under one that is held."""
LOST = (State.FAILED, State.EXPIRED, State.DROPPED)


class RootHeld(Exception):
    """The thread's root is held."""


class Relating:
    """Completes contents with their ``m.relates_to``."""

    def __init__(self, database: Database, outbox: Outbox, exchanges: Exchanges) -> None:
        self._db = database
        self._outbox = outbox
        self._amending = Amending(outbox)
        self._exchanges = exchanges

    async def content(self, row: Outgoing) -> Mapping[str, Any] | None:
        """The whole content; None if it is put off until what it relates to is there, or died with it.

        Raises :class:`RootHeld`."""
        content = await self._related(row)
        return fitting(content) if content is not None else None

    async def _related(self, row: Outgoing) -> dict[str, Any] | None:
        post = row.post
        content = dict(post.content)
        if post.edits is None and post.thread_row is None:
            if post.thread is not None:
                content["m.relates_to"] = _thread(post.thread)
            elif post.reply_to is not None:
                content["m.relates_to"] = {"m.in_reply_to": {"event_id": post.reply_to}}
            return content
        async with self._db.unit() as unit:
            overtaken = await self._outbox.overtaken(unit, row)
            target = await self._outbox.get(unit, post.edits or post.thread_row or "")
            if overtaken or target is None or target.state in LOST:
                unseen = post.mark == WITHDRAWN and target is not None and target.state is State.DROPPED
                if unseen or (post.edits is not None and (overtaken or post.kind is not Kind.REPLY)):
                    await self._outbox.fail(unit, row, "nothing-to-edit")  # nothing to fail where it was overtaken
                    return None
                # The root, or what an answer was to take the place of, never came through: say it by itself.
                if post.edits is not None and post.reply_to is not None:
                    content["m.relates_to"] = {"m.in_reply_to": {"event_id": post.reply_to}}
                return content
            if target.event_id is None:
                await self._wait(unit, row, target)
                return None
            if post.edits is not None:
                content = dict(await self._exchanges.renewed(unit, row))
        if post.edits is None:
            content["m.relates_to"] = _thread(target.event_id)
            return content
        return edit_of(target.event_id, content)

    async def waits(self, unit: Unit, row: Outgoing) -> bool:
        """Whether a held row still has to wait for its root."""
        root = await self._outbox.get(unit, row.post.thread_row or "") if row.reason == ROOT_HELD else None
        return root is not None and root.state is State.HELD

    async def _wait(self, unit: Unit, row: Outgoing, target: Outgoing) -> None:
        """What it relates to is not in the room yet."""
        if target.state is not State.HELD:
            await self._outbox.again(unit, row, "waits-for-root", target.next_try - unit.now)
        elif row.post.edits is None:
            raise RootHeld
        else:  # nobody has seen the old text: what is held says the new one
            mentions = {"m.mentions": target.post.content.get("m.mentions", {})}
            await self._amending.rewrite(unit, target, {**row.post.content, **mentions})
            await self._outbox.fail(unit, row, "nothing-to-edit")


def _thread(root: EventId) -> dict[str, Any]:
    return {
        "rel_type": "m.thread",
        "event_id": root,
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": root},
    }
