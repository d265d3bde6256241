"""``enlace init``: from an account to a bot with keys, an identity, a vault, a database and a configuration."""

import asyncio
import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from bot.app import ACCESS_TOKEN, LOG_SEED, MASTER_KEY, STORE_KEY
from bot.cli.speak import language, out
from bot.clock import Clock
from bot.config import load_config
from bot.db.unit import Database
from bot.errors import EnlaceError, NotDone, ServiceError
from bot.i18n.catalogue import say
from bot.ids import UserId, parse_user_id
from bot.matrix.session import LoggedIn, log_in, provision_identity, who_am_i
from bot.migrations import upgrade
from keys.crosssigning import CrossSigningSeeds
from keys.fingerprint import OpenPGPFingerprint
from keys.openpgp import OpenPGP
from keys.vault import SHORTEST_PASSPHRASE, Vault

SEEDS = "matrix.cross-signing-seeds"


class NotAsked(NotDone):
    """{what} is not given, and there is no terminal to ask on. Nothing was made."""

    code = "init-not-asked"


class BadCoordinator(NotDone):
    """“{value}” does not name a coordinator. Nothing was made."""

    code = "init-bad-coordinator"


class TooFewCoordinators(NotDone):
    """Only {count} coordinators are named; at least two are needed. Nothing was made."""

    code = "init-too-few-coordinators"


class AlreadyThere(NotDone):
    """{path} is there already; nothing was changed."""

    code = "init-already-there"


class OtherAccount(ServiceError):
    """The access token belongs to {found}, not to {wanted}. Nothing was made."""

    code = "init-other-account"


@dataclass(frozen=True, slots=True)
class Coordinator:
    """One of the people from whom all trust starts."""

    user: UserId
    fingerprint: OpenPGPFingerprint
    name: str
    phone: str | None


def init(
    homeserver: Annotated[str, typer.Option(help="Base URL of the homeserver.")] = "",
    user: Annotated[str, typer.Option(help="The bot's Matrix user, such as @enlace:example.org.")] = "",
    coordinator: Annotated[
        list[str] | None,
        typer.Option(help="“@user:server; OpenPGP fingerprint; name; published phone”, at least twice."),
    ] = None,
    password_file: Annotated[Path | None, typer.Option(help="File with the account's password.")] = None,
    access_token_file: Annotated[Path | None, typer.Option(help="File with an access token, instead.")] = None,
    passphrase_file: Annotated[Path | None, typer.Option(help="File with the vault's passphrase.")] = None,
    recovery_passphrase_file: Annotated[
        Path | None, typer.Option(help="File with the recovery file's own passphrase.")
    ] = None,
    recovery: Annotated[Path, typer.Option(help="Where to write the recovery file.")] = Path("enlace-recovery"),
    state: Annotated[Path, typer.Option(help="Where enlace keeps its state.")] = Path("state"),
    config: Annotated[Path, typer.Option("--config", "-c", help="The configuration to write.")] = Path("config.yaml"),
    database: Annotated[str, typer.Option(help="SQLAlchemy URL; default: SQLite in the state folder.")] = "",
) -> None:
    """Set enlace up on an account: asks on a terminal; takes everything by options, variables and files in a script.

    Variables: ENLACE_MATRIX_PASSWORD, ENLACE_MATRIX_ACCESS_TOKEN, ENLACE_VAULT__PASSPHRASE,
    ENLACE_RECOVERY_PASSPHRASE.  Secrets are never options."""
    for path in (config, state / "vault", recovery):
        if path.exists():
            raise AlreadyThere(path=path)
    server = homeserver or _ask("homeserver")
    account = parse_user_id(user or _ask("user"))
    coordinators = _coordinators(coordinator or [])
    token = _secret("ENLACE_MATRIX_ACCESS_TOKEN", access_token_file)
    password = None if token else _secret("ENLACE_MATRIX_PASSWORD", password_file) or _ask("password", hidden=True)
    passphrase = _secret("ENLACE_VAULT__PASSPHRASE", passphrase_file) or _ask("passphrase", hidden=True)
    recovery_passphrase = _secret("ENLACE_RECOVERY_PASSPHRASE", recovery_passphrase_file) or _ask(
        "recovery-passphrase", hidden=True
    )
    asyncio.run(
        _init(
            server, account, coordinators, token, password, passphrase, recovery_passphrase, recovery, state, config,
            database,
        )
    )  # fmt: skip


