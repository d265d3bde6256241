"""``enlace keys``: the bot's own keys, kept for the day on which the machine is gone, and put back on another."""

import asyncio
import secrets
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import rotate, stopping
from bot.cli.alone import alone
from bot.cli.asking import ask, secret
from bot.cli.deployment import CONFIG, ConfigOption, NoPassphrase, open_vault, settings
from bot.cli.homeserver import reaching
from bot.cli.init import show_identity
from bot.cli.provision import (
    SEEDS,
    AlreadyThere,
    OtherRecovery,
    log_out,
    settled,
    take_away,
    with_password,
)
from bot.cli.rewrite import SetElsewhere, set_values
from bot.cli.speak import out
from bot.config import Config
from bot.config.kept import ACCESS_TOKEN, MASTER_KEY, STORE_KEY
from bot.errors import NotDone
from bot.matrix.session import LoggedIn, OwnIdentity, provision_identity, who_am_i
from keys.crosssigning import CrossSigningSeeds
from keys.fingerprint import OpenPGPFingerprint
from keys.openpgp import OpenPGP
from keys.vault import Vault, check_private, write_private

application = typer.Typer(
    help="The bot's own keys: other ones, a backup of them, and a new machine.", no_args_is_help=True
)
application.add_typer(rotate.application, name="rotate")

KEPT_CONFIG, KEPT_VAULT, KEPT_OPENPGP = "enlace config", "enlace vault", "enlace openpgp"

PassphraseFile = Annotated[Path | None, typer.Option(help="File with the backup's own passphrase.")]


class NotABackup(NotDone):
    """{path} is not a backup that `enlace keys backup` wrote."""

    code = "keys-not-a-backup"


class DeviceLost(NotDone):
    """The access token belongs to the device {device}, whose crypto store is lost. Nothing was made."""

    code = "keys-device-lost"


@application.command("backup")
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write, in a folder with mode 0700; never replaced.")],
    config: ConfigOption = CONFIG,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Seal the configuration, the vault and the bot's OpenPGP key into one file. The bot is stopped.

    Never the crypto store: an old copy of it must not come back. The vault in it stays under its own passphrase, and
    the database has backups of its own. Variable: ENLACE_BACKUP_PASSPHRASE."""
    loaded = settings(config)
    if file.exists():
        raise AlreadyThere(path=file)
    with alone(loaded):
        open_vault(loaded)  # what cannot be opened is no backup
        passphrase = secret("ENLACE_BACKUP_PASSPHRASE", passphrase_file) or ask("backup-passphrase", twice=True)
        with OpenPGP(loaded.openpgp.home) as keyring:
            own = keyring.export_secret(OpenPGPFingerprint(loaded.openpgp.fingerprint))
        kept = {
            KEPT_CONFIG: config.read_bytes(),
            KEPT_VAULT: loaded.vault.path.read_bytes(),
            KEPT_OPENPGP: own,
        }
        Vault.create(file, passphrase, kept)
    out("keys-cli-backed-up", path=str(file))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """What ``enlace keys restore`` was told."""

    file: Path
    config: Path
    passphrase: str = field(repr=False)
    recovery: Path
    recovery_passphrase: str = field(repr=False)
    password: str | None = field(repr=False)
    token: str | None = field(repr=False)
    device: str


@application.command("restore")
def restore(
    file: Annotated[Path, typer.Argument(help="What `enlace keys backup` wrote.")],
    config: ConfigOption = CONFIG,
    passphrase_file: PassphraseFile = None,
    recovery: Annotated[Path, typer.Option(help="The recovery file that `enlace init` wrote.")] = Path(
        "enlace-recovery/identity"
    ),
    recovery_passphrase_file: Annotated[
        Path | None, typer.Option(help="File with the recovery file's own passphrase.")
    ] = None,
    password_file: Annotated[Path | None, typer.Option(help="File with the account's password.")] = None,
    access_token_file: Annotated[
        Path | None, typer.Option(help="File with the access token of a new log-in, instead.")
    ] = None,
    device_id: Annotated[str, typer.Option(help="The access token's device, if the homeserver does not tell.")] = "",
) -> None:
    """Put the bot on a new machine: its settings and keys, and a new device, signed by the same Matrix identity.

    Configuration, vault, OpenPGP home and crypto store must not be there yet; the database may be.
    Variables: ENLACE_BACKUP_PASSPHRASE, ENLACE_RECOVERY_PASSPHRASE, ENLACE_MATRIX_PASSWORD,
    ENLACE_MATRIX_ACCESS_TOKEN, and the vault's own. What fails leaves nothing half done."""
    if config.exists():
        raise AlreadyThere(path=config)
    token = secret("ENLACE_MATRIX_ACCESS_TOKEN", access_token_file)
    given = _Given(
        file=file,
        config=config,
        passphrase=secret("ENLACE_BACKUP_PASSPHRASE", passphrase_file) or ask("backup-passphrase"),
        recovery=recovery,
        recovery_passphrase=secret("ENLACE_RECOVERY_PASSPHRASE", recovery_passphrase_file) or ask("its-passphrase"),
        password=None if token else secret("ENLACE_MATRIX_PASSWORD", password_file) or ask("password"),
        token=token,
        device=device_id,
    )
    show_identity(stopping.run(_restore(given)))
    out("keys-cli-restored")


