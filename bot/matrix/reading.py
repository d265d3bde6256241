"""One raw room event, judged: who really sent it and what it says, or why it has to wait."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.clock import Clock
from bot.ids import DeviceId, EventId, RoomId, UserId
from bot.logs import logger
from bot.matrix import tables
from bot.matrix.batch import plain, storable
from bot.matrix.client import Client
from bot.matrix.identities import Identities
from bot.matrix.olm import Forged, Unreadable
from bot.matrix.trust import Trust
from bot.outbox.model import REACTION, REDACTION, Arrival, Proof

log = logger(__name__)

ALLOWED = frozenset({"m.room.message"})
ENCRYPTED = "m.room.encrypted"
KINDS = frozenset({"m.room.message", ENCRYPTED, REACTION, REDACTION})
UNREAD_MARK = "~unread"
"""Ends the event id of an UNREADABLE arrival, so that the event itself can still arrive when its key comes."""


@dataclass(slots=True)
class Parked:
    """An event that could not be judged yet; what lies in the table, in memory."""

    event_id: EventId
    room: RoomId
    sender: UserId
    session: str
    event: Mapping[str, Any]
    at: datetime
    since: float
    """Since when it is here, by the clock that never jumps; counted anew after a start."""
    waits: bool = False
    """Whether it waits only for what is published about its sender."""
    told: bool = False

    def row(self) -> dict[str, Any]:
        """What lies in the table."""
        return {
            "event_id": self.event_id,
            "room": self.room,
            "sender": self.sender,
            "session": self.session,
            "event": dict(self.event),
            "told": self.told,
            "at": self.at,
        }


@dataclass(slots=True)
class Outcome:
    """What some room events amount to; nothing of it has happened before the unit commits."""

    arrivals: list[tuple[Arrival, tables.Position | None]] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    done: list[EventId] = field(default_factory=list)
    """Parked events that are dealt with now."""
    still: list[tuple[Parked, bool]] = field(default_factory=list)
    """Parked events that stay, and whether they wait for what is published about their sender."""
    waiting: set[EventId] = field(default_factory=set)
    """All events that were found to wait so."""
    unsigned: set[tuple[UserId, DeviceId, RoomId]] = field(default_factory=set)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to be written down."""
        return not (self.arrivals or self.parked or self.done)


class Reader:
    """Judges events by what is known now; changes nothing but the outcome that it is given."""

    def __init__(self, client: Client, trust: Trust, identities: Identities, clock: Clock) -> None:
        self._client = client
        self._trust = trust
        self._identities = identities
        self._clock = clock

    def read(
        self,
        room: RoomId,
        event: Mapping[str, Any],
        outcome: Outcome,
        at: datetime,
        since: float,
        *,
        late: bool = False,
        patient: bool = True,
        final: bool = False,
    ) -> bool:
        """Judge one raw event; False if it is parked.

        ``patient``: as long as its sender's devices are asked for, it waits.  ``final``: a device that nobody has
        published is not waited for any more, either.  Never raises: an event that broke the sync would come again with
        every sync, for ever.
        """
        try:
            return self._judge(room, event, outcome, at, since, late, patient and not final, final)
        except Exception as error:
            log.exception("matrix.event.broke", room=room, error=type(error).__name__)
            return True

    def _judge(
        self,
        room: RoomId,
        event: Mapping[str, Any],
        outcome: Outcome,
        at: datetime,
        since: float,
        late: bool,
        patient: bool,
        final: bool,
    ) -> bool:
        event_id, sender, content, kind = (event.get(name) for name in ("event_id", "sender", "content", "type"))
        if kind == REDACTION and isinstance(content, Mapping):
            content = {
                "redacts": event.get("redacts") or content.get("redacts")
            }  # in the content since room version 11
        if not (plain(event_id) and plain(sender) and isinstance(content, Mapping) and content and storable(event)):
            return True
        if sender == self._client.user_id or "state_key" in event or kind not in KINDS:
            return True
        session = content.get("session_id")
        parked = Parked(
            EventId(str(event_id)),
            room,
            UserId(str(sender)),
            str(session) if kind == ENCRYPTED and plain(session) else "",
            event,
            at,
            since,
        )
        if patient and (
            self._identities.in_question(parked.sender)
            or (
                kind == REDACTION and content["redacts"] in outcome.waiting
            )  # it must not come before what it takes out
        ):
            parked.waits = True
            return self._park(parked, outcome)
        if kind == ENCRYPTED:
            return self._read_encrypted(parked, outcome, late, patient, final)
        if kind != REDACTION or plain(content["redacts"]):
            # A reaction is nothing but the server's word: it answers nothing, and whoever reacted is told so.
            self._add(outcome, room, event, Proof.PLAIN, DeviceId(""), content, None, late, kind=kind)
        return True

    def _read_encrypted(self, parked: Parked, outcome: Outcome, late: bool, patient: bool, final: bool) -> bool:
        user, room, event = parked.sender, parked.room, parked.event
        try:
            opened = self._client.olm.open(room, event, lambda c, e: self._trust.device(user, c, e) is not None)
        except Unreadable:
            return self._park(parked, outcome)
        except Forged as forged:
            log.warning("matrix.event.forged", room=room, sender=user, event_id=parked.event_id, why=str(forged))
            return True
        if opened.type not in ALLOWED:
            return True
        proof, device = self._trust.proof(user, opened)
        if proof is None and not final:
            # A device comes to other servers a moment before its owner's keys and signatures: asked once more.
            self._identities.doubt(user)
            parked.waits = patient and self._identities.in_question(user)
            if parked.waits or device is None:
                return self._park(parked, outcome)
        if proof is None:
            outcome.unsigned.add((user, device or DeviceId(""), room))
            return True
        position = (room, opened.session_id, opened.sender_key, opened.index)
        self._add(outcome, room, event, proof, device or DeviceId(""), opened.content, position, late)
        return True

    @staticmethod
    def _park(parked: Parked, outcome: Outcome) -> bool:
        outcome.parked.append(parked)
        if parked.waits:
            outcome.waiting.add(parked.event_id)
        return False

    def _add(
        self,
        outcome: Outcome,
        room: RoomId,
        event: Mapping[str, Any],
        proof: Proof,
        device: DeviceId,
        content: Mapping[str, Any],
        position: tables.Position | None,
        late: bool,
        *,
        kind: str = "m.room.message",
    ) -> None:
        outer = event["content"].get("m.relates_to")
        arrival = Arrival(
            event_id=EventId(event["event_id"]),
            room=room,
            sender=UserId(event["sender"]),
            device=device,
            proof=proof,
            content=content,
            sent_at=self._clock.as_here(_instant(event.get("origin_server_ts"), self._clock.now())),
            received_at=self._clock.now(),
            outer_relation=outer if isinstance(outer, Mapping) else {},
            kind=kind,
            late=late,
        )
        outcome.arrivals.append((arrival, position))

    def unreadable(self, parked: Parked) -> Arrival:
        """What is told about an event for which no key came."""
        now = self._clock.now()
        return Arrival(
            event_id=EventId(parked.event_id + UNREAD_MARK),
            room=parked.room,
            sender=parked.sender,
            device=DeviceId(""),
            proof=Proof.UNREADABLE,
            content={},
            sent_at=_instant(parked.event.get("origin_server_ts"), now),
            received_at=now,
        )


def _instant(milliseconds: object, otherwise: datetime) -> datetime:
    if isinstance(milliseconds, int) and 0 <= milliseconds < 32_503_680_000_000:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    return otherwise
