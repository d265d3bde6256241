"""The life of people's trust as they see it: renewed, changed, withdrawn, vouched for, run out, and back each time."""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from nio.crypto.attachments import encrypt_attachment

from bot.app import App
from bot.demo.synapse import Synapse
from bot.demo.world import Staff, Team, World
from bot.ids import RoomId, UserId
from keys.fingerprint import MatrixKey
from keys.trust import GRACE, Pin, Standing
from tests.harness.house import House

pytestmark = pytest.mark.homeserver

TEAMS = (
    Team("CERT-MX", {"es": "CERT México"}, "MX", "America/Mexico_City", ("es",),
         (Staff("ana", "Ana Pérez", lead=True), Staff("vera", "Vera Luna"))),
    Team("CERT-BR", {"en": "CERT Brazil"}, "BR", "America/Sao_Paulo", ("en",), (Staff("bruno", "Bruno Lima"),)),
    Team("OAS-CICTE", {"en": "OAS/CICTE"}, "US", "America/New_York", ("en",),
         (Staff("carla", "Carla Díaz", coordinator=True),)),
    Team("RIPE", {"en": "RIPE"}, "NL", "Europe/Amsterdam", ("en",), (Staff("dora", "Dora Mol", coordinator=True),)),
)  # fmt: skip
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
async def deployment(homeserver: Synapse) -> AsyncIterator[House]:
    """Everybody but Vera is verified."""
    async with World(TEAMS, homeserver=homeserver) as world:
        await world.run()
        made = House(world)
        try:
            await made.enrol("ana", "bruno", "carla", "dora")
            yield made
        finally:
            await made.close()


@pytest.fixture
async def house(deployment: House) -> House:
    deployment.begin()
    return deployment


def app(house: House) -> App:
    assert house.world.app is not None
    return house.world.app


def pin(house: House, who: str) -> Pin:
    found = app(house).register.pin(UserId(house.world.user(who)))
    assert found is not None
    return found


async def stands(house: House, who: str, standing: Standing) -> None:
    """Wait until somebody stands like this."""
    user = UserId(house.world.user(who))
    await house.until(lambda: app(house).matrix.trust.person(user).standing is standing, f"{who} to be {standing}")


async def statement(house: House, who: str) -> str:
    """The text of a new challenge, this person's own device filled in."""
    house.world.clock.push(timedelta(seconds=2))  # a statement's time is in whole seconds: later than any before
    person = house.people[who]
    challenge = (await house.ask(who, "!verify", "identity statement v1")).body
    lines = challenge[challenge.index("enlace identity statement v1") :].split("\n")
    end = next(number for number, line in enumerate(lines) if line.startswith("Expires:"))
    text = "\n".join(lines[: end + 1]) + "\n"
    return text.replace("<device id> <session key>", f"{person.device_id} {person.session_key}")


# --- renewal --------------------------------------------------------------------------------------------


async def test_a_signed_text_alone_is_a_statement(house: House) -> None:
    world, before = house.world, pin(house, "bruno")
    text = await statement(house, "bruno")
    signed = await asyncio.to_thread(world.keyring.sign_clear, text, world.fingerprints["bruno"])
    await house.ask("bruno", signed, "you are verified until")
    await house.until(lambda: pin(house, "bruno").issued > before.issued, "the new statement")
    again = await house.ask("bruno", signed)
    assert "no open challenge" in again.body or "already used" in again.body


async def test_a_detached_signature_is_a_statement(house: House) -> None:
    world = house.world
    text = await statement(house, "bruno")
    signature = await asyncio.to_thread(world.keyring.sign_detached, text.encode(), world.fingerprints["bruno"])
    answer = await house.ask("bruno", f"!verify\n{text}{signature.decode()}")
    assert "you are verified until" in answer.body


async def test_a_file_is_a_statement_where_one_was_asked_for(house: House) -> None:
    world, bruno, before = house.world, house.people["bruno"], pin(house, "bruno")
    signed = await asyncio.to_thread(
        world.keyring.sign_clear, await statement(house, "bruno"), world.fingerprints["bruno"]
    )
    sealed, keys = encrypt_attachment(signed.encode())
    answer, _ = await bruno.client.upload(io.BytesIO(sealed), "application/octet-stream", filesize=len(sealed))
    file = {"msgtype": "m.file", "body": "statement.txt.asc", "file": {**keys, "url": answer.content_uri}}
    await bruno.send(house.rooms["bruno"], "m.room.message", file)
    await house.hear("bruno", "you are verified until")
    assert pin(house, "bruno").issued > before.issued


