"""Whoever looks after the bot gets a letter when it hears nothing for long: once, whatever restarts, and once more."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from bot.app import App
from bot.cli import main
from bot.directory.model import Contact, OpenPGPKey
from bot.exchange.sender import Sender
from bot.matrix.errors import HomeserverAway
from bot.notify import Silence, Ways
from bot.notify.silence import ABSENT, EVERY, FRESH
from bot.notify.tables import get, is_told
from bot.outbox.model import MAIL
from bot.tlp import Tlp
from tests.harness.calling import NIGHT, YAN, Wall, World, build, logged
from tests.harness.offline import PASSPHRASE, offline
from tests.harness.openpgp import GnuPG
from tests.harness.post import PASSWORD, MailHouse

AFTER = timedelta(minutes=5)
LOOK = timedelta(seconds=EVERY)
HERS, DESK = "yan@oea.example.org", "oncall@example.org"


@dataclass
class Watch:
    """A bot whose homeserver answers or does not."""

    world: World
    synced_age_seconds: float | None = 0.0
    hears: bool = True
    silence: Silence = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """As after a restart: nothing is in memory."""
        self.silence = Silence(
            pulse=self,
            register=self.world.register,
            outbox=self.world.outbox,
            audit=self.world.audit,
            operators=(DESK, HERS.upper()),
            after=AFTER,
        )

    async def look(self, over: timedelta = timedelta(0)) -> list[str]:
        """Look every twenty seconds for so long; what was written meanwhile: the subjects by address."""
        before, end = len(self.world.line.got), self.world.clock.now() + over
        while True:
            if self.hears:
                self.synced_age_seconds = 0.0
            await self.silence.step(self.world.db)
            if self.world.clock.now() >= end:
                break
            self.pass_by(LOOK)
        await self.world.sender.drain()
        got = self.world.line.got[before:]
        return [f"{parcel.room.removeprefix(MAIL)}: {parcel.content['subject']}" for parcel in got]

    def pass_by(self, time: timedelta) -> None:
        self.world.clock.push(time)
        if self.synced_age_seconds is not None:
            self.synced_age_seconds += time.total_seconds()

    async def told(self) -> bool:
        async with self.world.db.reading() as unit:
            return await is_told(unit)


TOLD = [f"{HERS}: enlace no recibe nada", f"{DESK}: enlace hears nothing"]
OVER = [f"{HERS}: enlace vuelve a recibir", f"{DESK}: enlace hears again"]


async def world_of(database_url: str, key: OpenPGPKey | None = None) -> World:
    hers = {
        "contacts": (Contact("email", HERS, Tlp.AMBER), Contact("phone", "+1 202 555 0100", Tlp.AMBER)),
        "languages": ("es",),
        "openpgp": (key,) if key else (),
    }
    return await build(database_url, people={YAN: hers})


@pytest.fixture
async def watch(database_url: str) -> AsyncIterator[Watch]:
    world = await world_of(database_url)
    yield Watch(world)
    await world.db.close()


async def test_once_and_once_more_when_it_is_over(watch: Watch) -> None:
    assert await watch.look(AFTER * 2) == []
    watch.hears = False
    assert await watch.look(AFTER - LOOK) == [], "not before its time"
    assert not await watch.told()
    assert sorted(await watch.look(LOOK)) == sorted(TOLD)
    assert await watch.told()
    assert await watch.look(timedelta(hours=1)) == []
    watch.hears = True
    assert await watch.look(AFTER - LOOK) == [], "it may be gone again"
    assert sorted(await watch.look(LOOK)) == sorted(OVER)
    assert not await watch.told()
    assert await watch.look(AFTER * 2) == []
    watch.hears = False
    assert sorted(await watch.look(AFTER)) == sorted(TOLD), "another outage"
    actions = [e.details.action for e in await logged(watch.world) if e.details]
    assert [a for a in actions if a.startswith("service.")] == ["service.silent", "service.heard", "service.silent"]


async def test_one_that_comes_and_goes_fills_nobodys_mailbox(watch: Watch) -> None:
    got = []
    for _ in range(5):
        watch.hears = False
        got += await watch.look(AFTER + LOOK)
        watch.hears = True
        got += await watch.look(AFTER - LOOK)
        watch.world.clock.push(-timedelta(minutes=1))
    assert sorted(got) == sorted(TOLD)
    got = await watch.look(AFTER * 2)
    assert sorted(got) == sorted(OVER)
    assert "silent from 2026-11-22 06:00 UTC to 2026-11-22 06:4" in str(watch.world.line.got[-1].content["body"])


async def test_one_that_stays_away_and_back_for_as_long_as_that_takes_is_told_ever_less_often(watch: Watch) -> None:
    got = []
    for _ in range(12):
        watch.hears = False
        got += await watch.look(AFTER + LOOK)
        watch.hears = True
        got += await watch.look(AFTER + LOOK)
    assert sorted(got) == sorted([*TOLD, *OVER, *TOLD]), "the second end takes ten minutes"
    assert sorted(await watch.look(AFTER * 2)) == sorted(OVER)
    watch.pass_by(timedelta(days=1))
    watch.hears = False
    assert sorted(await watch.look(AFTER + LOOK)) == sorted(TOLD)
    watch.hears = True
    assert sorted(await watch.look(AFTER + LOOK)) == sorted(OVER), "the next day it counts anew"


async def test_a_short_silence_is_told_to_nobody(watch: Watch) -> None:
    watch.hears = False
    assert await watch.look(AFTER - LOOK) == []
    watch.hears = True
    assert await watch.look() == []
    watch.hears = False
    assert await watch.look(AFTER - LOOK) == [], "it counts anew"


async def test_what_restarts_tells_nothing_twice(watch: Watch) -> None:
    watch.hears, watch.synced_age_seconds = False, None
    told = []
    for _ in range(3 * int(AFTER / LOOK)):  # a service manager starts it again and again, and no sync ever comes
        watch.start()
        told += await watch.look()
        watch.pass_by(LOOK)
    assert sorted(told) == sorted(TOLD)
    watch.pass_by(timedelta(hours=8))  # stopped for a night
    watch.start()
    assert await watch.look(AFTER * 2) == []
    watch.hears = True
    watch.start()
    assert sorted(await watch.look(AFTER)) == sorted(OVER)
    assert "silent from 2026-11-22 06:00 UTC to 2026-11-22 14:" in str(watch.world.line.got[-1].content["body"])
    watch.start()
    assert await watch.look(AFTER * 2) == []


async def test_only_time_in_which_it_listened_counts(watch: Watch) -> None:
    watch.hears, watch.synced_age_seconds = False, None
    assert await watch.look(AFTER - LOOK) == [], "a start"
    watch.pass_by(ABSENT + timedelta(hours=3))  # stopped
    watch.start()
    assert await watch.look(AFTER - LOOK) == []
    assert sorted(await watch.look(LOOK)) == sorted(TOLD)
    watch.hears = True
    assert sorted(await watch.look(AFTER)) == sorted(OVER)
    watch.pass_by(timedelta(hours=3))  # the machine slept, and its clock that never jumps went on
    watch.hears = False
    assert await watch.look(AFTER - FRESH - LOOK * 2) == []
    watch.hears = True
    assert await watch.look() == []


async def test_a_clock_that_was_put_back_holds_nothing_up(watch: Watch) -> None:
    watch.hears = False
    assert await watch.look(AFTER - LOOK) == []
    watch.world.clock.push(-timedelta(hours=5))
    assert sorted(await watch.look(AFTER)) == sorted(TOLD)


async def test_what_arrives(database_url: str, tmp_path: Path, short_path: Path, gpg_home: GnuPG) -> None:
    """Through a real mail server: encrypted to whom the directory has a key of, signed to everybody."""
    house = await asyncio.to_thread(MailHouse, tmp_path, short_path, gpg_home)
    await house.serve()
    key = OpenPGPKey(house.fingerprint, house.person.public_key(house.fingerprint).encode())
    world = await world_of(database_url, key)
    ways = Ways(world.line, house.mail(), None)
    world.sender = Sender(
        world.db, world.outbox, world.exchanges, world.audit, world.register, world.trust, ways, world.holding
    )
    watch = Watch(world)
    watch.hears = False
    await watch.look(AFTER)
    by = {str(message_from_bytes(whole)["To"]): whole for whole in house.sink.taken}
    assert set(by) == {HERS, DESK}
    sealed = await asyncio.to_thread(house.read_sealed, by[HERS])
    assert "enlace no recibe nada de su servidor Matrix desde el 2026-11-22 06:00 UTC" in " ".join(sealed.split())
    signed = await asyncio.to_thread(house.read_signed, by[DESK])
    assert "enlace has heard nothing from its homeserver since 2026-11-22 06:00 UTC" in " ".join(signed.split())
    watch.hears = True
    await watch.look(AFTER)
    assert len(house.sink.taken) == 4
    assert await watch.told() is False
    house.close()
    await world.db.close()


# --- a bot that cannot even start ---------------------------------------------------------------------------


SETTINGS = """\
notify:
  smtp_host: localhost
  smtp_port: {port}
  smtp_ca_file: {pem}
  smtp_user: enlace
  mail_from: enlace@example.org
  operators: [{desk}]
