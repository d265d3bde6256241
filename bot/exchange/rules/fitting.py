"""What an event can carry.  Pure."""

import json
from collections.abc import Mapping
from typing import Any

from bot.ids import EventId

MOST_BYTES = 45_000
"""Of a content as JSON: it grows by a third when it is encrypted, and servers add to it; an event may have 65 536
bytes (Matrix spec v1.19, Size limits)."""
SHOWN = 300
"""Characters of an edit's text for clients that know no edits."""
HTML = ("format", "formatted_body")


def fitting(content: Mapping[str, Any]) -> dict[str, Any]:
    """Without its HTML if both forms together are too much: the plain one says the same."""
    if len(json.dumps(content, ensure_ascii=False).encode()) <= MOST_BYTES:
        return dict(content)
    new = content.get("m.new_content")
    return _plain(content) | ({"m.new_content": _plain(new)} if new is not None else {})


def edit_of(event: EventId, content: Mapping[str, Any]) -> dict[str, Any]:
    """An edit that makes the event say this: whole once, and beside it a short form for clients that know no edits."""
    body = str(content.get("body", ""))
    return {
        **_plain(content),
        "body": f"* {body if len(body) <= SHOWN else body[:SHOWN] + ' …'}",
        "m.new_content": content,
        "m.relates_to": {"rel_type": "m.replace", "event_id": event},
    }


def _plain(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name not in HTML}
