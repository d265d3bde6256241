"""OpenPGP keys watched: who owns one that runs out, was revoked or cannot be encrypted to is told, and coordinators.

A revoked key takes the pins with it that were made under it (trust.md 4)."""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.audit.service import AuditLog
from bot.db.unit import Database
from bot.directory.rules.keywatching import Finding, Stage, judge
from bot.directory.rules.reminders import days_left
from bot.directory.service.changes import Directory, NoIdentity
from bot.directory.service.register import Register
from bot.directory.service.telling import Telling
from bot.directory.service.wording import one_line
from bot.directory.tables import keywatch
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich, code
from bot.ids import Handle, RoomId, UserId
from keys.fingerprint import OpenPGPFingerprint
from keys.openpgp import OpenPGP, OpenPGPError
from keys.policy import KeyInfo
from keys.trust import Withdrawal

MOST_AT_ONCE = 10
"""Keys in one notice; the others come in the next."""


@dataclass(frozen=True, slots=True)
class Held:
    """A key of the directory, and whose it is."""

    fingerprint: OpenPGPFingerprint
    data: bytes
    organisation: Handle
    owner: str
    """The handle, or the person's name."""
    user: UserId | None = None
    """Whose direct room hears of it too."""


class KeyWatch:
    """A step that is safe to repeat: what was said is in the database, in the transaction that says it."""

    def __init__(
        self, *, register: Register, directory: Directory, telling: Telling, audit: AuditLog, openpgp: OpenPGP
    ) -> None:
        self._register = register
        self._directory = directory
        self._telling = telling
        self._audit = audit
        self._openpgp = openpgp
        self._read: dict[str, KeyInfo | None] | None = None

    async def step(self, database: Database) -> int:
        """Look at every key, withdraw what a revoked one stood for, and say what is new; returns how many notices."""
        async with database.reading() as unit:
            await self._register.reload(unit)
            now = unit.now
            before = (
                self._read if self._read is not None else dict[str, KeyInfo | None](await keywatch.read_readings(unit))
            )
        read, found = await asyncio.to_thread(self._look, list(self._held()), before, now)
        await self._keep(database, before, read)
        self._read = read
        for held, finding in found:
            if finding.stage is Stage.REVOKED:
                await self._withdraw(database, held.fingerprint)
        async with database.reading() as unit:
            said = await keywatch.read_warnings(unit)
        news: defaultdict[RoomId, list[tuple[Held, Finding]]] = defaultdict(list)
        for held, finding in found:
            for room in self._rooms(held):
                if (held.fingerprint, room, finding.mark) not in said:
                    news[room].append((held, finding))
        count = 0
        for room, some in news.items():
            for start in range(0, len(some), MOST_AT_ONCE):
                await self._warn(database, room, some[start : start + MOST_AT_ONCE], now)
                count += 1
        return count

    def _held(self) -> Iterable[Held]:
        for organisation in self._register.organisations():
            handle = organisation.handle
            for key in organisation.openpgp:
                if key.data is not None:
                    yield Held(OpenPGPFingerprint(key.fingerprint), key.data, handle, str(handle))
            for person in self._register.people_of(handle):
                for key in person.openpgp:
                    if key.data is not None:
                        yield Held(OpenPGPFingerprint(key.fingerprint), key.data, handle, person.name, person.mxid)

    def _look(
        self, some: list[Held], before: Mapping[str, KeyInfo | None], now: datetime
    ) -> tuple[dict[str, KeyInfo | None], list[tuple[Held, Finding]]]:
        """Synchronous: this gpg reads each key that it has not read before; also before a start."""
        kept: dict[str, KeyInfo | None] = {}
        out: list[tuple[Held, Finding]] = []
        for held in some:
            about = f"{self._openpgp.version} {held.fingerprint} ".encode() + held.data
            digest = hashlib.sha256(about).hexdigest()
            kept[digest] = info = before[digest] if digest in before else self._info(held)
            finding = judge(info, now) if info is not None else None
            if finding is not None:
                out.append((held, finding))
        return kept, out

    @staticmethod
    async def _keep(
        database: Database, before: Mapping[str, KeyInfo | None], read: Mapping[str, KeyInfo | None]
    ) -> None:
        """A key that could not be read is tried again after the next start."""
        new = {digest: info for digest, info in read.items() if info is not None and digest not in before}
        gone = before.keys() - read.keys()
        if new or gone:
            async with database.unit() as unit:
                await keywatch.keep_readings(unit, new, gone)

    def _info(self, held: Held) -> KeyInfo | None:
        try:
            infos = self._openpgp.read_keys(held.data)
        except OpenPGPError:
            return None  # the import says what is wrong with a file
        return next((info for info in infos if info.fingerprint == held.fingerprint), None)

    async def _withdraw(self, database: Database, fingerprint: OpenPGPFingerprint) -> None:
        for pin in self._register.pins():
            if pin.openpgp_fingerprint != fingerprint or pin.revoked_at is not None:
                continue
            user = UserId(pin.user_id)
            try:
                async with database.unit() as unit:
                    await self._directory.revoke_identity(unit, user, actor=None, reason=Withdrawal.KEY_REVOKED)
                    rooms = self._telling.concerned(user)
                    await self._telling.tell(unit, rooms, "keywatch-withdrawn", user=user, key=fingerprint.grouped())
            except NoIdentity:
                continue  # withdrawn a moment ago

    def _rooms(self, held: Held) -> list[RoomId]:
        direct = [self._register.direct_room(user) for user in sorted(self._register.coordinators())]
        own = self._register.direct_room(held.user) if held.user else None
        rooms = [*self._register.desk_rooms(held.organisation), own, *direct]
        return list(dict.fromkeys(room for room in rooms if room is not None))

    async def _warn(self, database: Database, room: RoomId, some: list[tuple[Held, Finding]], now: datetime) -> None:
        language = self._telling.language(room)
        lines = [say(language, "keywatch-head"), *(_line(language, held, finding, now) for held, finding in some)]
        async with database.unit() as unit:
            await keywatch.put_warnings(unit, room, ((held.fingerprint, finding.mark) for held, finding in some))
            await self._telling.notice(unit, room, Rich.lines([*lines, say(language, "keywatch-how")]))
            about = [f"{held.fingerprint} {finding.mark}" for held, finding in some]
            await self._audit.append(unit, "key.warned", details={"room": room, "keys": about})


def _line(language: str, held: Held, finding: Finding, now: datetime) -> Rich:
    kind = "soon" if finding.stage in {Stage.SOON, Stage.NEAR} else finding.stage.name.lower().replace("_", "-")
    return say(
        language,
        f"keywatch-{kind}",
        owner=one_line(held.owner if held.owner == held.organisation else f"{held.owner} ({held.organisation})"),
        key=code(held.fingerprint.grouped()),
        until=f"{finding.until:%Y-%m-%d}" if finding.until else "–",
        days=days_left(finding.until, now) if finding.until else 0,
    )
