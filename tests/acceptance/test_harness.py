"""The harness itself: what the other tests stand on has to be what it says it is."""

import asyncio
import os
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path
from urllib.error import HTTPError

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.clock import Clock
from bot.db.unit import Database
from bot.demo.person import Person
from bot.demo.synapse import Synapse
from tests.harness.human import Human
from tests.harness.openpgp import GnuPG


def account(homeserver: Synapse) -> tuple[str, str]:
    name, password = "h" + uuid.uuid4().hex[:8], uuid.uuid4().hex
    homeserver.register(name, password)
    return name, password


@pytest.mark.homeserver
async def test_two_people_talk_encrypted(homeserver: Synapse) -> None:
    async with (
        await Person.arrive(homeserver.url, *account(homeserver)) as ana,
        await Person.arrive(homeserver.url, *account(homeserver)) as bruno,
    ):
        for version in ("11", "12"):
            room = await ana.create_room("Desk", [bruno.user_id], version=version)
            await bruno.join(room)
            await ana.wait_member(room, bruno.user_id)
            secret = f"secreto-{uuid.uuid4().hex}"
            sent = await ana.say(room, secret)
            heard = await bruno.hear(room, secret, sender=ana.user_id)
            assert heard.encrypted
            assert heard.event_id == sent
            assert not homeserver.stores(secret.encode())


@pytest.mark.homeserver
async def test_plain_text_on_the_servers_disk_is_found(homeserver: Synapse) -> None:
    """The search that other tests trust to find nothing does find what is there."""
    async with await Person.arrive(homeserver.url, *account(homeserver)) as ana:
        room = await ana.create_room("Desk")
        told = f"a-la-vista-{uuid.uuid4().hex}"
        await ana.say_in_clear(room, told)
        assert homeserver.stores(told.encode())


@pytest.mark.homeserver
def test_a_kept_homeserver_keeps_accounts_and_secret(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    with Synapse(directory=folder) as first:
        name, password = account(first)
        assert folder.stat().st_mode & 0o077 == 0
        first.restart()
        assert first.log_in(name, password)["user_id"] == first.user_id(name)
    assert not first.answers()
    with Synapse(directory=folder) as second:
        assert second.log_in(name, password)["device_id"]
        account(second)
        with pytest.raises(HTTPError):
            second.log_in(name, "wrong")


@pytest.mark.homeserver
def test_a_homeserver_ends_with_whoever_started_it(tmp_path: Path) -> None:
    program = """
import pathlib, sys, time
from bot.demo.synapse import Synapse
print(Synapse(directory=pathlib.Path(sys.argv[1])).start().port, flush=True)
time.sleep(99)
"""
    command = [sys.executable, "-c", program, str(tmp_path / "homeserver")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline())
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        parent.kill()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.1)
    pytest.fail("Synapse still listens 20 s after its parent was killed")


@pytest.mark.homeserver
@pytest.mark.browser_client
async def test_what_a_browser_client_can_do(homeserver: Synapse, tmp_path: Path) -> None:
    ana_account = account(homeserver)
    async with (
        await Human.arrive(homeserver.url, *ana_account) as ana,
        await Person.arrive(homeserver.url, *account(homeserver)) as bruno,
    ):
        room = await bruno.create_room("Desk", [ana.user_id])
        assert await ana.join_invitation() == room
        await bruno.wait_member(room, ana.user_id)
        assert await ana.fingerprint() == (ana.device_id, ana.session_key)

        sent = await bruno.say(room, "hola")
        heard = await ana.hear(room, "hola", sender=bruno.user_id)
        assert (heard["encrypted"], heard["shield"], heard["shieldReason"]) == (True, "none", None)

        root = await ana.say(room, "gras", html="<b>gras</b>", thread=sent)
        said = await bruno.hear(room, "gras", sender=ana.user_id)
        assert (said.thread, said.content["formatted_body"]) == (sent, "<b>gras</b>")
        await ana.edit(room, root, "grave")
        assert (await bruno.hear(room, "grave", sender=ana.user_id, edits=True)).edits == root

        paper = tmp_path / "indicators.txt"
        paper.write_bytes(b"evil.example " * 50)
        await ana.send_file(room, paper, mimetype="text/plain")
        shared = await bruno.hear(room, "indicators.txt", sender=ana.user_id)
        assert shared.content["file"]["v"] == "v2"
        assert not homeserver.stores(paper.read_bytes())

        mark = bruno.mark()
        await ana.say_in_clear(room, "abierto")
        assert not (await bruno.hear(room, "abierto", sender=ana.user_id, after=mark)).encrypted
        await ana.react(room, sent, "✅")
        await ana.redact(room, root)

        assert [(d["device"], d["signedByOwner"]) for d in await ana.devices(bruno.user_id)] == [
            (bruno.device_id, True)
        ]
        async with await Human.arrive(homeserver.url, *ana_account, recovery_key=ana.recovery_key) as second:
            seen = {d["device"]: d["signedByOwner"] for d in await second.devices(ana.user_id)}
            assert seen == {ana.device_id: True, second.device_id: True}
        before = await ana.master_key()
        assert await ana.reset_identity() not in {before, None}
        await ana.leave(room)


