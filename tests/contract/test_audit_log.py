"""The log on a real database: appending, signing, receipts, pruning, export, and standing still when it is behind."""

import asyncio
import csv
import json
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from bot.audit import tables
from bot.audit.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from bot.audit.merkle import tree_hash
from bot.audit.service import (
    BELL,
    EVERY,
    Actor,
    AuditLog,
    BadCheckpoint,
    BadReceipt,
    CheckpointFile,
    CheckpointFileFailed,
    CheckpointFileWrong,
    EntryDamaged,
    LogBehind,
    LogRewritten,
    NoteSigner,
    NothingLogged,
    NotResumable,
    NotSigned,
    ReceiptRefuted,
    WrongLog,
)
from bot.clock import Clock
from bot.db.base import metadata
from bot.db.unit import Database

ORIGIN = "bot.example.org/enlace"
SIGNER = NoteSigner.from_seed(ORIGIN, bytes(range(32)))
ANA = Actor("CERT-MX", "Ana", "@ana:cert.example.mx", "DEV")
AUDIT = [tables.audit_entries, tables.audit_details, tables.audit_nodes, tables.audit_checkpoints]


async def create(db: Database) -> Database:
    async with db.engine.begin() as connection:
        await connection.run_sync(lambda c: metadata.create_all(c, tables=AUDIT))
    return db


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = await create(Database.open(database_url, Clock()))
    yield database
    await database.close()


@pytest.fixture
def file(tmp_path: Path) -> CheckpointFile:
    return CheckpointFile(tmp_path / "checkpoint")


@pytest.fixture
def log(file: CheckpointFile) -> AuditLog:
    return AuditLog(ORIGIN, SIGNER, file=file)


async def fill(db: Database, log: AuditLog, count: int, ref: str | None = None) -> None:
    async with db.unit() as unit:
        for number in range(count):
            await log.append(unit, "exchange.sent", actor=ANA, ref=ref, details={"n": number})


def opened(note: str | None) -> Checkpoint:
    assert note is not None
    return open_checkpoint(note, [SIGNER.verifier], ORIGIN)


# --- appending --------------------------------------------------------------------------------------------


async def test_entries_are_numbered_without_a_gap_and_found_again(db: Database, log: AuditLog) -> None:
    async with db.unit() as unit:
        assert await log.append(unit, "exchange.sent", actor=ANA, ref="MSG-7F3KQ", details={"to": ["CERT-CO"]}) == 0
        assert await log.append(unit, "delivery.held", ref="MSG-7F3KQ", outcome="held") == 1
        at = unit.now
    with pytest.raises(RuntimeError, match="stop"):
        async with db.unit() as unit:
            assert await log.append(unit, "never.was") == 2
            raise RuntimeError("stop")
    async with db.unit() as unit:
        assert await log.append(unit, "duty.read", actor=Actor("CERT-PE", "Luz", "@luz:cert.example.pe", "X")) == 2
    async with db.reading() as unit:
        first, second = await log.entries(unit, ref="MSG-7F3KQ")
        assert first.time == at
        assert first.details is not None
        assert (first.details.actor, first.details.action, first.details.outcome) == (ANA, "exchange.sent", "ok")
        assert first.details.more == {"to": ["CERT-CO"]}
        assert (second.details and second.details.outcome) == "held"
        assert [entry.seq for entry in await log.entries(unit, organisation="CERT-PE")] == [2]
        assert [entry.seq for entry in await log.entries(unit, until=at)] == []
        assert [entry.seq for entry in await log.entries(unit, since=at, limit=2)] == [0, 1]
        assert [entry.seq for entry in await log.entries(unit, since=at, start=1)] == [1, 2]


async def test_hostile_text_is_kept_harmless(db: Database, log: AuditLog) -> None:
    async with db.unit() as unit:
        await log.append(
            unit, "command.send", actor=Actor(person="A\x00\ud800\u202e" + "n" * 5000), details={"\x00": "\udfff"}
        )
    async with db.reading() as unit:
        (entry,) = await log.entries(unit)
        assert entry.details is not None
        assert entry.details.actor is not None
        assert entry.details.actor.person == "A\ufffd\ufffd\u202e" + "n" * 5000
        assert (await log.verify(unit)).ok


