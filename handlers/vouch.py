"""``!vouch @x SESSION-KEY``: one of the two coordinators' words that stand in for an OpenPGP statement."""

from collections.abc import Mapping
from typing import Any, Protocol

from bot.audit.service import Actor
from bot.commands.call import Access, Answer, Call, Command, Refusal, Reply
from bot.commands.parse import take_user
from bot.db.unit import Unit
from bot.directory.service import Register
from bot.directory.service.vouching import Outcome, Vouching
from bot.errors import NotDone
from bot.i18n.catalogue import say
from bot.i18n.rich import code
from bot.ids import Handle
from bot.tlp import Tlp
from keys.fingerprint import MatrixKey
from keys.trust import VouchesNotApart


class Needs(Protocol):
    """What ``!vouch`` uses."""

    @property
    def register(self) -> Register:
        """Whose room this is."""

    @property
    def vouching(self) -> Vouching:
        """Pending words, and what two of them lead to."""


class VouchHow(NotDone):
    """To vouch, name the Matrix user and the session key that the person read to you. Nothing was done."""

    code = "vouch-how"


class VouchAlone(NotDone):
    """You vouch only in your own room with enlace, where no other coordinator reads along. Nothing was done."""

    code = "vouch-alone"


async def prepare(call: Call, services: Needs) -> Mapping[str, Any]:
    """Read the line, and ask the homeserver."""
    if call.place.kind != "direct" or services.register.direct_room(call.caller.user) != call.place.room:
        raise VouchAlone
    whom = " ".join(call.text.split())
    if not whom:
        raise VouchHow
    user, typed = take_user(whom)
    if not typed:
        raise VouchHow
    return {"user": user, "key": MatrixKey(typed), "seen": await services.vouching.examine(user)}


async def run(call: Call, unit: Unit, services: Needs) -> Answer:
    """Take the word, and say only what this coordinator may know of it."""
    caller, user = call.caller, call.extra["user"]
    if caller.organisation is None:
        raise VouchesNotApart(user=user)
    found = await services.vouching.vouch(
        unit,
        user=user,
        key=call.extra["key"],
        actor=Actor(caller.organisation, caller.name, caller.user, caller.device),
        organisation=Handle(caller.organisation),
        seen=call.extra["seen"],
    )
    until = f"{found.pin.expires:%Y-%m-%d}" if found.pin else "–"
    text = say(call.language, f"vouch-{found.outcome.value}", name=found.person.name, user=code(user), until=until)
    return Refusal(text) if found.outcome is Outcome.DIFFERED else Reply(text, tlp=Tlp.GREEN)


COMMAND = Command(name="vouch", access=Access.COORDINATOR, run=run, prepare=prepare, group="trust")
