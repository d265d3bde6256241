"""Files as a person's client sends and opens them (Matrix v1.19, Sending encrypted attachments)."""

from typing import Any

import aiohttp
from nio.crypto.attachments import decrypt_attachment, encrypt_attachment

from bot.demo.person import Person


async def post_file(person: Person, room: str, data: bytes, name: str, *, thread: str | None = None) -> str:
    """Encrypt, upload and send; returns the event id."""
    sealed, keys = encrypt_attachment(data)
    url = person.client.homeserver + "/_matrix/media/v3/upload"
    async with aiohttp.ClientSession(headers=_token(person)) as session, session.post(url, data=sealed) as answer:
        answer.raise_for_status()
        file = {**keys, "url": (await answer.json())["content_uri"]}
    content: dict[str, Any] = {"msgtype": "m.file", "body": name, "filename": name, "file": file}
    if thread is not None:
        fallback = {"is_falling_back": True, "m.in_reply_to": {"event_id": thread}}
        content["m.relates_to"] = {"rel_type": "m.thread", "event_id": thread, **fallback}
    return await person.send(room, "m.room.message", content)


async def open_file(person: Person, file: dict[str, Any]) -> bytes:
    """Fetch from the person's own homeserver, check and decrypt."""
    url = f"{person.client.homeserver}/_matrix/client/v1/media/download/{file['url'].removeprefix('mxc://')}"
    async with aiohttp.ClientSession(headers=_token(person)) as session, session.get(url) as answer:
        answer.raise_for_status()
        sealed = await answer.read()
    plain: bytes = decrypt_attachment(sealed, file["key"]["k"], file["hashes"]["sha256"], file["iv"])
    return plain


def _token(person: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {person.client.access_token}"}
