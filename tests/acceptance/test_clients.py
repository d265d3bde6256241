"""The clients that the other tests talk through: both stacks read each other, encrypted, with no shield."""

import pytest

from bot.demo.person import Person
from bot.demo.synapse import Synapse
from tests.harness.human import Human


@pytest.mark.homeserver
@pytest.mark.browser_client
async def test_both_stacks_read_each_other(homeserver: Synapse) -> None:
    for name in ("stack-ana", "stack-bruno"):
        homeserver.register(name, "pw")
    async with (
        await Human.arrive(homeserver.url, "stack-ana", "pw") as ana,
        await Person.arrive(homeserver.url, "stack-bruno", "pw") as bruno,
    ):
        room = await ana.create_room("Desk", [bruno.user_id])
        await bruno.join(room)
        await ana.wait_member(room, bruno.user_id)
        sent = await ana.say(room, "¿me lees?")
        heard = await bruno.hear(room, "me lees", sender=ana.user_id)
        assert heard.encrypted
        await bruno.say(room, "sí", thread=sent)
        answer = await ana.hear(room, "sí", sender=bruno.user_id)
        assert (answer["encrypted"], answer["shield"]) == (True, "none")
        assert answer["relation"]["event_id"] == sent
    assert not homeserver.stores("¿me lees?".encode())
