"""One deployment that is killed and troubled: enlace as a process, behind a gate that can be made to misbehave."""

import asyncio
import contextlib
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

from bot.demo.person import Heard, Person
from bot.demo.synapse import Synapse
from bot.demo.world import Staff, Team, World
from bot.notify.webhook import ONCE
from bot.outbox.model import HOOK, MAIL
from tests.faults import record
from tests.faults.gate import Gate
from tests.harness.attachments import open_file
from tests.harness.hooks import SECRET, Receiver, receiving
from tests.harness.house import House
from tests.harness.post import Sink

COUNTRIES = ("BR", "CL", "AR")
PEOPLE = tuple(code.lower() for code in COUNTRIES)
BY_MAIL, BY_HOOK = "CERT-PE", "CERT-UY"
"""Whose people have no room: a page reaches them by mail, or by webhook."""
MX = Team(
    "CERT-MX", {"en": "CERT Mexico"}, "MX", "America/Mexico_City", ("en",), (Staff("ana", "Ana Pérez", lead=True),)
)
OTHERS = tuple(
    Team(f"CERT-{code}", {"en": f"CERT {code}"}, code, "America/Lima", ("en",), (Staff(code.lower(), f"Pat {code}"),))
    for code in COUNTRIES
)
FAR = (
    Team(
        BY_MAIL,
        {"en": "CERT Peru"},
        "PE",
        "America/Lima",
        ("en",),
        (Staff("pe", "Pat PE"),),
        contacts=({"kind": "email", "value": "cert@pe.example.org", "tlp": "CLEAR"},),
    ),
    Team(BY_HOOK, {"en": "CERT Uruguay"}, "UY", "America/Montevideo", ("en",), (Staff("uy", "Pat UY"),)),
)
OAS = Team(
    "OAS-CICTE",
    {"en": "OAS/CICTE"},
    "US",
    "America/New_York",
    ("en",),
    (Staff("carla", "Carla Díaz", coordinator=True), Staff("diego", "Diego Mora", coordinator=True)),
)
LONG = 240.0
KEYS_USED = 60
"""Of a hundred one-time keys: fewer than half are left."""


class Running:
    """enlace as a process of its own."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.process: subprocess.Popen[bytes] | None = None
        self.log = world.folder / "run.log"

    def start(self, point: str = "", number: int = 1) -> None:
        """Start it; with a ``point``, one that dies when that is reached for the ``number``-th time."""
        if not point:
            self.process = self._world.spawn()
            return
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.child", str(self._world.config_path), point, str(number)],
                env=self._world.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    async def died(self, patience: float = LONG) -> int:
        """Wait for its end; returns the exit code."""
        assert self.process is not None
        code = await asyncio.to_thread(self.process.wait, patience)
        self.process = None
        return code

    def kill(self) -> None:
        """No farewell: SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def jump(self, days: int) -> None:
        """Set its clock a day ahead or back; only where it was started with a point, be it one that never comes."""
        assert self.process is not None
        self.process.send_signal(signal.SIGUSR1 if days > 0 else signal.SIGUSR2)

    @contextlib.contextmanager
    def no_room_for_files(self) -> Any:
        """The kernel refuses every byte that it wants to write into a file."""
        assert self.process is not None
        before = resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (0, before[1]))
        try:
            yield
        finally:
            if self.alive():
                resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, before)


