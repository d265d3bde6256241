"""``enlace check``: goes through everything that has to be right; each line is ok or says how to mend it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import aiohttp
import typer

from bot.app import ladders_of
from bot.cli.deployment import CONFIG, ConfigOption, check_packages, open_vault, settings
from bot.cli.homeserver import connected, own_identity, reaching
from bot.cli.register import open_register
from bot.cli.speak import out, said, text
from bot.cli.storage import open_database, open_log
from bot.clock import Clock
from bot.config import Config
from bot.config.kept import ACCESS_TOKEN
from bot.directory.rules.proposing import TWO
from bot.directory.service import Register
from bot.errors import ServiceError
from bot.matrix.session import other_devices, who_am_i
from bot.notify.silence import readers
from keys.errors import EnlaceError
from keys.fingerprint import OpenPGPFingerprint
from keys.openpgp import NoSuchKey, OpenPGP
from keys.policy import judge_key
from keys.vault import Vault, check_private

CLOCKS_MAY_DIFFER = 60
"""Seconds.  Statements and late answers are judged by this machine's clock against others'."""


class NoStateFolder(ServiceError):
    """The state folder {path} is not there."""

    code = "no-state-folder"


class ClockWrong(ServiceError):
    """This machine's clock and the homeserver's differ by {seconds} seconds."""

    code = "clock-wrong"


class OtherDevices(ServiceError):
    """The account {user} has other devices than the bot's: {devices}."""

    code = "other-devices"


class OwnKeyUnfit(ServiceError):
    """The bot cannot sign with its own OpenPGP key. {why}"""

    code = "own-key-unfit"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the report.  ``needs`` names steps without which it would only repeat their failure."""

    name: str
    work: Callable[[], Awaitable[None]]
    needs: tuple[str, ...] = ()


class Examination:
    """One run of all checks."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._vault: Vault | None = None

    @property
    def steps(self) -> tuple[Step, ...]:
        """In the order in which they are shown."""
        return (
            Step("state", self._state),
            Step("vault", self._open_vault, ("state",)),
            Step("homeserver", self._homeserver, ("vault",)),
            Step("time", self._time, ("homeserver",)),
            Step("identity", self._identity, ("homeserver",)),
            Step("devices", self._devices, ("homeserver", "identity")),
            Step("openpgp", self._openpgp, ("state",)),
            Step("database", self._database),
            Step("ladders", self._ladders, ("database",)),
            Step("log", self._log, ("vault", "database")),
        )

    async def run(self) -> bool:
        """Do every step and print its line; True if all are ok."""
        good: set[str] = set()
        for step in self.steps:
            what = text(f"cli-check-{step.name}")
            missing = [text(f"cli-check-{name}") for name in step.needs if name not in good]
            if missing:
                out("cli-check-not-looked-at", what=what, first=", ".join(missing))
                continue
            try:
                await step.work()
            except EnlaceError as error:
                out("cli-check-bad", what=what, why=said(error))
            else:
                good.add(step.name)
                out("cli-check-ok", what=what)
        return len(good) == len(self.steps)

    @property
    def vault(self) -> Vault:
        """The open vault."""
        if self._vault is None:
            raise LookupError("the vault is not open")
        return self._vault

    async def _state(self) -> None:
        if not self._config.state_directory.is_dir():
            raise NoStateFolder(path=self._config.state_directory)
        check_private(self._config.state_directory, directory=True)

    async def _open_vault(self) -> None:
        self._vault = await asyncio.to_thread(open_vault, self._config)

    async def _homeserver(self) -> None:
        with reaching(self._config.matrix.homeserver):
            await who_am_i(self._config.matrix.homeserver, self.vault.get(ACCESS_TOKEN).decode())

    async def _time(self) -> None:
        url = f"{self._config.matrix.homeserver}/_matrix/client/versions"
        try:
            async with aiohttp.ClientSession() as http, http.get(url, timeout=aiohttp.ClientTimeout(10)) as answer:
                theirs = parsedate_to_datetime(answer.headers["Date"])
        except (aiohttp.ClientError, TimeoutError, KeyError, ValueError):
            return  # whether it can be reached at all has its own line; a server need not say the time
        seconds = abs(round((Clock().now() - theirs).total_seconds()))
        if seconds > CLOCKS_MAY_DIFFER:
            raise ClockWrong(seconds=seconds)

    async def _identity(self) -> None:
        await own_identity(self._config, self.vault)

    async def _devices(self) -> None:
        async with connected(self._config, self.vault) as client:
            found = await other_devices(client)
        if found:
            named = [
                text("cli-check-device-signed" if signed else "cli-check-device-unsigned", device=device)
                for device, signed in found.items()
            ]
            raise OtherDevices(user=self._config.matrix.user_id, devices=", ".join(named))

    async def _openpgp(self) -> None:
        await asyncio.to_thread(self._sign_something)

    def _sign_something(self) -> None:
        fingerprint = OpenPGPFingerprint(self._config.openpgp.fingerprint)
        with OpenPGP(self._config.openpgp.home) as keyring:
            info = keyring.key(fingerprint)
            if info is None:
                raise NoSuchKey(fingerprint=fingerprint.grouped())
            for check in judge_key(info, Clock().now(), "sign"):
                if not check.ok:
                    why = text(f"check-{check.name}", **check.values)
                    raise OwnKeyUnfit(why=why)
            keyring.sign_clear("enlace check\n", fingerprint)

    async def _database(self) -> None:
        async with open_database(self._config):
            pass

    async def _ladders(self) -> None:
        async with open_database(self._config) as database:
            ladders_of(self._config, await open_register(self._config, database))

    async def _log(self) -> None:
        async with open_database(self._config) as database:
            await open_log(self._config, self.vault).start(database)


async def _examined(config: Config) -> bool:
    good = await Examination(config).run()
    with suppress(EnlaceError):  # what is wrong with the database was said
        async with open_database(config) as database:
            register = await open_register(config, database)
            if config.notify.smtp_host is not None and not readers(register, config.notify.operators):
                out("cli-check-silence-nobody")
            for where, handle in _unknown(config, register):
                out("cli-check-unknown-organisation", where=where, organisation=handle)
    return good


def _unknown(config: Config, register: Register) -> Iterator[tuple[str, str]]:
    """Organisations that settings name and the directory does not know, and where: nobody is reached there."""
    for number, hook in enumerate(config.notify.webhooks, start=1):
        if register.organisation(hook.organisation) is None:
            yield f"notify.webhooks[{number}]", hook.organisation
    policies = ladders_of(config, register)
    ladders = [policies.deployment, *policies.networks.values(), *policies.organisations.values()]
    steps = [step for ladder in ladders for policy in ladder.values() for step in policy.steps]
    named = [*policies.organisations, *(handle for step in steps for handle in step.organisations)]
    for handle in {handle.casefold(): handle for handle in named}.values():
        if register.organisation(handle) is None:
            yield "policy.ladders", handle


def check(config: ConfigOption = CONFIG) -> None:
    """Go through settings, vault, homeserver, time, identity, keys, database, ladders, log: ok, or how to mend it."""
    check_packages()
    loaded = settings(config)
    out("cli-check-ok", what=config.name)
    if loaded.policy.approvals < TWO:
        out("cli-check-one-approval")
    if not asyncio.run(_examined(loaded)):
        raise typer.Exit(1)
