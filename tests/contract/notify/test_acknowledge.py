"""Taking a call without Matrix: by the button behind a link that stands only inside a letter encrypted to one person."""

import asyncio
import json
import logging
import re
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
import pytest

from bot.audit.service import Logged
from bot.directory.model import Contact, OpenPGPKey
from bot.directory.service import shipped
from bot.escalation.model import Escalation, Severity, State, Target
from bot.escalation.service.people import Outside
from bot.escalation.service.policies import read_policies
from bot.exchange.sender import Sender
from bot.i18n.catalogue import catalogue
from bot.notify import Ways
from bot.outbox.model import HOOK, MAIL
from bot.tlp import Tlp
from bot.web import Acknowledge, Public
from bot.web.public import LARGEST, MOST
from keys.trust import Standing
from tests.harness.calling import ANA, BR, BRUNO, CARLA, CL, DESK_BR, DESK_MX, MONDAY, World, build, direct, logged
from tests.harness.openpgp import GnuPG
from tests.harness.post import MailHouse
from tests.harness.serving import free_port, serving
from tests.harness.written import written

HERS, HIS = f"{MAIL}carla@cert.example.br", f"{MAIL}bruno@cert.example.br"
KEY, HERS_TOO = OpenPGPKey("A" * 40, b"a key"), OpenPGPKey("B" * 40, b"her key")
TOKEN = re.compile(r"/ack/([A-Za-z0-9_-]+)")
UNKNOWN = "A" * 22


def person(address: str, key: OpenPGPKey | None) -> dict[str, object]:
    return {
        "contacts": (Contact("email", address.removeprefix(MAIL), Tlp.GREEN),),
        "openpgp": (key,) if key else (),
        "languages": ("es",),
    }


def lose_rooms(world: World) -> None:
    for room in (DESK_BR, direct(BRUNO), direct(CARLA)):
        world.trust.rooms.pop(room, None)


@dataclass
class Stage:
    """Bruno is on duty and Carla next, neither has a room; the public page is up."""

    world: World
    url: str

    async def call(self, severity: Severity = Severity.CRITICAL) -> Escalation:
        [esc] = (await self.world.call(severity=severity)).opened
        await self.world.later()
        return esc

    def token(self, address: str = HIS) -> str:
        """Of the newest letter to this address."""
        sealed = [str(p.content["sealed"]) for p in self.world.line.got if p.room == address and "sealed" in p.content]
        return TOKEN.findall(sealed[-1])[-1]

    async def ask(self, method: str, token: str, **more: object) -> tuple[int, str]:
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self.url}/ack/{token}", **more) as answer,  # type: ignore[arg-type]
        ):
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert "aiohttp" not in answer.headers["Server"]
            return answer.status, await answer.text()

    async def state(self, esc: Escalation) -> State:
        return (await self.world.now(esc)).state

    async def taken(self) -> list[Logged]:
        return [e for e in await logged(self.world) if e.details and e.details.action == "escalation.acknowledged"]


async def stage_of(database_url: str, key: OpenPGPKey | None, port: int) -> World:
    people = {BRUNO: person(HIS, key), CARLA: person(HERS, HERS_TOO if key else None)}
    world = await build(database_url, people=people)
    outside = Outside(mail=True, webhooks=frozenset({"cert-br"}), ack_url=f"http://127.0.0.1:{port}")
    world.escalation = world.fresh(outside=outside)
    await world.rota(BRUNO, CARLA)
    lose_rooms(world)
    return world


def public(world: World, port: int) -> Public:
    """The page as it is reached through a reverse proxy on this machine."""
    routes = Acknowledge(world.db, world.escalation.answers).routes()
    return Public("127.0.0.1", port, ["127.0.0.0/8"], world.clock, routes)


@pytest.fixture
async def stage(database_url: str) -> AsyncIterator[Stage]:
    port = free_port()
    world = await stage_of(database_url, KEY, port)
    page = public(world, port)
    async with serving(page.run, port) as url:
        yield Stage(world, url)
    await world.db.close()


