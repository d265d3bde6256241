"""Attacks for silence: a bot that does not answer is as good as none.

Each returns what is broken: a loop that ended, a question that nobody answers, a message that nobody can read."""

import asyncio
import json
import time
from typing import Any

from tests.contract.matrix.attacks import sealed, storm, web
from tests.hostile.attacks_keys import QUERY
from tests.hostile.cases import attack
from tests.hostile.server import Ask, event
from tests.hostile.stage import Scene, Target
from tests.hostile.thief import Thief

CLAIM = "/_matrix/client/v3/keys/claim"


async def unanswered(target: Target, scene: Scene) -> str:
    """Nothing, if the bot answers this person."""
    return "" if await target.whois(scene) else "its loop has ended" if target.dead else "no answer"


@attack("to-device-storm")
async def to_device_storm(target: Target) -> str:
    """Malformed to-device messages of a stranger who shares no room with the bot."""
    scene, stranger = await target.scene(), await target.cast.stranger()
    await storm(stranger, target.user_id, *target.device)
    return await unanswered(target, scene)


async def inside(target: Target, plain: bytes) -> str:
    """A member's client encrypts these bytes."""
    scene = await target.scene()
    await target.whois(scene)
    content = sealed(scene.person, scene.room, plain)
    target.server.say(scene.room, event(scene.user, "m.room.encrypted", content))
    return await unanswered(target, scene)


@attack("plaintext-not-utf8")
async def plaintext_not_utf8(target: Target) -> str:
    return await inside(target, b'{"type": "m.room.message", "content": {"body": "\xff\xfe"}}')


@attack("plaintext-a-list")
async def plaintext_a_list(target: Target) -> str:
    return await inside(target, b"[]")


@attack("plaintext-nested")
async def plaintext_nested(target: Target) -> str:
    return await inside(target, b'{"a":' * 30_000)


@attack("malformed-device-key")
async def malformed_device_key(target: Target) -> str:
    """Among a member's devices stands one with a key that is none."""
    scene = await target.scene()
    user, name = scene.user, "BROKEN"
    keys = {
        "algorithms": [],
        "device_id": name,
        "user_id": user,
        "keys": {f"ed25519:{name}": "AAAA", f"curve25519:{name}": "AAAA"},
        "signatures": {user: {f"ed25519:{name}": "AAAA"}},
    }
    target.server.show_device(user, name, keys, [])
    await asyncio.sleep(0.5)
    return await unanswered(target, scene)


@attack("drained-one-time-keys")
async def drained_one_time_keys(target: Target) -> str:
    """A stranger takes every one-time key, and the server says that there are plenty; then a new device speaks."""
    scene, stranger = await target.scene(fresh=True), await target.cast.stranger()

    def plenty(_: Ask, sync: Any) -> None:
        sync["device_one_time_keys_count"] = {"signed_curve25519": 50}

    target.server.lie("/sync", plenty)
    device, _ = target.device
    body = {"one_time_keys": {target.user_id: {device: "signed_curve25519"}}}
    taken: set[str] = set()
    while True:
        answer = await stranger.call("POST", CLAIM, body)
        names = set(answer.get("one_time_keys", {}).get(target.user_id, {}).get(device, {}))
        if not names - taken:
            break
        taken |= names
    phone = await target.cast.device(scene.person, cross_signed=True)
    await phone.until(lambda: scene.room in phone.client.rooms, "the room")
    return await unanswered(target, Scene(phone, scene.room))


async def unreadable(target: Target, scene: Scene, text: str) -> str:
    """Nothing, if the person can read what the bot had for them, now that the server is honest again."""
    target.server.honest()
    target.server.announce(scene.user)
    there = await target.wait(lambda: any(text in h.body for h in scene.person.messages(scene.room)), target.patience)
    return "" if there else "never came"


