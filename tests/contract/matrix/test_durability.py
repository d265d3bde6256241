"""Whatever dies or drops in between: nothing is lost, nothing is obeyed twice."""

import json
from datetime import timedelta

import pytest
from nio import AsyncClient, AsyncClientConfig, RoomMessageText
from nio.store import SqliteStore

from bot.exchange.channel import TryLater
from bot.matrix import landed
from bot.outbox.model import Proof
from tests.contract.matrix import attacks

pytestmark = pytest.mark.homeserver


async def test_a_replay_after_a_restart(bot, people):
    [ana, mallory] = await people(2)
    await bot.pin(mallory)
    room = await bot.room_with(ana, mallory)
    await mallory.say(room, "hello")
    content = attacks.sealed(mallory, room, json.dumps(attacks.inner_message(room, "pay once")).encode())
    await attacks.put(mallory, room, content)
    await bot.heard("pay once")
    await ana.hear(room, "pay once")
    await ana.stop_listening()
    await bot.restart()
    again = await attacks.put(mallory, room, content)
    await mallory.say(room, "end")
    await bot.heard("end")
    assert [text for text, _ in await bot.bodies()].count("pay once") == 1
    # plain nio, started again on its store, takes the copy
    config = AsyncClientConfig(store=SqliteStore, store_sync_tokens=False)
    fresh = AsyncClient(ana.client.homeserver, ana.user_id, ana.device_id, ana._folder.name, config)
    fresh.restore_login(ana.user_id, ana.device_id, ana.client.access_token)
    taken = []
    fresh.add_event_callback(lambda _, event: taken.append((event.event_id, event.body)), RoomMessageText)
    await fresh.sync(0, since=ana.client.next_batch, full_state=True)
    await fresh.close()
    assert (again, "pay once") in taken


async def test_a_crash_between_the_key_and_the_inbox(bot, people):
    [ana] = await people()
    await bot.pin(ana)
    room = await bot.room_with(ana)
    await bot.stop()
    await ana.say(room, "with a new key")
    real = bot.outbox.accept

    async def dies(unit, arrivals):
        raise OSError("the disk is gone")

    bot.outbox.accept = dies
    before = bot.service.inbound._token
    with pytest.raises(OSError, match="disk"):
        await bot.service.inbound.once()  # the key is in the crypto store, the message is nowhere
    assert bot.service.inbound._token == before
    bot.outbox.accept = real
    await bot.restart()  # what was in memory is gone
    assert (await bot.heard("with a new key")).proof == Proof.PINNED


async def test_a_parked_event_whose_key_came_in_a_sync_that_was_never_kept(bot, people, homeserver):
    [ana] = await people()
    await bot.pin(ana)
    room = await bot.room_with(ana)
    held: list[object] = []
    async with attacks.LyingServer(homeserver.url) as proxy:

        def without_keys(_method, path, answer):
            if path.endswith("/sync"):
                held.extend(answer.pop("to_device", {}).get("events", []))
            return answer

        proxy.after = without_keys
        await _move(bot, proxy.url)
        await ana.say(room, "keyless")
        await bot.until(lambda: bot.service.inbound._parking.events)
        await bot.stop()
        bot.service.client.olm.receive(held)  # and there the process dies
        proxy.after = None
        await bot.restart()
        assert (await bot.heard("keyless")).proof == Proof.PINNED
        await _move(bot, homeserver.url)


async def test_no_key_is_told_once_and_read_late(bot, people, homeserver):
    [ana] = await people()
    await bot.pin(ana)
    room = await bot.room_with(ana)
    held: list[object] = []
    async with attacks.LyingServer(homeserver.url) as proxy:

        def without_keys(_method, path, answer):
            if path.endswith("/sync"):
                held.extend(answer.pop("to_device", {}).get("events", []))
            return answer

        proxy.after = without_keys
        bot.unreadable_after = 5
        await _move(bot, proxy.url)
        sent = await ana.say(room, "keyless")

        async def told():
            return [a for a in await bot.arrivals() if a.proof == Proof.UNREADABLE]

        assert await ana.say(room, "another")
        await bot.until(lambda: len(bot.service.inbound._parking.events) == 2)
        bot.clock.push(timedelta(seconds=6))
        [first, _] = await bot.until_async(told)
        assert first.event_id.startswith(sent)
        await bot.service.inbound.tell_unreadable()
        assert len(await told()) == 2

        def with_keys(_method, path, answer):
            if path.endswith("/sync") and held:
                answer["to_device"] = {"events": list(held)}
                held.clear()
            return answer

        proxy.after = with_keys
        await attacks.to_device(ana, bot.user_id, bot.session.device_id, {"wake": "up"})
        arrival = await bot.heard("keyless")
        assert (arrival.proof, arrival.late, arrival.event_id) == (Proof.PINNED, True, sent)
        await _move(bot, homeserver.url)


