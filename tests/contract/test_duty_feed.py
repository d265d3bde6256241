"""Duty as a calendar to subscribe to: a secret address that is shown once, read by anybody who has it, and ends."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aiohttp
import icalendar
import pytest

from bot.app import App
from bot.duty.service.feeds import AHEAD, Feeds, FeedThere, NoFeed
from bot.i18n.catalogue import catalogue
from bot.ids import Handle
from bot.web import Feed, Public
from bot.web.public import MOST
from tests.contract.proposal_house import added
from tests.harness.calling import BR, BRUNO, BY, CARLA, CL, World, build, logged
from tests.harness.offline import offline
from tests.harness.serving import free_port, serving

UNKNOWN = "A" * 22


@dataclass
class Stage:
    """Bruno and Carla take turns by the week; the public port is open."""

    world: World
    feeds: Feeds
    url: str

    async def make(self, handle: Handle = BR, *, names: bool = False, renew: bool = False) -> str:
        async with self.world.db.unit() as unit:
            return await self.feeds.make(unit, handle, names=names, renew=renew)

    async def revoke(self, handle: Handle = BR) -> None:
        async with self.world.db.unit() as unit:
            await self.feeds.revoke(unit, handle)

    async def ask(self, token: str, method: str = "GET", **headers: str) -> tuple[int, bytes, str]:
        """Status, body and ETag."""
        async with (
            aiohttp.ClientSession(
                headers={name.replace("_", "-"): value for name, value in headers.items()}
            ) as session,
            session.request(method, f"{self.url}/duty/{token}.ics") as answer,
        ):
            assert answer.headers["Cache-Control"] == "no-store"
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            if answer.status == 200:
                assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
            return answer.status, await answer.read(), answer.headers.get("ETag", "")

    async def calendar(self, token: str) -> list[icalendar.Event]:
        status, body, _ = await self.ask(token)
        assert status == 200
        return list(icalendar.Calendar.from_ical(body).walk("VEVENT"))


@pytest.fixture
async def stage(database_url: str) -> AsyncIterator[Stage]:
    world = await build(database_url)
    await world.rota(BRUNO, CARLA)
    feeds = Feeds(world.register, world.duty, world.audit)
    port = free_port()
    public = Public("127.0.0.1", port, ["127.0.0.0/8"], world.clock, Feed(world.db, feeds).routes())
    async with serving(public.run, port) as url:
        yield Stage(world, feeds, url)
    await world.db.close()


async def test_ninety_days_of_roles_and_nobodys_name(stage: Stage) -> None:
    token = await stage.make()
    events = await stage.calendar(token)
    now = stage.world.clock.now()
    assert events[0].start <= now < events[0].end
    assert now + AHEAD - timedelta(days=1) < events[-1].end <= now + AHEAD
    assert len(events) == 14, "a week each"
    assert {str(event["SUMMARY"]) for event in events} == {"CERT-BR · technical"}
    _, body, _ = await stage.ask(token)
    for secret in ("Bruno", "Carla", "cert.br", "ATTENDEE", "matrix:"):
        assert secret.encode() not in body
    assert (await stage.ask(token, "HEAD"))[:2] == (200, b"")


async def test_names_where_they_were_asked_for_and_never_users(stage: Stage) -> None:
    token = await stage.make(names=True)
    assert [str(event["SUMMARY"]) for event in await stage.calendar(token)][:2] == ["Bruno Lima", "Carla Reis"]
    async with stage.world.db.unit() as unit:
        start = unit.now + timedelta(hours=1)
        await stage.world.duty.take(
            unit, organisation=BR, role="technical", person=CARLA, start=start, end=start + timedelta(hours=2), by=BY
        )
    assert [str(event["SUMMARY"]) for event in await stage.calendar(token)][:3] == [
        "Bruno Lima",
        "Carla Reis",
        "Bruno Lima",
    ]
    assert b"cert.br" not in (await stage.ask(token))[1]


async def test_what_has_not_changed_is_not_sent_again(stage: Stage) -> None:
    token = await stage.make(names=True)
    _, body, tag = await stage.ask(token)
    stage.world.clock.push(timedelta(hours=2))
    status, again, same = await stage.ask(token, If_None_Match=tag)
    assert (status, again, same) == (304, b"", tag)
    async with stage.world.db.unit() as unit:
        end = unit.now + timedelta(days=3)
        await stage.world.duty.away(unit, organisation=BR, person=BRUNO, start=unit.now, end=end, by=BY)
    status, changed, other = await stage.ask(token, If_None_Match=tag)
    assert status == 200
    assert other != tag
    assert changed != body


async def test_one_address_until_it_is_renewed_or_revoked(stage: Stage) -> None:
    with pytest.raises(NoFeed):
        await stage.make(renew=True)
    first = await stage.make()
    assert len(first) == 22
    with pytest.raises(FeedThere):
        await stage.make(names=True)
    second = await stage.make(renew=True)
    assert (await stage.ask(second))[0] == 200
    dead = await stage.ask(first)
    await stage.revoke()
    with pytest.raises(NoFeed):
        await stage.revoke()
    wrong = [await stage.ask(token) for token in (second, UNKNOWN, "short", second + "A", "a%2F..%2Fb")]
    assert wrong == [dead] * 5, "nobody learns whether there ever was such an address"
    assert dead[0] == 404
    async with stage.world.db.engine.connect() as connection:
        held = [
            str((await connection.exec_driver_sql(f"SELECT * FROM {table}")).fetchall())
            for table in ("duty_feeds", "audit_details")
        ]
    assert first not in "".join(held)
    assert second not in "".join(held)
    entries = [(e.details.action, dict(e.details.more)) for e in await logged(stage.world) if e.details]
    assert [entry for entry in entries if entry[0].startswith("duty.feed")] == [
        ("duty.feed-made", {"organisation": BR, "names": False, "renewed": False}),
        ("duty.feed-made", {"organisation": BR, "names": False, "renewed": True}),
        ("duty.feed-revoked", {"organisation": BR}),
    ]


async def test_it_ends_with_the_organisation_and_is_empty_without_a_roster(stage: Stage) -> None:
    token = await stage.make(CL)
    assert await stage.calendar(token) == []
    gone = await stage.make(Handle("CERT-GONE"))
    assert await stage.ask(gone) == await stage.ask(UNKNOWN)


async def test_the_address_of_a_request_that_is_no_http_is_written_down_nowhere(
    stage: Stage, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    token = await stage.make()
    host, port = stage.url.removeprefix("http://").split(":")
    for rest in (b" HTTP/9.9x\r\n\r\n", b"\x01 HTTP/1.1\r\n\r\n", b"?" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n"):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET /duty/{token}.ics".encode() + rest)
        assert (await reader.readline()).split()[1:2] == [b"400"]
        writer.close()
        await writer.wait_closed()
    assert token not in caplog.text + "".join(capfd.readouterr())
    assert await stage.calendar(token)


async def test_it_only_reads(stage: Stage) -> None:
    token = await stage.make()
    for method in ("POST", "PUT", "DELETE"):
        assert (await stage.ask(token, method))[0] == 405
    assert (await stage.ask(token, Expect="a miracle"))[0] == 417, "refused before it comes to us, and as guarded"
    assert (await stage.ask(token))[0] == 200


@pytest.mark.parametrize("proxies", [["127.0.0.1/32", "10.0.0.0/8", "2001:db8:1::/48"], []])
async def test_whom_a_proxy_names_is_counted_if_it_is_ours(stage: Stage, proxies: list[str]) -> None:
    """Right to left: the last that is no proxy of ours; what stands before it anybody may have written."""
    port = free_port()
    public = Public("127.0.0.1", port, proxies, stage.world.clock, Feed(stage.world.db, stage.feeds).routes())
    async with serving(public.run, port) as url, aiohttp.ClientSession() as session:

        async def ask(*named: str) -> int:
            headers = [("X-Forwarded-For", each) for each in named]
            async with session.get(f"{url}/duty/{UNKNOWN}.ics", headers=headers) as answer:
                return answer.status

        several = ("198.51.100.7", "203.0.113.9, 198.51.100.7", "198.51.100.7, 10.0.0.5", "::ffff:198.51.100.7")
        for number in range(MOST):
            assert await ask(several[number % len(several)]) in (404, 429)
        assert await ask("198.51.100.7", "2001:db8:1::5") == 429
        assert await ask("198.51.100.8") == (404 if proxies else 429)
        assert await ask("198.51.100.7, 198.51.100.9") == (404 if proxies else 429)
        assert await ask("what is this, 10.0.0.6") == (404 if proxies else 429)


async def test_the_bot_serves_what_is_public_on_the_port_that_is_set(tmp_path: Path, short_path: Path) -> None:
    port = free_port()
    more = f"web: {{public_url: https://enlace.example.org, public_port: {port}}}\n"
    made = await offline(tmp_path, more, gnupg=short_path / "bot")
    app = await App.build(made.config, made.vault)
    async with app.db.unit() as unit:
        await app.directory.apply(unit, added("CSIRT-PE"), source_sha256="0" * 64, actor=None)
        token = await Feeds(app.register, app.duty, app.audit).make(unit, Handle("CSIRT-PE"), names=False, renew=False)
    async with app.db.reading() as unit:
        await app.register.reload(unit)
    async with serving(app.public(), port) as url, aiohttp.ClientSession() as session:
        found = {}
        for path in (f"/duty/{token}.ics", f"/duty/{UNKNOWN}.ics", f"/ack/{UNKNOWN}", "/metrics"):
            async with session.get(url + path) as answer:
                found[path.split("/")[1] + str(answer.status)] = await answer.text()
    assert list(found) == ["duty200", "duty404", "ack404", "metrics404"]
    assert "X-WR-CALNAME:CSIRT-PE" in found["duty200"]
    assert catalogue().text("en", "error-duty-feed-unknown").plain in found["duty404"]
    assert catalogue().text("en", "error-escalation-dead-link").plain in found["ack404"]
    assert catalogue().text("en", "error-web-nothing-here").plain in found["metrics404"]
    await app.close()
