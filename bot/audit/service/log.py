"""The log of one deployment: append, sign, prove, compare, verify, prune, export."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal
from weakref import WeakKeyDictionary

from bot.audit import tables
from bot.audit.checkpoint import (
    BadCheckpoint,
    Checkpoint,
    NoteSigner,
    NoteVerifier,
    NotSigned,
    WrongLog,
    open_checkpoint,
    sign_checkpoint,
)
from bot.audit.entry import NONCE_SIZE, SALT_SIZE, Actor, Details, Leaf, content_digest, details_hash
from bot.audit.merkle import inclusion, leaf_hash
from bot.audit.service import tree
from bot.audit.service.errors import (
    CheckpointFileWrong,
    LogBehind,
    LogRewritten,
    NothingLogged,
    NotResumable,
)
from bot.audit.service.file import CheckpointFile
from bot.audit.service.logged import CSV_COLUMNS, Logged, csv_line, csv_row, json_line, logged, stored
from bot.audit.verify import (
    PRUNED,
    CheckedReceipt,
    ReceiptEntry,
    Report,
    StoredCheckpoint,
    StoredEntry,
    Verifier,
    check_receipt,
    write_receipt,
)
from bot.db.unit import Database, Unit

EVERY = 1000
"""Entries after which the log wants a new checkpoint."""
BELL = "checkpoint"
"""Rung for the worker that calls :meth:`AuditLog.step`."""
_PAGE = 1000
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Agreement:
    """Somebody's checkpoint and the log's newest agree; sizes in entries."""

    theirs: int
    newest: int


class AuditLog:
    """The log; all methods work within the caller's unit, unless they take the database.

    ``origin`` is the log's name in its checkpoints and the name of its key.  Without ``signer`` nothing is signed.
    ``verifiers`` are public keys to check with besides the signer's own: of the same log where no signer is at
    hand, and of earlier logs that this one follows.  ``extensions`` are lines that every checkpoint says."""

    def __init__(
        self,
        origin: str,
        signer: NoteSigner | None = None,
        *,
        file: CheckpointFile | None = None,
        verifiers: Sequence[NoteVerifier] = (),
        extensions: Sequence[str] = (),
    ) -> None:
        if signer is not None and signer.name != origin:
            raise ValueError(f"the key {signer.name} does not sign for the log {origin}")
        self.origin = origin
        self._signer = signer
        self._verifiers = (*((signer.verifier,) if signer else ()), *verifiers)
        self._file = file
        self._extensions = tuple(extensions)
        self._appended: WeakKeyDictionary[Unit, int] = WeakKeyDictionary()
        """How many entries there are in a unit that has added some: nobody else adds any before it ends."""
        self._newest: tuple[Checkpoint, str] | None = None  # only ever what has been committed

    content_digest = staticmethod(content_digest)

    # --- append -----------------------------------------------------------------------------------------

    async def append(
        self,
        unit: Unit,
        action: str,
        *,
        actor: Actor | None = None,
        ref: str | None = None,
        outcome: str = "ok",
        details: Mapping[str, Any] = _NOTHING,
    ) -> int:
        """Log that ``action`` (dotted, ``exchange.sent``) happened, by whom, about which reference, how it ended.

        ``details`` are JSON values and instants, never content (a :func:`content_digest` at most), and no floats
        (TypeError).  Returns the entry's number, from 0.  On PostgreSQL the first entry of a unit makes other
        units wait until this one ends: change rows first, log last."""
        return await self.append_all(unit, [Details(action, actor, ref, outcome, details)])

    async def append_all(self, unit: Unit, happened: Sequence[Details]) -> int:
        """Log several things that happened, in this order; as :meth:`append`.  Returns the number of the first."""
        first = self._appended.get(unit)
        if first is None:
            await tables.lock(unit)
            first = await tables.size(unit)
        entries = []
        for seq, what in enumerate(happened, first):
            document = what.document(unit.random(NONCE_SIZE))
            leaf = Leaf(seq, unit.now, unit.random(SALT_SIZE), details_hash(document))
            entries.append((leaf, leaf_hash(leaf.data()), what, document))
            if (seq + 1) % EVERY == 0:
                unit.ring(BELL)
        await tables.add(unit, entries)
        self._appended[unit] = first + len(entries)
        return first

    # --- checkpoints ------------------------------------------------------------------------------------

    @property
    def key(self) -> NoteVerifier | None:
        """The log's public key, if known; ``key.vkey()`` is what people are given."""
        return next((verifier for verifier in self._verifiers if verifier.name == self.origin), None)

    def read(self, note: str) -> Checkpoint:
        """A checkpoint of this log, or of one that it follows, that somebody kept; raises what
        :func:`open_checkpoint` raises."""
        return open_checkpoint(note, self._verifiers)

    async def start(self, db: Database) -> None:
        """At start, before anything is sent: raises :class:`LogBehind` or :class:`LogRewritten` if the database is
        not the one whose checkpoints were given out, :class:`CheckpointFileFailed` or
        :class:`CheckpointFileWrong` if the file cannot tell."""
        async with db.reading() as unit:
            await self.check(unit)
            await self._remember(unit)

    async def newest_checkpoint(self, unit: Unit) -> str | None:
        """The newest committed checkpoint, a signed note; from memory, to travel in every delivery."""
        if self._newest is not None:
            return self._newest[1]
        row = await tables.newest_checkpoint(unit, self.origin)
        return None if row is None else str(row.note)

    async def check(self, unit: Unit) -> None:
        """Compare the log with its own newest checkpoint in the database, in memory and in the file.

        Raises :class:`LogBehind`, :class:`LogRewritten`, or what :meth:`start` says about the file."""
        known = [self._newest[0]] if self._newest else []
        known += [checkpoint for checkpoint, _ in await self._from_file()]  # first: it never runs ahead of a commit
        size = await tables.size(unit)
        row = await tables.newest_checkpoint(unit, self.origin)
        signed = 0 if row is None else int(row.size)
        if row is not None:
            try:
                own = open_checkpoint(row.note, self._verifiers, self.origin)
            except (BadCheckpoint, NotSigned, WrongLog) as error:
                raise LogRewritten(entries=size, signed=signed) from error
            if own.size != signed:
                raise LogRewritten(entries=size, signed=signed)
            known.append(own)
        for checkpoint in known:
            await self._agree(unit, checkpoint, size, signed)

    async def sign_checkpoint(self, unit: Unit) -> str | None:
        """Sign the log as it is in this unit, after :meth:`check`; returns the note, or None for an empty log or
        without a signer.  Nothing new is signed when nothing was appended.

        The note may leave only with this unit's own commit: as a row of it, or afterwards."""
        if self._signer is None:
            return None
        await tables.lock(unit)
        await self.check(unit)
        return await self._sign(unit, self._signer)

    async def step(self, db: Database) -> str | None:
        """The worker's step, hourly, at the bell and at stop: sign, commit, then put the note into the file."""
        async with db.unit() as unit:
            await self.sign_checkpoint(unit)
        return await self._publish(db)

    async def compare(self, unit: Unit, note: str) -> Agreement:
        """Compare a checkpoint that somebody kept with the log, in a unit opened after they gave it.

        Raises :class:`LogBehind` or :class:`LogRewritten` if the log contradicts it, and :class:`BadCheckpoint`,
        :class:`NotSigned` or :class:`WrongLog` if it is none of this log's."""
        theirs = open_checkpoint(note, self._verifiers, self.origin)
        row = await tables.newest_checkpoint(unit, self.origin)
        signed = 0 if row is None else int(row.size)
        await self._agree(unit, theirs, await tables.size(unit), signed)
        return Agreement(theirs.size, signed)

    async def resume(
        self,
        db: Database,
        known: str,
        actor: Actor | None = None,
        *,
        details: Mapping[str, Any] = _NOTHING,
        within: Callable[[Unit], Awaitable[None]] | None = None,
    ) -> str:
        """After a lost disk: begin this log, under its new name, over what the restored database still holds.

        The first entry quotes ``known``, the last known checkpoint of the lost log, whose key must be among the
        verifiers, and ``details`` besides; ``within`` does in the same unit what else has to happen then, all or
        nothing.  Raises :class:`NotResumable` if this name has signed before, and what
        :func:`open_checkpoint` raises.  Replaces the checkpoint file; returns the first note."""
        lost = open_checkpoint(known, self._verifiers)
        async with db.unit() as unit:
            await tables.lock(unit)
            if (
                self._signer is None
                or lost.origin == self.origin
                or await tables.newest_checkpoint(unit, self.origin) is not None
            ):
                raise NotResumable(log=self.origin)
            kept = await tables.size(unit)
            await self.append(unit, "log.resumed", actor=actor, details={**details, "checkpoint": known, "kept": kept})
            if within is not None:
                await within(unit)
            await self._sign(unit, self._signer)
        note = await self._publish(db)
        if note is None:
            raise LogBehind(entries=0, signed=kept)
        return note

    # --- reading ----------------------------------------------------------------------------------------

    async def size(self, unit: Unit) -> int:
        """How many entries there are."""
        return await tables.size(unit)

    async def entries(
        self,
        unit: Unit,
        *,
        ref: str | None = None,
        organisation: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        start: int = 0,
        limit: int = _PAGE,
    ) -> list[Logged]:
        """Entries that fit everything asked for, oldest first: about a reference, by an organisation's people, from
        ``since`` up to, not including, ``until``, from number ``start`` on.

        Pruned entries are found by time and number only.  Raises :class:`EntryDamaged`."""
        rows = await tables.search(
            unit, start=start, limit=limit, ref=ref, organisation=organisation, since=since, until=until
        )
        return [logged(row) for row in rows]

    async def export(
        self,
        unit: Unit,
        form: Literal["jsonl", "csv"] = "jsonl",
        *,
        ref: str | None = None,
        organisation: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> AsyncIterator[str]:
        """The entries as lines, without line ends: JSON Lines, or CSV with a heading."""
        if form == "csv":
            yield csv_row(CSV_COLUMNS)
        start = 0
        while batch := await self.entries(
            unit, ref=ref, organisation=organisation, since=since, until=until, start=start
        ):
            for entry in batch:
                yield csv_line(entry) if form == "csv" else json_line(entry)
            start = batch[-1].seq + 1

    async def receipt(self, unit: Unit, ref: str, may_see: Callable[[Logged], bool]) -> bytes:
        """The receipt file for one reference: the entries that ``may_see`` lets through, each with its proof, and a
        checkpoint that covers them, signed in this unit if need be (so not in a reading one).

        Raises :class:`NothingLogged`, :class:`EntryDamaged`, or what :meth:`sign_checkpoint` raises."""
        note = await self.sign_checkpoint(unit) if self._signer else await self.newest_checkpoint(unit)
        key = self.key
        if note is None or key is None:
            raise NothingLogged(ref=ref)
        unit.ring(BELL)  # the file outside should hold what this gives out
        size = open_checkpoint(note, self._verifiers, self.origin).size
        chosen: list[Logged] = []
        start = 0
        while batch := await self.entries(unit, ref=ref, start=start):
            chosen += [entry for entry in batch if entry.seq < size and may_see(entry)]
            start = batch[-1].seq + 1
        if not chosen:
            raise NothingLogged(ref=ref)
        paths = {entry.seq: inclusion(entry.seq, size) for entry in chosen}
        found = await tree.hashes(unit, set(itertools.chain.from_iterable(paths.values())), size)
        return write_receipt(
            key,
            note,
            [
                ReceiptEntry(entry.leaf, entry.document, tuple(found[span] for span in paths[entry.seq]))
                for entry in chosen
            ],
        )

    @staticmethod
    def check_receipt(receipt: bytes, key: NoteVerifier | str) -> CheckedReceipt:
        """Check a receipt offline with the log's public key; raises what :func:`bot.audit.verify.check_receipt` and
        :meth:`NoteVerifier.parse` raise."""
        return check_receipt(receipt, NoteVerifier.parse(key) if isinstance(key, str) else key)

    # --- verify and prune -------------------------------------------------------------------------------

    async def verify(self, unit: Unit, witnesses: Iterable[str] = ()) -> Report:
        """Hash everything again and compare it with every checkpoint: those in the database, the file's, and notes
        that ``witnesses`` kept.

        Tells of the first bad entry and does not raise for it; raises what :func:`open_checkpoint` raises for a
        witness's note, and what :meth:`start` says about the file."""
        known = [(open_checkpoint(note, self._verifiers), note) for note in witnesses]
        known += await self._from_file()  # before the database is read: it never runs ahead of a commit
        checkpoints = [StoredCheckpoint(checkpoint.size, note) for checkpoint, note in known]
        rows = await tables.checkpoints(unit)
        checkpoints += [StoredCheckpoint(row.size, row.note, row.origin, row.root) for row in rows]
        verifier = Verifier(checkpoints, self._verifiers, max((row.size for row in rows), default=0))
        start, page = 0, _PAGE
        while not verifier.found:
            try:
                batch: Sequence[StoredEntry | None] = [stored(row) for row in await tables.page(unit, start, page)]
            except (TypeError, ValueError):  # a value that its column's type cannot read: find out whose
                if page > 1:
                    page = 1
                    continue
                batch = [None]
            if not batch:
                break
            nodes = await tables.nodes_completed(unit, start, start + len(batch))
            await asyncio.to_thread(_feed, verifier, batch, nodes)
            start += len(batch)
        return verifier.report()

    async def prune(self, unit: Unit, before: datetime, actor: Actor | None = None) -> int:
        """Delete the details of the entries up to the first one that is not older than ``before``; how many.

        The leaves stay, so every proof still holds; an entry ``audit.pruned`` says what was done."""
        await tables.lock(unit)
        below = await tables.first_at_or_after(unit, before)
        if below is None:
            below = await tables.size(unit)
        gone = await tables.forget_details(unit, below)
        if gone:
            await self.append(unit, PRUNED, actor=actor, details={"before": before, "below": below, "entries": gone})
        return gone

    # --- pieces -----------------------------------------------------------------------------------------

    async def _agree(self, unit: Unit, known: Checkpoint, size: int, signed: int) -> None:
        if known.size > size:
            raise LogBehind(entries=size, signed=known.size)
        # A checkpoint is committed before anybody can know it: one that is missing was taken away.
        if known.size > signed or await tree.root(unit, known.size) != known.root:
            raise LogRewritten(entries=size, signed=known.size)

    async def _sign(self, unit: Unit, signer: NoteSigner) -> str | None:
        size = await tables.size(unit)
        own = await tables.newest_checkpoint(unit, self.origin)
        if size == 0 or (own is not None and own.size == size):
            return None if own is None else str(own.note)
        newest = await tables.newest_checkpoint(unit)
        root = await tree.grow(unit, 0 if newest is None else newest.size, size)
        note = sign_checkpoint(Checkpoint(self.origin, size, root, self._extensions), signer)
        await tables.add_checkpoint(unit, size, self.origin, root, note)
        return note

    async def _publish(self, db: Database) -> str | None:
        async with db.reading() as unit:
            await self._remember(unit)
        if self._newest is None:
            return None
        note = self._newest[1]
        if self._file is not None:
            await asyncio.to_thread(self._file.write, note)
        return note

    async def _remember(self, unit: Unit) -> None:
        row = await tables.newest_checkpoint(unit, self.origin)
        if row is not None and (self._newest is None or row.size > self._newest[0].size):
            self._newest = open_checkpoint(row.note, self._verifiers, self.origin), row.note

    async def _from_file(self) -> list[tuple[Checkpoint, str]]:
        if self._file is None:
            return []
        note = await asyncio.to_thread(self._file.read)
        if note is None:
            return []
        try:
            return [(open_checkpoint(note, self._verifiers, self.origin), note)]
        except (BadCheckpoint, NotSigned, WrongLog) as error:
            raise CheckpointFileWrong(path=self._file.path, log=self.origin) from error


def _feed(verifier: Verifier, batch: Sequence[StoredEntry | None], nodes: Mapping[int, bytes]) -> None:
    for entry in batch:
        verifier.feed(entry, nodes)
