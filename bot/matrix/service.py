"""The Matrix edge as one thing: opened, run as one task, and seen by the rest through its ports."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bot.clock import Clock
from bot.config.model import Matrix
from bot.db.unit import Database
from bot.ids import DeviceId, EventId, RoomId, UserId
from bot.logs import logger
from bot.matrix.errors import Denied, HomeserverAway, LoggedOut
from bot.matrix.files import MatrixFiles
from bot.matrix.identities import Identities
from bot.matrix.inbound import Inbound
from bot.matrix.outbound import MatrixChannel
from bot.matrix.rekeying import MEGABYTE
from bot.matrix.rooms import MatrixRooms
from bot.matrix.session import LoggedIn, OwnIdentity, check_identity, close, connect
from bot.matrix.sharing import Sharing
from bot.matrix.state import RoomState
from bot.matrix.trust import Register, Trust
from bot.matrix.upkeep import Upkeep
from bot.outbox.model import Arrival
from bot.outbox.service import Outbox
from bot.tasks import end
from keys.crosssigning import SeenIdentity

log = logger(__name__)

BELL_TRUST = "trust"
BELL_DIRECTORY = "directory"
TICK = 1.0
RETRY_KEYS = 5.0
SETTLE = 0.3
LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class MatrixSecrets:
    """What comes out of the vault."""

    access_token: str = field(repr=False)
    pickle_key: str = field(repr=False)
    """At least 32 random bytes as text; seals the crypto store."""
    master_key: str | None = None
    """The public master key that ``enlace init`` made; the bot refuses to run under another."""


async def _nothing(*_: object) -> None:
    """No listener."""


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who is told what, a second later at most; each should return soon.

    ``unsigned_device(user, device, room)``: something came from a device that its owner has not signed (or, with
    an empty device id, from none that is known).  ``identity_changed(user)``: what is published about a pinned user
    would change the pin (:func:`keys.trust.observe` says how).  ``joined(room, inviter)``: the bot followed an
    invitation.
    """

    unsigned_device: Callable[[UserId, DeviceId, RoomId], Awaitable[None]] = _nothing
    identity_changed: Callable[[UserId], Awaitable[None]] = _nothing
    joined: Callable[[RoomId, UserId], Awaitable[None]] = _nothing


