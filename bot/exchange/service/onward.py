"""Sending on to somebody new what came in an exchange: its source is asked, and nothing leaves before its ``ok``."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta

from bot.audit.service import Actor, AuditLog
from bot.db.unit import Unit
from bot.errors import NotDone
from bot.exchange import tables
from bot.exchange.model import Author, Exchange, Message, Onwards, Recipient
from bot.exchange.service.exchanges import STATUS_MARK, Exchanges
from bot.exchange.service.records import ONWARD_MARK, message_from
from bot.exchange.service.texts import status_line
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich, quote
from bot.ids import Ref
from bot.outbox.model import Audience, Kind, Post, content_of
from bot.outbox.service import Outbox
from bot.ports import Sealer, TrustView
from bot.tlp import Tlp

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
        """Ask the source of a message, where it said it; the text waits sealed.  Raises :class:`SourceAway`."""
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
        wish = self._wish(row.sealed, question)
        if not self._trust.person(wish.author.user).may_command:  # whoever asked is not trusted any more
            raise OnwardSettled
        await tables.settle_onward(unit, question)
        to, ref = _names(wish.recipients), exchange.ref
        if yes:
            ref = await self._send(unit, wish)
        else:
            await self._tell(
                unit, wish, ref, say(wish.language, "onward-refused", source=message.organisation, ref=ref)
            )
        await self._audit.append(
            unit,
            f"exchange.onward-{'allowed' if yes else 'refused'}",
            actor=actor,
            ref=exchange.ref,
            details={"seq": message.seq, "to": to, **({"as": ref} if yes else {})},
        )
        return exchange.ref, to

    async def _send(self, unit: Unit, wish: Onwards) -> Ref:
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
            carries=True,
        )
        exchange = await self._exchanges.get(unit, ref)
        if exchange is not None:
            text = status_line(exchange, await self._exchanges.measure(unit, exchange))
            await self._tell(unit, wish, ref, text, mark=STATUS_MARK)
        return ref

    async def _tell(self, unit: Unit, wish: Onwards, ref: Ref, text: Rich, mark: str | None = None) -> None:
        await self._outbox.post(
            unit,
            Post(
                room=wish.room,
                kind=Kind.REPLY,
                content=content_of(text, "m.notice"),
                audience=Audience.PINNED,
                tlp=wish.tlp,
                ref=ref,
                organisation=wish.author.organisation,
                reply_to=wish.event,
                mark=mark,
            ),
        )

    def _wish(self, sealed: bytes, question: str) -> Onwards:
        kept = json.loads(self._sealer.unseal(sealed, question.encode()))
        recipients = tuple(
            Recipient(**{**each, "mention": tuple(each["mention"]), "members": tuple(each["members"])})
            for each in kept.pop("recipients")
        )
        return Onwards(
            **{**kept, "author": Author(**kept["author"]), "tlp": Tlp(kept["tlp"]), "recipients": recipients}
        )


def _names(recipients: Sequence[Recipient]) -> str:
    return ", ".join(str(each.person or each.organisation) for each in recipients)
