"""``!send TARGETS [tlp:LABEL]⏎SUBJECT⏎BODY``: opens an exchange."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any, Protocol

from bot.commands.call import Access, Answer, Call, Command, Question, Refusal, Reply
from bot.commands.questions import WHOLE
from bot.commands.readers import readers_of
from bot.commands.resuming import below, says_again, whole
from bot.db.unit import Unit
from bot.directory.rules.resolve import Addressee, Found, Resolution
from bot.directory.rules.targets import ParsedTargets, behind_the_list, parse_targets
from bot.directory.rules.visibility import visible
from bot.directory.service import Register, by_urgency, say_choice, say_contact
from bot.exchange.model import Author, Envelope, Exchange, Message, Onwards
from bot.exchange.rules.sealed import unopened
from bot.exchange.rules.tlp import accepted_in, level_of
from bot.exchange.rules.written import above
from bot.exchange.service import (
    ABOUT,
    KEPT_ABOUT,
    ONWARD,
    ONWARD_ASKED,
    STATUS_MARK,
    Addressed,
    Addressing,
    Changes,
    EditNotFollowed,
    Enclosures,
    Exchanges,
    Letters,
    NothingTakenAlong,
    Onward,
    enclosed,
    quoted,
    status_line,
    taken,
    wanted,
)
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich, code
from bot.ids import EventId, Ref, RoomId
from bot.ports import TrustView
from bot.tlp import Tlp, UnclearLabel
from keys.fingerprint import OpenPGPFingerprint

LONGEST_SUBJECT = 80
"""Characters of a subject that is taken from the first line of what goes along."""
BY_MAIL, USABLE = "by-mail", "usable-keys"
"""Names in a call's ``extra``: the letters that were offered, and those of their keys that are good now."""
ASK_ABOVE = 5
"""A network is asked about before more than so many rooms get a message."""


class Policy(Protocol):
    """The deployment's rules."""

    @property
    def tlp_default(self) -> Tlp:
        """Label of a message that names none."""


class Needs(Protocol):
    """What ``!send`` uses."""

    @property
    def register(self) -> Register:
        """The directory."""

    @property
    def addressing(self) -> Addressing:
        """Rooms of addressees."""

    @property
    def exchange(self) -> Exchanges:
        """Exchanges."""

    @property
    def onward(self) -> Onward:
        """Sources that are asked."""

    @property
    def changes(self) -> Changes:
        """What becomes of them."""

    @property
    def enclosures(self) -> Enclosures:
        """Files and messages that go along."""

    @property
    def letters(self) -> Letters:
        """Mail for those who are not on enlace."""

    @property
    def trust(self) -> TrustView:
        """Verdicts as of now."""

    @property
    def policy(self) -> Policy:
        """The default label."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be sent."""

    tlp: Tlp
    labelled: bool
    subject: str
    body: str
    said: EventId
    """The event with the text."""

    def line(self, handles: Sequence[str]) -> str:
        """A first line that says the same to these handles."""
        names = " ".join(handle if " " not in handle else f'"{handle}"' for handle in handles)
        return f"{names} {self.tlp} {self.subject}".strip()


async def prepare(call: Call, services: Needs) -> Mapping[str, Any]:
    """What the command is a reply to goes along: it is fetched, checked and encrypted anew before anything is queued.

    A corrected first line takes up the text of the refused one, and with it what that was a reply to."""
    extra = dict(call.extra)
    if KEPT_ABOUT in extra:
        extra[ABOUT] = extra[KEPT_ABOUT]
    more = dict(await services.enclosures.prepare(call.place.room, extra))
    if BY_MAIL in call.extra:
        more[USABLE] = await services.letters.usable(offered[-1] for offered in call.extra[BY_MAIL])
    return more


async def run(call: Call, unit: Unit, services: Needs) -> Answer:
    """Send, or say what was not done; what was taken along stays with a question."""
    answer = await _run(call, unit, services)
    if answer.question is None:
        return answer
    all_of_it = {WHOLE: whole(call, services.register)}
    extra = {**answer.question.extra, **taken(call.extra), **all_of_it, "said": _said(call)}
    return replace(answer, question=replace(answer.question, extra=extra))


