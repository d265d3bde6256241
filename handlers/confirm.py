"""``!confirm``: an organisation's own people say that its entry in the directory is right."""

from datetime import timedelta
from typing import Protocol

from babel.dates import format_date

from bot.audit.service import AuditLog
from bot.commands.call import Access, Answer, Call, Command, Reply
from bot.db.unit import Unit
from bot.directory.service.confirming import confirm
from bot.errors import NotDone
from bot.i18n.catalogue import say
from bot.tlp import Tlp


class Policy(Protocol):
    """The deployment's rules."""

    @property
    def confirm_every_days(self) -> int:
        """So long a confirmation is good."""


class Needs(Protocol):
    """What ``!confirm`` uses."""

    @property
    def audit(self) -> AuditLog:
        """The log."""

    @property
    def policy(self) -> Policy:
        """When it is asked for again."""


class NotYourEntry(NotDone):
    """Only people of {handle} confirm its entry. Nothing was confirmed."""

    code = "not-your-entry"


class NoEntryOfYours(NotDone):
    """The directory names you in no organisation, so you have no entry to confirm. Nothing was confirmed."""

    code = "no-entry-of-yours"


async def run(call: Call, unit: Unit, services: Needs) -> Answer:
    """Confirm the entry of the caller's own organisation."""
    own = call.caller.organisation
    if own is None:
        raise NoEntryOfYours
    named = call.first_line.strip()
    if named and named.casefold() != own.casefold():
        raise NotYourEntry(handle=named[:63])
    await confirm(unit, services.audit, own, call.caller.name, call.caller.actor)
    again = call.now.date() + timedelta(days=services.policy.confirm_every_days)
    text = say(
        call.language,
        "confirm-done",
        organisation=own,
        next=format_date(again, format="medium", locale=call.language),
    )
    return Reply(text, tlp=Tlp.GREEN)


COMMAND = Command(name="confirm", access=Access.DESK, run=run, group="directory")
