"""What the lower floors need from the edges, as Protocols; ``app`` wires the real things."""

from collections.abc import Mapping
from typing import Any, Protocol

from bot.ids import RoomId, UserId
from keys.trust import PersonVerdict, RoomVerdict


class Sealer(Protocol):
    """Seals what lies in the database until it is delivered (:meth:`keys.vault.Vault.seal`)."""

    def seal(self, plain: bytes, aad: bytes) -> bytes:
        """Encrypt and authenticate ``plain``, bound to ``aad``."""

    def unseal(self, sealed: bytes, aad: bytes) -> bytes:
        """The plain bytes again; raises if they were changed or bound to something else."""


class TrustView(Protocol):
    """Verdicts as of now, answered from memory."""

    def person(self, user: UserId) -> PersonVerdict:
        """What this Matrix user is trusted with."""

    def room(self, room: RoomId) -> RoomVerdict:
        """Whether this room is verified, check by check; an unknown room is not."""

    def members(self, room: RoomId) -> frozenset[UserId]:
        """Everyone joined or invited, the bot left out."""

    def unsigned(self, user: UserId) -> bool:
        """Whether the user has a device that their pinned identity does not vouch for."""

    def encrypted(self, room: RoomId) -> bool:
        """Whether the room has been seen encrypted and is joined by the bot."""


class RoomWorks(Protocol):
    """Making and keeping rooms on the homeserver.  Every call may raise :class:`bot.errors.NotDone`."""

    async def create(
        self, *, marker: str, name: str, invite: tuple[UserId, ...], power: Mapping[UserId, int]
    ) -> RoomId:
        """An encrypted, invite-only room, history from join, guests out, the bot at the top.

        ``marker`` stands in the creation content (``org.enlace.ref``): the room that already carries it is
        returned instead of a second one."""

    async def invite(self, room: RoomId, user: UserId) -> None:
        """Invite; an existing member or invitation is success."""

    async def remove(self, room: RoomId, user: UserId, reason: str) -> None:
        """Kick or withdraw an invitation; somebody already gone is success."""

    async def set_state(self, room: RoomId, kind: str, content: Mapping[str, Any], state_key: str = "") -> None:
        """Put one state event."""

    async def freeze(self, room: RoomId) -> None:
        """Make the room read-only for everybody but the bot."""


class Pulse(Protocol):
    """Whether the bot still hears anything."""

    @property
    def synced_age_seconds(self) -> float | None:
        """Since the homeserver last answered a sync; None before the first."""
