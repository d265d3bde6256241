"""Attacks on rooms: who is in them, who may come in, where they lead.

Each returns what an outsider got, or what the bot said where it should not have."""

import json
from typing import Any

from tests.hostile.attacks_keys import loot_of, mole, spoken_to
from tests.hostile.attacks_orders import encrypted
from tests.hostile.cases import attack
from tests.hostile.server import Ask, event
from tests.hostile.stage import PHONE, Enlace, Scene, Target

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
    return await spoken_to(target, scene, outsider, "only those in the room")


@attack("power-inside-a-ciphertext")
async def power_inside_a_ciphertext(target: Target) -> str:
    """The same with power levels, for an account that has none."""
    scene = await target.scene()
    await target.whois(scene)
    user = mole().user_id
    content = {"users": {user: 99}}
    inner = {"type": "m.room.power_levels", "state_key": "", "content": content, "room_id": scene.room}
    target.server.say(scene.room, encrypted(scene, inner))
    await target.whois(scene)
    return "99" if await target.levels(scene.room, user) == 99 else ""


async def changed_state(target: Target, kind: str, content: dict[str, Any]) -> str:
    """Somebody with the power to do so opens the room; what the bot then says in it."""
    scene = await target.scene(fresh=True)
    await target.whois(scene)
    await scene.person.call("PUT", STATE.format(room=scene.room, kind=kind), content)
    if isinstance(target, Enlace):
        await target.wait(lambda: target.failed(scene.room))
    return PHONE if PHONE in await target.whois(scene) else ""


@attack("join-rule-opened")
async def join_rule_opened(target: Target) -> str:
    """The room becomes public, and a stranger walks in."""
    scene, stranger = await target.scene(fresh=True), await target.cast.stranger()
    await target.whois(scene)
    await scene.person.call("PUT", STATE.format(room=scene.room, kind="m.room.join_rules"), {"join_rule": "public"})
    await stranger.call("POST", f"/_matrix/client/v3/join/{scene.room}", {})
    await scene.person.wait_member(scene.room, stranger.user_id)
    for _ in range(2):
        await target.whois(scene)
        if got := await loot_of(stranger, target, PHONE):
            return got
    return ""


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
    target.server.say(room, event(scene.user, "m.room.message", {"msgtype": "m.text", "body": "!whois CERT-BR"}))
    await target.wait(lambda: any(kind == "m.room.message" for _, kind, _ in target.server.taken.events), 3)
    clear = [json.dumps(body) for _, kind, body in target.server.taken.events if kind == "m.room.message"]
    return "; ".join(clear)


@attack("tombstone")
async def tombstone(target: Target) -> str:
    """The room is said to have moved to one where a stranger waits."""
    scene, stranger = await target.scene(), await target.cast.stranger()
    trap = await stranger.create_room("moved here", [target.user_id])
    content = {"body": "This room has been replaced", "replacement_room": trap}
    target.server.say(scene.room, event(scene.user, "m.room.tombstone", content, state_key=""))
    await target.wait(lambda: target.user_id in stranger.client.rooms[trap].users, 3)
    mark = stranger.mark()
    await target.settled_in(trap)
    await target.tell(scene, "to the old room only")
    await target.wait(lambda: any("old room" in h.body for h in stranger.heard[mark:]), 2)
    return "; ".join(h.body for h in stranger.heard[mark:] if h.room == trap and "old room" in h.body)


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


async def _answered(target: Target, trap: Scene) -> str:
    """What the bot tells a stranger in the stranger's room."""
    here = await target.wait(
        lambda: (
            target.user_id in trap.person.client.rooms[trap.room].users
            and target.user_id not in trap.person.client.rooms[trap.room].invited_users
        ),
        3,
    )
    if not here:
        return ""
    said = await target.whois(trap, 5)
    return said if PHONE in said else ""