@dataclass
class Site:
    """The deployment, what runs of it, and what was said in it."""

    house: House
    gate: Gate
    enlace: Running
    post: Sink
    hook: Receiver
    sent: dict[str, str] = field(default_factory=dict)
    """Subject of each message that Ana sent, in order, and the event of her command."""
    files: dict[str, bytes] = field(default_factory=dict)
    """Of those that took a file along."""
    withdrawn: dict[str, str] = field(default_factory=dict)
    """Of those that she took back, and the event of that command."""
    incidents: list[str] = field(default_factory=list)
    """The events by which she opened incidents."""
    calls: dict[str, list[str]] = field(default_factory=dict)
    """The events by which she called somebody, by organisation."""
    asked: list[str] = field(default_factory=list)
    """The events of her other commands."""
    devices: list[Person] = field(default_factory=list)
    """Second devices of people."""
    strangers: dict[str, Person] = field(default_factory=dict)
    """Who is in a room of somebody's just now without being known."""
    lost: set[tuple[str, str]] = field(default_factory=set)
    """Who does not get which of the messages, as Ana was told."""
    fresh: int = 0
    troubled: bool = False
    """Whether its homeserver may be away when it starts."""

    # --- people ---------------------------------------------------------------------------------------------------

    def person(self, who: str) -> Person:
        return self.house.people[who]

    async def say(self, subject: str, **more: Any) -> None:
        """Ana sends to everybody."""
        line = " ".join(f"CERT-{code}" for code in COUNTRIES)
        text = f"!send {line} tlp:amber\n{subject}\nthe body"
        self.sent[subject] = await self.person("ana").say(self.house.rooms["ana"], text, **more)

    async def chatter(self, who: str, number: int) -> None:
        """Somebody's room fills with talk."""
        person, room = self.person(who), self.house.rooms[who]

        async def part(first: int) -> None:
            for count in range(first, number, 4):
                path = f"/_matrix/client/v3/rooms/{room}/send/m.room.message/{os.urandom(8).hex()}"
                await person.call("PUT", path, {"msgtype": "m.notice", "body": f"talk {count}"})

        await asyncio.gather(*(part(first) for first in range(4)))

    async def use_up_keys(self) -> None:
        """Somebody claims so many of the bot's one-time keys that it has to make new ones."""
        person, bot = self.person("ana"), self.house.bot
        shown = await person.call("POST", "/_matrix/client/v3/keys/query", {"device_keys": {bot: []}})
        (device,) = shown["device_keys"][bot]
        for _ in range(KEYS_USED):
            body = {"one_time_keys": {bot: {device: "signed_curve25519"}}}
            await person.call("POST", "/_matrix/client/v3/keys/claim", body)

    @asynccontextmanager
    async def in_trouble(self, trouble: str) -> AsyncIterator[None]:
        """While it lasts: a third of all requests go wrong, the database is locked for a while, or the homeserver is
        restarted."""

        async def restart() -> None:
            await asyncio.sleep(2)
            await asyncio.to_thread(self.gate.synapse.restart)

        async def lock() -> None:
            with contextlib.closing(sqlite3.connect(self.database(), isolation_level=None, timeout=30)) as other:
                other.execute("BEGIN IMMEDIATE")
                await asyncio.sleep(5)
                other.execute("ROLLBACK")

        work = {"restart": restart, "locked": lock}.get(trouble)
        beside = asyncio.create_task(work()) if work else None
        if beside is None:
            self.gate.stir(trouble, 0.3)
        self.troubled = True
        try:
            yield
        finally:
            self.troubled = False
            self.gate.calm()
            if beside is not None:
                await beside

    async def let_in(self, who: str) -> None:
        """Somebody whom nobody knows joins a room."""
        if who not in self.strangers:
            stranger = await self.house.stranger()
            await self.person(who).invite(self.house.rooms[who], stranger.user_id)
            await stranger.join(self.house.rooms[who])
            self.strangers[who] = stranger

    async def put_out(self) -> None:
        """The rooms' people put all strangers out."""
        for who, stranger in self.strangers.items():
            path = f"/_matrix/client/v3/rooms/{self.house.rooms[who]}/kick"
            await self.person(who).call("POST", path, {"user_id": stranger.user_id})
        self.strangers.clear()

    async def ends_well(self, *wanted: str) -> None:
        """It is stopped as a service manager stops it, and ends at once and in order; its log verifies and says so."""
        await self.awake()
        process = self.enlace.process
        assert process is not None
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(process.wait, 30)
        assert process.poll() == 0
        self.enlace.process = None
        await self.house.log_verifies("service.started", "service.stopped", *wanted)

    # --- what they see --------------------------------------------------------------------------------------------

    def shown(self, who: str) -> list[tuple[str, Heard]]:
        """The copies that somebody can read in their room, in the room's order, with their subjects."""
        mine = [h for h in self.person(who).messages(self.house.rooms[who], self.house.bot) if h.edits is None]
        lines = ((line.rpartition(": ")[2], heard) for heard in mine for line in heard.body.split("\n"))
        return [(subject, heard) for subject, heard in lines if subject in self.sent]

    def copies(self, who: str) -> list[str]:
        """Their subjects alone."""
        return [subject for subject, _ in self.shown(who)]

    def due(self, who: str) -> list[str]:
        """The subjects that somebody is to have, in order."""
        return [subject for subject in self.sent if (who, subject) not in self.lost]

    def answers(self, event: str) -> list[Heard]:
        """The bot's answers to one of Ana's messages."""
        heard = self.person("ana").messages(self.house.rooms["ana"], self.house.bot)
        return [h for h in heard if h.relation.get("m.in_reply_to", {}).get("event_id") == event and h.edits is None]

    def rooms_made(self) -> int:
        """The incident rooms that Ana was asked into."""
        client = self.person("ana").client
        return len({*client.invited_rooms, *client.rooms} - {self.house.rooms["ana"]})

    # --- waiting --------------------------------------------------------------------------------------------------

    async def awake(self, patience: float = LONG) -> None:
        """It runs, and hears."""
        if not self.enlace.alive():
            self.enlace.start()
        await self.barrier("ana", patience=patience)

    async def barrier(self, *whom: str, patience: float = LONG) -> None:
        """Everything that was to be said to these people before now has been said."""
        for who in whom:
            person, room = self.person(who), self.house.rooms[who]
            mark = person.mark()
            await person.say(room, "!help tlp")
            await person.hear(room, "TLP 2.0", sender=self.house.bot, after=mark, patience=patience)

    def database(self) -> Path:
        return Path(self.house.world.config().database_url.partition("///")[2])

    def queued(self) -> int:
        """Rows that still wait for their turn, and commands and jobs that are not done."""
        counts = (
            "SELECT (SELECT count(*) FROM outbox WHERE state IN ('queued', 'held'))"
            " + (SELECT count(*) FROM inbox WHERE state = 'new') + (SELECT count(*) FROM jobs WHERE state = 'queued') n"
        )
        return int(record.query(self.database(), counts)[0]["n"])

    async def settled(self) -> None:
        """Everybody has everything, once and in order; every command ran once and has its answer; database, log and
        homeserver say the same of every single message."""
        patience = LONG + len(self.sent)  # most of it may still wait, after many kills
        await self.put_out()
        await self.awake(patience)
        await self._until(lambda: not self.queued(), "nothing to wait", patience)
        await self._until(
            lambda: all(set(self.copies(who)) | self.withdrawn.keys() >= set(self.due(who)) for who in PEOPLE),
            "all copies",
            patience,
        )
        await self.barrier(*PEOPLE, "ana")
        for who in PEOPLE:
            await self._read(who)
        calls = [event for events in self.calls.values() for event in events]
        for event in (*self.sent.values(), *self.withdrawn.values(), *self.incidents, *calls, *self.asked):
            assert self.answers(event), "a command without an answer"
        await self._until(lambda: not self.queued(), "nothing to wait", patience)
        log = await self.house.log_verifies()
        did = [entry["details"]["action"] for entry in log]
        assert did.count("exchange.opened") == len(self.sent), "a command ran twice, or never"
        assert did.count("incident.opened") == len(self.incidents)
        assert did.count("incident.room-made") == len(self.incidents)
        assert self.rooms_made() == len(self.incidents)
        assert did.count("exchange.withdrawn") == len(self.withdrawn)
        assert did.count("escalation.opened") == len(calls)
        homeserver = self.gate.synapse.directory / "homeserver.db"
        there = record.agree(self.database(), homeserver, self.house.bot, log)
        assert there >= len(self.sent) * len(PEOPLE) - len(self.lost)
        self._outside()

    async def _read(self, who: str) -> None:
        """Whether somebody's room is as it should be."""
        stored = self._stored()
        gone, known = {e.event for e in stored if e.withdrawn}, {e.event: e.delivery for e in stored}
        shown = self.shown(who)
        kept = [(subject, heard) for subject, heard in shown if subject not in self.withdrawn]
        due = [subject for subject in self.due(who) if subject not in self.withdrawn]
        assert list(dict.fromkeys(subject for subject, _ in kept)) == due, f"{who}: not in order"
        # What is sent again for a device that lacked the key takes the place of the first, under the same delivery id.
        standing = Counter(subject for subject, heard in kept if heard.event_id not in gone)
        assert standing == Counter(due), f"{who}: not once: {standing - Counter(due) or Counter(due) - standing}"
        assert len({(subject, known[heard.event_id]) for subject, heard in kept}) == len(due), f"{who}: sent twice"
        unread = [h for h in self.person(who).heard[self.fresh :] if h.sender == self.house.bot and not h.readable]
        assert not [h for h in unread if h.event_id not in gone], f"{who} got what cannot be read"
        for subject, heard in shown:
            if subject in self.withdrawn:
                assert heard.event_id in gone, f"{who}: {subject} still stands"
            elif subject in self.files and heard.event_id not in gone:
                assert await open_file(self.person(who), heard.content["file"]) == self.files[subject]

    def _stored(self) -> list[record.Stored]:
        return record.stored(self.gate.synapse.directory / "homeserver.db", self.house.bot)

    def _outside(self) -> None:
        """What left Matrix: a receiver that looks at the id of what it gets sees every page once."""
        rows = record.query(self.database(), "SELECT room, delivery_id, state FROM outbox WHERE kind = 'page'")
        sent = {row["delivery_id"]: row["room"] for row in rows if row["state"] == "sent"}
        posted: dict[str, bytes] = {}
        for headers, body in self.hook.asked:
            assert posted.setdefault(headers[ONCE], body) == body, "another page under the same id"
        mailed = {h for letter in self.post.taken for h in _message_ids(letter)}
        for delivery, room in sent.items():
            if room.startswith(HOOK):
                assert delivery in posted
            elif room.startswith(MAIL):
                assert delivery in mailed
        assert posted.keys() | mailed <= {row["delivery_id"] for row in rows}

    async def _until(self, true: Callable[[], bool], what: str, patience: float) -> None:
        await self.house.until(true, what, patience)


