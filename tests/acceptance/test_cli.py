"""The command line as an operator uses it, every command a process of its own, on a real homeserver."""

import asyncio
import base64
import contextlib
import json
import os
import secrets
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest
import yaml
from aiohttp import ClientSession, web
from sqlalchemy import delete

from bot.cli.provision import SEEDS
from bot.clock import Clock
from bot.config import load_config
from bot.config.kept import ACCESS_TOKEN, MASTER_KEY
from bot.db.unit import Database
from bot.demo.synapse import Synapse, free_port
from bot.demo.world import Staff, Team, World, in_a_new_process
from bot.ids import RoomId
from bot.outbox.model import Kind, Post
from bot.outbox.service import Outbox
from bot.outbox.tables.outbox import outbox as outbox_table
from keys.vault import Vault

pytestmark = pytest.mark.homeserver

FINGERPRINT = "0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 456"
MX = Team(
    "CERT-MX", {"es": "CERT México"}, "MX", "America/Mexico_City", ("es",), (Staff("ana", "Ana Ruiz", lead=True),)
)
UY = Team(
    "CERTUY",
    {"es": "CERTuy"},
    "UY",
    "America/Montevideo",
    ("es",),
    (Staff("carla", "Carla Núñez", coordinator=True), Staff("carlos", "Carlos Sosa", coordinator=True)),
)