@pytest.mark.homeserver
@pytest.mark.browser_client
async def test_a_browser_client_does_not_read_an_unsigned_device(homeserver: Synapse) -> None:
    async with (
        await Human.arrive(homeserver.url, *account(homeserver)) as ana,
        await Person.arrive(homeserver.url, *account(homeserver), cross_signed=False) as stranger,
    ):
        room = await stranger.create_room("Desk", [ana.user_id])
        await ana.join_invitation()
        await stranger.wait_member(room, ana.user_id)
        await stranger.say(room, "soy yo")
        unread = await ana.hear_unreadable(room, sender=stranger.user_id)
        assert unread["why"] == "UNSIGNED_SENDER_DEVICE"


async def test_postgresql_is_postgresql(postgres_url: str) -> None:
    engine = create_async_engine(postgres_url)
    async with engine.connect() as connection:
        assert str((await connection.execute(text("select version()"))).scalar_one()).startswith("PostgreSQL ")
        tables = text("select count(*) from pg_tables where schemaname = 'public'")
        assert (await connection.execute(tables)).scalar_one() == 0
    await engine.dispose()


async def test_each_database_url_works(database_url: str) -> None:
    database = Database.open(database_url, Clock())
    async with database.unit() as unit:
        await unit.execute(text("create table fresh (n integer)"))
        assert await unit.scalar(text("select count(*) from fresh")) == 0
    await database.close()


def test_gpg_signs_for_whom_it_says(gpg_home: GnuPG) -> None:
    cert = gpg_home.new_key("CERT-XA", "cert@example.org")
    other = gpg_home.new_key("CERT-XB", "other@example.org")
    signed = gpg_home.clear_sign("identity statement\n", cert)
    assert gpg_home.signer(signed) == cert != other
    with pytest.raises(subprocess.CalledProcessError):
        gpg_home.signer(signed.replace("identity", "identitx"))


@pytest.mark.parametrize("method", ["connect", "connect_ex"])
def test_no_test_reaches_another_machine(method: str) -> None:
    with socket.socket() as sock:
        sock.settimeout(1)
        with pytest.raises(AssertionError, match=r"192\.0\.2\.1"):
            getattr(sock, method)(("192.0.2.1", 9))  # TEST-NET-1, RFC 5737


async def test_nor_does_the_loop() -> None:
    """It opens connections past Python's sockets."""
    with pytest.raises(AssertionError, match=r"192\.0\.2\.1"):
        await asyncio.get_running_loop().create_connection(asyncio.Protocol, "192.0.2.1", 9)


@pytest.mark.parametrize(("ci", "ends"), [("true", 1), ("", 0)])
def test_in_ci_a_skipped_test_is_a_failure(tmp_path: Path, ci: str, ends: int) -> None:
    (tmp_path / "test_skips.py").write_text("import pytest\n\ndef test_it():\n    pytest.skip('no npm')\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == ends, done.stdout + done.stderr
