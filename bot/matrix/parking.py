"""Events that cannot be judged yet.  Each has a row, written with the position of the sync that brought it.

Some lack their room key, or come from a device that nobody has published.  Others *wait*: what is published about their
sender is being asked for, and as long as that takes, at most :data:`KEYS_WAIT`, nothing of that sender is judged, so
that nothing overtakes what came before.  Nobody else waits with them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from bot.clock import Clock
from bot.ids import EventId, RoomId, UserId
from bot.matrix.reading import Outcome, Parked, Reader

KEYS_WAIT = 5.0
"""Seconds, counted anew after a start; then what was seen last decides."""
MOST_WAITING = 100
"""Of one sender; if there are more, what was seen last decides at once, and all are judged in their order."""
MOST_PARKED = 1000
"""Of one sender; whatever else cannot be read is told so at once and not kept."""
LATE_AFTER = timedelta(seconds=10)

Event = tuple[RoomId, Mapping[str, Any]]


class Parking:
    """All of them, oldest first."""

    def __init__(self, reader: Reader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock
        self.events: dict[EventId, Parked] = {}

    def waiting(self) -> set[UserId]:
        """Whose events wait for what is published about them."""
        return {parked.sender for parked in self.events.values() if parked.waits}

    def patience(self, user: UserId) -> float:
        """Seconds until something of this user is judged by what was seen last; 0 if nothing waits."""
        ends = [parked.since + KEYS_WAIT for parked in self.events.values() if parked.waits and parked.sender == user]
        return max(0.0, min(ends) - self._clock.monotonic()) if ends else 0.0

    # --- judging ----------------------------------------------------------------------------------------

    def judge(self, events: Iterable[Event], wanted: Callable[[Parked], bool]) -> Outcome:
        """What has waited, what else is ``wanted``, and then these new events."""
        new = list(events)
        waiting = Counter(parked.sender for parked in self.events.values() if parked.waits)
        waiting.update(UserId(str(event.get("sender"))) for _, event in new)
        crowds = {user for user, count in waiting.items() if count > MOST_WAITING}
        outcome = self.look(lambda parked: parked.waits or wanted(parked), crowds)
        kept = Counter(parked.sender for parked in self.events.values())
        for room, event in new:
            self._reader.read(
                room,
                event,
                outcome,
                self._clock.now(),
                self._clock.monotonic(),
                patient=event.get("sender") not in crowds,
            )
        for parked in list(outcome.parked):
            kept[parked.sender] += 1
            if kept[parked.sender] > MOST_PARKED and parked.event_id not in self.events:
                outcome.parked.remove(parked)
                outcome.arrivals.append((self._reader.unreadable(parked), None))
        return outcome

    def look(self, wanted: Callable[[Parked], bool], crowds: Iterable[str] = (), *, final: bool = False) -> Outcome:
        """Look again at what is wanted.  ``final``: nothing of it is waited for any more."""
        outcome = Outcome()
        now = self._clock.monotonic()
        for parked in self.events.values():
            if not wanted(parked):
                continue
            late = parked.told or self._clock.now() - parked.at > LATE_AFTER
            patient = parked.sender not in crowds and now - parked.since < KEYS_WAIT
            trial = Outcome(waiting=outcome.waiting)
            if self._reader.read(
                parked.room, parked.event, trial, parked.at, parked.since, late=late, patient=patient, final=final
            ):
                outcome.done.append(parked.event_id)
                outcome.arrivals += trial.arrivals
                outcome.unsigned |= trial.unsigned
            else:
                outcome.still += [(parked, one.waits) for one in trial.parked]
        return outcome

    def settle(self, outcome: Outcome) -> None:
        """The outcome is kept."""
        for event_id in outcome.done:
            self.events.pop(event_id, None)
        for parked, waits in outcome.still:
            parked.waits = waits
        for parked in outcome.parked:
            self.events.setdefault(parked.event_id, parked)

    def forget(self, room: RoomId) -> None:
        """Drop what is parked of a room."""
        self.events = {event: parked for event, parked in self.events.items() if parked.room != room}
