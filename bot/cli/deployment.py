"""What most commands begin with: the settings, the vault, the database, the homeserver."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from bot import logs
from bot.app import ACCESS_TOKEN, LOG_SEED, MASTER_KEY, STORE_KEY
from bot.audit.service import AuditLog, CheckpointFile, NoteSigner, NoteVerifier
from bot.cli.speak import why
from bot.clock import Clock
from bot.config import Config, load_config
from bot.db.unit import Database
from bot.errors import ServiceError
from bot.i18n.catalogue import catalogue
from bot.ids import DeviceId
from bot.matrix.client import Client
from bot.matrix.errors import HomeserverAway, Limited
from bot.matrix.session import LoggedIn, OwnIdentity, check_identity, close, connect
from bot.migrations import require_current
from keys.errors import EnlaceError
from keys.vault import Vault

ConfigOption = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="ENLACE_CONFIG", help="The configuration file.", show_default=True),
]
CONFIG = Path("config.yaml")


class NoPassphrase(ServiceError):
    """The vault's passphrase is not given."""

    code = "no-passphrase"


class NoConfig(ServiceError):
    """There is no configuration at {path}."""

    code = "no-config"


class NotOurPackage(ServiceError):
    """The Python package “bot” in use lies in {path} and is not enlace's."""

    code = "not-our-package"


class HomeserverDown(ServiceError):
    """The homeserver at {url} cannot be reached: {reason}."""

    code = "homeserver-down"


class DatabaseDown(ServiceError):
    """The database cannot be used: {reason}."""

    code = "database-down"


class StoreMissing(ServiceError):
    """There is no crypto store of the bot's device in {path}."""

    code = "store-missing"


def settings(path: Path) -> Config:
    """The configuration, with logging as it says; raises :class:`NoConfig`, :class:`bot.config.ConfigError`."""
    if not path.exists():
        raise NoConfig(path=path.absolute())
    config = load_config(path, os.environ, catalogue().languages)
    logs.configure(form=config.logging.format, level=config.logging.level)
    return config


def open_vault(config: Config) -> Vault:
    """The vault under the configured passphrase; raises :class:`NoPassphrase` or a vault error."""
    if config.vault.passphrase is None:
        raise NoPassphrase
    return Vault.open(config.vault.path, config.vault.passphrase.get_secret_value())


def open_log(config: Config, vault: Vault | None) -> AuditLog:
    """The log; without a vault nothing can be signed."""
    signer = NoteSigner.from_seed(config.log_origin, vault.get(LOG_SEED)) if vault else None
    followed = [NoteVerifier.parse(key) for key in config.audit.followed]
    return AuditLog(config.log_origin, signer, file=CheckpointFile(config.audit.checkpoint_file), verifiers=followed)


@asynccontextmanager
async def open_database(config: Config) -> AsyncIterator[Database]:
    """The database in this version's shape; raises :class:`bot.migrations.DatabaseBehind`, :class:`DatabaseDown`."""
    database = Database.open(config.database_url, Clock())
    try:
        with reaching_database():
            await require_current(database)
        yield database
    finally:
        await database.close()


@contextmanager
def reaching_database() -> Iterator[None]:
    """What goes wrong on the way to the database becomes :class:`DatabaseDown`."""
    try:
        yield
    except EnlaceError:
        raise
    except Exception as error:  # each driver has errors of its own
        cause = getattr(error, "orig", None) or error
        raise DatabaseDown(reason=(str(cause).strip() or type(cause).__name__).splitlines()[0]) from error


@contextmanager
def reaching(url: str) -> Iterator[None]:
    """No answer from the homeserver becomes :class:`HomeserverDown`, which names it and says why."""
    try:
        yield
    except Limited:
        raise
    except HomeserverAway as away:
        cause = away.__cause__
        raise HomeserverDown(url=url, reason=why(cause) if cause else away.values.get("reason", "–")) from away


async def own_identity(config: Config, vault: Vault) -> OwnIdentity:
    """The bot's keys, if the homeserver publishes exactly these, signed; also while the bot runs: nothing is sent
    and nothing is kept.  Raises :class:`StoreMissing`, :class:`HomeserverDown` and what
    :func:`bot.matrix.session.check_identity` raises."""
    async with connected(config, vault) as client:
        return await check_identity(client, vault.get(MASTER_KEY).decode())


@asynccontextmanager
async def connected(config: Config, vault: Vault) -> AsyncIterator[Client]:
    """The bot's own device, to look and not to send; raises :class:`StoreMissing`, :class:`HomeserverDown`."""
    if not any(config.matrix.store.glob("olm-*.db")):
        raise StoreMissing(path=config.matrix.store)  # opening it would make a new one
    token, store_key = vault.get(ACCESS_TOKEN).decode(), vault.get(STORE_KEY).decode()
    session = LoggedIn(config.matrix.user_id, DeviceId(config.matrix.device_id), token)
    client = connect(config.matrix.homeserver, session, config.matrix.store, store_key)
    try:
        with reaching(config.matrix.homeserver):
            yield client
    finally:
        await close(client)


def check_packages() -> None:
    """The three packages belong together (ADR 1); raises :class:`NotOurPackage`."""
    found = {name: find_spec(name) for name in ("bot", "handlers", "keys")}
    folders = {str(Path(spec.origin).parent.parent) if spec and spec.origin else "–" for spec in found.values()}
    if folders != {str(Path(__file__).parents[2])}:
        raise NotOurPackage(path=", ".join(sorted(folders)))
