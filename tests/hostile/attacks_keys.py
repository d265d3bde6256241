"""Attacks for plaintext: the attacker has a device and wants a room key.

Each returns what the attacker's own client could decrypt of the secret."""

import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

from bot.demo.person import Person
from keys.crosssigning import CrossSigningSeeds, public_keys, sign_device
from tests.hostile.cases import attack
from tests.hostile.cast import PHONE, Scene
from tests.hostile.on_enlace import Enlace
from tests.hostile.on_plain import Plain
from tests.hostile.server import event
from tests.hostile.target import PATIENCE, Target
from tests.hostile.thief import Reader, Thief

AGAIN_AFTER = 2.0
"""Seconds after which a bot that gave nothing away is spoken to again."""
QUERY = "/_matrix/client/v3/keys/query"


def mole() -> Thief:
    """Somebody whom nobody knows."""
    return Thief(f"@mole-{secrets.token_hex(3)}:enlace.test")


def new_seeds() -> CrossSigningSeeds:
    return CrossSigningSeeds.decode(secrets.token_bytes(96))


def loot(thief: Reader, target: Target, *secret: str) -> str:
    """Which of these texts the thief can read."""
    texts = thief.reads(target.server)
    return "; ".join(text for text in secret if any(text in one for one in texts))


async def overheard(target: Target, scene: Scene, person: Person) -> str:
    """The bot is asked for something confidential; what this person, whose keys come by the homeserver, reads of it."""

    mark = person.mark()
    target.server.forget()  # what was said before was perhaps meant for them

    def got() -> str:
        # Where their own client shows it, nio does not open it again.
        shown = any(PHONE in heard.body for heard in person.heard[mark:])
        return PHONE if shown else loot(Reader.of(person), target, PHONE)

    if isinstance(target, Plain):
        return await insist(target, scene.room, lambda: target.whois(scene), got)
    await target.whois(scene)
    await target.chance(got)
    await person.create_room("to see what has come until now")
    return got()


async def spoken_to(target: Target, scene: Scene, thief: Thief, text: str, *, lied: bool = True) -> str:
    """The bot has something confidential for the person; what the thief reads of it.

    ``lied``: enlace, too, asks for the keys that the server lies about; else nothing makes it ask."""

    def got() -> str:
        return loot(thief, target, text, PHONE)

    async def talk() -> None:
        await target.question(scene, "!whois CERT-BR")
        await target.question(await target.sender(), f"!send {scene.user} tlp:amber\n{text}")

    if isinstance(target, Plain):
        return await insist(target, scene.room, talk, got)
    if lied:
        await target.due(lambda: target.server.lied, "the lie")
    await talk()
    return str(await target.chance(got))


async def insist(target: Plain, room: str, talk: Callable[[], Awaitable[object]], got: Callable[[], str]) -> str:
    """Talk until there is something to take.

    nio does not wait for keys: it may ask for them only with its first message, and use the session that it has made
    meanwhile for another hundred.  Who waits that long is spared it."""
    deadline = time.monotonic() + PATIENCE
    while not target.dead and time.monotonic() < deadline:
        await talk()
        if taken := await target.wait(got, AGAIN_AFTER):
            return str(taken)
        target.bot.client.invalidate_outbound_session(room)
    return ""


def swap_identity(
    answer: dict[str, Any], person: Person, seeds: CrossSigningSeeds, *signed: dict[str, Any], sign_own: bool = True
) -> None:
    """Put another identity into an answer to a key query, which signs these devices (and the person's own)."""
    user = person.user_id
    published = public_keys(seeds, user)
    answer.setdefault("master_keys", {})[user] = published["master_key"]
    answer.setdefault("self_signing_keys", {})[user] = published["self_signing_key"]
    devices = answer["device_keys"].setdefault(user, {})
    for keys in (*signed, *([devices[person.device_id]] if sign_own and person.device_id in devices else [])):
        devices[keys["device_id"]] = sign_device(seeds, user, keys)


@attack("added-device")
async def added_device(target: Target) -> str:
    scene = await target.scene()
    thief = Thief(scene.user)
    thief.join(target.server)
    return await spoken_to(target, scene, thief, "to Ana alone")


@attack("added-device-of-the-bot")
async def added_device_of_the_bot(target: Target) -> str:
    scene = await target.scene()
    thief = Thief(target.user_id)
    thief.join(target.server)
    await target.restart()  # a bot may ask for its own devices only then
    return await spoken_to(target, scene, thief, "from the one bot")


@attack("forged-device-signature")
async def forged_device_signature(target: Target) -> str:
    scene = await target.scene()
    thief = Thief(scene.user)
    own = f"ed25519:{scene.person.seeds.self_signing_key}"
    forged = thief.signed_by(new_seeds())
    signatures = forged["signatures"][scene.user]
    for name in [name for name in signatures if name != f"ed25519:{thief.device_id}"]:
        signatures[own] = signatures.pop(name)
    thief.join(target.server, keys=forged)
    return await spoken_to(target, scene, thief, "the signature says Ana")


@attack("swapped-master-key")
async def swapped_master_key(target: Target) -> str:
    scene = await target.victim()
    thief, seeds = Thief(scene.user), new_seeds()
    target.server.show_keys(scene.user, lambda _, answer: swap_identity(answer, scene.person, seeds, thief.keys))
    target.server.give_claims(scene.user, thief.device_id, thief.claims)
    return await spoken_to(target, scene, thief, "under another identity")


