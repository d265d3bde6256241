"""A whole deployment, throw-away: homeserver, accounts, OpenPGP keys, directory, and enlace set up by its own
command line.  The demo tells its story in one; tests and benchmarks build theirs of it."""

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from bot.app import App
from bot.clock import Clock
from bot.config import Config, load_config
from bot.demo.person import Person
from bot.demo.synapse import Synapse
from bot.errors import ServiceError
from keys.fingerprint import OpenPGPFingerprint
from keys.openpgp import OpenPGP
from keys.vault import Vault

PATIENCE = 60.0
BOT = "enlace"


def in_a_new_process(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one command as an operator does."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        env=dict(environment),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


class CommandFailed(ServiceError):
    """“enlace {command}” failed: {said}"""

    code = "demo-command-failed"


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody who works for an organisation of the world."""

    account: str
    name: str
    roles: tuple[str, ...] = ("technical",)
    lead: bool = False
    languages: tuple[str, ...] = ()
    coordinator: bool = False


@dataclass(frozen=True, slots=True)
class Team:
    """An organisation of the world."""

    handle: str
    names: dict[str, str]
    country: str
    timezone: str
    languages: tuple[str, ...]
    staff: tuple[Staff, ...] = ()
    networks: dict[str, list[str]] = field(default_factory=lambda: {"csirtamericas": ["technical"]})
    contacts: tuple[dict[str, str], ...] = ()
    office_hours: str = "Mon-Fri 09:00-18:00"
    extra: dict[str, Any] = field(default_factory=dict)


class World:
    """One deployment in ``folder``; ``async with`` builds it and takes it down.

    The command line does the work, as an operator would: ``enlace init``, ``enlace directory import``."""

    command = staticmethod(in_a_new_process)
    """How a command of the command line is run."""

    def __init__(
        self,
        teams: Sequence[Team],
        *,
        homeserver: Synapse | None = None,
        homes: Mapping[str, Synapse] | None = None,
        folder: Path | None = None,
        also_import: Sequence[Path] = (),
        database: str = "",
        settings: dict[str, Any] | None = None,
    ) -> None:
        self.teams = tuple(teams)
        self._own_homeserver = homeserver is None
        self.homeserver = homeserver or Synapse()
        self._homes = dict(homes or {})
        self._own_folder = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="enlace-"))
        self.folder.chmod(0o700)
        self.clock = Clock()
        self.app: App | None = None
        self.passwords: dict[str, str] = {}
        self.fingerprints: dict[str, OpenPGPFingerprint] = {}
        self._also_import = tuple(also_import)
        self._database = database
        self._settings = settings or {}
        self._stop = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._suffix = "" if self._own_homeserver else "-" + secrets.token_hex(3)

    # --- names ------------------------------------------------------------------------------------------

    @property
    def bot(self) -> str:
        """The bot's Matrix user."""
        return self.user(BOT)

    @property
    def config_path(self) -> Path:
        """What ``enlace init`` wrote."""
        return self.folder / "config.yaml"

    def user(self, account: str) -> str:
        """The Matrix user of an account of this world (worlds that share a homeserver have names of their own)."""
        return self.home(account).user_id(account + self._suffix)

    def home(self, account: str) -> Synapse:
        """The homeserver of an account: that of the world, unless ``homes`` names another."""
        return self._homes.get(account, self.homeserver)

    def member(self, account: str) -> Staff:
        """One of the people."""
        return next(s for team in self.teams for s in team.staff if s.account == account)

    # --- life -------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        try:
            await asyncio.to_thread(self.build)
        except BaseException:
            await self.take_down()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.take_down()

    def build(self) -> None:
        """Homeserver, accounts, keys, ``enlace init``, import."""
        if self._own_homeserver:
            self.homeserver.start()
        people = [staff for team in self.teams for staff in team.staff]
        for account in (BOT, *(staff.account for staff in people)):
            self.passwords[account] = secrets.token_urlsafe(12)
            self.home(account).register(account + self._suffix, self.passwords[account])
        self._environment = {
            "ENLACE_MATRIX_PASSWORD": self.passwords[BOT],
            "ENLACE_VAULT__PASSPHRASE": secrets.token_urlsafe(24),
            "ENLACE_RECOVERY_PASSPHRASE": secrets.token_urlsafe(24),
        }
        self.keyring = OpenPGP(self.folder / "people")
        for staff in people:
            made = self.keyring.generate(staff.name, f"{staff.account}@example.org")
            self.fingerprints[staff.account] = made.fingerprint
        directory = self.write_directory(self.folder / "directory")
        coordinators = [staff for staff in people if staff.coordinator]
        options = [
            f"--coordinator={self.user(s.account)}; {self.fingerprints[s.account]}; {s.name}" for s in coordinators
        ]
        state = self.folder / "state"
        self.enlace(
            "init",
            f"--homeserver={self.homeserver.url}",
            f"--user={self.bot}",
            f"--state={state}",
            f"--recovery={self.folder / 'recovery'}",
            f"--config={self.config_path}",
            *([f"--database={self._database}"] if self._database else []),
            *options,
        )
        if self._settings:
            written = yaml.safe_load(self.config_path.read_text(encoding="utf-8"))
            for section, values in self._settings.items():
                written[section] = {**written.get(section, {}), **values}
            self.config_path.write_text(yaml.safe_dump(written, allow_unicode=True), encoding="utf-8")
        for path in (directory, *self._also_import):
            self.enlace("directory", "import", str(path), "--yes", "--partial")

    async def take_down(self) -> None:
        """Stop everything and remove it."""
        await self.stop()
        with contextlib.suppress(AttributeError):
            self.keyring.close()
        if self._own_homeserver:
            self.homeserver.stop()
            self.homeserver.purge()
        if self._own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    # --- the bot ----------------------------------------------------------------------------------------

    def enlace(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the command line; raises :class:`CommandFailed`."""
        more = ["--config", str(self.config_path)] if arguments[0] != "init" else []
        done = self.command([*arguments, *more], self.environment())
        if check and done.returncode != 0:
            raise CommandFailed(command=" ".join(arguments[:2]), said=(done.stderr or done.stdout)[-800:])
        return done

    def also_tell(self, **variables: str) -> None:
        """Set variables of the environment in which its commands run."""
        self._environment |= variables

    def environment(self) -> dict[str, str]:
        """What the bot's process needs to know."""
        return {**os.environ, "LANG": "en_US.UTF-8", "LC_ALL": "en_US.UTF-8", **self._environment}

    def config(self) -> Config:
        """The settings as the bot reads them."""
        return load_config(self.config_path, self.environment())

    async def run(self) -> App:
        """Start enlace in this process, on a clock that can be pushed (:attr:`clock`)."""
        config = self.config()
        assert config.vault.passphrase is not None  # noqa: S101  (it is in our environment)
        vault = await asyncio.to_thread(Vault.open, config.vault.path, config.vault.passphrase.get_secret_value())
        self.app = await App.open(config, vault, self.clock)
        self._stop = asyncio.Event()
        self._running = asyncio.create_task(self.app.run(self._stop), name="enlace")
        return self.app

    async def stop(self) -> None:
        """Stop it as SIGTERM would."""
        if self.app is None or self._running is None:
            return
        self._stop.set()
        try:
            await asyncio.wait_for(self._running, PATIENCE)
        finally:
            await self.app.close()
            self.app = self._running = None

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start enlace as a process of its own, which a test may kill."""
        log = (self.folder / "run.log").open("ab")
        return subprocess.Popen(
            [sys.executable, "-m", "bot", "run", "--config", str(self.config_path)],
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )

    # --- people -----------------------------------------------------------------------------------------

    async def arrive(self, account: str, *, cross_signed: bool = True) -> Person:
        """A new device of one of the people."""
        name, password = account + self._suffix, self.passwords[account]
        return await Person.arrive(self.home(account).url, name, password, cross_signed=cross_signed)

    async def enrol(self, person: Person, account: str, *, word: str = "!verify") -> str:
        """Open a direct room with the bot and go through ``!verify``; returns the room."""
        room = await person.create_room(f"{account} and enlace", [self.bot])
        await person.wait_member(room, self.bot)
        await self.verify(person, account, room, word=word)
        return room

    async def verify(self, person: Person, account: str, room: str, *, word: str = "!verify") -> str:
        """Ask for the challenge, sign it with the person's key, send it back; returns the bot's answer."""
        challenge = await person.ask(room, word, "identity statement v1", sender=self.bot)
        signed = await asyncio.to_thread(self.sign, account, challenge.body, person.device_id, person.session_key)
        return (await person.ask(room, f"{word}\n{signed}", sender=self.bot)).body

    def sign(self, account: str, challenge: str, device: str, session_key: str) -> str:
        """What a person does with the challenge: fill in their own device, sign with their own key."""
        lines = challenge[challenge.index("enlace identity statement v1") :].split("\n")
        end = next(number for number, line in enumerate(lines) if line.startswith("Expires:"))
        text = "\n".join(lines[: end + 1]).replace("<device id> <session key>", f"{device} {session_key}") + "\n"
        return self.keyring.sign_clear(text, self.fingerprints[account])

    async def desk(self, owner: Person, *others: Person) -> str:
        """A desk room that an organisation's person makes for colleagues and the bot."""
        room = await owner.create_room("Desk", [self.bot, *(other.user_id for other in others)])
        for other in others:
            await other.join(room)
        for user in (self.bot, *(other.user_id for other in others)):
            await owner.wait_member(room, user)
        return room

    async def until_verified(self, *rooms: str) -> None:
        """Wait until the bot (in this process) has verified these rooms."""
        if self.app is None:
            raise RuntimeError("only where the bot runs in this process")
        async with asyncio.timeout(PATIENCE):
            while not all(self.app.matrix.trust.room(room).ok for room in rooms):  # type: ignore[arg-type]
                await asyncio.sleep(0.05)

    # --- files ------------------------------------------------------------------------------------------

    def write_directory(self, folder: Path) -> Path:
        """The teams as a native directory file with its key files; returns the file."""
        folder.mkdir(exist_ok=True)
        organisations = []
        for team in self.teams:
            people = []
            for staff in team.staff:
                fingerprint = self.fingerprints[staff.account]
                file = f"{staff.account}.asc"
                (folder / file).write_bytes(self.keyring.export_public(fingerprint))
                people.append(
                    {
                        "name": staff.name,
                        "mxid": self.user(staff.account),
                        "roles": list(staff.roles),
                        "lead": staff.lead,
                        **({"languages": list(staff.languages)} if staff.languages else {}),
                        "openpgp": [{"fingerprint": fingerprint.grouped(), "key_file": file}],
                    }
                )
            organisations.append(
                {
                    "handle": team.handle,
                    "names": team.names,
                    "country": team.country,
                    "timezone": team.timezone,
                    "office_hours": team.office_hours,
                    "languages": list(team.languages),
                    "networks": team.networks,
                    "contacts": list(team.contacts),
                    **({"people": people} if people else {}),
                    **team.extra,
                }
            )
        networks = [{"id": id_} for id_ in sorted({n for team in self.teams for n in team.networks})]
        path = folder / "directory.yaml"
        # Through JSON, so that no two places share an object: YAML would write an alias, which imports refuse.
        document = json.loads(json.dumps({"networks": networks, "organisations": organisations}))
        path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
        return path
