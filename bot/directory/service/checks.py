"""The communication checks of networks: recorded by people, and coordinators reminded of the next.

What a check is, is the network's own business: enlace keeps when one was last recorded, and by whom."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from babel.dates import format_date
from babel.units import format_unit

from bot.audit.service import Actor, AuditLog
from bot.db.unit import Database, Unit
from bot.directory.model import Network
from bot.directory.rules.checks import Check, Rhythm, news
from bot.directory.service.register import Register
from bot.directory.service.telling import Telling
from bot.directory.service.wording import one_line
from bot.directory.tables import checks
from bot.errors import NotDone
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich
from bot.ids import RoomId
from bot.outbox.model import Audience, Kind, Post, content_of
from bot.outbox.service import Outbox
from bot.tlp import Tlp

_UNITS = {"Y": "year", "M": "month", "W": "week", "D": "day"}


class NoSuchNetwork(NotDone):
    """There is no network “{network}”. Nothing was recorded."""

    code = "network-unknown"


class CheckToCome(NotDone):
    """{day} is still to come. Nothing was recorded."""

    code = "network-check-to-come"


async def record(unit: Unit, audit: AuditLog, network: Network, day: date, by: str, actor: Actor | None) -> None:
    """A check of this network was made on this day; raises :class:`CheckToCome`.  An older one than the last is kept
    in the log only."""
    if day > unit.now.date():
        raise CheckToCome(day=day.isoformat())
    known = (await checks.read_checks(unit)).get(network.id) or Check(network.id, unit.now.date())
    if known.last is None or day >= known.last:
        await checks.put_check(unit, replace(known, last=day, by=by, said=""))
    details = {"network": network.id, "day": day.isoformat(), "by": by}
    await audit.append(unit, "network.checked", actor=actor, details=details)


async def known(unit: Unit) -> Mapping[str, Check]:
    """What is known, by network."""
    return await checks.read_checks(unit)


def rhythm_of(network: Network) -> Rhythm | None:
    """How often it is checked, if it says so."""
    return Rhythm.parse(network.check_every) if network.check_every else None


def say_check(network: Network, check: Check | None, today: date, language: str) -> Rich | None:
    """How often, the last one, and when the next is due; None for a network that says nothing of checks."""
    rhythm = rhythm_of(network)
    if rhythm is None:
        return None
    check = check or Check(network.id, today)
    due = check.due(rhythm)
    return say(
        language,
        "network-check-overdue" if due < today else "network-check",
        every=format_unit(rhythm.number, f"duration-{_UNITS[rhythm.unit]}", locale=language),
        last=_day(check.last, language) if check.last else say(language, "network-check-never"),
        due=_day(due, language),
    )


class CheckReminders:
    """A step that is safe to repeat: what was said is in the database, in the transaction that says it."""

    def __init__(self, register: Register, telling: Telling, outbox: Outbox, audit: AuditLog) -> None:
        self._register = register
        self._telling = telling
        self._outbox = outbox
        self._audit = audit

    async def step(self, database: Database) -> None:
        """Remind the coordinators of checks that are due.  Without any who has a room they are told later."""
        async with database.reading() as unit:
            said, today = await checks.read_checks(unit), unit.now.date()
        rooms = [room for c in sorted(self._register.coordinators()) if (room := self._register.direct_room(c))]
        for network in self._register.networks().values():
            rhythm = rhythm_of(network)
            if rhythm is None or not self._register.search.in_network(network.id):
                continue
            check = said.get(network.id)
            if check is None:
                async with database.unit() as unit:
                    await checks.put_check(unit, Check(network.id, today))
                continue
            due = check.due(rhythm)
            told = news(due, today)
            if told is not None and told != check.said and rooms:
                async with database.unit() as unit:
                    await self._remind(unit, network, check, told, due, rooms)

    async def _remind(
        self, unit: Unit, network: Network, check: Check, told: str, due: date, rooms: list[RoomId]
    ) -> None:
        if (await checks.read_checks(unit)).get(network.id) != check:
            return  # recorded a moment ago
        await checks.mark_said(unit, network.id, told)
        for room in rooms:
            language = self._telling.language(room)
            stage = told.split(maxsplit=1)[0]
            text = say(
                language,
                f"network-check-{stage}",
                network=one_line(network.names.get(language) or network.names.get("en") or network.id),
                id=network.id,
                due=_day(due, language),
                count=len(self._register.search.in_network(network.id)),
            )
            content = content_of(text, "m.notice")
            post = Post(room=room, kind=Kind.NOTICE, content=content, tlp=Tlp.GREEN, audience=Audience.VERIFIED)
            await self._outbox.post(unit, post)
        details = {"network": network.id, "due": due.isoformat(), "stage": stage}
        await self._audit.append(unit, "network.check-reminded", details=details)


def _day(day: date, language: str) -> str:
    return format_date(day, format="medium", locale=language)
