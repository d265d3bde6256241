"""What a message relates to."""

import re
from collections.abc import Mapping
from typing import Any

from bot.ids import EventId

_FALLBACK = re.compile(r"> (?:\* )?<@[^\n]*\n(?:>[^\n]*\n)*\n?")


def relation_of(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """``m.relates_to``, whatever the content holds."""
    relation = content.get("m.relates_to")
    return relation if isinstance(relation, Mapping) else {}


def own_words(content: Mapping[str, Any]) -> str:
    """The body as its author typed it."""
    body = content.get("body")
    if not isinstance(body, str):
        return ""
    return without_fallback(body) if "m.in_reply_to" in relation_of(content) else body


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


def without_fallback(body: str) -> str:
    """The body of a rich reply without the quoted original that older clients put before it.

    The form is that of the Matrix specification up to v1.12, "Fallbacks for rich replies"; a quotation that
    a person typed stays."""
    return _FALLBACK.sub("", body, count=1) if _FALLBACK.match(body) else body
