"""``enlace keys rotate``: another passphrase, another device, another log key; never another Matrix identity.

Each may be cut off anywhere.  What is on its way lies in the vault, under a name of its own, until it is in use:
the same command, given again, goes on from there, and until then the bot does not run with half of it.
"""

import asyncio
import json
import os
import re
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from bot.audit.service import AuditLog, BadCheckpoint, CheckpointFile, NoteSigner, NoteVerifier, NotSigned, WrongLog
from bot.cli.alone import alone
from bot.cli.asking import ask, secret
from bot.cli.deployment import CONFIG, ConfigOption, StoreMissing, open_vault, settings
from bot.cli.homeserver import reaching
from bot.cli.init import show_identity
from bot.cli.provision import SEEDS, OtherRecovery, log_out, settled, with_password
from bot.cli.rewrite import SetElsewhere, set_values
from bot.cli.speak import out
from bot.cli.storage import open_database, open_log
from bot.config import Config
from bot.config.kept import ACCESS_TOKEN, LOG_SEED, MASTER_KEY, STORE_KEY
from bot.db.unit import Database
from bot.errors import NotDone
from bot.ids import DeviceId
from bot.matrix.session import LoggedIn, OwnIdentity, provision_identity, who_am_i
from bot.matrix.store import store_file
from keys.crosssigning import CrossSigningSeeds
from keys.vault import Vault

application = typer.Typer(
    help="Change the bot's own secrets while it is stopped; its Matrix identity stays.", no_args_is_help=True
)

NEXT_DEVICE, NEXT_SEED = "rotation.device", "rotation.log-seed"


class SameDevice(NotDone):
    """The access token belongs to the device {device}, which is the one in use. Nothing was changed."""

    code = "rotate-same-device"


class NoLogYet(NotDone):
    """The log has signed nothing yet, so its key needs no other. Nothing was changed."""

    code = "rotate-no-log-yet"


@application.command("passphrase")
def passphrase(
    config: ConfigOption = CONFIG,
    new_passphrase_file: Annotated[Path | None, typer.Option(help="File with the vault's new passphrase.")] = None,
) -> None:
    """Seal the vault under another passphrase. What it holds stays. The bot is stopped.

    Variable: ENLACE_NEW_PASSPHRASE. Older copies of the vault, backups too, open with the older passphrase."""
    loaded = settings(config)
    with alone(loaded):
        vault = open_vault(loaded)
        vault.change_passphrase(
            secret("ENLACE_NEW_PASSPHRASE", new_passphrase_file) or ask("new-passphrase", twice=True)
        )
        vault.save()
    out("keys-cli-new-passphrase")


# --- device -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Next:
    """A device that is to take over, and the one that it takes over from."""

    device: str
    token: str = field(repr=False)
    store_key: str = field(repr=False)
    old_device: str
    old_token: str = field(repr=False)


