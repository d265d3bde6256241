"""The homeserver, as commands reach it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from bot.cli.deployment import StoreMissing
from bot.cli.speak import why
from bot.config import Config
from bot.config.kept import ACCESS_TOKEN, MASTER_KEY, STORE_KEY
from bot.errors import ServiceError
from bot.ids import DeviceId
from bot.matrix.client import Client
from bot.matrix.errors import HomeserverAway, Limited
from bot.matrix.session import LoggedIn, OwnIdentity, check_identity, close, connect
from keys.vault import Vault


class HomeserverDown(ServiceError):
    """The homeserver at {url} cannot be reached: {reason}."""

    code = "homeserver-down"


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
