"""Requests for help: asked of those who offer it, taken by one of them, and what becomes of the rest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from bot.assist import tables
from bot.assist.model import ASSIST_MARK, Asked, Matches, Member, Origin, Reply, Request, State
from bot.assist.rules.matching import (
    FIRST_FOR,
    MOST_OPEN,
    OPEN_FOR,
    Move,
    next_look,
    next_move,
)
from bot.assist.service import texts
from bot.assist.service.errors import (
    AskerAway,
    NobodyOffers,
    NoneReachable,
    NotForEverybody,
    RequestOver,
    TooManyRequests,
    UnknownRequest,
)
from bot.assist.service.framework import service_name
from bot.assist.service.offers import Offers
from bot.assist.service.records import actor_of, request_from, row_of
from bot.audit.service import AuditLog
from bot.db.unit import Database, Unit
from bot.directory.service import Register
from bot.exchange.model import Author, Recipient
from bot.exchange.rules.tlp import level_of, within_ceiling
from bot.exchange.service import STATUS_MARK, Addressing, Exchanges, content_of, status_line
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich
from bot.ids import Handle, Ref, ref_from
from bot.outbox.model import Audience, Kind, Post
from bot.outbox.model import State as Row
from bot.outbox.service import Outbox
from bot.ports import Sealer, TrustView
from bot.tlp import Tlp

BELL = "assist"
_NOT_THERE = (Row.FAILED, Row.EXPIRED, Row.DROPPED)


@dataclass(frozen=True, slots=True)
class Taken:
    """A request that was taken, and the exchange between both."""

    request: Request
    exchange: Ref


class Assist:
    """Who offers what, and who asks for it."""

    def __init__(
        self,
        *,
        register: Register,
        addressing: Addressing,
        exchanges: Exchanges,
        outbox: Outbox,
        audit: AuditLog,
        sealer: Sealer,
        trust: TrustView,
    ) -> None:
        self.offers = Offers(register, addressing, audit)
        self._register = register
        self._addressing = addressing
        self._exchanges = exchanges
        self._outbox = outbox
        self._audit = audit
        self._sealer = sealer
        self._trust = trust

    # --- asking -----------------------------------------------------------------------------------------

    async def request(
        self, unit: Unit, who: Member, origin: Origin, number: str, tlp: Tlp, text: str, matches: Matches
    ) -> Request:
        """Ask those who offer the service, under this label; nothing is stored if it raises.

        Raises :class:`NotForEverybody`, :class:`NobodyOffers`, :class:`NoneReachable`, :class:`TooManyRequests`,
        :class:`bot.exchange.service.TooLong` or :class:`bot.exchange.service.LabelForbids`."""
        service = service_name(origin.language, number)
        if tlp is Tlp.RED:
            raise NotForEverybody(label=str(tlp))
        if not matches.first:
            absent = ", ".join(str(offer.organisation.handle) for offer in matches.absent)
            raise NoneReachable(service=service, who=absent) if absent else NobodyOffers(service=service)
        if len(await tables.open_of(unit, who.organisation)) >= MOST_OPEN:
            raise TooManyRequests(count=MOST_OPEN)
        recipients = [recipient for _, recipient in (*matches.first, *matches.later)]
        size = self._exchanges.check(tlp, origin.kind, who.user, service.plain, text, origin.language, recipients)
        ref = ref_from("REQ", unit.random(4))
        while await tables.request(unit, ref) is not None:
            ref = ref_from("REQ", unit.random(4))
        request = Request(
            ref=ref,
            asker=who,
            origin=origin,
            service=number,
            tlp=tlp,
            state=State.OPEN,
            asked_at=unit.now,
            widen_at=unit.now + FIRST_FOR,
            expires_at=unit.now + OPEN_FOR,
        )
        await tables.add_request(unit, row_of(request, self._sealer.seal(text.encode(), ref.encode())), _rows(matches))
        for _, recipient in matches.first:
            await self._ask(unit, request, recipient, text)
        first = [offer.organisation.handle for offer, _ in matches.first]
        later = [offer.organisation.handle for offer, _ in matches.later]
        await self._log(
            unit, "requested", who, ref, service=number, tlp=tlp.value, to=first, size=size, **_some(later=later)
        )
        unit.ring(BELL)
        return request

    async def withdraw(self, unit: Unit, who: Member, ref: Ref) -> Request:
        """The organisation that asked needs it no more.  Raises :class:`UnknownRequest` or :class:`RequestOver`."""
        request = await self._get(unit, ref)
        if request is None or request.asker.organisation != who.organisation:
            raise UnknownRequest(ref=ref)
        await self._settle(unit, request, State.WITHDRAWN)
        await self._log(unit, "withdrawn", who, ref)
        return request

    # --- answering --------------------------------------------------------------------------------------

    async def take(self, unit: Unit, who: Member, ref: Ref) -> Taken:
        """An organisation that was asked helps: from here on both talk in an exchange, opened with the request's text.

        Raises :class:`UnknownRequest`, :class:`RequestOver` or :class:`AskerAway`."""
        request = await self._asked(unit, who, ref)
        row = await tables.request(unit, ref)
        theirs = self._register.organisation(who.organisation)
        recipient = self.offers.recipient(theirs, request.tlp) if theirs is not None else None
        if recipient is None or row is None or row.sealed is None or not self._may_still_ask(request):
            raise AskerAway(ref=ref, organisation=request.asker.organisation)
        text = self._sealer.unseal(row.sealed, ref.encode()).decode()
        request = await self._settle(unit, request, State.TAKEN, taken_by=who.organisation)
        by, origin = request.asker, request.origin
        exchange = await self._exchanges.open(
            unit,
            author=Author(by.user, by.name, by.organisation, self._trust.person(by.user).level or "verified"),
            device=by.device,
            source_room=origin.room,
            source_kind=origin.kind,
            source_event=origin.event,
            said=origin.said,
            tlp=request.tlp,
            subject=service_name(recipient.language, request.service).plain,
            body=text,
            language=origin.language,
            recipients=[recipient],
        )
        await tables.became(unit, ref, exchange)
        request = replace(request, exchange=exchange)
        await self._stand_down(unit, request)
        helper = f"{who.organisation} ({who.name})"
        await self._tell(unit, request, say(origin.language, "assist-taken", who=helper, ref=ref, exchange=exchange))
        opened = await self._exchanges.get(unit, exchange)
        if opened is not None:
            status = status_line(opened, await self._exchanges.measure(unit, opened))
            await self._tell(unit, request, status, ref=exchange, mark=STATUS_MARK)
        await self._log(unit, "taken", who, ref, exchange=exchange)
        return Taken(request, exchange)

    async def decline(self, unit: Unit, who: Member, ref: Ref) -> Request:
        """An organisation that was asked cannot help now.  Raises :class:`UnknownRequest` or :class:`RequestOver`."""
        request = await self._asked(unit, who, ref)
        await tables.change_asked(unit, ref, who.organisation, reply=Reply.PASSED.value)
        await self._log(unit, "declined", who, ref)
        unit.ring(BELL)
        return request

    # --- looking ----------------------------------------------------------------------------------------

    async def open_of(self, unit: Unit, organisation: Handle) -> list[tuple[Request, list[Asked]]]:
        """What an organisation asks for, with how it stands at each that was asked."""
        found = [request_from(row) for row in await tables.open_of(unit, organisation)]
        return [(request, await self._whom(unit, request.ref)) for request in found]

    async def open_refs(self, unit: Unit, organisation: Handle) -> list[Ref]:
        """What an organisation asks for, and what it was asked for and can still take, oldest first."""
        rows = [*await tables.open_of(unit, organisation), *await tables.open_for(unit, organisation)]
        return [Ref(row.ref) for row in sorted(rows, key=lambda row: row.asked_at)]

    async def open_for(self, unit: Unit, organisation: Handle) -> list[Request]:
        """What an organisation was asked for and can still take."""
        return [request_from(row) for row in await tables.open_for(unit, organisation)]

    # --- time -------------------------------------------------------------------------------------------

    async def step(self, database: Database) -> float | None:
        """Ask further, give up, or let expire what is due; returns the seconds until the next is, by the clock."""
        async with database.reading() as unit:
            refs = [Ref(row.ref) for row in await tables.open_requests(unit)]
        wait: timedelta | None = None
        for ref in refs:
            async with database.reading() as unit:
                request = await self._get(unit, ref)
                whom = await self._whom(unit, ref)
                idle = request is None or (not _lost(whom) and self._idle(request, whom, unit))
            if not idle:
                async with database.unit() as unit:
                    await self._move(unit, ref)
                async with database.reading() as unit:
                    request, whom = await self._get(unit, ref), await self._whom(unit, ref)
            if request is not None and request.state is State.OPEN:
                ahead = next_look(request, whom, database.clock.now())
                wait = ahead if wait is None else min(wait, ahead)
        return None if wait is None else wait.total_seconds()

    async def _move(self, unit: Unit, ref: Ref) -> None:
        """In one unit: what was seen outside it may be over."""
        row = await tables.request(unit, ref) if await tables.hold(unit, ref) else None
        if row is None:
            return
        request = request_from(row)
        lost = _lost(await self._whom(unit, ref))
        for handle in lost:
            await tables.change_asked(unit, ref, handle, reply=Reply.LOST.value)
        if lost:
            await self._tell(unit, request, say(request.origin.language, "assist-lost", ref=ref, who=", ".join(lost)))
            await self._audit.append(unit, "assist.undelivered", ref=ref, details={"to": lost})
        move = self._next(request, await self._whom(unit, ref), unit)
        if move is Move.WIDEN:
            text = self._sealer.unseal(row.sealed, ref.encode()).decode()
            await self._widen(unit, request, text)
        elif move is not Move.WAIT:
            over = State.EXPIRED if move is Move.EXPIRE else State.UNANSWERED
            await self._settle(unit, request, over)
            service = service_name(request.origin.language, request.service)
            await self._tell(
                unit, request, say(request.origin.language, f"assist-{over.value}", ref=ref, service=service)
            )
            await self._audit.append(unit, f"assist.{over.value}", ref=ref)

    async def _widen(self, unit: Unit, request: Request, text: str) -> None:
        """Those who share no language are asked too, if they still offer it, share a network and have a room."""
        ours = self._register.organisation(request.asker.organisation)
        still = await self.offers.offering(unit, ours, request.service) if ours is not None else []
        offering = {offer.organisation.handle: offer.organisation for offer in still}
        new = []
        for one in await self._whom(unit, request.ref):
            if one.row is not None or one.reply is not None:
                continue
            organisation = offering.get(one.organisation)
            recipient = self.offers.recipient(organisation, request.tlp) if organisation is not None else None
            if recipient is None:
                await tables.change_asked(unit, request.ref, one.organisation, reply=Reply.LOST.value)
            else:
                await self._ask(unit, request, recipient, text)
                new.append(one.organisation)
        if new:
            said = say(request.origin.language, "assist-widened", ref=request.ref, to=", ".join(new))
            await self._tell(unit, request, said, ring=False)
        await self._audit.append(unit, "assist.widened", ref=request.ref, details={"to": new})
        unit.ring(BELL)

    def _idle(self, request: Request, whom: Sequence[Asked], unit: Unit) -> bool:
        return request.state is not State.OPEN or self._next(request, whom, unit) is Move.WAIT

    def _next(self, request: Request, whom: Sequence[Asked], unit: Unit) -> Move:
        move = next_move(request, whom, unit.now)
        return Move.WAIT if move is Move.WIDEN and not self._may_still_ask(request) else move

    # --- pieces -----------------------------------------------------------------------------------------

    async def _ask(self, unit: Unit, request: Request, recipient: Recipient, text: str) -> None:
        """Bring it into a room.  It is a copy, so label and verdict are looked at when it goes out."""
        row = await self._outbox.post(
            unit,
            Post(
                room=recipient.room,
                kind=Kind.COPY,
                content=content_of(texts.asking(recipient.language, request, text), "m.text", recipient.mention),
                audience=Audience.VERIFIED,
                tlp=request.tlp,
                ref=request.ref,
                organisation=recipient.organisation,
                audience_then=recipient.members,
                expires_at=request.expires_at,
                mark=ASSIST_MARK,
            ),
        )
        await tables.change_asked(unit, request.ref, recipient.organisation, row_id=row)

    def _may_still_ask(self, request: Request) -> bool:
        """Else nothing is said or opened in their name: they may not say it any more, or have left."""
        asker, person = self._trust.person(request.asker.user), self._register.person(request.asker.user)
        theirs_still = person is not None and person.organisation == request.asker.organisation
        return asker.may_command and theirs_still and within_ceiling(request.tlp, level_of(asker)).allowed

    async def _asked(self, unit: Unit, who: Member, ref: Ref) -> Request:
        """The open request, if this organisation was asked and still shares a network with whoever asks."""
        request = await self._get(unit, ref)
        asked = [one.organisation for one in await self._whom(unit, ref) if one.row is not None]
        if request is None or who.organisation not in asked:
            raise UnknownRequest(ref=ref)
        if request.state is not State.OPEN or unit.now >= request.expires_at:
            raise RequestOver(ref=ref)
        if who.organisation not in self._register.connected(request.asker.organisation):
            raise UnknownRequest(ref=ref)
        return request

    async def _settle(self, unit: Unit, request: Request, state: State, **values: Any) -> Request:
        """It is over, once; whoever has it before them reads so, and what has not gone out does not go."""
        if not await tables.settle(unit, request.ref, state, **values):
            raise RequestOver(ref=request.ref)
        over = replace(request, state=state, taken_by=values.get("taken_by"))
        if state is not State.TAKEN:
            await self._stand_down(unit, over)
        return over

    async def _stand_down(self, unit: Unit, request: Request) -> None:
        await self._outbox.drop(unit, request.ref, Kind.COPY, reason="settled")
        for row in await self._outbox.of_ref(unit, request.ref, Kind.COPY):
            if row.post.mark != ASSIST_MARK or row.state is not Row.SENT:
                continue
            yours = request.taken_by is not None and row.post.organisation == request.taken_by
            text = texts.settled(self._addressing.language_of(row.post.room), request, yours=yours)
            await self._outbox.post(
                unit,
                Post(
                    room=row.post.room,
                    kind=Kind.STATUS,
                    content=content_of(text, "m.notice"),
                    audience=Audience.VERIFIED,
                    tlp=request.tlp,
                    ref=request.ref,
                    organisation=row.post.organisation,
                    edits=row.id,
                ),
            )

    async def _tell(
        self,
        unit: Unit,
        request: Request,
        text: Rich,
        *,
        ref: Ref | None = None,
        mark: str | None = None,
        ring: bool = True,
    ) -> None:
        """Say something to whoever asked, where they asked; a status line never rings."""
        rings = ring and mark is None
        await self._outbox.post(
            unit,
            Post(
                room=request.origin.room,
                kind=Kind.REPLY,
                content=content_of(text, "m.text" if rings else "m.notice", (request.asker.user,) if rings else ()),
                audience=Audience.PINNED,
                tlp=request.tlp,
                ref=ref or request.ref,
                organisation=request.asker.organisation,
                reply_to=request.origin.event,
                mark=mark,
            ),
        )

    async def _whom(self, unit: Unit, ref: Ref) -> list[Asked]:
        rows = {row.id: row.state for row in await self._outbox.of_ref(unit, ref, Kind.COPY)}
        found = []
        for one in await tables.asked_of(unit, ref):
            state = rows.get(one.row_id)
            reply = Reply(one.reply) if one.reply else None
            found.append(Asked(Handle(one.organisation), one.row_id, reply, state is Row.HELD, state in _NOT_THERE))
        return found

    async def _get(self, unit: Unit, ref: Ref) -> Request | None:
        row = await tables.request(unit, ref)
        return request_from(row) if row is not None else None

    async def _log(self, unit: Unit, action: str, who: Member, ref: Ref | None = None, **details: Any) -> None:
        await self._audit.append(unit, f"assist.{action}", actor=actor_of(who), ref=ref, details=details)


def _lost(whom: Iterable[Asked]) -> list[Handle]:
    """Where it was to go and did not get, and nobody has been told so."""
    return [one.organisation for one in whom if one.gone and one.reply is None]


def _rows(matches: Matches) -> list[dict[str, Any]]:
    return [
        {"organisation": offer.organisation.handle, "first": first}
        for some, first in ((matches.first, True), (matches.later, False))
        for offer, _ in some
    ]


def _some(**lists: list[Handle]) -> dict[str, list[Handle]]:
    return {name: items for name, items in lists.items() if items}