async def test_a_limited_timeline_is_filled(bot, people):
    [ana] = await people()
    await bot.pin(ana)
    room = await bot.room_with(ana)
    await ana.say(room, "m-start")
    await bot.heard("m-start")
    await bot.stop()
    for number in range(130):
        await ana.say(room, f"m{number}")
    await bot.restart()
    await bot.heard("m129")
    assert [text for text, _ in await bot.bodies()] == ["m-start", *(f"m{n}" for n in range(130))]


async def test_a_gap_that_cannot_be_filled_now_is_filled_later(bot, people, homeserver):
    [ana] = await people()
    await bot.pin(ana)
    room = await bot.room_with(ana)
    await ana.say(room, "m-start")
    await bot.heard("m-start")
    await bot.stop()
    for number in range(105):
        await ana.say(room, f"m{number}")
    async with attacks.LyingServer(homeserver.url) as proxy:

        async def no_history(_method, path):
            return attacks.web.Response(status=502) if path.endswith("/messages") else None

        proxy.before = no_history
        bot.synapse, real = _Elsewhere(proxy.url), bot.synapse
        await bot.restart()
        await bot.heard("m104")
        assert "m0" not in dict(await bot.bodies())
        proxy.before = None
        assert (await bot.heard("m0")).late
        assert len(await bot.bodies()) == 106
        bot.synapse = real
        await bot.restart()


async def test_the_same_row_is_the_same_event(bot, people):
    [ana] = await people()
    await bot.pin(ana)
    room = await bot.room_with(ana)
    parcel = bot.parcel(room, "once")
    first = await bot.service.channel.send(parcel)
    assert await bot.service.channel.send(parcel) == first
    await bot.restart()
    assert (await bot.service.channel.send(parcel)).event_id == first.event_id
    forgotten = bot.parcel(room, "once", delivery_id=parcel.delivery_id, resend_after_forgetting=True)
    assert (await bot.service.channel.send(forgotten)).event_id == first.event_id
    found = await bot.service.channel.find(bot.parcel(room, "", delivery_id=parcel.delivery_id))
    assert found.event_id == first.event_id
    assert await bot.service.channel.find(bot.parcel(room, "never sent")) is None
    await ana.hear(room, "once")
    assert [h.body for h in ana.messages(room, bot.user_id) if h.encrypted] == ["once"]


async def test_a_backlog_reads_the_history_of_its_room_once(bot, people, homeserver, monkeypatch):
    monkeypatch.setattr(landed, "PAGE", 5)
    monkeypatch.setattr(landed, "NEWEST", 2)
    [ana] = await people()
    await bot.pin(ana)
    room = await bot.room_with(ana)
    rows = [bot.parcel(room, f"m{number}") for number in range(8)]
    events = [(await bot.service.channel.send(row)).event_id for row in rows]

    def again(row):
        return bot.parcel(room, "again", delivery_id=row.delivery_id, resend_after_forgetting=True)

    async with attacks.LyingServer(homeserver.url) as proxy:
        bot.synapse, real = _Elsewhere(proxy.url), bot.synapse
        await bot.restart()
        pages = []
        for row, event in zip(rows, events, strict=True):
            before = len(proxy.seen)
            assert (await bot.service.channel.send(again(row))).event_id == event
            pages.append(sum(path.endswith("/messages") for _, path in proxy.seen[before:]))
        assert pages[0] > 2
        assert pages[1:] == [1] * 7
        new = [bot.parcel(room, f"n{number}") for number in range(6)]
        later = [(await bot.service.channel.send(row)).event_id for row in new]
        assert (await bot.service.channel.send(again(new[0]))).event_id == later[0], "sent since the first look"
        assert (await bot.service.channel.send(again(rows[0]))).event_id == events[0], "still known"
        await bot.service.channel.withdraw(room, later[1], "gone")
        assert (await bot.service.channel.send(again(new[1]))).event_id != later[1], "it is not there any more"
        bot.synapse = real
        await bot.restart()


