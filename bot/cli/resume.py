"""``enlace audit resume``: the way out of safe mode when the newest database is lost for good.

The log goes on under a new name, and says first which checkpoint of the old one was the last that anybody knew.
Two coordinators sign that it may: from then on nobody can prove what the lost entries were.
"""

import asyncio
import os
import re
from pathlib import Path
from typing import Annotated

import typer

from bot.audit.service import (
    AuditLog,
    Checkpoint,
    CheckpointFile,
    CheckpointFileWrong,
    LogBehind,
    NotSigned,
    WrongLog,
)
from bot.cli.alone import alone
from bot.cli.deployment import CONFIG, ConfigOption, StoreMissing, open_vault, settings
from bot.cli.rewrite import SetElsewhere, set_values
from bot.cli.speak import out
from bot.cli.storage import open_database, open_log
from bot.config import Config
from bot.db.unit import Unit
from bot.directory.service import Register
from bot.errors import NotDone
from keys.fingerprint import OpenPGPFingerprint
from keys.openpgp import OpenPGP
from keys.vault import Vault


class NothingLost(NotDone):
    """The database holds everything that this checkpoint says. Nothing was changed."""

    code = "resume-nothing-lost"


class NotNewest(NotDone):
    """The checkpoint file {path} knows a newer checkpoint, over {newest} entries; this one is over {given}."""

    code = "resume-not-newest"


class NotApproved(NotDone):
    """{count} of {needed} coordinators approved. Each of them clear-signs exactly this line: {line}"""

    code = "resume-not-approved"


class OtherApproval(NotDone):
    """The signed text in {path} is another one than “{line}”. Nothing was changed."""

    code = "resume-other-approval"


def resume(
    after_loss: Annotated[Path, typer.Option("--after-loss", help="The last known checkpoint of the lost log.")],
    approval: Annotated[
        list[Path] | None, typer.Option(help="What a coordinator clear-signed; without it, what to sign is said.")
    ] = None,
    key: Annotated[
        list[Path] | None, typer.Option(help="A coordinator's public key, if the directory is lost too.")
    ] = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Go on after the newest database is lost, with an older copy of it. The bot is stopped.

    What the copy still wanted to send or handle is unknown: it is dropped, never sent again, and said in every
    room. The log gets a new name, which is written into the configuration. May be run again after any failure."""
    note = after_loss.read_text(encoding="utf-8")
    loaded = settings(config)
    with alone(loaded):
        asyncio.run(_Resumption(loaded, config, note).run(approval or [], key or []))


class _Resumption:
    """One resumption."""

    def __init__(self, config: Config, path: Path, note: str) -> None:
        self._config = config
        self._path = path
        self._note = note
        self._vault: Vault = open_vault(config)
        self._log: AuditLog = open_log(config, self._vault)
        self._known: Checkpoint = self._log.read(note)
        self._begun = self._known.origin != config.log_origin
        """The new name stands in the configuration already, from an attempt that was cut off."""
        if self._begun and not config.audit.followed[-1].startswith(f"{self._known.origin}+"):
            raise WrongLog(found=self._known.origin, log=config.log_origin)

    async def run(self, approvals: list[Path], keys: list[Path]) -> None:
        """Check everything, then change the configuration, then the database in one transaction, then the file."""
        if not any(self._config.matrix.store.glob("olm-*.db")):
            raise StoreMissing(path=self._config.matrix.store)
        for name in ("ENLACE_AUDIT__ORIGIN", "ENLACE_AUDIT__FOLLOWED"):
            if name in os.environ:
                raise SetElsewhere(key=name.removeprefix("ENLACE_").lower().replace("__", "."), path=self._path)
        self._newest_of_file()
        async with open_database(self._config) as database, database.reading() as unit:
            committed = await self._lost(unit)
            register = await Register.load(unit)
            size = await self._log.size(unit)
            last = await self._log.entries(unit, start=max(size - 1, 0), limit=1)
        approved = await asyncio.to_thread(self._approved, register, approvals, keys)
        file = CheckpointFile(self._config.audit.checkpoint_file)
        if committed is not None:
            file.write(committed)
            out("keys-cli-resumed", origin=self._config.log_origin, count=0)
            return
        config = self._config if self._begun else self._renamed(file)
        from bot.app import App  # noqa: PLC0415  (the whole bot: the log's other commands do without)

        app = await App.build(config, self._vault)
        dropped = 0

        async def within(unit: Unit) -> None:
            nonlocal dropped
            dropped = await app.after_loss.give_up(unit, last[0].time if last else unit.now)

        try:
            await app.audit.resume(app.db, self._note, details={"approved": approved}, within=within)
        finally:
            await app.close()
        out("keys-cli-resumed", origin=config.log_origin, count=dropped)

    def _newest_of_file(self) -> None:
        """Raises :class:`NotNewest` if the file outside the database knows more than this note."""
        path = self._config.audit.checkpoint_file
        found = CheckpointFile(path).read()
        try:
            there = self._log.read(found) if found else None
        except NotDone:
            return  # whatever stands there, it is no checkpoint of this log
        if there is not None and there.origin == self._known.origin and there.size > self._known.size:
            raise NotNewest(path=path, newest=there.size, given=self._known.size)

    async def _lost(self, unit: Unit) -> str | None:
        """Raises :class:`NothingLost`; gives the new log's checkpoint where only the file is still missing."""
        committed = await self._log.newest_checkpoint(unit)
        try:
            await self._log.check(unit)
            if not self._begun:
                await self._log.compare(unit, self._note)
            elif committed is None:
                return None
        except CheckpointFileWrong:
            return committed if self._begun else None
        except LogBehind:
            if self._begun:
                raise
            return None
        raise NothingLost

    def _approved(self, register: Register, approvals: list[Path], keys: list[Path]) -> list[str]:
        """The coordinators who signed; raises :class:`NotApproved`, :class:`OtherApproval`, a signature error."""
        line = f"resume {self._known.origin} after {self._known.size} {self._known.text().splitlines()[2]}"
        pinned = {OpenPGPFingerprint(c.fingerprint): c.user for c in self._config.policy.coordinators}
        signed: set[str] = set()
        with OpenPGP(self._config.openpgp.home) as keyring:
            people = [person for user in pinned.values() if (person := register.person(user)) is not None]
            on_file = [key.data for person in people for key in person.openpgp if key.data is not None]
            for content in (*on_file, *(path.read_bytes() for path in keys)):
                keyring.import_key(content)
            for path in approvals:
                signature = keyring.verify_clear(path.read_bytes())
                if (signature.text or "").strip() != line:
                    raise OtherApproval(path=path, line=line)
                signed.add(pinned[signature.made_by(frozenset(pinned))])
        if len(signed) < self._config.policy.approvals:
            raise NotApproved(count=len(signed), needed=self._config.policy.approvals, line=line)
        return sorted(signed)

    def _renamed(self, file: CheckpointFile) -> Config:
        """The new name in the configuration; until the database follows, the file keeps the bot in safe mode."""
        key = self._log.key
        if key is None:
            raise NotSigned(log=self._config.log_origin)
        file.write(self._note)
        stem, number = re.fullmatch(r"(.*?)(?:/(\d{1,6}))?", self._known.origin).groups()  # type: ignore[union-attr]
        set_values(
            self._path,
            "audit",
            {"origin": f"{stem}/{int(number or 1) + 1}", "followed": [*self._config.audit.followed, key.vkey()]},
        )
        return settings(self._path)
