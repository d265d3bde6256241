"""What has not arrived, counted by room."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, or_, select

from bot.db.unit import Unit
from bot.outbox.model import Kind, State
from bot.outbox.tables.outbox import outbox

_PROMISED = (Kind.COPY.value, Kind.LETTER.value, Kind.PAGE.value)
"""Kinds that somebody was promised; an answer or a status line that came too late is nobody's loss."""


async def undelivered(unit: Unit, lost_since: datetime) -> Sequence[Row[Any]]:
    """Room, state, number of rows and when the oldest was accepted: of what is queued or held, and of what was given
    up and was accepted since then."""
    pending = outbox.c.state.in_([State.QUEUED.value, State.HELD.value])
    given_up = and_(
        outbox.c.state.in_([State.FAILED.value, State.EXPIRED.value]),
        outbox.c.kind.in_(_PROMISED),
        outbox.c.accepted_at >= lost_since,
    )
    oldest = func.min(outbox.c.accepted_at).label("oldest")
    query = select(outbox.c.room, outbox.c.state, func.count().label("rows"), oldest)
    return await unit.all(query.where(or_(pending, given_up)).group_by(outbox.c.room, outbox.c.state))
