"""What ``enlace init`` makes, in an order in which nothing half done is left behind.

First everything that can be made here, then the log-in, and last the one step that cannot be taken back: the
identity is published.  Whatever fails before that is undone, the log-in too.  What fails there leaves either
nothing published, and is undone as well, or everything in place to be finished by ``enlace init --finish``.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bot.cli.deployment import open_vault
from bot.cli.homeserver import reaching
from bot.cli.storage import reaching_database
from bot.clock import Clock
from bot.config import Config, load_config
from bot.config.kept import ACCESS_TOKEN, LOG_SEED, MASTER_KEY, STORE_KEY
from bot.db.unit import Database
from bot.errors import EnlaceError, NotDone, ServiceError
from bot.i18n.catalogue import catalogue
from bot.ids import DeviceId, UserId
from bot.matrix.client import Client, path
from bot.matrix.errors import Denied, LoggedOut, LoginRefused
from bot.matrix.session import (
    LoggedIn,
    OwnIdentity,
    close,
    connect,
    log_in,
    provision_identity,
    published,
    who_am_i,
)
from bot.migrations.upgrading import upgrade
from keys.crosssigning import CrossSigningSeeds
from keys.fingerprint import OpenPGPFingerprint
from keys.openpgp import OpenPGP
from keys.vault import SHORTEST_PASSPHRASE, PassphraseTooShort, Vault, check_private, write_private

SEEDS = "matrix.cross-signing-seeds"
OURS = ("matrix", "openpgp", "vault", "checkpoint", "enlace.db", "enlace.db-wal", "enlace.db-shm")
"""What enlace keeps in its state folder."""
_NOT_YET = "NOT-YET"


class AlreadyThere(NotDone):
    """{path} is there already; nothing was changed."""

    code = "init-already-there"


class OtherAccount(ServiceError):
    """The access token belongs to {found}, not to {wanted}. Nothing was made."""

    code = "init-other-account"


class OtherDevice(ServiceError):
    """The access token belongs to the device {found}, not to {wanted}. Nothing was made."""

    code = "init-other-device"


class WrongPassword(ServiceError):
    """The homeserver does not accept this password for {user}. Nothing was made."""

    code = "init-wrong-password"


class NoPasswordLogin(ServiceError):
    """The homeserver does not let {user} log in with a password: {reason}. Nothing was made."""

    code = "init-no-password-login"


class HalfPublished(ServiceError):
    """The identity of {user} may be published already, but then something failed: {reason}."""

    code = "init-half-published"


class Stopped(NotDone):
    """It was stopped."""

    code = "init-stopped"


class OtherRecovery(NotDone):
    """The recovery file {path} holds another identity than the one in use. Nothing was changed."""

    code = "init-other-recovery"


@dataclass(frozen=True, slots=True)
class Coordinator:
    """One of the people from whom all trust starts."""

    user: UserId
    fingerprint: OpenPGPFingerprint
    name: str
    phone: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """All that ``enlace init`` was told."""

    homeserver: str
    user: UserId
    coordinators: tuple[Coordinator, ...]
    token: str | None = field(repr=False)
    device: str
    password: str | None = field(repr=False)
    passphrase: str = field(repr=False)
    passphrase_file: Path | None
    recovery_passphrase: str = field(repr=False)
    recovery: Path
    state: Path
    config: Path
    database: str


@dataclass(frozen=True, slots=True)
class Made:
    """What people have to know of it."""

    identity: OwnIdentity
    fingerprint: OpenPGPFingerprint


def check_free(config: Path, recovery: Path, state: Path) -> None:
    """Raises :class:`AlreadyThere` for anything that :func:`make` would write over."""
    for there in (config, recovery, *(state / name for name in OURS)):
        if there.exists():
            raise AlreadyThere(path=there)


async def make(wanted: Wanted) -> Made:
    """Do it all or leave nothing; raises what went wrong.  :func:`check_free` comes first."""
    for passphrase in (wanted.passphrase, wanted.recovery_passphrase):
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise PassphraseTooShort(least=SHORTEST_PASSPHRASE)
    async with AsyncExitStack() as undo:
        files = [*(wanted.state / name for name in OURS), wanted.recovery, wanted.config]
        folders = {folder for file in files for folder in file.absolute().parents if not folder.exists()}
        undo.callback(take_away, files, sorted(folders, reverse=True))
        wanted.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_private(wanted.state, directory=True)
        seeds = CrossSigningSeeds(*(secrets.token_bytes(32) for _ in range(3)))
        store_key = secrets.token_urlsafe(32)
        await asyncio.to_thread(Vault.create, wanted.recovery, wanted.recovery_passphrase, {SEEDS: seeds.encode()})
        with OpenPGP(wanted.state / "openpgp") as openpgp:
            address = wanted.user[1:].replace(":", "@", 1)
            own = await asyncio.to_thread(openpgp.generate, "enlace", address)
        # Read before anybody logs in: a password must not go to a homeserver that the settings refuse.
        await _upgrade(_write_config(wanted, _NOT_YET, own.fingerprint))
        with reaching(wanted.homeserver):
            session = await _log_in(wanted)
        if wanted.token is None:
            undo.push_async_callback(log_out, wanted.homeserver, session)
        _write_config(wanted, session.device_id, own.fingerprint)
        sealed = {
            ACCESS_TOKEN: session.access_token.encode(),
            STORE_KEY: store_key.encode(),
            MASTER_KEY: str(seeds.master_key).encode(),
            LOG_SEED: secrets.token_bytes(32),
        }
        await asyncio.to_thread(Vault.create, wanted.state / "vault", wanted.passphrase, sealed)
        store = wanted.state / "matrix"
        try:
            with reaching(wanted.homeserver):
                identity = await provision_identity(
                    wanted.homeserver, session, store, store_key, seeds, password=wanted.password
                )
        except (EnlaceError, asyncio.CancelledError) as error:
            if await _may_be_published(wanted.homeserver, session, store, store_key, seeds):
                undo.pop_all()
                reason = error if isinstance(error, EnlaceError) else Stopped()
                raise HalfPublished(user=wanted.user, reason=reason) from error
            raise
        undo.pop_all()
    return Made(identity, own.fingerprint)


async def finish(
    config: Config, recovery: Path, recovery_passphrase: str, password: str | None, token: str | None
) -> OwnIdentity:
    """Publish and sign what is missing: after an ``init`` that was cut off, a log-out, a signature that went lost.

    The device stays the same.  Raises :class:`OtherRecovery`, what opening the two sealed files raises, and
    :class:`LoggedOut` if the session is over and there is neither a password nor a token for a new one."""
    vault = await asyncio.to_thread(open_vault, config)
    kept = await asyncio.to_thread(Vault.open, recovery, recovery_passphrase)
    seeds = CrossSigningSeeds.decode(kept.get(SEEDS))
    if str(seeds.master_key).encode() != vault.get(MASTER_KEY):
        raise OtherRecovery(path=recovery)
    homeserver, user, device = config.matrix.homeserver, config.matrix.user_id, config.matrix.device_id
    with reaching(homeserver):
        try:
            session = await who_am_i(homeserver, token or vault.get(ACCESS_TOKEN).decode())
        except LoggedOut:
            if password is None:
                raise
            session = await with_password(homeserver, user, password, device)
        session = settled(session, user, device)
        identity = await provision_identity(
            homeserver, session, config.matrix.store, vault.get(STORE_KEY).decode(), seeds, password=password
        )
    vault.put(ACCESS_TOKEN, session.access_token.encode())
    await asyncio.to_thread(vault.save)
    return identity


async def _log_in(wanted: Wanted) -> LoggedIn:
    if wanted.token is None:
        return await with_password(wanted.homeserver, wanted.user, wanted.password or "", None)
    return settled(await who_am_i(wanted.homeserver, wanted.token), wanted.user, wanted.device)


def settled(session: LoggedIn, user: UserId, device: str) -> LoggedIn:
    """The session, if it is the account's and the device's that were named (a homeserver may not tell the device)."""
    if session.user_id != user:
        raise OtherAccount(found=session.user_id, wanted=user)
    if session.device_id in {"", "None"}:
        session = LoggedIn(session.user_id, DeviceId(device), session.access_token)
    if not session.device_id or (device and session.device_id != device):
        raise OtherDevice(found=session.device_id or "–", wanted=device or "–")
    return session


async def with_password(homeserver: str, user: UserId, password: str, device: str | None) -> LoggedIn:
    try:
        return await log_in(homeserver, user, password, device_id=device)
    except LoginRefused as refused:
        cause = refused.__cause__
        if isinstance(cause, Denied) and cause.errcode != "M_FORBIDDEN":
            raise NoPasswordLogin(user=user, reason=str(cause.values.get("reason", "–"))) from refused
        raise WrongPassword(user=user) from refused


async def log_out(homeserver: str, session: LoggedIn) -> None:
    client = Client(homeserver, session.user_id, session.device_id)
    client.access_token = session.access_token
    try:
        with contextlib.suppress(EnlaceError):
            await client.call("POST", path("logout"), {})
    finally:
        await client.close()


async def _may_be_published(
    homeserver: str, session: LoggedIn, store: Path, store_key: str, seeds: CrossSigningSeeds
) -> bool:
    """Whether the identity is out, as far as can be known: no answer is no proof that it is not."""
    try:
        client = connect(homeserver, session, store, store_key)
        try:
            return (await published(client)).master_key == seeds.master_key
        finally:
            await close(client)
    except EnlaceError:
        return True


async def _upgrade(config: Config) -> None:
    database = Database.open(config.database_url, Clock())
    try:
        with reaching_database():
            await upgrade(database)
    finally:
        await database.close()


def take_away(files: list[Path], folders: list[Path]) -> None:
    """Take away what was made, and those of the folders (innermost first) that were made for it."""
    for file in files:
        if file.is_dir():
            shutil.rmtree(file, ignore_errors=True)
        else:
            file.unlink(missing_ok=True)
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()


def _write_config(wanted: Wanted, device: str, fingerprint: OpenPGPFingerprint) -> Config:
    content: dict[str, Any] = {
        "state_directory": wanted.state.absolute(),
        "matrix": {"homeserver": wanted.homeserver, "user_id": wanted.user, "device_id": device},
        "openpgp": {"fingerprint": fingerprint.grouped()},
        "policy": {
            "coordinators": [
                {
                    "user": c.user,
                    "fingerprint": c.fingerprint.grouped(),
                    "name": c.name,
                    **({"phone": c.phone} if c.phone else {}),
                }
                for c in wanted.coordinators
            ]
        },
        **({"vault": {"passphrase_file": wanted.passphrase_file.absolute()}} if wanted.passphrase_file else {}),
        **({"database": {"url": wanted.database}} if wanted.database else {}),
    }
    text = "# Written by `enlace init`. Every setting: docs/settings.md and config.example.yaml.\n"
    text += yaml.safe_dump(_plain(content), sort_keys=False, allow_unicode=True)
    wanted.config.parent.mkdir(parents=True, exist_ok=True)
    write_private(wanted.config, text.encode(), replace=True)
    return load_config(wanted.config, _environment(wanted), catalogue().languages)


def _environment(wanted: Wanted) -> Mapping[str, str]:
    given = {name: value for name, value in os.environ.items() if not name.startswith("ENLACE_VAULT__PASSPHRASE")}
    return given if wanted.passphrase_file else {**given, "ENLACE_VAULT__PASSPHRASE": wanted.passphrase}


def _plain(value: Any) -> Any:
    """Only what YAML has words for: our string types and paths are strings."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return str(value)
