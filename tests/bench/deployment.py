"""What is measured: one homeserver, enlace as a process of its own, the bare bot, and people with rooms of both."""

import asyncio
import compileall
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.demo.synapse import Synapse
from bot.demo.world import Staff, Team, World
from bot.exchange.sender import WIDTH
from tests.bench.light import FILLER, PATIENCE, Heard, Light

ROOT = Path(__file__).resolve().parents[2]
INSTALLED = ("bot", "handlers", "keys")
"""They are compiled beforehand, as they are once they are installed."""
AT_ONCE = 6
"""People who come in side by side."""
STARTED_WITHIN = 5 * PATIENCE
QUIET = 1.5
"""Seconds without a message after which a workload is over."""


@dataclass(slots=True)
class Member:
    """Somebody with a room with enlace and, where they are there, one with the bare bot and one with the plain bot."""

    account: str
    handle: str
    client: Light
    room: str
    bare_room: str = ""
    plain_room: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used since it started."""

    cpu_seconds: float
    rss_mib: float
    peak_mib: float

    @classmethod
    def of(cls, pid: int) -> "Usage":
        """Read ``/proc`` (Linux)."""
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        rss, peak = (int(status[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
        return cls(ticks / os.sysconf("SC_CLK_TCK"), rss, peak)


class Bare:
    """A bot without any work of its own: what it hears it answers, fans out or passes on, at once."""

    def __init__(self, client: Light) -> None:
        self.client = client
        self.fan_rooms: list[str] = []
        self.partners: dict[str, str] = {}
        self._wide = asyncio.Semaphore(WIDTH)
        self._lanes: dict[str, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        client.on_message = self._on_message

    def _on_message(self, heard: Heard) -> None:
        word = heard.body.partition(" ")[0]
        if word == "hop":
            self._start(heard.room, {"m.relates_to": {"m.in_reply_to": {"event_id": heard.event_id}}}, heard.body)
        elif word == "fan":
            for room in self.fan_rooms:
                self._start(room, {}, heard.body)
        elif word == "pass":
            self._start(self.partners[heard.room], {}, heard.body)

    def _start(self, room: str, more: dict[str, object], said: str) -> None:
        task = asyncio.create_task(self._send(room, {"msgtype": "m.notice", "body": f"{said} {FILLER}", **more}))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, room: str, content: dict[str, object]) -> None:
        async with self._lanes.setdefault(room, asyncio.Lock()), self._wide:
            await self.client.send(room, content)


class Deployment:
    """``async with Deployment(rooms)`` builds everything, with everybody verified and every room key shared.

    Nearly all of the time goes into the homeserver's work on rooms, so the bots that a run does not need are left out."""

    def __init__(
        self,
        rooms: int,
        *,
        homeserver: Synapse | None = None,
        database: str = "",
        profile: Path | None = None,
        bare: bool = True,
        plain: bool = True,
    ) -> None:
        self.handles = [f"BENCH-{number:03}" for number in range(rooms + 1)]
        teams = [
            Team(
                handle=handle,
                names={"en": f"Bench team {handle[-3:]}", "es": f"Equipo de prueba {handle[-3:]}"},
                country="MX",
                timezone="America/Mexico_City",
                languages=("en",),
                staff=(Staff(_account(handle), f"Person of {handle}", lead=True, coordinator=number < 2),),
                contacts=({"kind": "phone", "value": "+52 55 5555 0100", "tlp": "clear"},),
            )
            for number, handle in enumerate(self.handles)
        ]
        settings = {"limits": {"person_per_minute": 100_000, "room_per_minute": 100_000}}
        self.world = World(teams, homeserver=homeserver, database=database, settings=settings)
        self.members: list[Member] = []
        self.bare: Bare | None = None
        self.plain = ""
        self._wanted = (bare, plain)
        self.started_in = 0.0
        """Seconds from the start of the process to its first answer, the last time it was started."""
        self.stopped_in = 0.0
        """Seconds that the process before it took to end."""
        self._profile = profile
        self._watched = False
        self._process: subprocess.Popen[bytes] | None = None
        self._plain_process: subprocess.Popen[bytes] | None = None
        self._plain_arguments: list[str] = []
        self._clients: list[Light] = []

    async def __aenter__(self) -> Self:
        try:
            await self._build()
        except BaseException as error:
            error.add_note(f"enlace's log ends:\n{self.log()[-3000:]}")
            await self._take_down()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            error.add_note(f"enlace's log ends:\n{self.log()[-3000:]}")
        await self._take_down()

    @property
    def _turns(self) -> Path:
        return self.world.folder / "turns.json"

    # --- the bot ----------------------------------------------------------------------------------------

    @property
    def control(self) -> Member:
        """Who sends what is fanned out."""
        return self.members[0]

    @property
    def others(self) -> list[Member]:
        """Whom it is fanned out to."""
        return self.members[1:]

    def usage(self) -> Usage:
        """What enlace's process has used."""
        assert self._process is not None
        return Usage.of(self._process.pid)

    def plain_usage(self) -> Usage | None:
        """What the plain bot's process has used, if there is one."""
        return Usage.of(self._plain_process.pid) if self._plain_process is not None else None

    async def restart(self) -> None:
        """Stop enlace as a service manager would, start it again, and wait for an answer."""
        stopping = time.perf_counter()
        await asyncio.to_thread(_stop, self._process)
        begun = time.perf_counter()
        self.stopped_in = begun - stopping
        self._start()
        asked = f"!whois {self.handles[1]}"
        await self.control.client.ask(self.control.room, asked, sender=self.world.bot, patience=STARTED_WITHIN)
        self.started_in = time.perf_counter() - begun

    def log(self) -> str:
        """What enlace wrote about itself."""
        path = self.world.folder / "run.log"
        return path.read_text(errors="replace") if path.exists() else ""

    async def idle(self, seconds: float) -> float:
        """CPU seconds that enlace uses in an hour in which nothing happens, from so many seconds of it."""
        await self.quiet()
        before = self.usage().cpu_seconds
        await asyncio.sleep(seconds)
        return (self.usage().cpu_seconds - before) * 3600 / seconds

    async def keys_renewed(self, before: dict[str, int]) -> None:
        """Wait until everybody got another key of their room with enlace than those counted in ``before``."""
        async with asyncio.timeout(STARTED_WITHIN):
            while any(m.client.keys[m.room] <= before[m.room] for m in self.members):
                await asyncio.sleep(0.05)

    async def another_device(self, member: Member) -> Light:
        """See :meth:`tests.bench.light.Light.another`."""
        made = await member.client.another(self.world.homeserver, self.world.user(member.account))
        self._clients.append(made)
        return made

    async def quiet(self) -> None:
        """Wait until nobody has heard anything for a moment."""
        before = -1
        while before != (now := sum(client.mark() for client in self._clients)):
            before = now
            await asyncio.sleep(QUIET)

    async def watch(self) -> None:
        """Start enlace again, so that :meth:`turns` can be asked for from now on."""
        self._watched = True
        await self.restart()

    async def turns(self) -> list[float]:
        """Milliseconds for which single turns of enlace's event loop held it up, since this was asked last."""
        assert self._process is not None
        self._turns.unlink(missing_ok=True)
        self._process.send_signal(signal.SIGUSR1)
        async with asyncio.timeout(PATIENCE):
            while not self._turns.exists():
                await asyncio.sleep(0.05)
        return [seconds * 1000 for seconds in json.loads(self._turns.read_text())]

    async def restart_plain(self) -> None:
        """A new process of the plain bot, on its device and store, if it is wanted."""
        if not self.plain:
            return
        await asyncio.to_thread(_stop, self._plain_process)
        self._plain_process = self._spawn([sys.executable, "-m", "tests.bench.plain", *self._plain_arguments])

    def _start(self) -> None:
        profiled = ["-m", "cProfile", "-o", str(self._profile)] if self._profile else []
        enlace = ["-m", "tests.bench.watched", str(self._turns)] if self._watched else ["-m", "bot"]
        run = ["run", "--config", str(self.world.config_path)]
        self._process = self._spawn([sys.executable, *profiled, *enlace, *run])

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.world.folder / "run.log").open("ab") as log:
            return subprocess.Popen(
                command, env=self.world.environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    # --- building ---------------------------------------------------------------------------------------

    async def _build(self) -> None:
        for package in INSTALLED:
            await asyncio.to_thread(compileall.compile_dir, ROOT / package, quiet=1)
        await asyncio.to_thread(self.world.build)
        bare, plain = self._wanted
        if bare:
            name, password = f"bare-{secrets.token_hex(3)}", secrets.token_hex(8)
            await asyncio.to_thread(self.world.homeserver.register, name, password)
            client = await Light.arrive(self.world.homeserver, name, password, met_by=len(self.handles) + 10)
            self._clients.append(client)
            self.bare = Bare(client)
        self._start()
        if plain:
            await self._start_plain()
        gate = asyncio.Semaphore(AT_ONCE)
        self.members = list(await asyncio.gather(*(self._member(handle, gate) for handle in self.handles)))
        if self.bare is not None:
            self.bare.fan_rooms = [member.bare_room for member in self.others]

    async def _start_plain(self) -> None:
        name, password = f"plain-{secrets.token_hex(3)}", secrets.token_hex(8)
        await asyncio.to_thread(self.world.homeserver.register, name, password)
        login = await asyncio.to_thread(self.world.homeserver.log_in, name, password)
        folder = self.world.folder / "plain"
        folder.mkdir()
        self.plain = login["user_id"]
        self._plain_arguments = [
            *(self.world.homeserver.url, self.plain, login["device_id"], login["access_token"], str(folder)),
        ]
        await self.restart_plain()

    async def _member(self, handle: str, gate: asyncio.Semaphore) -> Member:
        account = _account(handle)
        async with gate:
            client = await Light.arrive(self.world.homeserver, self.world.user(account), self.world.passwords[account])
            self._clients.append(client)
            room = await client.create_room(f"{handle} and enlace", [self.world.bot])
            await client.wait_member(room, self.world.bot)
            challenge = await client.ask(room, "!verify", "identity statement v1", sender=self.world.bot)
            signed = await asyncio.to_thread(
                self.world.sign, account, challenge.body, client.device_id, client.session_key
            )
            await client.ask(room, f"!verify\n{signed}", sender=self.world.bot)
            member = Member(account, handle, client, room)
            if self.bare is not None:
                member.bare_room = await client.create_room(f"{handle} and the bare bot", [self.bare.client.user_id])
                await self.bare.client.join(member.bare_room)
                await client.wait_member(member.bare_room, self.bare.client.user_id)
                await self.bare.client.share(member.bare_room)
            if self.plain:
                member.plain_room = await client.create_room(f"{handle} and the plain bot", [self.plain])
                await client.wait_member(member.plain_room, self.plain)
        return member

    async def _take_down(self) -> None:
        await asyncio.gather(*(client.leave_for_good() for client in self._clients))
        await asyncio.to_thread(_stop, self._process)
        await asyncio.to_thread(_stop, self._plain_process)
        await self.world.take_down()


def _stop(process: subprocess.Popen[bytes] | None) -> None:
    if process is None:
        return
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _account(handle: str) -> str:
    return "p" + handle[-3:]
