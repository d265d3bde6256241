"""Attacks for obedience: the attacker wants the bot to do what nobody asked for, or to carry what was not meant.

Each returns what came of it on the other side."""

import json
import secrets
from typing import Any

from nio.crypto import OutboundGroupSession

from bot.demo.person import Person
from tests.contract.matrix.attacks import inner_message, put, sealed, to_device
from tests.hostile.cases import attack
from tests.hostile.cast import Scene
from tests.hostile.on_enlace import Enlace
from tests.hostile.on_plain import Plain
from tests.hostile.server import Ask, event, joined
from tests.hostile.target import PATIENCE, Target


def words() -> str:
    """Something that nobody has said before."""
    return "words-" + secrets.token_hex(6)


def command(text: str) -> str:
    return f"!send CERT-BR tlp:green\n{text}"


def encrypted(scene: Scene, inner: Any, sender: str | None = None, **outer: Any) -> dict[str, Any]:
    """An event whose ciphertext the person's own client made, which the homeserver never saw."""
    content = sealed(scene.person, scene.room, json.dumps(inner).encode())
    return event(sender or scene.user, "m.room.encrypted", {**content, **outer})


def capture(target: Target, scene: Scene, sender: str) -> list[dict[str, Any]]:
    """Every encrypted event of this sender in this room, as it passes on its way to the bot."""
    found: list[dict[str, Any]] = []

    def look(_: Ask, sync: Any) -> None:
        events = joined(sync, scene.room)["timeline"]["events"]
        mine = [one for one in events if one.get("type") == "m.room.encrypted" and one.get("sender") == sender]
        found.extend(json.loads(json.dumps(mine)))

    target.server.lie("/sync", look)
    return found


@attack("replayed-event")
async def replayed_event(target: Target) -> str:
    """The same ciphertext as another event, at once and again after a restart."""
    scene, text = await target.scene(), words()
    passed = capture(target, scene, scene.user)
    await target.ask(scene, command(text))
    [genuine] = passed[-1:]
    target.server.honest()
    target.server.say(scene.room, {**genuine, "event_id": "$" + secrets.token_urlsafe(32)})
    await target.obeyed(scene, text)
    await target.restart()
    target.server.say(scene.room, {**genuine, "event_id": "$" + secrets.token_urlsafe(32)})
    came = (await target.obeyed(scene, text)).count(text)
    return f"{came} copies" if came > 1 else ""


@attack("rewound-position")
async def rewound_position(target: Target) -> str:
    """The very same event, delivered once more."""
    scene, text = await target.scene(), words()
    passed = capture(target, scene, scene.user)
    await target.ask(scene, command(text))
    [genuine] = passed[-1:]
    target.server.honest()
    target.server.say(scene.room, genuine)
    came = (await target.obeyed(scene, text)).count(text)
    return f"{came} copies" if came > 1 else ""


async def held_back_ok(target: Target, *, new_session: bool) -> str:
    """“ok”, said to a colleague and held back, comes when the bot has asked a question."""
    scene, text = await target.room(), words()
    await target.whois(scene)
    content = sealed(scene.person, scene.room, json.dumps(inner_message(scene.room, "ok")).encode())
    held: list[dict[str, Any]] = []

    def hold(_: Ask, sync: Any) -> None:
        part = joined(sync, scene.room)["timeline"]
        ours = [one for one in part["events"] if one.get("content", {}).get("ciphertext") == content["ciphertext"]]
        held.extend(ours)
        part["events"] = [one for one in part["events"] if one not in ours]

    target.server.lie("/sync", hold)
    await put(scene.person, scene.room, content)
    await target.due(lambda: held, "the message to pass")
    if new_session:
        scene.person.client.invalidate_outbound_session(scene.room)
    await target.ask(scene, f"!send CERT-BR perhaps tlp:green {text}\nand more of {text}")
    target.server.honest()
    target.server.say(scene.room, *held)
    return await target.obeyed(scene, text)


@attack("an-ok-from-before")
async def an_ok_from_before(target: Target) -> str:
    return await held_back_ok(target, new_session=False)


@attack("an-ok-from-an-older-session")
async def an_ok_from_an_older_session(target: Target) -> str:
    """The same, and the server has made the person's client begin a new session in between."""
    return await held_back_ok(target, new_session=True)


@attack("forged-reaction")
async def forged_reaction(target: Target) -> str:
    """A ✅ on a page, by the person who is paged, who sleeps."""
    scene, bruno, text = await target.scene(), await target.sender(), words()
    await target.ask(bruno, f"!escalate {scene.user} critical {text}")
    page = await scene.person.hear(scene.room, text, sender=target.user_id, patience=PATIENCE)
    before = bruno.person.mark()
    relation = {"rel_type": "m.annotation", "event_id": page.event_id, "key": "✅"}
    target.server.say(scene.room, event(scene.user, "m.reaction", {"m.relates_to": relation}))
    await target.whois(scene)
    await target.arrived(text)
    said = [h.body for h in bruno.person.heard[before:] if h.sender == target.user_id and h.room == bruno.room]
    taken = "\n".join(body for body in said if "taken by" in body or "has it" in body)
    if isinstance(target, Enlace):
        await target.ask(bruno, "!cancel")
    return taken


