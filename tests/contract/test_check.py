"""What ``enlace check`` warns of, though everything is right in its form."""

import asyncio
from pathlib import Path

import pytest

from bot.cli import main
from tests.harness.offline import PASSPHRASE, offline

SETTINGS = """\
notify:
  webhooks:
    - {organisation: CERT-MX, url: "https://ntfy.example.mx/enlace"}
"""
LADDERS = """\
deployment:
  critical:
    steps:
      - {after: now, who: [on-duty]}
      - {after: 5m, who: ["organisation:CERT-BR"]}
    exhausted: 60m
"""


async def test_check_says_that_nobody_is_reached_at_an_unknown_organisation(
    tmp_path: Path, short_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ladders = tmp_path / "ladders.yaml"
    ladders.write_text(LADDERS, encoding="utf-8")
    monkeypatch.setenv("ENLACE_VAULT__PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("ENLACE_NOTIFY__WEBHOOK_SECRET", "secret of every POST")
    monkeypatch.setenv("ENLACE_POLICY__LADDERS", str(ladders))
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    await offline(tmp_path, SETTINGS, gnupg=short_path / "bot", ENLACE_NOTIFY__WEBHOOK_SECRET="secret of every POST")
    with pytest.raises(SystemExit):
        await asyncio.to_thread(main, ["check", "--config", str(tmp_path / "config.yaml")])
    warned = [line for line in capsys.readouterr().out.splitlines() if line.startswith("!")]
    assert "! notify.webhooks[1] names CERT-MX, which the directory does not know: nobody is reached there" in warned
    assert "! policy.ladders names CERT-BR, which the directory does not know: nobody is reached there" in warned