async def test_many_units_at_once_leave_no_gap(db: Database, log: AuditLog) -> None:
    async def one(number: int) -> list[int]:
        async with db.unit() as unit:
            return [await log.append(unit, "x.y", details={"n": number}) for _ in range(3)]

    taken = await asyncio.gather(*(one(number) for number in range(12)))
    assert sorted(seq for seqs in taken for seq in seqs) == list(range(36))
    assert all(seqs == list(range(seqs[0], seqs[0] + 3)) for seqs in taken)
    await log.step(db)
    async with db.reading() as unit:
        assert (await log.verify(unit)).ok


async def test_the_thousandth_entry_asks_for_a_checkpoint(db: Database, log: AuditLog) -> None:
    bell = db.listen(BELL)
    await fill(db, log, EVERY - 1)
    assert not bell.is_set()
    await fill(db, log, 1)
    assert bell.is_set()


# --- checkpoints ------------------------------------------------------------------------------------------


async def test_checkpoints_grow_and_travel(db: Database, log: AuditLog, file: CheckpointFile) -> None:
    assert await log.step(db) is None
    roots = []
    for count in (1, 1, 5, 30, 64):
        await fill(db, log, count)
        note = await log.step(db)
        assert file.read() == note
        assert oct(file.path.stat().st_mode)[-3:] == "600"
        async with db.reading() as unit:
            assert await log.newest_checkpoint(unit) == note
            leaves = await tables.leaf_hashes(unit, 0, 10_000)
        assert opened(note) == Checkpoint(ORIGIN, len(leaves), tree_hash(leaves))
        roots.append(note)
    assert await log.step(db) == roots[-1], "nothing new, nothing signed"
    async with db.reading() as unit:
        assert len(await tables.checkpoints(unit)) == 5
        for note in roots:
            agreement = await log.compare(unit, note or "")
            assert (agreement.theirs, agreement.newest) == (opened(note).size, 101)
        report = await log.verify(unit)
        assert (report.ok, report.entries, report.checkpoints, report.signed) == (True, 101, 6, 101)


async def test_what_was_rolled_back_is_never_handed_out(db: Database, log: AuditLog, file: CheckpointFile) -> None:
    await fill(db, log, 3)
    note = await log.step(db)
    with pytest.raises(RuntimeError, match="stop"):
        async with db.unit() as unit:
            await log.append(unit, "never.was", ref="MSG-7F3KQ")
            await log.receipt(unit, "MSG-7F3KQ", lambda _: True)
            raise RuntimeError("stop")
    async with db.reading() as unit:
        assert await log.newest_checkpoint(unit) == note
    assert file.read() == note
    await fill(db, log, 1)
    assert opened(await log.step(db)).size == 4


async def test_remarks_stand_on_every_checkpoint(db: Database) -> None:
    log = AuditLog(ORIGIN, SIGNER, extensions=["approvals 1"])
    await fill(db, log, 1)
    assert opened(await log.step(db)).extensions == ("approvals 1",)


async def test_without_a_key_nothing_is_signed(db: Database) -> None:
    log = AuditLog(ORIGIN)
    await fill(db, log, 1, ref="MSG-7F3KQ")
    assert await log.step(db) is None
    async with db.unit() as unit:
        with pytest.raises(NothingLogged):
            await log.receipt(unit, "MSG-7F3KQ", lambda _: True)
    with pytest.raises(ValueError, match="does not sign"):
        AuditLog("other.example/log", SIGNER)


async def test_strangers_checkpoints_are_told_apart(db: Database, log: AuditLog) -> None:
    await fill(db, log, 2)
    note = await log.step(db)
    other = NoteSigner.from_seed("other.example/log", bytes(32))
    forged = sign_checkpoint(Checkpoint(ORIGIN, 1, bytes(32)), NoteSigner.from_seed(ORIGIN, bytes(32)))
    foreign = sign_checkpoint(Checkpoint("other.example/log", 1, bytes(32)), other)
    both = AuditLog(ORIGIN, SIGNER, verifiers=[other.verifier])
    async with db.reading() as unit:
        for wrong, error in ((forged, NotSigned), ("hello", BadCheckpoint), (f"{note}x", BadCheckpoint)):
            with pytest.raises(error):
                await log.compare(unit, wrong)
        with pytest.raises(WrongLog):
            await both.compare(unit, foreign)
        contradiction = sign_checkpoint(Checkpoint(ORIGIN, 1, bytes(32)), SIGNER)
        with pytest.raises(LogRewritten):
            await log.compare(unit, contradiction)
        with pytest.raises(LogBehind) as behind:
            await log.compare(unit, sign_checkpoint(Checkpoint(ORIGIN, 3, bytes(32)), SIGNER))
        assert behind.value.values == {"entries": 2, "signed": 3}


