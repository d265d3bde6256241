"""The main job seen by the stack of Element: matrix-js-sdk with Rust crypto, which hides and refuses what its
owner has not signed (``onlySigned``).  Nothing here is matrix-nio but the bot itself."""

import asyncio
import hashlib
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.demo.synapse import Synapse
from bot.demo.world import PATIENCE, Staff, Team, World
from tests.harness.human import Human

pytestmark = [pytest.mark.homeserver, pytest.mark.browser_client]

MX = Team(
    "CERT-MX",
    {"en": "CERT Mexico", "es": "CERT México"},
    "MX",
    "America/Mexico_City",
    ("en",),
    (Staff("ana", "Ana Ruiz", lead=True), Staff("diana", "Diana Soto"), Staff("elena", "Elena Paz")),
)
BR = Team(
    "CTIR-BR",
    {"en": "CTIR Gov Brazil", "pt": "CTIR Gov"},
    "BR",
    "America/Sao_Paulo",
    ("en",),
    (Staff("bruno", "Bruno Lima", lead=True), Staff("fabio", "Fábio Reis", roles=("diplomatic",))),
    networks={"csirtamericas": ["technical"], "oas-cbm": ["diplomatic"]},
)
UY = Team(
    "CERTUY",
    {"es": "CERTuy"},
    "UY",
    "America/Montevideo",
    ("es",),
    (
        Staff("carla", "Carla Núñez", lead=True, coordinator=True),
        Staff("carlos", "Carlos Sosa", coordinator=True),
    ),
)


@pytest.fixture(scope="module")
async def world(homeserver: Synapse) -> AsyncIterator[World]:
    async with World([MX, BR, UY], homeserver=homeserver) as made:
        await made.run()
        yield made


async def arrive(world: World, account: str, **more: Any) -> Human:
    """A new device of one of the people, on Element's stack."""
    name = world.user(account).removeprefix("@").partition(":")[0]
    return await Human.arrive(world.homeserver.url, name, world.passwords[account], **more)


async def ask(world: World, human: Human, room: str, text: str, pattern: str = "", **more: Any) -> dict[str, Any]:
    """Say something and hear the bot's next words that match; they must be encrypted and without any shield."""
    before = {message["eventId"] for message in await human.messages(room)}
    await human.say(room, text, **more)
    looked_for = re.compile(pattern, re.IGNORECASE | re.DOTALL)
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                for answer in await human.messages(room):
                    new = answer["eventId"] not in before and answer["relation"].get("rel_type") != "m.replace"
                    said = answer["sender"] == world.bot and str(answer["content"].get("body", ""))
                    if new and said and looked_for.search(said):
                        assert (answer["encrypted"], answer["shield"]) == (True, "none"), answer
                        return answer
                await asyncio.sleep(0.15)
    except TimeoutError:
        last = [(m["sender"], m["content"].get("body"), m["why"]) for m in (await human.messages(room))[-4:]]
        raise AssertionError(f"no answer {pattern!r} to {text!r}; last: {last}") from None


async def direct_room(world: World, human: Human) -> str:
    room = await human.create_room("enlace", [world.bot])
    await human.wait_member(room, world.bot)
    return room


async def verify(world: World, human: Human, account: str, room: str) -> str:
    """``!verify`` as a person does it: device and session key from their own client, signature by their own gpg."""
    challenge = await ask(world, human, room, "!verify", "identity statement v1")
    device, key = await human.fingerprint()
    # The server could have put them there: the challenge holds neither.
    assert device not in challenge["content"]["body"]
    assert key not in challenge["content"]["body"]
    signed = await asyncio.to_thread(world.sign, account, challenge["content"]["body"], device, key)
    answer = await ask(world, human, room, f"!verify\n{signed}", "verified until|cannot|not|no ")
    return str(answer["content"]["body"])


async def enrol(world: World, human: Human, account: str) -> str:
    """A direct room with the bot in which the person is verified; returns the room."""
    room = await direct_room(world, human)
    assert "Every device that you verify" in await verify(world, human, account, room)
    await world.until_verified(room)
    return room


async def assert_clean(world: World, human: Human, *rooms: str) -> None:
    """Everything that the bot ever said there could be read, with shield ``none``."""
    for room in rooms:
        said = [m for m in await human.messages(room) if m["sender"] == world.bot]
        assert said
        wrong = [m for m in said if m["failed"] or not m["encrypted"] or m["shield"] != "none"]
        assert wrong == []


