"""The database refuses to change the log; and whoever gets round that is found out, with the first bad entry named."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.audit import tables
from bot.audit.checkpoint import Checkpoint, sign_checkpoint
from bot.audit.entry import Actor, Leaf, details_hash
from bot.audit.merkle import Frontier, Node, leaf_hash
from bot.audit.service import AuditLog, LogRewritten, NoteSigner, Report
from bot.clock import Clock
from bot.db.base import metadata
from bot.db.unit import Database

ORIGIN = "bot.example.org/enlace"
SIGNER = NoteSigner.from_seed(ORIGIN, bytes(range(32)))
LOG = AuditLog(ORIGIN, SIGNER)
TABLES = [tables.audit_entries, tables.audit_details, tables.audit_nodes, tables.audit_checkpoints]


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """25 entries; checkpoints over 10 and 20 of them."""
    database = Database.open(database_url, Clock())
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda c: metadata.create_all(c, tables=TABLES))
    for count in (10, 10, 5):
        async with database.unit() as unit:
            for number in range(count):
                await LOG.append(
                    unit,
                    "exchange.sent",
                    actor=Actor("CERT-MX", "Ana", "@ana:cert.example.mx", "DEV"),
                    ref="MSG-7F3KQ",
                    details={"n": number},
                )
        if count == 10:
            await AuditLog(ORIGIN, SIGNER).step(database)
    yield database
    await database.close()


async def run(db: Database, *statements: str, **values: Any) -> None:
    async with db.unit() as unit:
        for statement in statements:
            await unit.execute(text(statement), values)


async def unguard(db: Database) -> None:
    """What an operator with the database's password can do."""
    async with db.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            names = (await connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))).scalars()
            for name in list(names):
                await connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            await connection.execute(text("DROP FUNCTION audit_append_only CASCADE"))


async def verify(db: Database, *witnesses: str) -> Report:
    async with db.reading() as unit:
        return await LOG.verify(unit, witnesses)


async def test_untouched_it_is_whole(db: Database) -> None:
    assert await verify(db) == Report(entries=25, checkpoints=2, signed=20, ok=True)


# --- refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET time = time",
        "UPDATE audit_entries SET seq = 99 WHERE seq = 24",
        "DELETE FROM audit_entries WHERE seq = 24",
        "UPDATE audit_details SET document = '{}' WHERE seq = 3",
        "UPDATE audit_details SET person = 'Eva'",
        "UPDATE audit_nodes SET hash = hash",
        "DELETE FROM audit_nodes",
        "UPDATE audit_checkpoints SET note = note",
        "DELETE FROM audit_checkpoints WHERE size = 20",
    ],
)
async def test_changes_are_refused(db: Database, statement: str) -> None:
    with pytest.raises(DBAPIError, match="is append-only"):
        await run(db, statement)
    assert (await verify(db)).ok


@pytest.mark.parametrize("table", [table.name for table in TABLES])
async def test_replacing_and_emptying_are_refused(db: Database, table: str) -> None:
    if db.engine.dialect.name == "sqlite":
        statement = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
    else:
        statement = f"TRUNCATE {table} CASCADE"
    with pytest.raises(DBAPIError, match="is append-only"):
        await run(db, statement)
    assert (await verify(db)).ok


async def test_a_second_entry_with_the_same_number_is_refused(db: Database) -> None:
    with pytest.raises(DBAPIError):
        await run(db, "INSERT INTO audit_entries SELECT * FROM audit_entries WHERE seq = 3")


async def test_a_migration_can_make_the_same_triggers(database_url: str) -> None:
    database = Database.open(database_url, Clock())
    try:
        async with database.engine.begin() as connection:
            await connection.run_sync(lambda c: metadata.create_all(c, tables=TABLES))
        await unguard(database)
        async with database.engine.begin() as connection:
            for statement in tables.APPEND_ONLY[connection.dialect.name]:
                await connection.exec_driver_sql(statement)
        async with database.unit() as unit:
            await LOG.append(unit, "x.y")
        with pytest.raises(DBAPIError, match="is append-only"):
            await run(database, "DELETE FROM audit_entries")
    finally:
        await database.close()


# --- found out --------------------------------------------------------------------------------------------


