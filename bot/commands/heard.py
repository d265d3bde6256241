"""One message as it was heard: what was sent, by whom, where, and what it points at inside the ciphertext."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.commands.call import Call, Caller, Place
from bot.commands.questions import Kept
from bot.ids import EventId
from bot.outbox.model import Arrival


@dataclass(frozen=True, slots=True)
class Heard:
    """What :mod:`bot.commands.recognise` finds the meaning of."""

    arrival: Arrival
    place: Place
    caller: Caller
    now: datetime
    thread: EventId | None
    """Root of the thread that it stands in."""
    reply_to: EventId | None

    def call(
        self,
        name: str,
        first_line: str = "",
        body: str = "",
        extra: Mapping[str, Any] | None = None,
        kept: Kept | None = None,
    ) -> Call:
        """What it asks for without having been typed as a command; ``kept``: the question that it answers."""
        return Call(
            name=name,
            first_line=first_line,
            body=body,
            caller=self.caller,
            place=self.place,
            event_id=self.arrival.event_id,
            now=self.now,
            language=kept.language if kept else self.place.language,
            thread=EventId(kept.thread) if kept and kept.thread else None,
            reply_to=EventId(kept.reply_to) if kept and kept.reply_to else None,
            extra=extra or {},
        )
