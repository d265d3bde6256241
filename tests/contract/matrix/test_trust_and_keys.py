"""Who gets a room key, and whose messages count, while devices, identities and members change."""

import asyncio
import secrets
import uuid

import pytest

from bot.demo.person import Person
from bot.exchange.channel import Refused, TryLater, Unfit
from bot.ids import UserId
from bot.matrix import session
from bot.matrix.errors import (
    IdentityReplaced,
    LoggedOut,
    LoginRefused,
    OwnDeviceChanged,
    OwnDeviceNotSigned,
    StoreUnsafe,
)
from bot.outbox.model import Audience, Proof
from keys.crosssigning import sign_device
from keys.trust import Standing
from tests.contract.matrix import attacks

pytestmark = pytest.mark.homeserver


async def another_device(bot, person: Person, *, signed: bool) -> Person:
    """The same person on a second device, signed with the person's identity or not."""
    device = await Person.arrive(bot.synapse.url, person.user_id, person._password, cross_signed=False)
    device.seeds = person.seeds
    if signed:
        query = {"device_keys": {person.user_id: []}}
        keys = (await device.call("POST", "/_matrix/client/v3/keys/query", query))["device_keys"]
        done = sign_device(person.seeds, person.user_id, keys[person.user_id][device.device_id])
        body = {person.user_id: {device.device_id: done}}
        assert not (await device.call("POST", "/_matrix/client/v3/keys/signatures/upload", body))["failures"]
    return device


def holders(bot, room, audience=Audience.VERIFIED) -> set[str]:
    return {r.device.device_id for r in bot.service.channel._keys[room, audience].may_hold}


async def test_an_unsigned_device_gets_nothing_and_is_not_obeyed(bot, people):
    [ana] = await people()
    await bot.pin(ana)
    room = await bot.room_with(ana)
    await bot.service.channel.send(bot.parcel(room, "before"))
    async with await another_device(bot, ana, signed=False) as stray:
        await bot.until(lambda: stray.device_id in bot.service.seen_identity(ana.user_id).devices)
        assert bot.service.trust.room(room).ok  # one log-in must not silence a country
        await bot.service.channel.send(bot.parcel(room, "after"))
        await ana.hear(room, "after")
        assert holders(bot, room) == {ana.device_id}
        await stray.until(lambda: room in stray.client.rooms, "the room")
        await stray.say(room, "obey me")
        await bot.until(lambda: bot.unsigned)
        assert bot.unsigned[0] == (ana.user_id, stray.device_id, room)
        assert "obey me" not in dict(await bot.bodies())


async def test_the_first_message_of_a_new_signed_device(bot, people):
    [ana] = await people()
    await bot.pin(ana)
    room = await bot.room_with(ana)
    async with await another_device(bot, ana, signed=True) as phone:
        await phone.until(lambda: room in phone.client.rooms, "the room")
        await phone.say(room, "from my new phone")
        arrival = await bot.heard("from my new phone")
        assert (arrival.proof, arrival.device, arrival.late) == (Proof.PINNED, phone.device_id, False)
        receipt = await bot.service.channel.send(bot.parcel(room, "to both"))
        assert receipt.devices_meant == 2
        await phone.hear(room, "to both")
        await ana.hear(room, "to both")


async def test_a_device_that_goes_takes_no_new_key_with_it(bot, people):
    [ana] = await people()
    await bot.pin(ana)
    room = await bot.room_with(ana)
    phone = await another_device(bot, ana, signed=True)
    await bot.until(lambda: len(bot.service.trust.person(ana.user_id).trusted_devices) == 2)
    await bot.service.channel.send(bot.parcel(room, "one"))
    first = bot.service.channel._keys[room, Audience.VERIFIED].session.id
    await phone.call("POST", "/_matrix/client/v3/logout", {})
    await phone.leave_for_good()
    await bot.until(lambda: phone.device_id not in bot.service.seen_identity(ana.user_id).devices)
    await bot.service.channel.send(bot.parcel(room, "two"))
    assert bot.service.channel._keys[room, Audience.VERIFIED].session.id != first
    assert holders(bot, room) == {ana.device_id}


