"""The workloads, each run by enlace and, right before, by the bare bot on the same homeserver."""

import asyncio
import contextlib
import math
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.bench.deployment import Deployment, Member
from tests.bench.light import PATIENCE, Heard, Light

BATCH = 10
"""Commands after which enlace and the bare bot take turns, so that both meet the same load of the machine."""
OWNERS = 10
"""People who own the new devices, at most."""


@dataclass(slots=True)
class Sample:
    """One run of a workload by one of the two: milliseconds from the sender's request to a readable arrival."""

    arrivals: list[float] = field(default_factory=list)
    lost: int = 0
    seconds: float = 0.0
    """From the first request to the last arrival, where throughput counts."""
    cpu_seconds: float = 0.0
    """Of the bot's process, until everything that belongs to it was over; 0 of the bare bot."""


@dataclass(slots=True)
class Pair:
    """One round: enlace beside the bare bot."""

    floor: Sample
    enlace: Sample
    plain: Sample | None = None
    """The plain bot, where it does the same."""


@dataclass(slots=True)
class Start:
    """One start of enlace with everybody's rooms."""

    answered: float
    """Seconds from the start of the process to its first answer."""
    shared: float
    """Seconds until everybody had the new key of their room."""
    cpu_seconds: float
    """Until then."""
    rss_mib: float


@dataclass(slots=True)
class Share:
    """The first keys for devices that all appeared at once."""

    devices: int
    shared: float
    """Milliseconds from the request that made them trusted until the last of those that wait had the key."""
    without: int
    """Devices that never got the key."""
    asked: Sample
    """What was asked meanwhile, one ``!whois`` after the other."""
    turns: list[float]
    """Milliseconds for which single turns of the event loop held it up."""


