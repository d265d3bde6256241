"""Run gpg through python-gnupg, with every status line kept and a limit on time.

python-gnupg's own result classes keep the last verdict of several and drop lines that they do not know; here each
line is recorded, and judged by :mod:`keys.openpgp.status` and :mod:`keys.openpgp.home`.
"""

import contextlib
import io
import os
import shutil
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import gnupg

from keys.openpgp.errors import GnuPGMissing

TIME_LIMIT = 60.0
"""Seconds after which a gpg process is killed."""
MOST_OUTPUT = 64 * 1024 * 1024

# No configuration of the operator's, no network, no web of trust (the binding to people is enlace's own), no
# human-readable messages between the status lines, no bombs.
_OPTIONS = (
    "--no-options",
    "--yes",
    "--trust-model=always",
    "--no-auto-check-trustdb",
    "--disable-dirmngr",
    "--no-auto-key-retrieve",
    f"--logger-file={os.devnull}",
    f"--max-output={MOST_OUTPUT}",
)


class Report(gnupg.StatusHandler):  # type: ignore[misc]  # python-gnupg has no types
    """What one run of gpg said: every status line, its output and its return code."""

    def __init__(self, gpg: "Gpg") -> None:
        super().__init__(gpg)
        self.lines: list[tuple[str, str]] = []
        self.data: bytes = b""
        self.stderr = ""
        self.returncode: int | None = None

    def handle_status(self, key: str, value: str) -> None:
        """Record one line; called by python-gnupg."""
        self.lines.append((key, value))

    @property
    def words(self) -> frozenset[str]:
        """The keywords that occurred."""
        return frozenset(word for word, _ in self.lines)

    def rest(self, word: str) -> list[list[str]]:
        """The fields of every line with this keyword."""
        return [rest.split() for found, rest in self.lines if found == word]


class Gpg(gnupg.GPG):  # type: ignore[misc]  # python-gnupg has no types
    """python-gnupg with :class:`Report` as the result of everything but key listings."""

    result_map: ClassVar[dict[str, Any]] = {
        **gnupg.GPG.result_map,
        **dict.fromkeys(("crypt", "generate", "import", "sign", "verify", "export"), Report),
    }

    def make_trust_database(self) -> None:
        """Without the file, gpg dies on reading an expired key in a dry run, which must not create it."""
        self._handle_io(["--trust-model=pgp", "--check-trustdb"], io.BytesIO(), Report(self), binary=True)

    def _collect_output(self, process: Any, result: Any, writer: Any = None, stdin: Any = None) -> Any:
        timer = threading.Timer(TIME_LIMIT, process.kill)
        timer.daemon = True
        timer.start()
        try:
            return super()._collect_output(process, result, writer, stdin)
        finally:
            timer.cancel()


def _environment(home: Path) -> dict[str, str]:
    """What gpg and its helpers get to see: our own environment may hold passphrases."""
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "LANG": "C", "LC_ALL": "C"}


def start(home: Path, binary: str, options: Sequence[str]) -> Gpg:
    """gpg with this home, and nothing of the surrounding environment but the path; raises :class:`GnuPGMissing`."""
    if shutil.which(binary) is None:
        raise GnuPGMissing(binary=binary)
    try:
        gpg = Gpg(gpgbinary=binary, gnupghome=str(home), options=[*_OPTIONS, *options], env=_environment(home))
    except (OSError, ValueError):
        raise GnuPGMissing(binary=binary) from None
    if gpg.version is None or gpg.version < (2, 2):
        raise GnuPGMissing(binary=binary)
    if not (home / "trustdb.gpg").exists():
        gpg.make_trust_database()
    return gpg


def stop_agent(home: Path) -> None:
    """End the agent that gpg started for this home, and nobody else's."""
    gpgconf = shutil.which("gpgconf")
    if gpgconf is not None:
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(  # noqa: S603  (a fixed program, our own folder)
                [gpgconf, "--homedir", str(home), "--kill", "all"],
                env=_environment(home),
                check=False,
                capture_output=True,
                timeout=10,
            )