async def test_exactly_the_pinned_devices(bot, people):
    """A pin of a device that has not signed the master key covers that device alone."""
    [ana] = await people()
    async with await another_device(bot, ana, signed=True) as phone:
        await bot.pin(phone, master=False)
        room = await bot.room_with(ana)
        await bot.until(lambda: phone.device_id in bot.service.seen_identity(ana.user_id).devices)
        await bot.service.channel.send(bot.parcel(room, "to the listed one"))
        assert holders(bot, room) == {phone.device_id}
        await phone.hear(room, "to the listed one")
        await ana.say(room, "from the other")
        assert (await bot.heard("from the other")).proof == Proof.SIGNED
        await phone.say(room, "from the listed one")
        assert (await bot.heard("from the listed one")).proof == Proof.PINNED
        assert bot.changed == []


async def test_a_pin_that_may_take_the_master_key_is_reported(bot, people):
    [ana] = await people()
    await bot.pin(ana, master=False)  # the device that made the identity: it signed the master key
    room = await bot.room_with(ana)
    await bot.until(lambda: bot.changed == [ana.user_id])
    assert bot.service.trust.room(room).ok


async def test_another_master_key(bot, people):
    [ana] = await people()
    await bot.pin(ana)
    room = await bot.room_with(ana)
    await bot.service.channel.send(bot.parcel(room, "one"))
    await ana.replace_identity()
    await bot.until(lambda: bot.changed == [ana.user_id])
    assert bot.service.trust.person(ana.user_id).standing is Standing.CHANGED
    assert "room-members-unchanged" in {c.name for c in bot.service.trust.room(room).failed}
    for audience in (Audience.VERIFIED, Audience.PINNED):
        with pytest.raises(Unfit):
            await bot.service.channel.send(bot.parcel(room, "two", audience))
    await ana.say(room, "it is me, honestly")
    assert (await bot.heard("it is me, honestly")).proof == Proof.SIGNED
    bot.changed.clear()
    bot.deaf = 1
    await bot.restart()  # nobody has latched it: it is told once more, and again if that was not heard
    await bot.until(lambda: bot.changed == [ana.user_id])
    assert not bot.deaf


async def test_a_member_who_comes_and_one_who_goes(bot, people):
    [ana, eva, tom] = await people(3)
    await bot.pin(ana)
    await bot.pin(tom)
    room = await bot.room_with(ana, tom)
    assert (await bot.service.channel.send(bot.parcel(room, "both"))).devices_meant == 2
    await bot.service.rooms.invite(room, UserId(eva.user_id))
    await bot.until(lambda: not bot.service.trust.room(room).ok)
    with pytest.raises(Unfit, match="room-members-known"):
        await bot.service.channel.send(bot.parcel(room, "not with a stranger here"))
    await bot.service.channel.send(bot.parcel(room, "only for the pinned", Audience.PINNED))
    assert holders(bot, room, Audience.PINNED) == {ana.device_id, tom.device_id}
    await bot.service.channel.send(bot.parcel(room, "for all", Audience.OPEN))
    assert holders(bot, room, Audience.OPEN) == {ana.device_id, tom.device_id, eva.device_id}
    sessions = {k.session.id for k in bot.service.channel._keys.values() if k.room == room}
    assert len(sessions) == 3  # never one session for two audiences
    before = bot.service.channel._keys[room, Audience.VERIFIED].session.id
    for person in (eva, tom):
        await bot.service.rooms.remove(room, UserId(person.user_id), "end")
        await bot.service.rooms.remove(room, UserId(person.user_id), "already gone")
    await bot.until(lambda: bot.service.trust.members(room) == {ana.user_id})
    await bot.service.channel.send(bot.parcel(room, "ana alone"))
    assert bot.service.channel._keys[room, Audience.VERIFIED].session.id != before
    assert holders(bot, room) == {ana.device_id}