def _message_ids(letter: bytes) -> set[str]:
    lines = [line for line in letter.decode(errors="replace").splitlines() if line.lower().startswith("message-id:")]
    return {line.partition("<")[2].partition("@")[0] for line in lines}


def _secret(path: Path) -> Path:
    path.touch(0o600)
    path.write_bytes(SECRET)
    return path


@asynccontextmanager
async def site(folder: Path | None = None) -> AsyncIterator[Site]:
    """Mexico, three other organisations and two coordinators, verified; enlace does not run yet."""
    sink = Sink()
    own = tempfile.TemporaryDirectory(prefix="enlace-secret-")
    secret = await asyncio.to_thread(_secret, Path(own.name, "webhook"))
    mail = await asyncio.get_running_loop().create_server(lambda: SMTP(sink, hostname="localhost"), "127.0.0.1", 0)
    try:
        with Synapse() as synapse:
            async with Gate(synapse.url) as gate, receiving() as hook:
                gate.synapse = synapse
                settings = {
                    "matrix": {"homeserver": gate.url},
                    "limits": {"person_per_minute": 1000, "room_per_minute": 1000},
                    "notify": {
                        "smtp_host": "127.0.0.1",
                        "smtp_port": mail.sockets[0].getsockname()[1],
                        "smtp_security": "none",
                        "mail_from": "enlace@example.org",
                        "webhook_secret_file": str(secret),
                        "webhooks": [{"organisation": BY_HOOK, "url": hook.url}],
                    },
                }
                async with World(
                    (MX, *OTHERS, *FAR, OAS), homeserver=synapse, settings=settings, folder=folder
                ) as world:
                    house = House(world)
                    running = Running(world)
                    try:
                        await world.run()
                        await house.enrol("ana", *PEOPLE)
                        await world.stop()
                        made = Site(house, gate, running, sink, hook)
                        made.fresh = max(person.mark() for person in house.people.values())
                        yield made
                        for device in made.devices:
                            await device.leave_for_good()
                    finally:
                        running.kill()
                        await house.close()
    finally:
        mail.close()
        own.cleanup()


__all__ = ["BY_HOOK", "BY_MAIL", "LONG", "PEOPLE", "Site", "site"]
