"""The calls that matrix-nio lacks or makes unsafe, one function each; answers come back as values.

All raise what :meth:`bot.matrix.client.Client.call` raises.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.ids import EventId, RoomId, UserId
from bot.matrix.client import TIMEOUT, Client, judge, path
from bot.matrix.errors import Denied, HomeserverAway

SYNC_FILTER = {
    "presence": {"not_types": ["*"]},
    "account_data": {"not_types": ["*"]},
    "room": {
        "account_data": {"not_types": ["*"]},
        "ephemeral": {"not_types": ["*"]},
        "timeline": {"limit": 100},
        "state": {"lazy_load_members": False},
    },
}


async def sync(client: Client, since: str | None, *, hold: float, full_state: bool = False) -> dict[str, Any]:
    """One ``/sync``; the homeserver may hold the answer back for ``hold`` seconds."""
    query: dict[str, str | int] = {"filter": json.dumps(SYNC_FILTER), "timeout": int(hold * 1000)}
    if since:
        query["since"] = since
    if full_state:
        query["full_state"] = "true"
    return await client.call("GET", path("sync"), query=query, wait=hold + 60)


async def query_keys(client: Client, users: Sequence[str], wait: float = 20.0) -> dict[str, Any]:
    """Raw ``/keys/query``."""
    body = {"device_keys": {user: [] for user in users}, "timeout": int(min(wait, 10.0) * 1000)}
    return await client.call("POST", path("keys", "query"), body, wait=wait)


async def claim_keys(client: Client, wanted: Mapping[str, Sequence[str]], wait: float = 20.0) -> Mapping[str, Any]:
    """One-time keys as ``{user: {device: {key id: key object}}}``; who has none is absent."""
    body = {
        "one_time_keys": {user: dict.fromkeys(devices, "signed_curve25519") for user, devices in wanted.items()},
        "timeout": int(min(wait, 10.0) * 1000),
    }
    answer = await client.call("POST", path("keys", "claim"), body, wait=wait)
    keys = answer.get("one_time_keys")
    return keys if isinstance(keys, Mapping) else {}


async def send_to_device(
    client: Client, txn_id: str, messages: Mapping[str, Mapping[str, Any]], wait: float = TIMEOUT
) -> None:
    """Encrypted to-device messages ``{user: {device: content}}`` in one request."""
    await client.call("PUT", path("sendToDevice", "m.room.encrypted", txn_id), {"messages": messages}, wait=wait)


async def upload_keys(client: Client, body: Mapping[str, Any]) -> int | None:
    """Upload device, one-time and fallback keys; how many one-time keys the homeserver holds now."""
    counts = (await client.call("POST", path("keys", "upload"), body)).get("one_time_key_counts")
    count = counts.get("signed_curve25519") if isinstance(counts, Mapping) else None
    return count if isinstance(count, int) else None


async def upload_identity(client: Client, keys: Mapping[str, Any], password: str | None) -> None:
    """``/keys/device_signing/upload``; the password answers the homeserver's question who asks (UIA)."""
    where = path("keys", "device_signing", "upload")
    answer = await client.ask("POST", where, keys)
    value = answer.json()
    session = value.get("session") if isinstance(value, Mapping) else None
    if answer.status != 401 or not isinstance(session, str):
        judge(answer, str(client.user_id))
        return
    if password is None:
        raise Denied(status=401, errcode="M_UNAUTHORIZED", reason="the homeserver asks for the account's password")
    auth = {
        "type": "m.login.password",
        "session": session,
        "identifier": {"type": "m.id.user", "user": client.user_id},
        "password": password,
    }
    await client.call("POST", where, {**keys, "auth": auth})


async def upload_signatures(client: Client, body: Mapping[str, Any]) -> None:
    """``/keys/signatures/upload``; the homeserver says 200 also when it refuses, so ``failures`` counts."""
    failures = (await client.call("POST", path("keys", "signatures", "upload"), body)).get("failures")
    if failures:
        raise Denied(status=200, errcode="M_INVALID_SIGNATURE", reason=json.dumps(failures)[:200])