@attack("malformed-claim")
async def malformed_claim(target: Target) -> str:
    """The one-time key of the person's device is signed as it should be, and no key."""
    scene = await target.scene(fresh=True)
    claims: list[dict[str, Any]] = []
    phone = Thief(scene.user, "PHONE")
    broken = {"key": "not a key"}
    signature = phone.olm.sign_json(dict(broken))
    signed = {**broken, "signatures": {scene.user: {"ed25519:PHONE": signature}}}
    claims += [{"signed_curve25519:AAAA": signed}] * 5
    keys = phone.signed_by(scene.person.seeds)
    target.server.show_device(scene.user, "PHONE", keys, claims)
    await target.tell(scene, "in spite of a broken key", settle=False)
    await asyncio.sleep(1.0)
    return await unreadable(target, scene, "in spite of a broken key")


async def failing(target: Target, part: str, text: str) -> str:
    """The server refuses these requests for a while."""
    scene = await target.scene(fresh=True)
    phone = await target.cast.device(scene.person, cross_signed=True)
    await phone.until(lambda: scene.room in phone.client.rooms, "the room")

    async def refuse(_: Ask) -> web.Response:
        return web.Response(status=500, text="no")

    target.server.instead(part, refuse)
    target.server.announce(scene.user)
    await target.tell(scene, text, settle=False)
    await asyncio.sleep(1.0)
    return await unreadable(target, Scene(phone, scene.room), text)


@attack("failing-claim")
async def failing_claim(target: Target) -> str:
    return await failing(target, "/keys/claim", "in spite of no keys")


@attack("failing-to-device")
async def failing_to_device(target: Target) -> str:
    return await failing(target, "/sendToDevice", "in spite of no to-device")


@attack("lost-device-change")
async def lost_device_change(target: Target) -> str:
    """A device comes while the answer to an older question about devices is held back."""
    scene = await target.scene(fresh=True)
    await target.whois(scene)
    gate, asked = asyncio.Event(), asyncio.Event()
    older = await scene.person.call("POST", QUERY, {"device_keys": {scene.user: []}})

    def silent(_: Ask, sync: Any) -> None:
        lists = sync.get("device_lists", {})
        lists["changed"] = [user for user in lists.get("changed", []) if user != scene.user]

    async def slow(ask: Ask) -> web.Response | None:
        if scene.user not in (ask.body or {}).get("device_keys", {}) or asked.is_set():
            return None
        asked.set()
        await gate.wait()
        return web.json_response(older)

    target.server.lie("/sync", silent)
    phone = await target.cast.device(scene.person, cross_signed=True)
    await phone.until(lambda: scene.room in phone.client.rooms, "the room")
    target.server.instead("/keys/query", slow)
    said_anew = [scene.user]

    def announce(_: Ask, sync: Any) -> None:
        if said_anew:
            sync.setdefault("device_lists", {}).setdefault("changed", []).append(said_anew.pop())

    target.server.lie("/sync", announce)
    target.server.add(lambda _: None)
    await asyncio.wait_for(asked.wait(), 10)
    said_anew.append(scene.user)
    target.server.add(lambda _: None)
    await target.wait(lambda: not said_anew)
    await asyncio.sleep(0.5)
    gate.set()
    await asyncio.sleep(0.5)
    await target.tell(scene, "to both of them")
    there = await target.wait(
        lambda: any("both of them" in h.body for h in phone.messages(scene.room)), target.patience
    )
    return "" if there else "the new device reads nothing"


@attack("stalled-key-query")
async def stalled_key_query(target: Target) -> str:
    """The server never answers who has which devices, once somebody's have changed."""
    scene, other = await target.scene(), await target.scene(fresh=True)
    over = asyncio.Event()

    async def never(ask: Ask) -> web.Response | None:
        if other.user in (ask.body or {}).get("device_keys", {}):
            await over.wait()
        return None

    target.server.instead("/keys/query", never)
    target.server.announce(other.user)
    await asyncio.sleep(0.5)
    try:
        return await unanswered(target, scene)
    finally:
        over.set()


