"""Use cases of exchanges, each within the caller's unit: open, relay, report how far the copies are."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from bot.audit.service import Actor, AuditLog, content_digest
from bot.db.unit import Unit
from bot.errors import NotDone
from bot.exchange import tables
from bot.exchange.model import Author, Enclosure, Exchange, Participant, Recipient
from bot.exchange.rules.tlp import Leg, Way, accepted_in, level_of, rule
from bot.exchange.service.authors import keep_to_ceiling
from bot.exchange.service.following import ROOT_MARK, Following
from bot.exchange.service.records import RELAY_TO_ALL_UP_TO, UnknownExchange
from bot.exchange.service.texts import first_copy, line
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich, neutral
from bot.ids import DeviceId, EventId, Handle, Ref, RoomId, UserId, ref_from
from bot.outbox.model import Audience, Kind, Post, content_of
from bot.outbox.service import Outbox
from bot.ports import Sealer, TrustView
from bot.tlp import Tlp

MAX_BODY = 16_000
"""Bytes of a body: as JSON at most twice as many, which an event can carry
(:data:`bot.exchange.rules.fitting.MOST_BYTES`)."""


class ExchangeClosed(NotDone):
    """{ref} is closed; nothing was relayed."""

    code = "exchange-closed"


class TooLong(NotDone):
    """The text is too long: {size} bytes, and {limit} fit into a message. Nothing was sent."""

    code = "too-long"


class LabelForbids(NotDone):
    """{label} does not let this go to {whom}. Nothing was sent."""

    code = "label-forbids"


def size_of(*texts: str) -> int:
    """Bytes of what somebody says.  Raises :class:`TooLong`, also if only what others would read is too long."""
    size = sum(len(text.encode()) for text in texts)
    if (most := max(size, sum(len(neutral(text).encode()) for text in texts))) > MAX_BODY:
        raise TooLong(size=most, limit=MAX_BODY)
    return size


class Numbered(NamedTuple):
    """A message as it was counted in."""

    message: str
    seq: int


class Exchanges(Following):
    """The exchanges of one deployment."""

    def __init__(self, outbox: Outbox, audit: AuditLog, sealer: Sealer, trust: TrustView) -> None:
        super().__init__(outbox, sealer, trust)
        self._audit = audit

    # --- open -------------------------------------------------------------------------------------------

    async def open(
        self,
        unit: Unit,
        *,
        author: Author,
        device: DeviceId,
        source_room: RoomId,
        source_kind: str,
        source_event: EventId,
        tlp: Tlp,
        subject: str,
        body: str,
        language: str,
        recipients: Sequence[Recipient],
        enclosure: Enclosure | None = None,
        said: EventId | None = None,
        carries: bool = False,
        origin: str | None = None,
        notes: Sequence[str] = (),
        by_mail: Sequence[Handle] = (),
    ) -> Ref:
        """Open an exchange and queue a copy for each recipient; returns its reference.

        ``source_event`` becomes the root of the source's own thread; ``said`` is the event with the text, if that is
        another one (it was asked about first).  ``carries`` and ``origin``: see :class:`bot.exchange.model.Message`.
        ``by_mail`` get a letter (:class:`bot.exchange.service.letters.Letters`), and no place in the exchange.

        Raises :class:`LabelForbids`, :class:`AboveCeiling` or :class:`TooLong`; then nothing is stored.  A room whose
        verdict does not hold now is no error: its copy is held by the sender, and the status line says so."""
        size = self.check(tlp, source_kind, author.user, subject, body, language, recipients)
        ref = ref_from("MSG", unit.random(4))
        while await tables.exchange(unit, ref) is not None:
            ref = ref_from("MSG", unit.random(4))
        await tables.add_exchange(
            unit,
            {
                "ref": ref,
                "tlp": tlp.value,
                "author_user": author.user,
                "author_name": author.name,
                "author_organisation": author.organisation,
                "author_level": author.level,
                "sealed_subject": self._sealer.seal(subject.encode(), ref.encode()),
                "language": language,
                "notes": " ".join(notes),
                "opened_at": unit.now,
            },
            [
                _place(ref, author.organisation, source_room, is_source=True, root_event=source_event),
                *(_place(ref, r.organisation, r.room, is_source=False, person=r.person) for r in recipients),
            ],
        )
        number = await self._count(unit, ref, author, source_room, said or source_event, carries=carries, origin=origin)
        salt = unit.random(32)
        names = [*(r.name for r in recipients), *by_mail]
        to_all = len(recipients) <= RELAY_TO_ALL_UP_TO  # of each, the source is one of the others
        posts = []
        for recipient in recipients:
            others = [r.name for r in recipients if to_all and r.room != recipient.room]
            text = first_copy(recipient.language, author, tlp, ref, subject, body, names, others, enclosure)
            posts.append(
                Post(
                    room=recipient.room,
                    kind=Kind.COPY,
                    content=await self.content(
                        unit, text, recipient.mention, ref, tlp, author, number.seq, salt, enclosure
                    ),
                    audience=Audience.VERIFIED,
                    tlp=tlp,
                    ref=ref,
                    organisation=recipient.organisation,
                    audience_then=recipient.members,
                    mark=ROOT_MARK,
                )
            )
        rows = await self._outbox.post_all(unit, posts)
        await tables.set_root_rows(unit, ref, {post.room: row for post, row in zip(posts, rows, strict=True)})
        await tables.add_copies(unit, rows, number.message)
        await self._audit.append(
            unit,
            "exchange.opened",
            actor=Actor(author.organisation, author.name, author.user, device),
            ref=ref,
            details={
                "tlp": tlp.value,
                "to": [*(r.organisation for r in recipients), *by_mail],
                **({"by_mail": [str(handle) for handle in by_mail]} if by_mail else {}),
                "digest": content_digest(salt, body.encode()),
                "size": size,
                **_file(salt, enclosure),
            },
        )
        return ref

    def check(
        self,
        tlp: Tlp,
        source_kind: str,
        author: UserId,
        subject: str,
        body: str,
        language: str,
        recipients: Sequence[Recipient],
    ) -> int:
        """What :meth:`open` refuses is refused here already; returns the size in bytes."""
        size = size_of(body, subject)
        if accepted_in(tlp, source_kind, level_of(self._trust.person(author))).reason == "red-room":
            raise LabelForbids(label=str(tlp), whom=say(language, "tlp-no-red-room").plain)
        self.check_author(tlp, author)
        for recipient in recipients:
            self._check_label(tlp, recipient)
        return size

    def check_author(self, tlp: Tlp, author: UserId) -> None:
        """Raises :class:`AboveCeiling`, by the verdict as of now."""
        keep_to_ceiling(tlp, self._trust.person(author))

    # --- relay ------------------------------------------------------------------------------------------

    async def relay(
        self,
        unit: Unit,
        *,
        exchange: Exchange,
        author: Author,
        device: DeviceId,
        room: RoomId,
        event: EventId,
        text: str,
        languages: dict[RoomId, str],
        everyone: bool = False,
        enclosure: Enclosure | None = None,
        said_in: RoomId | None = None,
        carries: bool = False,
    ) -> tuple[Participant, ...]:
        """Queue what was said in one participant's thread for the others; returns for whom.

        Raises :class:`ExchangeClosed`, :class:`UnknownExchange`, :class:`AboveCeiling` or :class:`TooLong`.  An event
        is relayed once."""
        if not exchange.open:
            raise ExchangeClosed(ref=exchange.ref)
        if exchange.in_room(room) is None:
            raise UnknownExchange(ref=exchange.ref)
        self.check_author(exchange.tlp, author.user)
        size = size_of(text)
        if await tables.message_of_event(unit, event) is not None:
            return ()
        number = await self._count(
            unit, exchange.ref, author, said_in or room, event, carries=carries or enclosure is not None
        )
        salt = unit.random(32)
        reached = self.reach(exchange, room, everyone=everyone)
        posts = []
        for place in reached:
            said = line(languages.get(place.room, "en"), author, exchange.tlp, text, enclosure)
            members = tuple(sorted(self._trust.members(place.room)))
            posts.append(
                Post(
                    room=place.room,
                    kind=Kind.COPY,
                    content=await self.content(
                        unit, said, members, exchange.ref, exchange.tlp, author, number.seq, salt, enclosure
                    ),
                    audience=Audience.VERIFIED,
                    tlp=exchange.tlp,
                    ref=exchange.ref,
                    organisation=place.organisation,
                    audience_then=members,
                    thread=place.root_event,
                    thread_row=place.root_row if place.root_event is None else None,
                    mark="reply",
                )
            )
        await tables.add_copies(unit, await self._outbox.post_all(unit, posts), number.message)
        if author.organisation != exchange.author.organisation:  # else it is no answer
            await self.progress(unit, exchange.ref)
        await self._audit.append(
            unit,
            "exchange.replied",
            actor=Actor(author.organisation, author.name, author.user, device),
            ref=exchange.ref,
            details={
                "to": [p.organisation for p in reached],
                "digest": content_digest(salt, text.encode()),
                "size": size,
                "seq": number.seq,
                **_file(salt, enclosure),
            },
        )
        return reached

    async def rename(self, unit: Unit, ref: Ref, subject: str) -> None:
        """The source has edited its first message."""
        await tables.set_subject(unit, ref, self._sealer.seal(subject.encode(), ref.encode()))

    # --- pieces -----------------------------------------------------------------------------------------

    def _check_label(self, tlp: Tlp, recipient: Recipient) -> None:
        leg = Leg(
            way=Way(recipient.kind),
            room_verified=True,  # a room that is not verified holds the copy; it is no reason to refuse
            named_organisation=True,
            named_person=recipient.person is not None,
            shares_network=True,
            lowest_level="verified",
        )
        if not rule(tlp, leg).allowed:
            raise LabelForbids(label=str(tlp), whom=str(recipient.organisation))

    async def _count(
        self,
        unit: Unit,
        ref: Ref,
        author: Author,
        room: RoomId,
        event: EventId,
        *,
        carries: bool,
        origin: str | None = None,
    ) -> Numbered:
        message = unit.new_id()
        seq = await tables.add_message(
            unit,
            {
                "id": message,
                "ref": ref,
                "author_user": author.user,
                "organisation": author.organisation,
                "room": room,
                "event_id": event,
                "text_event": event,
                "carries": carries,
                "origin": origin,
                "said_at": unit.now,
            },
        )
        return Numbered(message, seq)

    async def content(
        self,
        unit: Unit,
        text: Rich,
        mention: Sequence[UserId],
        ref: Ref,
        tlp: Tlp,
        author: Author,
        number: int,
        salt: bytes,
        enclosure: Enclosure | None = None,
    ) -> dict[str, Any]:
        """What a copy carries, inside the ciphertext."""
        content = content_of(text, "m.text", mention) | (enclosure.content() if enclosure else {})
        content["org.enlace.exchange"] = {
            "ref": ref,
            "tlp": str(tlp),
            "from": author.organisation,
            "seq": number,
            "salt": salt.hex(),
            "checkpoint": await self._audit.newest_checkpoint(unit),
        }
        return content


def _file(salt: bytes, enclosure: Enclosure | None) -> dict[str, Any]:
    """What the log holds of a file: its size and a salted digest of its SHA-256, never its name."""
    if enclosure is None:
        return {}
    digest = content_digest(salt, bytes.fromhex(enclosure.sha256))
    return {"file": {"digest": digest, "size": enclosure.size}}


def _place(
    ref: Ref,
    organisation: Handle,
    room: RoomId,
    *,
    is_source: bool,
    root_event: EventId | None = None,
    person: UserId | None = None,
) -> dict[str, Any]:
    return {
        "ref": ref,
        "room": room,
        "organisation": organisation,
        "is_source": is_source,
        "root_event": root_event,
        "person": person,
    }
