"""``enlace identity``: who the bot is, signed, for publishing where people look."""

import asyncio
from base64 import b64encode

from bot.cli.deployment import CONFIG, ConfigOption, check_packages, open_vault, settings
from bot.cli.homeserver import own_identity
from bot.cli.storage import open_log
from bot.clock import Clock
from bot.config import Config
from bot.matrix.errors import OwnDeviceNotSigned
from keys.crosssigning import DeviceKey
from keys.fingerprint import MatrixKey, OpenPGPFingerprint
from keys.openpgp import OpenPGP
from keys.statement import compose_bot


def identity(config: ConfigOption = CONFIG) -> None:
    """Print the bot's user, device, master key, log key and OpenPGP fingerprint, clear-signed by its OpenPGP key.

    The homeserver is asked first whether it publishes the same."""
    check_packages()
    print(asyncio.run(_identity(settings(config))))


async def _identity(config: Config) -> str:
    vault = await asyncio.to_thread(open_vault, config)
    keys = await own_identity(config, vault)
    if keys.master_key is None:
        raise OwnDeviceNotSigned(device=keys.device_id)
    log_key = open_log(config, vault).key
    fingerprint = OpenPGPFingerprint(config.openpgp.fingerprint)
    text = compose_bot(
        user=keys.user_id,
        device=DeviceKey(keys.device_id, keys.ed25519),
        master_key=keys.master_key,
        log_key=MatrixKey(b64encode(log_key.public_key).decode().rstrip("=")) if log_key else None,
        openpgp=fingerprint,
        issued=Clock().now(),
    )
    with OpenPGP(config.openpgp.home) as keyring:
        return await asyncio.to_thread(keyring.sign_clear, text, fingerprint)
