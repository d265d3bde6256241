"""``!room``: what this room is for; setting or changing that is a proposal.

It works before the room is verified, since a room that is for nobody yet never is; only who may is checked here."""

from functools import cache
from hashlib import sha256
from typing import Protocol

from bot.audit.service import Actor
from bot.commands.access import DeviceNotTrusted, NotVerified, OnlyCoordinators, OnlyLeads, VouchedCoordinator
from bot.commands.answers import fold
from bot.commands.call import Access, Answer, Call, Caller, Command, Reply
from bot.db.unit import Unit
from bot.directory.model import RoomRecord
from bot.directory.service import Register
from bot.directory.service.proposal_news import say_change
from bot.directory.service.staffing import COORDINATION, DESK, Staffing
from bot.errors import NotDone
from bot.i18n.catalogue import catalogue, say
from bot.i18n.rich import Rich
from bot.tlp import Tlp


class Needs(Protocol):
    """What ``!room`` uses."""

    @property
    def register(self) -> Register:
        """Rooms on record."""

    @property
    def staffing(self) -> Staffing:
        """Proposes what a room is for."""


class RoomWhat(NotDone):
    """“{word}” is nothing that a room can be for. Nothing was proposed."""

    code = "room-what"


class DeskOfWhom(NotDone):
    """A desk room is the room of an organisation, and none is named. Nothing was proposed."""

    code = "desk-of-whom"


async def run(call: Call, unit: Unit, services: Needs) -> Answer:
    """Say what the room is for, or propose it."""
    caller = call.caller
    if not caller.verified:
        raise NotVerified
    if not any(device.device_id == caller.device for device in caller.verdict.trusted_devices):
        raise DeviceNotTrusted(device=caller.device)
    word, *handles = call.first_line.replace(",", " ").split() or [""]
    if not word:
        return Reply(_purpose(call.language, services.register.room(call.place.room)), tlp=Tlp.GREEN)
    kind = next((kind for kind in (DESK, COORDINATION) if fold(word) in words(kind)), None)
    if kind is None:
        raise RoomWhat(word=word[:60])
    if kind == DESK and not handles:
        if caller.organisation is None:
            raise DeskOfWhom
        handles = [caller.organisation]
    _may(caller, kind, handles)
    proposal = await services.staffing.propose_room(
        unit,
        call.place.room,
        kind,
        handles,
        file="!room",
        file_sha256=sha256(call.first_line.encode()).hexdigest(),
        actor=Actor(caller.organisation, caller.name, caller.user, caller.device),
    )
    head = say(call.language, "room-proposed", ref=proposal.ref, until=f"{proposal.expires_at:%Y-%m-%d}")
    return Reply(Rich.lines([head, *say_change(proposal)]), tlp=Tlp.GREEN, ref=proposal.ref)


def _may(caller: Caller, kind: str, handles: list[str]) -> None:
    """A lead for the desk of their own organisation; else who coordinates, and was not only vouched for."""
    own = [(caller.organisation or "").casefold()]
    if kind == DESK and caller.lead and [handle.casefold() for handle in handles] == own:
        return
    if not caller.coordinator:
        raise OnlyLeads if kind == DESK else OnlyCoordinators
    if caller.verdict.level != "verified":
        raise VouchedCoordinator


def _purpose(language: str, record: RoomRecord | None) -> Rich:
    if record is None:
        return say(language, "room-for-nobody")
    whose = record.user or ", ".join(sorted(record.organisations)) or say(language, "room-for-all")
    return say(language, "room-for", kind=say(language, f"cli-room-{record.kind}"), whose=whose)


@cache
def words(kind: str) -> frozenset[str]:
    """The words for a kind of room, folded, in every language."""
    said = [say(language, f"room-do-{kind}").plain for language in catalogue().languages]
    return frozenset(fold(word) for text in said for word in text.split())


COMMAND = Command(name="room", access=Access.ANYONE, run=run, group="trust")
