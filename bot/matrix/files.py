"""Files in rooms: encrypted before they leave, checked when they come.

Matrix v1.19, "Sending encrypted attachments".
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from nio.crypto.attachments import decrypt_attachment, encrypt_attachment
from nio.exceptions import EncryptionError

from bot.matrix.client import Client, judge
from bot.matrix.errors import Denied, FileNotTaken, HomeserverAway, LoggedOut

WAIT = 120.0
LARGEST = 10 * 1024 * 1024
"""Bytes that are taken in or sent at once; a file is held in memory, never on disk."""


class MatrixFiles:
    """Attachments of one account."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def upload(self, data: bytes) -> dict[str, Any]:
        """Encrypt and upload; gives the ``file`` object for an ``m.file`` message.  Raises FileNotTaken."""
        if len(data) > LARGEST:
            raise FileNotTaken(reason=f"{len(data)} bytes, and {LARGEST} at most are taken")
        sealed, keys = encrypt_attachment(data)
        headers = {
            "Content-Type": "application/octet-stream",
            "Authorization": f"Bearer {self._client.access_token}",
        }
        try:
            answer = await self._client.transmit("POST", "/_matrix/media/v3/upload", sealed, headers, WAIT, 1 << 16)
            said = judge(answer, str(self._client.user_id))
        except (Denied, HomeserverAway, LoggedOut) as error:
            raise FileNotTaken(reason=str(error)) from error
        url = said.get("content_uri") if isinstance(said, dict) else None
        if not isinstance(url, str):
            raise FileNotTaken(reason="the homeserver named no address")
        return {**keys, "url": url}

    async def download(self, file: Mapping[str, Any], limit: int = LARGEST) -> bytes:
        """The bytes of an encrypted ``file`` object, at most ``limit``; raises FileNotTaken, also if changed."""
        server, media = _address(file.get("url"))
        key, hashes, iv = file.get("key"), file.get("hashes"), file.get("iv")
        value = key.get("k") if isinstance(key, Mapping) else None
        digest = hashes.get("sha256") if isinstance(hashes, Mapping) else None
        if not (isinstance(value, str) and isinstance(digest, str) and isinstance(iv, str)):
            raise FileNotTaken(reason="it is not encrypted")
        path = f"/_matrix/client/v1/media/download/{quote(server, safe='')}/{quote(media, safe='')}"
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


def _address(url: Any) -> tuple[str, str]:
    """Server and media id of an ``mxc://`` address."""
    server, _, media = str(url or "").removeprefix("mxc://").partition("/")
    if not str(url).startswith("mxc://") or not server or not media or "/" in media:
        raise FileNotTaken(reason="it has no address on a homeserver")
    return server, media