async def test_a_signed_text_in_a_conversation_is_relayed(house: House) -> None:
    """Clear-signed advisories are talk, where people talk with others."""
    world, ana = house.world, house.people["ana"]
    root = await ana.say(house.rooms["ana"], "!enviar BR tlp:green\nAviso firmado\nsigue")
    await house.hear("bruno", "Aviso firmado")
    signed = await asyncio.to_thread(world.keyring.sign_clear, "parche 4.2\n", world.fingerprints["ana"])
    await ana.say(house.rooms["ana"], signed, thread=root)
    assert "BEGIN PGP SIGNED MESSAGE" in (await house.hear("bruno", "parche 4.2")).body


# --- another identity -----------------------------------------------------------------------------------


async def test_whoever_resets_their_identity_is_held_told_once_and_comes_back(house: House) -> None:
    bruno = house.people["bruno"]
    await bruno.replace_identity()
    await stands(house, "bruno", Standing.CHANGED)
    await house.verified(house.rooms["bruno"], ok=False)
    await house.ask("ana", "!enviar BR tlp:amber\nRetenido uno\nel cuerpo", "MSG-")
    await house.hear("ana", "Retenido para CERT-BR", edits=True)

    refused = await house.ask("bruno", "!send MX tlp:green\nFrom the new identity\nx")
    assert "not verified" in refused.body
    # Something else moves the person's devices: nothing is said again.
    await (await house.world.arrive("bruno", cross_signed=False)).leave_for_good()
    await house.barrier("ana", "bruno", "carla", "dora")
    for who in ("bruno", "carla", "dora"):
        told = [heard for heard in house.since(who) if "identity of" in heard.body and "has changed" in heard.body]
        assert len(told) == 1, (who, told)
        assert house.world.user("bruno") in told[0].body
        assert "!verify" in told[0].body
    assert "Retenido uno" not in house.said_to("bruno")
    assert "From the new identity" not in house.said_to("ana")

    answer = await house.world.verify(bruno, "bruno", house.rooms["bruno"])
    assert "you are verified until" in answer
    copy = await house.hear("bruno", "Retenido uno")
    assert "el cuerpo" in copy.body
    await house.hear("ana", "En su sala 1/1", edits=True)
    await house.verified(house.rooms["bruno"])


# --- withdrawal -----------------------------------------------------------------------------------------


async def test_a_coordinator_withdraws_and_a_statement_leads_back(house: House) -> None:
    bruno, user = house.people["bruno"], house.world.user("bruno")
    refused = await house.ask("ana", f"!verificar revocar {user}")
    assert "No se cambió nada" in refused.body
    done = await house.ask("carla", f"!verify revoke {user}")
    assert "withdrawn" in done.body
    await stands(house, "bruno", Standing.REVOKED)
    await house.hear("bruno", "Carla Díaz has withdrawn")
    await house.hear("dora", "Carla Díaz has withdrawn")
    await house.ask("ana", "!enviar BR tlp:green\nRetenido dos\nx", "MSG-")
    await house.hear("ana", "Retenido para CERT-BR", edits=True)
    assert "not verified" in (await house.ask("bruno", "!send MX tlp:green\nNo\nx")).body
    await house.barrier("ana", "bruno", "carla", "dora")
    for who in ("bruno", "dora"):
        assert sum("has withdrawn" in heard.body for heard in house.since(who)) == 1
    assert "has withdrawn" not in house.said_to("carla"), "whoever did it has an answer"

    await house.world.verify(bruno, "bruno", house.rooms["bruno"])
    await house.hear("bruno", "Retenido dos")
    await house.log_verifies("identity.withdrawn", "identity.changed", "identity.pinned")


# --- without OpenPGP ------------------------------------------------------------------------------------


async def test_two_coordinators_vouch(house: House) -> None:
    vera = house.people["vera"] = await house.world.arrive("vera")
    house.rooms["vera"] = await vera.create_room("vera and enlace", [house.bot])
    await vera.wait_member(house.rooms["vera"], house.bot)
    house.begin()
    assert "sin verificar" in (await house.ask("ana", "!personas")).body
    key = MatrixKey(vera.session_key).grouped()

    assert "Only a coordinator" in (await house.ask("bruno", f"!vouch {vera.user_id} {key}")).body
    assert "Noted" in (await house.ask("carla", f"!vouch {vera.user_id} {key}")).body
    wrong = MatrixKey(house.people["bruno"].session_key).grouped()
    assert "no device" in (await house.ask("dora", f"!vouch {vera.user_id} {wrong}")).body
    assert "no está verificada" in (await house.ask("vera", "!enviar BR tlp:green\nTodavía no\nx")).body
    await stands(house, "vera", Standing.UNKNOWN)
    assert "is vouched for until" in (await house.ask("dora", f"!vouch {vera.user_id} {vera.session_key}")).body
    await stands(house, "vera", Standing.VOUCHED)
    await house.hear("carla", "A second coordinator agreed")
    await house.hear("vera", "aval")
    await house.verified(house.rooms["vera"])

    listed = (await house.ask("ana", "!personas lista")).body
    assert "Vera Luna" in listed
    assert "con aval hasta" in listed
    assert "verificada hasta" in listed
    assert "CERT-BR" in (await house.ask("vera", "!quien BR")).body
    # Up to AMBER, and not beyond it.
    await house.ask("bruno", f"!send {vera.user_id} tlp:amber\nUp to here\nx", "MSG-")
    await house.hear("vera", "Up to here")
    await house.ask("bruno", f"!send {vera.user_id} tlp:red\nNot this\nx")
    await house.barrier("vera")
    assert "Not this" not in house.said_to("vera")


