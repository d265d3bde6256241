"""Verdicts without the homeserver: what the database holds of rooms and people, judged as the running bot judges it."""

from dataclasses import dataclass
from datetime import datetime

from bot.clock import Clock
from bot.config.model import Matrix
from bot.db.unit import Unit
from bot.ids import RoomId, UserId
from bot.matrix import tables
from bot.matrix.state import RoomState
from bot.matrix.trust import Register, Trust
from keys.crosssigning import SeenIdentity, read_identity


@dataclass(frozen=True, slots=True)
class Seen:
    """What was published about people when the homeserver was last asked."""

    identities: dict[UserId, SeenIdentity]

    def get(self, user: UserId) -> SeenIdentity | None:
        """One person's; None if there was no answer yet."""
        return self.identities.get(user)


async def trust_on_record(unit: Unit, config: Matrix, register: Register, clock: Clock) -> Trust:
    """Verdicts as of the last sync that was kept; nothing is asked, nothing is changed."""
    states = {
        RoomId(row.room): RoomState.from_json(row.room, row.ours, row.ever_encrypted, row.state)
        for row in await tables.load_rooms(unit)
    }
    seen = Seen(
        {
            UserId(row.user): read_identity(
                row.user, row.published.get("master"), row.published.get("self_signing"), row.published.get("devices")
            )
            for row in await tables.load_identities(unit)
            if row.published is not None
        }
    )
    servers = frozenset(config.allowed_servers)
    return Trust(config.user_id, states, seen, lambda: register, clock, servers)


async def kept_at(unit: Unit) -> datetime | None:
    """When a sync was last kept; None before the first."""
    return await tables.synced_at(unit)