async def test_keys_and_signatures_that_come_a_moment_after_the_device(bot, people):
    """Another server's users: their device is there before their identity is."""
    [ana] = await people()
    room = await bot.room_with(ana)
    identities = bot.service._identities
    from bot.matrix import http

    real, answered = http.query_keys, asyncio.Event()

    async def half(client, users, wait=20.0):
        answer = await real(client, users, wait)
        if ana.user_id in users and not answered.is_set():
            answer = {**answer, "master_keys": {}, "self_signing_keys": {}}
            answered.set()
        return answer

    http.query_keys = half
    try:
        identities.changed({UserId(ana.user_id)})
        await asyncio.wait_for(answered.wait(), 60)
        await bot.until(lambda: identities.get(ana.user_id).master_key is None)
        await ana.say(room, "my first words")
        arrival = await bot.heard("my first words")
    finally:
        http.query_keys = real
    assert (arrival.proof, arrival.device) == (Proof.SIGNED, ana.device_id)
    assert not bot.unsigned


async def test_a_device_change_during_a_key_query(bot, people, homeserver):
    [ana] = await people()
    await bot.pin(ana)
    room = await bot.room_with(ana)
    identities = bot.service._identities
    gate, inside = asyncio.Event(), asyncio.Event()
    from bot.matrix import http

    real = http.query_keys

    async def slow(client, users, wait=20.0):
        answer = await real(client, users, wait)
        inside.set()
        await gate.wait()
        return answer

    http.query_keys = slow
    try:
        identities.changed({UserId(ana.user_id)})
        await asyncio.wait_for(inside.wait(), 60)
        async with await another_device(bot, ana, signed=True) as phone:
            await bot.until(lambda: identities._generation[ana.user_id] > 1)
            http.query_keys = real
            gate.set()
            await bot.until(lambda: len(bot.service.trust.person(ana.user_id).trusted_devices) == 2)
            assert phone.device_id in bot.service.seen_identity(ana.user_id).devices
            assert bot.service.trust.room(room).ok
    finally:
        http.query_keys = real


async def test_a_device_without_one_time_keys_is_counted_and_topped_up(bot, people):
    [ana] = await people()
    await bot.pin(ana)
    room = await bot.room_with(ana)
    await bot.stop()  # or it would give the key ahead of the message, while the keys are being drained
    phone = await another_device(bot, ana, signed=True)
    async with phone:
        await phone.stop_listening()  # or it would fill up its keys
        claim = {"one_time_keys": {ana.user_id: {phone.device_id: "signed_curve25519"}}}
        while (await ana.call("POST", "/_matrix/client/v3/keys/claim", claim))["one_time_keys"]:
            pass
        bot.start()
        await bot.until(lambda: len(bot.service.trust.person(ana.user_id).trusted_devices) == 2)
        bot.service.client.olm.session_store._entries.clear()
        receipt = await bot.service.channel.send(bot.parcel(room, "to one of two"))
        assert (receipt.devices_reached, receipt.devices_meant) == (1, 2)
        assert {lacking.device for lacking in receipt.missing} == {phone.device_id}
        phone.client.olm.uploaded_key_count = 0
        await phone.client.keys_upload()
        keys = await bot.service.channel.top_up(room, Audience.VERIFIED)
        assert keys.reached == keys.meant > receipt.missing


async def test_nothing_hangs_and_nothing_is_sent_when_keys_cannot_be_shared(bot, people, homeserver):
    [ana] = await people()
    await bot.pin(ana)
    room = await bot.room_with(ana)
    async with attacks.LyingServer(homeserver.url) as proxy:
        broken = {"/keys/claim", "/sendToDevice"}

        async def refuse(_method, path):
            if any(part in path for part in broken):
                return attacks.web.Response(status=500, text="no")
            return None

        proxy.before = refuse
        await bot.close()
        bot.synapse, real = type("E", (), {"url": proxy.url}), bot.synapse
        await bot.open()
        bot.service.client.olm.session_store._entries.clear()
        parcel = bot.parcel(room, "now or never")
        for part in ("/keys/claim", "/sendToDevice"):
            with pytest.raises(TryLater):
                await bot.service.channel.send(parcel)
            broken.discard(part)
        receipt = await bot.service.channel.send(parcel)
        assert (receipt.devices_reached, receipt.devices_meant) == (1, 1)
        await ana.hear(room, "now or never")

        async def limit(_method, path):
            if "/send/m.room.encrypted" in path:
                return attacks.web.json_response({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1234}, status=429)
            return None

        proxy.before = limit
        with pytest.raises(TryLater) as later:
            await bot.service.channel.send(bot.parcel(room, "slowly"))
        assert later.value.wait.total_seconds() == 1.234
        proxy.before = None
        with pytest.raises(Refused):
            await bot.service.channel.send(bot.parcel(room, "big", content={"msgtype": "m.text", "body": "x" * 70_000}))
        await bot.close()
        bot.synapse = real
        await bot.open()