async def _run(call: Call, unit: Unit, services: Needs) -> Answer:  # noqa: PLR0911  (one line per refusal)
    """Resolve every target first; send only when all of them are clear, and say otherwise what was not done."""
    register = services.register
    parsed = parse_targets(call.first_line, register.knows)
    if "edits" in call.extra:
        return await _edit(call, unit, services, parsed)
    exchange, message = await _passed_on(call, unit, services)
    letter = _letter(call, parsed, exchange.tlp if exchange is not None else services.policy.tlp_default)
    if exchange is not None and not _subject(parsed) and not call.body:
        letter = replace(letter, subject=exchange.subject)
    if (forbidden := _forbidden(call, letter)) is not None:
        return forbidden
    services.exchange.check_author(letter.tlp, call.caller.user)
    if not parsed.targets or not letter.subject:
        return Refusal(say(call.language, "send-usage" if not parsed.targets else "send-no-subject"))
    own = register.organisation(call.caller.organisation) if call.caller.organisation else None
    addressees: list[Addressee] = []
    group = False
    for number, target in enumerate(parsed.targets):
        resolution = register.resolve(target, own)
        if resolution.found in (Found.NONE, Found.MANY):
            typed = [each.text for each in parsed.targets]
            return _unclear(call, resolution, letter, typed[:number], typed[number + 1 :])
        addressees += resolution.addressees
        group = group or resolution.found is Found.GROUP
    if letter.tlp is Tlp.RED and any(addressee.person is None for addressee in addressees):
        return Refusal(say(call.language, "send-red-names", label=str(letter.tlp)))
    addressed = services.addressing.find(addressees, letter.tlp)
    handles = [str(r.person or r.organisation) for r in addressed.recipients]
    here = [str(r.person or r.organisation) for r in addressed.recipients if r.room == call.place.room]
    if here:
        return Refusal(say(call.language, "send-here", who=here[0]))
    envelopes: tuple[Envelope, ...] = ()
    if addressed.absent:
        envelopes = _envelopes(call, services, addressed, letter)
        if not _agreed(call, addressed, envelopes):
            return _absent(call, services, addressed, letter, handles, envelopes)
    if not call.confirmed and (parsed.leftovers or (group and len(handles) > ASK_ABOVE)):
        return Reply(
            say(call.language, "send-preview", count=len(handles), to=", ".join(handles), subject=letter.subject),
            tlp=letter.tlp,
            question=Question(options=(letter.line(handles),), body=letter.body),
        )
    return await _hand_in(call, unit, services, letter, addressed, exchange, message, envelopes)


def _forbidden(call: Call, letter: Letter) -> Refusal | None:
    """What the labels forbid: the one that is named here, or another one that is written in the text."""
    if accepted_in(letter.tlp, call.place.kind, level_of(call.caller.verdict)).reason == "red-room":
        return Refusal(say(call.language, "send-red-room", label=str(letter.tlp)), kept=False)
    if (written := above(f"{letter.subject}\n{letter.body}", letter.tlp)) is not None:
        said = say(call.language, "send-label", written=str(written), label=str(letter.tlp))
        return Refusal(said, kept=written is not Tlp.RED or call.place.kind == "direct")
    return None


async def _hand_in(
    call: Call,
    unit: Unit,
    services: Needs,
    letter: Letter,
    addressed: Addressed,
    exchange: Exchange | None,
    message: Message | None,
    envelopes: Sequence[Envelope],
) -> Answer:
    """Open the exchange; what came from somebody else (in ``exchange``) waits for their word."""
    handles = [str(r.person or r.organisation) for r in addressed.recipients]
    if call.caller.organisation is None:
        return Refusal(say(call.language, "send-no-organisation"))
    author = Author(
        call.caller.user, call.caller.name, call.caller.organisation, call.caller.verdict.level or "verified"
    )
    body = "\n\n".join(filter(None, [letter.body.rstrip(), quoted(call.extra)]))
    if exchange is not None and message is not None and message.organisation != author.organisation:
        if letter.tlp < exchange.tlp:
            return Refusal(say(call.language, "onward-lower", label=str(exchange.tlp), source=message.organisation))
        wish = Onwards(
            author,
            call.caller.device,
            call.place.room,
            call.place.kind,
            call.event_id,
            letter.tlp,
            letter.subject,
            body,
            call.language,
            tuple(addressed.recipients),
            enclosed(call.extra),
        )
        said_in = await services.exchange.get(unit, message.ref)
        if said_in is None:
            raise LookupError(message.ref)
        await services.onward.ask(unit, said_in, message, wish, services.addressing.language_of(message.room))
        asked = say(call.language, "onward-asked", source=message.organisation, to=", ".join(handles))
        return Reply(asked, tlp=letter.tlp, mark=ONWARD_ASKED, ref=exchange.ref)
    ref = await services.exchange.open(
        unit,
        author=author,
        device=call.caller.device,
        source_room=call.place.room,
        source_kind=call.place.kind,
        source_event=call.event_id,
        said=letter.said,
        tlp=letter.tlp,
        subject=letter.subject,
        body=body,
        language=call.language,
        recipients=addressed.recipients,
        enclosure=enclosed(call.extra),
        carries=bool(taken(call.extra)),
        origin=message.id if message is not None else None,
        notes=[
            *(["unopened"] if unopened(letter.body) else []),
            *([] if letter.labelled else ["default-label"]),
        ],
        by_mail=[envelope.organisation for envelope in envelopes],
    )
    if envelopes:
        names = [*(r.name for r in addressed.recipients), *(str(e.organisation) for e in envelopes)]
        await services.letters.post(unit, ref, letter.tlp, author, letter.subject, body, envelopes, names)
    opened = await services.exchange.get(unit, ref)
    if opened is None:
        raise LookupError(ref)
    text = status_line(opened, await services.exchange.measure(unit, opened))
    return Reply(text, tlp=letter.tlp, mark=STATUS_MARK, ref=ref)


