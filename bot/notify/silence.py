"""The dead man's letter: whoever looks after the bot is written to when it has not heard its homeserver for long.

Once for each outage, however often the process starts meanwhile, and once more when it is over: when the homeserver
has been heard for as long as it takes to call it silent, and twice as long after each outage of the last day, so that
one that comes and goes fills nobody's mailbox.  Only time in which the bot was there and listened counts: neither a
stop, nor a machine that slept, is an outage.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.audit.service import AuditLog
from bot.db.unit import Database, Unit
from bot.directory.model import Person
from bot.directory.service import Register
from bot.exchange.service import sealed_to
from bot.i18n.catalogue import catalogue, say
from bot.ids import RoomId
from bot.logs import logger
from bot.notify import tables
from bot.outbox.model import MAIL, Audience, Kind, Post
from bot.outbox.service import Outbox
from bot.ports import Pulse
from bot.tasks import rung

log = logger(__name__)

EVERY = 20.0
FRESH = timedelta(seconds=60)
"""Since the last sync; one waits half a minute at most when all is quiet."""
ABSENT = timedelta(minutes=2)
"""Between two looks: after more, nobody has listened meanwhile."""
OUTAGES_OF = timedelta(days=1)
"""So long an outage that is over makes the end of the next one take twice as long."""
MOST_ADDRESSES = 2
"""Of one person."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who is written to."""

    address: str
    person: Person | None


class Silence:
    """Looks every so often; what it says is written down in the transaction that says it."""

    def __init__(
        self,
        *,
        pulse: Pulse,
        register: Register,
        outbox: Outbox,
        audit: AuditLog,
        operators: Sequence[str],
        after: timedelta,
    ) -> None:
        self._pulse = pulse
        self._register = register
        self._outbox = outbox
        self._audit = audit
        self._operators = operators
        self._after = after
        self._heard: datetime | None = None
        """Since when without a break; not kept over a restart, which only puts the second letter off."""
        self._over_at: list[datetime] = []
        """When outages were over; not kept over a restart either, which lets one more come and go."""

    async def run(self, database: Database, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set."""
        while not stop.is_set():
            await self.step(database)
            await rung(stop, EVERY)

    async def step(self, database: Database) -> None:
        """One look."""
        age = self._pulse.synced_age_seconds
        heard = age is not None and timedelta(seconds=age) <= FRESH
        async with database.reading() as unit:
            quiet = await tables.get(unit) is None
        if heard and quiet:
            return
        async with database.unit() as unit:
            if heard:
                over = await self._over(unit)
            else:
                over = False
                await self._on(unit, None if age is None else timedelta(seconds=age))
        self._over_at += [unit.now] if over else []

    async def _on(self, unit: Unit, age: timedelta | None) -> None:
        kept = await tables.get(unit, to_change=True)
        told_at = kept.told_at if kept else None
        # A clock that was put back holds nothing up; one that was put forward, or stood still, makes no outage.
        if kept is not None and (told_at or kept.looked_at <= unit.now < kept.looked_at + ABSENT):
            since = kept.since
        else:
            since = unit.now - min(age or timedelta(0), FRESH + timedelta(seconds=EVERY))
        if told_at is None and unit.now - since >= self._after:
            told_at = unit.now
            await self._write(unit, "silence-told", "service.silent", since, unit.now)
        self._heard = None
        await tables.put(unit, since, told_at)

    async def _over(self, unit: Unit) -> bool:
        """Whether an outage that was told is over, and that is told now."""
        kept = await tables.get(unit, to_change=True)
        told = kept is not None and kept.told_at is not None
        if kept is not None and told:
            if self._heard is None or self._heard > unit.now:
                self._heard = unit.now
            self._over_at = [at for at in self._over_at if unit.now - OUTAGES_OF < at <= unit.now]
            if unit.now - self._heard < self._after * 2 ** len(self._over_at):
                return False
            await self._write(unit, "silence-over", "service.heard", kept.since, self._heard)
        await tables.end(unit)
        return told

    async def _write(self, unit: Unit, key: str, action: str, since: datetime, until: datetime) -> None:
        found = readers(self._register, self._operators)
        for reader in found:
            language = catalogue().choose(*(reader.person.languages if reader.person else ()))
            text = say(language, key, since=_minute(since), until=_minute(until))
            content: dict[str, Any] = {
                "subject": say(language, f"{key}-subject").plain,
                "body": text.plain,
                **sealed_to(next((k for k in reader.person.openpgp if k.data), None) if reader.person else None),
            }
            post = Post(RoomId(MAIL + reader.address), Kind.PAGE, content, audience=Audience.PINNED)
            await self._outbox.post(unit, post)
        await self._audit.append(
            unit, action, details={"since": since.isoformat(timespec="seconds"), "letters": len(found)}
        )
        log.warning(action, since=since.isoformat(), letters=len(found))


def readers(register: Register, operators: Sequence[str]) -> list[Reader]:
    """Coordinators at the addresses that the directory has, and the operators; each address once."""
    people = [person for user in sorted(register.coordinators()) if (person := register.person(user))]
    found = [
        Reader(contact.value, person)
        for person in people
        for contact in [c for c in person.contacts if c.kind == "email"][:MOST_ADDRESSES]
    ]
    once: dict[str, Reader] = {}
    for reader in [*found, *(Reader(address, None) for address in operators)]:
        once.setdefault(reader.address.casefold(), reader)
    return list(once.values())


def _minute(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"
