"""Files in rooms: encrypted before they leave, checked when they come.

Matrix v1.19, "Sending encrypted attachments".
"""

import asyncio
import io
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any
from urllib.parse import quote
from weakref import WeakValueDictionary

from nio.crypto.attachments import decrypt_attachment, encrypt_attachment
from nio.exceptions import EncryptionError

from bot.exchange.files import Carried, FileAway, FileTooLarge
from bot.ids import UserId, server_of
from bot.matrix.client import Client, judge
from bot.matrix.errors import Denied, FileNotTaken, HomeserverAway, LoggedOut
from bot.matrix.rekeying import MEGABYTE, Rekeying

WAIT = 120.0
CARRY_WAIT = 120.0
"""Seconds for one file."""
TURN_WAIT = 300.0
"""Seconds for one file with what is carried before it."""
CARRIED_AT_ONCE = 2
LARGEST = 10 * 1024 * 1024
"""Bytes that are taken in or sent at once; a file is held in memory, never on disk."""


class MatrixFiles:
    """Attachments of one account."""

    def __init__(self, client: Client, largest: int = LARGEST) -> None:
        """``largest``: bytes of a file that is carried from one key to another."""
        self._client = client
        self._largest = largest
        self._turns = asyncio.Semaphore(CARRIED_AT_ONCE)
        self._lanes: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """One for each other homeserver, so that none that is slow takes all turns."""

    async def upload(self, data: bytes) -> dict[str, Any]:
        """Encrypt and upload; gives the ``file`` object for an ``m.file`` message.  Raises FileNotTaken."""
        if len(data) > LARGEST:
            raise FileNotTaken(reason=f"{len(data)} bytes, and {LARGEST} at most are taken")
        sealed, keys = encrypt_attachment(data)
        try:
            return {**keys, "url": await self._put(sealed, WAIT)}
        except (Denied, HomeserverAway, LoggedOut) as error:
            raise FileNotTaken(reason=str(error)) from error

    async def download(self, file: Mapping[str, Any], limit: int = LARGEST) -> bytes:
        """The bytes of an encrypted ``file`` object, at most ``limit``; raises FileNotTaken, also if changed."""
        path = _path(*_address(file.get("url")))
        key, hashes, iv = file.get("key"), file.get("hashes"), file.get("iv")
        value = key.get("k") if isinstance(key, Mapping) else None
        digest = hashes.get("sha256") if isinstance(hashes, Mapping) else None
        if not (isinstance(value, str) and isinstance(digest, str) and isinstance(iv, str)):
            raise FileNotTaken(reason="it is not encrypted")
        try:
            answer = await self._client.ask("GET", path, wait=WAIT, limit=limit)
            if answer.status != 200:
                judge(answer, str(self._client.user_id))
        except (Denied, HomeserverAway, LoggedOut) as error:
            raise FileNotTaken(reason=str(error)) from error
        try:
            plain: bytes = decrypt_attachment(answer.body, value, digest, iv)
        except (EncryptionError, ValueError, TypeError) as error:
            raise FileNotTaken(reason="it was changed on its way") from error
        return plain

    async def carry(self, file: Mapping[str, Any]) -> Carried:
        """Fetch, check, encrypt with a fresh key and upload; see :class:`bot.exchange.files.Files`.

        What is held in memory is encrypted: each piece that comes in goes through both ciphers at once."""
        rekeying = Rekeying(file, self._largest)
        try:
            server, media = _address(file.get("url"))
            async with asyncio.timeout(TURN_WAIT), self._lane(server), self._turns, asyncio.timeout(CARRY_WAIT):
                await self._fetch(_path(server, media), rekeying)
                url = await self._put(rekeying.finish(), CARRY_WAIT)
        except FileNotTaken as error:
            raise FileAway(reason="mxc://") from error
        except TimeoutError as error:
            raise FileAway(reason=f"{CARRY_WAIT:.0f} s") from error
        except Denied as error:
            if error.status == 413 or error.errcode == "M_TOO_LARGE":
                raise FileTooLarge(limit=max(1, rekeying.size // MEGABYTE)) from error
            raise FileAway(reason=str(error.values["reason"])) from error
        except (HomeserverAway, LoggedOut) as error:
            raise FileAway(reason=str(error.values.get("reason", error.code))) from error
        return Carried({**rekeying.keys, "url": url}, rekeying.size, rekeying.sha256, rekeying.start)

    def _lane(self, server: str) -> AbstractAsyncContextManager[None]:
        if server == server_of(UserId(str(self._client.user_id))):
            return nullcontext()
        return self._lanes.setdefault(server, asyncio.Lock())

    async def _fetch(self, path: str, rekeying: Rekeying) -> None:
        headers = {"Authorization": f"Bearer {self._client.access_token}"}
        answer = await self._client.transmit("GET", path, None, headers, CARRY_WAIT, 1 << 16, rekeying.take)
        if answer.status != 200:
            judge(answer, str(self._client.user_id))
            raise HomeserverAway(reason=f"HTTP {answer.status}")

    async def _put(self, sealed: bytes | io.BytesIO, wait: float) -> str:
        headers = {
            "Content-Type": "application/octet-stream",
            "Authorization": f"Bearer {self._client.access_token}",
        }
        answer = await self._client.transmit("POST", "/_matrix/media/v3/upload", sealed, headers, wait, 1 << 16)
        said = judge(answer, str(self._client.user_id))
        url = said.get("content_uri") if isinstance(said, dict) else None
        if not isinstance(url, str):
            raise HomeserverAway(reason="the homeserver named no address")
        return url


def _path(server: str, media: str) -> str:
    return f"/_matrix/client/v1/media/download/{quote(server, safe='')}/{quote(media, safe='')}"


def _address(url: Any) -> tuple[str, str]:
    """Server and media id of an ``mxc://`` address."""
    server, _, media = str(url or "").removeprefix("mxc://").partition("/")
    if not str(url).startswith("mxc://") or not server or not media or "/" in media:
        raise FileNotTaken(reason="it has no address on a homeserver")
    return server, media