async def _passed_on(call: Call, unit: Unit, services: Needs) -> tuple[Exchange | None, Message | None]:
    """What came in an exchange and is to go on: that exchange, and the message that said it first, be it in another.

    Only who takes part in the exchange may pass it on.
    Raises :class:`UnknownExchange` or :class:`NothingTakenAlong`."""
    if ONWARD not in call.extra:
        return None, None
    what = call.extra[ONWARD]
    caller = call.caller
    exchange, _ = await services.exchange.seat(
        unit, Ref(what["ref"]), caller.user, caller.organisation, call.place.room
    )
    message = await services.exchange.message(unit, RoomId(what["room"]), EventId(what["said"]))
    if message is None or message.withdrawn or not quoted(call.extra):
        raise NothingTakenAlong
    return exchange, message


async def _edit(call: Call, unit: Unit, services: Needs, parsed: ParsedTargets) -> Answer:
    """The source has edited its ``!send``: the copies follow, unless label or targets would be others now."""
    message = await services.exchange.message(unit, call.place.room, EventId(call.extra["edits"]))
    if message is None:
        raise LookupError(call.extra["edits"])
    letter = _letter(call, parsed, services.policy.tlp_default)
    exchange = await services.exchange.get(unit, message.ref)
    own = services.register.organisation(call.caller.organisation) if call.caller.organisation else None
    found = [services.register.resolve(target, own) for target in parsed.targets]
    named = {a.person.mxid if a.person else a.organisation.handle for f in found for a in f.addressees}
    by_mail = [str(one.post.organisation) for one in await services.exchange.letters(unit, message.ref)]
    if (
        exchange is None
        or own is None
        or not letter.subject
        or letter.tlp is not exchange.tlp
        or any(f.found in (Found.NONE, Found.MANY) for f in found)
        or named != {p.person or p.organisation for p in exchange.participants if not p.is_source} | {*by_mail}
    ):
        raise EditNotFollowed(ref=message.ref)
    author = Author(call.caller.user, call.caller.name, own.handle, call.caller.verdict.level or "verified")
    device = call.caller.device
    await services.changes.edit(unit, message, author, device, call.event_id, letter.body, subject=letter.subject)
    if by_mail:
        text = say(call.language, "send-edit-not-mailed", ref=message.ref, who=", ".join(by_mail))
        return Reply(text, tlp=exchange.tlp, ref=message.ref)
    return Reply(Rich(), ref=message.ref, silent=True)


def _letter(call: Call, parsed: ParsedTargets, default: Tlp) -> Letter:
    subject, body = _subject(parsed), call.body
    if "kept" in call.extra:
        body = below(subject, str(call.extra["kept"]))
    if not subject and unopened(body.lstrip("\n").split("\n", 1)[0]):
        subject = say(call.language, "send-encrypted-subject").plain
    if not subject:
        lines = body.lstrip("\n").split("\n", 1)
        subject, body = lines[0].strip(), lines[1] if len(lines) > 1 else ""
    if not subject:
        enclosure, said = enclosed(call.extra), quoted(call.extra).split("\n", 2)
        subject = enclosure.name if enclosure else said[1][:LONGEST_SUBJECT] if len(said) > 1 else ""
    return Letter(parsed.tlp or default, parsed.tlp is not None, subject, body, _said(call))


def _subject(parsed: ParsedTargets) -> str:
    return " ".join([*parsed.leftovers, parsed.rest]).strip()


def resumes(first_line: str, register: Register, refused: str) -> bool:
    """Whether the line is to say the same anew; one with another subject is a message of its own."""
    try:
        parsed = parse_targets(first_line, register.knows)
    except UnclearLabel:
        return says_again(behind_the_list(first_line), refused)
    return says_again(parsed.rest or _subject(parsed), refused)


def _said(call: Call) -> EventId:
    """The event with the text: an earlier one, if it was refused or asked about first."""
    return EventId(call.extra.get("kept-said") or call.extra.get("said") or call.event_id)


