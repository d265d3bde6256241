"""Rooms: made once, safe from their first event, joined only for people the directory knows."""

import uuid
from types import SimpleNamespace

import pytest

from bot.ids import UserId
from bot.matrix.errors import RoomNotDone
from tests.contract.matrix import attacks

pytestmark = pytest.mark.homeserver


@pytest.mark.parametrize("version", ["11", "12"])
async def test_made_once_and_safe(bot, people, version):
    bot.room_version = version
    await bot.restart()
    [ana, lead] = await people(2)
    await bot.pin(ana)
    await bot.pin(lead)
    marker = uuid.uuid4().hex
    rooms = bot.service.rooms
    wanted = {
        "marker": marker,
        "name": "INC",
        "invite": (UserId(ana.user_id), UserId(lead.user_id)),
        "power": {UserId(lead.user_id): 50},
    }
    room = await rooms.create(**wanted)
    assert await rooms.create(**wanted) == room
    bot.directory.rooms[room] = type("R", (), {"kind": "incident", "organisations": {"CERT"}, "user": None})
    await bot.until(lambda: bot.service.trust.room(room).ok)
    assert bot.service.trust.members(room) == {ana.user_id, lead.user_id}
    state = bot.service.trust._rooms[room]
    assert state.version == version
    assert state.text("m.room.history_visibility", "history_visibility") == "invited"
    await ana.join(room)
    await ana.wait_member(room, bot.user_id)
    await ana.say(room, "hi")
    await bot.heard("hi")
    await rooms.freeze(room)
    await bot.until(lambda: state.events is not bot.service.trust._rooms[room].events)
    with pytest.raises(ConnectionError):
        await ana.call("PUT", f"/_matrix/client/v3/rooms/{room}/send/m.room.message/x", {"body": "x"})
    await bot.service.channel.send(bot.parcel(room, "closed"))
    await ana.hear(room, "closed")


async def test_a_room_whose_answer_was_lost_is_found_on_the_server(bot):
    marker = uuid.uuid4().hex
    await bot.stop()
    made = await bot.service.client.call(
        "POST", "/_matrix/client/v3/createRoom", bot.service.rooms.creation(marker, "x", {})
    )
    assert await bot.service.rooms._find(marker) == made["room_id"]


async def test_somebody_elses_room_with_the_marker_is_not_ours(bot, people):
    [eve] = await people()
    bot.directory.people.add(eve.user_id)
    marker = uuid.uuid4().hex
    theirs = await eve.create_room("trap", [bot.user_id], creation_content={"org.enlace.ref": marker})
    await bot.until(lambda: bot.service.trust.encrypted(theirs))
    assert await bot.service.rooms.create(marker=marker, name="n", invite=(), power={}) != theirs


async def test_invitations(bot, people):
    [ana, stranger] = await people(2)
    bot.directory.people.add(ana.user_id)
    wanted = await ana.create_room("desk", [bot.user_id])
    unwanted = await stranger.create_room("spam", [bot.user_id])
    await bot.until(lambda: bot.service.trust.encrypted(wanted))
    await stranger.until(lambda: bot.user_id not in stranger.client.rooms[unwanted].users, "the bot to decline")
    assert not bot.service.trust.encrypted(unwanted)
    assert bot.service.trust.room(wanted).failed[0].name == "room-registered"


async def test_a_kick(bot, people):
    [ana] = await people()
    bot.directory.people.add(ana.user_id)
    room = await ana.create_room("desk", [bot.user_id])
    await bot.until(lambda: bot.service.trust.encrypted(room))
    await ana.call("POST", f"/_matrix/client/v3/rooms/{room}/kick", {"user_id": bot.user_id})
    await bot.until(lambda: not bot.service.trust.encrypted(room))
    with pytest.raises(RoomNotDone):
        await bot.service.rooms.set_state(room, "m.room.name", {"name": "x"})


async def test_an_unencrypted_room_gets_nothing(bot, people):
    from bot.exchange.channel import Unfit
    from bot.outbox.model import Audience

    [ana] = await people()
    bot.directory.people.add(ana.user_id)
    body = {"preset": "private_chat", "invite": [bot.user_id]}
    room = (await ana.call("POST", "/_matrix/client/v3/createRoom", body))["room_id"]
    await bot.until(lambda: room in bot.service.trust._rooms and bot.service.trust._rooms[room].ours == "join")
    with pytest.raises(Unfit):
        await bot.service.channel.send(bot.parcel(room, "x", Audience.OPEN))


async def test_whoever_went_while_something_was_said_is_gone(bot, people, homeserver):
    """A kick (or a leave) and a message at the same moment are two branches.  Synapse's sync then brings the one
    first, and with the message, as the state before it, the membership that has ended."""
    [ana, guest] = await people(2)
    await bot.pin(ana)
    await bot.pin(guest)
    room = await bot.room_with(ana, guest)
    stale = await ana.call("GET", f"/_matrix/client/v3/rooms/{room}/state/m.room.member/{guest.user_id}?format=event")
    async with attacks.LyingServer(homeserver.url) as proxy:

        def branches(_method, path, answer):
            news = answer.get("rooms", {}).get("join", {}).get(room, {}) if path.endswith("/sync") else {}
            if any(event["type"] == "m.room.encrypted" for event in news.get("timeline", {}).get("events", [])):
                news["state"] = {"events": [stale]}
            return answer

        proxy.after = branches
        await bot.stop()
        bot.synapse, real = SimpleNamespace(url=proxy.url), bot.synapse
        await bot.restart()
        await guest.call("POST", f"/_matrix/client/v3/rooms/{room}/leave", {})
        await bot.until(lambda: bot.service.trust.members(room) == {ana.user_id})
        await ana.say(room, "said at the same moment")
        await bot.heard("said at the same moment")
        assert bot.service.trust.members(room) == {ana.user_id}
        bot.synapse = real
        await bot.restart()
