"""What most commands begin with: the settings, the vault, the database."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from bot import logs
from bot.audit.service import AuditLog, CheckpointFile, NoteSigner
from bot.clock import Clock
from bot.config import Config, load_config
from bot.db.unit import Database
from bot.errors import ServiceError
from bot.i18n.catalogue import catalogue
from bot.migrations import require_current
from keys.vault import Vault

LOG_SEED = "audit.seed"

ConfigOption = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="ENLACE_CONFIG", help="The configuration file.", show_default=True),
]
CONFIG = Path("config.yaml")


class NoPassphrase(ServiceError):
    """The vault's passphrase is not given."""

    code = "no-passphrase"


class NotOurPackage(ServiceError):
    """The Python package “bot” in use lies in {path} and is not enlace's."""

    code = "not-our-package"


def settings(path: Path) -> Config:
    """The configuration, with logging as it says; raises :class:`bot.config.ConfigError`."""
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
    return AuditLog(config.log_origin, signer, file=CheckpointFile(config.audit.checkpoint_file))


@asynccontextmanager
async def open_database(config: Config) -> AsyncIterator[Database]:
    """The database in this version's shape; raises :class:`bot.migrations.DatabaseBehind`."""
    database = Database.open(config.database_url, Clock())
    try:
        await require_current(database)
        yield database
    finally:
        await database.close()


def check_packages() -> None:
    """The three packages belong together (ADR 1); raises :class:`NotOurPackage`."""
    found = {name: find_spec(name) for name in ("bot", "handlers", "keys")}
    folders = {str(Path(spec.origin).parent.parent) if spec and spec.origin else "–" for spec in found.values()}
    if folders != {str(Path(__file__).parents[2])}:
        raise NotOurPackage(path=", ".join(sorted(folders)))
