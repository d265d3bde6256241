"""``!duty [TARGET] | take | hand | away | import | test``: who is on duty; one's own roster; a page to oneself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Protocol

from bot.audit.service import Actor
from bot.commands.access import may
from bot.commands.answers import fold
from bot.commands.call import Access, Answer, Call, Command, Question, Refusal, Reply
from bot.commands.parse import take_user
from bot.commands.readers import readers_of
from bot.db.unit import Unit
from bot.directory.model import Organisation, Person
from bot.directory.rules.roles import DEFAULT, FAMILY, canonical
from bot.directory.rules.targets import parse_target
from bot.directory.rules.visibility import DETAILS, may_see
from bot.directory.service import Register
from bot.duty.model import Stretch
from bot.duty.rules import when
from bot.duty.rules.calendar import pasted
from bot.duty.rules.coverage import gaps
from bot.duty.service import Duty
from bot.duty.service.calendar_files import CalendarFiles
from bot.duty.service.wording import clock, gap_lines, names, of_place, place, summary
from bot.errors import NotDone
from bot.escalation.service import Escalations
from bot.i18n.catalogue import catalogue, say
from bot.i18n.rich import Rich
from bot.ids import UserId
from bot.outbox.model import Audience, Kind, Post, content_of
from bot.outbox.service import Outbox
from bot.ports import TrustView
from bot.tlp import Tlp

ACTS = ("take", "hand", "away", "import", "test")
AHEAD = timedelta(days=14)
LISTED = 9
CALENDAR = "calendar"
"""Name in a call's ``extra``: the text of the file that it is a reply to."""


class Needs(Protocol):
    """What ``!duty`` uses."""

    @property
    def register(self) -> Register:
        """The directory."""

    @property
    def duty(self) -> Duty:
        """The rosters."""

    @property
    def escalation(self) -> Escalations:
        """Escalations, whose pages a test imitates."""

    @property
    def calendar_files(self) -> CalendarFiles:
        """Rosters that come as files."""

    @property
    def outbox(self) -> Outbox:
        """To tell whoever is handed the duty."""

    @property
    def trust(self) -> TrustView:
        """Verdicts as of now."""


class DutyNoOrganisation(NotDone):
    """The directory lists you in no organisation, so there is no roster of yours. Nothing was changed."""

    code = "duty-no-organisation"


class DutyUntilWhen(NotDone):
    """It is not clear until when. The roster was not changed."""

    code = "duty-until-when"


class DutyNobodyNamed(NotDone):
    """It is not clear to whom the duty goes. The roster was not changed."""

    code = "duty-nobody-named"


class DutyNoCalendar(NotDone):
    """There is no calendar below the command, and it is no reply to a file. The roster was not changed."""

    code = "duty-no-calendar"


@dataclass(frozen=True, slots=True)
class _Own:
    """Whose roster is changed, and by whom."""

    organisation: Organisation
    person: Person
    user: UserId
    by: Actor


def _fetches(call: Call) -> bool:
    """Whether it is an import whose calendar is the file that it is a reply to."""
    act = words().get(fold(call.first_line.strip().partition(" ")[0]))
    pointed = act == "import" and call.reply_to is not None and not call.body.strip()
    return pointed and may(Access.DESK, call.caller, call.place) is None


async def prepare(call: Call, services: Needs) -> Mapping[str, Any]:
    """Fetch the calendar that the command is a reply to."""
    if call.reply_to is None:
        return {}
    return {CALENDAR: await services.calendar_files.read(call.place.room, call.reply_to)}


async def run(call: Call, unit: Unit, services: Needs) -> Answer:
    """Show a roster, or change one's own."""
    first, _, rest = call.first_line.strip().partition(" ")
    act = words().get(fold(first))
    if act is None:
        return await _show(call, unit, services)
    denied = may(Access.DESK, call.caller, call.place)
    if denied is not None:
        raise denied
    own = _own(call, services.register)
    if act == "test":
        await services.escalation.proving.begin(
            unit,
            services.escalation.member(call.caller.user, call.caller.device),
            room=call.place.room,
            event=call.event_id,
            thread=call.thread,
            language=call.language,
        )
        return Reply(Rich(), silent=True)
    if act == "import":
        return await _import(call, unit, services, own)
    if act == "away":
        return await _away(call, unit, services, own, rest.strip())
    return await _take(call, unit, services, own, rest.strip(), hand=act == "hand")


