"""The command line, imported once: every command is a process of its own that is forked from this one.

A process that starts anew spends seconds on its imports, and tests run hundreds of commands.  What a command gets is
what a shell would give it: arguments, environment, folder, open files.  What a process that starts anew proves, tests
prove with one: :mod:`tests.acceptance.test_cli`."""

import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

PATIENCE = 120.0
START = "from tests.harness.zygote import serve; serve()"
LOOK_EVERY = 2.0
"""Seconds between two looks whether the tests still run."""


class Zygote:
    """The parent of all commands; started when the first is run, ended with the tests."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="en-")
        self._address = str(Path(self._folder.name) / "s")

    def run(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        with self._starting:
            if self._process is None:
                self._start()
        asked = json.dumps(
            {"arguments": list(arguments), "environment": dict(environment), "folder": str(folder or Path.cwd())}
        )
        with (
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
            Path(os.devnull).open("rb") as nothing,
            socket.socket(socket.AF_UNIX) as line,
        ):
            line.settimeout(PATIENCE)
            line.connect(self._address)
            socket.send_fds(line, [b"%8d" % len(asked.encode())], [nothing.fileno(), out.fileno(), err.fileno()])
            line.sendall(asked.encode())
            code = int(line.recv(16))
            return subprocess.CompletedProcess(list(arguments), code, _text(out), _text(err))

    def _start(self) -> None:
        with socket.socket(socket.AF_UNIX) as door:
            door.bind(self._address)
            door.listen(64)
            self._process = subprocess.Popen(
                [sys.executable, "-c", START],
                stdin=door.fileno(),
                cwd=Path(__file__).parents[2],
            )

    def close(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        self._folder.cleanup()


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


# --- in the zygote itself -----------------------------------------------------------------------------------------


def serve() -> None:
    """Import everything; then, for every command, fork.  Standard input is the door."""
    parent = os.getppid()
    from bot import cli
    from bot.cli import main
    from bot.i18n.catalogue import catalogue

    for name in ("bot.app", *(module.name for module in pkgutil.iter_modules(cli.__path__, f"{cli.__name__}."))):
        importlib.import_module(name)
    catalogue()
    door = socket.socket(fileno=os.dup(0))
    door.settimeout(LOOK_EVERY)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        try:
            line, _ = door.accept()
        except TimeoutError:
            if os.getppid() != parent:
                return
            continue
        if os.fork() == 0:
            break
        line.close()
    door.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    head, files, _, _ = socket.recv_fds(line, 8, 3)
    asked = json.loads(_all_of(line, int(head)))
    command = os.fork()
    if command:
        _, status = os.waitpid(command, 0)
        line.sendall(str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    line.close()
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    for name, number in (("stdout", 1), ("stderr", 2)):
        setattr(sys, name, open(number, "w", encoding="utf-8", buffering=1 if number == 2 else -1))  # noqa: PTH123, SIM115
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    sys.argv = ["enlace", *asked["arguments"]]
    main()


def _all_of(line: socket.socket, length: int) -> bytes:
    got = b""
    while len(got) < length:
        got += line.recv(length - len(got))
    return got
