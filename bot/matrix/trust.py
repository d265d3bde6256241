"""Verdicts on people and rooms as of now, from memory: what is pinned, what is published, what the state says."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from bot.clock import Clock
from bot.ids import DeviceId, RoomId, UserId
from bot.matrix.olm import Opened
from bot.matrix.state import RoomState
from bot.outbox.model import Audience, Proof
from keys.crosssigning import SeenDevice, SeenIdentity
from keys.trust import Check, PersonVerdict, Pin, RoomFacts, RoomVerdict, judge_person, judge_room, observe

MEMORY = timedelta(seconds=15)
"""So long a verdict is remembered if nothing that it rests on changes; only time itself could change it."""
KINDS = ("desk", "direct", "incident", "coordination")


class RoomRecord(Protocol):
    """A room of the directory."""

    @property
    def kind(self) -> str:
        """``desk``, ``direct``, ``incident`` or ``coordination``."""

    @property
    def organisations(self) -> frozenset[Any]:
        """Handles of the organisations that the room is for; empty: of any, except for desks."""

    @property
    def user(self) -> UserId | None:
        """Whose direct room it is."""


class Register(Protocol):
    """What the verdict needs of the directory."""

    def pin(self, user: UserId) -> Pin | None:
        """The stored pin of a Matrix user."""

    def person(self, user: UserId) -> object | None:
        """The person behind a Matrix user."""

    def room(self, room: RoomId) -> RoomRecord | None:
        """The room, if the bot works in it."""


class Published(Protocol):
    """What the homeserver published about people."""

    def get(self, user: UserId) -> SeenIdentity | None:
        """As of the last answer; None if there was none."""


class Recipient(NamedTuple):
    """A device of a user that is to get a room key."""

    user: UserId
    device: SeenDevice


class _KeptPerson(NamedTuple):
    at: datetime
    pin: Pin | None
    seen: SeenIdentity | None
    verdict: PersonVerdict


class _KeptRoom(NamedTuple):
    state: RoomState
    record: RoomRecord
    people: Mapping[UserId, PersonVerdict]
    verdict: RoomVerdict


class Trust:
    """The :class:`bot.ports.TrustView` of the running service."""

    def __init__(
        self,
        bot: UserId,
        rooms: Mapping[RoomId, RoomState],
        identities: Published,
        register: Callable[[], Register],
        clock: Clock,
        servers: frozenset[str] = frozenset(),
    ) -> None:
        self._bot = bot
        self._rooms = rooms
        self._identities = identities
        self._register = register
        self._clock = clock
        self._servers = servers
        self._people: dict[UserId, _KeptPerson] = {}
        self._verdicts: dict[RoomId, _KeptRoom] = {}

    # --- TrustView --------------------------------------------------------------------------------------

    def person(self, user: UserId) -> PersonVerdict:
        """What this Matrix user is trusted with."""
        now, pin, seen = self._clock.now(), self._register().pin(user), self._identities.get(user)
        kept = self._people.get(user)
        if kept is None or kept.pin != pin or kept.seen is not seen or not kept.at <= now < kept.at + MEMORY:
            kept = self._people[user] = _KeptPerson(now, pin, seen, judge_person(user, pin, seen, now))
        return kept.verdict

    def room(self, room: RoomId) -> RoomVerdict:
        """Whether this room is verified, check by check; an unknown room is not."""
        state, record = self._rooms.get(room), self._register().room(room)
        if state is None or record is None or record.kind not in KINDS:
            return RoomVerdict(False, (Check("room-registered", False),))
        people = {user: self.person(user) for user in state.members() if user != self._bot}
        kept = self._verdicts.get(room)
        if kept is None or kept.state is not state or kept.record != record or not _same(kept.people, people):
            kept = self._verdicts[room] = _KeptRoom(state, record, people, self._judge(state, record, people))
        return kept.verdict

    def members(self, room: RoomId) -> frozenset[UserId]:
        """Everyone joined or invited, the bot left out."""
        state = self._rooms.get(room)
        return frozenset() if state is None else frozenset(state.members()) - {self._bot}

    def unsigned(self, user: UserId) -> bool:
        """Whether the user has a device that their pinned identity does not vouch for."""
        seen, verdict = self._identities.get(user), self.person(user)
        devices = seen.devices.values() if seen is not None else ()
        return any(not verdict.trusts(d.device_id, d.ed25519, d.curve25519) for d in devices)

    def encrypted(self, room: RoomId) -> bool:
        """Whether the room is encrypted, was so since we know it, and is joined by the bot."""
        state = self._rooms.get(room)
        return state is not None and state.ours == "join" and state.encrypted

    # --- for this package -------------------------------------------------------------------------------

    def forget(self) -> None:
        """Compute everything anew (nothing needs it: verdicts are remembered with what they rest on)."""
        self._people.clear()
        self._verdicts.clear()

    def pin_moves(self, user: UserId) -> bool:
        """Whether what is published now changes the user's pin (:func:`keys.trust.observe`)."""
        pin, seen = self._register().pin(user), self._identities.get(user)
        return pin is not None and seen is not None and observe(pin, seen, self._clock.now()) != pin

    def registered(self, user: UserId) -> bool:
        """Whether the directory knows the person."""
        return self._register().person(user) is not None

    def recorded(self, room: RoomId) -> bool:
        """Whether the directory has the room on record."""
        return self._register().room(room) is not None

    def recipients(self, room: RoomId, audience: Audience) -> frozenset[Recipient]:
        """The devices that may get the key of a message for this audience, members as of our own state."""
        out: set[Recipient] = set()
        for user in self.members(room):
            seen = self._identities.get(user)
            if seen is None:
                continue
            if audience is Audience.OPEN:
                chosen = [device for device in seen.devices.values() if device.cross_signed]
            else:
                verdict = self.person(user)
                chosen = [d for d in seen.devices.values() if verdict.trusts(d.device_id, d.ed25519, d.curve25519)]
            out.update(Recipient(user, device) for device in chosen)
        return frozenset(out)

    def proof(self, sender: UserId, opened: Opened) -> tuple[Proof | None, DeviceId | None]:
        """How sure it is that ``sender`` sent it, and from which device.

        ``(None, device)``: a device that its owner's identity has not signed; ``(None, None)``: no device of the
        sender has the keys of that session.
        """
        device = self.device(sender, opened.sender_key, opened.ed25519)
        if device is None:
            return None, None
        name = DeviceId(device.device_id)
        if self.person(sender).trusts(device.device_id, device.ed25519, device.curve25519):
            return Proof.PINNED, name
        return (Proof.SIGNED if device.cross_signed else None), name

    def device(self, user: UserId, curve25519: str, ed25519: str) -> SeenDevice | None:
        """The user's published device with exactly these keys."""
        seen = self._identities.get(user)
        for device in seen.devices.values() if seen else ():
            if device.curve25519 == curve25519 and device.ed25519 == ed25519:
                return device
        return None

    def _judge(self, state: RoomState, record: RoomRecord, people: Mapping[UserId, PersonVerdict]) -> RoomVerdict:
        members = state.members()
        if state.ours != "join":
            members.pop(self._bot, None)
        anybody = not record.organisations and record.kind != "desk"
        verdict = judge_room(
            RoomFacts(
                kind=record.kind,  # type: ignore[arg-type]  # compared with KINDS above
                bot=self._bot,
                members={user: "join" if membership == "join" else "invite" for user, membership in members.items()},
                encrypted=state.encrypted,
                ever_encrypted=state.ever_encrypted,
                join_rule=state.text("m.room.join_rules", "join_rule"),
                history_visibility=state.text("m.room.history_visibility", "history_visibility"),
                guest_access=state.text("m.room.guest_access", "guest_access"),
                power=state.power(),
                users_default=state.users_default,
                protected_level=state.protected_level,
                servers=self._servers,
                organisations=None if anybody else frozenset(str(handle) for handle in record.organisations),
            ),
            {str(user): person for user, person in people.items()},
        )
        others = set(members) - {self._bot}
        if record.kind == "direct" and record.user is not None and not others <= {record.user}:
            check = Check("room-direct-alone", False, {"count": len(others)})
            return RoomVerdict(False, (*(c for c in verdict.checks if c.name != check.name), check))
        return verdict


def _same(one: Mapping[UserId, PersonVerdict], two: Mapping[UserId, PersonVerdict]) -> bool:
    """Whether both are the very same verdicts."""
    return one.keys() == two.keys() and all(one[user] is verdict for user, verdict in two.items())