async def put_event(client: Client, room: RoomId, kind: str, txn_id: str, content: Mapping[str, Any]) -> EventId:
    """Send one event; the same transaction id is the same event."""
    answer = await client.call("PUT", path("rooms", room, "send", kind, txn_id), content, wait=TIMEOUT)
    return _event_id(answer)


async def redact(client: Client, room: RoomId, event_id: EventId, txn_id: str) -> None:
    """Take back one event."""
    await client.call("PUT", path("rooms", room, "redact", event_id, txn_id), {}, wait=TIMEOUT)


async def put_state(client: Client, room: RoomId, kind: str, state_key: str, content: Mapping[str, Any]) -> EventId:
    """Set one state event."""
    return _event_id(await client.call("PUT", path("rooms", room, "state", kind, state_key), content))


def _event_id(answer: Mapping[str, Any]) -> EventId:
    event_id = answer.get("event_id")
    if not isinstance(event_id, str):
        raise HomeserverAway(reason="no event id")
    return EventId(event_id)


async def room_event(client: Client, room: RoomId, event_id: EventId) -> dict[str, Any]:
    """One event as the homeserver keeps it."""
    return await client.call("GET", path("rooms", room, "event", event_id))


async def messages_back(
    client: Client, room: RoomId, start: str | None, end: str | None = None, limit: int = 100
) -> tuple[list[Any], str | None]:
    """One page of history, newest first, and where the next page starts (None: no more)."""
    query: dict[str, str | int] = {"dir": "b", "limit": limit}
    if start:
        query["from"] = start
    if end:
        query["to"] = end
    answer = await client.call("GET", path("rooms", room, "messages"), query=query)
    chunk, following = answer.get("chunk"), answer.get("end")
    return (chunk if isinstance(chunk, list) else []), (following if isinstance(following, str) else None)


async def room_state(client: Client, room: RoomId) -> list[Any]:
    """The whole current state of a room."""
    value = judge(await client.ask("GET", path("rooms", room, "state")), str(client.user_id))
    if not isinstance(value, list):
        raise HomeserverAway(reason="no list of state events")
    return value


async def member(client: Client, room: RoomId, user: UserId) -> str | None:
    """Somebody's membership as the homeserver says it now; None if there is none."""
    try:
        content = await client.call("GET", path("rooms", room, "state", "m.room.member", user))
    except Denied as denied:
        if denied.errcode == "M_NOT_FOUND":
            return None
        raise
    return str(content.get("membership"))


async def join(client: Client, room: RoomId) -> None:
    """Accept an invitation."""
    await client.call("POST", path("join", room), {}, wait=60)


async def leave(client: Client, room: RoomId, reason: str | None = None) -> None:
    """Leave, or decline an invitation; everybody in the room can read the reason."""
    await client.call("POST", path("rooms", room, "leave"), {"reason": reason} if reason else {})


async def forget(client: Client, room: RoomId) -> None:
    """Forget a room that was left."""
    await client.call("POST", path("rooms", room, "forget"), {})


async def invite(client: Client, room: RoomId, user: UserId) -> None:
    """Invite somebody; one homeserver is away for another within 7 s, or never answers and would cost a minute."""
    await client.call("POST", path("rooms", room, "invite"), {"user_id": user}, wait=20)


async def kick(client: Client, room: RoomId, user: UserId, reason: str) -> None:
    """Remove somebody, or withdraw an invitation."""
    await client.call("POST", path("rooms", room, "kick"), {"user_id": user, "reason": reason})


async def create_room(client: Client, body: Mapping[str, Any]) -> RoomId:
    """Create a room."""
    room = (await client.call("POST", path("createRoom"), body, wait=60)).get("room_id")
    if not isinstance(room, str):
        raise HomeserverAway(reason="no room id")
    return RoomId(room)


async def joined_rooms(client: Client) -> list[RoomId]:
    """The rooms that the bot is in."""
    rooms = (await client.call("GET", path("joined_rooms"))).get("joined_rooms")
    return [RoomId(room) for room in rooms if isinstance(room, str)] if isinstance(rooms, list) else []