@attack("forged-redaction")
async def forged_redaction(target: Target) -> str:
    """The command is shown as redacted, by its sender."""
    scene, bruno, text = await target.scene(), await target.sender(), words()
    sent = await scene.person.say(scene.room, command(text))
    await target.answer(scene, sent)
    await target.arrived(text)
    before, asked = bruno.person.mark(), len(target.server.taken.asks)
    redaction = {**event(scene.user, "m.room.redaction", {"redacts": sent, "reason": "a mistake"}), "redacts": sent}
    target.server.say(scene.room, redaction)
    await target.whois(scene)
    await target.arrived(text)
    said = [h.body for h in bruno.person.heard[before:] if h.sender == target.user_id and h.room == bruno.room]
    removed = [path for _, path in target.server.taken.asks[asked:] if "/redact/" in path]
    return "\n".join([*removed, *(body for body in said if body == "withdrawn" or "removed here" in body)])


@attack("outer-relation")
async def outer_relation(target: Target) -> str:
    """A line among colleagues is shown as part of the thread that goes to the other country."""
    scene, text = await target.scene(), words()
    root = await scene.person.say(scene.room, command(words()))
    await target.answer(scene, root)
    relation = {"rel_type": "m.thread", "event_id": root}
    internal = encrypted(scene, inner_message(scene.room, text), **{"m.relates_to": relation})
    target.server.say(scene.room, internal)
    return await target.obeyed(scene, text)


@attack("plaintext-command")
async def plaintext_command(target: Target) -> str:
    scene, text = await target.scene(), words()
    target.server.say(scene.room, event(scene.user, "m.room.message", {"msgtype": "m.text", "body": command(text)}))
    return await target.obeyed(scene, text)


async def hand_over(stranger: Person, target: Target, room: str, session_id: str, session_key: str) -> None:
    """A stranger gives the bot a room key of a room that they are not in, by Olm."""
    device, _ = target.device
    olm: Any = stranger.client.olm
    olm.users_for_key_query.add(target.user_id)
    await stranger.client.keys_query()
    await stranger.client.keys_claim({target.user_id: [device]})
    bot = olm.device_store[target.user_id][device]
    content = {
        "algorithm": "m.megolm.v1.aes-sha2",
        "room_id": room,
        "session_id": session_id,
        "session_key": session_key,
    }
    message = olm._olm_encrypt(olm.session_store.get(bot.curve25519), bot, "m.room_key", content)
    await to_device(stranger, target.user_id, device, message)


@attack("forged-sender")
async def forged_sender(target: Target) -> str:
    """A stranger's ciphertext, shown as the person's own."""
    scene, text = await target.scene(), words()
    stranger = await target.cast.stranger()
    session = OutboundGroupSession()
    await hand_over(stranger, target, scene.room, session.id, session.session_key)
    session.mark_as_shared()
    await target.whois(scene)
    inner = json.dumps(inner_message(scene.room, command(text)))
    content = {
        "algorithm": "m.megolm.v1.aes-sha2",
        "sender_key": stranger.client.olm.account.identity_keys["curve25519"],
        "ciphertext": session.encrypt(inner),
        "session_id": session.id,
        "device_id": stranger.device_id,
    }
    target.server.say(scene.room, event(scene.user, "m.room.encrypted", content))
    came = await target.obeyed(scene, text)
    await target.later()
    return came or await target.obeyed(scene, text)


@attack("another-rooms-message")
async def another_rooms_message(target: Target) -> str:
    """Inside the ciphertext stands another room's id: it was not written for this room."""
    scene, text = await target.scene(), words()
    await target.whois(scene)
    target.server.say(scene.room, encrypted(scene, inner_message("!elsewhere", command(text))))
    return await target.obeyed(scene, text)


@attack("stolen-password")
async def stolen_password(target: Target) -> str:
    """Who knows the password logs in a device that the person's identity has not signed, and gives orders."""
    scene, text = await target.victim(), words()
    stray = await target.cast.device(scene.person, cross_signed=False)
    await stray.until(lambda: scene.room in stray.client.rooms, "the room")
    await stray.say(scene.room, command(text))
    return await target.obeyed(scene, text)


@attack("hidden-demotion")
async def hidden_demotion(target: Target) -> str:
    """A member lost the power that a command rests on, and the bot is not told."""
    scene, other = await target.room(), await target.victim()
    room = await target.desk(scene.person, other.person)
    path = f"/_matrix/client/v3/rooms/{room}/state/m.room.power_levels"
    genuine = await scene.person.call("GET", path)
    await scene.person.call("PUT", path, {**genuine, "users": {**genuine.get("users", {}), other.user: 50}})
    await target.due(lambda: target.levels(room, other.user) == 50, "the promotion")
    users = {user: level for user, level in genuine.get("users", {}).items() if user != other.user}
    await scene.person.call("PUT", path, {**genuine, "users": users})
    await target.caught_up()
    if isinstance(target, Plain):
        await target.ask(Scene(other.person, room), "!close")
        return "closed" if room in target.bot.closed else ""
    return "still above others" if target.levels(room, other.user) > 0 else ""
