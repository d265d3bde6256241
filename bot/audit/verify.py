"""Checking the log and its receipts; no database, no network, nothing trusted but the log's public key.

docs/log-format.md describes the same steps for somebody who does not have this program.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.audit.checkpoint import (
    BadCheckpoint,
    Checkpoint,
    NoteVerifier,
    NotSigned,
    WrongLog,
    open_checkpoint,
    to_base64,
    unbase64,
)
from bot.audit.entry import Actor, Details, Leaf, details_hash
from bot.audit.merkle import Frontier, included, leaf_hash
from bot.errors import NotDone

RECEIPT_FORMAT = "enlace-receipt/1"
MAX_RECEIPT = 50_000_000
PRUNED = "audit.pruned"


class BadReceipt(NotDone):
    """This is not a receipt of an enlace log."""

    code = "audit-bad-receipt"


class ReceiptRefuted(NotDone):
    """Entry {entry} of this receipt is not in the log that the checkpoint was signed for."""

    code = "audit-receipt-refuted"


# --- the whole log ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """One entry as the database tells it; ``details`` is None once pruned, and then ``shown`` is too."""

    leaf: Leaf
    leaf_hash: bytes
    details: str | None
    shown: Details | None = None
    """The columns beside the details (their ``more`` left out); they are for searching and must agree."""


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """One signed checkpoint as the database, a file or a witness tells it."""

    size: int
    note: str
    origin: str | None = None
    root: bytes | None = None
    """The columns beside the note, where it comes from a database; they must agree with it."""


@dataclass(frozen=True, slots=True)
class Report:
    """What checking found.  ``problem`` is the tail of the text key ``audit-problem-…``; the entries from
    ``first_bad`` to ``last_bad`` are the ones that cannot be believed (one entry, where both are the same).
    Entries below ``signed`` agree with a signed checkpoint; newer ones only with themselves."""

    entries: int
    checkpoints: int
    signed: int
    ok: bool
    first_bad: int | None = None
    last_bad: int | None = None
    problem: str | None = None


class Verifier:
    """Re-hashes a log from its first entry and compares it with everything that was ever signed.

    Feed every entry in order, with the kept inner nodes, until :attr:`found` is set; then ask for the report."""

    def __init__(
        self, checkpoints: Iterable[StoredCheckpoint], verifiers: Sequence[NoteVerifier], node_size: int = 0
    ) -> None:
        self._waiting = sorted(checkpoints, key=lambda checkpoint: checkpoint.size, reverse=True)
        self._verifiers = verifiers
        self._node_size = node_size
        self._tree = Frontier()
        self._agreed = 0
        self._checked = 0
        self._suspect: tuple[int, int] | None = None
        self._gone = 0
        self._pruned_to = 0
        self.found: tuple[str, int, int] | None = None
        self._compare_due()

    def feed(self, entry: StoredEntry | None, nodes: Mapping[int, bytes]) -> None:
        """The next entry (None: it cannot even be read), and the kept nodes by position, at least those that it
        completes."""
        if self.found:
            return
        seq = self._tree.size
        try:
            problem = "entry" if entry is None else self._entry_problem(entry, seq)
        except (AttributeError, TypeError, ValueError):  # SQLite puts anything into any column
            problem = "entry"
        if problem or entry is None:
            self.found = (problem or "entry", seq, seq)
            return
        for node, value in self._tree.append(entry.leaf_hash):
            if seq < self._node_size and nodes.get(node.position) != value and self._suspect is None:
                self._suspect = (node.span.start, node.span.end - 1)
        self._compare_due()

    def report(self) -> Report:
        """The verdict, once everything was fed."""
        size = self._tree.size
        if not self.found and self._waiting:
            self.found = ("missing", size, self._waiting[0].size - 1)
        if not self.found and self._suspect:
            self.found = ("tree", *self._suspect)
        if not self.found and self._gone > self._pruned_to:
            self.found = ("details-gone", self._pruned_to, self._gone - 1)
        if self.found:
            problem, first, last = self.found
            return Report(size, self._checked, self._agreed, ok=False, first_bad=first, last_bad=last, problem=problem)
        return Report(size, self._checked, self._agreed, ok=True)

    def _entry_problem(self, entry: StoredEntry, seq: int) -> str | None:
        if entry.leaf.seq != seq:
            return "missing"
        if leaf_hash(entry.leaf.data()) != entry.leaf_hash:
            return "entry"
        if entry.details is None:
            # Pruning takes everything below a line, and says so in an entry: a lone gap is no pruning.
            if self._gone != seq:
                return "details-gone"
            self._gone = seq + 1
            return None
        return self._details_problem(entry, entry.details, seq)

    def _details_problem(self, entry: StoredEntry, document: str, seq: int) -> str | None:
        if details_hash(document) != entry.leaf.details_sha256:
            return "details"
        try:
            details = Details.parse(document)
        except ValueError:
            return "details"
        if entry.shown is not None and _shown(details) != _shown(entry.shown):
            return "details"
        if details.action == PRUNED:
            below = details.more.get("below")
            if isinstance(below, int) and below <= seq:
                self._pruned_to = max(self._pruned_to, below)
        return None

    def _compare_due(self) -> None:
        while self._waiting and self._waiting[-1].size <= self._tree.size and not self.found:
            problem = self._checkpoint_problem(self._waiting.pop())
            size = self._tree.size
            if problem == "rewritten" and self._suspect:
                self.found = (problem, *self._suspect)
            elif problem:
                self.found = (problem, self._agreed, max(size - 1, self._agreed))
            elif self._suspect and self._suspect[1] < size:
                self.found = ("tree", *self._suspect)  # the entries are as signed; only a kept node is not
            else:
                self._agreed = size
                self._checked += 1

    def _checkpoint_problem(self, stored: StoredCheckpoint) -> str | None:
        try:
            checkpoint = open_checkpoint(stored.note, self._verifiers, stored.origin)
        except (BadCheckpoint, NotSigned, WrongLog, AttributeError, TypeError):
            return "checkpoint"
        if checkpoint.size != stored.size or stored.root not in (None, checkpoint.root):
            return "checkpoint"
        return None if checkpoint.root == self._tree.root() else "rewritten"


def _shown(details: Details) -> tuple[str, Actor, str | None, str]:
    return details.action, details.actor or Actor(), details.ref, details.outcome


# --- receipts ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReceiptEntry:
    """One entry and the proof that the log holds it; ``details`` is None where they were pruned."""

    leaf: Leaf
    details: str | None
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class CheckedReceipt:
    """What a receipt proves: these entries stand in the log of this checkpoint.  It proves no completeness."""

    checkpoint: Checkpoint
    entries: tuple[tuple[Leaf, Details | None], ...]


def write_receipt(verifier: NoteVerifier, note: str, entries: Iterable[ReceiptEntry]) -> bytes:
    """The receipt file: ASCII JSON (docs/log-format.md, Receipts)."""
    return json.dumps(
        {
            "format": RECEIPT_FORMAT,
            "key": verifier.vkey(),
            "checkpoint": note,
            "entries": [
                {
                    "leaf": entry.leaf.data().decode(),
                    "details": entry.details,
                    "path": [to_base64(value) for value in entry.path],
                }
                for entry in entries
            ],
        },
        indent=1,
    ).encode()


def check_receipt(receipt: bytes, verifier: NoteVerifier) -> CheckedReceipt:
    """Check a receipt offline with the log's public key, got from elsewhere (the ``key`` in the file is only a
    hint).

    Raises :class:`BadReceipt` for what is no receipt, :class:`ReceiptRefuted` for an entry that the proof or the
    hash of its details contradicts, and what :func:`open_checkpoint` raises."""
    try:
        note, raw_entries = _read_receipt(receipt)
        entries = [_read_entry(raw) for raw in raw_entries]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadReceipt from error
    checkpoint = open_checkpoint(note, [verifier], verifier.name)
    checked = []
    for entry in entries:
        leaf = entry.leaf
        if not included(leaf_hash(leaf.data()), leaf.seq, checkpoint.size, entry.path, checkpoint.root):
            raise ReceiptRefuted(entry=leaf.seq)
        details = None
        if entry.details is not None:
            if details_hash(entry.details) != leaf.details_sha256:
                raise ReceiptRefuted(entry=leaf.seq)
            try:
                details = Details.parse(entry.details)
            except ValueError as error:
                raise BadReceipt from error
        checked.append((leaf, details))
    return CheckedReceipt(checkpoint, tuple(checked))


def _read_receipt(receipt: bytes) -> tuple[str, list[Any]]:
    if len(receipt) > MAX_RECEIPT:
        raise ValueError("too large")
    parsed = json.loads(receipt.decode())
    if parsed["format"] != RECEIPT_FORMAT or not isinstance(parsed["checkpoint"], str):
        raise ValueError("another format")
    if not isinstance(parsed["entries"], list) or not parsed["entries"]:
        raise ValueError("no entries")
    return parsed["checkpoint"], parsed["entries"]


def _read_entry(raw: Any) -> ReceiptEntry:
    details, path = raw["details"], raw["path"]
    if not (details is None or isinstance(details, str)) or not isinstance(path, list):
        raise ValueError("an entry of another form")
    if not isinstance(raw["leaf"], str) or not all(isinstance(value, str) for value in path):
        raise ValueError("an entry of another form")
    if details is not None:
        details.encode()  # a lone surrogate raises UnicodeEncodeError, which is a ValueError
    return ReceiptEntry(Leaf.parse(raw["leaf"].encode()), details, tuple(unbase64(value) for value in path))