@attack("withheld-and-offered")
async def withheld_and_offered(target: Target) -> str:
    """Events are left out of the sync and only offered as older history."""
    scene = await target.scene()

    def limit(_: Ask, sync: Any) -> None:
        part = sync.get("rooms", {}).get("join", {}).get(scene.room)
        if part is not None and part["timeline"]["events"]:
            part["timeline"] = {"events": [], "limited": True, "prev_batch": sync["next_batch"]}

    target.server.lie("/sync", limit)
    return await unanswered(target, scene)


@attack("frozen-position")
async def frozen_position(target: Target) -> str:
    """Every sync ends where it began."""
    scene = await target.scene()

    def freeze(ask: Ask, sync: Any) -> None:
        sync["next_batch"] = ask.query.get("since", sync["next_batch"])

    target.server.lie("/sync", freeze)
    mark = scene.person.mark()
    sent = await scene.person.say(scene.room, "!whois CERT-BR")
    answer = await target.answer(scene, sent, mark)
    started = time.monotonic()
    await asyncio.sleep(1.0)
    rate = sum(1 for at, path in target.server.taken.asks if at >= started and path.endswith("/sync"))
    target.server.honest()
    await target.whois(scene)
    copies = [h for h in scene.person.heard[mark:] if h.relation.get("m.in_reply_to", {}).get("event_id") == sent]
    if answer is None:
        return "no answer"
    if rate > 30:
        return f"{rate} syncs a second"
    return "" if len(copies) == 1 else f"{len(copies)} answers"


async def bad_answers(target: Target, answer: web.Response | None, body: bytes = b"", **more: Any) -> str:
    """Every sync is answered like this for a second and a half; then the server is honest."""
    scene = await target.scene()
    made = answer

    async def bad(_: Ask) -> web.Response:
        return made if made is not None else web.Response(body=body, **more)

    target.server.instead("/sync", bad)
    started = time.monotonic()
    await asyncio.sleep(1.5)
    asks = sum(1 for at, path in target.server.taken.asks if at >= started and path.endswith("/sync"))
    target.server.honest()
    if asks > 15:
        return f"{asks} syncs in 1.5 s"
    return await unanswered(target, scene)


@attack("bad-gateway")
async def bad_gateway(target: Target) -> str:
    return await bad_answers(target, None, b"bad gateway", status=502, content_type="text/plain")


@attack("garbage-instead-of-json")
async def garbage_instead_of_json(target: Target) -> str:
    return await bad_answers(target, None, b'{"next_batch": ', content_type="application/json")


@attack("html-instead-of-json")
async def html_instead_of_json(target: Target) -> str:
    return await bad_answers(target, None, b"<html>Log in to this network</html>", content_type="text/html")


@attack("sync-of-wrong-types")
async def sync_of_wrong_types(target: Target) -> str:
    text = json.dumps({"next_batch": 7, "rooms": [], "to_device": "x"}).encode()
    return await bad_answers(target, None, text, content_type="application/json")


@attack("sync-nested")
async def sync_nested(target: Target) -> str:
    return await bad_answers(target, None, b'{"a":' * 200_000, content_type="application/json")


@attack("limited-for-ever")
async def limited_for_ever(target: Target) -> str:
    text = json.dumps({"errcode": "M_LIMIT_EXCEEDED", "error": "Slow down", "retry_after_ms": 10**12}).encode()
    return await bad_answers(target, None, text, status=429, content_type="application/json")


@attack("oversize-sync")
async def oversize_sync(target: Target) -> str:
    """An answer that does not end."""
    scene = await target.scene()
    over = asyncio.Event()

    async def endless(ask: Ask) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(ask.request)
        chunk = b" " * (1 << 20)
        for _ in range(80):
            await response.write(chunk)
        await over.wait()
        return response

    target.server.instead("/sync", endless)
    await asyncio.sleep(1.0)
    target.server.honest()
    try:
        return await unanswered(target, scene)
    finally:
        over.set()