class Bench:
    """Runs workloads in one deployment and counts what enlace's process uses meanwhile."""

    def __init__(self, deployment: Deployment) -> None:
        self._d = deployment
        self.deliveries = 0
        """Messages that people asked for and got from enlace: answers, copies and relays."""
        self.messages = 0
        """All messages that people got from enlace, status lines too."""
        self.cpu_seconds = 0.0
        self.asked_meanwhile = Sample()
        """A ``!whois`` sent while keys were shared with everybody."""

    # --- whois ------------------------------------------------------------------------------------------

    async def whois(self, commands: int) -> Pair:
        """One command after the other, in one room after the other; the floor is two hops."""
        pair = Pair(Sample(), Sample())
        for start in range(0, commands, BATCH):
            some = range(start, min(start + BATCH, commands))
            for number in some:
                member = self._member(number)
                said = f"hop {secrets.token_hex(4)}"
                await _answered(member.client, member.bare_room, said, pair.floor)
            async with self._counted(pair.enlace, len(some)):
                for number in some:
                    member = self._member(number)
                    about = self._member(number + 1).handle
                    await _answered(member.client, member.room, f"!whois {about}", pair.enlace)
        return pair

    # --- fan-out ----------------------------------------------------------------------------------------

    async def burst(self, commands: int) -> Pair:
        """As many commands as people can type at once, in all rooms; the floor is two hops for each."""
        pair = Pair(Sample(), Sample())
        members = self._d.members

        async def ask(member: Member, room: str, said: list[str], into: Sample) -> None:
            for text in said:
                waiting.append(asyncio.create_task(_answered(member.client, room, text, into)))
                await asyncio.sleep(0)

        waiting: list[asyncio.Task[None]] = []
        share = [range(number, commands, len(members)) for number in range(len(members))]
        for member, mine in zip(members, share, strict=True):
            await ask(member, member.bare_room, [f"hop {secrets.token_hex(4)}" for _ in mine], pair.floor)
        await asyncio.gather(*waiting)
        await self._d.quiet()
        waiting = []
        async with self._counted(pair.enlace, commands):
            for number, (member, mine) in enumerate(zip(members, share, strict=True)):
                about = f"!whois {self._member(number + 1).handle}"
                await ask(member, member.room, [about for _ in mine], pair.enlace)
            await asyncio.gather(*waiting)
        return pair

    async def fan_out(self, *, ask: bool = False) -> Pair:
        """One message to everybody else; the floor is one hop and as many sends, as wide as enlace's.

        ``ask``: somebody asks something meanwhile."""
        d = self._d
        pair = Pair(Sample(), Sample(), Sample())
        assert pair.plain is not None
        token = secrets.token_hex(6)
        rooms = [(member.client, member.plain_room) for member in d.others]
        before = d.plain_usage()
        await self._spread(rooms, lambda: d.control.client.say(d.control.plain_room, f"fan {token}"), token, pair.plain)
        await d.quiet()
        after = d.plain_usage()
        assert before is not None
        assert after is not None
        pair.plain.cpu_seconds = after.cpu_seconds - before.cpu_seconds
        token = secrets.token_hex(6)
        rooms = [(member.client, member.bare_room) for member in d.others]
        await self._spread(rooms, lambda: d.control.client.say(d.control.bare_room, f"fan {token}"), token, pair.floor)
        await d.quiet()
        token = secrets.token_hex(6)
        text = f"!send {' '.join(member.handle for member in d.others)} tlp:amber Indicators {token}\nBlock these."
        rooms = [(member.client, member.room) for member in d.others]
        async with self._counted(pair.enlace, len(rooms) + ask):
            asked = asyncio.create_task(self._ask_meanwhile()) if ask else None
            await self._spread(rooms, lambda: d.control.client.say(d.control.room, text), token, pair.enlace)
            if asked is not None:
                self.asked_meanwhile = await asked
        return pair

    async def _ask_meanwhile(self) -> Sample:
        await asyncio.sleep(0.1)
        into = Sample()
        member = self._d.others[-1]
        await _answered(member.client, member.room, f"!whois {self._d.control.handle}", into)
        return into

    # --- relays -----------------------------------------------------------------------------------------

    async def open_exchanges(self, senders: int) -> dict[str, str]:
        """For each sender an exchange with a partner; returns the thread's root in each sender's room."""
        d = self._d
        roots: dict[str, str] = {}
        for sender, partner in self._partners(senders):
            token = secrets.token_hex(6)
            text = f"!send {partner.handle} tlp:amber About {token}\nLet us talk."
            mark = partner.client.mark()
            roots[sender.room] = await sender.client.say(sender.room, text)
            await partner.client.expect(_carries(token, partner.room), after=mark)
            assert d.bare is not None
            d.bare.partners[sender.bare_room] = partner.bare_room
        await d.quiet()
        return roots

    async def relays(self, roots: dict[str, str], each: int) -> Pair:
        """Everybody speaks as fast as the homeserver takes it; the floor is two hops a message, as wide as enlace's."""
        pairs = self._partners(len(roots))
        pair = Pair(Sample(), Sample())
        await self._talk(
            [(sender.client, sender.bare_room, None, partner.client, partner.bare_room) for sender, partner in pairs],
            "pass ",
            each,
            pair.floor,
        )
        await self._d.quiet()
        async with self._counted(pair.enlace, each * len(pairs)):
            await self._talk(
                [(s.client, s.room, roots[s.room], p.client, p.room) for s, p in pairs], "", each, pair.enlace
            )
        return pair

    # --- starts and keys --------------------------------------------------------------------------------

    async def start(self) -> Start:
        """Stop enlace and start it again, with all rooms as they are."""
        d = self._d
        await d.quiet()
        before = {member.room: member.client.keys[member.room] for member in d.members}
        begun = time.perf_counter()
        await d.restart()
        await d.keys_renewed(before)
        usage = d.usage()
        # the old process ends first, which is no part of the start
        shared = time.perf_counter() - begun - d.stopped_in
        return Start(d.started_in, shared, usage.cpu_seconds, usage.rss_mib)

    async def share(self, devices: int) -> Share:
        """As many devices as that, of a few people, are signed at once: each needs an Olm session and a key."""
        d = self._d
        owners = d.others[:OWNERS]
        new: list[tuple[Member, list[Light]]] = []
        for number, owner in enumerate(owners):
            mine = len(range(number, devices, len(owners)))
            new.append((owner, [await d.another_device(owner) for _ in range(mine)]))
        for _, (*_, last) in new:
            await last.fetch_keys()
        await d.quiet()
        await d.turns()
        asked = Sample()
        begun = time.perf_counter()
        waiting = [asyncio.create_task(_has_key(some[-1], owner.room)) for owner, some in new]
        await asyncio.gather(*(owner.client.vouch(some) for owner, some in new))
        while not (asked.arrivals or asked.lost) or not all(task.done() for task in waiting):
            about = self._member(len(asked.arrivals)).handle
            await _answered(d.control.client, d.control.room, f"!whois {about}", asked)
        shared = max(await asyncio.gather(*waiting)) - begun
        turns = await d.turns()
        await d.quiet()
        without = 0
        for owner, some in new:
            for device in some:
                if not device.keys[owner.room]:
                    await device.fetch_keys()
                without += not device.keys[owner.room]
        return Share(devices, shared * 1000, without, asked, turns)

    # --- pieces -----------------------------------------------------------------------------------------

    def _member(self, number: int) -> Member:
        return self._d.members[number % len(self._d.members)]

    def _partners(self, senders: int) -> list[tuple[Member, Member]]:
        members = self._d.members
        return [(members[2 * number], members[2 * number + 1]) for number in range(senders)]

    async def _spread(
        self, rooms: list[tuple[Light, str]], say: Callable[[], Awaitable[str]], token: str, into: Sample
    ) -> None:
        waiting = [asyncio.create_task(client.expect(_carries(token, room))) for client, room in rooms]
        await asyncio.sleep(0)
        begun = time.perf_counter()
        await say()
        await _gather(waiting, begun, into)

    async def _talk(
        self, lanes: list[tuple[Light, str, str | None, Light, str]], prefix: str, each: int, into: Sample
    ) -> None:
        waiting: list[asyncio.Task[Heard]] = []
        begun: list[float] = []

        async def speak(sender: Light, room: str, thread: str | None, partner: Light, there: str) -> None:
            for _ in range(each):
                token = secrets.token_hex(6)
                waiting.append(asyncio.create_task(partner.expect(_carries(token, there), after=partner.mark())))
                begun.append(time.perf_counter())
                await asyncio.sleep(0)
                await sender.say(room, f"{prefix}{token}", thread=thread)

        start = time.perf_counter()
        await asyncio.gather(*(speak(*lane) for lane in lanes))
        heard = await asyncio.gather(*waiting, return_exceptions=True)
        last = start
        for one, at in zip(heard, begun, strict=True):
            if isinstance(one, Heard):
                into.arrivals.append((one.at - at) * 1000)
                last = max(last, one.at)
            else:
                into.lost += 1
        into.seconds = last - start

    def _counted(self, sample: Sample, expected: int) -> "_Counted":
        return _Counted(self, self._d, sample, expected)


