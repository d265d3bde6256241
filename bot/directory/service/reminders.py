"""Expiry is gentle: whoever's statement runs out is told 14, 3 and 0 days ahead, and when the grace is over."""

from bot.audit.service import AuditLog
from bot.db.unit import Database, Unit
from bot.directory.rules.reminders import Stage, days_left, stage
from bot.directory.service.register import Register
from bot.directory.service.telling import Telling
from bot.directory.tables import renewal, standing
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich
from bot.ids import RoomId, UserId
from keys.trust import GRACE, Pin


class Reminders:
    """A step that is safe to repeat: what was said is in the database, in the transaction that says it."""

    def __init__(self, register: Register, telling: Telling, audit: AuditLog) -> None:
        self._register = register
        self._telling = telling
        self._audit = audit

    async def step(self, database: Database) -> int:
        """Say what is to be said now; returns how many were told.  Whoever has no room yet is told later."""
        async with database.reading() as unit:
            said = await renewal.read_reminders(unit)
            now = unit.now
        told = 0
        for pin in self._register.pins():
            user, reached = UserId(pin.user_id), stage(pin.expires, now)
            if pin.revoked_at is not None or reached is None or (user, pin.expires, reached.value) in said:
                continue
            room = self._telling.home(user)
            if room is not None and self._register.person(user) is not None:
                async with database.unit() as unit:
                    told += await self._remind(unit, user, pin, room, reached)
        return told

    async def _remind(self, unit: Unit, user: UserId, pin: Pin, room: RoomId, reached: Stage) -> bool:
        """Whether it is true still and was not said before."""
        if await standing.read_pin(unit, user) != pin:
            return False  # renewed or withdrawn a moment ago
        if not await renewal.put_reminder(unit, user, pin.expires, reached.value):
            return False
        await self._telling.notice(unit, room, self._text(pin, room, reached, unit))
        details = {"user": user, "stage": reached.value, "expires": pin.expires.isoformat()}
        await self._audit.append(unit, "identity.reminded", details=details)
        return True

    def _text(self, pin: Pin, room: RoomId, reached: Stage, unit: Unit) -> Rich:
        language, person = self._telling.language(room), self._register.person(UserId(pin.user_id))
        key = "soon" if reached in {Stage.SOON, Stage.NEAR} else "over" if reached is Stage.OVER else "ended"
        text = say(
            language,
            f"reminder-{key}",
            name=person.name if person else pin.user_id,
            until=f"{pin.expires:%Y-%m-%d}",
            end=f"{pin.expires + GRACE:%Y-%m-%d}",
            days=days_left(pin.expires, unit.now),
        )
        return Rich.lines([text, say(language, "reminder-vouched") if pin.level == "vouched" else Rich()])
