"""The gates: who may run a command, and where.  Numbered, asked in this order, once, before any handler; pure.

1. It was encrypted.  2. It could be read.  3. Who and which device: a command that is not for anyone needs a
verified person on a device that the pinned identity vouches for.  4. Where: in a room that is not verified only
commands for anyone; a desk's commands only in desk and direct rooms.  5. Lead.  6. Coordinator.

This file sees a command's access, the caller and the place only as far as it judges by them, so that nothing
here can reach a database or a clock.
"""

from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from bot.errors import NotDone
from bot.i18n.rich import Rich, link
from bot.ids import RoomId
from bot.outbox.model import Proof
from keys.trust import PersonVerdict

DESKS = frozenset({"desk", "direct"})


class Wanted(Protocol):
    """:class:`bot.commands.call.Access`."""

    @property
    def value(self) -> Any:
        """``anyone``, ``verified``, ``desk``, ``lead`` or ``coordinator``."""


class Who(Protocol):
    """:class:`bot.commands.call.Caller`."""

    @property
    def verdict(self) -> PersonVerdict:
        """What the person is trusted with."""

    @property
    def verified(self) -> bool:
        """Whether the person's word counts now."""

    @property
    def device(self) -> str:
        """The device that sent it."""

    @property
    def lead(self) -> bool:
        """Whether the person leads an organisation."""

    @property
    def coordinator(self) -> bool:
        """Whether the configuration names the person as coordinator."""


class Where(Protocol):
    """:class:`bot.commands.call.Place`."""

    @property
    def room(self) -> RoomId:
        """The room."""

    @property
    def kind(self) -> str:
        """``desk``, ``direct``, ``incident``, ``coordination`` or ``unknown``."""

    @property
    def verified(self) -> bool:
        """Whether the room's verdict holds now."""


class Denied(NotDone):
    """You may not do this here; nothing was done."""

    code = "denied"


class SentInPlain(Denied):
    """That message was not encrypted: your homeserver has read it and could have written it. Nothing was done."""

    code = "sent-in-plain"


class NoRoomKey(Denied):
    """That message reached me without its key; I could not read it and did nothing."""

    code = "no-room-key"


class NotVerified(Denied):
    """You are not verified, so nothing was done."""

    code = "not-verified"


class DeviceNotTrusted(Denied):
    """Your device {device} is not signed by the identity that enlace knows you by, so nothing was done."""

    code = "device-not-trusted"


class RoomNotVerified(Denied):
    """This room is not verified, so nothing was done."""

    code = "room-not-verified"


class RoomNotVerifiedGoDirect(Denied):
    """This room is not verified, so nothing was done. Your direct room with enlace: {direct_room}."""

    code = "room-not-verified-go-direct"


class NotADesk(Denied):
    """This is neither your organisation's room nor your direct room with enlace, so nothing was done."""

    code = "not-a-desk"


class NotADeskGoDirect(Denied):
    """This is no desk room, so nothing was done. Your direct room with enlace: {direct_room}."""

    code = "not-a-desk-go-direct"


class OnlyLeads(Denied):
    """Only a lead of your organisation or a coordinator may do this; nothing was done."""

    code = "only-leads"


class OnlyCoordinators(Denied):
    """Only a coordinator may do this; nothing was done."""

    code = "only-coordinators"


class VouchedCoordinator(Denied):
    """A coordinator's word counts only with an OpenPGP statement, and yours is vouched for; nothing was done."""

    code = "vouched-coordinator"


@dataclass(frozen=True, slots=True)
class _Asked:
    wanted: str
    caller: Who
    place: Where
    proof: Proof
    elsewhere: Rich | None
    """A link to the caller's direct room, unless that is here."""


def _encrypted(asked: _Asked) -> Denied | None:  # 1
    return SentInPlain() if asked.proof is Proof.PLAIN else None


def _readable(asked: _Asked) -> Denied | None:  # 2
    return NoRoomKey() if asked.proof is Proof.UNREADABLE else None


def _person_and_device(asked: _Asked) -> Denied | None:  # 3
    if not asked.caller.verified:
        return NotVerified()
    return None if asked.proof is Proof.PINNED else DeviceNotTrusted(device=asked.caller.device)


def _room(asked: _Asked) -> Denied | None:  # 4
    if not asked.place.verified or asked.place.kind == "unknown":
        return RoomNotVerifiedGoDirect(direct_room=asked.elsewhere) if asked.elsewhere else RoomNotVerified()
    if asked.wanted == "desk" and asked.place.kind not in DESKS:
        return NotADeskGoDirect(direct_room=asked.elsewhere) if asked.elsewhere else NotADesk()
    return None


def _lead(asked: _Asked) -> Denied | None:  # 5
    if asked.wanted != "lead" or asked.caller.lead or asked.caller.coordinator:
        return None
    return OnlyLeads()


def _coordinator(asked: _Asked) -> Denied | None:  # 6
    if asked.wanted in {"verified", "desk", "lead"}:
        return None
    if asked.wanted != "coordinator" or not asked.caller.coordinator:  # what nobody has thought of is refused too
        return OnlyCoordinators()
    return None if asked.caller.verdict.level == "verified" else VouchedCoordinator()


FOR_EVERYBODY = (_encrypted, _readable)
GATES = (*FOR_EVERYBODY, _person_and_device, _room, _lead, _coordinator)


def judge(access: Wanted, caller: Who, place: Where, proof: Proof, direct_room: RoomId | None) -> Denied | None:
    """Why this may not be run, or None if it may.  ``direct_room`` is the caller's own room with the bot."""
    elsewhere = None
    if direct_room is not None and direct_room != place.room:
        elsewhere = link(f"https://matrix.to/#/{quote(direct_room, safe='!:')}", direct_room)
    asked = _Asked(str(access.value), caller, place, proof, elsewhere)
    for gate in FOR_EVERYBODY if asked.wanted == "anyone" else GATES:
        denied = gate(asked)
        if denied is not None:
            return denied
    return None


def may(access: Wanted, caller: Who, place: Where) -> Denied | None:
    """The same for a handler, which knows the caller's device and not the proof of one event."""
    known = any(device.device_id == caller.device for device in caller.verdict.trusted_devices)
    return judge(access, caller, place, Proof.PINNED if known else Proof.SIGNED, None)


def admit(access: Wanted, caller: Who, place: Where, proof: Proof, direct_room: RoomId | None) -> None:
    """Raise what :func:`judge` says, if it says anything."""
    denied = judge(access, caller, place, proof, direct_room)
    if denied is not None:
        raise denied
