"""What most commands begin with: the settings and the vault."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from bot import logs
from bot.config import Config, load_config
from bot.errors import ServiceError
from bot.i18n.catalogue import catalogue
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


def check_packages() -> None:
    """The three packages belong together (ADR 1); raises :class:`NotOurPackage`."""
    found = {name: find_spec(name) for name in ("bot", "handlers", "keys")}
    folders = {str(Path(spec.origin).parent.parent) if spec and spec.origin else "–" for spec in found.values()}
    if folders != {str(Path(__file__).parents[2])}:
        raise NotOurPackage(path=", ".join(sorted(folders)))
