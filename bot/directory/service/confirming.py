"""An organisation says that its entry is right, and is asked for that from time to time (directory.md)."""

from datetime import date
from typing import Protocol

from babel.dates import format_date

from bot.audit.service import Actor, AuditLog
from bot.db.unit import Database, Unit
from bot.directory.model import Organisation
from bot.directory.rules.confirming import asked_on, due, unconfirmed
from bot.directory.service.desks import NoSuchOrganisation
from bot.directory.service.register import BELL, MARK_ENTRIES, Register
from bot.directory.service.telling import Telling
from bot.directory.service.wording import one_line
from bot.directory.tables import confirming, entries, standing
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich
from bot.ids import Handle, RoomId
from bot.outbox.model import Audience, Kind, Post, content_of
from bot.outbox.service import Outbox
from bot.ports import TrustView
from bot.tlp import Tlp


class Rhythm(Protocol):
    """The deployment's rule."""

    @property
    def confirm_every_days(self) -> int:
        """So long a confirmation is good."""


async def confirm(unit: Unit, audit: AuditLog, handle: Handle, by: str | None, actor: Actor | None) -> None:
    """The entry is right as of today; ``by``: the name of whoever said so.  Nothing else of the entry is touched.

    Whose word counts, the caller has made sure of.  Raises :class:`NoSuchOrganisation`."""
    day = unit.now.date()
    if not await entries.set_confirmed(unit, handle, day, by):
        raise NoSuchOrganisation(handle=handle)
    await standing.count_up(unit, MARK_ENTRIES)
    details = {"organisation": handle, "day": day.isoformat(), "by": by}
    await audit.append(unit, "directory.confirmed", actor=actor, details=details)
    unit.ring(BELL)


def say_unconfirmed(organisation: Organisation, days: int, today: date, language: str) -> Rich | None:
    """The mark of an entry that nobody has confirmed for so long, or ever."""
    last = organisation.last_confirmed
    if not unconfirmed(organisation, days, today):
        return None
    if last is None:
        return say(language, "confirm-mark-never")
    day = format_date(last, format="medium", locale=language)
    return say(language, "confirm-mark-stale", date=day, days=(today - last).days)


def say_confirmed(organisation: Organisation, language: str) -> Rich:
    """When it was confirmed last, and by whom."""
    if organisation.last_confirmed is None:
        return say(language, "confirm-never")
    day = format_date(organisation.last_confirmed, format="medium", locale=language)
    if organisation.confirmed_by is None:
        return say(language, "confirm-last", day=day)
    return say(language, "confirm-last-by", day=day, by=one_line(organisation.confirmed_by))


class ConfirmReminders:
    """A step that is safe to repeat: what was said is in the database, in the transaction that says it."""

    def __init__(
        self,
        *,
        register: Register,
        telling: Telling,
        outbox: Outbox,
        audit: AuditLog,
        trust: TrustView,
        rhythm: Rhythm,
    ) -> None:
        self._register = register
        self._telling = telling
        self._outbox = outbox
        self._audit = audit
        self._trust = trust
        self._rhythm = rhythm

    async def step(self, database: Database) -> None:
        """Ask every organisation whose entry is due, in its own room.  One without a verified room is asked later."""
        async with database.reading() as unit:
            known, today = await confirming.read(unit), unit.now.date()
        new = []
        on_enlace = {handle.casefold() for record in self._register.rooms() for handle in record.organisations}
        for key in sorted(on_enlace):
            organisation = self._register.organisation(key)
            if organisation is None:
                continue
            asking = known.get(key)
            if asking is None:
                new += [organisation.handle] if self._rooms(organisation) else []
                continue
            day = asked_on(due(organisation, asking.since, self._rhythm.confirm_every_days, today), today)
            if day is not None and (asking.asked is None or day > asking.asked) and self._rooms(organisation):
                async with database.unit() as unit:
                    await self._ask(unit, organisation, day)
        if new:
            async with database.unit() as unit:
                await confirming.begin(unit, new)

    def _rooms(self, organisation: Organisation) -> list[RoomId]:
        """Its verified desk rooms; where there is none, the own rooms of its leads, else of all of its people."""
        people = self._register.people_of(organisation.handle)
        leads = [person.mxid for person in people if person.lead and person.mxid]
        for rooms in (
            self._register.desk_rooms(organisation.handle),
            [self._register.direct_room(user) for user in leads],
            [self._register.direct_room(person.mxid) for person in people if person.mxid],
        ):
            good = [room for room in rooms if room is not None and self._trust.room(room).ok]
            if good:
                return good
        return []

    async def _ask(self, unit: Unit, organisation: Organisation, day: date) -> None:
        now = await entries.read_confirmed(unit, [organisation.handle])
        if now.get(organisation.handle.casefold()) != (organisation.last_confirmed, organisation.confirmed_by):
            return  # confirmed a moment ago
        if not await confirming.mark_asked(unit, organisation.handle, day):
            return
        for room in self._rooms(organisation):
            language = self._telling.language(room)
            last = say_confirmed(organisation, language)
            text = say(language, "confirm-asked", organisation=organisation.handle, last=last)
            post = Post(
                room=room,
                kind=Kind.NOTICE,
                content=content_of(text, "m.notice"),
                audience=Audience.VERIFIED,
                tlp=Tlp.GREEN,
                organisation=organisation.handle,
            )
            await self._outbox.post(unit, post)
        details = {"organisation": organisation.handle, "day": day.isoformat()}
        await self._audit.append(unit, "directory.confirmation-asked", details=details)
