"""The command line where it needs neither a homeserver nor a database."""

import asyncio
import os
import secrets
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli import main, provision
from bot.cli.provision import Coordinator, HalfPublished, Wanted, make
from bot.ids import DeviceId, UserId
from bot.matrix.session import LoggedIn
from keys.fingerprint import OpenPGPFingerprint

ROOT = Path(__file__).parents[2]


def ends(*arguments: str | Path) -> object:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return ended.value.code


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('a: "x\\0"\nb: y\a\n', ":2: this is not valid YAML: there is a control character (U+0007)."),
        ("? [a, b]\n: c\n", ":1: this is not valid YAML: found unhashable key."),
        ("[" * 3000, ": this is not valid YAML: it is nested too deeply."),
        ("state_directory: ~no-such-user/x\n", ":1: state_directory (~no-such-user/x) cannot be read: this machine"),
        ('vault: {passphrase_file: "a\\0b"}\n', ":1: vault.passphrase_file (ab) cannot be read: no path holds a NUL"),
    ],
)
def test_a_bad_configuration_is_one_sentence_a_problem_and_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    assert ends("check", "--config", path) == 2
    told = capsys.readouterr().err
    assert f"{path}{said}" in told
    assert "inside enlace" not in told


def test_a_witness_that_is_no_text_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "witness"
    path.write_bytes(b"\xff\xfe")
    assert ends("audit", "verify", "--witness", path) == 2
    assert f"“{path}” cannot be read or written: it is not UTF-8 text." in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_init_that_is_stopped_leaves_nothing(short_path: Path, number: signal.Signals) -> None:
    """It is stopped while it waits for the homeserver, which takes the connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        coordinators = [f"--coordinator=@c{n}:example.org; {f'{n}' * 40}; Person {n}" for n in (1, 2)]
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        command = [sys.executable, "-m", "bot", "init", f"--homeserver={url}", "--user=@enlace:localhost"]
        names = ("ENLACE_MATRIX_PASSWORD", "ENLACE_VAULT__PASSPHRASE", "ENLACE_RECOVERY_PASSPHRASE")
        environment = {**os.environ, **{name: secrets.token_urlsafe(24) for name in names}, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(
            [*command, *coordinators],
            cwd=short_path,
            env=environment,
            preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # noqa: PLW1509  (whoever runs the tests may ignore it)
        )
        try:
            connection, _ = silent.accept()
            assert (short_path / "config.yaml").exists()
            process.send_signal(number)
            assert process.wait(60) == 130
            connection.close()
        finally:
            process.kill()
    assert list(short_path.iterdir()) == []


@pytest.mark.parametrize("out", [True, False])
async def test_what_may_be_published_is_kept_when_init_is_stopped(
    short_path: Path, monkeypatch: pytest.MonkeyPatch, out: bool
) -> None:
    publishing = asyncio.Event()

    async def publish(*_: object, **__: object) -> None:
        publishing.set()
        await asyncio.Event().wait()

    async def log_in(_: object) -> LoggedIn:
        return LoggedIn(UserId("@enlace:localhost"), DeviceId("NEW"), "token")

    async def may_be(*_: object) -> bool:
        return out

    monkeypatch.setattr(provision, "provision_identity", publish)
    monkeypatch.setattr(provision, "_log_in", log_in)
    monkeypatch.setattr(provision, "_may_be_published", may_be)
    people = [
        Coordinator(UserId(f"@c{n}:example.org"), OpenPGPFingerprint(f"{n}" * 40), f"Person {n}", None) for n in (1, 2)
    ]
    wanted = Wanted(
        homeserver="http://localhost:9",
        user=UserId("@enlace:localhost"),
        coordinators=tuple(people),
        token="token",
        device="NEW",
        password=None,
        passphrase=secrets.token_urlsafe(24),
        passphrase_file=None,
        recovery_passphrase=secrets.token_urlsafe(24),
        recovery=short_path / "recovery" / "identity",
        state=short_path / "state",
        config=short_path / "config.yaml",
        database="",
    )
    making = asyncio.create_task(make(wanted))
    await asyncio.wait_for(publishing.wait(), 60)
    making.cancel()
    with pytest.raises(HalfPublished if out else asyncio.CancelledError):
        await making
    assert wanted.config.exists() == wanted.recovery.exists() == (wanted.state / "vault").exists() == out