CHANGES = [
    (0, "entry", "UPDATE audit_entries SET time = '2020-01-01 00:00:00+00:00' WHERE seq = 0"),
    (7, "entry", "UPDATE audit_entries SET salt = leaf_hash WHERE seq = 7"),
    (13, "entry", "UPDATE audit_entries SET details_hash = leaf_hash WHERE seq = 13"),
    (24, "entry", "UPDATE audit_entries SET leaf_hash = salt WHERE seq = 24"),
    (0, "details", "UPDATE audit_details SET document = replace(document, 'Ana', 'Eva') WHERE seq IN (0, 9)"),
    (7, "details", "UPDATE audit_details SET document = 'x' WHERE seq = 7"),
    (13, "details", "UPDATE audit_details SET action = 'x.y' WHERE seq = 13"),
    (24, "details", "UPDATE audit_details SET organisation = NULL WHERE seq = 24"),
    (9, "details", "UPDATE audit_details SET person = 'Eva' WHERE seq = 9"),
    (10, "details", "UPDATE audit_details SET user_id = '@eva:x' WHERE seq >= 10"),
    (11, "details", "UPDATE audit_details SET device = 'X' WHERE seq = 11"),
    (19, "details", "UPDATE audit_details SET ref = 'MSG-00000' WHERE seq = 19"),
    (20, "details", "UPDATE audit_details SET outcome = 'refused' WHERE seq = 20"),
    (21, "details-gone", "DELETE FROM audit_details WHERE seq = 21"),
]


@pytest.mark.parametrize(("seq", "problem", "change"), CHANGES, ids=[change for _, _, change in CHANGES])
async def test_every_changed_field_is_found(db: Database, seq: int, problem: str, change: str) -> None:
    await unguard(db)
    await run(db, change)
    report = await verify(db)
    assert (report.ok, report.problem, report.first_bad, report.last_bad) == (False, problem, seq, seq)


@pytest.mark.parametrize("last", [11, 24])
async def test_missing_entries_are_found(db: Database, last: int) -> None:
    await unguard(db)
    await run(
        db,
        f"DELETE FROM audit_details WHERE seq BETWEEN 9 AND {last}",
        f"DELETE FROM audit_entries WHERE seq BETWEEN 9 AND {last}",
    )
    report = await verify(db)
    assert (report.ok, report.problem, report.first_bad) == (False, "missing", 9)


async def test_an_unsigned_tail_can_be_cut_only_until_somebody_holds_a_checkpoint(db: Database) -> None:
    note = await AuditLog(ORIGIN, SIGNER).step(db)
    await unguard(db)
    await run(
        db,
        "DELETE FROM audit_details WHERE seq >= 20",
        "DELETE FROM audit_entries WHERE seq >= 20",
        "DELETE FROM audit_checkpoints WHERE size > 20",
    )
    assert (await verify(db)).ok
    report = await verify(db, note or "")
    assert (report.ok, report.problem, report.first_bad, report.last_bad) == (False, "missing", 20, 24)


async def rewrite(db: Database, seq: int) -> None:
    """A careful forger: new details, with every hash of the entry made anew."""
    await unguard(db)
    async with db.unit() as unit:
        (row,) = await tables.page(unit, seq, 1)
        document = row.document.replace('"ok"', '"no"')
        leaf = Leaf(seq, row.time, row.salt, details_hash(document))
        values = {
            "document": document,
            "details": leaf.details_sha256,
            "leaf": leaf_hash(leaf.data()),
            "seq": seq,
        }
        for statement in (
            "UPDATE audit_details SET document = :document, outcome = 'no' WHERE seq = :seq",
            "UPDATE audit_entries SET details_hash = :details, leaf_hash = :leaf WHERE seq = :seq",
        ):
            await unit.execute(text(statement), values)


def nodes_over(leaves: list[bytes]) -> list[tuple[Node, bytes]]:
    frontier = Frontier()
    return [done for leaf in leaves for done in frontier.append(leaf)]


@pytest.mark.parametrize(("seq", "first", "last"), [(0, 0, 1), (7, 6, 7), (13, 12, 13), (19, 18, 19)])
async def test_a_careful_forger_is_found_too(db: Database, seq: int, first: int, last: int) -> None:
    await rewrite(db, seq)
    report = await verify(db)
    assert (report.ok, report.problem, report.first_bad, report.last_bad) == (False, "rewritten", first, last)


async def test_a_forger_who_also_mends_the_tree_is_found_between_two_checkpoints(db: Database) -> None:
    await rewrite(db, 13)
    async with db.unit() as unit:
        leaves = await tables.leaf_hashes(unit, 0, 20)
        await unit.execute(text("DELETE FROM audit_nodes"))
        await tables.add_nodes(unit, nodes_over(leaves))
    report = await verify(db)
    assert (report.ok, report.problem, report.first_bad, report.last_bad) == (False, "rewritten", 10, 19)
    assert (report.checkpoints, report.signed) == (1, 10)
    with pytest.raises(LogRewritten):
        await AuditLog(ORIGIN, SIGNER).start(db)


