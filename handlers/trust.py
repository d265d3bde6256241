"""``!trust``: what is wrong with the caller's standing, this device and this room, and how each is mended.

It works before anybody is verified, so it names nobody but by Matrix id."""

from collections.abc import Iterable
from typing import Protocol

from bot.commands.call import Access, Answer, Call, Command, Reply
from bot.db.unit import Unit
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich, code
from bot.outbox.model import Audience
from bot.ports import TrustView
from bot.tlp import Tlp
from keys.policy import Check


class Needs(Protocol):
    """What this command uses."""

    @property
    def trust(self) -> TrustView:
        """Verdicts as of now."""


async def run(call: Call, _unit: Unit, services: Needs) -> Answer:
    """Answer with the verdicts on the caller, the device that asks and the room."""
    language = call.language
    person = services.trust.person(call.caller.user)
    room = services.trust.room(call.place.room)
    trusted = any(device.device_id == call.caller.device for device in person.trusted_devices)
    lines = [
        say(
            language,
            f"trust-person-{person.standing.value}",
            user=code(call.caller.user),
            organisation=person.organisation or "–",
        ),
        *_wrong(language, person.checks),
        say(language, f"trust-device-{'trusted' if trusted else 'not-trusted'}", device=code(call.caller.device)),
        say(language, f"trust-room-{'verified' if room.ok else 'not-verified'}"),
        *_wrong(language, room.checks),
    ]
    return Reply(Rich.lines(lines), tlp=Tlp.CLEAR, audience=Audience.OPEN)


def _wrong(language: str, checks: Iterable[Check]) -> list[Rich]:
    return [
        say(
            language,
            "trust-wrong",
            what=say(language, f"check-{check.name}", **check.values),
            mend=say(language, f"check-{check.name}.mend", **check.values),
        )
        for check in checks
        if not check.ok
    ]


COMMAND = Command(name="trust", access=Access.ANYONE, run=run, group="trust")
