"""The way in: our own sync loop.  The position is written in the very transaction that keeps what lies before it."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from bot.clock import Clock
from bot.db.unit import Database, Unit
from bot.ids import DeviceId, EventId, RoomId, UserId
from bot.logs import logger
from bot.matrix import batch, http, tables
from bot.matrix.client import Client
from bot.matrix.errors import Denied, HomeserverAway, Limited, LoggedOut
from bot.matrix.identities import Identities
from bot.matrix.news import RoomNews
from bot.matrix.order import behind
from bot.matrix.parking import Parking
from bot.matrix.reading import Outcome, Parked, Reader
from bot.matrix.state import RoomState
from bot.matrix.timeline import Timeline
from bot.matrix.trust import Trust
from bot.outbox.model import Arrival
from bot.outbox.service import Outbox
from bot.tasks import end

log = logger(__name__)

HOLD = 25.0
"""Seconds for which the homeserver may hold back an empty sync."""
CROWD, BREATH = 4, 0.05
"""Requests under way from which on the homeserver is what everybody waits for, and seconds for which it is not asked
for news then: it would tell of each of our own messages by itself, and each answer costs as much as a message."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
AGAIN_AFTER = 0.2
"""Seconds until something that still waits for its sender's keys is looked at again."""
PARKED_FOR = timedelta(days=30)
TOKEN_EVERY = 5.0
"""Seconds in which the position may move unwritten while nothing has to be kept: read again, it is nothing again."""

T = TypeVar("T")