class MatrixService:
    """One account, one device, one process."""

    def __init__(
        self,
        config: Matrix,
        database: Database,
        outbox: Outbox,
        register: Callable[[], Register],
        secrets: MatrixSecrets,
        clock: Clock,
        *,
        listeners: Listeners | None = None,
        store: Path | None = None,
    ) -> None:
        """``store`` is the folder of the crypto store, made 0700; default ``config.store``."""
        self._config = config
        self._db = database
        self._listeners = listeners or Listeners()
        self._clock = clock
        session = LoggedIn(config.user_id, DeviceId(config.device_id), secrets.access_token)
        self._master_key = secrets.master_key
        self.client = connect(config.homeserver, session, store or config.store, secrets.pickle_key)
        self._states: dict[RoomId, RoomState] = {}
        self._identities = Identities(self.client, database, clock, self._answered)
        servers = frozenset(config.allowed_servers)
        self.trust = Trust(config.user_id, self._states, self._identities, register, clock, servers)
        self._sharing = Sharing(self.client, clock)
        self.inbound = Inbound(
            self.client,
            database,
            outbox,
            self._states,
            self.trust,
            self._identities,
            clock,
            unreadable_after=timedelta(seconds=config.undecryptable_after_seconds),
        )
        self.channel = MatrixChannel(self.client, self._states, self.trust, self._identities, self._sharing, clock)
        self.rooms = MatrixRooms(self.client, self._states, lambda: self.inbound.news.changed, config.room_version)
        self.files = MatrixFiles(self.client, config.largest_file_mb * MEGABYTE)
        self._upkeep = Upkeep(self.client, self.inbound, self.channel, self._states, self.trust, clock, self._followed)
        self._own: OwnIdentity | None = None
        self._moved: set[UserId] = set()
        self._answers: set[UserId] = set()
        self._cold: set[RoomId] = set()
        self._directory_bell = database.listen(BELL_DIRECTORY)

    # --- what others see --------------------------------------------------------------------------------

    @property
    def user_id(self) -> UserId:
        """The bot's user."""
        return self._config.user_id

    @property
    def device_id(self) -> DeviceId:
        """The bot's one device."""
        return DeviceId(self._config.device_id)

    @property
    def identity_keys(self) -> OwnIdentity:
        """The bot's own public keys; only after :meth:`open`."""
        if self._own is None:
            raise RuntimeError("open() comes first")
        return self._own

    @property
    def synced_at(self) -> float | None:
        """When the last sync was kept, by the clock that never jumps; None before the first."""
        return self.inbound.synced_at

    def joined_rooms(self) -> list[RoomId]:
        """The encrypted rooms that the bot is in."""
        return [room for room in self._states if self.trust.encrypted(room)]

    def forgotten(self, room: RoomId) -> bool:
        """Whether the bot left the room long enough ago to have forgotten it."""
        state = self._states.get(room)
        return state is not None and state.ours == "leave" and not state.events

    def seen_identity(self, user: UserId) -> SeenIdentity | None:
        """What the homeserver published about a user when it was last asked."""
        return self._identities.get(user)

    async def read(self, room: RoomId, event: EventId) -> Arrival | None:
        """One event that somebody points at (:meth:`bot.matrix.inbound.Inbound.read_again`); None also while the
        homeserver does not give it: whoever pointed at it is told that, and nothing is tried again."""
        try:
            return await self.inbound.read_again(room, event)
        except HomeserverAway as away:
            log.info("matrix.event.not-read", room=room, event_id=event, error=str(away))
            return None

    async def refresh(self, user: UserId) -> SeenIdentity | None:
        """What it publishes right now; raises :class:`HomeserverAway`."""
        return await self._identities.refresh(user)

    # --- life -------------------------------------------------------------------------------------------

    async def open(self) -> OwnIdentity:
        """Read what was kept, check our own identity, sync once.

        Raises HomeserverAway, LoggedOut, OwnDeviceChanged, OwnDeviceNotSigned, IdentityReplaced: then do not run.
        """
        async with self._db.reading() as unit:
            await self._identities.load(unit)
            await self.inbound.load(unit)
        self._own = await check_identity(self.client, self._master_key)
        await self.inbound.once()
        self._moved |= set(self._identities.known())  # what moved may not have been told before we stopped
        self._cold = set(self._states)
        return self._own

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set; raises :class:`LoggedOut` when the homeserver ends the session."""
        sync = asyncio.create_task(self.inbound.run(stop), name="matrix sync")
        helpers = [
            asyncio.create_task(self._keeping(work, pause), name=f"matrix {work.__name__}")
            for work, pause in (
                (self._keep_keys, 0.0),
                (self._keep_rooms, 0.0),
                (self._keep_directory, 0.0),
                (self._tick, TICK),
                (self.inbound.look_round, TICK),
            )
        ]
        try:
            await sync
        finally:
            await end(sync, *helpers)
            await self._upkeep.close()
            await self.inbound.close()

    async def close(self) -> None:
        """Give connection and store back."""
        await self.inbound.close()
        await close(self.client)

    # --- tasks ------------------------------------------------------------------------------------------

    async def _keeping(self, work: Callable[[], Awaitable[None]], pause: float) -> None:
        wait = 1.0
        while True:
            try:
                await work()
                wait = 1.0
                await asyncio.sleep(pause)
            except LoggedOut:
                return  # the sync task says so
            except (HomeserverAway, Denied) as error:
                log.info("matrix.work.later", work=work.__name__, error=str(error))
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_PAUSE)
            except Exception:
                log.exception("matrix.work.broke", work=work.__name__)
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_PAUSE)

    async def _keep_keys(self) -> None:
        """Ask for whatever devices are not known or not current, mend Olm sessions, look again at parked events."""
        await self._identities.work.wait()
        members = {user for state in self._states.values() if state.ours == "join" for user in state.members()}
        wanted = self._identities.take_work(members - {self.user_id})
        await self._identities.ensure(wanted, 60.0)
        if self._identities.wanting(wanted):
            asyncio.get_running_loop().call_later(RETRY_KEYS, self._identities.work.set)
        await asyncio.sleep(0.05)

    def _answered(self, answered: set[UserId], moved: set[UserId]) -> None:
        """Somebody's devices were asked for (called without any await after the answer)."""
        self._answers |= answered
        if moved:
            self._moved |= moved
            self._cold |= {room for room, state in self._states.items() if moved & state.members().keys()}
            self._db.ring(BELL_TRUST)

    async def _tick(self) -> None:
        """What has to be looked at every so often."""
        answered, self._answers = self._answers, set()
        if answered:
            await self.inbound.retry_parked(answered)
        await self.inbound.tell_unreadable()
        moved, self._moved = self._moved, set()
        for user in moved:
            if self.trust.pin_moves(user) and not await self._tell(self._listeners.identity_changed(user)):
                self._moved.add(user)
        while self.inbound.unsigned:
            await self._tell(self._listeners.unsigned_device(*self.inbound.unsigned.pop()))
        if self.client.olm.wedged_devices:
            await self._sharing.mend()
        if self.inbound.gaps_open.is_set():
            await self.inbound.fill_gaps()

    async def _followed(self, room: RoomId, inviter: UserId) -> None:
        await self._tell(self._listeners.joined(room, inviter))

    @staticmethod
    async def _tell(listening: Awaitable[None]) -> bool:
        """Whether it was heard."""
        try:
            await listening
        except Exception:
            log.exception("matrix.listener.broke")
            return False
        return True

    async def _keep_rooms(self) -> None:
        """Invitations and left rooms; keys are shared ahead of the next message."""
        changed = self.inbound.news.changed
        await self._upkeep.step()
        touched, self.inbound.news.touched = self.inbound.news.touched | self._cold, set()
        self._cold = set()
        await self.channel.warm(sorted(touched))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.05 if self._cold else 1.0):
                await changed.wait()

    async def _keep_directory(self) -> None:
        """A pin or a room of the directory changed: verdicts are computed anew by themselves, the rest follows."""
        await self._directory_bell.wait()
        self._directory_bell.clear()
        await asyncio.sleep(SETTLE)  # the register reads itself anew on the same bell
        self._moved |= set(self._identities.known())
        self._cold |= set(self._states)
        self._db.ring(BELL_TRUST)