async def _init(
    server: str,
    account: UserId,
    coordinators: list[Coordinator],
    token: str | None,
    password: str | None,
    passphrase: str,
    recovery_passphrase: str,
    recovery: Path,
    state: Path,
    config: Path,
    database: str,
) -> None:
    session = await _session(server, account, token, password)
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    state.chmod(0o700)
    seeds = CrossSigningSeeds(*(secrets.token_bytes(32) for _ in range(3)))
    # The recovery file first: an identity that is published and then lost could never be replaced quietly.
    Vault.create(recovery, recovery_passphrase, {SEEDS: seeds.encode()})
    store_key = secrets.token_urlsafe(32)
    try:
        identity = await provision_identity(server, session, state / "matrix", store_key, seeds, password=password)
    except EnlaceError:
        recovery.unlink()
        raise
    out("cli-init-identity", user=account, device=session.device_id, session=identity.ed25519.grouped())
    with OpenPGP(state / "openpgp") as openpgp:
        own = await asyncio.to_thread(openpgp.generate, "enlace", f"{account[1:].replace(':', '@', 1)}")
    Vault.create(
        state / "vault",
        passphrase,
        {
            ACCESS_TOKEN: session.access_token.encode(),
            STORE_KEY: store_key.encode(),
            MASTER_KEY: str(seeds.master_key).encode(),
            LOG_SEED: secrets.token_bytes(32),
        },
    )
    _write_config(config, server, session, own.fingerprint, coordinators, state, database)
    settings = load_config(config, {**os.environ, "ENLACE_VAULT__PASSPHRASE": passphrase})
    opened = Database.open(settings.database_url, Clock())
    try:
        await upgrade(opened)
    finally:
        await opened.close()
    out("cli-init-openpgp", fingerprint=own.fingerprint.grouped())
    out("cli-init-done", config=str(config), recovery=str(recovery))


async def _session(server: str, account: UserId, token: str | None, password: str | None) -> LoggedIn:
    if token is None:
        return await log_in(server, account, password or "")
    session = await who_am_i(server, token)
    if session.user_id != account:
        raise OtherAccount(found=session.user_id, wanted=account)
    return session


def _write_config(
    path: Path,
    server: str,
    session: LoggedIn,
    fingerprint: OpenPGPFingerprint,
    coordinators: list[Coordinator],
    state: Path,
    database: str,
) -> None:
    content: dict[str, Any] = {
        "state_directory": str(state.absolute()),
        "matrix": {"homeserver": server, "user_id": session.user_id, "device_id": session.device_id},
        "openpgp": {"fingerprint": fingerprint.grouped()},
        "policy": {
            "coordinators": [
                {
                    "user": str(c.user),
                    "fingerprint": c.fingerprint.grouped(),
                    "name": c.name,
                    **({"phone": c.phone} if c.phone else {}),
                }
                for c in coordinators
            ]
        },
        **({"database": {"url": database}} if database else {}),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "# Written by `enlace init`. Every setting: docs/settings.md and config.example.yaml.\n"
    path.write_text(text + yaml.safe_dump(_plain(content), sort_keys=False, allow_unicode=True), encoding="utf-8")
    path.chmod(0o600)


def _plain(value: Any) -> Any:
    """Only what YAML has words for: our string types are strings."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return str(value)


def _coordinators(given: list[str]) -> list[Coordinator]:
    found = [_coordinator(value) for value in given]
    while len(found) < 2 and sys.stdin.isatty():
        found.append(_coordinator(_ask("coordinator")))
    if len(found) < 2:
        raise TooFewCoordinators(count=len(found))
    return found


def _coordinator(value: str) -> Coordinator:
    parts = [part.strip() for part in value.split(";")]
    if len(parts) not in (3, 4) or not all(parts[:3]):
        raise BadCoordinator(value=value)
    return Coordinator(
        parse_user_id(parts[0]),
        OpenPGPFingerprint(parts[1]),
        parts[2],
        parts[3] if len(parts) == 4 and parts[3] else None,
    )


def _secret(variable: str, file: Path | None) -> str | None:
    if file is not None:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    return os.environ.get(variable)


def _ask(what: str, *, hidden: bool = False) -> str:
    text = say(language(), f"cli-ask-{what}", shortest=SHORTEST_PASSPHRASE).plain
    if not sys.stdin.isatty():
        raise NotAsked(what=text)
    return str(typer.prompt(text, hide_input=hidden, confirmation_prompt=hidden and "passphrase" in what))