async def _restore(given: _Given) -> OwnIdentity:
    kept = await asyncio.to_thread(Vault.open, given.file, given.passphrase)
    if not kept.names >= {KEPT_CONFIG, KEPT_VAULT, KEPT_OPENPGP}:
        raise NotABackup(path=given.file)
    opened = await asyncio.to_thread(Vault.open, given.recovery, given.recovery_passphrase)
    seeds = CrossSigningSeeds.decode(opened.get(SEEDS))
    async with AsyncExitStack() as undo:
        _made(undo, given.config)
        given.config.parent.mkdir(parents=True, exist_ok=True)
        write_private(given.config, kept.get(KEPT_CONFIG), replace=False)
        config = settings(given.config)
        _check_free(config)
        for path in (config.vault.path, config.openpgp.home, config.matrix.store):
            _made(undo, path)
        vault = await _put_back(config, kept)
        if vault.get(MASTER_KEY) != str(seeds.master_key).encode():
            raise OtherRecovery(path=given.recovery)
        with reaching(config.matrix.homeserver):
            session = await _new_device(config, given)
            if given.token is None:
                undo.push_async_callback(log_out, config.matrix.homeserver, session)
            store_key = secrets.token_urlsafe(32)
            vault.put(ACCESS_TOKEN, session.access_token.encode())
            vault.put(STORE_KEY, store_key.encode())
            await asyncio.to_thread(vault.save)
            set_values(given.config, "matrix", {"device_id": session.device_id})
            if settings(given.config).matrix.device_id != session.device_id:
                raise SetElsewhere(key="matrix.device_id", path=given.config)
            identity = await provision_identity(
                config.matrix.homeserver, session, config.matrix.store, store_key, seeds, password=given.password
            )
        undo.pop_all()
    return identity


def _made(undo: AsyncExitStack, path: Path) -> None:
    """From here on this is ours to take away again, with the folders that were not there."""
    undo.callback(take_away, [path], [folder for folder in path.absolute().parents if not folder.exists()])


def _check_free(config: Config) -> None:
    if config.vault.passphrase is None:
        raise NoPassphrase
    for there in (config.vault.path, config.openpgp.home, config.matrix.store):
        if there.exists():
            raise AlreadyThere(path=there)


async def _put_back(config: Config, kept: Vault) -> Vault:
    """Vault and OpenPGP key as they were."""
    for folder in (config.state_directory, config.vault.path.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_private(folder, directory=True)
    write_private(config.vault.path, kept.get(KEPT_VAULT), replace=False)
    vault = await asyncio.to_thread(open_vault, config)

    def openpgp() -> None:
        with OpenPGP(config.openpgp.home) as keyring:
            keyring.restore_secret(kept.get(KEPT_OPENPGP), OpenPGPFingerprint(config.openpgp.fingerprint))

    await asyncio.to_thread(openpgp)
    return vault


async def _new_device(config: Config, given: _Given) -> LoggedIn:
    """A log-in of the same account that is not the lost device's."""
    homeserver, user = config.matrix.homeserver, config.matrix.user_id
    if given.token is None:
        return await with_password(homeserver, user, given.password or "", None)
    found = settled(await who_am_i(homeserver, given.token), user, given.device)
    if found.device_id == config.matrix.device_id:
        raise DeviceLost(device=found.device_id)
    return found
