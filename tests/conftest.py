"""The real parts that tests share: a homeserver, PostgreSQL, GnuPG homes.  Nothing leaves this machine."""

import ipaddress
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from bot.demo.synapse import Synapse
from bot.demo.world import World
from tests.harness.openpgp import GnuPG
from tests.harness.postgres import Postgres
from tests.harness.zygote import Zygote

IN_CI = os.environ.get("CI") == "true"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """In CI a test that skips itself is a failure: what was not run was not shown."""
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report


class OnlyThisMachine(uvloop.Loop):
    """The loop that enlace runs on; it opens connections past Python's sockets, so it asks here, too."""

    async def create_connection(self, protocol_factory: Any, host: Any = None, port: Any = None, **more: Any) -> Any:
        """Refuses what is not loopback."""
        if host is not None:
            _refuse_outside(socket.AF_INET, (host, port))
        return await super().create_connection(protocol_factory, host, port, **more)


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> dict[str, type[uvloop.Loop]]:
    """Every test runs on the loop that enlace runs on."""
    return {"uvloop": OnlyThisMachine}


@pytest.fixture(autouse=True, scope="session")
def only_this_machine() -> Iterator[None]:
    """Every connection to anything but loopback and Unix sockets is refused."""
    real, real_ex = socket.socket.connect, socket.socket.connect_ex

    def connect(self: socket.socket, address: Any) -> None:
        _refuse_outside(self.family, address)
        real(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        _refuse_outside(self.family, address)
        return real_ex(self, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", connect)
    patch.setattr(socket.socket, "connect_ex", connect_ex)
    yield
    patch.undo()


def _refuse_outside(family: int, address: Any) -> None:
    if family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = str(address[0])
    try:
        inside = ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:  # a name, not an address
        inside = host == "localhost"
    if not inside:
        raise AssertionError(f"a test wanted to connect to {host}")


@pytest.fixture(autouse=True, scope="session")
def commands() -> Iterator[None]:
    """The commands of all worlds are forked from one process that has imported everything."""
    zygote, before = Zygote(), World.command
    World.command = staticmethod(zygote.run)
    yield
    World.command = staticmethod(before)
    zygote.close()


@pytest.fixture(scope="session")
def homeserver() -> Iterator[Synapse]:
    """One Synapse for all tests that do not harm it."""
    with Synapse() as synapse:
        yield synapse


@pytest.fixture
def own_homeserver() -> Iterator[Synapse]:
    """A Synapse that the test may stop and restart."""
    with Synapse() as synapse:
        yield synapse


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL server for all tests."""
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    """A fresh database on PostgreSQL."""
    return postgres.fresh()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database, once on SQLite and once on PostgreSQL."""
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres_url")
        return url
    return f"sqlite+aiosqlite:///{tmp_path / 'enlace.db'}"


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A private folder with a short name: gpg-agent's socket has to fit into 108 bytes."""
    with tempfile.TemporaryDirectory(prefix="en-", ignore_cleanup_errors=True) as folder:
        path = Path(folder)
        path.chmod(0o700)
        yield path


@pytest.fixture
def gpg_home(short_path: Path) -> Iterator[GnuPG]:
    """A GnuPG home of its own; its agent ends with the test."""
    home = GnuPG(short_path)
    yield home
    home.close()
