"""``!trust``: what is wrong with the caller's standing, this device and this room, and how each is mended.

It works before anybody is verified, so it names nobody but by Matrix id."""

from collections.abc import Iterable
from typing import Protocol

from bot.commands.call import Access, Answer, Call, Command, Reply
from bot.db.unit import Unit
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich, code
from bot.ids import UserId
from bot.outbox.model import Audience
from bot.ports import TrustView
from bot.tlp import Tlp
from keys.policy import Check


class Names(Protocol):
    """What this command asks of the directory."""

    def imitated(self, user: UserId) -> UserId | None:
        """The Matrix user of the directory that this unknown one looks like."""


class Needs(Protocol):
    """What this command uses."""

    @property
    def register(self) -> Names:
        """The directory."""

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
        *(_imitations(call, services) if person.may_command else ()),
    ]
    return Reply(Rich.lines(lines), tlp=Tlp.CLEAR, audience=Audience.OPEN)


def _imitations(call: Call, services: Needs) -> list[Rich]:
    """Who in this room only looks like somebody known; a verified person may hear whom the directory knows."""
    alike = {user: services.register.imitated(user) for user in sorted(services.trust.members(call.place.room))}
    return [
        say(call.language, "trust-imitates", user=code(user), known=code(known))
        for user, known in alike.items()
        if known
    ]


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
