"""The secret address under which an organisation's duty can be subscribed to as a calendar: made, renewed, revoked.

Of the address only a digest is kept, so it can be shown once.  Whoever has it needs no account, so names of people
are in the calendar only where that was asked for, and Matrix users never.
"""

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from bot.audit.service import AuditLog
from bot.db.unit import Unit
from bot.directory.model import Organisation
from bot.directory.service import Register
from bot.duty import tables
from bot.duty.model import Stretch
from bot.duty.service.duty import Duty
from bot.errors import NotDone
from bot.ids import Handle, UserId

AHEAD = timedelta(days=90)
TOKEN_BYTES = 16
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


class FeedThere(NotDone):
    """{organisation} has a feed since {at}, and its address cannot be shown again. Nothing was changed."""

    code = "duty-feed-there"


class NoFeed(NotDone):
    """{organisation} has no feed. Nothing was changed."""

    code = "duty-feed-none"


class FeedUnknown(NotDone):
    """There is no calendar at this address (any more)."""

    code = "duty-feed-unknown"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a feed holds."""

    organisation: Organisation
    roles: Mapping[str, list[Stretch]]
    names: Mapping[UserId, str] | None
    """None: names are left out."""


class Feeds:
    """One address for each organisation at most."""

    def __init__(self, register: Register, duty: Duty, audit: AuditLog) -> None:
        self._register = register
        self._duty = duty
        self._audit = audit

    async def make(self, unit: Unit, organisation: Handle, *, names: bool, renew: bool) -> str:
        """What the address ends with, which nobody can find out again; ``renew``: in place of another, which ends.

        Raises :class:`FeedThere` or :class:`NoFeed`."""
        kept = await tables.feed_of(unit, organisation)
        if kept is not None and not renew:
            raise FeedThere(organisation=organisation, at=f"{kept.made_at:%Y-%m-%d}")
        if kept is None and renew:
            raise NoFeed(organisation=organisation)
        token = urlsafe_b64encode(unit.random(TOKEN_BYTES)).decode().rstrip("=")
        await tables.end_feed(unit, organisation)
        await tables.add_feed(unit, organisation, _digest(token), names=names)
        details = {"organisation": organisation, "names": names, "renewed": renew}
        await self._audit.append(unit, "duty.feed-made", details=details)
        return token

    async def revoke(self, unit: Unit, organisation: Handle) -> None:
        """Its address leads nowhere from now on.  Raises :class:`NoFeed`."""
        if not await tables.end_feed(unit, organisation):
            raise NoFeed(organisation=organisation)
        await self._audit.append(unit, "duty.feed-revoked", details={"organisation": organisation})

    async def read(self, unit: Unit, token: str) -> Shown:
        """What stands behind an address, from the beginning of the day on.

        Raises :class:`FeedUnknown`, which never says why."""
        kept = await tables.find_feed(unit, _digest(token)) if _TOKEN.fullmatch(token) else None
        organisation = self._register.organisation(kept.organisation) if kept is not None else None
        if kept is None or organisation is None:
            raise FeedUnknown
        today = datetime.combine(unit.now.date(), time(), unit.now.tzinfo)
        roles = await self._duty.coverage_of_roles(unit, organisation, today, today + AHEAD)
        people = self._register.people_of(organisation.handle) if kept.names else ()
        names = {p.mxid: p.name for p in people if p.mxid} if kept.names else None
        return Shown(organisation, roles, names)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
