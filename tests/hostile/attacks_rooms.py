"""Attacks on rooms: who is in them, who may come in, where they lead.

Each returns what an outsider got, or what the bot said where it should not have."""

import asyncio
import json
from typing import Any

from tests.hostile.attacks_keys import mole, overheard, spoken_to
from tests.hostile.attacks_orders import encrypted
from tests.hostile.cases import attack
from tests.hostile.cast import PHONE, Scene
from tests.hostile.on_plain import Plain
from tests.hostile.server import Ask, event
from tests.hostile.target import PATIENCE, POLL, Target

MESSAGE = "m.room.message"
STATE = "/_matrix/client/v3/rooms/{room}/state/{kind}"


@attack("membership-inside-a-ciphertext")
async def membership_inside_a_ciphertext(target: Target) -> str:
    """A member without any power encrypts a membership."""
    scene = await target.scene()
    await target.whois(scene)
    outsider = mole()
    outsider.join(target.server)
    user = outsider.user_id
    inner = {"type": "m.room.member", "state_key": user, "content": {"membership": "join"}, "room_id": scene.room}
    target.server.say(scene.room, encrypted(scene, inner))
    return await spoken_to(target, scene, outsider, "only those in the room", lied=False)


@attack("power-inside-a-ciphertext")
async def power_inside_a_ciphertext(target: Target) -> str:
    """The same with power levels, for an account that has none."""
    scene = await target.scene()
    await target.whois(scene)
    user = mole().user_id
    content = {"users": {user: 99}}
    inner = {"type": "m.room.power_levels", "state_key": "", "content": content, "room_id": scene.room}
    target.server.say(scene.room, encrypted(scene, inner))
    return "99" if await target.chance(lambda: target.levels(scene.room, user) == 99) else ""


async def changed_state(target: Target, kind: str, content: dict[str, Any]) -> str:
    """Somebody with the power to do so opens the room; what the bot then says in it."""
    scene = await target.room()
    await target.whois(scene)
    await scene.person.call("PUT", STATE.format(room=scene.room, kind=kind), content)
    await target.caught_up()
    return PHONE if PHONE in await target.whois(scene) else ""


@attack("join-rule-opened")
async def join_rule_opened(target: Target) -> str:
    """The room becomes public, and a stranger walks in."""
    scene, stranger = await target.room(), await target.cast.stranger()
    await target.whois(scene)
    await scene.person.call("PUT", STATE.format(room=scene.room, kind="m.room.join_rules"), {"join_rule": "public"})
    await stranger.call("POST", f"/_matrix/client/v3/join/{scene.room}", {})
    await scene.person.wait_member(scene.room, stranger.user_id)
    await target.caught_up()
    return await overheard(target, scene, stranger)


@attack("invited-outsider")
async def invited_outsider(target: Target) -> str:
    """A stranger is invited, and need not even come."""
    scene, stranger = await target.room(), await target.cast.stranger()
    await target.whois(scene)
    await scene.person.invite(scene.room, stranger.user_id)
    await target.caught_up()
    return await overheard(target, scene, stranger)


@attack("history-opened")
async def history_opened(target: Target) -> str:
    return await changed_state(target, "m.room.history_visibility", {"history_visibility": "world_readable"})


@attack("guests-admitted")
async def guests_admitted(target: Target) -> str:
    return await changed_state(target, "m.room.guest_access", {"guest_access": "can_join"})


@attack("encryption-hidden")
async def encryption_hidden(target: Target) -> str:
    """The server shows a new room without its encryption; what it can then read by itself."""
    scene = await target.scene()

    def hide(_: Ask, sync: Any) -> None:
        for part in sync.get("rooms", {}).get("join", {}).values():
            for section in ("timeline", "state"):
                events = part.get(section, {}).get("events", [])
                events[:] = [one for one in events if one.get("type") != "m.room.encryption"]
        for part in sync.get("rooms", {}).get("invite", {}).values():
            events = part.get("invite_state", {}).get("events", [])
            events[:] = [one for one in events if one.get("type") != "m.room.encryption"]

    target.server.lie("/sync", hide)
    room = await scene.person.create_room("a new room", [target.user_id])
    await scene.person.wait_member(room, target.user_id)
    # Nothing can be decrypted that is not encrypted: the server lets the question through in the clear.
    target.server.say(room, event(scene.user, MESSAGE, {"msgtype": "m.text", "body": "!whois CERT-BR"}))
    return str(
        await target.chance(
            lambda: "; ".join(json.dumps(said) for _, kind, said in target.server.taken.events if kind == MESSAGE)
        )
    )


@attack("tombstone")
async def tombstone(target: Target) -> str:
    """The room is said to have moved to one where a stranger waits."""
    scene, stranger = await target.scene(), await target.cast.stranger()
    trap = await stranger.create_room("moved here", [target.user_id])
    content = {"body": "This room has been replaced", "replacement_room": trap}
    target.server.say(scene.room, event(scene.user, "m.room.tombstone", content, state_key=""))
    if await decides(target, Scene(stranger, trap)) and isinstance(target, Plain):
        rooms = target.bot.client.rooms
        await target.due(lambda: trap in rooms and rooms[trap].encrypted, "the room")
    await target.tell(scene, "to the old room only")
    if await target.chance(lambda: any(room == trap for room, _, _ in target.server.taken.events)):
        return (await stranger.hear(trap, "old room", sender=target.user_id, patience=PATIENCE)).body
    return ""


@attack("strangers-invitation")
async def strangers_invitation(target: Target) -> str:
    stranger = await target.cast.stranger()
    room = await stranger.create_room("come in", [target.user_id])
    return await _answered(target, Scene(stranger, room))


@attack("forged-inviter")
async def forged_inviter(target: Target) -> str:
    """A stranger's invitation in the name of somebody whom the bot knows."""
    scene, stranger = await target.scene(), await target.cast.stranger()

    def lie(_: Ask, sync: Any) -> None:
        for part in sync.get("rooms", {}).get("invite", {}).values():
            for one in part.get("invite_state", {}).get("events", []):
                one["sender"] = scene.user

    target.server.lie("/sync", lie)
    room = await stranger.create_room("come in", [target.user_id])
    return await _answered(target, Scene(stranger, room))


async def decides(target: Target, trap: Scene) -> bool:
    """Whether the bot joins a room that it was invited to; else it declines."""
    path = STATE.format(room=trap.room, kind=f"m.room.member/{target.user_id}")
    async with asyncio.timeout(PATIENCE):
        while (said := await trap.person.call("GET", path))["membership"] == "invite":
            await asyncio.sleep(POLL)
    return bool(said["membership"] == "join")


async def _answered(target: Target, trap: Scene) -> str:
    """What the bot tells a stranger in the stranger's room."""
    if not await decides(target, trap):
        return ""
    said = await target.whois(trap)
    return said if PHONE in said else ""
