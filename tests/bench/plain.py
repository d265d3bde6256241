"""The peer: a relay bot on plain matrix-nio, as people write them.  It passes ``fan …`` on to all its other rooms.

``python -m tests.bench.plain URL USER DEVICE TOKEN FOLDER``: ``sync_forever``, the callbacks inside it, one room after the
other, no verification of anybody."""

import asyncio
import sys

from nio import AsyncClient, AsyncClientConfig, InviteMemberEvent, MatrixRoom, RoomMessageText
from nio.store import SqliteStore

from tests.bench.light import FILLER


async def work(url: str, user: str, device: str, token: str, folder: str) -> None:
    """Until it is killed."""
    config = AsyncClientConfig(store=SqliteStore, store_sync_tokens=True, encryption_enabled=True)
    client = AsyncClient(url, user, device, store_path=folder, config=config)
    client.restore_login(user, device, token)

    async def invited(room: MatrixRoom, event: InviteMemberEvent) -> None:
        if event.state_key == user and event.membership == "invite":
            await client.join(room.room_id)

    async def said(room: MatrixRoom, event: RoomMessageText) -> None:
        if event.sender != user and event.body.startswith("fan "):
            for other in list(client.rooms):
                if other != room.room_id:
                    content = {"msgtype": "m.text", "body": f"{event.body} {FILLER}"}
                    await client.room_send(other, "m.room.message", content, ignore_unverified_devices=True)

    client.add_event_callback(invited, InviteMemberEvent)
    client.add_event_callback(said, RoomMessageText)
    if client.should_upload_keys:
        await client.keys_upload()
    await client.sync_forever(timeout=10_000, full_state=True)


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:6]))