# --- behind its own checkpoint ----------------------------------------------------------------------------


async def copy(source: Database, target: Database) -> None:
    """What a backup holds and a restore puts back."""
    async with source.reading() as old, target.unit() as new:
        for table in AUDIT:
            rows = [dict(row._mapping) for row in await old.all(select(table))]
            if rows:
                await new.execute(insert(table), rows)


async def test_a_restored_backup_stops_the_log(
    db: Database, log: AuditLog, file: CheckpointFile, tmp_path: Path
) -> None:
    await fill(db, log, 5)
    await log.step(db)
    backup = await create(Database.open(f"sqlite+aiosqlite:///{tmp_path / 'backup.db'}", Clock()))
    try:
        await copy(db, backup)
        await fill(db, log, 5)
        last = await log.step(db)
        assert last
        restored = AuditLog(ORIGIN, SIGNER, file=file)
        with pytest.raises(LogBehind) as behind:
            await restored.start(backup)
        assert (type(behind.value), behind.value.values) == (LogBehind, {"entries": 5, "signed": 10})

        # The same after it has grown past the lost checkpoint: it is another log now.
        await fill(backup, restored, 7)
        with pytest.raises(LogRewritten):
            await restored.start(backup)
        with pytest.raises(LogRewritten):
            await restored.step(backup)
        assert file.read() == last
        async with backup.unit() as unit:
            with pytest.raises(LogRewritten):
                await restored.sign_checkpoint(unit)
        async with backup.reading() as unit:
            assert len(await tables.checkpoints(unit)) == 1
            report = await restored.verify(unit)
        assert (report.ok, report.problem, report.first_bad, report.last_bad) == (False, "rewritten", 5, 9)

        # Memory alone is enough to notice that the database was swapped under the running service.
        alone = AuditLog(ORIGIN, SIGNER)
        await alone.start(db)
        with pytest.raises(LogBehind):
            await alone.step(backup)

        # The way out: a new name, whose first entry quotes what was lost.
        with pytest.raises(NotResumable):
            await restored.resume(backup, last)
        new = NoteSigner.from_seed("bot.example.org/enlace-2", bytes(32))
        heir = AuditLog(new.name, new, file=file)
        with pytest.raises(CheckpointFileWrong):
            await heir.start(backup)
        with pytest.raises(NotSigned):
            await heir.resume(backup, last)
        heir = AuditLog(new.name, new, file=file, verifiers=[SIGNER.verifier])
        assert await heir.resume(backup, last, ANA) == file.read()
        with pytest.raises(NotResumable):
            await heir.resume(backup, last)
        await heir.start(backup)
        await fill(backup, heir, 3)
        assert await heir.step(backup)
        async with backup.reading() as unit:
            (resumed,) = await heir.entries(unit, start=12, limit=1)
            assert resumed.details
            assert resumed.details.more == {"checkpoint": last, "kept": 12}
            assert (await heir.verify(unit)).ok
            assert not (await heir.verify(unit, [last])).ok
    finally:
        await backup.close()


async def test_a_good_database_starts(db: Database, log: AuditLog, file: CheckpointFile) -> None:
    await log.start(db)
    await fill(db, log, 5)
    await log.step(db)
    await fill(db, log, 2)
    assert await AuditLog(ORIGIN, SIGNER).step(db) != file.read(), "as if killed between commit and file"
    await AuditLog(ORIGIN, SIGNER, file=file).start(db)
    file.path.unlink()
    again = AuditLog(ORIGIN, SIGNER, file=file)
    await again.start(db)
    assert await again.step(db) == file.read()


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xfe", b"x" * 3_000_000])
async def test_a_damaged_checkpoint_file_stops_the_log(
    db: Database, log: AuditLog, file: CheckpointFile, content: bytes
) -> None:
    await fill(db, log, 1)
    file.path.write_bytes(content)
    with pytest.raises((CheckpointFileWrong, CheckpointFileFailed)):
        await log.start(db)
    with pytest.raises((CheckpointFileWrong, CheckpointFileFailed)):
        await log.step(db)