@dataclass
class Operator:
    """Somebody with a shell, an account for the bot, and an empty folder."""

    homeserver: Synapse
    folder: Path
    url: str
    account: str = field(default_factory=lambda: f"op-{secrets.token_hex(4)}")
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))

    def __post_init__(self) -> None:
        self.user = self.homeserver.register(self.account, self.password)
        self.secrets = {
            "ENLACE_MATRIX_PASSWORD": self.password,
            "ENLACE_VAULT__PASSPHRASE": secrets.token_urlsafe(24),
            "ENLACE_RECOVERY_PASSPHRASE": secrets.token_urlsafe(24),
        }

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the folder; variables given as None-like empty strings are not set."""
        given = {**os.environ, "LANG": "en_US.UTF-8", "LC_ALL": "en_US.UTF-8", **self.secrets, **environment}
        return World.command(arguments, {name: value for name, value in given.items() if value}, self.folder)

    def init(self, *more: str, coordinators: int = 2, **environment: str) -> subprocess.CompletedProcess[str]:
        named = [f"--coordinator=@c{n}:example.org; {FINGERPRINT}{n}; Person {n}" for n in range(coordinators)]
        return self("init", f"--homeserver={self.url}", f"--user={self.user}", *named, *more, **environment)

    def left(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*"))

    def sessions(self) -> int:
        """How many devices the account has, without the one that looks."""
        mine = self.homeserver.log_in(self.account, self.password)
        found = self.homeserver.request("GET", "/_matrix/client/v3/devices", token=mine["access_token"])["devices"]
        self.homeserver.request("POST", "/_matrix/client/v3/logout", {}, mine["access_token"])
        return len(found) - 1

    def has_identity(self) -> bool:
        mine = self.homeserver.log_in(self.account, self.password)
        body = {"device_keys": {self.user: []}}
        found = self.homeserver.request("POST", "/_matrix/client/v3/keys/query", body, mine["access_token"])
        self.homeserver.request("POST", "/_matrix/client/v3/logout", {}, mine["access_token"])
        return self.user in found.get("master_keys", {})


class Between:
    """What stands between enlace and its homeserver: passes everything on, but for what a test changes."""

    def __init__(self, behind: str) -> None:
        self._behind = behind
        self.answers: dict[str, tuple[int, dict[str, Any]]] = {}
        """By the end of the path: what is answered instead, without asking the homeserver."""
        self.headers: dict[str, str] = {}
        self.seen: list[str] = []

    async def __aenter__(self) -> Self:
        self._client = ClientSession()
        app = web.Application(client_max_size=1 << 24)
        app.router.add_route("*", "/{rest:.*}", self._pass_on)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        port = free_port()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self._client.close()

    async def _pass_on(self, request: web.Request) -> web.Response:
        self.seen.append(request.path)
        for end, (status, body) in self.answers.items():
            if request.path.endswith(end):
                return web.json_response(body, status=status)
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        data = await request.read()
        url = self._behind + request.raw_path
        async with self._client.request(request.method, url, data=data, headers=headers) as answer:
            return web.Response(
                body=await answer.read(),
                status=answer.status,
                headers={"Content-Type": "application/json", "Date": answer.headers["Date"], **self.headers},
            )


@pytest.fixture
def operator(homeserver: Synapse, short_path: Path) -> Operator:
    return Operator(homeserver, short_path, homeserver.url)


@pytest.fixture
async def between(homeserver: Synapse) -> AsyncIterator[Between]:
    async with Between(homeserver.url) as made:
        yield made


@pytest.fixture(scope="module")
async def world(homeserver: Synapse) -> AsyncIterator[World]:
    """A deployment that is set up and filled; nothing runs in it."""
    async with World([MX, UY], homeserver=homeserver) as made:
        yield made


# --- init ---------------------------------------------------------------------------------------------------------


def test_init_makes_everything_and_refuses_to_do_it_twice(operator: Operator) -> None:
    done = operator.init()
    assert (done.returncode, done.stderr) == (0, "")
    assert operator.user in done.stdout
    assert operator.left()[:3] == ["config.yaml", "enlace-recovery", "enlace-recovery/identity"]
    for path in operator.folder.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, f"others can reach {path}"
    assert operator("check").returncode == 0
    assert operator.sessions() == 1

    before = {path: path.read_bytes() for path in operator.folder.rglob("*") if path.is_file()}
    again = operator.init()
    assert again.returncode == 1
    assert "is there already; nothing was changed" in again.stderr
    assert {path: path.read_bytes() for path in before} == before
    assert operator.sessions() == 1


@pytest.mark.parametrize("count", [0, 1])
def test_init_wants_two_coordinators(operator: Operator, count: int) -> None:
    done = operator.init(coordinators=count)
    assert done.returncode == 1
    assert "at least two are needed" in done.stderr
    assert operator.left() == []
    assert operator.sessions() == 0


@pytest.mark.parametrize(
    ("environment", "options", "code", "said"),
    [
        ({"ENLACE_MATRIX_PASSWORD": "wrong"}, (), 1, "does not accept this password"),
        ({"ENLACE_MATRIX_PASSWORD": ""}, (), 1, "no terminal to ask on"),
        ({"ENLACE_VAULT__PASSPHRASE": "short"}, (), 1, "at least 12 characters"),
        ({"PATH": "/nowhere"}, (), 1, "GnuPG"),
        ({}, ("--coordinator=@c1:example.org",), 1, "does not name a coordinator"),
        ({}, ("--homeserver=http://matrix.example.org",), 2, "must begin with https://"),
        ({}, ("--database=mysql://db.example.org/x",), 2, "database.url"),
        ({}, ("--database=sqlite+aiosqlite:////nowhere/at/all.db",), 1, "database cannot be used"),
        ({}, ("--password-file=nowhere",), 1, "no such file"),
        ({}, ("--config=/proc/config.yaml",), 1, "cannot be read or written"),
    ],
    ids=lambda value: None if isinstance(value, dict | int) else str(value)[:24],
)
def test_an_init_that_fails_leaves_nothing(
    operator: Operator, environment: dict[str, str], options: tuple[str, ...], code: int, said: str
) -> None:
    done = operator.init(*options, **environment)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == code
    assert operator.left() == []
    assert operator.sessions() == 0
    assert not operator.has_identity()


def test_a_failed_init_leaves_what_was_there_before(operator: Operator) -> None:
    state = operator.folder / "state"
    state.mkdir(mode=0o700)
    (state / "mine").write_text("x")
    assert operator.init(ENLACE_MATRIX_PASSWORD="wrong").returncode == 1
    assert operator.left() == ["state", "state/mine"]
    assert operator.init().returncode == 0


async def test_an_identity_that_could_not_be_published_leaves_nothing(operator: Operator, between: Between) -> None:
    operator.url = between.url
    between.answers["/keys/device_signing/upload"] = (403, {"errcode": "M_FORBIDDEN", "error": "not here"})
    done = await asyncio.to_thread(operator.init)
    assert done.returncode == 1
    assert "not here" in done.stderr
    assert operator.left() == []
    assert not operator.has_identity()
    assert operator.sessions() == 0, "it logged itself out"


async def test_an_identity_that_was_half_published_is_kept_and_finished(operator: Operator, between: Between) -> None:
    operator.url = between.url
    between.answers["/keys/signatures/upload"] = (502, {"errcode": "M_UNKNOWN", "error": "gone"})
    done = await asyncio.to_thread(operator.init)
    assert done.returncode == 1
    assert "enlace init --finish" in done.stderr
    assert operator.has_identity()
    assert {"config.yaml", "enlace-recovery/identity", "state/vault", "state/enlace.db"} <= set(operator.left())
    checked = await asyncio.to_thread(operator, "check")
    assert "not signed by its cross-signing identity" in checked.stdout
    assert (await asyncio.to_thread(operator, "run")).returncode == 1, "unsigned, it does not run"

    between.answers.clear()
    wrong = await asyncio.to_thread(operator, "init", "--finish", ENLACE_RECOVERY_PASSPHRASE="not the passphrase")
    assert "does not open" in wrong.stderr
    finished = await asyncio.to_thread(operator, "init", "--finish")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert (await asyncio.to_thread(operator, "check")).returncode == 0


def test_finish_logs_the_same_device_in_again(operator: Operator) -> None:
    operator.init()
    config = load_config(operator.folder / "config.yaml", operator.secrets)
    vault = Vault.open(config.vault.path, operator.secrets["ENLACE_VAULT__PASSPHRASE"])
    operator.homeserver.request("POST", "/_matrix/client/v3/logout", {}, vault.get(ACCESS_TOKEN).decode())
    ended = operator("run")
    assert ended.returncode == 1
    assert "no longer accepts the access token" in ended.stderr
    assert "enlace init --finish" in ended.stderr
    assert operator("init", "--finish", ENLACE_MATRIX_PASSWORD="").returncode == 1
    finished = operator("init", "--finish")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert config.matrix.device_id in finished.stdout
    assert operator("check").returncode == 0


def test_finish_takes_no_other_identity(operator: Operator, homeserver: Synapse) -> None:
    operator.init()
    elsewhere = operator.folder / "other"
    elsewhere.mkdir(mode=0o700)
    other = Operator(homeserver, elsewhere, homeserver.url)
    other.secrets = {**operator.secrets, "ENLACE_MATRIX_PASSWORD": other.password}
    assert other.init().returncode == 0
    done = operator("init", "--finish", f"--recovery={other.folder / 'enlace-recovery' / 'identity'}")
    assert done.returncode == 1
    assert "holds another identity" in done.stderr
    assert operator("check").returncode == 0


def test_init_with_an_access_token(operator: Operator) -> None:
    session = operator.homeserver.log_in(operator.account, operator.password)
    token = operator.folder.parent / f"{operator.account}.token"
    token.write_text(session["access_token"] + "\n")
    try:
        options = (f"--access-token-file={token}",)
        other = operator.init(*options, "--device-id=ELSEWHERE", ENLACE_MATRIX_PASSWORD="")
        assert other.returncode == 1
        assert session["device_id"] in other.stderr
        other = operator.init(*options, f"--user={operator.homeserver.user_id('somebody')}", ENLACE_MATRIX_PASSWORD="")
        assert other.returncode == 1
        assert "belongs to" in other.stderr
        assert operator.left() == []
        assert operator.sessions() == 1, "a session that was given is not logged out"

        done = operator.init(*options, f"--device-id={session['device_id']}", ENLACE_MATRIX_PASSWORD="")
        assert (done.returncode, done.stderr) == (0, "")
    finally:
        token.unlink()
    written = yaml.safe_load((operator.folder / "config.yaml").read_text())
    assert written["matrix"]["device_id"] == session["device_id"]
    assert operator("check", ENLACE_MATRIX_PASSWORD="").returncode == 0
    assert operator.sessions() == 1


def test_secrets_can_come_from_files(operator: Operator) -> None:
    files = {}
    for name, value in operator.secrets.items():
        files[name] = operator.folder / name.lower()
        files[name].write_text(value + "\n")
        files[name].chmod(0o600)
    none = dict.fromkeys(operator.secrets, "")
    done = operator.init(
        f"--password-file={files['ENLACE_MATRIX_PASSWORD']}",
        f"--passphrase-file={files['ENLACE_VAULT__PASSPHRASE']}",
        f"--recovery-passphrase-file={files['ENLACE_RECOVERY_PASSPHRASE']}",
        **none,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert operator("check", **none).returncode == 0, "the configuration names the file"


# --- check --------------------------------------------------------------------------------------------------------

OTHERS = "no other devices of the account"
LINES = [
    "state folder",
    "vault",
    "homeserver",
    "clock",
    "the bot's Matrix identity",
    OTHERS,
    "the bot's OpenPGP key",
    "database",
    "escalation ladders",
    "log",
]


def run_in(world: World, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {**world.environment(), **environment}
    environment = {name: value for name, value in given.items() if value}
    return world.command([*arguments, "--config", str(world.config_path)], environment)


def test_check_says_ok_line_by_line(world: World) -> None:
    done = run_in(world, "check")
    assert done.stdout.splitlines() == [f"✓ {line}" for line in ["config.yaml", *LINES]]
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("bad", "not_looked_at", "said", "environment"),
    [
        ("vault", {"homeserver", "clock", "the bot's Matrix identity", OTHERS, "log"}, "not given", {"ENLACE_VAULT__PASSPHRASE": ""}),
        ("vault", {"homeserver", "clock", "the bot's Matrix identity", OTHERS, "log"}, "does not open", {"ENLACE_VAULT__PASSPHRASE": "something else"}),
        ("state folder", {"vault", "homeserver", "clock", "the bot's Matrix identity", OTHERS, "the bot's OpenPGP key", "escalation ladders", "log"}, "is not there", {"ENLACE_STATE_DIRECTORY": "/nowhere"}),
        ("homeserver", {"clock", "the bot's Matrix identity", OTHERS}, "nothing listens there", {"ENLACE_MATRIX__HOMESERVER": "http://127.0.0.1:9"}),
        ("the bot's Matrix identity", {OTHERS}, "no crypto store", {"ENLACE_MATRIX__STORE": "elsewhere"}),
        ("the bot's OpenPGP key", set(), "not on file", {"ENLACE_OPENPGP__FINGERPRINT": FINGERPRINT + "7"}),
        ("database", {"escalation ladders", "log"}, "enlace db upgrade", {"ENLACE_DATABASE__URL": "sqlite+aiosqlite://"}),
        ("escalation ladders", set(), "vault:2: there is no field", {"ENLACE_POLICY__LADDERS": "vault"}),
        ("database", {"escalation ladders", "log"}, "cannot be used", {"ENLACE_DATABASE__URL": "sqlite+aiosqlite:////nowhere/at/all.db"}),
        ("log", set(), "does not hold a checkpoint", {"ENLACE_AUDIT__CHECKPOINT_FILE": "vault"}),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)  # fmt: skip
def test_check_names_each_thing_that_is_wrong(
    world: World, bad: str, not_looked_at: set[str], said: str, environment: Mapping[str, str]
) -> None:
    done = run_in(world, "check", **environment)
    shown = {line[2:].split(":")[0]: line for line in done.stdout.splitlines()}
    wrong = [line for line in done.stdout.splitlines() if line.startswith("✗")]
    if bad == "state folder":  # the database lies in it, too
        wrong = [line for line in wrong if "database" not in line]
    assert [line for line in wrong if not line.startswith(f"✗ {bad}: ")] == []
    assert said in shown[bad]
    assert {name for name, line in shown.items() if line.startswith("–")} == not_looked_at
    assert [name for name in shown if name != "config.yaml"] == LINES
    assert done.returncode == 1


def test_check_sees_open_rights(world: World) -> None:
    state = world.folder / "state"
    state.chmod(0o755)
    try:
        done = run_in(world, "check")
    finally:
        state.chmod(0o700)
    assert "✗ state folder:" in done.stdout
    assert "0755" in done.stdout
    assert done.returncode == 1


async def test_check_compares_the_clocks(world: World, between: Between) -> None:
    between.headers["Date"] = "Mon, 02 Feb 2026 10:00:00 GMT"
    done = await asyncio.to_thread(run_in, world, "check", ENLACE_MATRIX__HOMESERVER=between.url)
    (wrong,) = [line for line in done.stdout.splitlines() if line.startswith("✗")]
    assert wrong.startswith("✗ clock:")
    assert "NTP" in wrong


def test_check_sees_another_identity_on_the_homeserver(operator: Operator) -> None:
    operator.init()
    mine = operator.homeserver.log_in(operator.account, operator.password)
    reset_identity(operator, mine["access_token"])
    done = operator("check")
    (wrong,) = [line for line in done.stdout.splitlines() if line.startswith("✗")]
    assert wrong.startswith("✗ the bot's Matrix identity:")
    assert "another master key" in wrong
    assert operator("run").returncode == 1, "and it does not run"


def reset_identity(operator: Operator, token: str) -> None:
    from urllib.error import HTTPError

    from keys.crosssigning import CrossSigningSeeds, public_keys

    keys = public_keys(CrossSigningSeeds(*(secrets.token_bytes(32) for _ in range(3))), operator.user)
    where = "/_matrix/client/v3/keys/device_signing/upload"
    try:
        operator.homeserver.request("POST", where, keys, token)
    except HTTPError as error:
        auth = {
            "type": "m.login.password",
            "session": json.loads(error.read())["session"],
            "identifier": {"type": "m.id.user", "user": operator.user},
            "password": operator.password,
        }
        operator.homeserver.request("POST", where, {**keys, "auth": auth}, token)


def test_identity_is_signed_by_the_bots_own_key(world: World) -> None:
    done = run_in(world, "identity")
    assert done.returncode == 0
    config = world.config()
    with contextlib.closing(world.keyring):
        public = subprocess.run(
            ["gpg", "--homedir", str(config.openpgp.home), "--export", config.openpgp.fingerprint],
            capture_output=True,
            check=True,
        ).stdout
        world.keyring.import_key(public)
        signature = world.keyring.verify_clear(done.stdout.strip() + "\n")
    assert signature.primary_fingerprint == config.openpgp.fingerprint
    assert f"Matrix user: {world.bot}" in (signature.text or "")
    assert f"Device: {config.matrix.device_id} " in (signature.text or "")


# --- directory ----------------------------------------------------------------------------------------------------


def test_an_import_without_yes_shows_the_plan_and_writes_nothing(world: World, tmp_path: Path) -> None:
    file = tmp_path / "more.yaml"
    file.write_text("organisations:\n  - {handle: CERT-PE, country: PE}\n", encoding="utf-8")
    done = run_in(world, "directory", "import", str(file), "--partial")
    assert "+ CERT-PE" in done.stdout
    assert "1 to add" in done.stdout
    assert "--yes" in done.stderr
    assert done.returncode == 1
    assert "CERT-PE" not in run_in(world, "directory", "find", "CERT-PE").stdout


def test_without_partial_what_the_file_does_not_name_would_go(world: World, tmp_path: Path) -> None:
    file = tmp_path / "less.yaml"
    file.write_text("organisations:\n  - {handle: CERT-PE, country: PE}\n", encoding="utf-8")
    done = run_in(world, "directory", "import", str(file))
    assert {"- CERT-MX", "- CERTUY", "+ CERT-PE"} <= set(done.stdout.splitlines())
    assert done.returncode == 1


def test_skip_bad_leaves_only_the_bad_records_out(world: World, tmp_path: Path) -> None:
    file = tmp_path / "half.yaml"
    text = "organisations:\n  - {handle: CERT-PY, country: PY}\n  - {handle: CERT-BO, country: Bolivia}\n"
    file.write_text(text, encoding="utf-8")
    refused = run_in(world, "directory", "import", str(file), "--partial", "--yes")
    assert refused.returncode == 1
    assert "half.yaml:3:" in refused.stderr
    assert "CERT-PY" not in run_in(world, "directory", "find", "CERT-PY").stdout
    done = run_in(world, "directory", "import", str(file), "--partial", "--yes", "--skip-bad")
    assert done.returncode == 0
    assert "Imported: 1 added" in done.stdout
    assert run_in(world, "directory", "find", "CERT-PY").stdout.startswith("CERT-PY\tPY\t")
    assert "CERT-BO" not in run_in(world, "directory", "find", "CERT-BO").stdout


def test_what_is_exported_and_imported_again_changes_nothing(world: World, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert run_in(world, "directory", "export", str(first)).returncode == 0
    assert {path.suffix for path in first.iterdir()} == {".yaml", ".asc"}
    again = run_in(world, "directory", "import", str(first / "directory.yaml"), "--yes")
    assert again.returncode == 0
    assert "Imported: 0 added, 0 changed, 0 gone." in again.stdout
    assert not [line for line in again.stdout.splitlines() if line[:2] in {"+ ", "~ ", "- "}]
    assert run_in(world, "directory", "export", str(second)).returncode == 0
    assert {p.name: p.read_bytes() for p in first.iterdir()} == {p.name: p.read_bytes() for p in second.iterdir()}
    there = run_in(world, "directory", "export", str(first))
    assert there.returncode == 1
    assert "is there already" in there.stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere.yaml", "there is no such file"),
        (".", "no format that can be imported"),
        ("list.pdf", "no format that can be imported"),
    ],
)
def test_a_file_that_is_none_is_said_so(world: World, tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "list.pdf").write_bytes(b"%PDF")
    done = run_in(world, "directory", "import", str(tmp_path / name), "--yes")
    assert done.returncode == 1
    assert said in done.stderr or "it is a folder" in done.stderr


@pytest.mark.parametrize(("query", "found"), [("MX", "CERT-MX"), ("certuy", "CERTUY"), ("méxico", "CERT-MX"), ("Ana Ruiz", "Ana Ruiz")])  # fmt: skip
def test_find(world: World, query: str, found: str) -> None:
    done = run_in(world, "directory", "find", query)
    assert found in done.stdout
    assert done.returncode == 0


def test_find_nothing(world: World) -> None:
    done = run_in(world, "directory", "find", "zzzzzzzz")
    assert (done.returncode, done.stdout) == (1, "")
    assert "zzzzzzzz" in done.stderr


# --- rooms, log ---------------------------------------------------------------------------------------------------


def test_rooms_without_any(world: World) -> None:
    assert json.loads(run_in(world, "rooms", "list", "--json").stdout) == []
    assert "No room is on record yet" in run_in(world, "rooms", "list").stdout


async def test_what_waits_for_no_room_on_record_is_listed_too(world: World) -> None:
    """A letter, and a room that the bot is not in any more."""
    config = world.config()
    assert config.vault.passphrase is not None
    outbox = Outbox(Vault.open(config.vault.path, config.vault.passphrase.get_secret_value()))
    letter, left = RoomId("mailto:soc@cert.example.org"), RoomId("!left:example.org")
    database = Database.open(config.database_url, Clock())
    try:
        async with database.unit() as unit:
            await outbox.post(unit, Post(letter, Kind.LETTER, {"text": "marker-letter"}))
            await outbox.post(unit, Post(left, Kind.COPY, {"body": "marker-copy"}))
        rows = {row["room"]: row for row in json.loads(run_in(world, "rooms", "list", "--json").stdout)}
        assert {room: (row["kind"], row["waiting"], row["organisations"]) for room, row in rows.items()} == {
            letter: ("outside", 1, []),
            left: ("unknown", 1, []),
        }
        said = run_in(world, "rooms", "list").stdout
        assert f"{letter}  outside Matrix  –  waiting: 1" in said
        assert f"{left}  not on record  –  waiting: 1" in said
        assert "marker" not in said
    finally:
        async with database.unit() as unit:
            await unit.execute(delete(outbox_table))
        await database.close()


def test_audit_verify_names_the_entry_that_was_tampered_with(world: World) -> None:
    good = run_in(world, "audit", "verify")
    assert (good.returncode, good.stderr) == (0, "")
    exported = [json.loads(line) for line in run_in(world, "audit", "export").stdout.splitlines()]
    assert exported[0]["details"]["action"] == "directory.imported"
    database = world.folder / "state" / "enlace.db"
    kept = database.read_bytes()
    try:
        with contextlib.closing(sqlite3.connect(database)) as opened, opened:
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                opened.execute("UPDATE audit_details SET outcome = 'x'")
            for (trigger,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                opened.execute(f"DROP TRIGGER {trigger}")  # who can write the file can do this too
            changed = "UPDATE audit_details SET document = replace(document, 'imported', 'exported') WHERE seq = 0"
            assert opened.execute(changed).rowcount == 1
        bad = run_in(world, "audit", "verify")
        assert bad.returncode == 1
        assert "entry 0" in bad.stdout
        told = json.loads(run_in(world, "audit", "verify", "--json").stdout)
        assert (told["ok"], told["first_bad"]) == (False, 0)
    finally:
        for beside in database.parent.glob("enlace.db-*"):
            beside.unlink()
        database.write_bytes(kept)
    assert run_in(world, "audit", "verify").returncode == 0


# --- run ----------------------------------------------------------------------------------------------------------


MARKERS = ("marker-subject", "marker-body", "marker-summary", "marker-details", "marker-incident", "marker-note")
"""What people wrote to each other: a message, a page, an incident and a note of it."""


@dataclass
class Processes:
    """What anybody on this machine could see of every process meanwhile."""

    arguments: set[str] = field(default_factory=set)
    surroundings: set[str] = field(default_factory=set)
    """The environments of gpg and its agent, which outlive the command that started them."""

    def look(self) -> None:
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    line = (entry / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
                    self.arguments.add(line)
                    if line.startswith("gpg"):
                        self.surroundings.add((entry / "environ").read_bytes().decode(errors="replace"))


@contextlib.contextmanager
def every_process() -> Iterator[Processes]:
    """Look at them until this ends."""
    seen = Processes()
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            seen.look()
            time.sleep(0.01)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


class Outside(World):
    """Its commands start anew, and everybody on the machine can see with which arguments."""

    command = staticmethod(in_a_new_process)


def forms(secret: bytes) -> set[str]:
    """How a secret could turn up in text."""
    plain = {secret.decode()} if secret.isascii() else set()
    return {*plain, secret.hex(), base64.b64encode(secret).decode().rstrip("="), base64.urlsafe_b64encode(secret).decode().rstrip("=")}  # fmt: skip


def every_file(world: World) -> dict[str, bytes]:
    """All that the deployment wrote: database, crypto store, vault, recovery file, settings, checkpoint, log.

    Without the folder in which GnuPG keeps its secret keys, and what belongs to the people."""
    theirs = {world.folder / "people", world.folder / "directory"}
    private = world.folder / "state" / "openpgp" / "private-keys-v1.d"
    found = {}
    for path in world.folder.rglob("*"):
        if path.is_file() and not {*theirs, private} & set(path.parents):
            with contextlib.suppress(FileNotFoundError):  # the database's own passing files
                found[str(path.relative_to(world.folder))] = path.read_bytes()
    return found


def hidden_in(world: World) -> list[bytes]:
    """Every secret of the deployment."""
    config, given = world.config(), world.environment()
    assert config.vault.passphrase is not None
    vault = Vault.open(config.vault.path, config.vault.passphrase.get_secret_value())
    seeds = Vault.open(world.folder / "recovery", given["ENLACE_RECOVERY_PASSPHRASE"]).get(SEEDS)
    hidden = [vault.get(name) for name in vault.names if name != MASTER_KEY]  # which is the public one
    hidden += [seeds, *(seeds[at : at + 32] for at in range(0, len(seeds), 32))]
    hidden += [value.encode() for value in (*world.passwords.values(), *world._environment.values())]
    return hidden


async def they_talk(world: World) -> tuple[str, list[str]]:
    """A message, a page, an incident and a note; Ana's direct room, and all that was seen in chat."""
    async with await world.arrive("ana") as ana, await world.arrive("carla") as carla:
        room, there = await world.enrol(ana, "ana"), await world.enrol(carla, "carla")
        await ana.ask(room, "!send CERTUY tlp:amber\nmarker-subject\nmarker-body", sender=world.bot)
        await carla.hear(there, "marker-body", sender=world.bot)
        await ana.say(room, "!escalate CERTUY critical marker-summary\nmarker-details")
        await carla.hear(there, "marker-details", sender=world.bot)
        await ana.ask(room, "!incident open high CERTUY tlp:amber\nmarker-incident", "INC-", sender=world.bot)
        incident = await ana.wait_invitation(world.bot)
        await ana.join(incident)
        await ana.hear(incident, "INC-", sender=world.bot)
        await ana.ask(incident, "!incident note marker-note", sender=world.bot)
        return room, [heard.body for heard in (*ana.heard, *carla.heard) if heard.sender == world.bot]


