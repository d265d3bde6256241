"""Rooms: made once, safe from their first event, joined only for people the directory knows."""

import asyncio
import uuid
from datetime import timedelta
from types import SimpleNamespace

import pytest

from bot.i18n.catalogue import say
from bot.ids import UserId
from bot.matrix import http, news, tables, upkeep
from bot.matrix.errors import RoomNotDone
from bot.tasks import end
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


async def test_whose_homeserver_never_answers_keeps_nobody_else_out_of_a_new_room(bot, people, monkeypatch):
    [slow, slower, ana] = await people(3)
    real = http.invite

    async def hanging(client, room, user):
        if user != ana.user_id:
            await asyncio.Event().wait()
        await real(client, room, user)

    monkeypatch.setattr(http, "invite", hanging)
    invite = tuple(UserId(person.user_id) for person in (slow, slower, ana))
    making = asyncio.create_task(bot.service.rooms.create(marker=uuid.uuid4().hex, name="n", invite=invite, power={}))
    room = await ana.wait_invitation(bot.user_id)
    await ana.join(room)
    assert not making.done()
    await end(making)


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
    declined = await bot.until_async(lambda: declining(stranger, unwanted, bot.user_id))
    assert not bot.service.trust.encrypted(unwanted)
    assert bot.service.trust.room(wanted).failed[0].name == "room-registered"
    assert declined["reason"] == say("en", "invitation-declined").plain

    # Whoever goes on inviting is declined without another word.
    again = await stranger.create_room("spam", [bot.user_id])
    declined = await bot.until_async(lambda: declining(stranger, again, bot.user_id))
    assert "reason" not in declined
    await bot.until(lambda: not bot.service.inbound.news.left)
    async with bot.db.reading() as unit:
        assert {row.room for row in await tables.load_rooms(unit)} == {wanted}


async def declining(person, room, user):
    content = await person.call("GET", f"/_matrix/client/v3/rooms/{room}/state/m.room.member/{user}")
    return content if content["membership"] == "leave" else None


async def test_a_room_that_was_left_is_forgotten_when_nothing_waits_for_it(bot, people, monkeypatch):
    """A day later; of a room on record it stays known that it was encrypted, of any other nothing stays."""
    [ana, luis] = await people(2)
    await bot.pin(ana)
    desk = await bot.room_with(ana)
    bot.directory.people.add(luis.user_id)
    other = await luis.create_room("other", [bot.user_id])
    await bot.until(lambda: bot.service.trust.encrypted(other))
    for person, room in ((ana, desk), (luis, other)):
        await person.wait_member(room, bot.user_id)
        await person.say(room, "hello")
    await bot.until(lambda: {desk, other} <= {room for room, _ in bot.service.client.olm._by_id})
    await bot.service.rooms.leave(desk)
    await luis.call("POST", f"/_matrix/client/v3/rooms/{other}/kick", {"user_id": bot.user_id})

    await bot.until(lambda: other not in bot.service.trust._rooms)
    assert bot.service.trust._rooms[desk].events, "what is held for it may still go out"
    assert desk in {room for room, _ in bot.service.client.olm._by_id}
    assert not bot.service.forgotten(desk)
    monkeypatch.setattr(upkeep, "LEFT_KEPT", timedelta(0))
    await bot.until(lambda: bot.service.forgotten(desk))
    await bot.restart()
    assert not {desk, other} & {room for room, _ in bot.service.client.olm._by_id}
    async with bot.db.reading() as unit:
        [row] = await tables.load_rooms(unit)
        assert (row.room, row.ever_encrypted, row.state) == (desk, True, [])
    assert bot.service.forgotten(desk)
    del bot.directory.rooms[desk]
    await bot.until(lambda: desk not in bot.service.trust._rooms)


async def test_rooms_of_nobody_are_left(bot, people, monkeypatch):
    [ana, luis] = await people(2)
    bot.directory.people |= {ana.user_id, luis.user_id}
    kept = await ana.create_room("kept", [bot.user_id])
    body = {"preset": "private_chat", "invite": [bot.user_id]}
    plain = (await ana.call("POST", "/_matrix/client/v3/createRoom", body))["room_id"]
    deserted = await luis.create_room("deserted", [bot.user_id])
    rooms = {kept, plain, deserted}
    await bot.until(lambda: rooms == {r for r, s in bot.service.trust._rooms.items() if s.ours == "join"})
    bot.directory.people.remove(luis.user_id)
    made = await bot.service.rooms.create(marker="made", name="made", invite=(), power={})
    monkeypatch.setattr(upkeep, "STRAY_KEPT", timedelta(0))
    await bot.until(lambda: {kept, made} == set(bot.service.trust._rooms))


async def test_a_slow_look_at_a_rooms_state_holds_up_no_sync_and_undoes_nothing(bot, people, monkeypatch):
    [ana] = await people()
    room = await bot.room_with(ana)
    real, begun, end_of_it = http.room_state, asyncio.Event(), asyncio.Event()

    async def slow(client, wanted):
        answer = await real(client, wanted)
        if not begun.is_set():
            begun.set()
            await end_of_it.wait()
            answer = [event for event in answer if event["type"] != "m.room.guest_access"]  # it does say something new
        return answer

    monkeypatch.setattr(http, "room_state", slow)
    monkeypatch.setattr(news, "STATE_EVERY", 0.1)
    async with asyncio.timeout(20):
        await begun.wait()
    monkeypatch.setattr(news, "STATE_EVERY", 300.0)

    def name():
        return bot.service.inbound._rooms[room].text("m.room.name", "name")

    await bot.service.rooms.set_state(room, "m.room.name", {"name": "since then"})
    await bot.until(lambda: name() == "since then")
    end_of_it.set()
    await asyncio.sleep(0.5)
    assert name() == "since then"


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
