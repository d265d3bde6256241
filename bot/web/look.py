"""One look at how the service is: numbers only, nothing that people said and nothing that names them."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.audit.service import AuditLog
from bot.db.unit import Database
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich
from bot.ids import RoomId
from bot.logs import logger
from bot.notify.tables import is_told
from bot.outbox.model import State
from bot.outbox.service import Outbox
from bot.ports import TrustView

log = logger(__name__)

OLDEST_SYNC = 60.0
"""Seconds since the last sync after which the bot is not ready; a sync waits 30 s at most when all is quiet."""
OLDEST_QUEUED = 300.0
"""Seconds after which a queued row says that nothing gets out."""
ANSWER_WITHIN = 5.0
"""Seconds that the database has."""


class Health(Protocol):
    """How the bot is."""

    @property
    def uptime_seconds(self) -> float:
        """Since the process started."""

    @property
    def synced_age_seconds(self) -> float | None:
        """Since the homeserver last answered a sync; None before the first."""


class Rooms(Protocol):
    """The rooms and their verdicts."""

    @property
    def trust(self) -> TrustView:
        """The verdicts."""

    def joined_rooms(self) -> Iterable[RoomId]:
        """The encrypted rooms that the bot is in."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database says; ages in seconds."""

    outbox: Mapping[State, int]
    """Rows that are not final, by state; every such state is there."""
    inbox: int
    oldest_queued: float | None
    log_entries: int
    silence_told: bool
    """People were written to about an outage that is not over."""


@dataclass(frozen=True, slots=True)
class Look:
    """Everything at one moment; ages in seconds."""

    uptime: float
    sync_age: float | None
    rooms_ok: int
    rooms_not_ok: int
    stored: Stored | None
    """None: the database did not answer."""

    def reasons(self, language: str) -> list[Rich]:
        """Why the service is not ready; empty: it is."""
        out = []
        if self.sync_age is None:
            out.append(say(language, "web-never-synced"))
        elif self.sync_age > OLDEST_SYNC:
            out.append(say(language, "web-sync-old", seconds=int(self.sync_age), most=int(OLDEST_SYNC)))
        if self.stored is None:
            out.append(say(language, "web-database-away"))
        elif self.stored.oldest_queued is not None and self.stored.oldest_queued > OLDEST_QUEUED:
            seconds = int(self.stored.oldest_queued)
            out.append(say(language, "web-outbox-old", seconds=seconds, most=int(OLDEST_QUEUED)))
        return out


class Viewer:
    """Takes looks."""

    def __init__(self, database: Database, outbox: Outbox, audit: AuditLog, health: Health, rooms: Rooms) -> None:
        self._db = database
        self._outbox = outbox
        self._audit = audit
        self._health = health
        self._rooms = rooms

    async def look(self) -> Look:
        """How it is now; never raises, and takes :data:`ANSWER_WITHIN` seconds at most."""
        verdicts = [self._rooms.trust.room(room).ok for room in self._rooms.joined_rooms()]
        stored = None
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                stored = await self._stored()
        except Exception:
            log.exception("web.database-away")
        return Look(
            uptime=self._health.uptime_seconds,
            sync_age=self._health.synced_age_seconds,
            rooms_ok=verdicts.count(True),
            rooms_not_ok=verdicts.count(False),
            stored=stored,
        )

    async def _stored(self) -> Stored:
        async with self._db.reading() as unit:
            depth = await self._outbox.depth(unit)
            oldest = await self._outbox.oldest_queued(unit)
            return Stored(
                outbox={state: depth.get(state.value, 0) for state in (State.QUEUED, State.HELD)},
                inbox=depth["inbox"],
                oldest_queued=None if oldest is None else max(0.0, (unit.now - oldest).total_seconds()),
                log_entries=await self._audit.size(unit),
                silence_told=await is_told(unit),
            )
