"""The bot's own account: logging in, its cross-signing identity, and the check without which nothing starts."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.ids import DeviceId, UserId
from bot.matrix import http
from bot.matrix.client import Client, path
from bot.matrix.errors import (
    Denied,
    IdentityReplaced,
    LoggedOut,
    LoginRefused,
    OwnDeviceChanged,
    OwnDeviceNotSigned,
)
from keys.crosssigning import (
    CrossSigningSeeds,
    SeenIdentity,
    master_signed_by_device,
    public_keys,
    read_identity,
    signatures_upload,
)
from keys.fingerprint import MatrixKey


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A session on the homeserver."""

    user_id: UserId
    device_id: DeviceId
    access_token: str

    def __repr__(self) -> str:
        return f"LoggedIn({self.user_id}, {self.device_id})"  # never the token


@dataclass(frozen=True, slots=True)
class OwnIdentity:
    """What enlace publishes about itself; all keys public, unpadded base64."""

    user_id: UserId
    device_id: DeviceId
    ed25519: MatrixKey
    curve25519: MatrixKey
    master_key: MatrixKey | None


async def log_in(
    homeserver: str, user: str, password: str, *, device_id: str | None = None, device_name: str = "enlace"
) -> LoggedIn:
    """Log in with a password (``m.login.password``); raises :class:`LoginRefused` or :class:`HomeserverAway`.

    Naming the ``device_id`` of an earlier session takes that device up again.
    """
    body: dict[str, Any] = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": user},
        "password": password,
        "initial_device_display_name": device_name,
    }
    if device_id:
        body["device_id"] = device_id
    client = Client(homeserver)
    try:
        answer = await client.call("POST", path("login"), body)
    except (Denied, LoggedOut) as denied:
        raise LoginRefused(user=user, reason=str(denied)) from denied
    finally:
        await client.close()
    values = [answer.get(name) for name in ("user_id", "device_id", "access_token")]
    if not all(isinstance(value, str) and value for value in values):
        raise LoginRefused(user=user, reason="the answer names no session")
    return LoggedIn(UserId(str(values[0])), DeviceId(str(values[1])), str(values[2]))


async def who_am_i(homeserver: str, access_token: str) -> LoggedIn:
    """The session that a token belongs to; raises :class:`LoggedOut`, :class:`HomeserverAway`."""
    client = Client(homeserver)
    client.access_token = access_token
    try:
        answer = await client.call("GET", path("account", "whoami"))
    finally:
        await client.close()
    return LoggedIn(UserId(str(answer.get("user_id"))), DeviceId(str(answer.get("device_id"))), access_token)


def connect(homeserver: str, session: LoggedIn, store: Path, pickle_key: str) -> Client:
    """A client with its crypto store open; nothing is sent.  Raises StoreUnsafe."""
    client = Client(homeserver, session.user_id, session.device_id)
    client.restore_login(session.user_id, session.device_id, session.access_token)
    client.open_store(store, pickle_key)
    return client


async def provision_identity(
    homeserver: str,
    session: LoggedIn,
    store: Path,
    pickle_key: str,
    seeds: CrossSigningSeeds,
    *,
    password: str | None = None,
) -> OwnIdentity:
    """Make this device and the identity of ``seeds`` vouch for each other on the homeserver, and check that it took.

    For ``enlace init``, and after a lost disk with a new device and the same seeds.  The first identity of an
    account needs no password; :class:`IdentityReplaced` is raised rather than another identity overwritten.
    May be repeated after any failure.  Raises also Denied, HomeserverAway, LoggedOut, StoreUnsafe.
    """
    client = connect(homeserver, session, store, pickle_key)
    try:
        olm = client.olm
        await http.upload_keys(client, {**olm.keys_to_upload(None, False), "device_keys": olm.device_keys()})
        olm.uploaded()
        seen = await published(client)
        if seen.master_key not in (None, seeds.master_key):
            raise IdentityReplaced(user=session.user_id)

        def sign(message: bytes) -> bytes:
            return b64decode(olm.account.sign(message.decode()) + "==")

        if seen.self_signing_key != seeds.self_signing_key:
            # Homeservers show others only those signatures of the master key that come with its own upload.
            master = master_signed_by_device(seeds, session.user_id, session.device_id, sign)
            keys = {**public_keys(seeds, session.user_id), "master_key": master}
            await http.upload_identity(client, keys, password)
        await http.upload_signatures(client, signatures_upload(seeds, session.user_id, olm.device_keys(), sign))
        return await check_identity(client, seeds.master_key)
    finally:
        await close(client)


async def published(client: Client) -> SeenIdentity:
    """What the homeserver publishes about the bot itself."""
    user = str(client.user_id)
    answer = await http.query_keys(client, [user])

    def part(name: str) -> Any:
        value = answer.get(name)
        return value.get(user) if isinstance(value, Mapping) else None

    return read_identity(user, part("master_keys"), part("self_signing_keys"), part("device_keys"))


async def check_identity(client: Client, master_key: str | None) -> OwnIdentity:
    """The bot's own keys, if the homeserver publishes exactly these, signed by the identity as provisioned.

    Raises :class:`OwnDeviceChanged` (other keys than in our store), :class:`OwnDeviceNotSigned`,
    :class:`IdentityReplaced` (another master key than ``master_key``; None does not compare).
    """
    seen = await published(client)
    keys = client.olm.account.identity_keys
    device = seen.devices.get(str(client.device_id))
    if device is None or device.ed25519 != keys["ed25519"] or device.curve25519 != keys["curve25519"]:
        raise OwnDeviceChanged(device=str(client.device_id))
    if master_key is not None and seen.master_key != master_key:
        raise IdentityReplaced(user=str(client.user_id))
    if not device.cross_signed or seen.master_key is None:
        raise OwnDeviceNotSigned(device=str(client.device_id))
    return OwnIdentity(
        UserId(str(client.user_id)),
        DeviceId(str(client.device_id)),
        MatrixKey(device.ed25519),
        MatrixKey(device.curve25519),
        MatrixKey(seen.master_key),
    )


async def other_devices(client: Client) -> dict[DeviceId, bool]:
    """The account's other devices, those without keys too: whether the bot's identity has signed each.

    The server's word: one that it hides gets nothing either.  Raises what :meth:`Client.call` raises."""
    seen = await published(client)
    listed = (await client.call("GET", path("devices"))).get("devices")
    named = {device.get("device_id") for device in listed or () if isinstance(device, Mapping)}
    return {
        DeviceId(name): name in seen.devices and seen.devices[name].cross_signed
        for name in sorted({name for name in named if isinstance(name, str)} | seen.devices.keys())
        if name != client.device_id
    }


async def close(client: Client) -> None:
    """Give connection and store back."""
    try:
        await client.close()
    finally:
        if getattr(client, "store", None) is not None:
            client.store.close()