async def test_a_swapped_master_key(bot, people, homeserver):
    """The homeserver shows an identity of its own making, with a device of its own."""
    [ana, mole] = await people(2)
    await bot.pin(ana)
    room = await bot.room_with(ana)
    async with attacks.LyingServer(homeserver.url) as proxy:

        def swap(_method, path, answer):
            if path.endswith("/keys/query"):
                for part in ("device_keys", "master_keys", "self_signing_keys"):
                    if ana.user_id in answer.get(part, {}) and part == "master_keys":
                        answer[part][ana.user_id]["keys"] = {"ed25519:" + "A" * 43: "A" * 43}
                    if ana.user_id in answer.get(part, {}) and part == "device_keys":
                        [stray] = answer_of_mole["device_keys"][mole.user_id].items()
                        answer[part][ana.user_id][stray[0]] = stray[1]
            return answer

        answer_of_mole = await mole.call("POST", "/_matrix/client/v3/keys/query", {"device_keys": {mole.user_id: []}})
        proxy.after = swap
        await bot.close()
        bot.synapse, real = type("E", (), {"url": proxy.url}), bot.synapse
        await bot.open()
        seen = await bot.service.refresh(UserId(ana.user_id))
        assert mole.device_id not in seen.devices
        assert bot.service.trust.person(ana.user_id).standing is not Standing.VERIFIED
        with pytest.raises(Unfit):
            await bot.service.channel.send(bot.parcel(room, "secret"))
        await bot.close()
        bot.synapse = real
        await bot.open()


# --- the bot itself -------------------------------------------------------------------------------------------


async def test_it_does_not_start_as_somebody_else(bot, homeserver, tmp_path):
    await bot.close()
    url, key, other = homeserver.url, bot.pickle_key, tmp_path / "other"
    client = session.connect(url, bot.session, other, key)  # an empty store: not this device's
    with pytest.raises(OwnDeviceChanged):
        await session.check_identity(client, None)
    await session.close(client)
    client = session.connect(url, bot.session, tmp_path / "matrix", key)
    with pytest.raises(IdentityReplaced):
        await session.check_identity(client, "A" * 43)
    await session.close(client)
    name, password = "u" + uuid.uuid4().hex[:8], secrets.token_hex(8)
    homeserver.register(name, password)
    fresh = await session.log_in(url, name, password)
    client = session.connect(url, fresh, tmp_path / "unsigned", key)
    await session.http.upload_keys(client, client.olm.keys_to_upload(None, False))
    with pytest.raises(OwnDeviceNotSigned):
        await session.check_identity(client, None)
    await session.close(client)
    with pytest.raises(LoginRefused):
        await session.log_in(url, name, "wrong")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)  # whatever the umask
    with pytest.raises(StoreUnsafe):
        session.connect(url, fresh, tmp_path / "open", key)
    with pytest.raises(IdentityReplaced):  # never resets an identity that is not its own
        await session.provision_identity(
            url, bot.session, tmp_path / "matrix", key, type(bot.seeds).decode(secrets.token_bytes(96))
        )
    again = await session.provision_identity(url, bot.session, tmp_path / "matrix", key, bot.seeds)
    assert again == bot.own
    await bot.open()


async def test_a_token_that_ended_stops_the_service(bot):
    await bot.stop()
    await bot.service.client.call("POST", "/_matrix/client/v3/logout", {})
    with pytest.raises(LoggedOut):
        await bot.service.run(asyncio.Event())