"""


async def test_a_bot_that_is_started_again_and_again(tmp_path: Path, short_path: Path, gpg_home: GnuPG) -> None:
    house = await asyncio.to_thread(MailHouse, tmp_path, short_path, gpg_home)
    await house.serve()
    more = SETTINGS.format(port=house.port, pem=house.pem, desk=DESK)
    secret = {"ENLACE_NOTIFY__SMTP_PASSWORD": PASSWORD}
    made = await offline(tmp_path, more, key=house.own, gnupg=short_path / "bot", **secret)
    clock, counts = Wall(NIGHT), []
    for minute in range(8):
        clock.at = NIGHT + timedelta(minutes=minute)
        with pytest.raises(HomeserverAway):
            await App.open(made.config, made.vault, clock)
        counts.append(len(house.sink.taken))
    assert counts == [0, 0, 0, 0, 0, 1, 1, 1]
    assert house.letter()["To"] == DESK
    house.close()


async def test_a_bot_that_runs(
    tmp_path: Path, short_path: Path, gpg_home: GnuPG, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything wired, every worker at work, and nobody answers."""
    monkeypatch.setattr("bot.notify.silence.EVERY", 0.05)
    house = await asyncio.to_thread(MailHouse, tmp_path, short_path, gpg_home)
    await house.serve()
    more = SETTINGS.format(port=house.port, pem=house.pem, desk=DESK)
    made = await offline(tmp_path, more, key=house.own, gnupg=short_path / "bot", ENLACE_NOTIFY__SMTP_PASSWORD=PASSWORD)
    clock = Wall(NIGHT)
    app = await App.build(made.config, made.vault, clock)
    await app.audit.start(app.db)
    stop = asyncio.Event()
    running = asyncio.create_task(app.run(stop))
    async with asyncio.timeout(120):
        while not house.sink.taken:
            assert not running.done(), running
            async with app.db.reading() as unit:
                outage = await get(unit)
            if outage is not None and outage.told_at is None and outage.looked_at == clock.now():
                clock.push(LOOK)
            await asyncio.sleep(0.01)
    assert clock.now() == NIGHT + AFTER
    stop.set()
    await running
    await app.close()
    assert house.letter()["To"] == DESK
    house.close()


async def test_check_says_that_nobody_would_be_written_to(
    tmp_path: Path, short_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    more = "notify: {smtp_host: localhost, mail_from: enlace@example.org}\n"
    await offline(tmp_path, more, gnupg=short_path / "bot")
    monkeypatch.setenv("ENLACE_VAULT__PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    said = []
    for operators in ("[]", f"[{DESK}]"):
        monkeypatch.setenv("ENLACE_NOTIFY__OPERATORS", operators)
        with pytest.raises(SystemExit):
            await asyncio.to_thread(main, ["check", "--config", str(tmp_path / "config.yaml")])
        said.append("nobody is written to when the homeserver falls silent" in capsys.readouterr().out)
    assert said == [True, False]
