"""The way in: our own sync loop.  The position moves in the very transaction that keeps what lies before it."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import structlog

from bot.clock import Clock
from bot.db.unit import Database, Unit
from bot.ids import DeviceId, EventId, RoomId, UserId
from bot.matrix import batch, http, tables
from bot.matrix.client import Client
from bot.matrix.errors import Denied, HomeserverAway, Limited, LoggedOut
from bot.matrix.identities import Identities
from bot.matrix.order import behind
from bot.matrix.reading import Outcome, Parked, Reader
from bot.matrix.state import RoomState
from bot.matrix.trust import Trust
from bot.outbox.model import Arrival
from bot.outbox.service import Outbox

log = structlog.get_logger(__name__)

HOLD = 25.0
"""Seconds for which the homeserver may hold back an empty sync."""
CROWD, BREATH = 4, 0.05
"""Requests under way from which on the homeserver is what everybody waits for, and seconds for which it is not asked
for news then: it would tell of each of our own messages by itself, and each answer costs as much as a message."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
SENDER_KEYS_WAIT = 5.0
BACKFILL_WAIT = 20.0
BACKFILL_PAGES = 20
LATE_AFTER = timedelta(seconds=10)
PARKED_FOR = timedelta(days=30)

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
        self._unreadable_after = unreadable_after
        self._parked: dict[EventId, Parked] = {}
        self._token: str | None = None
        self._full_state = self._look_again = True
        self._processing = asyncio.Lock()
        self.synced_at: float | None = None
        self.gaps_open = asyncio.Event()
        self.gaps_open.set()
        self.rooms_changed = asyncio.Event()
        """Set, and replaced by a new one, whenever a room or an invitation changed."""
        self.touched: set[RoomId] = set()
        """Rooms whose members changed since somebody last took this set (for warming)."""
        self.invitations: dict[RoomId, UserId | None] = {}
        """Open invitations and who sent them, by the server's word."""
        self.unsigned: set[tuple[UserId, DeviceId, RoomId]] = set()
        """Devices that their owners have not signed (without an id: that nobody published), and where they spoke."""
        self.left: set[RoomId] = set()
        """Rooms to forget."""

    async def load(self, unit: Unit) -> None:
        """Read everything that was kept."""
        self._token = await tables.load_token(unit, self._device)
        for row in await tables.load_rooms(unit):
            self._rooms[RoomId(row.room)] = RoomState.from_json(row.room, row.ours, row.ever_encrypted, row.state)
        for row in await tables.load_parked(unit):
            parked = Parked(
                EventId(row.event_id), RoomId(row.room), UserId(row.sender), row.session, row.event, row.at, row.told
            )
            self._parked[parked.event_id] = parked

    @property
    def _device(self) -> str:
        return f"{self._client.user_id} {self._client.device_id}"

    # --- the loop ---------------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> None:
        """Sync until ``stop``; raises :class:`LoggedOut` (and only that) if the homeserver ends the session."""
        pause = FIRST_PAUSE
        while not stop.is_set():
            try:
                asked_at, before = self._clock.monotonic(), self._token
                got = await _until(self._fetch(HOLD), stop)
                if got is not None:
                    await self._process(got)
                    if self._client.under_way >= CROWD:
                        await _until(asyncio.sleep(BREATH), stop)
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
            await _until(asyncio.sleep(wait * random.uniform(0.7, 1.3)), stop)  # noqa: S311  (jitter)

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
        first = self._token is None  # everything lies in the past of this device: nothing is read
        received = self._client.olm.receive(got.to_device)
        if received.bad:
            log.info("matrix.to-device.refused", count=received.bad)
        # A device's first sync announces no changes: what was seen before, by an earlier device, may be out of date.
        changed = got.changed | got.left | (set(map(str, self._identities.known())) if first else set())
        self._identities.changed({UserId(user) for user in changed})
        await self._ask_where_branches_met(got)
        rooms = self._next_rooms(got)
        events, gaps = ([], []) if first else await self._gather(got)
        senders = {UserId(str(e.get("sender"))) for _, e in events if e.get("type") == "m.room.encrypted"}
        senders.discard(UserId(self._client.user_id))
        await self._identities.ensure(senders, SENDER_KEYS_WAIT)
        outcome = self._judge(events)
        if strangers := {user for user, _, _ in outcome.unsigned}:
            # A device comes to other servers a moment before its owner's keys and signatures: asked once more.
            for user in strangers:
                self._identities.doubt(user)
            await self._identities.ensure(strangers, SENDER_KEYS_WAIT)
            outcome = self._judge(events)
        # After a start or a failure, keys may have come in whose sync was never kept: then look at everything.
        self._look_at_parked(outcome, lambda p: self._look_again or (p.room, p.session) in received.sessions)
        async with self._db.unit() as unit:
            await self._keep(unit, outcome)
            for room, back_from, back_to in gaps:
                await tables.open_gap(unit, room, back_from, back_to)
            for state in rooms.values():
                await tables.save_room(unit, state.room, state.ours, state.ever_encrypted, state.to_json())
            await tables.mark_stale(unit, changed)
            await tables.save_token(unit, self._device, got.next_batch)
            if rooms:
                unit.ring("trust")
        self._token, self._full_state, self._look_again = got.next_batch, False, False
        self._rooms.update(rooms)
        self._settle(outcome)
        self._note_rooms(got, rooms)
        self.synced_at = self._clock.monotonic()
        await self._upload_keys(got.one_time_keys, got.fallback_unused)

    def _judge(self, events: Sequence[tuple[RoomId, Mapping[str, Any]]]) -> Outcome:
        outcome = Outcome()
        for room, event in events:
            self._reader.read(room, event, outcome, self._clock.now())
        return outcome

    # --- rooms ------------------------------------------------------------------------------------------

    async def _ask_where_branches_met(self, got: batch.Batch) -> None:
        """Ask for the state of rooms whose sync names state from before its timeline.

        Events sent at the same moment make branches.  The state before one branch's event then lacks what the other
        branch did, and comes after it: somebody who was just removed would be a member again, for ever (MSC4222).
        """
        for room, news in got.joined.items():
            known = self._rooms.get(room)
            if news.state and known is not None and known.ours == "join" and not self._full_state:
                with contextlib.suppress(Denied):  # not in the room any more: the next sync says so
                    news.now = await http.room_state(self._client, room)

    def _next_rooms(self, got: batch.Batch) -> dict[RoomId, RoomState]:
        """Copies of the rooms that this sync changes."""
        out: dict[RoomId, RoomState] = {}
        for room, news in got.joined.items():
            known = self._rooms.get(room)
            state = known.copy() if known else RoomState(room)
            changed = state.ours != "join"
            if news.now is not None:
                changed |= state.replace_all(news.now)
            else:
                whole = self._full_state or changed
                changed |= state.replace_all(news.state) if whole else state.apply(news.state)
                changed |= state.apply(news.timeline)
            state.ours = "join"
            if changed:
                out[room] = state
        gone = set(got.gone)
        if self._full_state:
            gone |= {r for r, s in self._rooms.items() if s.ours == "join" and r not in got.joined}
        for room in gone:
            known = self._rooms.get(room)
            if known is not None and known.ours != "leave":
                state = known.copy()
                state.ours = "leave"
                out[room] = state
        return out

    def _note_rooms(self, got: batch.Batch, rooms: Mapping[RoomId, RoomState]) -> None:
        me = self._client.user_id
        for room, stripped in got.invited.items():
            inviter = next(
                (
                    e.get("sender")
                    for e in stripped
                    if isinstance(e, Mapping)
                    and e.get("type") == "m.room.member"
                    and e.get("state_key") == me
                    and isinstance(e.get("content"), Mapping)
                    and e["content"].get("membership") == "invite"
                ),
                None,
            )
            self.invitations[room] = UserId(inviter) if isinstance(inviter, str) else None
        for room in (*got.joined, *got.gone):
            self.invitations.pop(room, None)
        self.left |= got.gone
        if rooms:
            self.touched |= rooms.keys()
        if rooms or got.invited or got.gone:
            before, self.rooms_changed = self.rooms_changed, asyncio.Event()
            before.set()
        wanted = {u for s in rooms.values() if s.ours == "join" for u in s.members()} - {UserId(me)}
        if self._identities.wanting(wanted):
            self._identities.work.set()

    # --- events -----------------------------------------------------------------------------------------

    async def _gather(
        self, got: batch.Batch
    ) -> tuple[list[tuple[RoomId, Mapping[str, Any]]], list[tuple[RoomId, str, str]]]:
        """The room events to read, oldest first, and the gaps that stay open."""
        events: list[tuple[RoomId, Mapping[str, Any]]] = []
        gaps: list[tuple[RoomId, str, str]] = []
        deadline = self._clock.monotonic() + BACKFILL_WAIT
        for room, news in got.joined.items():
            timeline = [event for event in news.timeline if isinstance(event, Mapping)]
            known = self._rooms.get(room)
            if news.limited and news.prev_batch and self._token and known is not None:
                wait = deadline - self._clock.monotonic()
                missed, rest = await self._backfill(room, news.prev_batch, self._token, wait)
                timeline = missed + timeline
                if rest is not None:
                    gaps.append((room, rest, self._token))
            if known is None or known.ours != "join":
                timeline = self._since_joining(timeline)
            events += [(room, event) for event in timeline]
        return events, gaps

    def _since_joining(self, timeline: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """What came after the bot's own latest arrival in the room; earlier events were not for it."""
        for position in range(len(timeline) - 1, -1, -1):
            event = timeline[position]
            content = event.get("content")
            if (
                event.get("type") == "m.room.member"
                and event.get("state_key") == self._client.user_id
                and isinstance(content, Mapping)
                and content.get("membership") == "join"
            ):
                return timeline[position + 1 :]
        return timeline

    async def _backfill(
        self, room: RoomId, back_from: str, back_to: str, wait: float
    ) -> tuple[list[Mapping[str, Any]], str | None]:
        """The events between two tokens, oldest first, and the token from which more is missing (None: nothing)."""
        out: list[Mapping[str, Any]] = []
        at: str | None = back_from
        try:
            async with asyncio.timeout(max(wait, 0)):
                for _ in range(BACKFILL_PAGES):
                    page, following = await http.messages_back(self._client, room, at, back_to)
                    out += [event for event in page if isinstance(event, Mapping)]
                    at = following
                    if at is None or not page:
                        return out[::-1], None
        except Denied as denied:
            log.warning("matrix.gap.denied", room=room, error=str(denied))
            return out[::-1], None
        except (HomeserverAway, TimeoutError):
            log.warning("matrix.gap.open", room=room)
        self.gaps_open.set()
        return out[::-1], at

    async def fill_gaps(self) -> None:
        """Fetch what older syncs left out; ``gaps_open`` is set again if something is still missing."""
        self.gaps_open.clear()
        async with self._db.reading() as unit:
            rows = await tables.load_gaps(unit)
        for row in rows:
            events, rest = await self._backfill(RoomId(row.room), row.back_from, row.back_to, BACKFILL_WAIT)
            async with self._processing:
                outcome = Outcome()
                for event in events:
                    self._reader.read(RoomId(row.room), event, outcome, self._clock.now(), late=True)
                async with self._db.unit() as unit:
                    await self._keep(unit, outcome)
                    await tables.close_gap(unit, row.id, rest)
                self._settle(outcome)

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
        await tables.park(
            unit,
            [
                {
                    "event_id": p.event_id,
                    "room": p.room,
                    "sender": p.sender,
                    "session": p.session,
                    "event": dict(p.event),
                    "told": p.told,
                    "at": p.at,
                }
                for p in outcome.parked
            ],
        )

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
            self._reader.read(room, raw, outcome, self._clock.now(), final=True)
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
            self._parked = {event: parked for event, parked in self._parked.items() if parked.room != room}
            del self._rooms[room]
            if not entirely:
                self._rooms[room] = RoomState(room, "leave", state.ever_encrypted)

    # --- parked -----------------------------------------------------------------------------------------

    def _look_at_parked(self, outcome: Outcome, wanted: Callable[[Parked], bool], *, final: bool = False) -> None:
        for parked in [p for p in self._parked.values() if wanted(p)]:
            trial = Outcome()
            late = parked.told or self._clock.now() - parked.at > LATE_AFTER
            if self._reader.read(parked.room, parked.event, trial, parked.at, late=late, final=final):
                outcome.done.append(parked.event_id)
                outcome.arrivals += trial.arrivals
                outcome.unsigned |= trial.unsigned

    def _settle(self, outcome: Outcome) -> None:
        self.unsigned |= outcome.unsigned
        for event_id in outcome.done:
            self._parked.pop(event_id, None)
        for parked in outcome.parked:
            self._parked.setdefault(parked.event_id, parked)

    async def retry_parked(self, users: set[UserId]) -> None:
        """These users' devices are known (better) now: look again at what they sent."""
        if any(p.sender in users for p in self._parked.values()):
            await self._retry(lambda p: p.sender in users)

    async def _retry(self, wanted: Callable[[Parked], bool], *, final: bool = False) -> None:
        async with self._processing:
            outcome = Outcome()
            self._look_at_parked(outcome, wanted, final=final)
            if outcome.done:
                async with self._db.unit() as unit:
                    await self._keep(unit, outcome)
                self._settle(outcome)

    async def tell_unreadable(self) -> None:
        """Report, once each, what could not be read for too long; give up what nobody will ever read."""
        now = self._clock.now()

        def overdue(parked: Parked) -> bool:
            return not parked.told and now - parked.at >= self._unreadable_after

        if any(map(overdue, self._parked.values())):
            await self._retry(overdue, final=True)
        old = [p.event_id for p in self._parked.values() if now - p.at > PARKED_FOR]
        late = [p for p in self._parked.values() if overdue(p)]
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
                self._parked.pop(event_id, None)

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


async def _until(work: Awaitable[T], stop: asyncio.Event) -> T | None:
    """What ``work`` gives, or None if ``stop`` is set first; then the work is cancelled."""
    task, stopped = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
        return await task if task.done() else None
    finally:
        stopped.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait((task,), timeout=10)