@cache
def words() -> Mapping[str, str]:
    """What may follow the command word, folded, in every language."""
    found = {act: act for act in ACTS}
    for language in catalogue().languages:
        for act in ACTS:
            found |= {fold(word): act for word in say(language, f"duty-do-{act}").plain.split()}
    return found


def _own(call: Call, register: Register) -> _Own:
    caller = call.caller
    organisation = register.organisation(caller.organisation or "")
    person = register.person(caller.user)
    if organisation is None or person is None:
        raise DutyNoOrganisation
    return _Own(organisation, person, caller.user, Actor(caller.organisation, caller.name, caller.user, caller.device))


# --- showing ------------------------------------------------------------------------------------------------


async def _show(call: Call, unit: Unit, services: Needs) -> Answer:
    text, register = call.first_line.strip(), services.register
    role = None
    if text:
        target = parse_target(text, lambda name: bool(register.find(name).exact))
        hits = register.find(target.who, target.role).exact
        found = {h.organisation.handle: h.organisation for h in hits if h.organisation is not None}
        role = target.role
    else:
        own = register.organisation(call.caller.organisation or "")
        if own is None:
            raise DutyNoOrganisation
        found = {own.handle: own}
    if not found:
        return Refusal(say(call.language, "duty-unknown", who=text))
    if len(found) > 1:
        handles = sorted(found)[:LISTED]
        lines = [say(call.language, "duty-which", who=text)]
        lines += [Rich(f"{n}. {handle}", f"{n}. {handle}") for n, handle in enumerate(handles, start=1)]
        return Refusal(Rich.lines(lines), Question(tuple(f"{h}/{role}" if role else str(h) for h in handles)))
    (organisation,) = found.values()
    if not may_see(
        DETAILS,
        readers_of(call, register, services.trust),
        organisation,
        register.connected(organisation.handle),
    ):
        return Refusal(say(call.language, "duty-not-shown", organisation=str(organisation.handle)))
    lines = []
    for each in services.duty.roles_of(organisation) if role is None else [_canonical(role)]:
        lines += await _role(call, unit, services, organisation, each)
    if not lines:
        lines = [say(call.language, "duty-none-kept", organisation=str(organisation.handle))]
    own = register.organisation(call.caller.organisation or "")
    if own is None or place(own) != place(organisation):
        lines.append(of_place(call.language, organisation, unit.now))
    return Reply(Rich.lines(lines), tlp=DETAILS, audience=Audience.VERIFIED)


async def _role(call: Call, unit: Unit, services: Needs, organisation: Organisation, role: str) -> list[Rich]:
    end = unit.now + AHEAD
    stretches = await services.duty.coverage(unit, organisation, role, unit.now, end)
    if stretches is None:
        people = [p.mxid for p in await services.duty.on_duty(unit, organisation.handle, role, unit.now) if p.mxid]
        if not people:
            return []
        named = names(services.register, people).bold()
        return [say(call.language, "duty-always", organisation=str(organisation.handle), role=role, people=named)]
    promised = services.duty.promised(organisation, role, unit.now, end)
    return summary(call.language, services.register, organisation, role, stretches, gaps(stretches, promised))


# --- changing -----------------------------------------------------------------------------------------------


async def _take(call: Call, unit: Unit, services: Needs, own: _Own, rest: str, *, hand: bool) -> Answer:
    who = own.user
    if hand:
        if not rest:
            raise DutyNobodyNamed
        who, rest = take_user(rest)
    role, rest = await _which_role(unit, services, own, rest)
    where = place(own.organisation)
    start = unit.now
    if hand and rest:
        start, end = when.period(rest, unit.now, where)
    elif rest:
        end = when.read(rest, unit.now, where, end=True)
    else:
        stretches = await services.duty.coverage(unit, own.organisation, role, unit.now, unit.now + AHEAD)
        if not stretches or stretches[0].end >= unit.now + AHEAD:
            raise DutyUntilWhen
        end = stretches[0].end
    start = max(start, unit.now)
    await services.duty.take(
        unit, organisation=own.organisation.handle, role=role, person=who, start=start, end=end, by=own.by
    )

    def values(language: str) -> dict[str, str | Rich]:
        return {
            "organisation": str(own.organisation.handle),
            "role": role,
            "who": names(services.register, [who]).bold(),
            "start": clock(language, start, where, unit.now),
            "end": clock(language, end, where, unit.now),
        }

    if who != own.user:
        await _tell(unit, services, own, who, values)
    return Reply(say(call.language, "duty-taken", **values(call.language)))


