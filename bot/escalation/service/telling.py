"""Telling people: the page in a room, the caller's one status message, and everybody else who was called."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.audit.service import AuditLog
from bot.db.unit import Unit
from bot.duty.rules.walltime import zone
from bot.escalation import tables
from bot.escalation.model import SHARE_MARK, Caller, Escalation, Page, PageState, Said, Trouble
from bot.escalation.rules.means import Means
from bot.escalation.service import texts
from bot.escalation.service.links import Links
from bot.escalation.service.people import Paged, People
from bot.escalation.service.store import Store
from bot.exchange.service import content_of, sealed_to
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich
from bot.ids import Handle, RoomId
from bot.outbox.model import MAIL, Audience, Kind, Post, is_outside
from bot.outbox.service import Outbox
from bot.tlp import Tlp

STATUS_MARK = "escalation-status"
EVENT_FIELD = "org.enlace.escalation"
Text = Callable[[str], Rich]
"""A text for each language."""


class Telling:
    """Writes outbox rows; decides nothing."""

    def __init__(self, outbox: Outbox, audit: AuditLog, store: Store, people: People, links: Links) -> None:
        self._outbox = outbox
        self._audit = audit
        self._store = store
        self._people = people
        self._links = links

    # --- pages ------------------------------------------------------------------------------------------

    async def page(
        self,
        unit: Unit,
        escalation: Escalation,
        paged: Paged,
        means: Means,
        *,
        step: int,
        deadline: datetime,
        fallback: bool = False,
        last: bool = False,
        rings_at: datetime | None = None,
    ) -> Page:
        """Queue one page; with ``rings_at`` a notice that rings nowhere until then."""
        language = self._people.language_of(means.room, paged)
        outside = is_outside(means.room)
        page_zone = self._people.zone_of(paged.organisation)
        if outside and not paged.beyond:
            text = texts.page_outside(language, escalation)
        elif paged.beyond:
            text = texts.page_beyond(language, escalation, last=last)
            if means.full:
                text = Rich.lines([text, texts.words(language, escalation, zone(page_zone), unit.now)])
        else:
            text = texts.page(
                language,
                escalation,
                full=means.full,
                deadline=deadline,
                there=zone(page_zone),
                here=zone(self._people.zone_of(escalation.origin.caller.organisation)),
                now=unit.now,
                rings_at=rings_at,
            )
        if outside:
            content = self._letter(escalation, paged, means.room, text, unit.now)
            if means.room.startswith(MAIL):
                content |= await self._link(unit, escalation, paged, text, step, deadline)
        else:
            mention = self._people.mentioned(paged, means.room, escalation.target.role)
            content = content_of(text, "m.text", mention) if rings_at is None else content_of(text, "m.notice")
            content[EVENT_FIELD] = await self._inside(unit, escalation, step, full=means.full)
        members = tuple(sorted(self._people.members(means.room)))
        row = await self._outbox.post(
            unit,
            Post(
                room=means.room,
                kind=Kind.PAGE,
                content=content,
                audience=Audience.VERIFIED if means.full else Audience.PINNED,
                tlp=escalation.tlp if means.full else Tlp.CLEAR,
                ref=escalation.ref,
                organisation=paged.organisation,
                audience_then=members if means.full else (),
                mark=f"step-{step}",
            ),
        )
        page = Page(
            id=unit.new_id(),
            ref=escalation.ref,
            step=step,
            organisation=paged.organisation or Handle(""),
            person=paged.user,
            name=paged.name,
            room=means.room,
            row=row,
            full=means.full,
            fallback=fallback,
            zone=page_zone,
            state=PageState.OUT,
            paged_at=unit.now,
            notice=rings_at is not None,
        )
        await self._store.add_page(unit, page)
        return page

    def _letter(
        self, escalation: Escalation, paged: Paged, address: RoomId, text: Rich, now: datetime
    ) -> dict[str, Any]:
        """What leaves Matrix: only reference, severity, who calls whom.

        That last stands in no letter that cannot be encrypted, since it passes by strangers."""
        mail = address.startswith(MAIL)
        key = sealed_to(self._people.key_of(paged)) if mail else {}
        bare = texts.page_unsealed(self._people.language_of(address, paged), escalation)
        return {
            "subject": f"enlace {escalation.ref}",
            "body": bare.plain if mail else text.plain,
            **({"sealed": text.plain} if key else {}),
            "ref": escalation.ref,
            "severity": escalation.severity.value,
            "caller": str(escalation.origin.caller.organisation),
            "called": str(escalation.target.organisation),
            "at": now.isoformat(timespec="seconds"),
            **key,
        }

    async def _link(
        self, unit: Unit, escalation: Escalation, paged: Paged, text: Rich, step: int, deadline: datetime
    ) -> dict[str, str]:
        """What stands in place of the body if the letter can be encrypted, and only then: the link that takes it."""
        made = await self._links.make(unit, escalation, paged, step, deadline)
        if made is None:
            return {}
        there = zone(self._people.zone_of(paged.organisation))
        link = texts.link_outside(self._people.language_of(RoomId(""), paged), *made, there, unit.now)
        return {"sealed": Rich.lines([text, link]).plain}

    async def joined(self, unit: Unit, escalation: Escalation, said: Said, pages: Iterable[Page]) -> None:
        """Show a call that was folded in wherever details stand already and may still stand."""
        shown: set[RoomId] = set()
        for page in pages:
            if page.state is PageState.LOST or not page.full or page.room in shown:
                continue
            shown.add(page.room)
            paged = self._people.paged_by(page, escalation)
            if not any(m.full and m.room == page.room for m in self._people.means_for(paged, escalation.tlp)):
                continue
            language = self._people.language_of(page.room, paged)
            text = texts.joined(language, escalation, said, zone(page.zone), unit.now)
            await self._notice(unit, escalation, page, text, Audience.VERIFIED, escalation.tlp)

    async def details(self, unit: Unit, escalation: Escalation, page: Page, paged: Paged) -> None:
        """Show what was said where a page beyond the called organisation stands."""
        language = self._people.language_of(page.room, paged)
        head = say(language, "escalation-share-head", ref=escalation.ref, who=texts.caller_of(escalation))
        text = Rich.lines([head, texts.words(language, escalation, zone(page.zone), unit.now)])
        await self._notice(unit, escalation, page, text, Audience.VERIFIED, escalation.tlp)

    # --- the caller -------------------------------------------------------------------------------------

    async def status(self, unit: Unit, escalation: Escalation) -> None:
        """Write, or edit, the one status message of the command that opened this escalation."""
        parts, label = [], Tlp.GREEN
        siblings = [self._store.escalation(row) for row in await tables.of_call(unit, escalation.call)]
        for sibling in siblings:
            reach = self._people.reach(sibling, sibling.callers[0])
            label = max(label, reach.tlp, key=lambda tlp: tlp.rank)
            parts.append(
                texts.status(
                    sibling.origin.language,
                    sibling,
                    await self._store.pages(unit, sibling.ref),
                    reach,
                    here=zone(self._people.zone_of(sibling.origin.caller.organisation)),
                    there=zone(self._people.zone_of(sibling.target.organisation)),
                    now=unit.now,
                )
            )
        origin = escalation.origin
        first = escalation.status_row is None
        row = await self._outbox.post(
            unit,
            Post(
                room=origin.room,
                kind=Kind.REPLY if first else Kind.STATUS,
                content=content_of(Rich.lines(parts), "m.notice"),
                audience=Audience.PINNED,
                tlp=label,
                ref=escalation.ref,
                organisation=origin.caller.organisation,
                reply_to=origin.event if first else None,
                thread=origin.thread if first else None,
                edits=escalation.status_row,
                mark=STATUS_MARK,
            ),
        )
        if first:
            for sibling in siblings:
                await tables.change(unit, sibling.ref, status_row=row)

    async def offer_details(self, unit: Unit, escalation: Escalation, names: Iterable[str]) -> None:
        """Ask the caller, once, whether those beyond the called organisation may read what it is about."""
        origin = escalation.origin
        asked = [row.post.mark for row in await self._outbox.of_ref(unit, escalation.ref, Kind.NOTICE)]
        if escalation.shared or SHARE_MARK in asked:
            return
        text = say(origin.language, "escalation-share-ask", ref=escalation.ref, names=", ".join(names))
        await self._ring(unit, escalation, escalation.callers[0], text, Tlp.GREEN, SHARE_MARK)

    async def ring_exhausted(self, unit: Unit, escalation: Escalation) -> None:
        """Every step was tried: whoever called is rung, and reads whom to phone."""
        for caller in escalation.callers:
            reach = self._people.reach(escalation, caller)
            text = texts.exhausted(caller.language, escalation, reach)
            await self._ring(unit, escalation, caller, text, max(reach.tlp, Tlp.GREEN, key=lambda tlp: tlp.rank))

    async def ring_callers(self, unit: Unit, escalation: Escalation, text: Text, *, but: Iterable[RoomId] = ()) -> None:
        """Tell whoever called so that their phones ring: an edit of the status message does not."""
        for caller in escalation.callers:
            if caller.room not in but:
                await self._ring(unit, escalation, caller, text(caller.language), Tlp.GREEN)

    async def _ring(
        self,
        unit: Unit,
        escalation: Escalation,
        caller: Caller,
        text: Rich,
        label: Tlp,
        mark: str | None = None,
    ) -> None:
        await self._outbox.post(
            unit,
            Post(
                room=caller.room,
                kind=Kind.NOTICE if mark else Kind.REPLY,  # a question goes behind the status
                content=content_of(text, "m.text", caller.users),
                audience=Audience.PINNED,
                tlp=label,
                ref=escalation.ref,
                organisation=escalation.origin.caller.organisation,
                reply_to=caller.event,
                thread=caller.thread,
                mark=mark,
            ),
        )

    # --- the others -------------------------------------------------------------------------------------

    async def others(self, unit: Unit, escalation: Escalation, text: Text, *, but: Iterable[RoomId]) -> None:
        """Tell every room that was paged, once, except those in which somebody is answered anyway."""
        told = set(but)
        for page in await self._store.pages(unit, escalation.ref):
            if page.state is PageState.LOST or page.room in told or is_outside(page.room):
                continue
            told.add(page.room)
            language = self._people.language_of(page.room, self._people.paged_by(page, escalation))
            await self._notice(unit, escalation, page, text(language), Audience.PINNED, Tlp.GREEN)

    async def _notice(
        self, unit: Unit, escalation: Escalation, page: Page, text: Rich, audience: Audience, tlp: Tlp
    ) -> None:
        row = await self._outbox.get(unit, page.row)
        await self._outbox.post(
            unit,
            Post(
                room=page.room,
                kind=Kind.NOTICE,
                content=content_of(text, "m.notice"),
                audience=audience,
                tlp=tlp,
                ref=escalation.ref,
                organisation=page.organisation,
                reply_to=row.event_id if row else None,
            ),
        )

    async def _inside(self, unit: Unit, escalation: Escalation, step: int, *, full: bool) -> dict[str, Any]:
        """What travels inside the ciphertext of every page, the newest checkpoint of the log with it."""
        return {
            "ref": escalation.ref,
            "severity": escalation.severity.value,
            "step": step,
            "salts": [said.salt for said in escalation.said] if full else [],
            "checkpoint": await self._audit.newest_checkpoint(unit),
        }


def with_trouble(escalation: Escalation, code: str, who: str, step: int, why: str = "") -> Escalation:
    """The escalation with one more thing that the caller must read; the same thing stands once."""
    found = Trouble(code, who, step, why)
    if found in escalation.troubles:
        return escalation
    return replace(escalation, troubles=(*escalation.troubles, found))
