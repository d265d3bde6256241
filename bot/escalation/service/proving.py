"""``!duty test``: somebody is paged by every means as if it were real, and reads what became of each."""

from bot.audit.service import Actor, AuditLog
from bot.db.unit import Database, Unit
from bot.errors import NotDone
from bot.escalation import tables
from bot.escalation.model import Member, PageState, Who
from bot.escalation.rules.folding import page_fate
from bot.escalation.rules.means import Means
from bot.escalation.service.people import Paged, People
from bot.exchange.rules.tlp import Way
from bot.exchange.service import content_of, sealed_to
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich, code
from bot.ids import EventId, RoomId
from bot.outbox.model import HOOK, MAIL, Audience, Kind, Post, is_outside
from bot.outbox.service import Outbox
from bot.tlp import Tlp

BELL = "page-test"
LOOK_EVERY = 1.0
"""Seconds between two looks while a test is under way."""


class NoWayToRing(NotDone):
    """There is no room, address or webhook by which you could be paged now. Nothing was sent."""

    code = "page-test-no-way"


class Proving:
    """Begins tests, and tells their results once nothing is on its way any more."""

    def __init__(self, outbox: Outbox, audit: AuditLog, people: People) -> None:
        self._outbox = outbox
        self._audit = audit
        self._people = people

    async def begin(
        self, unit: Unit, member: Member, *, room: RoomId, event: EventId, thread: EventId | None, language: str
    ) -> None:
        """Page this person by every means at once; the answer stands in ``room`` and is edited with the results.

        Raises :class:`NoWayToRing`."""
        paged = Paged(member.organisation, self._people.person(member.user), Who.ON_DUTY, beyond=False)
        ways = {way.room: way for way in reversed(self._people.means_for(paged, Tlp.CLEAR))}
        if not ways:
            raise NoWayToRing
        pages = [[await self._page(unit, member, paged, way), _channel(way)] for way in reversed(ways.values())]
        lines = [say(language, "page-test-head")]
        lines += [_line(language, channel, say(language, "escalation-fate-out")) for _, channel in pages]
        status = await self._outbox.post(
            unit,
            Post(
                room=room,
                kind=Kind.REPLY,
                content=content_of(Rich.lines(lines), "m.notice"),
                audience=Audience.PINNED,
                tlp=Tlp.GREEN,
                organisation=member.organisation,
                reply_to=event,
                thread=thread,
            ),
        )
        await tables.add_test(unit, unit.new_id(), room, language, status, pages)
        actor = Actor(member.organisation, member.name, member.user, member.device)
        await self._audit.append(unit, "duty.tested", actor=actor, details={"channels": [c for _, c in pages]})
        unit.ring(BELL)

    async def step(self, database: Database) -> float | None:
        """Tell the results of each test of which all is known; returns when to come back."""
        async with database.reading() as unit:
            waiting = [row.id for row in await tables.read_tests(unit)]
        left = False
        for id_ in waiting:
            async with database.unit() as unit:
                left = not await self._tell(unit, id_) or left
        return LOOK_EVERY if left else None

    async def _tell(self, unit: Unit, id_: str) -> bool:
        test = next((row for row in await tables.read_tests(unit) if row.id == id_), None)
        if test is None:
            return True
        lines = []
        for row, channel in test.pages:
            fate, why = page_fate(await self._outbox.get(unit, row), test.begun_at, unit.now)
            if fate is PageState.OUT:
                return False
            lines.append(_line(test.language, channel, say(test.language, f"page-test-{_result(fate, why, channel)}")))
        text = Rich.lines([say(test.language, "page-test-done"), *lines, say(test.language, "page-test-silence")])
        await self._outbox.post(
            unit,
            Post(
                room=RoomId(test.room),
                kind=Kind.STATUS,
                content=content_of(text, "m.notice"),
                audience=Audience.PINNED,
                tlp=Tlp.GREEN,
                edits=test.status_row,
            ),
        )
        await tables.end_test(unit, id_)
        return True

    async def _page(self, unit: Unit, member: Member, paged: Paged, way: Means) -> str:
        text = say(self._people.language_of(way.room, paged), "page-test", name=member.name)
        if is_outside(way.room):
            key = self._people.key_of(paged) if way.room.startswith(MAIL) else None
            content = {
                "subject": "enlace TEST",
                "body": text.plain,
                "ref": "TEST",
                "severity": "low",
                "caller": str(member.organisation),
                "called": str(member.organisation),
                "at": unit.now.isoformat(timespec="seconds"),
                **sealed_to(key),
            }
        else:
            content = content_of(text, "m.text", (member.user,))
        return await self._outbox.post(
            unit,
            Post(
                room=way.room,
                kind=Kind.PAGE,
                content=content,
                audience=Audience.VERIFIED if way.full else Audience.PINNED,
                tlp=Tlp.CLEAR,
                organisation=member.organisation,
            ),
        )


def _channel(way: Means) -> str:
    if way.way is Way.DIRECT:
        return "direct"
    if way.way is not None:
        return "desk"
    return f"mail {way.room.removeprefix(MAIL)}" if way.room.startswith(MAIL) else HOOK.rstrip(":")


def _line(language: str, channel: str, result: Rich) -> Rich:
    kind, _, address = channel.partition(" ")
    name = code(address) if address else say(language, f"page-test-to-{kind}")
    return Rich("· ", "· ") + name + Rich(": ", ": ") + result


def _result(fate: PageState, why: str, channel: str) -> str:
    if fate is PageState.LOST:
        return why
    return "sent" if channel in ("direct", "desk") else "handed-over"