async def test_a_file_that_cannot_be_written_is_said(db: Database, tmp_path: Path) -> None:
    log = AuditLog(ORIGIN, SIGNER, file=CheckpointFile(tmp_path / "nowhere" / "checkpoint"))
    await fill(db, log, 1)
    with pytest.raises(CheckpointFileFailed, match="nowhere"):
        await log.step(db)


def test_the_file_is_replaced_as_a_whole(file: CheckpointFile) -> None:
    file.write("one")
    os.link(file.path, file.path.with_name("old"))
    file.path.with_name("checkpoint.new").write_text("left behind by a crash")
    file.write("two")
    assert (file.read(), file.path.with_name("old").read_text()) == ("two", "one")
    assert sorted(path.name for path in file.path.parent.iterdir()) == ["checkpoint", "old"]


# --- receipts ---------------------------------------------------------------------------------------------


async def test_a_receipt_proves_what_its_reader_may_see(db: Database, log: AuditLog) -> None:
    await fill(db, log, 3, ref="MSG-7F3KQ")
    await fill(db, log, 40)
    await log.step(db)
    async with db.unit() as unit:
        await log.append(unit, "exchange.replied", ref="MSG-7F3KQ", details={"digest": log.content_digest(b"s", b"hi")})
        receipt = await log.receipt(unit, "MSG-7F3KQ", lambda entry: entry.seq != 1)
        with pytest.raises(NothingLogged):
            await log.receipt(unit, "MSG-7F3KQ", lambda _: False)
        with pytest.raises(NothingLogged):
            await log.receipt(unit, "MSG-00000", lambda _: True)
    checked = AuditLog.check_receipt(receipt, SIGNER.verifier.vkey())
    assert checked.checkpoint.size == 44
    assert [leaf.seq for leaf, _ in checked.entries] == [0, 2, 43]
    last = checked.entries[-1][1]
    assert last is not None
    assert last.more == {"digest": log.content_digest(b"s", b"hi")}
    assert b"CERT-MX" in receipt
    receipt.decode("ascii")
    async with db.reading() as unit:
        await log.compare(unit, json.loads(receipt)["checkpoint"])


async def test_a_changed_receipt_is_refused(db: Database, log: AuditLog) -> None:
    await fill(db, log, 5, ref="MSG-7F3KQ")
    async with db.unit() as unit:
        receipt = await log.receipt(unit, "MSG-7F3KQ", lambda _: True)
    key = SIGNER.verifier
    assert len(log.check_receipt(receipt, key).entries) == 5

    def changed(what: str, old: str, new: str) -> bytes:
        parsed = json.loads(receipt)
        assert old in parsed["entries"][2][what]
        parsed["entries"][2][what] = parsed["entries"][2][what].replace(old, new)
        return json.dumps(parsed).encode()

    for what, old, new in (
        ("leaf", '"seq":2', '"seq":3'),
        ("leaf", '"time":"2', '"time":"1'),
        ("details", "Ana", "Eva"),
    ):
        with pytest.raises(ReceiptRefuted):
            log.check_receipt(changed(what, old, new), key)
    for what, old, new in (("leaf", '"seq":2', '"seq": 2'), ("leaf", '"seq":2', '"seq":2,"seq":2')):
        with pytest.raises(BadReceipt):
            log.check_receipt(changed(what, old, new), key)
    parsed = json.loads(receipt)
    parsed["entries"][2]["path"].pop()
    with pytest.raises(ReceiptRefuted) as refuted:
        log.check_receipt(json.dumps(parsed).encode(), key)
    assert refuted.value.values == {"entry": 2}
    parsed = json.loads(receipt)
    parsed["checkpoint"] = parsed["checkpoint"].replace("\n5\n", "\n6\n")
    with pytest.raises(NotSigned):
        log.check_receipt(json.dumps(parsed).encode(), key)
    with pytest.raises(NotSigned):
        log.check_receipt(receipt, NoteSigner.from_seed(ORIGIN, bytes(32)).verifier)
    other = NoteSigner.from_seed("other.example/log", bytes(range(32))).verifier
    with pytest.raises(NotSigned):
        log.check_receipt(receipt, other)


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"format":"enlace-receipt/1"}',
        b"\xff",
        b'{"format": []}',
        b'{"format":"enlace-receipt/1","checkpoint":"x","entries":[]}',
        b'{"format":"enlace-receipt/1","checkpoint":"x","entries":[7]}',
        b'{"format":"enlace-receipt/1","checkpoint":"x","entries":[{"leaf":7,"details":null,"path":[]}]}',
        b'{"format":"enlace-receipt/1","checkpoint":"x","entries":[{"leaf":"{}","details":7,"path":"x"}]}',
    ],
)
def test_what_is_no_receipt(junk: bytes) -> None:
    with pytest.raises(BadReceipt):
        AuditLog.check_receipt(junk, SIGNER.verifier)


