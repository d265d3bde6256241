"""Tables of the log, the triggers that keep them append-only, and their queries."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    Select,
    String,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    event,
    func,
    insert,
    select,
)
from sqlalchemy.schema import ExecutableDDLElement

from bot.audit.entry import Actor, Details, Leaf, storable
from bot.audit.merkle import Node, nodes_of
from bot.db.base import metadata
from bot.db.types import Utc
from bot.db.unit import Unit

Serial = BigInteger().with_variant(Integer, "sqlite")

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=False),
    Column("time", Utc, nullable=False, index=True),
    Column("salt", LargeBinary(32), nullable=False),
    Column("details_hash", LargeBinary(32), nullable=False),
    Column("leaf_hash", LargeBinary(32), nullable=False),
)
"""The leaves of the tree; ``seq`` counts from 0 without a gap."""

audit_details = Table(
    "audit_details",
    metadata,
    Column("seq", Serial, ForeignKey("audit_entries.seq"), primary_key=True, autoincrement=False),
    Column("action", Text, nullable=False),
    Column("organisation", Text, index=True),
    Column("person", Text),
    Column("user_id", Text),
    Column("device", Text),
    Column("ref", Text, index=True),
    Column("outcome", Text, nullable=False),
    Column("document", Text, nullable=False),
)
"""Who did what: ``document`` is what is hashed, the other columns are copies for searching."""

audit_nodes = Table(
    "audit_nodes",
    metadata,
    Column("position", Serial, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary(32), nullable=False),
)
"""Inner nodes of the tree up to the newest checkpoint, at :attr:`bot.audit.merkle.Node.position`."""

audit_checkpoints = Table(
    "audit_checkpoints",
    metadata,
    Column("size", Serial, primary_key=True, autoincrement=False),
    Column("origin", String(255), primary_key=True),
    Column("root", LargeBinary(32), nullable=False),
    Column("time", Utc, nullable=False),
    Column("note", Text, nullable=False),
)
"""Every checkpoint that was ever signed."""

# --- append-only ------------------------------------------------------------------------------------------

_KEPT = {
    audit_entries: ("UPDATE", "DELETE"),
    audit_details: ("UPDATE",),  # pruning deletes them; nothing changes them
    audit_nodes: ("UPDATE", "DELETE"),
    audit_checkpoints: ("UPDATE", "DELETE"),
}
_REFUSE = (
    "CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only'; END$$"
)


def _sqlite(table: Table, refused: Sequence[str]) -> tuple[str, ...]:
    name = table.name
    stop = f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
    keys = " AND ".join(f"{column.name} = NEW.{column.name}" for column in table.primary_key.columns)
    same = f"SELECT 1 FROM {name} WHERE {keys}"
    return (
        *(f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name} {stop}" for verb in refused),
        # INSERT OR REPLACE deletes the old row without any DELETE trigger (sqlite.org/lang_conflict.html).
        f"CREATE TRIGGER {name}_no_replace BEFORE INSERT ON {name} WHEN EXISTS ({same}) {stop}",
    )


def _postgresql(table: Table, refused: Sequence[str]) -> tuple[str, ...]:
    name, run = table.name, "EXECUTE FUNCTION audit_append_only()"
    return (
        _REFUSE,
        f"CREATE TRIGGER {name}_append_only BEFORE {' OR '.join(refused)} ON {name} FOR EACH ROW {run}",
        f"CREATE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON {name} FOR EACH STATEMENT {run}",
    )


APPEND_ONLY: Mapping[str, tuple[str, ...]] = {
    "sqlite": tuple(sql for table, refused in _KEPT.items() for sql in _sqlite(table, refused)),
    "postgresql": tuple(sql for table, refused in _KEPT.items() for sql in _postgresql(table, refused)),
}
"""By dialect: the statements, one by one, that a migration executes after creating the four tables."""


def _guard(table: Table, dialect: str, statements: Iterable[str]) -> None:
    for sql in statements:
        statement: ExecutableDDLElement = DDL(sql)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it so
        event.listen(table, "after_create", statement.execute_if(dialect=dialect))


for _table, _refused in _KEPT.items():
    _guard(_table, "sqlite", _sqlite(_table, _refused))
    _guard(_table, "postgresql", _postgresql(_table, _refused))

# --- writing ----------------------------------------------------------------------------------------------

_LOCK = 0x656E6C616365  # "enlace": the advisory lock of this log in its PostgreSQL database
_SIZE = select(func.coalesce(func.max(audit_entries.c.seq), -1) + 1)
_ADD_ENTRY = insert(audit_entries)
_ADD_DETAILS = insert(audit_details)
_ADD_NODE = insert(audit_nodes)


async def lock(unit: Unit) -> None:
    """From here to the end of the unit nobody else appends.  (A writing unit on SQLite is alone anyway.)"""
    if unit.dialect == "postgresql":
        await unit.execute(select(func.pg_advisory_xact_lock(_LOCK)))


async def size(unit: Unit) -> int:
    """How many entries there are."""
    return int(await unit.scalar(_SIZE))


async def add(unit: Unit, entries: Sequence[tuple[Leaf, bytes, Details, str]]) -> None:
    """Put entries and their details: each a leaf, its hash, what happened, and that as it is hashed."""
    await unit.execute(
        _ADD_ENTRY,
        [
            {
                "seq": leaf.seq,
                "time": leaf.time,
                "salt": leaf.salt,
                "details_hash": leaf.details_sha256,
                "leaf_hash": leaf_hash,
            }
            for leaf, leaf_hash, _, _ in entries
        ],
    )
    await unit.execute(_ADD_DETAILS, [_details(leaf.seq, what, document) for leaf, _, what, document in entries])


def _details(seq: int, what: Details, document: str) -> dict[str, Any]:
    actor = what.actor or Actor()
    return {
        "seq": seq,
        "action": storable(what.action),
        "organisation": _text(actor.organisation),
        "person": _text(actor.person),
        "user_id": _text(actor.user),
        "device": _text(actor.device),
        "ref": _text(what.ref),
        "outcome": storable(what.outcome),
        "document": document,
    }


async def add_nodes(unit: Unit, nodes: Iterable[tuple[Node, bytes]]) -> None:
    """Keep inner nodes that have become complete."""
    rows = [{"position": node.position, "hash": value} for node, value in nodes]
    if rows:
        await unit.execute(_ADD_NODE, rows)


async def add_checkpoint(unit: Unit, size: int, origin: str, root: bytes, note: str) -> None:
    """Keep a checkpoint that is being signed in this unit."""
    await unit.execute(
        insert(audit_checkpoints),
        [{"size": size, "origin": origin, "root": root, "time": unit.now, "note": note}],
    )


async def forget_details(unit: Unit, below: int) -> int:
    """Delete the details of all entries below this number; how many there were."""
    gone = await unit.execute(delete(audit_details).where(audit_details.c.seq < below))
    return int(gone.rowcount)


# --- reading ----------------------------------------------------------------------------------------------


async def first_at_or_after(unit: Unit, time: datetime) -> int | None:
    """The lowest entry that is not older than ``time``."""
    found = await unit.scalar(select(func.min(audit_entries.c.seq)).where(audit_entries.c.time >= time))
    return None if found is None else int(found)


async def newest_checkpoint(unit: Unit, origin: str | None = None) -> Row[Any] | None:
    """The newest signed checkpoint, of one origin or of any."""
    chosen = select(audit_checkpoints).order_by(audit_checkpoints.c.size.desc()).limit(1)
    return await unit.first(chosen if origin is None else chosen.where(audit_checkpoints.c.origin == origin))


async def checkpoints(unit: Unit) -> Sequence[Row[Any]]:
    """All of them, oldest first."""
    return await unit.all(select(audit_checkpoints).order_by(audit_checkpoints.c.size, audit_checkpoints.c.origin))


async def leaf_hashes(unit: Unit, start: int, end: int) -> list[bytes]:
    """The leaf hashes from ``start`` up to, not including, ``end``; shorter where entries are missing."""
    rows = await unit.all(
        select(audit_entries.c.leaf_hash)
        .where(audit_entries.c.seq >= start, audit_entries.c.seq < end)
        .order_by(audit_entries.c.seq)
    )
    return [row.leaf_hash for row in rows]


async def node_hashes(unit: Unit, nodes: Iterable[Node]) -> dict[Node, bytes]:
    """The hashes of these nodes, leaves among them; those that are not kept are left out."""
    wanted = set(nodes)
    leaves = {node.number: node for node in wanted if node.level == 0}
    inner = {node.position: node for node in wanted if node.level > 0}
    found: dict[Node, bytes] = {}
    for some in _chunks(leaves):
        chosen = select(audit_entries.c.seq, audit_entries.c.leaf_hash).where(audit_entries.c.seq.in_(some))
        found |= {leaves[row.seq]: row.leaf_hash for row in await unit.all(chosen)}
    for some in _chunks(inner):
        kept = select(audit_nodes).where(audit_nodes.c.position.in_(some))
        found |= {inner[row.position]: row.hash for row in await unit.all(kept)}
    return found


async def nodes_completed(unit: Unit, start: int, end: int) -> dict[int, bytes]:
    """The kept inner nodes, by position, that a tree growing from ``start`` to ``end`` leaves completes."""
    rows = await unit.all(
        select(audit_nodes).where(audit_nodes.c.position >= nodes_of(start), audit_nodes.c.position < nodes_of(end))
    )
    return {row.position: row.hash for row in rows}


def _with_details() -> Select[Any]:
    return (
        select(
            audit_entries,
            *(column for column in audit_details.c if column.name != "seq"),
        )
        .select_from(audit_entries.outerjoin(audit_details, audit_details.c.seq == audit_entries.c.seq))
        .order_by(audit_entries.c.seq)
    )


_PAGE = _with_details().where(audit_entries.c.seq >= bindparam("after")).limit(bindparam("page"))


async def page(unit: Unit, after: int, limit: int) -> Sequence[Row[Any]]:
    """Entries with their details (None where pruned), from number ``after`` on."""
    return await unit.all(_PAGE.params(after=after, page=limit))


async def search(
    unit: Unit,
    *,
    start: int,
    limit: int,
    ref: str | None,
    organisation: str | None,
    since: datetime | None,
    until: datetime | None,
) -> Sequence[Row[Any]]:
    """Entries that fit everything asked for, in order, from number ``start`` on."""
    wanted = [audit_entries.c.seq >= start]
    if ref is not None:
        wanted.append(audit_details.c.ref == ref)
    if organisation is not None:
        wanted.append(audit_details.c.organisation == organisation)
    if since is not None:
        wanted.append(audit_entries.c.time >= since)
    if until is not None:
        wanted.append(audit_entries.c.time < until)
    return await unit.all(_with_details().where(and_(*wanted)).limit(limit))


def _chunks(numbers: Iterable[int], most: int = 1000) -> list[list[int]]:
    """In pieces, because a statement takes only so many parameters."""
    ordered = sorted(numbers)
    return [ordered[start : start + most] for start in range(0, len(ordered), most)]


def _text(value: str | None) -> str | None:
    return None if value is None else storable(value)