async def test_drained_one_time_keys(bot, people):
    [ana, thief, late] = await people(3)
    await bot.pin(ana)
    await bot.stop()
    me, device = bot.user_id, bot.session.device_id
    claim = {"one_time_keys": {me: {device: "signed_curve25519"}}}
    fallback = 0
    for _ in range(70):
        answer = await thief.call("POST", "/_matrix/client/v3/keys/claim", claim)
        [key] = answer["one_time_keys"][me][device].values()
        fallback += "fallback" in key
    assert fallback > 0, "the fallback key is what is left"
    await bot.restart()  # and enlace fills up again

    async def refilled():
        answer = await thief.call("POST", "/_matrix/client/v3/keys/claim", claim)
        [key] = answer["one_time_keys"][me][device].values()
        return "fallback" not in key

    await bot.until_async(refilled)
    room = await bot.room_with(ana, late)
    await ana.say(room, "still here")
    assert (await bot.heard("still here")).proof == Proof.PINNED


async def test_one_time_keys_that_the_server_forgot_the_answer_for(bot, people, homeserver):
    """The upload arrives, its answer does not: the private keys are there all the same."""
    [ana, thief] = await people(2)
    await bot.pin(ana)
    await bot.stop()
    claim = {"one_time_keys": {bot.user_id: {bot.session.device_id: "signed_curve25519"}}}
    for _ in range(60):
        await thief.call("POST", "/_matrix/client/v3/keys/claim", claim)
    async with attacks.LyingServer(homeserver.url) as proxy:

        def swallow(_method, path, answer):
            return [] if path.endswith("/keys/upload") else answer

        proxy.after = swallow
        bot.synapse, real = _Elsewhere(proxy.url), bot.synapse
        await bot.restart(run=False)
        bot.synapse = real
        await bot.restart()
    room = await bot.room_with(ana)
    await ana.say(room, "opened with such a key")
    assert (await bot.heard("opened with such a key")).proof == Proof.PINNED


async def test_a_homeserver_that_restarts(own_homeserver, tmp_path, people):
    from tests.contract.matrix.conftest import Bot

    bot = Bot(own_homeserver, tmp_path)
    await bot.provision()
    await bot.open()
    own_homeserver.register("ana", "pw-of-ana")
    from bot.demo.person import Person

    async with await Person.arrive(own_homeserver.url, "ana", "pw-of-ana") as ana:
        await bot.pin(ana)
        room = await bot.room_with(ana)
        parcel = bot.parcel(room, "through the outage")
        own_homeserver.stop()
        with pytest.raises(TryLater):
            await bot.service.channel.send(parcel)
        own_homeserver.start()
        await bot.service.channel.send(parcel)
        await ana.hear(room, "through the outage")
        await ana.say(room, "and back")
        await bot.heard("and back")
        await bot.close()


async def test_on_postgresql_ids_that_no_column_holds_stop_nothing(bot, people, postgres_url):
    [ana] = await people()
    await bot.close()
    bot.database_url = postgres_url
    await bot.open()
    await bot.pin(ana)
    room = await bot.room_with(ana)
    await ana.say(room, "first")
    await bot.heard("first")
    good = attacks.sealed(ana, room, b"{}")
    for session_id in ("x" * 10_000, "nul\0", ""):
        await attacks.put(ana, room, {**good, "session_id": session_id, "device_id": "d\0" * 300})
    name = "L" * 300
    body = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": ana.user_id},
        "password": ana._password,
        "device_id": name,
    }
    async with ana._http.post(bot.synapse.url + "/_matrix/client/v3/login", json=body) as answer:
        await answer.read()
    await ana.say(room, "last \0 \u202e")
    await bot.heard("last \0 \u202e")
    await bot.restart()
    await ana.say(room, "after a restart")
    assert (await bot.heard("after a restart")).proof == Proof.PINNED
    receipt = await bot.service.channel.send(bot.parcel(room, "hola"))
    assert receipt.devices_reached == 1
    await bot.close()
    bot.database_url = ""
    await bot.open()


class _Elsewhere:
    """The homeserver under another address."""

    def __init__(self, url: str) -> None:
        self.url = url


async def _move(bot, url: str) -> None:
    real, bot.synapse = bot.synapse, _Elsewhere(url)
    await bot.restart()
    bot.synapse = real
