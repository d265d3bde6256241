"""Sending on to somebody new what came in an exchange: its source is asked, and nothing leaves before its ``ok``."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from bot.audit.service import Actor, AuditLog
from bot.db.unit import Database, Unit
from bot.errors import NotDone
from bot.exchange import tables
from bot.exchange.model import Author, Enclosure, Exchange, Message, Onwards, Recipient
from bot.exchange.service.exchanges import Exchanges
from bot.exchange.service.following import STATUS_MARK
from bot.exchange.service.records import ONWARD_MARK, message_from
from bot.exchange.service.texts import file_line, status_line
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich, quote
from bot.ids import Ref
from bot.outbox.model import Audience, Kind, Post, content_of
from bot.outbox.service import Outbox
from bot.ports import Sealer, TrustView
from bot.tlp import Tlp

BELL = "onward"
ASKED_FOR = timedelta(hours=24)
SHOWN = 300
"""Characters of the text in the question to its source."""


class SourceAway(NotDone):
    """{source} cannot be asked now: its room is not verified. Nothing was sent on."""

    code = "source-away"


class OnwardSettled(NotDone):
    """That question about sending something on is settled or too old; nothing was done."""

    code = "onward-settled"


class Onward:
    """Asks sources, and does what they allow; within the caller's unit."""

    def __init__(self, exchanges: Exchanges, outbox: Outbox, audit: AuditLog, sealer: Sealer, trust: TrustView) -> None:
        self._exchanges = exchanges
        self._outbox = outbox
        self._audit = audit
        self._sealer = sealer
        self._trust = trust

    async def ask(self, unit: Unit, exchange: Exchange, message: Message, wish: Onwards, language: str) -> None:
        """Ask the source of a message, where it said it; what would go waits sealed.

        Raises :class:`SourceAway`, or what :meth:`Exchanges.check` raises."""
        self._exchanges.check(wish.tlp, wish.kind, wish.author.user, wish.subject, wish.body, language, wish.recipients)
        if not self._trust.room(message.room).ok:
            raise SourceAway(source=message.organisation)
        to = _names(wish.recipients)
        shown = wish.body if len(wish.body) <= SHOWN else wish.body[:SHOWN] + " …"
        text = Rich.lines(
            [
                say(
                    language,
                    "onward-question",
                    who=f"{wish.author.organisation} · {wish.author.name}",
                    ref=exchange.ref,
                    to=to,
                    label=str(wish.tlp),
                ),
                quote(shown),
                file_line(language, wish.enclosure),
                say(language, "onward-question-end"),
            ]
        )
        question = await self._outbox.post(
            unit,
            Post(
                room=message.room,
                kind=Kind.REPLY,
                content=content_of(text, "m.text", (message.author,)),
                audience=Audience.VERIFIED,
                tlp=exchange.tlp,
                ref=exchange.ref,
                organisation=message.organisation,
                reply_to=message.event,
                mark=ONWARD_MARK,
            ),
        )
        kept = json.dumps({**asdict(wish), "tlp": wish.tlp.value}).encode()
        await tables.ask_onward(unit, question, message.id, self._sealer.seal(kept, question.encode()))
        actor = Actor(wish.author.organisation, wish.author.name, wish.author.user, wish.device)
        await self._audit.append(
            unit,
            "exchange.onward-asked",
            actor=actor,
            ref=exchange.ref,
            details={"seq": message.seq, "to": to, "tlp": wish.tlp.value},
        )

    async def settle(self, unit: Unit, question: str, actor: Actor, *, yes: bool) -> tuple[Ref, str]:
        """The source's word; returns the exchange that it was about, and to whom it would go or went.

        Any member of the source's organisation may give it, of TLP:RED only the author.  Raises
        :class:`OnwardSettled`."""
        row = await tables.onward_of(unit, question)
        message = message_from(row) if row is not None else None
        exchange = await self._exchanges.get(unit, message.ref) if message is not None else None
        if row is None or message is None or exchange is None:
            raise OnwardSettled
        theirs = actor.organisation == message.organisation
        stale = row.settled_at is not None or message.withdrawn or unit.now - row.asked_at > ASKED_FOR
        good = theirs and (exchange.tlp is not Tlp.RED or actor.user == message.author)
        if stale or not good:
            raise OnwardSettled
        wish = self._wish(row)
        if not self._trust.person(wish.author.user).may_command:  # whoever asked is not trusted any more
            raise OnwardSettled
        await tables.settle_onward(unit, question)
        to, ref = _names(wish.recipients), exchange.ref
        if yes:
            ref = await self._send(unit, wish, message)
        else:
            await self._tell(unit, wish, ref, _ended(wish, "refused", message), ring=True)
        await self._audit.append(
            unit,
            f"exchange.onward-{'allowed' if yes else 'refused'}",
            actor=actor,
            ref=exchange.ref,
            details={"seq": message.seq, "to": to, **({"as": ref} if yes else {})},
        )
        return exchange.ref, to

    async def step(self, database: Database) -> None:
        """What was not answered within a day, or was withdrawn meanwhile, is over, and whoever asked is told."""
        async with database.reading() as unit:
            if not await tables.onward_over(unit, unit.now - ASKED_FOR):
                return
        async with database.unit() as unit:
            for row in await tables.onward_over(unit, unit.now - ASKED_FOR):
                message, wish = message_from(row), self._wish(row)
                how = "withdrawn" if message.withdrawn else "expired"
                await tables.settle_onward(unit, row.question)
                await self._tell(unit, wish, message.ref, _ended(wish, how, message), ring=True)
                await self._audit.append(
                    unit,
                    f"exchange.onward-{how}",
                    ref=message.ref,
                    details={"seq": message.seq, "to": _names(wish.recipients)},
                )

    async def _send(self, unit: Unit, wish: Onwards, message: Message) -> Ref:
        recipients = []
        for each in wish.recipients:
            there = tuple(sorted(self._trust.members(each.room)))
            recipients.append(replace(each, mention=there, members=there))
        ref = await self._exchanges.open(
            unit,
            author=wish.author,
            device=wish.device,
            source_room=wish.room,
            source_kind=wish.kind,
            source_event=wish.event,
            tlp=wish.tlp,
            subject=wish.subject,
            body=wish.body,
            language=wish.language,
            recipients=recipients,
            enclosure=wish.enclosure,
            carries=True,
            origin=message.id,
        )
        exchange = await self._exchanges.get(unit, ref)
        if exchange is not None:
            text = status_line(exchange, await self._exchanges.measure(unit, exchange))
            await self._tell(unit, wish, ref, text, mark=STATUS_MARK)
        return ref

    async def _tell(
        self, unit: Unit, wish: Onwards, ref: Ref, text: Rich, *, mark: str | None = None, ring: bool = False
    ) -> None:
        await self._outbox.post(
            unit,
            Post(
                room=wish.room,
                kind=Kind.REPLY,
                content=content_of(text, "m.text" if ring else "m.notice", (wish.author.user,) if ring else ()),
                audience=Audience.PINNED,
                tlp=wish.tlp,
                ref=ref,
                organisation=wish.author.organisation,
                reply_to=wish.event,
                mark=mark,
            ),
        )

    def _wish(self, row: Any) -> Onwards:
        kept = json.loads(self._sealer.unseal(row.sealed, row.question.encode()))
        recipients = tuple(
            Recipient(**{**each, "mention": tuple(each["mention"]), "members": tuple(each["members"])})
            for each in kept.pop("recipients")
        )
        file = kept.pop("enclosure")
        return Onwards(
            **{**kept, "author": Author(**kept["author"]), "tlp": Tlp(kept["tlp"]), "recipients": recipients},
            enclosure=Enclosure(**file) if file else None,
        )


def _ended(wish: Onwards, how: str, message: Message) -> Rich:
    to, source = _names(wish.recipients), message.organisation
    return say(wish.language, f"onward-{how}", source=source, ref=message.ref, to=to)


def _names(recipients: Sequence[Recipient]) -> str:
    return ", ".join(str(each.person or each.organisation) for each in recipients)
