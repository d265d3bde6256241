"""``enlace init``: from an account to a bot with keys, an identity, a vault, a database and a configuration."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import stopping
from bot.cli.asking import ask, secret
from bot.cli.deployment import settings
from bot.cli.provision import Coordinator, Wanted, check_free, finish, make
from bot.cli.speak import out
from bot.errors import NotDone
from bot.ids import parse_user_id
from bot.matrix.session import OwnIdentity
from keys.fingerprint import OpenPGPFingerprint

LEAST_COORDINATORS = 2


class BadCoordinator(NotDone):
    """“{value}” does not name a coordinator. Nothing was made."""

    code = "init-bad-coordinator"


class TooFewCoordinators(NotDone):
    """Only {count} coordinators are named; at least two are needed. Nothing was made."""

    code = "init-too-few-coordinators"


def init(
    homeserver: Annotated[str, typer.Option(help="Base URL of the homeserver.")] = "",
    user: Annotated[str, typer.Option(help="The bot's Matrix user, such as @enlace:example.org.")] = "",
    coordinator: Annotated[
        list[str] | None,
        typer.Option(help="“@user:server; OpenPGP fingerprint; name; published phone”, at least twice."),
    ] = None,
    password_file: Annotated[Path | None, typer.Option(help="File with the account's password.")] = None,
    access_token_file: Annotated[Path | None, typer.Option(help="File with an access token, instead.")] = None,
    device_id: Annotated[str, typer.Option(help="The access token's device, if the homeserver does not tell.")] = "",
    passphrase_file: Annotated[
        Path | None, typer.Option(help="File (mode 0600) with the vault's passphrase; the configuration will name it.")
    ] = None,
    recovery_passphrase_file: Annotated[
        Path | None, typer.Option(help="File with the recovery file's own passphrase.")
    ] = None,
    recovery: Annotated[Path, typer.Option(help="Where to write the recovery file; its folder has mode 0700.")] = Path(
        "enlace-recovery/identity"
    ),
    state: Annotated[Path, typer.Option(help="Where enlace keeps its state.")] = Path("state"),
    config: Annotated[Path, typer.Option("--config", "-c", help="The configuration to write.")] = Path("config.yaml"),
    database: Annotated[str, typer.Option(help="SQLAlchemy URL; default: SQLite in the state folder.")] = "",
    finish_only: Annotated[
        bool,
        typer.Option("--finish", help="Sign the device of an existing configuration anew, with the recovery file."),
    ] = False,
) -> None:
    """Set enlace up on an account: asks on a terminal; in a script it takes options, variables and files.

    Variables: ENLACE_MATRIX_PASSWORD, ENLACE_MATRIX_ACCESS_TOKEN, ENLACE_VAULT__PASSPHRASE,
    ENLACE_RECOVERY_PASSPHRASE.  Secrets are never options.  What fails leaves nothing half done."""
    token = secret("ENLACE_MATRIX_ACCESS_TOKEN", access_token_file)
    if finish_only:
        loaded = settings(config)
        password = secret("ENLACE_MATRIX_PASSWORD", password_file)
        opened_by = secret("ENLACE_RECOVERY_PASSPHRASE", recovery_passphrase_file) or ask("its-passphrase")
        show_identity(asyncio.run(finish(loaded, recovery, opened_by, password, token)))
        return
    check_free(config, recovery, state)
    wanted = Wanted(
        homeserver=(homeserver or ask("homeserver")).rstrip("/"),
        user=parse_user_id(user or ask("user")),
        coordinators=_coordinators(coordinator or []),
        token=token,
        device=device_id,
        password=None if token else secret("ENLACE_MATRIX_PASSWORD", password_file) or ask("password"),
        passphrase=secret("ENLACE_VAULT__PASSPHRASE", passphrase_file) or ask("passphrase", twice=True),
        passphrase_file=passphrase_file,
        recovery_passphrase=secret("ENLACE_RECOVERY_PASSPHRASE", recovery_passphrase_file)
        or ask("recovery-passphrase", twice=True),
        recovery=recovery,
        state=state,
        config=config,
        database=database,
    )
    made = stopping.run(make(wanted))
    show_identity(made.identity)
    out("cli-init-openpgp", fingerprint=made.fingerprint.grouped())
    out("cli-init-done", config=str(config), recovery=str(recovery))


def show_identity(identity: OwnIdentity) -> None:
    """One line: who the bot is now."""
    key = identity.ed25519.grouped()
    out("cli-init-identity", user=identity.user_id, device=identity.device_id, session=key)


def _coordinators(given: list[str]) -> tuple[Coordinator, ...]:
    found = [_coordinator(value) for value in given]
    while len(found) < LEAST_COORDINATORS and sys.stdin.isatty():
        found.append(_coordinator(ask("coordinator")))
    if len(found) < LEAST_COORDINATORS:
        raise TooFewCoordinators(count=len(found))
    return tuple(found)


def _coordinator(value: str) -> Coordinator:
    parts = [part.strip() for part in value.split(";")]
    if len(parts) not in (3, 4) or not all(parts[:3]):
        raise BadCoordinator(value=value)
    user, fingerprint, name, phone = (*parts, "")[:4]
    return Coordinator(parse_user_id(user), OpenPGPFingerprint(fingerprint), name, phone or None)
