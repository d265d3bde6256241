"""A throw-away Synapse on loopback: nothing federates, nothing outlives the process that started it."""

import ctypes
import hashlib
import hmac
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bot.errors import ServiceError

START_WITHIN = 90.0
STOP_WITHIN = 20.0
PR_SET_PDEATHSIG = 1
_NO_LIMIT = {"per_second": 10_000, "burst_count": 100_000}
_LOGGING = {
    "version": 1,
    "formatters": {"line": {"format": "%(asctime)s %(name)s %(levelname)s %(request)s %(message)s"}},
    "root": {"level": "WARNING", "handlers": ["file"]},
    "disable_existing_loggers": False,
}


class SynapseMissing(ServiceError):
    """There is no Synapse in this Python environment. ``make demo`` and ``make test`` install it."""

    code = "synapse-missing"


class SynapseDead(ServiceError):
    """Synapse did not start: {reason}."""

    code = "synapse-dead"


def free_port() -> int:
    """A TCP port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Synapse:
    """One homeserver with its database in ``directory`` (a new temporary one by default).

    Users are registered by shared secret; rate limits are out of the way; the sync cache is off, so that a client
    that starts again at once is not given a stale answer."""

    def __init__(
        self,
        *,
        server_name: str = "enlace.test",
        port: int | None = None,
        directory: Path | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        if find_spec("synapse") is None:
            raise SynapseMissing
        self.server_name = server_name
        self.port = port or free_port()
        self.directory = Path(directory or tempfile.mkdtemp(prefix="enlace-homeserver-"))
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._own_directory = directory is None
        self._settings = dict(settings or {})
        self._secret = secrets.token_hex(32)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Base URL of the client-server API."""
        return f"http://127.0.0.1:{self.port}"

    def user_id(self, name: str) -> str:
        """The Matrix user id of a local name."""
        return f"@{name}:{self.server_name}"

    # --- life -------------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Start and wait until it answers; raises :class:`SynapseDead`."""
        config = self._configure()
        libc = ctypes.CDLL(None)
        with (self.directory / "console.log").open("ab") as console:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "synapse.app.homeserver", "-c", str(config)],
                cwd=self.directory,
                env={**os.environ, "SYNAPSE_CACHE_FACTOR": "0.5"},
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM),  # noqa: PLW1509  (ends with us)
            )
        deadline = time.monotonic() + START_WITHIN
        while time.monotonic() < deadline and self._process.poll() is None:
            if self.answers():
                return self
            time.sleep(0.1)
        tail = (self.directory / "console.log").read_text(errors="replace")[-600:]
        self.stop()
        raise SynapseDead(reason=tail.strip() or "no answer")

    def stop(self) -> None:
        """End it; its data stays."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def restart(self) -> None:
        """Stop, and start again on the same data."""
        self.stop()
        self.start()

    def purge(self) -> None:
        """Remove its data, if the directory is its own."""
        if self._own_directory:
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.purge()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.purge()

    def answers(self) -> bool:
        """Whether it serves clients now."""
        try:
            with urllib.request.urlopen(f"{self.url}/_matrix/client/versions", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    # --- use --------------------------------------------------------------------------------------------

    def register(self, name: str, password: str, *, admin: bool = False) -> str:
        """Make an account; returns its Matrix user id."""
        path = "/_synapse/admin/v1/register"
        nonce = self.request("GET", path)["nonce"]
        role = "admin" if admin else "notadmin"
        text = f"{nonce}\0{name}\0{password}\0{role}".encode()
        body = {
            "nonce": nonce,
            "username": name,
            "password": password,
            "admin": admin,
            "inhibit_login": True,
            "mac": hmac.new(self._secret.encode(), text, hashlib.sha1).hexdigest(),
        }
        return str(self.request("POST", path, body)["user_id"])

    def log_in(self, name: str, password: str) -> dict[str, Any]:
        """A new device: ``access_token``, ``device_id``, ``user_id``."""
        return self.request(
            "POST",
            "/_matrix/client/v3/login",
            {
                "type": "m.login.password",
                "identifier": {"type": "m.id.user", "user": name},
                "password": password,
            },
        )

    def request(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, token: str | None = None
    ) -> dict[str, Any]:
        """One raw call; raises :class:`urllib.error.HTTPError` for an error answer."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            value: dict[str, Any] = json.loads(answer.read() or b"{}")
            return value

    def stores(self, needle: bytes) -> bool:
        """Whether these bytes stand anywhere in what the homeserver keeps (database, media, logs)."""
        files = [path for path in self.directory.rglob("*") if path.is_file()]
        return any(needle in path.read_bytes() for path in files)

    # --- pieces -----------------------------------------------------------------------------------------

    def _configure(self) -> Path:
        path = self.directory / "homeserver.yaml"
        if path.exists():  # a second start, or a directory kept from before: its accounts need its own secret
            kept = json.loads(path.read_text())
            self.server_name = kept["server_name"]
            self.port = kept["listeners"][0]["port"]
            self._secret = kept["registration_shared_secret"]
            return path
        (self.directory / "signing.key").write_text(f"ed25519 key {_seed()}\n")
        handler = {"class": "logging.FileHandler", "filename": str(self.directory / "server.log"), "formatter": "line"}
        logging = self.directory / "logging.yaml"
        logging.write_text(json.dumps({**_LOGGING, "handlers": {"file": handler}}))
        limits = {
            "rc_message": _NO_LIMIT,
            "rc_registration": _NO_LIMIT,
            "rc_login": dict.fromkeys(("address", "account", "failed_attempts"), _NO_LIMIT),
            "rc_joins": dict.fromkeys(("local", "remote"), _NO_LIMIT),
            "rc_joins_per_room": _NO_LIMIT,
            "rc_invites": dict.fromkeys(("per_room", "per_user", "per_issuer"), _NO_LIMIT),
            "rc_room_creation": _NO_LIMIT,
            "rc_key_requests": _NO_LIMIT,
            "rc_media_create": _NO_LIMIT,
            "rc_user_directory": _NO_LIMIT,
            "rc_profile": _NO_LIMIT,
        }
        listener = {
            "port": self.port,
            "bind_addresses": ["127.0.0.1"],
            "type": "http",
            "tls": False,
            "resources": [{"names": ["client"], "compress": False}],
        }
        config = {
            "server_name": self.server_name,
            "public_baseurl": f"{self.url}/",
            "pid_file": str(self.directory / "homeserver.pid"),
            "log_config": str(logging),
            "media_store_path": str(self.directory / "media"),
            "signing_key_path": str(self.directory / "signing.key"),
            "registration_shared_secret": self._secret,
            "macaroon_secret_key": secrets.token_hex(32),
            "form_secret": secrets.token_hex(32),
            "bcrypt_rounds": 4,
            "report_stats": False,
            "enable_registration": False,
            "trusted_key_servers": [],
            "suppress_key_server_warning": True,
            "federation_domain_whitelist": [],
            "url_preview_enabled": False,
            "presence": {"enabled": False},
            "caches": {"sync_response_cache_duration": 0},
            "database": {"name": "sqlite3", "args": {"database": str(self.directory / "homeserver.db")}},
            "listeners": [listener],
            **limits,
            **self._settings,
        }
        path.write_text(json.dumps(config))  # JSON is YAML
        path.chmod(0o600)
        return path


def _seed() -> str:
    return b64encode(secrets.token_bytes(32)).decode().rstrip("=")