async def test_from_the_letter_to_the_caller(
    database_url: str, tmp_path: object, short_path: object, gpg_home: GnuPG
) -> None:
    house = await asyncio.to_thread(MailHouse, tmp_path, short_path, gpg_home)  # type: ignore[arg-type]
    await house.serve()
    port = free_port()
    key = OpenPGPKey(house.fingerprint, house.person.public_key(house.fingerprint).encode())
    world = await stage_of(database_url, key, port)
    ways = Ways(world.line, house.mail(), None)
    world.sender = Sender(
        world.db, world.outbox, world.exchanges, world.audit, world.register, world.trust, ways, world.holding
    )
    page = public(world, port)
    async with serving(page.run, port) as url:
        stage = Stage(world, url)
        esc = await stage.call()
        (whole,) = house.sink.taken
        text = await asyncio.to_thread(house.read_sealed, whole)
        (token,) = TOKEN.findall(text)
        assert f"{url}/ack/{token}" in text
        assert len(token) == 22
        # A scanner fetches the link, as often as it likes.
        for method in ("GET", "HEAD", "GET"):
            status, shown = await stage.ask(method, token)
            assert status == 200
        assert "<b" in shown
        assert 'method="post"' in shown
        assert "Lo atiendo" in shown
        assert await stage.state(esc) is State.PAGING
        assert token not in await everything(world)
        assert token.encode() not in whole
        # The button takes it.
        status, said = await stage.ask("POST", token)
        assert (status, "Usted atiende" in said, esc.ref in said) == (200, True, True)
    now = await world.now(esc)
    assert (now.state, now.taken_by and now.taken_by.user, now.taken_by_link) == (State.ACKNOWLEDGED, BRUNO, True)
    [entry] = await stage.taken()
    assert entry.details is not None
    assert entry.details.actor is not None
    assert (entry.details.actor.user, entry.details.more["by"], entry.details.more["step"]) == (
        BRUNO,
        "mail-link",
        0,
    )
    world.trust.rooms[direct(BRUNO)] = {BRUNO}
    async with world.db.unit() as unit:
        again = await world.escalation.answers.take(unit, esc.ref, world.member(BRUNO), direct(BRUNO))
    assert (again.again, "200 Gbit/s" in again.words.plain) == (True, True), "the details are in the room"
    await world.later()
    assert "Bruno Lima (CERT-BR) lo atiende" in world.status()
    assert "confirmado por el enlace del correo" in world.status()
    rings = [str(c["body"]) for c in world.contents(DESK_MX) if c["msgtype"] == "m.text"]
    assert any("confirmado por el enlace del correo" in ring for ring in rings)
    assert token not in await everything(world)
    house.close()
    await world.db.close()


async def everything(world: World) -> str:
    """All that lies in the database."""
    async with world.db.engine.connect() as connection:
        found = [
            str((await connection.exec_driver_sql(f"SELECT * FROM {table}")).fetchall())
            for table in ("escalations", "escalation_pages", "escalation_links", "outbox", "audit_details")
        ]
    return "".join(found)


async def test_no_link_but_in_what_is_encrypted_to_the_person(stage: Stage) -> None:
    world = stage.world
    await stage.call()
    await world.later(16)
    await world.later(15)
    for parcel in world.line.got:
        without = {key: value for key, value in parcel.content.items() if key != "sealed"}
        assert "/ack/" not in json.dumps(without), parcel.room
        if "sealed" in parcel.content:
            assert parcel.room in (HIS, HERS)
            key = KEY if parcel.room == HIS else HERS_TOO
            assert (parcel.content["key"], parcel.content["fingerprint"]) == (
                b64encode(key.data or b"").decode(),
                key.fingerprint,
            )
    assert {p.room for p in world.line.got} >= {HIS, HERS}
    assert not [p for p in world.line.got if p.room.startswith(HOOK) and "/ack/" in json.dumps(dict(p.content))]


@pytest.mark.parametrize("why", ["no key of their own", "no public address", "beyond the called organisation"])
async def test_where_there_may_be_no_link_there_is_none(database_url: str, why: str) -> None:
    key = None if why == "no key of their own" else KEY
    world = await stage_of(database_url, key, 1)
    if why == "no public address":
        world.escalation = world.fresh(outside=Outside(mail=True))
    if why == "beyond the called organisation":
        elsewhere = b"deployment: {critical: {steps: [{after: now, who: ['organisation:CERT-BR']}], exhausted: 9m}}"
        outside = Outside(mail=True, ack_url="http://127.0.0.1:1")
        world.escalation = world.fresh(read_policies(elsewhere, "ladders.yaml", shipped()), outside)
    await world.call([Target(CL) if why == "beyond the called organisation" else Target(BR)])
    await world.later()
    assert [p.room for p in world.line.got if p.room.startswith(MAIL)] != []
    assert "/ack/" not in json.dumps([dict(p.content) for p in world.line.got])
    await world.db.close()


