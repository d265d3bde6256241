"""Attacks for silence: a bot that does not answer is as good as none.

Each returns what is broken: a loop that ended, a question that nobody answers, a message that nobody can read."""

import asyncio
import contextlib
import json
import time
from typing import Any

from tests.contract.matrix.attacks import sealed, storm, web
from tests.hostile.attacks_keys import QUERY
from tests.hostile.attacks_orders import hand_over
from tests.hostile.cases import attack
from tests.hostile.cast import Scene
from tests.hostile.on_enlace import Enlace
from tests.hostile.on_plain import Plain
from tests.hostile.server import Ask, event
from tests.hostile.target import PATIENCE, Target
from tests.hostile.thief import Thief

FLOOD, FLOOD_WITHIN = 15, 5.0
"""Questions in so many seconds, to a server that gives bad answers, which are too many."""
CLAIM = "/_matrix/client/v3/keys/claim"


async def unanswered(target: Target, scene: Scene) -> str:
    """Nothing, if the bot answers this person."""
    return "" if await target.whois(scene) else "its loop has ended" if target.dead else "no answer"


@attack("to-device-storm")
async def to_device_storm(target: Target) -> str:
    """Malformed to-device messages of a stranger who shares no room with the bot."""
    scene, stranger = await target.scene(), await target.cast.stranger()
    await storm(stranger, target.user_id, *target.device)
    await target.caught_up()
    return await unanswered(target, scene)


@attack("room-key-that-is-none")
async def room_key_that_is_none(target: Target) -> str:
    """A stranger hands over a room key, properly encrypted by Olm, that is no key."""
    scene, stranger = await target.scene(), await target.cast.stranger()
    await hand_over(stranger, target, scene.room, "AAAA", "AAAA")
    await target.caught_up()
    return await unanswered(target, scene)


@attack("stripped-sender-key")
async def stripped_sender_key(target: Target) -> str:
    """The server drops the fields of encrypted events that Matrix does not ask for any more."""
    scene = await target.scene()
    await target.whois(scene)

    def strip(_: Ask, sync: Any) -> None:
        part = sync.get("rooms", {}).get("join", {}).get(scene.room, {})
        for one in part.get("timeline", {}).get("events", []):
            for name in ("sender_key", "device_id"):
                one.get("content", {}).pop(name, None)

    target.server.lie("/sync", strip)
    return await unanswered(target, scene)


async def inside(target: Target, plain: bytes) -> str:
    """A member's client encrypts these bytes."""
    scene = await target.scene()
    await target.whois(scene)
    content = sealed(scene.person, scene.room, plain)
    target.server.say(scene.room, event(scene.user, "m.room.encrypted", content))
    await target.caught_up()  # or the question would come before it
    return await unanswered(target, scene)


@attack("plaintext-not-utf8")
async def plaintext_not_utf8(target: Target) -> str:
    return await inside(target, b'{"type": "m.room.message", "content": {"body": "\xff\xfe"}}')


@attack("plaintext-a-list")
async def plaintext_a_list(target: Target) -> str:
    return await inside(target, b"[]")


@attack("plaintext-nested")
async def plaintext_nested(target: Target) -> str:
    return await inside(target, b'{"a":' * 8_000)


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
    await target.due(lambda: target.server.lied, "the lie")
    return await unanswered(target, scene)


@attack("drained-one-time-keys")
async def drained_one_time_keys(target: Target) -> str:
    """A stranger takes every one-time key, and the server says that there are plenty; then a new device speaks."""
    scene, stranger = await target.vera(), await target.cast.stranger()

    def plenty(_: Ask, sync: Any) -> None:
        sync["device_one_time_keys_count"] = {"signed_curve25519": 50}

    target.server.lie("/sync", plenty)
    target.ruined = True
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
    await phone.until(lambda: scene.room in phone.client.rooms, "the room", PATIENCE)
    return await unanswered(target, Scene(phone, scene.room))


