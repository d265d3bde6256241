"""An import is followed record by record, through every stage."""

import io
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
from rich.console import Console

from bot.cli.following import STAGES, bars
from bot.directory.model import Entries
from bot.directory.rules.importing import plan_import
from bot.directory.service import shipped
from bot.directory.service.keyring import judge_keys
from bot.formats import recognise
from keys.openpgp import OpenPGP

T = TypeVar("T")
FILE = b"organisations:\n- {handle: A-1}\n- {handle: B 2}\n- {handle: C-3}\n"


def test_every_record_is_counted(tmp_path: Path) -> None:
    seen: list[int] = []

    def follow(items: Collection[T]) -> Iterable[T]:
        handed = 0
        for item in items:
            yield item
            handed += 1
        assert handed == len(items)
        seen.append(handed)

    reading = recognise.read(FILE, "d.yaml", known=shipped(), beside=lambda _: None, follow=follow)
    assert reading is not None
    with OpenPGP(tmp_path) as openpgp:
        reading = judge_keys(reading, openpgp, datetime(2026, 11, 25, tzinfo=UTC), follow)
    plan = plan_import(reading, Entries(shipped()), follow=follow)
    assert seen == [3, 2, 2]  # one was bad
    assert len(plan.added) == 2


@pytest.mark.parametrize("terminal", [True, False])
def test_a_bar_on_a_terminal_and_nothing_elsewhere(terminal: bool) -> None:
    out = io.StringIO()
    with bars(Console(file=out, force_terminal=terminal, width=80)) as shown:
        for stage in STAGES:
            assert list(shown.stage(stage)([1, 2, 3])) == [1, 2, 3]
    assert ("3/3" in out.getvalue()) is terminal
    assert out.getvalue().endswith("\x1b[2K" * terminal)