async def test_verify_whois_and_a_relay_between_two_countries(world: World, tmp_path: Path) -> None:
    async with await arrive(world, "ana") as ana, await arrive(world, "bruno") as bruno:
        at_ana, at_bruno = await enrol(world, ana, "ana"), await enrol(world, bruno, "bruno")

        # The bot proves itself: the statement names the very device and key that this client sees.
        proof = (await ask(world, ana, at_ana, "!verify bot", "bot identity v1"))["content"]["body"]
        (device,) = await ana.devices(world.bot)
        assert device["signedByOwner"]
        shown = re.search(r"Device: (\S+) (.+)", proof)
        assert shown is not None
        assert (shown[1], shown[2].replace(" ", "")) == (device["device"], device["key"])
        assert "BEGIN PGP SIGNATURE" in proof

        card = (await ask(world, ana, at_ana, "!whois BR", "CTIR"))["content"]["body"]
        assert "CTIR Gov Brazil" in card
        assert "room verified" in card

        status = await ask(
            world, ana, at_ana, "!send BR tlp:amber\nC2 at 203.0.113.7\nSeen in three ministries.", "MSG-"
        )
        ref = re.search(r"MSG-[0-9A-Z]+", status["content"]["body"])
        assert ref is not None
        copy = await bruno.hear(at_bruno, "three ministries", sender=world.bot)
        assert (copy["encrypted"], copy["shield"]) == (True, "none")
        assert ref[0] in copy["content"]["body"]
        assert "TLP:AMBER" in copy["content"]["body"]
        assert copy["content"]["m.mentions"] == {"user_ids": [bruno.user_id]}

        # The first answer in the thread is asked about; `ok` sends it, and then it is a conversation.
        root = copy["eventId"]
        consent = await ask(world, bruno, at_bruno, "We block it.", "CERT-MX", thread=root)
        assert "ok" in consent["content"]["body"]
        assert consent["relation"]["event_id"] == root
        assert not [m for m in await ana.messages(at_ana) if "block it" in str(m["content"].get("body"))]
        await ask(world, bruno, at_bruno, "ok", f"{ref[0]}.*relayed", thread=root)
        answer = await ana.hear(at_ana, "We block it", sender=world.bot)
        assert (answer["encrypted"], answer["shield"]) == (True, "none")
        assert answer["relation"]["rel_type"] == "m.thread"
        await bruno.say(at_bruno, "Sinkhole is up.", thread=root)
        await ana.hear(at_ana, "Sinkhole is up", sender=world.bot)
        await ana.say(at_ana, "Thank you.", thread=answer["relation"]["event_id"])
        back = await bruno.hear(at_bruno, "Thank you", sender=world.bot)
        assert back["relation"]["event_id"] == root

        # A file in the thread, and one that goes along: what this client encrypts, the other one opens.
        sample = tmp_path / "sample.bin"
        sample.write_bytes(os.urandom(100_000))
        digest = hashlib.sha256(sample.read_bytes()).hexdigest()
        await bruno.send_file(at_bruno, sample, thread=root)
        relayed = await ana.hear(at_ana, "sample.bin", sender=world.bot)
        assert (relayed["encrypted"], relayed["shield"], relayed["content"]["msgtype"]) == (True, "none", "m.file")
        assert await ana.open_file(relayed) == digest
        posted = await ana.send_file(at_ana, sample)
        await ask(world, ana, at_ana, "!send BR tlp:amber\nThe loader\nUnpacked.", "MSG-", reply_to=posted)
        copy = await bruno.hear(at_bruno, "The loader", sender=world.bot)
        assert copy["content"]["filename"] == "sample.bin"
        assert await bruno.open_file(copy) == digest
        assert not world.homeserver.stores(sample.read_bytes()[:64])
        ours = [path for path in world.folder.rglob("*") if path.is_file()]
        assert not any(sample.read_bytes()[:64] in path.read_bytes() for path in ours)

        await assert_clean(world, ana, at_ana)
        await assert_clean(world, bruno, at_bruno)
    for secret in (b"three ministries", b"We block it", b"Sinkhole is up"):
        assert not world.homeserver.stores(secret)
    # The room is no place to look for it either: the bot keeps what waits only sealed.
    assert not any(b"three ministries" in path.read_bytes() for path in (world.folder / "state").glob("enlace.db*"))


