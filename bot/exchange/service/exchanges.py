"""Use cases of exchanges, each within the caller's unit: open, relay, report how far the copies are."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bot.audit.service import Actor, AuditLog, content_digest
from bot.db.unit import Unit
from bot.errors import NotDone
from bot.exchange import tables
from bot.exchange.model import Author, Enclosure, Exchange, Participant, Progress, Recipient
from bot.exchange.rules.tlp import Leg, Way, accepted_in, level_of, rule
from bot.exchange.service.authors import keep_to_ceiling
from bot.exchange.service.records import Records, UnknownExchange
from bot.exchange.service.texts import first_copy, line, status_line
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich
from bot.ids import DeviceId, EventId, Handle, Ref, RoomId, UserId, ref_from
from bot.outbox.model import Audience, Kind, Outgoing, Post, State, Tally, content_of
from bot.outbox.service import Outbox
from bot.ports import Sealer, TrustView
from bot.tlp import Tlp

MAX_BODY = 16_000
"""Bytes of a body.  It travels twice, plain and as HTML, inside base64, and an event may have 65 536 bytes
(Matrix spec v1.19, Size limits)."""
ROOT_MARK, STATUS_MARK = "root", "status"
"""Marks of the copies of a first message, and of the line that says how far they are."""
LOST = (State.FAILED, State.EXPIRED)
RENEWAL, TAKEN_UP = "renewal", "renewal-taken-up"
"""Marks of an edit of a status line: as it waits, and once the sender has taken it up."""


class ExchangeClosed(NotDone):
    """{ref} is closed; nothing was relayed."""

    code = "exchange-closed"


class TooLong(NotDone):
    """The text is too long: {size} bytes, and {limit} fit into a message. Nothing was sent."""

    code = "too-long"


class LabelForbids(NotDone):
    """{label} does not let this go to {whom}. Nothing was sent."""

    code = "label-forbids"


UNVERIFIED = {f"room-members-{how}" for how in ("known", "unchanged", "unrevoked", "current")}
"""Checks of a room (:mod:`keys.trust.room`) that name people who are there and not verified."""


class Numbered(NamedTuple):
    """A message as it was counted in."""

    message: str
    seq: int


class Exchanges(Records):
    """The exchanges of one deployment."""

    def __init__(self, outbox: Outbox, audit: AuditLog, sealer: Sealer, trust: TrustView) -> None:
        super().__init__(outbox, sealer)
        self._audit = audit
        self._trust = trust

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
        names = [str(r.organisation) for r in recipients] + [str(handle) for handle in by_mail]
        posts = []
        for recipient in recipients:
            others = [str(r.organisation) for r in recipients if r.organisation != recipient.organisation]
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
                "to": names,
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
        size = len(body.encode()) + len(subject.encode())
        if size > MAX_BODY:
            raise TooLong(size=size, limit=MAX_BODY)
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
        size = len(text.encode())
        if size > MAX_BODY:
            raise TooLong(size=size, limit=MAX_BODY)
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

    # --- what became of it ------------------------------------------------------------------------------

    async def landed(self, unit: Unit, landed: Sequence[tuple[Outgoing, EventId]]) -> None:
        """Copies are in their rooms: of first messages, remember the thread's root and renew the status line."""
        roots = [
            (row.post.ref, row.post.room, row.id, event)
            for row, event in landed
            if row.post.ref is not None and row.post.mark == ROOT_MARK
        ]
        await tables.set_roots(unit, roots)
        for ref in dict.fromkeys(ref for ref, *_ in roots):
            await self.progress(unit, ref)

    async def measure(self, unit: Unit, exchange: Exchange) -> Progress:
        """How far the copies of the first message are, and how many answers came."""
        tally = await self._outbox.tally(unit, exchange.ref, ROOT_MARK)
        copies = {counted.state: counted for counted in tally if counted.kind is Kind.COPY}
        sent = copies.get(State.SENT)
        named = await self._named(unit, exchange.ref) if any(map(_is_named, tally)) else []
        held = [row.post for row in named if row.state is State.HELD and row.post.kind is Kind.COPY]
        opened = await tables.message_number(unit, exchange.ref, 1)
        return Progress(
            rooms_reached=sent.rows if sent else 0,
            rooms_meant=sum(counted.rows for state, counted in copies.items() if state is not State.DROPPED),
            devices_reached=sent.devices[0] if sent else 0,
            devices_meant=sent.devices[1] if sent else 0,
            answers=await tables.answers(unit, exchange.ref, exchange.author.organisation),
            held=tuple(
                (r.post.organisation or "", r.reason or "")
                for r in named
                if r.state is State.HELD and r.post.kind is Kind.COPY
            ),
            lost=tuple((r.post.organisation or "", r.reason or "") for r in named if r.state in LOST),
            unverified={post.organisation or "": self._unverified(post.room) for post in held},
            withdrawn=opened is not None and opened.withdrawn_at is not None,
            letters=tuple(
                (r.post.organisation or "", r.state is State.SENT)
                for r in named
                if r.post.kind is Kind.LETTER and r.state is not State.DROPPED
            ),
        )

    async def _named(self, unit: Unit, ref: Ref) -> list[Outgoing]:
        """The copies and letters of the first message, copies first."""
        copies = await self._outbox.of_ref(unit, ref, Kind.COPY)
        return [*(row for row in copies if row.post.mark == ROOT_MARK), *await self.letters(unit, ref)]

    def _unverified(self, room: RoomId) -> str:
        failed = self._trust.room(room).failed
        return ", ".join(str(check.values["users"]) for check in failed if check.name in UNVERIFIED)

    async def progress(self, unit: Unit, ref: Ref) -> None:
        """Have the one status line that the source sees renewed; an edit that waits already will say this too."""
        if await self._outbox.waits(unit, ref, Kind.STATUS, RENEWAL):
            return
        exchange = await self.get(unit, ref)
        if exchange is None:
            return
        marked = [r for r in await self._outbox.of_ref(unit, ref, Kind.REPLY) if r.post.mark == STATUS_MARK]
        if not marked:
            return
        await self._outbox.post(
            unit,
            Post(
                room=exchange.source.room,
                kind=Kind.STATUS,
                content=await self._line(unit, exchange),
                audience=Audience.PINNED,
                tlp=exchange.tlp,
                ref=ref,
                edits=marked[0].id,
                mark=RENEWAL,
            ),
        )

    async def renewed(self, unit: Unit, row: Outgoing) -> Mapping[str, Any]:
        """What an edit that is about to be sent says: of a status line, how things are now.

        What happens from here on is said by another edit."""
        if row.post.mark not in (RENEWAL, TAKEN_UP) or row.post.ref is None:
            return row.post.content
        await self._outbox.remark(unit, row, TAKEN_UP)
        exchange = await self.get(unit, row.post.ref)
        return row.post.content if exchange is None else await self._line(unit, exchange)

    async def _line(self, unit: Unit, exchange: Exchange) -> dict[str, Any]:
        return content_of(status_line(exchange, await self.measure(unit, exchange)), "m.notice")

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


def _is_named(counted: Tally) -> bool:
    """Whether a status line names the organisation: of what is held or lost, and of every letter."""
    return counted.kind is Kind.LETTER or counted.state in (State.HELD, *LOST)


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