def _unclear(
    call: Call, resolution: Resolution, letter: Letter, before: Sequence[str], behind: Sequence[str]
) -> Refusal:
    """Ambiguity is never guessed: a numbered list, and nothing was sent.  The other targets stay as typed."""
    typed = resolution.target.text
    found = resolution.found is Found.MANY
    choices = {str(choice.organisation.handle): choice for choice in resolution.choices[:9]}
    handles = list(choices)
    key = "send-ambiguous" if found else "send-unknown" if not handles else "send-nearest"
    lines = [say(call.language, key, target=typed)]
    if resolution.why is not None and not found:
        lines.append(say(call.language, f"send-why-{resolution.why}", target=typed, spelled=resolution.spelled))
    lines += [
        Rich(f"{number}. ", f"{number}. ") + say_choice(choice, call.language)
        for number, choice in enumerate(choices.values(), start=1)
    ]
    options = tuple(letter.line([*before, handle, *behind]) for handle in handles)
    return Refusal(Rich.lines(lines), Question(options=options, body=letter.body) if handles else None)


def _envelopes(call: Call, services: Needs, addressed: Addressed, letter: Letter) -> tuple[Envelope, ...]:
    """To whom it can go by mail: neither files nor what is somebody else's, and only to keys that are good."""
    if enclosed(call.extra) or ONWARD in call.extra:
        return ()
    readers = readers_of(call, services.register, services.trust)
    found = services.letters.envelopes(addressed.absent, readers, letter.tlp)
    return tuple(e for e in found if USABLE not in call.extra or e.fingerprint in call.extra[USABLE])


def _agreed(call: Call, addressed: Addressed, envelopes: Sequence[Envelope]) -> bool:
    """Whether the caller was shown just these addresses and keys, and everybody who is not on enlace has one."""
    everybody = {addressee.organisation.handle for addressee in addressed.absent}
    shown = [list(envelope) for envelope in call.extra.get(BY_MAIL, ())]
    asked = call.confirmed and shown == [list(astuple(envelope)) for envelope in envelopes]
    return asked and everybody == {envelope.organisation for envelope in envelopes}


def _absent(
    call: Call,
    services: Needs,
    addressed: Addressed,
    letter: Letter,
    handles: Sequence[str],
    envelopes: Sequence[Envelope],
) -> Refusal:
    """Not on enlace yet: neither sent nor held; whom to phone instead, as far as everybody here may see, and a letter
    to whom it can be written."""
    audience = readers_of(call, services.register, services.trust)
    keys = {envelope.organisation: envelope.fingerprint for envelope in envelopes}
    lines = []
    for addressee in addressed.absent:
        organisation = addressee.organisation
        connected = services.register.connected(organisation.handle)
        ways = Rich()
        for contact in by_urgency(visible(organisation.contacts, audience, organisation, connected)):
            ways = ways + (Rich(" · ", " · ") if ways else Rich()) + say_contact(contact)
        if ways and organisation.openpgp:
            first = keys.get(organisation.handle, organisation.openpgp[0].fingerprint)
            fingerprint = OpenPGPFingerprint(first).grouped()
            ways = ways + Rich(" · OpenPGP ", " · OpenPGP ") + code(fingerprint)
        lines.append(
            say(
                call.language,
                "send-absent" if ways else "send-absent-nothing",
                who=str(addressee.person.mxid if addressee.person else organisation.handle),
                **({"ways": ways} if ways else {}),
            )
        )
        if organisation.handle not in keys and not addressee.person and BY_MAIL in call.extra:
            lines.append(say(call.language, "send-mail-no-key", who=str(organisation.handle)))
    if services.letters.possible and (enclosed(call.extra) or ONWARD in call.extra):
        lines.append(say(call.language, "send-mail-text-only"))
    by_mail = ", ".join(f"{envelope.organisation} ({envelope.address})" for envelope in envelopes)
    if handles:
        lines.append(say(call.language, "send-mail-others" if by_mail else "send-absent-others", to=", ".join(handles)))
    if by_mail:
        lines.append(say(call.language, "send-mail-ask", who=by_mail))
    everybody = [*handles, *keys]
    if not everybody:
        return Refusal(Rich.lines(lines))
    extra = {BY_MAIL: [list(astuple(envelope)) for envelope in envelopes]} if envelopes else {}
    return Refusal(Rich.lines(lines), Question(options=(letter.line(everybody),), body=letter.body, extra=extra))


def _takes_time(call: Call) -> bool:
    return wanted(call.extra) or KEPT_ABOUT in call.extra or BY_MAIL in call.extra


COMMAND = Command(
    name="send",
    access=Access.DESK,
    run=run,
    prepare=prepare,
    prepares=_takes_time,
    group="exchange",
    resumes=resumes,
    whole=whole,
)
