"""The chain of revisions leads to exactly the tables that the code uses, on both databases."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, Integer, Table, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from bot.audit.tables import APPEND_ONLY
from bot.clock import Clock
from bot.db.types import Utc
from bot.db.unit import Database
from bot.i18n.catalogue import catalogue
from bot.migrations import DatabaseAhead, DatabaseBehind, current, head, new, require_current, revisions
from bot.migrations.upgrading import config_for, upgrade
from bot.schema import metadata

ENTRY = text(
    "INSERT INTO audit_entries (seq, time, salt, details_hash, leaf_hash) VALUES (0, '2026-11-22 06:00:00', '', '', '')"
)
CHECKPOINT = text(
    "INSERT INTO audit_checkpoints (size, origin, root, time, note) "
    "VALUES (1, 'example.org/enlace', '', '2026-11-22 06:00:00', 'note')"
)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database.open(database_url, Clock())
    yield database
    await database.close()


def shape(connection: Connection) -> dict[str, Any]:
    """Everything about every table that the database itself can tell, names of constraints included."""
    look = inspect(connection)
    out: dict[str, Any] = {}
    for table in look.get_table_names():
        if table != "alembic_version":
            out[table] = {
                "columns": [
                    {"name": c["name"], "type": str(c["type"]), "null": c["nullable"], "default": c["default"]}
                    for c in look.get_columns(table)
                ],
                "key": look.get_pk_constraint(table),
                "foreign": sorted(look.get_foreign_keys(table), key=repr),
                "unique": sorted(look.get_unique_constraints(table), key=repr),
                "checks": sorted(look.get_check_constraints(table), key=repr),
                "indexes": sorted(look.get_indexes(table), key=repr),
            }
    return out


TRIGGERS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal "
    "UNION SELECT proname, prosrc FROM pg_proc WHERE proname = 'audit_append_only'",
}


def triggers(connection: Connection) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute(text(TRIGGERS[connection.dialect.name]))}


async def both(db: Database, look: Any) -> tuple[Any, Any]:
    """What ``look`` finds after the whole chain, and after making the tables from the code at once."""
    await upgrade(db)
    async with db.engine.begin() as connection:
        by_chain = await connection.run_sync(look)
        await connection.run_sync(metadata.drop_all)
    async with db.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        by_code = await connection.run_sync(look)
    return by_chain, by_code


async def test_the_chain_leads_to_the_tables_of_the_code(db: Database) -> None:
    """If this fails: ``python -m bot.migrations.new "what changed"``, then read what it wrote."""
    await upgrade(db)
    async with db.engine.connect() as connection:
        differences = await connection.run_sync(
            lambda c: compare_metadata(MigrationContext.configure(c, opts={"compare_type": True}), metadata)
        )
    assert differences == []


async def test_the_database_itself_sees_no_difference(db: Database) -> None:
    by_chain, by_code = await both(db, shape)
    assert set(by_chain) == set(metadata.tables)
    assert by_chain == by_code


async def test_the_logs_triggers_are_those_of_the_code(db: Database) -> None:
    by_chain, by_code = await both(db, triggers)
    named = {name for sql in APPEND_ONLY[db.engine.dialect.name] for name in re.findall(r"TRIGGER (\w+)", sql)}
    assert named <= set(by_chain)
    assert by_chain == by_code


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE audit_entries SET salt = 'x'",
        "DELETE FROM audit_entries",
        "UPDATE audit_checkpoints SET note = 'x'",
        "DELETE FROM audit_checkpoints",
        {
            "sqlite": "INSERT OR REPLACE INTO audit_entries SELECT * FROM audit_entries",
            "postgresql": "TRUNCATE audit_checkpoints",
        },
    ],
    ids=str,
)
async def test_the_logs_triggers_refuse(db: Database, attack: str | dict[str, str]) -> None:
    await upgrade(db)
    async with db.engine.begin() as connection:
        await connection.execute(ENTRY)
        await connection.execute(CHECKPOINT)
    said = attack if isinstance(attack, str) else attack[db.engine.dialect.name]
    with pytest.raises(DBAPIError, match="append-only"):
        async with db.engine.begin() as connection:
            await connection.execute(text(said))
    async with db.engine.connect() as connection:
        assert (await connection.execute(text("SELECT salt FROM audit_entries"))).scalar() in {"", b""}
        assert (await connection.execute(text("SELECT note FROM audit_checkpoints"))).scalar() == "note"


async def test_upgrading_twice_is_harmless(db: Database) -> None:
    assert await upgrade(db) == head()
    async with db.engine.begin() as connection:
        await connection.execute(ENTRY)
        before = await connection.run_sync(shape)
    assert await upgrade(db) == head()
    await require_current(db)
    async with db.engine.connect() as connection:
        assert await connection.run_sync(shape) == before
        assert (await connection.execute(text("SELECT count(*) FROM audit_entries"))).scalar() == 1


async def test_a_failed_upgrade_leaves_nothing_behind(db: Database) -> None:
    """All of it is one transaction: here the last table of the first revision is in the way."""
    async with db.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE openpgp_keys (x INTEGER)"))
    with pytest.raises(DBAPIError, match="openpgp_keys"):
        await upgrade(db)
    async with db.engine.connect() as connection:
        assert await connection.run_sync(lambda c: inspect(c).get_table_names()) == ["openpgp_keys"]
    assert await current(db) is None


async def test_a_database_that_was_never_upgraded_is_refused(db: Database) -> None:
    with pytest.raises(DatabaseBehind) as caught:
        await require_current(db)
    assert caught.value.values == {"found": "–", "needed": head()}
    assert "enlace db upgrade" in catalogue().error("en", caught.value).plain


async def test_a_database_of_a_newer_enlace_is_refused(db: Database) -> None:
    await upgrade(db)
    async with db.engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for refused in (require_current(db), upgrade(db)):
        with pytest.raises(DatabaseAhead) as caught:
            await refused
        assert "9999" in catalogue().error("en", caught.value).plain
    assert await current(db) == "9999"


def test_the_chain_is_one_line_in_the_order_of_its_names() -> None:
    script = ScriptDirectory.from_config(config_for())
    assert len(script.get_heads()) == 1
    chain = [revision.revision for revision in reversed(list(script.walk_revisions()))]
    assert chain == [f"{number:04}" for number in range(1, len(chain) + 1)]
    assert chain == revisions()


async def test_there_is_nothing_to_write_while_the_chain_is_current() -> None:
    assert await asyncio.to_thread(new.operations, founding=False) == ""


async def test_a_new_table_becomes_the_next_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written in the types of the database, not in ours."""
    monkeypatch.setattr(new, "VERSIONS", tmp_path)
    planted = Table("planted", metadata, Column("id", Integer, primary_key=True), Column("at", Utc, nullable=False))
    try:
        path = await asyncio.to_thread(new.write, "A planted table")
    finally:
        metadata.remove(planted)
    assert path is not None
    assert path.name == f"{int(head()) + 1:04}_a_planted_table.py"
    made: dict[str, Any] = {}
    exec(compile(path.read_text(encoding="utf-8"), path.name, "exec"), made)
    assert made["down_revision"] == head()
    engine = create_engine(f"sqlite:///{tmp_path / 'planted.db'}")
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        made["upgrade"]()
        assert [str(c["type"]) for c in inspect(connection).get_columns("planted")] == ["INTEGER", "DATETIME"]
    engine.dispose()