async def unreadable(target: Target, scene: Scene, text: str) -> str:
    """Nothing, if this person can read what the bot has for them; on plain matrix-nio, once it is sealed for good."""

    def read() -> bool:
        return any(text in heard.body for heard in scene.person.messages(scene.room, target.user_id))

    def sealed_for_good() -> bool:
        newest = scene.person.messages(scene.room, target.user_id)[-1:]
        return not isinstance(target, Enlace) and any(not heard.readable for heard in newest)

    await target.wait(lambda: read() or sealed_for_good() or target.dead)
    return "" if read() else "never came"


@attack("failing-send")
async def failing_send(target: Target) -> str:
    """The server refuses messages for a while."""
    scene, bruno, text = await target.scene(), await target.sender(), "in spite of refusals"
    await target.whois(scene)
    refused: list[str] = []

    async def refuse(ask: Ask) -> web.Response:
        refused.append(ask.path)
        return web.Response(status=500, text="no")

    target.server.instead("/send/m.room.encrypted/", refuse)
    await bruno.person.say(bruno.room, f"!send {scene.user} tlp:amber\n{text}")
    await target.due(lambda: refused, "a refusal")
    target.server.honest()

    def read() -> bool:
        return any(text in heard.body for heard in scene.person.messages(scene.room, target.user_id))

    if not isinstance(target, Enlace):
        await target.whois(scene)
        return "" if read() else "never came"
    return "" if await target.wait(read) else "never came"


@attack("malformed-claim")
async def malformed_claim(target: Target) -> str:
    """The one-time key of the person's device is signed as it should be, and no key."""
    scene, text = await target.victim(), "in spite of a broken key"
    phone = Thief(scene.user)
    broken = {"key": "not a key"}
    signature = phone.olm.sign_json(dict(broken))
    signed = {**broken, "signatures": {scene.user: {f"ed25519:{phone.device_id}": signature}}}
    keys = phone.signed_by(scene.person.seeds)
    target.server.show_device(scene.user, phone.device_id, keys, [{"signed_curve25519:AAAA": signed}] * 5)
    await target.due(lambda: phone.device_id in target.devices(scene.user), "the device to be known")
    await target.tell(scene, text)
    if isinstance(target, Enlace):
        return await unreadable(target, scene, text)
    target.server.honest()
    return await unanswered(target, scene)


async def failing(target: Target, part: str, text: str) -> str:
    """The server refuses these requests for a while, in which a device comes."""
    scene = await target.vera()
    await target.whois(await target.sender())  # he has the key of his own room
    refused: list[str] = []

    async def refuse(ask: Ask) -> web.Response:
        refused.append(ask.path)
        return web.Response(status=500, text="no")

    target.server.instead(part, refuse)
    phone = await target.cast.device(scene.person, cross_signed=True)
    await phone.until(lambda: scene.room in phone.client.rooms, "the room", PATIENCE)
    target.server.about.add(scene.user)
    target.server.announce(scene.user)
    await target.due(lambda: phone.device_id in target.devices(scene.user), "the device to be known")
    await target.tell(scene, text)
    await target.due(lambda: refused, "a refusal")
    target.server.honest()
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
    scene = await target.vera()
    await target.whois(scene)
    gate, asked, answered = asyncio.Event(), asyncio.Event(), asyncio.Event()
    older = await scene.person.call("POST", QUERY, {"device_keys": {scene.user: []}})

    def silent(_: Ask, sync: Any) -> None:
        lists = sync.get("device_lists", {})
        lists["changed"] = [user for user in lists.get("changed", []) if user != scene.user]

    async def slow(ask: Ask) -> web.Response | None:
        if scene.user not in (ask.body or {}).get("device_keys", {}) or asked.is_set():
            return None
        asked.set()
        try:
            await gate.wait()
        finally:
            answered.set()  # also where whoever asked has given up waiting: then the next question is answered
        return web.json_response(older)

    target.server.about.add(scene.user)
    target.server.lie("/sync", silent)
    phone = await target.cast.device(scene.person, cross_signed=True)
    await phone.until(lambda: scene.room in phone.client.rooms, "the room", PATIENCE)
    target.server.instead("/keys/query", slow)
    said_anew = [scene.user]

    def announce(_: Ask, sync: Any) -> None:
        if said_anew:
            sync.setdefault("device_lists", {}).setdefault("changed", []).append(said_anew.pop())

    target.server.lie("/sync", announce)
    target.server.nudge()
    await target.due(asked.is_set, "the older question")
    said_anew.append(scene.user)
    target.server.nudge()
    await target.due(lambda: not said_anew, "the announcement")
    if isinstance(target, Plain):  # it does not go on to the next sync without the older answer
        await target.due(lambda: target.bot.client.next_batch == target.server.position, "it to be read")
    else:
        await target.caught_up()
    gate.set()
    await target.due(answered.is_set, "the older answer")
    await target.tell(scene, "to both of them")
    return await unreadable(target, Scene(phone, scene.room), "to both of them")