async def test_a_device_that_is_not_signed_gets_neither_keys_nor_obedience(world: World) -> None:
    async with await arrive(world, "diana") as diana:
        room = await enrol(world, diana, "diana")
        before = await ask(world, diana, room, "!whois BR", "CTIR")
        # Anybody with the password, or the server itself: a device that diana never signed.
        async with await arrive(world, "diana", cross_signed=False, isolation="all") as thief:
            signed = {diana.device_id: True, thief.device_id: False}
            async with asyncio.timeout(PATIENCE):
                while {d["device"]: d["signedByOwner"] for d in await diana.devices(diana.user_id)} != signed:
                    await asyncio.sleep(0.2)
            await thief.say(room, "!whois UY")
            notice = await diana.hear(room, "has not verified", sender=world.bot)
            assert notice["shield"] == "none"
            assert thief.device_id in notice["content"]["body"]
            await thief.say(room, "!send BR tlp:amber\nforged\nforged by the thief")
            # The signed device goes on working, and the thief can read nothing of it, not even that it was noticed.
            await ask(world, diana, room, "!whois CERT-MX", "CERT Mexico")
            lost = await thief.hear_unreadable(room, sender=world.bot)
            assert lost["encrypted"]
            said = [m for m in await thief.messages(room) if m["sender"] == world.bot]
            assert [m for m in said if not m["failed"]] == []
            assert len(said) >= 2
            heard = [m["content"]["body"] for m in await diana.messages(room) if m["sender"] == world.bot]
            assert len([body for body in heard if "has not verified" in body]) == 1, "told once"
            assert not any("CERTuy" in body or "MSG-" in body for body in heard), "the thief was not obeyed"
        assert world.app is not None
        assert world.app.matrix.trust.room(room).ok, "the room stays verified"
        assert before["eventId"] in {m["eventId"] for m in await diana.messages(room)}
        await assert_clean(world, diana, room)


async def test_a_second_device_that_came_in_by_recovery_key_is_trusted_under_a_pinned_master_key(world: World) -> None:
    async with await arrive(world, "elena") as phone:
        room = await enrol(world, phone, "elena")
        assert phone.recovery_key is not None
        async with await arrive(world, "elena", recovery_key=phone.recovery_key) as laptop:
            assert laptop.device_id != phone.device_id
            assert await laptop.master_key() == await phone.master_key()
            card = await ask(world, laptop, room, "!whois BR", "CTIR")
            assert "not** verified" not in card["content"]["body"]
            await phone.hear(room, "CTIR", sender=world.bot)
            standing = await ask(world, laptop, room, "!trust", laptop.device_id)
            assert f"({laptop.device_id}): trusted" in standing["content"]["body"]
            await assert_clean(world, phone, room)


async def test_a_recovered_device_alone_pins_exactly_itself_until_the_first_device_speaks(world: World) -> None:
    async with await arrive(world, "fabio") as first:
        recovery = first.recovery_key
        assert recovery is not None
        async with await arrive(world, "fabio", recovery_key=recovery) as second:
            room = await direct_room(world, second)
            said = await verify(world, second, "fabio", room)
            assert "exactly these devices" in said
            assert second.device_id in said
            assert first.device_id not in said
            await world.until_verified(room)
            await ask(world, second, room, "!whois MX", "CERT Mexico")
            # The other device is signed by the same identity, but nobody's statement names it: it may ask what
            # anyone may ask, it cannot read what is for verified devices, and it sends nothing.
            await first.say(room, "!send MX tlp:amber\nnot listed\nfrom a device that is not listed")
            await second.hear(room, f"{first.device_id}.*nothing was done", sender=world.bot)
            await first.say(room, "!whois CERTUY")
            await second.hear(room, "CERTuy", sender=world.bot)
            await first.hear_unreadable(room, sender=world.bot)
            assert not [m for m in await first.messages(room) if "CERTuy" in str(m["content"].get("body"))]
            # The way out that the bot named: a statement from the device that made the account's identity.
            answer = await verify(world, first, "fabio", room)
            assert "Every device that you verify" in answer
            for device in (first, second):
                await until_trusted(world, device, room)
                await ask(world, device, room, "!whois CERTUY", "CERTuy")


async def until_trusted(world: World, human: Human, room: str) -> None:
    """Wait until the bot says that this very device is trusted."""
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = await ask(world, human, room, "!trust", human.device_id)
            if f"({human.device_id}): trusted" in answer["content"]["body"]:
                return
