"""What a message relates to."""

from collections.abc import Mapping
from typing import Any

from bot.ids import EventId


def relation_of(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """``m.relates_to``, whatever the content holds."""
    relation = content.get("m.relates_to")
    return relation if isinstance(relation, Mapping) else {}


def thread_and_reply(relation: Mapping[str, Any]) -> tuple[EventId | None, EventId | None]:
    """Thread root and rich reply; the reply that a thread carries for old clients counts only where it is meant."""
    thread = relation.get("event_id") if relation.get("rel_type") == "m.thread" else None
    nested = relation.get("m.in_reply_to")
    reply = nested.get("event_id") if isinstance(nested, Mapping) else None
    if thread is not None and relation.get("is_falling_back") is True:
        reply = None
    return (
        EventId(thread) if isinstance(thread, str) else None,
        EventId(reply) if isinstance(reply, str) else None,
    )