async def _tell(
    unit: Unit, services: Needs, own: _Own, who: UserId, values: Callable[[str], Mapping[str, str | Rich]]
) -> None:
    """Whoever is handed the duty is rung: in their own room, else in the desk room."""
    register = services.register
    room = register.direct_room(who) or next(iter(register.desk_rooms(own.organisation.handle)), None)
    person = register.person(who)
    if room is None or person is None:
        return
    record = register.room(room)
    language = catalogue().choose(record.language if record else None, *person.languages, *own.organisation.languages)
    text = say(language, "duty-handed", by=own.person.name, **values(language))
    await services.outbox.post(
        unit,
        Post(
            room=room,
            kind=Kind.NOTICE,
            content=content_of(text, "m.text", (who,)),
            audience=Audience.PINNED,
            tlp=Tlp.GREEN,
            organisation=own.organisation.handle,
        ),
    )


async def _away(call: Call, unit: Unit, services: Needs, own: _Own, rest: str) -> Answer:
    if not rest:
        raise DutyUntilWhen
    where = place(own.organisation)
    start, end = when.period(rest, unit.now, where)
    start = max(start, unit.now)
    handle = own.organisation.handle
    await services.duty.away(unit, organisation=handle, person=own.user, start=start, end=end, by=own.by)
    lines = [
        say(
            call.language,
            "duty-away",
            who=names(services.register, [own.user]).bold(),
            start=clock(call.language, start, where, unit.now),
            end=clock(call.language, end, where, unit.now),
        )
    ]
    for role in services.duty.roles_of(own.organisation):
        stretches = await services.duty.coverage(unit, own.organisation, role, start, end)
        left = gaps(stretches or [], services.duty.promised(own.organisation, role, start, end))
        if left:
            lines += gap_lines(call.language, own.organisation, left)
            lines.append(say(call.language, "duty-fill-gap"))
    return Reply(Rich.lines(lines))


async def _import(call: Call, unit: Unit, services: Needs, own: _Own) -> Answer:
    text = call.extra.get(CALENDAR) or call.body
    if not text.strip():
        raise DutyNoCalendar
    handle, data = own.organisation.handle, pasted(text)
    if call.confirmed:
        await services.duty.import_calendar(unit, organisation=handle, data=data, by=own.by)
        return Reply(say(call.language, "duty-imported", organisation=str(handle)))
    lines = []
    for role in services.duty.roles_of(own.organisation):
        end = unit.now + AHEAD
        stretches = services.duty.preview(handle, role, data, unit.now, end)
        if any(stretch.people for stretch in stretches):
            lines += _would(call, services, own, role, stretches)
    lines = lines or [say(call.language, "duty-import-nothing-near")]
    lines.append(say(call.language, "duty-import-ask", organisation=str(handle)))
    return Reply(Rich.lines(lines), question=Question((call.first_line,), body=text))


def _would(call: Call, services: Needs, own: _Own, role: str, stretches: list[Stretch]) -> list[Rich]:
    promised = services.duty.promised(own.organisation, role, stretches[0].start, stretches[-1].end)
    return summary(call.language, services.register, own.organisation, role, stretches, gaps(stretches, promised))


async def _which_role(unit: Unit, services: Needs, own: _Own, rest: str) -> tuple[str, str]:
    """The role that the line begins with, else the first of the person's that has a roster, else their first."""
    first, _, after = rest.partition(" ")
    known = services.duty.roles_of(own.organisation)
    if first and (named := _canonical(canonical(first))) in known:
        return named, after.strip()
    mine = [role for role in map(_canonical, own.person.roles) if role in known] or [DEFAULT]
    for role in mine:
        if await services.duty.coverage(unit, own.organisation, role, unit.now, unit.now + AHEAD) is not None:
            return role, rest
    return mine[0], rest


def _canonical(role: str) -> str:
    return DEFAULT if role in FAMILY else role


COMMAND = Command(name="duty", access=Access.VERIFIED, run=run, prepare=prepare, prepares=_fetches, group="escalation")
