"""Entries as they are shown and exported."""

import csv
import io
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.audit.entry import Actor, Details, Leaf, details_hash, rfc3339
from bot.audit.merkle import leaf_hash
from bot.audit.service.errors import EntryDamaged
from bot.audit.verify import StoredEntry
from bot.i18n.rich import neutral

CSV_COLUMNS = (
    "seq",
    "time",
    "action",
    "outcome",
    "ref",
    "organisation",
    "person",
    "user",
    "device",
    "details",
    "leaf_hash",
)


@dataclass(frozen=True, slots=True)
class Logged:
    """One entry of the log; ``details`` and ``document`` are None once pruned."""

    leaf: Leaf
    leaf_hash: bytes
    details: Details | None
    document: str | None

    @property
    def seq(self) -> int:
        """Its number, from 0."""
        return self.leaf.seq

    @property
    def time(self) -> datetime:
        """When, in UTC."""
        return self.leaf.time


def stored(row: Any) -> StoredEntry:
    """A row of the database, unchecked."""
    leaf = Leaf(row.seq, row.time, row.salt, row.details_hash)
    if row.document is None:
        return StoredEntry(leaf, row.leaf_hash, None)
    shown = Details(row.action, Actor(row.organisation, row.person, row.user_id, row.device), row.ref, row.outcome)
    return StoredEntry(leaf, row.leaf_hash, row.document, shown)


def logged(row: Any) -> Logged:
    """A row of the database, its hashes checked; raises :class:`EntryDamaged`."""
    entry = stored(row)
    try:
        details = None if entry.details is None else Details.parse(entry.details)
        good = leaf_hash(entry.leaf.data()) == entry.leaf_hash and (
            entry.details is None or details_hash(entry.details) == entry.leaf.details_sha256
        )
    except (AttributeError, TypeError, ValueError):
        good = False
    if not good:
        raise EntryDamaged(entry=row.seq)
    return Logged(entry.leaf, entry.leaf_hash, details, entry.details)


def json_line(entry: Logged) -> str:
    """One line of JSON, ASCII, with everything that is needed to hash the entry again."""
    return json.dumps(
        {
            **json.loads(entry.leaf.data()),
            "leaf_hash": entry.leaf_hash.hex(),
            "details": None if entry.document is None else json.loads(entry.document),
        }
    )


def csv_line(entry: Logged) -> str:
    """One row for a spreadsheet; no cell can become a formula (CWE-1236) or hide characters."""
    details = entry.details or Details(action="")
    actor = details.actor or Actor()
    return csv_row(
        (
            str(entry.seq),
            rfc3339(entry.time),
            details.action,
            details.outcome if entry.details else "",
            details.ref or "",
            actor.organisation or "",
            actor.person or "",
            actor.user or "",
            actor.device or "",
            json.dumps(details.more) if entry.details else "",
            entry.leaf_hash.hex(),
        )
    )


def csv_row(cells: tuple[str, ...]) -> str:
    """RFC 4180, without the line's end."""
    sink = io.StringIO()
    csv.writer(sink, lineterminator="").writerow([_cell(cell) for cell in cells])
    return sink.getvalue()


def _cell(text: str) -> str:
    clean = neutral(text).replace("\t", " ").replace("\n", " ")
    return f"'{clean}" if clean.lstrip().startswith(("=", "+", "-", "@")) else clean
