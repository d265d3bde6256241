"""The page docs/log-format.md is enough: a second verifier written from it agrees, and its example is a true one."""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.audit import tables
from bot.audit.entry import Leaf, content_digest
from bot.audit.merkle import leaf_hash
from bot.audit.service import Actor, AuditLog, NoteSigner, ReceiptRefuted
from bot.clock import Clock
from bot.db.base import metadata
from bot.db.unit import Database

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "log-format.md").read_text(encoding="utf-8")
SIGNER = NoteSigner.from_seed("bot.example.org/enlace", bytes(range(32)))
KEY = SIGNER.verifier.vkey()
LOG = AuditLog(SIGNER.name, SIGNER)
Second = Callable[..., bool]


@pytest.fixture
def second(tmp_path: Path) -> Second:
    """Whether the second verifier, a process of its own, calls these files good."""

    def run(kind: str, *contents: str) -> bool:
        files = [tmp_path / f"file{number}" for number in range(len(contents))]
        for file, content in zip(files, contents, strict=True):
            file.write_text(content, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-I", ROOT / "tests" / "vectors" / "second_verifier.py", KEY, kind, *files],
            check=False,
            capture_output=True,
            text=True,
        )
        assert (done.returncode == 0) == (done.stdout == "good\n")
        return done.returncode == 0

    return run


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    """37 entries with hostile names, the first nine of them pruned."""
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'enlace.db'}", Clock())
    made = [tables.audit_entries, tables.audit_details, tables.audit_nodes, tables.audit_checkpoints]
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda c: metadata.create_all(c, tables=made))
    for count in (9, 27):
        async with database.unit() as unit:
            for number in range(count):
                actor = Actor("CERT-MX", f'Ñu\u202e\x00\ud800 "{number}\\\n\x1f\U0001f600', "@ana:cert.example.mx")
                more = {"n": number, "\ufb33": 1, "\U0001f600": True, "\x7f": [None, -1]}
                ref = f"MSG-0000{number % 3}"
                await LOG.append(unit, "exchange.sent", actor=actor, ref=ref, details=more)
        database.clock.push(timedelta(days=10))
    async with database.unit() as unit:
        assert await LOG.prune(unit, unit.now - timedelta(days=15)) == 9
    yield database
    await database.close()


async def test_a_receipt(db: Database, second: Second) -> None:
    async with db.unit() as unit:
        receipt = (await LOG.receipt(unit, "MSG-00001", lambda _: True)).decode()
    assert second("receipt", receipt)
    parsed = json.loads(receipt)
    assert len(parsed["entries"]) == 9
    for spoil in (
        receipt.replace("CERT-MX", "CERT-PE", 1),
        receipt.replace('\\"seq\\":10', '\\"seq\\":11'),
        receipt.replace("\\n37\\n", "\\n36\\n"),
        json.dumps(parsed | {"entries": [parsed["entries"][0] | {"path": parsed["entries"][1]["path"]}]}),
    ):
        assert spoil != receipt
        assert not second("receipt", spoil)


async def test_an_export(db: Database, second: Second) -> None:
    note = await AuditLog(SIGNER.name, SIGNER).step(db)
    assert note
    async with db.reading() as unit:
        lines = [line async for line in LOG.export(unit)]
    whole = "\n".join(lines)
    assert second("export", whole, note)
    assert json.loads(lines[8])["details"] is None
    assert not second("export", "\n".join(lines[:-1]), note)
    assert not second("export", whole.replace("exchange.sent", "exchange.held", 1), note)
    assert not second("export", whole, note.replace("37", "36"))


def test_the_example_of_the_page(second: Second) -> None:
    (receipt,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    document, leaf, digest = re.findall(r"^    ([{].*[}]|[0-9a-f]{64})$", PAGE, re.MULTILINE)
    assert f"    {KEY}\n" in PAGE
    assert second("receipt", receipt)
    checked = AuditLog.check_receipt(receipt.encode(), KEY)
    first = json.loads(receipt)["entries"][0]
    assert (first["leaf"], first["details"]) == (leaf, document)
    assert leaf_hash(Leaf.parse(leaf.encode()).data()).hex() == digest
    assert hashlib.sha256(document.encode()).hexdigest() == json.loads(leaf)["details_sha256"]
    assert checked.entries[0][1] is not None
    assert checked.entries[0][1].more["digest"] == content_digest(bytes(range(32)), b"hello")
    with pytest.raises(ReceiptRefuted):
        AuditLog.check_receipt(receipt.replace("Ana", "Eva").encode(), KEY)
