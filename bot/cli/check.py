"""``enlace check``: goes through everything that has to be right; each line is ok or says how to mend it."""

import asyncio
from collections.abc import Awaitable, Callable

import typer

from bot.app import ACCESS_TOKEN, MASTER_KEY, STORE_KEY
from bot.cli.deployment import CONFIG, ConfigOption, check_packages, open_database, open_log, open_vault, settings
from bot.cli.speak import language, out
from bot.config import Config
from bot.i18n.catalogue import catalogue
from bot.ids import DeviceId
from bot.matrix.session import LoggedIn, check_identity, close, connect, who_am_i
from keys.errors import EnlaceError
from keys.fingerprint import OpenPGPFingerprint
from keys.openpgp import NoSuchKey, OpenPGP
from keys.vault import Vault, check_private


def check(config: ConfigOption = CONFIG) -> None:
    """Go through packages, settings, vault, homeserver, identity, OpenPGP key, database and log."""
    check_packages()
    loaded = settings(config)
    out("cli-check-ok", what="config.yaml")
    if asyncio.run(_check(loaded)):
        raise typer.Exit(1)


async def _check(config: Config) -> int:
    failures = 0
    vault: Vault | None = None

    async def step(what: str, work: Callable[[], Awaitable[None]]) -> None:
        nonlocal failures
        try:
            await work()
        except EnlaceError as error:
            failures += 1
            print(f"✗ {what}: {catalogue().error(language(), error).plain}")
        else:
            out("cli-check-ok", what=what)

    async def rights() -> None:
        check_private(config.state_directory, directory=True)

    async def opened() -> None:
        nonlocal vault
        vault = open_vault(config)

    async def homeserver() -> None:
        if vault is not None:
            await who_am_i(config.matrix.homeserver, vault.get(ACCESS_TOKEN).decode())

    async def identity() -> None:
        if vault is None:
            return
        session = LoggedIn(config.matrix.user_id, DeviceId(config.matrix.device_id), vault.get(ACCESS_TOKEN).decode())
        client = connect(config.matrix.homeserver, session, config.matrix.store, vault.get(STORE_KEY).decode())
        try:
            await check_identity(client, vault.get(MASTER_KEY).decode())
        finally:
            await close(client)

    async def openpgp() -> None:
        fingerprint = OpenPGPFingerprint(config.openpgp.fingerprint)
        with OpenPGP(config.openpgp.home) as keyring:
            if await asyncio.to_thread(keyring.key, fingerprint) is None:
                raise NoSuchKey(fingerprint=fingerprint.grouped())

    async def database() -> None:
        async with open_database(config):
            pass

    async def log() -> None:
        async with open_database(config) as opened_database:
            await open_log(config, vault).start(opened_database)

    for what, work in (
        ("state", rights),
        ("vault", opened),
        ("homeserver", homeserver),
        ("identity", identity),
        ("openpgp", openpgp),
        ("database", database),
        ("log", log),
    ):
        await step(what, work)
    return failures
