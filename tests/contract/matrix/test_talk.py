"""The plain way: log in, be an identity, join, read, send."""

from dataclasses import replace

import pytest

from bot.exchange.channel import Unfit
from bot.outbox.model import Audience, Proof

pytestmark = pytest.mark.homeserver


async def test_a_pinned_person_is_heard_and_hears(bot, people):
    [ana] = await people()
    await bot.pin(ana)
    room = await bot.room_with(ana)
    assert bot.service.trust.room(room).ok, bot.service.trust.room(room).failed
    await ana.say(room, "hola", reply_to="$inner")
    arrival = await bot.heard("hola")
    assert arrival.proof == Proof.PINNED
    assert arrival.device == ana.device_id
    assert arrival.content["m.relates_to"] == {"m.in_reply_to": {"event_id": "$inner"}}
    receipt = await bot.service.channel.send(bot.parcel(room, "buenas"))
    assert (receipt.devices_reached, receipt.devices_meant) == (1, 1)
    heard = await ana.hear(room, "buenas", sender=bot.user_id)
    assert heard.encrypted
    assert heard.event_id == receipt.event_id


async def test_an_unpinned_person_is_signed_and_gets_only_what_is_open(bot, people):
    [eva] = await people()
    room = await bot.room_with(eva)
    await eva.say(room, "quién es")
    assert (await bot.heard("quién es")).proof == Proof.SIGNED
    assert not bot.service.trust.room(room).ok
    for audience in (Audience.VERIFIED, Audience.PINNED):
        with pytest.raises(Unfit):
            await bot.service.channel.send(bot.parcel(room, "secret", audience))
    await bot.service.channel.send(bot.parcel(room, "challenge", Audience.OPEN))
    await eva.hear(room, "challenge", sender=bot.user_id)


async def test_where_no_thread_can_begin_it_is_a_rich_reply(bot, people):
    [ana] = await people()
    await bot.pin(ana)
    room = await bot.room_with(ana)
    root = await ana.say(room, "root")
    inside = await ana.say(room, "!send in a thread", thread=root)
    for said, event in (("in a thread", root), ("beside it", inside)):
        relation = {"rel_type": "m.thread", "event_id": event, "m.in_reply_to": {"event_id": event}}
        parcel = bot.parcel(room, said)
        parcel = replace(parcel, content={**parcel.content, "m.relates_to": relation})
        receipt = await bot.service.channel.send(parcel)
        heard = await ana.hear(room, f"^{said}$", sender=bot.user_id)
        assert heard.event_id == receipt.event_id
        assert heard.relation == (relation if event == root else {"m.in_reply_to": {"event_id": event}})