async def test_a_forger_with_the_log_key_is_found_by_any_witness(db: Database) -> None:
    """Everything made anew, checkpoints too: only what others hold can tell."""
    async with db.reading() as unit:
        witness = (await tables.checkpoints(unit))[-1].note
    await rewrite(db, 13)
    async with db.unit() as unit:
        leaves = await tables.leaf_hashes(unit, 0, 25)
        await unit.execute(text("DELETE FROM audit_nodes"))
        await unit.execute(text("DELETE FROM audit_checkpoints WHERE size = 20"))
        await tables.add_nodes(unit, nodes_over(leaves[:10]))
    forger = AuditLog(ORIGIN, SIGNER)
    assert await forger.step(db)
    assert (await verify(db)).ok
    report = await verify(db, witness)
    assert (report.ok, report.problem, report.first_bad, report.last_bad) == (False, "rewritten", 10, 19)
    async with db.reading() as unit:
        with pytest.raises(LogRewritten):
            await forger.compare(unit, witness)


async def test_a_changed_tree_is_found_and_nothing_is_signed_on_it(db: Database) -> None:
    await unguard(db)
    await run(db, "UPDATE audit_nodes SET hash = :hash WHERE position = 2", hash=bytes(32))
    report = await verify(db)
    assert (report.ok, report.problem, report.first_bad, report.last_bad) == (False, "tree", 0, 1)
    await run(db, "DELETE FROM audit_nodes")
    assert (await verify(db)).problem == "tree"
    with pytest.raises(LogRewritten):
        await AuditLog(ORIGIN, SIGNER).step(db)
    async with db.unit() as unit:
        with pytest.raises(LogRewritten):
            await LOG.receipt(unit, "MSG-7F3KQ", lambda _: True)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_checkpoints SET root = (SELECT salt FROM audit_entries WHERE seq = 0) WHERE size = 20",
        "UPDATE audit_checkpoints SET size = 19 WHERE size = 20",
        "UPDATE audit_checkpoints SET origin = 'x' WHERE size = 20",
        "UPDATE audit_checkpoints SET note = 'x' WHERE size = 20",
        "UPDATE audit_checkpoints SET note = :forged WHERE size = 20",
    ],
)
async def test_a_changed_checkpoint_is_found(db: Database, change: str) -> None:
    await unguard(db)
    async with db.reading() as unit:
        root = (await tables.checkpoints(unit))[-1].root
    stranger = NoteSigner.from_seed(ORIGIN, bytes(32))
    values = {"forged": sign_checkpoint(Checkpoint(ORIGIN, 20, root), stranger)} if ":forged" in change else {}
    await run(db, change, **values)
    report = await verify(db)
    assert (report.ok, report.problem, report.first_bad) == (False, "checkpoint", 10)


async def test_without_the_public_key_nothing_is_called_whole(db: Database) -> None:
    async with db.reading() as unit:
        report = await AuditLog(ORIGIN).verify(unit)
    assert (report.ok, report.problem) == (False, "checkpoint")


@pytest.mark.parametrize("column", ["time", "salt", "details_hash", "leaf_hash"])
@pytest.mark.parametrize("value", ["rubbish", 7])
async def test_rubbish_in_a_column_is_named_not_stumbled_over(db: Database, column: str, value: object) -> None:
    await unguard(db)
    change = f"UPDATE audit_entries SET {column} = :value WHERE seq = 13"
    if db.engine.dialect.name == "postgresql":  # which keeps its columns' types itself
        with pytest.raises(DBAPIError):
            await run(db, change, value=value)
        return
    await run(db, change, value=value)
    report = await verify(db)
    assert (report.ok, report.problem, report.first_bad) == (False, "entry", 13)


async def test_deleting_details_needs_an_entry_that_says_so(db: Database) -> None:
    await run(db, "DELETE FROM audit_details WHERE seq < 5")
    report = await verify(db)
    assert (report.ok, report.problem, report.first_bad, report.last_bad) == (False, "details-gone", 0, 4)
    async with db.unit() as unit:
        await LOG.append(unit, "audit.pruned", details={"below": 3})
    report = await verify(db)
    assert (report.ok, report.problem, report.first_bad, report.last_bad) == (False, "details-gone", 3, 4)
    async with db.unit() as unit:
        await LOG.append(unit, "audit.pruned", details={"below": 999})
    assert not (await verify(db)).ok, "an entry cannot excuse what comes after it"
    async with db.unit() as unit:
        await LOG.append(unit, "audit.pruned", details={"below": 5})
    assert (await verify(db)).ok