async def test_a_damaged_entry_is_not_handed_out(db: Database, log: AuditLog) -> None:
    await fill(db, log, 2, ref="MSG-7F3KQ")
    await drop_triggers(db)
    async with db.unit() as unit:
        await unit.execute(text("UPDATE audit_details SET document = replace(document, 'Ana', 'Eva') WHERE seq = 1"))
    async with db.unit() as unit:
        with pytest.raises(EntryDamaged) as damaged:
            await log.receipt(unit, "MSG-7F3KQ", lambda _: True)
    assert damaged.value.values == {"entry": 1}


# --- pruning and export -----------------------------------------------------------------------------------


async def test_pruned_details_are_gone_and_everything_still_proves(db: Database, log: AuditLog) -> None:
    await fill(db, log, 4, ref="MSG-7F3KQ")
    note = await log.step(db)
    db.clock.push(timedelta(days=400))
    await fill(db, log, 3, ref="MSG-7F3KQ")
    async with db.unit() as unit:
        assert await log.prune(unit, datetime(2020, 1, 1, tzinfo=UTC)) == 0
        assert await log.prune(unit, unit.now - timedelta(days=365), ANA) == 4
        assert await log.prune(unit, unit.now - timedelta(days=365)) == 0
    await log.step(db)
    async with db.unit() as unit:
        pruned = (await log.entries(unit))[-1]
        assert pruned.details
        assert (pruned.details.action, pruned.details.actor) == ("audit.pruned", ANA)
        assert (pruned.details.more["below"], pruned.details.more["entries"]) == (4, 4)
        assert [entry.details for entry in await log.entries(unit, limit=4)] == [None] * 4
        assert [entry.seq for entry in await log.entries(unit, ref="MSG-7F3KQ")] == [4, 5, 6]
        assert (await log.verify(unit, [note or ""])).ok
        receipt = log.check_receipt(await log.receipt(unit, "MSG-7F3KQ", lambda _: True), SIGNER.verifier)
        assert [leaf.seq for leaf, _ in receipt.entries] == [4, 5, 6]
        lines = [json.loads(line) async for line in log.export(unit)]
        assert [line["details"] is None for line in lines] == [True] * 4 + [False] * 4


async def test_export_for_machines_and_for_spreadsheets(db: Database, log: AuditLog) -> None:
    await fill(db, log, 1001)
    async with db.unit() as unit:
        await log.append(unit, "x.y", actor=Actor("CERT-PE", '=HYPERLINK("x")\u202e', "@e:x", "-1"), ref="MSG-7F3KQ")
    async with db.reading() as unit:
        lines = [json.loads(line) async for line in log.export(unit)]
        assert [line["seq"] for line in lines] == list(range(1002))
        assert lines[7]["details"]["actor"]["person"] == "Ana"
        sheet = [line async for line in log.export(unit, "csv", organisation="CERT-PE")]
    heading, row = csv.reader(sheet)
    cells = dict(zip(heading, row, strict=True))
    assert (cells["seq"], cells["action"], cells["ref"]) == ("1001", "x.y", "MSG-7F3KQ")
    assert (cells["person"], cells["user"], cells["device"]) == ('\'=HYPERLINK("x")', "'@e:x", "'-1")


async def drop_triggers(db: Database) -> None:
    async with db.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            names = (await connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))).scalars()
            for name in list(names):
                await connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            await connection.execute(text("DROP FUNCTION audit_append_only CASCADE"))
