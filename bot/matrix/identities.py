"""What the homeserver publishes about everybody's devices and identity, kept up to date.

A change that is announced while the answer to an older question is under way is asked for again: each user has
a generation, and only an answer to a question of the present generation makes the user fresh.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from bot.clock import Clock
from bot.db.unit import Database, Unit
from bot.ids import UserId, server_of
from bot.logs import logger
from bot.matrix import http, tables
from bot.matrix.batch import plain
from bot.matrix.client import Client
from bot.matrix.errors import Denied, HomeserverAway
from keys.crosssigning import SeenIdentity, read_identity

log = logger(__name__)

DOUBT_EVERY = 5.0
"""Seconds between two questions about somebody whom a message seems to come from."""
FIRST_AGAIN, LAST_AGAIN = 4.0, 60.0
"""Seconds before users whose homeserver did not answer are asked for again: each time twice as many."""
ANSWER_WITHIN = 11.0
"""Seconds until the homeserver of others counts as one that does not answer; ours should give up on it after 10."""
AT_ONCE = 50
"""Users per question; all signatures of an answer are checked in one turn of the event loop."""


@dataclass(frozen=True, slots=True)
class _Failed:
    """A question that was not answered: when (monotonic), and for how many seconds it is not put again."""

    at: float
    wait: float

    def due(self, now: float) -> bool:
        return now - self.at >= self.wait


class Identities:
    """Everybody whose devices matter, as of the last complete answer."""

    def __init__(
        self,
        client: Client,
        database: Database,
        clock: Clock,
        on_answer: Callable[[set[UserId], set[UserId]], None],
    ) -> None:
        self._client = client
        self._db = database
        self._clock = clock
        self._on_answer = on_answer  # (answered, of these: whose devices or identity moved)
        self._seen: dict[UserId, SeenIdentity] = {}
        self._stale: set[UserId] = set()
        self._failed: dict[UserId, _Failed] = {}
        self._generation: defaultdict[UserId, int] = defaultdict(int)
        self._doubted: dict[UserId, float] = {}
        self._asking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.work = asyncio.Event()

    async def load(self, unit: Unit) -> None:
        """Read what was seen before."""
        for row in await tables.load_identities(unit):
            user = UserId(row.user)
            if row.published is not None:
                self._take(user, row.published)
            if row.stale or row.published is None:
                self._stale.add(user)

    def get(self, user: UserId) -> SeenIdentity | None:
        """What was seen last; None if there was no answer yet."""
        return self._seen.get(user)

    def known(self) -> Collection[UserId]:
        """Everybody of whom something was seen."""
        return self._seen.keys()

    def fresh(self, user: UserId) -> bool:
        """Whether there is an answer and nothing newer has been announced."""
        return user in self._seen and user not in self._stale

    def usable(self, user: UserId) -> bool:
        """Fresh, or the user's own homeserver does not answer just now.

        Then what was seen last still decides, and somebody of whom nothing was seen gets nothing: nobody can be
        silenced by another member's homeserver that is down.
        """
        return self.fresh(user) or user in self._failed

    def in_question(self, user: UserId) -> bool:
        """Whether it is to be asked what is published about the user, and an answer can be hoped for.

        Whose homeserver failed to answer a moment ago is not asked for again."""
        failed = self._failed.get(user)
        return not self.fresh(user) and (failed is None or failed.due(self._clock.monotonic()))

    def changed(self, users: Collection[UserId]) -> None:
        """The homeserver announced changes (in a unit, see :func:`bot.matrix.tables.mark_stale`)."""
        for user in users:
            self._generation[user] += 1
            self._failed.pop(user, None)
        self._stale.update(user for user in users if user in self._seen)
        if users:
            self.work.set()

    def doubt(self, user: UserId) -> None:
        """Something came from a device that is not in the last answer: ask again, now and then."""
        now = self._clock.monotonic()
        if now - self._doubted.get(user, -DOUBT_EVERY) >= DOUBT_EVERY:
            self._doubted[user] = now
            self._generation[user] += 1
            self._stale.add(user)
            if user in self._failed:  # what came shows that the homeserver is there
                self._failed[user] = _Failed(now, 0.0)
            self.work.set()

    def take_work(self, members: Collection[UserId]) -> set[UserId]:
        """Who has to be asked for now: those of ``members`` who are not fresh, and whoever is in doubt."""
        self.work.clear()
        doubted = {user for user in self._doubted if user in self._stale}
        return self.wanting(members) | doubted

    def wanting(self, users: Collection[UserId]) -> set[UserId]:
        """Which of these have to be asked for."""
        return {user for user in users if not self.fresh(user)}

    async def ensure(self, users: Collection[UserId], wait: float) -> bool:
        """Ask for those of ``users`` that are in question; at most ``wait`` seconds.  True if all are usable now."""
        wanted = set(filter(self.in_question, users))
        if wanted:
            with contextlib.suppress(TimeoutError, HomeserverAway):
                async with asyncio.timeout(wait):
                    await self._ask(wanted)
        return all(self.usable(user) for user in users)

    async def refresh(self, user: UserId) -> SeenIdentity | None:
        """A new answer, whatever was seen before; raises :class:`HomeserverAway` if there is none."""
        self._generation[user] += 1
        self._stale.add(user)
        for _ in range(3):
            await self._ask({user})
            if self.fresh(user):
                return self._seen[user]
        raise HomeserverAway(reason=f"no answer about {server_of(user)}")

    async def _ask(self, users: Collection[UserId]) -> None:
        """Each homeserver's users by themselves: an answer comes no sooner than that of the slowest server in it."""
        by_server: defaultdict[str, set[UserId]] = defaultdict(set)
        for user in users:
            by_server[server_of(user)].add(user)
        failed = await asyncio.gather(
            *(self._ask_server(server, of_it) for server, of_it in by_server.items()), return_exceptions=True
        )
        for error in filter(None, failed):
            raise error

    async def _ask_server(self, server: str, users: Collection[UserId]) -> None:
        async with self._asking[server]:
            wanted = sorted(self.wanting(users))  # others may have asked meanwhile
            for start in range(0, len(wanted), AT_ONCE):
                await self._ask_some(wanted[start : start + AT_ONCE])

    async def _ask_some(self, users: list[UserId]) -> None:
        before = {user: self._generation[user] for user in users}
        try:
            answer = await self._query(users)
        except Denied as denied:  # one odd id must not keep everybody else unknown
            if len(users) == 1:
                log.warning("matrix.keys-query.denied", user=users[0], error=str(denied))
                self._no_answer(users[0])
                return
            half = len(users) // 2
            await self._ask_some(users[:half])
            await self._ask_some(users[half:])
            return
        failures = answer.get("failures")
        away = set(failures) if isinstance(failures, Mapping) else set()
        taken: dict[UserId, dict[str, Any]] = {}
        for user in users:
            published = _published(answer, user)
            if published is None and server_of(user) in away:
                self._no_answer(user)
                continue
            taken[user] = published or {}
        async with self._db.unit() as unit:
            for user, published in taken.items():
                if not plain(user):
                    continue
                await tables.save_identity(unit, user, published, stale=self._generation[user] != before[user])
        moved = set()
        for user, published in taken.items():
            if self._take(user, published):
                moved.add(user)
            self._failed.pop(user, None)
            if self._generation[user] == before[user]:
                self._stale.discard(user)
            else:
                self._stale.add(user)
                self.work.set()
        self._on_answer(set(taken), moved)

    async def _query(self, users: list[UserId]) -> Mapping[str, Any]:
        """The raw answer about users of one homeserver; a slow one has failed, unless it is ours."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                return await http.query_keys(self._client, users)
        except TimeoutError:
            server = server_of(users[0])
            log.info("matrix.keys-query.slow", server=server)
            if server == server_of(UserId(self._client.user_id)):
                raise HomeserverAway(reason="no answer about devices") from None
            return {"failures": {server: {}}}

    def _no_answer(self, user: UserId) -> None:
        before = self._failed.get(user)
        wait = min(max(before.wait * 2, FIRST_AGAIN), LAST_AGAIN) if before is not None else FIRST_AGAIN
        self._failed[user] = _Failed(self._clock.monotonic(), wait)

    def _take(self, user: UserId, published: Mapping[str, Any]) -> bool:
        identity = read_identity(user, published.get("master"), published.get("self_signing"), published.get("devices"))
        if self._seen.get(user) == identity:
            return False
        self._seen[user] = identity
        self._client.olm.learn(identity)
        return True


def _published(answer: Mapping[str, Any], user: UserId) -> dict[str, Any] | None:
    """The user's part of a raw answer, None if it has none."""
    out = {}
    for name, part in (("master", "master_keys"), ("self_signing", "self_signing_keys"), ("devices", "device_keys")):
        value = answer.get(part)
        if isinstance(value, Mapping) and isinstance(value.get(user), Mapping):
            out[name] = value[user]
    if "devices" not in out:
        return None
    return {**out, "devices": {name: raw for name, raw in out["devices"].items() if plain(name)}}