@attack("foreign-self-signing-key")
async def foreign_self_signing_key(target: Target) -> str:
    """The person's master key stays; the key that signs devices is another one."""
    scene = await target.victim()
    thief, seeds = Thief(scene.user), new_seeds()

    def change(_: dict[str, Any], answer: dict[str, Any]) -> None:
        genuine = answer["master_keys"][scene.user]
        swap_identity(answer, scene.person, seeds, thief.keys)
        answer["master_keys"][scene.user] = genuine

    target.server.show_keys(scene.user, change)
    target.server.give_claims(scene.user, thief.device_id, thief.claims)
    return await spoken_to(target, scene, thief, "signed by a stranger's key")


@attack("dropped-signature")
async def dropped_signature(target: Target) -> str:
    """Nothing is signed any more: perhaps the bot falls back to what is there."""
    scene = await target.victim()
    thief = Thief(scene.user)

    def change(devices: dict[str, Any], answer: dict[str, Any]) -> None:
        for part in ("master_keys", "self_signing_keys"):
            answer.get(part, {}).pop(scene.user, None)
        for name, keys in devices.items():
            keys["signatures"] = {scene.user: {f"ed25519:{name}": keys["signatures"][scene.user][f"ed25519:{name}"]}}
        devices[thief.device_id] = thief.keys

    target.server.show_keys(scene.user, change)
    target.server.give_claims(scene.user, thief.device_id, thief.claims)
    return await spoken_to(target, scene, thief, "to whoever is there")


@attack("replayed-keys-query")
async def replayed_keys_query(target: Target) -> str:
    """A laptop is lost; the person resets the identity; the server goes back to yesterday's answer."""
    scene = await target.victim()
    user, laptop = scene.user, Thief(scene.user)
    signed = sign_device(scene.person.seeds, user, laptop.keys)
    yesterday = await scene.person.call("POST", QUERY, {"device_keys": {user: []}})
    yesterday["device_keys"][user][laptop.device_id] = signed
    await scene.person.replace_identity()
    if isinstance(target, Enlace):
        await target.due(lambda: "person-identity-kept" in target.failed_of(user), "the change to be seen")

    def replay(_: dict[str, Any], answer: dict[str, Any]) -> None:
        for part in ("device_keys", "master_keys", "self_signing_keys"):
            answer.setdefault(part, {})[user] = yesterday[part][user]

    target.server.show_keys(user, replay)
    target.server.give_claims(user, laptop.device_id, laptop.claims)
    return await spoken_to(target, scene, laptop, "not for the lost laptop")


@attack("hidden-member")
async def hidden_member(target: Target) -> str:
    """No sync ever shows the member; only the list for senders does."""
    scene = await target.room()
    outsider = mole()
    outsider.join(target.server)
    target.server.lie("/joined_members", lambda _, answer: _more_members(answer, outsider.user_id))
    return await spoken_to(target, scene, outsider, "nobody else is here", lied=False)


def _more_members(answer: Any, user: str) -> None:
    answer["joined"][user] = {"display_name": "mole", "avatar_url": None}


@attack("invented-member")
async def invented_member(target: Target) -> str:
    """A membership that no event in the room stands for, in the part of the sync that no timeline shows."""
    scene = await target.victim()
    outsider = mole()
    outsider.join(target.server)
    user = outsider.user_id
    target.server.lie("/joined_members", lambda _, answer: _more_members(answer, user))
    target.server.state(scene.room, event(user, "m.room.member", {"membership": "join"}, state_key=user))
    return await spoken_to(target, scene, outsider, "and the mole makes three")


@attack("hidden-leave")
async def hidden_leave(target: Target) -> str:
    """Somebody left the organisation, and the room; the server goes on showing them in it."""
    scene, left = await target.room(), await target.victim()
    room = await target.desk(scene.person, left.person)
    await target.whois(Scene(scene.person, room))
    target.server.lie("/sync", lambda _, sync: _without_leave(sync, room, left.user))
    await target.dismiss(left.person)
    await left.person.call("POST", f"/_matrix/client/v3/rooms/{room}/leave", {})
    await scene.person.until(lambda: left.user not in scene.person.client.rooms[room].users, "them to leave")
    return await overheard(target, Scene(scene.person, room), left.person)


def _without_leave(sync: dict[str, Any], room: str, user: str) -> None:
    part = sync.get("rooms", {}).get("join", {}).get(room, {})
    for section in ("timeline", "state"):
        if section in part:
            part[section]["events"] = [
                e
                for e in part[section].get("events", [])
                if not (e.get("state_key") == user and e.get("content", {}).get("membership") == "leave")
            ]


@attack("device-key-swapped-at-enrolment")
async def device_key_swapped_at_enrolment(target: Target) -> str:
    """From the first day, the server shows the person's device with keys of its own."""
    person = await target.cast.victim()
    thief, seeds = Thief(person.user_id, person.device_id), new_seeds()
    target.server.show_keys(
        person.user_id, lambda _, answer: swap_identity(answer, person, seeds, thief.keys, sign_own=False)
    )
    target.server.give_claims(person.user_id, thief.device_id, thief.claims)
    scene = await target.enrol(person)
    return await spoken_to(target, scene, thief, "welcome")


@attack("fake-master-key-at-enrolment")
async def fake_master_key_at_enrolment(target: Target) -> str:
    """The person's own device is shown as it is, under a master key of the server's that signs one more device."""
    person = await target.cast.victim()
    thief, seeds = Thief(person.user_id), new_seeds()
    target.server.show_keys(person.user_id, lambda _, answer: swap_identity(answer, person, seeds, thief.keys))
    target.server.give_claims(person.user_id, thief.device_id, thief.claims)
    scene = await target.enrol(person)
    return await spoken_to(target, scene, thief, "welcome")