@pytest.mark.parametrize(
    "since", ["the step is over", "taken", "cancelled", "removed", "revoked", "changed", "used", "another's step"]
)
async def test_a_link_dies(stage: Stage, since: str) -> None:
    world = stage.world
    esc = await stage.call()
    token = stage.token()
    assert (await stage.ask("GET", token))[0] == 200
    async with world.db.unit() as unit:
        match since:
            case "taken":
                await world.escalation.answers.take(unit, esc.ref, world.member(CARLA), direct(CARLA))
            case "cancelled":
                await world.escalation.answers.cancel(unit, esc.ref, world.member(ANA), DESK_MX)
            case "removed":
                await world.directory.remove_person(unit, BRUNO, actor=None)
            case "used":
                await world.escalation.answers.take_by_link(unit, token)
            case "revoked" | "changed":
                world.trust.standing[BRUNO] = Standing(since)
    async with world.db.reading() as unit:
        await world.register.reload(unit)
    if since == "the step is over":
        await world.later(4.9)
        assert (await stage.ask("GET", token))[0] == 200
        await world.later(0.1)
    if since == "another's step":
        await world.later(5)
        assert (await stage.ask("POST", stage.token(HERS)))[0] == 200, "the newest letter's link lives"
    before = await stage.state(esc)
    dead = [await stage.ask("GET", token), await stage.ask("POST", token)]
    unknown = [await stage.ask("GET", UNKNOWN), await stage.ask("POST", UNKNOWN)]
    assert dead == unknown, "nobody learns whether there ever was such a link"
    assert {status for status, _ in dead} == {404}
    assert catalogue().text("en", "error-escalation-dead-link").plain in dead[0][1]
    assert await stage.state(esc) is before
    assert len(await stage.taken()) == (1 if before is State.ACKNOWLEDGED else 0)


async def test_an_expired_statement_stops_no_link(stage: Stage) -> None:
    stage.world.trust.standing[BRUNO] = Standing.EXPIRED
    esc = await stage.call()
    assert (await stage.ask("POST", stage.token()))[0] == 200
    assert await stage.state(esc) is State.ACKNOWLEDGED


async def test_two_buttons_at_once_take_it_once(stage: Stage) -> None:
    await stage.call()
    answers = await asyncio.gather(*(stage.ask("POST", stage.token()) for _ in range(4)))
    assert sorted(status for status, _ in answers) == [200, 404, 404, 404]
    assert len(await stage.taken()) == 1


async def test_a_step_that_is_made_late_leaves_time_for_its_link(stage: Stage) -> None:
    await stage.call()
    await stage.world.later(3 * 60)
    token = stage.token(HERS)
    assert (await stage.ask("GET", token))[0] == 200
    await stage.world.later(5)
    assert (await stage.ask("GET", token))[0] == 404


async def test_a_clock_set_back_gives_no_link_a_longer_life(stage: Stage) -> None:
    esc = await stage.call()
    old = stage.token()
    stage.world.clock.push(timedelta(days=-1))
    await stage.world.later()
    assert (await stage.ask("POST", old))[0] == 404
    await stage.world.later(5)
    assert (await stage.ask("POST", old))[0] == 404
    assert await stage.state(esc) is State.PAGING
    assert (await stage.ask("POST", stage.token(HERS)))[0] == 200, "the next step's letter was made by the new clock"


async def test_a_notice_out_of_hours_can_be_taken_too(stage: Stage) -> None:
    esc = await stage.call(Severity.MEDIUM)
    assert await stage.state(esc) is State.OPEN
    assert (await stage.ask("POST", stage.token()))[0] == 200
    assert await stage.state(esc) is State.ACKNOWLEDGED
    assert stage.world.clock.now() < MONDAY


async def test_what_strangers_send_is_refused_and_written_down_nowhere(stage: Stage) -> None:
    with written() as lines:
        logging.getLogger().setLevel(logging.DEBUG)
        token = await strangers(stage)
    assert "web.not-recorded" in lines.getvalue()
    assert token not in lines.getvalue()


async def strangers(stage: Stage) -> str:
    """What they try, before the one who may takes it; returns the token."""
    esc = await stage.call()
    token = stage.token()
    assert (await stage.ask("POST", token, data=b"x" * (LARGEST + 1)))[0] == 413
    assert (await stage.ask("PUT", token))[0] == 405
    assert (await stage.ask("POST", token + "/more"))[0] == 404
    status, said = await stage.ask("POST", "<b>x", headers={"Accept-Language": "es-MX,es;q=0.9"})
    assert (status, "no sirve" in said, "<b>x" in said) == (404, True, False)
    async with stage.world.db.engine.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE escalation_links RENAME TO gone")
    assert (await stage.ask("POST", token))[0] == 503
    async with stage.world.db.engine.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE gone RENAME TO escalation_links")
    assert await stage.state(esc) is State.PAGING
    # So many from one place that they wait; another place is served.
    for _ in range(MOST):
        last = await stage.ask("GET", UNKNOWN, headers={"X-Forwarded-For": "198.51.100.7, 2001:db8::1"})
    assert last[0] == 404
    neighbour = {"X-Forwarded-For": "2001:db8::2"}
    assert (await stage.ask("POST", token, headers=neighbour))[0] == 429
    assert (await stage.ask("POST", token))[0] == 200
    return token