@attack("stalled-key-query")
async def stalled_key_query(target: Target) -> str:
    """The server never answers who has which devices, once somebody's have changed."""
    scene, other = await target.scene(), await target.sender()
    asked, over = asyncio.Event(), asyncio.Event()

    async def never(ask: Ask) -> web.Response | None:
        if other.user in (ask.body or {}).get("device_keys", {}):
            asked.set()
            await over.wait()
        return None

    target.server.instead("/keys/query", never)
    target.server.about.add(other.user)
    target.server.announce(other.user)
    await target.due(asked.is_set, "the question")
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
    if await target.answer(scene, sent) is None:
        return "no answer"
    started = time.monotonic()
    await asyncio.sleep(1.0)
    rate = sum(1 for at, path in target.server.taken.asks if at >= started and path.endswith("/sync"))
    target.server.honest()
    await target.whois(scene)
    copies = [h for h in scene.person.heard[mark:] if h.relation.get("m.in_reply_to", {}).get("event_id") == sent]
    if rate > 30:
        return f"{rate} syncs a second"
    return "" if len(copies) == 1 else f"{len(copies)} answers"


async def bad_answers(target: Target, body: bytes, **more: Any) -> str:
    """Every sync is answered like this, for a while; then the server is honest."""
    scene = await target.scene()

    async def bad(_: Ask) -> web.Response:
        return web.Response(body=body, **more)

    before = target.server.syncs
    target.server.instead("/sync", bad)
    if isinstance(target, Enlace):
        await asyncio.sleep(1.5)
    else:
        await target.wait(lambda: target.server.syncs - before > FLOOD or target.dead, FLOOD_WITHIN)
    asked = target.server.syncs - before
    target.server.honest()
    return f"{asked} syncs" if asked > FLOOD else await unanswered(target, scene)


@attack("bad-gateway")
async def bad_gateway(target: Target) -> str:
    return await bad_answers(target, b"bad gateway", status=502, content_type="text/plain")


@attack("garbage-instead-of-json")
async def garbage_instead_of_json(target: Target) -> str:
    return await bad_answers(target, b'{"next_batch": ', content_type="application/json")


@attack("html-instead-of-json")
async def html_instead_of_json(target: Target) -> str:
    return await bad_answers(target, b"<html>Log in to this network</html>", content_type="text/html")


@attack("sync-of-wrong-types")
async def sync_of_wrong_types(target: Target) -> str:
    text = json.dumps({"next_batch": 7, "rooms": [], "to_device": "x"}).encode()
    return await bad_answers(target, text, content_type="application/json")


@attack("sync-nested")
async def sync_nested(target: Target) -> str:
    return await bad_answers(target, b'{"a":' * 200_000, content_type="application/json")


@attack("limited-for-ever")
async def limited_for_ever(target: Target) -> str:
    text = json.dumps({"errcode": "M_LIMIT_EXCEEDED", "error": "Slow down", "retry_after_ms": 10**12}).encode()
    return await bad_answers(target, text, status=429, content_type="application/json")


@attack("oversize-sync")
async def oversize_sync(target: Target) -> str:
    """An answer that does not end."""
    scene = await target.scene()
    taken, over = asyncio.Event(), asyncio.Event()

    async def endless(ask: Ask) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(ask.request)
        chunk = b" " * (1 << 20)
        with contextlib.suppress(ConnectionError):  # cut off
            for _ in range(80):
                await response.write(chunk)
        taken.set()
        await over.wait()
        return response

    target.server.instead("/sync", endless)
    await target.due(taken.is_set, "the answer to be read")
    target.server.honest()
    try:
        return await unanswered(target, scene)
    finally:
        over.set()