class Inbound:
    """Reads the homeserver; one task runs it."""

    def __init__(
        self,
        client: Client,
        database: Database,
        outbox: Outbox,
        rooms: dict[RoomId, RoomState],
        trust: Trust,
        identities: Identities,
        clock: Clock,
        *,
        unreadable_after: timedelta,
    ) -> None:
        self._client = client
        self._db = database
        self._outbox = outbox
        self._rooms = rooms
        self._trust = trust
        self._identities = identities
        self._clock = clock
        self._reader = Reader(client, trust, identities, clock)
        self._parking = Parking(self._reader, clock)
        self._timeline = Timeline(client, rooms, clock)
        self.news = RoomNews(client, rooms, clock)
        self._unreadable_after = unreadable_after
        self._asking: dict[UserId, asyncio.Task[None]] = {}
        self._token: str | None = None
        self._written_at = 0.0
        self._ending = False
        self._waiting: asyncio.Timeout | None = None
        """Around what the loop waits for just now."""
        self._full_state = self._look_again = True
        self._processing = asyncio.Lock()
        self.synced_at: float | None = None
        self.gaps_open = asyncio.Event()
        self.gaps_open.set()
        self.unsigned: set[tuple[UserId, DeviceId, RoomId]] = set()
        """Devices that their owners have not signed (without an id: that nobody published), and where they spoke."""

    async def load(self, unit: Unit) -> None:
        """Read everything that was kept."""
        self._token = await tables.load_token(unit, self._device)
        for row in await tables.load_rooms(unit):
            self._rooms[RoomId(row.room)] = RoomState.from_json(row.room, row.ours, row.ever_encrypted, row.state)
        now = self._clock.monotonic()
        for row in await tables.load_parked(unit):
            event, room, sender = EventId(row.event_id), RoomId(row.room), UserId(row.sender)
            self._parking.events[event] = Parked(
                event, room, sender, row.session, row.event, row.at, now, told=row.told
            )

    @property
    def _device(self) -> str:
        return f"{self._client.user_id} {self._client.device_id}"

    # --- the loop ---------------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> None:
        """Sync until ``stop``; raises :class:`LoggedOut` (and only that) if the homeserver ends the session."""
        stopped = asyncio.create_task(stop.wait(), name="matrix sync ends")
        stopped.add_done_callback(lambda task: None if task.cancelled() else self._interrupt())
        self._ending = False
        try:
            await self._run(stop)
        finally:
            stopped.cancel()

    async def _run(self, stop: asyncio.Event) -> None:
        pause = FIRST_PAUSE
        while not stop.is_set():
            try:
                asked_at, before = self._clock.monotonic(), self._token
                got = await self._unless_stopped(self._fetch(HOLD))
                if got is not None:
                    await self._process(got)
                    if self._client.under_way >= CROWD:
                        await self._unless_stopped(asyncio.sleep(BREATH))
                if got is None or got.next_batch != before or self._clock.monotonic() - asked_at > FIRST_PAUSE:
                    pause = FIRST_PAUSE
                    continue
                # At once, and no step further: the same would come again and again.
                log.warning("matrix.sync.frozen", again_in=pause)
                wait = pause
            except LoggedOut:
                raise
            except Limited as limited:
                wait = max(limited.wait.total_seconds(), FIRST_PAUSE)
            except (HomeserverAway, Denied) as error:
                log.warning("matrix.sync.failed", error=str(error), again_in=pause)
                wait = pause
            except Exception:
                log.exception("matrix.sync.broke", again_in=pause)
                wait = pause
            self._look_again = True
            pause = min(pause * 2, LONGEST_PAUSE)
            await self._unless_stopped(asyncio.sleep(wait * random.uniform(0.7, 1.3)))  # noqa: S311  (jitter)

    async def _unless_stopped(self, work: Awaitable[T]) -> T | None:
        """What ``work`` gives, or None if we are to stop first; then the work is cancelled."""
        try:
            async with asyncio.timeout(0 if self._ending else None) as self._waiting:
                return await work
        except TimeoutError:
            if self._waiting is None or not self._waiting.expired():
                raise
            return None
        finally:
            self._waiting = None

    def _interrupt(self) -> None:
        self._ending = True
        if self._waiting is not None:
            self._waiting.reschedule(asyncio.get_running_loop().time())

    async def once(self, hold: float = 0.0) -> None:
        """One sync, kept.  What fails leaves the position where it was."""
        await self._process(await self._fetch(hold))

    async def _fetch(self, hold: float) -> batch.Batch:
        raw = await http.sync(self._client, self._token, hold=hold, full_state=self._full_state)
        try:
            return batch.parse(raw)
        except batch.NoSync:
            raise HomeserverAway(reason="no sync answer") from None

    async def _process(self, got: batch.Batch) -> None:
        async with self._processing:
            await self._process_locked(got)

    async def _process_locked(self, got: batch.Batch) -> None:
        since, whole, look_again = self._token, self._full_state, self._look_again
        received = self._client.olm.receive(got.to_device)
        if received.bad:
            log.info("matrix.to-device.refused", count=received.bad)
        # A device's first sync announces no changes: what was seen before, by an earlier device, may be out of date.
        changed = got.changed | got.left | (set() if since else set(map(str, self._identities.known())))
        self._identities.changed({UserId(user) for user in changed})
        await self.news.ask_where_it_may_differ(got, whole=whole)
        rooms = self.news.next_rooms(got, whole=whole)
        # Without a position everything lies in the past of this device: nothing is read.
        events, gaps = await self._timeline.gather(got, since) if since else ([], [])
        # After a start or a failure, keys may have come in whose sync was never kept: then look at everything.
        outcome = self._parking.judge(events, lambda p: look_again or (p.room, p.session) in received.sessions)
        # The homeserver forgets messages to this device once it is asked for what comes after them.
        if got.to_device or changed or rooms or gaps or not outcome.empty or self._token_is_old():
            async with self._db.unit() as unit:
                await self._keep(unit, outcome)
                for room, back_from, back_to in gaps:
                    await tables.open_gap(unit, room, back_from, back_to)
                await self._keep_rooms(unit, rooms)
                await tables.mark_stale(unit, changed)
                await tables.save_token(unit, self._device, got.next_batch)
            self._written_at = self._clock.monotonic()
        self._token, self._full_state, self._look_again = got.next_batch, False, False
        if gaps:
            self.gaps_open.set()
        self._settle(outcome)
        self.news.note(got, rooms)
        self._ask_about_members(rooms)
        self.synced_at = self._clock.monotonic()
        await self._upload_keys(got.one_time_keys, got.fallback_unused)

    async def look_round(self) -> None:
        """Compare one room's state with the homeserver's, now and then: not everything is told.

        Asked beside the sync, which waits for nobody; what a sync has told of the room meanwhile is newer."""
        found = await self.news.ask_for_one()
        if found is None:
            return
        held, told = found
        async with self._processing:
            if self._rooms.get(told.room) is not held:
                return
            log.warning("matrix.room.changed-untold", room=told.room)
            rooms = {told.room: told}
            async with self._db.unit() as unit:
                await self._keep_rooms(unit, rooms)
            self.news.note_rooms(rooms)
            self._ask_about_members(rooms)

    @staticmethod
    async def _keep_rooms(unit: Unit, rooms: Mapping[RoomId, RoomState]) -> None:
        for state in rooms.values():
            await tables.save_room(unit, state.room, state.ours, state.ever_encrypted, state.to_json())
        if rooms:
            unit.ring("trust")

    def _ask_about_members(self, rooms: Mapping[RoomId, RoomState]) -> None:
        members = {user for state in rooms.values() if state.ours == "join" for user in state.members()}
        if self._identities.wanting(members - {UserId(self._client.user_id)}):
            self._identities.work.set()

    def _token_is_old(self) -> bool:
        return self._token is None or self._clock.monotonic() - self._written_at >= TOKEN_EVERY

    # --- what is kept -----------------------------------------------------------------------------------

    async def _keep(self, unit: Unit, outcome: Outcome) -> None:
        """Write the outcome; a message index that another event used before is a replay and is dropped."""
        wanted = [position for _, position in outcome.arrivals if position is not None]
        used = await tables.used_positions(unit, wanted)
        spent: dict[tables.Position, str] = {}
        arrivals = []
        for arrival, position in outcome.arrivals:
            if position is not None:
                before = used.get(position) or spent.get(position)
                if before is not None and before != arrival.event_id:
                    log.warning("matrix.event.replayed", room=arrival.room, event_id=arrival.event_id, first=before)
                    continue
                if before is None:
                    spent[position] = arrival.event_id
            arrivals.append((arrival, position))
        held_back = await behind(unit, spent)
        if held_back:
            log.info("matrix.event.reordered", count=len(held_back))
        await tables.use_positions(unit, spent)
        await self._outbox.accept(
            unit, [replace(one, late=True) if position in held_back else one for one, position in arrivals]
        )
        await tables.unpark(unit, outcome.done)
        await tables.park(unit, [parked.row() for parked in outcome.parked])

    def _settle(self, outcome: Outcome) -> None:
        self.unsigned |= outcome.unsigned
        self._parking.settle(outcome)
        for user in self._parking.waiting() - self._asking.keys():
            self._asking[user] = asyncio.create_task(self._hear_out(user), name="matrix ask for a sender")

    async def fill_gaps(self) -> None:
        """Fetch what older syncs left out; ``gaps_open`` is set again if something is still missing."""
        self.gaps_open.clear()
        async with self._db.reading() as unit:
            rows = await tables.load_gaps(unit)
        for row in rows:
            room = RoomId(row.room)
            events, rest = await self._timeline.backfill(room, row.back_from, row.back_to)
            if rest is not None:
                self.gaps_open.set()
            async with self._processing:
                outcome, now = Outcome(), self._clock.now()
                for event in events:
                    self._reader.read(room, event, outcome, now, self._clock.monotonic(), late=True, patient=False)
                async with self._db.unit() as unit:
                    await self._keep(unit, outcome)
                    await tables.close_gap(unit, row.id, rest)
                self._settle(outcome)

    async def read_again(self, room: RoomId, event_id: EventId) -> Arrival | None:
        """An event of a room, fetched and judged anew; None if it cannot be read or is not what was asked for.

        Nothing is kept and nothing is obeyed: only what somebody points at is looked up.  Raises
        :class:`HomeserverAway`."""
        try:
            raw = await http.room_event(self._client, room, event_id)
        except Denied:
            return None
        outcome = Outcome()
        if raw.get("event_id") == event_id:
            self._reader.read(room, raw, outcome, self._clock.now(), self._clock.monotonic(), final=True)
        return outcome.arrivals[0][0] if outcome.arrivals else None

    async def forget(self, room: RoomId, *, entirely: bool) -> None:
        """Drop what is held of a room that the bot has left: state, keys, what could not be read or was missing.

        Unless ``entirely``, it stays known that it was encrypted and which messages were read in it."""
        async with self._processing:
            state = self._rooms.get(room)
            if state is None or state.ours != "leave":
                return
            async with self._db.unit() as unit:
                await tables.forget_room(unit, room, entirely=entirely)
                unit.ring("trust")
            self._client.olm.forget_room(room)
            self._parking.forget(room)
            del self._rooms[room]
            if not entirely:
                self._rooms[room] = RoomState(room, "leave", state.ever_encrypted)

    # --- parked -----------------------------------------------------------------------------------------

    async def _hear_out(self, user: UserId) -> None:
        """Beside the sync: ask what is published about a sender until nothing waits for it."""
        try:
            while (wait := self._parking.patience(user)) or user in self._parking.waiting():
                try:
                    await self._identities.ensure({user}, wait)
                    await self._retry(lambda parked: parked.waits)
                    if user in self._parking.waiting():
                        await asyncio.sleep(AGAIN_AFTER)
                except LoggedOut:
                    return  # the sync says so
                except Exception:
                    log.exception("matrix.parked.broke")
                    await asyncio.sleep(AGAIN_AFTER)
        finally:
            self._asking.pop(user, None)

    async def retry_parked(self, users: set[UserId]) -> None:
        """These users' devices are known (better) now: look again at what they sent."""
        if any(p.sender in users for p in self._parking.events.values()):
            await self._retry(lambda p: p.sender in users)

    async def _retry(self, wanted: Callable[[Parked], bool], *, final: bool = False) -> None:
        async with self._processing:
            outcome = self._parking.look(wanted, final=final)
            if outcome.done:
                async with self._db.unit() as unit:
                    await self._keep(unit, outcome)
            self._settle(outcome)

    async def tell_unreadable(self) -> None:
        """Report, once each, what could not be read for too long; give up what nobody will ever read."""
        now = self._clock.now()

        def overdue(parked: Parked) -> bool:
            return not parked.told and now - parked.at >= self._unreadable_after

        if any(map(overdue, self._parking.events.values())):
            await self._retry(overdue, final=True)
        old = [p.event_id for p in self._parking.events.values() if now - p.at > PARKED_FOR]
        late = [p for p in self._parking.events.values() if overdue(p)]
        if not late and not old:
            return
        async with self._processing:
            async with self._db.unit() as unit:
                await self._outbox.accept(unit, [self._reader.unreadable(p) for p in late])
                await tables.told(unit, [p.event_id for p in late])
                await tables.unpark(unit, old)
            for parked in late:
                parked.told = True
            for event_id in old:
                self._parking.events.pop(event_id, None)

    async def close(self) -> None:
        """Ask for nobody any more; what is parked lies in its table."""
        await end(*self._asking.values())

    # --- own keys ---------------------------------------------------------------------------------------

    async def _upload_keys(self, count: int | None, fallback_unused: bool | None) -> None:
        """Fill up one-time keys, also from 0, and renew a used fallback key; a failure is made good next time."""
        olm = self._client.olm
        enough = count is None or count > olm.account.max_one_time_keys // 2
        body = olm.keys_to_upload(None if enough else count, fallback_unused is not False)
        if not body:
            return
        try:
            await http.upload_keys(self._client, body)
        except (HomeserverAway, Denied) as error:
            log.warning("matrix.keys-upload.failed", error=str(error))
            return
        olm.uploaded()
