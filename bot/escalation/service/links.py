"""The link by which somebody without Matrix takes an escalation.

It stands only inside mail that is encrypted to the person's own key of the directory, so whoever has it has shown
that key.  Of the link itself only a digest is kept; the letter lies sealed in its row until it is handed over.
"""

import hashlib
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime

from bot.db.unit import Unit
from bot.errors import NotDone
from bot.escalation import tables
from bot.escalation.model import Escalation, Link
from bot.escalation.rules.links import lives, until
from bot.escalation.service.people import Paged, People
from bot.escalation.service.store import Store
from bot.i18n.catalogue import catalogue
from bot.ids import Ref, UserId
from keys.trust import Standing

TOKEN_BYTES = 16
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_WITHDRAWN = (Standing.CHANGED, Standing.REVOKED)


class DeadLink(NotDone):
    """This link cannot be used (any more): its time is over, or somebody has the call already. Nothing was changed."""

    code = "escalation-dead-link"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a link is good for."""

    escalation: Escalation
    link: Link
    paged: Paged

    @property
    def language(self) -> str:
        """The language of whoever was written to."""
        return catalogue().choose(*(self.paged.person.languages if self.paged.person else ()))


class Links:
    """Makes links and finds what they are bound to."""

    def __init__(self, store: Store, people: People) -> None:
        self._store = store
        self._people = people

    async def make(
        self, unit: Unit, escalation: Escalation, paged: Paged, step: int, deadline: datetime
    ) -> tuple[str, datetime] | None:
        """A link for a letter to this person, and until when it works; None where there may be none: no address to
        answer at is published, they are not of the called organisation, or have no key of their own."""
        base, key = self._people.outside.ack_url, self._people.own_key(paged)
        if base is None or key is None or paged.user is None or paged.beyond:
            return None
        token = urlsafe_b64encode(unit.random(TOKEN_BYTES)).decode().rstrip("=")
        end = until(deadline, unit.now)
        await tables.add_link(
            unit,
            {
                "digest": _digest(token),
                "ref": escalation.ref,
                "person": paged.user,
                "key": key.fingerprint,
                "step": step,
                "made_at": unit.now,
                "until": end,
            },
        )
        return f"{base}/ack/{token}", end

    async def find(self, unit: Unit, token: str, *, to_change: bool = False) -> Offer:
        """What this link is good for now; raises :class:`DeadLink`, which never says why.

        Whoever was removed or withdrawn, has left the organisation or lost the key since, cannot use it."""
        link = await self._link(unit, token)
        escalation = await self._store.get(unit, link.ref, to_change=to_change)
        if to_change:
            link = await self._link(unit, token)  # somebody else may have used it before the lock was ours
        if escalation is None or not lives(link, escalation, unit.now):
            raise DeadLink
        paged = self._people.member_called(link.person, escalation)
        if paged is None or paged.person is None or self._people.standing(link.person) in _WITHDRAWN:
            raise DeadLink
        if link.key not in {key.fingerprint for key in paged.person.openpgp}:
            raise DeadLink
        return Offer(escalation, link, paged)

    async def end(self, unit: Unit, ref: Ref) -> None:
        """No link of this escalation can be used any more."""
        await tables.end_links(unit, ref)

    @staticmethod
    async def _link(unit: Unit, token: str) -> Link:
        row = await tables.get_link(unit, _digest(token)) if _TOKEN.fullmatch(token) else None
        if row is None:
            raise DeadLink
        return Link(Ref(row.ref), UserId(row.person), row.key, int(row.step), row.made_at, row.until)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