class _Counted:
    """Adds up what enlace used and sent, until everything that belongs to the workload is over."""

    def __init__(self, bench: Bench, deployment: Deployment, sample: Sample, expected: int) -> None:
        self._bench = bench
        self._d = deployment
        self._sample = sample
        self._expected = expected

    async def __aenter__(self) -> None:
        self._lost_before = self._sample.lost
        self._heard_before = self._heard()
        self._cpu_before = self._d.usage().cpu_seconds

    async def __aexit__(self, *_: object) -> None:
        await self._d.quiet()
        self._sample.cpu_seconds += (spent := self._d.usage().cpu_seconds - self._cpu_before)
        self._bench.cpu_seconds += spent
        self._bench.messages += self._heard() - self._heard_before
        self._bench.deliveries += self._expected - (self._sample.lost - self._lost_before)

    def _heard(self) -> int:
        return sum(h.sender == self._d.world.bot for member in self._d.members for h in member.client.heard)


async def _has_key(device: Light, room: str) -> float:
    """When it got a key of the room; infinity if it never does."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while not device.keys[room]:
                await device.fetch_keys(5_000)
        return time.perf_counter()
    return math.inf


async def _answered(client: Light, room: str, said: str, into: Sample) -> None:
    mark, begun = client.mark(), time.perf_counter()
    event = await client.say(room, said)
    try:
        heard = await client.expect(lambda h: h.answers == event and not h.edit, after=mark)
    except TimeoutError:
        into.lost += 1
        return
    into.arrivals.append((heard.at - begun) * 1000)


async def _gather(waiting: list[asyncio.Task[Heard]], begun: float, into: Sample) -> None:
    for one in await asyncio.gather(*waiting, return_exceptions=True):
        if isinstance(one, Heard):
            into.arrivals.append((one.at - begun) * 1000)
        else:
            into.lost += 1


def _carries(token: str, room: str) -> Callable[[Heard], bool]:
    return lambda heard: heard.room == room and token in heard.body and not heard.edit


__all__ = ["PATIENCE", "Bench", "Pair", "Sample", "Share", "Start"]