@pytest.mark.timeout(600)  # many processes, one after the other
async def test_a_run_ends_on_sigterm_and_tells_no_secret(homeserver: Synapse) -> None:
    """Every secret and every plaintext is looked for in all that a whole run wrote or showed."""
    with every_process() as processes:
        said = []
        async with Outside([MX, UY], homeserver=homeserver, settings={"logging": {"level": "debug"}}) as world:
            for command in (["check"], ["identity"], ["audit", "export"], ["rooms", "list"], ["audit", "key"]):
                done = await asyncio.to_thread(run_in, world, *command)
                said += [done.stdout, done.stderr]
            process = world.spawn()
            try:
                async with asyncio.timeout(120):
                    while "enlace runs as" not in (world.folder / "run.log").read_text():
                        await asyncio.sleep(0.1)
                room, chat = await they_talk(world)
                listed = await asyncio.to_thread(run_in, world, "rooms", "list", "--json")
                (row,) = [row for row in json.loads(listed.stdout) if row["room"] == room]
                assert {key: row[key] for key in ("room", "kind", "organisations", "user", "held", "lost")} == {
                    "room": room,
                    "kind": "direct",
                    "organisations": ["CERT-MX"],
                    "user": world.user("ana"),
                    "held": 0,
                    "lost": 0,
                }
                assert room in (await asyncio.to_thread(run_in, world, "rooms", "list")).stdout
                assert (await asyncio.to_thread(run_in, world, "check")).returncode == 0, "also while it runs"
                files = await asyncio.to_thread(every_file, world)
                before = time.monotonic()
                process.send_signal(signal.SIGTERM)
                assert await asyncio.to_thread(process.wait, 15) == 0
                assert time.monotonic() - before < 10
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            said.append((world.folder / "run.log").read_text())
            assert "enlace runs as" in said[-1]
            assert (await asyncio.to_thread(run_in, world, "audit", "verify")).returncode == 0
            exported = (await asyncio.to_thread(run_in, world, "audit", "export")).stdout
            said.append(exported)
            assert json.loads(exported.splitlines()[-1])["details"]["action"] == "service.stopped"
            hidden = hidden_in(world)
            left = await asyncio.to_thread(every_file, world)
    assert len(hidden) >= 12
    assert {"state/enlace.db", "state/vault", "recovery", "config.yaml", "run.log"} <= files.keys()
    assert b"marker" not in b"".join(path.encode() for path in (*files, *left))
    looked_at = "\n".join(said)
    shown = [*processes.arguments, *processes.surroundings, *chat]
    for secret in hidden:
        for form in forms(secret):
            assert form not in looked_at
            assert [line.replace(form, "…")[:200] for line in shown if form in line] == []
            assert [path for path, data in (*files.items(), *left.items()) if form.encode() in data] == []
        assert [path for path, data in (*files.items(), *left.items()) if secret in data] == []
    assert any("-m bot init" in line for line in processes.arguments), "the looking was in time"
    assert any(line.startswith("gpg ") for line in processes.arguments)
    assert any("HOME=" in line for line in processes.surroundings)
    for content in MARKERS:
        assert content not in looked_at
        assert not any(content in line for line in (*processes.arguments, *processes.surroundings))
        assert [path for path, data in (*files.items(), *left.items()) if content.encode() in data] == []


# --- the program --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["--help"], ["audit", "--help"], ["check", "--config", "nowhere.yaml"], ["nonsense"]])  # fmt: skip
def test_the_module_is_the_program(arguments: list[str], tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("enlace")
    ended = [
        subprocess.run([*start, *arguments], capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60)
        for start in ([str(program)], [sys.executable, "-m", "bot"])
    ]
    one, other = ((done.returncode, done.stdout, done.stderr) for done in ended)
    assert one == other
    assert ended[0].returncode == (0 if "--help" in arguments else 2)


def test_nothing_to_do_is_wrong_use_and_shows_the_help(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "bot"], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert "directory" in done.stdout + done.stderr