@application.command("device")
def device(
    config: ConfigOption = CONFIG,
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
    """Move to a new device: another access token, crypto store and store key, signed by the same identity.

    The old device is logged out. The bot is stopped. What is written to it meanwhile, the new device cannot read.
    Variables: ENLACE_RECOVERY_PASSPHRASE, ENLACE_MATRIX_PASSWORD, ENLACE_MATRIX_ACCESS_TOKEN."""
    loaded = settings(config)
    if "ENLACE_MATRIX__DEVICE_ID" in os.environ:
        raise SetElsewhere(key="matrix.device_id", path=config)
    with alone(loaded):
        vault = open_vault(loaded)
        token = secret("ENLACE_MATRIX_ACCESS_TOKEN", access_token_file)
        given = _Given(
            recovery=recovery,
            recovery_passphrase=secret("ENLACE_RECOVERY_PASSPHRASE", recovery_passphrase_file) or ask("its-passphrase"),
            password=None if token else secret("ENLACE_MATRIX_PASSWORD", password_file) or ask("password"),
            token=token,
            device=device_id,
        )
        identity = asyncio.run(_new_device(loaded, config, vault, given))
        if identity is not None:
            show_identity(identity)
    out("keys-cli-new-device")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    recovery: Path
    recovery_passphrase: str = field(repr=False)
    password: str | None = field(repr=False)
    token: str | None = field(repr=False)
    device: str


async def _new_device(config: Config, path: Path, vault: Vault, given: _Given) -> OwnIdentity | None:
    homeserver, user = config.matrix.homeserver, config.matrix.user_id
    with reaching(homeserver):
        if NEXT_DEVICE in vault.names:
            begun = _Next(**json.loads(vault.get(NEXT_DEVICE)))
            if begun.device == config.matrix.device_id:  # all but the end was done
                await _take_over(config, vault, begun)
                return None
            await _give_up(config, vault, begun)
        if not (config.matrix.store / store_file(config.matrix.device_id)).exists():
            raise StoreMissing(path=config.matrix.store)
        opened = await asyncio.to_thread(Vault.open, given.recovery, given.recovery_passphrase)
        seeds = CrossSigningSeeds.decode(opened.get(SEEDS))
        if vault.get(MASTER_KEY) != str(seeds.master_key).encode():
            raise OtherRecovery(path=given.recovery)
        if given.token is None:
            session = await with_password(homeserver, user, given.password or "", None)
        else:
            session = settled(await who_am_i(homeserver, given.token), user, given.device)
        if session.device_id == config.matrix.device_id:
            raise SameDevice(device=session.device_id)
        new = _Next(
            session.device_id,
            session.access_token,
            secrets.token_urlsafe(32),
            config.matrix.device_id,
            vault.get(ACCESS_TOKEN).decode(),
        )
        vault.put(NEXT_DEVICE, json.dumps(asdict(new)).encode())
        await asyncio.to_thread(vault.save)
        try:
            identity = await provision_identity(
                homeserver, session, config.matrix.store, new.store_key, seeds, password=given.password
            )
            set_values(path, "matrix", {"device_id": new.device})
        except BaseException:
            await _give_up(config, vault, new)
            raise
        await _take_over(config, vault, new)
    return identity


async def _give_up(config: Config, vault: Vault, new: _Next) -> None:
    """The old device stays; the new one is logged out, and its store taken away."""
    await log_out(config.matrix.homeserver, LoggedIn(config.matrix.user_id, DeviceId(new.device), new.token))
    _without_store(config, new.device)
    vault.remove(NEXT_DEVICE)
    await asyncio.to_thread(vault.save)


async def _take_over(config: Config, vault: Vault, new: _Next) -> None:
    """The configuration names the new device: log the old one out, which takes it off the account, and forget it."""
    vault.put(ACCESS_TOKEN, new.token.encode())
    vault.put(STORE_KEY, new.store_key.encode())
    await asyncio.to_thread(vault.save)
    await log_out(config.matrix.homeserver, LoggedIn(config.matrix.user_id, DeviceId(new.old_device), new.old_token))
    _without_store(config, new.old_device)
    vault.remove(NEXT_DEVICE)
    await asyncio.to_thread(vault.save)


def _without_store(config: Config, device: str) -> None:
    for ending in ("", "-wal", "-shm"):
        (config.matrix.store / f"{store_file(device)}{ending}").unlink(missing_ok=True)


# --- log --------------------------------------------------------------------------------------------------


@application.command("log")
def log_key(config: ConfigOption = CONFIG) -> None:
    """Give the log another key, under its next name: its first entry quotes the last checkpoint of the old key.

    The bot is stopped. `enlace audit verify` checks the whole log, across both names."""
    loaded = settings(config)
    for name in ("ENLACE_AUDIT__ORIGIN", "ENLACE_AUDIT__FOLLOWED"):
        if name in os.environ:
            raise SetElsewhere(key=name.removeprefix("ENLACE_").lower().replace("__", "."), path=config)
    with alone(loaded):
        vault = open_vault(loaded)
        origin = asyncio.run(_new_log(loaded, config, vault))
    out("keys-cli-new-log", origin=origin)


async def _new_log(config: Config, path: Path, vault: Vault) -> str:
    seed = vault.get(NEXT_SEED) if NEXT_SEED in vault.names else secrets.token_bytes(32)
    async with open_database(config) as database:
        if NEXT_SEED not in vault.names or not await _signed_by(database, config.log_origin, seed):
            old = open_log(config, vault)
            key = old.key
            if key is None:
                raise NoLogYet
            stem, number = re.fullmatch(r"(.*?)(?:/(\d{1,6}))?", config.log_origin).groups()  # type: ignore[union-attr]
            origin = f"{stem}/{int(number or 1) + 1}"
            vault.put(NEXT_SEED, seed)
            await asyncio.to_thread(vault.save)
            followed = [*config.audit.followed, key.vkey()]
            await _begin(config, database, old, origin, seed, followed)
            set_values(path, "audit", {"origin": origin, "followed": followed})
        else:
            origin = config.log_origin
    vault.put(LOG_SEED, seed)
    vault.remove(NEXT_SEED)
    await asyncio.to_thread(vault.save)
    return origin


async def _begin(
    config: Config, database: Database, old: AuditLog, origin: str, seed: bytes, followed: list[str]
) -> None:
    """The new log's first entry, with its first checkpoint; once, whatever was cut off before."""
    new = AuditLog(
        origin,
        NoteSigner.from_seed(origin, seed),
        file=CheckpointFile(config.audit.checkpoint_file),
        verifiers=[NoteVerifier.parse(key) for key in followed],
        extensions=config.policy.said_on_checkpoints,
    )
    if await _signed_by(database, origin, seed):
        await new.step(database)  # all that may be missing is the file
        return
    await old.start(database)
    last = await old.step(database)
    if last is None:
        raise NoLogYet
    await new.resume(database, last, details={"rotated": True, "key": new.key.vkey() if new.key else None})


async def _signed_by(database: Database, origin: str, seed: bytes) -> bool:
    """Whether this name has signed with this key already."""
    log = AuditLog(origin, NoteSigner.from_seed(origin, seed))
    async with database.reading() as unit:
        note = await log.newest_checkpoint(unit)
    if note is None:
        return False
    try:
        return log.read(note).origin == origin
    except (BadCheckpoint, NotSigned, WrongLog):
        return False
