"""A whole deployment whose homeserver does not answer: configuration, vault and database."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.clock import Clock
from bot.config import Config, load_config
from bot.config.kept import ACCESS_TOKEN, LOG_SEED, MASTER_KEY, STORE_KEY
from bot.db.unit import Database
from bot.migrations.upgrading import upgrade
from keys.vault import Vault
from tests.harness.serving import free_port

PASSPHRASE = "a long passphrase for a test"


@dataclass(frozen=True)
class Offline:
    """Its settings, and its vault, open."""

    config: Config
    vault: Vault


async def offline(folder: Path, more: str, *, key: str = "A" * 40, gnupg: Path, **environment: str) -> Offline:
    """One in ``folder``, with ``more`` sections; ``key`` is the bot's, in ``gnupg``."""
    made = await asyncio.to_thread(_written, folder, more, key, gnupg, environment)
    database = Database.open(made.config.database_url, Clock())
    await upgrade(database)
    await database.close()
    return made


def _written(folder: Path, more: str, key: str, gnupg: Path, environment: Mapping[str, str]) -> Offline:
    (folder / "config.yaml").write_text(
        f"""\
state_directory: {folder}
matrix: {{homeserver: "http://127.0.0.1:{free_port()}", user_id: "@enlace:example.org", device_id: ENLACE01}}
openpgp: {{fingerprint: "{key}", home: {gnupg}}}
policy:
  coordinators:
    - {{user: "@yan:oea.org", name: Yan, fingerprint: "{"B" * 40}"}}
    - {{user: "@zoe:oea.org", name: Zoe, fingerprint: "{"C" * 40}"}}
{more}""",
        encoding="utf-8",
    )
    folder.chmod(0o700)
    kept = {name: secrets.token_bytes(32).hex().encode() for name in (ACCESS_TOKEN, STORE_KEY, MASTER_KEY)}
    vault = Vault.create(folder / "vault", PASSPHRASE, {**kept, LOG_SEED: secrets.token_bytes(32)})
    config = load_config(folder / "config.yaml", {"ENLACE_VAULT__PASSPHRASE": PASSPHRASE, **environment})
    return Offline(config, vault)