async def test_people_are_listed_for_leads_of_their_own(house: House) -> None:
    assert "Only a lead" in (await house.ask("bruno", "!people list")).body
    assert "no tiene una organización" in (await house.ask("ana", "!personas lista CERT-BR")).body
    assert "Bruno Lima" in (await house.ask("carla", "!people list cert-br")).body
    assert "nothing was done" in (await house.ask("carla", "!people promote @x")).body


# --- expiry ---------------------------------------------------------------------------------------------


async def clock_at(house: House, at: datetime) -> None:
    """Push the clock, start the service anew, and let the upkeep look."""
    await house.world.stop()
    house.world.clock.push(at - house.world.clock.now())
    await house.world.run()
    await app(house).keeper.remind()


async def test_reminders_grace_the_end_and_the_way_back(house: House) -> None:
    bruno, ana = house.people["bruno"], house.people["ana"]
    expires = pin(house, "bruno").expires
    for ahead, words in ((14 * DAY, "in 14 days"), (3 * DAY, "in 3 days")):
        await clock_at(house, expires - ahead)
        await house.hear("bruno", f"your verification runs out on .* {words}")
    await clock_at(house, expires)
    await house.hear("bruno", "Until .* you still read what is TLP:GREEN")
    await stands(house, "bruno", Standing.GRACE)
    await clock_at(house, expires + 13 * DAY)
    reminded = [heard for heard in house.since("bruno") if heard.body.startswith("Bruno Lima: your verification")]
    assert len(reminded) == 3, "each once, whatever is started anew"

    await house.world.verify(ana, "ana", house.rooms["ana"])
    await house.ask("ana", "!enviar BR tlp:green\nVerde en gracia\nx", "MSG-")
    await house.hear("bruno", "Verde en gracia")
    await house.ask("ana", "!enviar BR tlp:amber\nÁmbar en gracia\nx")
    await house.barrier("ana", "bruno")
    assert "Ámbar en gracia" not in house.said_to("bruno")

    await clock_at(house, expires + GRACE)
    await house.hear("bruno", "your verification has ended")
    await stands(house, "bruno", Standing.EXPIRED)
    await house.verified(house.rooms["bruno"], ok=False)
    assert "not verified" in (await house.ask("bruno", "!send MX tlp:green\nNo\nx")).body

    assert "you are verified until" in await house.world.verify(bruno, "bruno", house.rooms["bruno"])
    await stands(house, "bruno", Standing.VERIFIED)
    await house.ask("ana", "!enviar BR tlp:amber\nDe vuelta\nx", "MSG-")
    await house.hear("bruno", "De vuelta")
    await house.log_verifies("identity.reminded", "identity.vouched", "identity.vouch")


# --- a desk room that the bot makes -----------------------------------------------------------------------


async def test_the_console_opens_a_desk_room_and_says_why_a_room_is_not_verified(house: House) -> None:
    async def enlace(*arguments: str) -> tuple[int, str]:
        done = await asyncio.to_thread(house.world.enlace, *arguments, check=False)
        return done.returncode, done.stdout + done.stderr

    code, said = await enlace("rooms", "open", "cert-br")
    assert (code, "The running bot makes it" in said) == (0, True)
    bruno, bot = house.people["bruno"], house.bot
    room = await bruno.wait_invitation(bot)
    await bruno.join(room)
    await house.verified(room)
    code, said = await enlace("rooms", "why", "CERT-BR")
    assert (code, said.count("✓"), "✗" in said) == (0, 14, False), said
    assert f"{room}  desk  CERT-BR: verified" in said

    # What is sent to Brazil goes there, and a stranger at the door is named with the way to mend it.
    house.rooms["bruno"] = room
    await house.ask("ana", "!enviar BR tlp:amber\nA la mesa nueva\nx", "MSG-")
    await house.hear("bruno", "A la mesa nueva")
    vera = UserId(house.world.user("vera"))
    with pytest.raises(ConnectionError, match="permission"):  # he is no lead
        await bruno.invite(room, vera)
    await app(house).matrix.rooms.invite(RoomId(room), vera)
    await house.verified(room, ok=False)
    code, said = await enlace("rooms", "why", room)
    wrong = [line for line in said.splitlines() if "✗" in line]
    assert (code, len(wrong), vera in wrong[0]) == (1, 1, True), said
