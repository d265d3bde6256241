"""Webhooks and the sign of life, at a real HTTP server."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.clock import Clock
from bot.exchange.channel import Parcel, Refused, TryLater
from bot.ids import RoomId
from bot.notify.heartbeat import OLDEST_SYNC, Heartbeat
from bot.notify.webhook import BUSY, ONCE, Webhook
from bot.outbox.model import HOOK, Audience
from tests.harness.hooks import SECRET, Receiver, receiving

PAGE = {"ref": "ESC-7F3KQ", "severity": "critical", "caller": "CERT-MX", "called": "CERT-BR"}


@pytest.fixture
async def server() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


def parcel(handle: str = "CERT-BR") -> Parcel:
    return Parcel(RoomId(HOOK + handle), "txn", "d1", PAGE, Audience.PINNED)


async def test_a_page_is_posted_and_signed(server: Receiver) -> None:
    hook = Webhook({"cert-br": server.url}, SECRET, Clock())
    await hook.send(parcel())
    assert json.loads(server.body()) == PAGE
    ((headers, _),) = server.asked
    assert headers[ONCE] == "d1"


@pytest.mark.parametrize(("status", "error"), [(500, TryLater), (429, TryLater), (404, Refused), (302, Refused)])
async def test_only_a_2xx_counts(server: Receiver, status: int, error: type[Exception]) -> None:
    server.status = status
    with pytest.raises(error) as raised:
        await Webhook({"cert-br": server.url}, SECRET, Clock()).send(parcel())
    assert len(server.asked) == 1
    assert getattr(raised.value, "wait", BUSY) == BUSY


async def test_nobody_there_and_nobody_named() -> None:
    with pytest.raises(TryLater):
        await Webhook({"cert-br": "http://127.0.0.1:9/"}, SECRET, Clock()).send(parcel())
    with pytest.raises(Refused):
        await Webhook({}, SECRET, Clock()).send(parcel())


@dataclass
class Pulse:
    """How long ago the homeserver answered."""

    synced_age_seconds: float | None


async def test_a_sign_of_life_only_while_there_is_life(server: Receiver) -> None:
    assert await Heartbeat(server.url, Pulse(1.0)).beat()
    assert not await Heartbeat(server.url, Pulse(None)).beat()
    assert not await Heartbeat(server.url, Pulse(OLDEST_SYNC + timedelta(seconds=1).total_seconds())).beat()
    assert len(server.asked) == 1
    server.status = 500
    assert not await Heartbeat(server.url, Pulse(1.0)).beat()
    assert not await Heartbeat("http://127.0.0.1:9/", Pulse(1.0)).beat()
