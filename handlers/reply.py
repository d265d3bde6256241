"""``!reply MSG-… TEXT``, ``!all TEXT``, and everything said in an exchange's thread."""

from collections.abc import Mapping
from typing import Any, Protocol

from bot.commands.call import Access, Answer, Call, Command, Question, Refusal, Reply
from bot.commands.pointing import exchanges_at, only
from bot.commands.questions import TO_BOT
from bot.db.unit import Unit
from bot.directory.service import Register
from bot.exchange.model import Author, Exchange, Participant
from bot.exchange.rules.tlp import accepted_in, level_of
from bot.exchange.rules.written import above, partly_stays
from bot.exchange.service import (
    ABOUT,
    Addressing,
    Changes,
    EditNotFollowed,
    Enclosures,
    Exchanges,
    UnknownExchange,
    enclosed,
    quoted,
    taken,
    wanted,
)
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich
from bot.ids import EventId, Handle, RoomId, parse_ref


class Needs(Protocol):
    """What ``!reply`` uses."""

    @property
    def register(self) -> Register:
        """The directory."""

    @property
    def addressing(self) -> Addressing:
        """Languages of rooms."""

    @property
    def exchange(self) -> Exchanges:
        """Exchanges."""

    @property
    def changes(self) -> Changes:
        """What becomes of them."""

    @property
    def enclosures(self) -> Enclosures:
        """Files that go along."""


async def prepare(call: Call, services: Needs) -> Mapping[str, Any]:
    """A file, or what the command is a reply to, is fetched, and a file encrypted anew, before anything is queued."""
    return await services.enclosures.prepare(call.place.room, call.extra)


async def run(call: Call, unit: Unit, services: Needs) -> Answer:
    """Relay to the other participants; a person's first message in a thread is asked about once."""
    if "edits" in call.extra:
        return await _edit(call, unit, services)
    enclosure = enclosed(call.extra)
    exchange, place, typed = await _read(call, unit, services)
    text, kept = typed, not call.confirmed and partly_stays(typed)
    if not call.confirmed:
        text = "\n\n".join(filter(None, [text.rstrip(), quoted(call.extra)]))
    if exchange is None or place is None or not (text.strip() or enclosure):
        return Refusal(say(call.language, "reply-usage"))
    own = call.caller.organisation
    if own is None:
        raise UnknownExchange(ref=exchange.ref)
    if (refusal := _forbidden(call, exchange, "" if call.confirmed else typed)) is not None:
        return refusal
    services.exchange.check_author(exchange.tlp, call.caller.user)
    everyone = call.name == EVERYBODY.name
    to = services.exchange.reach(exchange, place.room, everyone=everyone)
    names = ", ".join(p.organisation for p in to)
    in_thread = bool(call.extra.get("in_thread"))
    asks = (in_thread or everyone) and not call.confirmed
    to_bot = asks and call.extra.get(TO_BOT)
    if kept or to_bot or (asks and await services.exchange.needs_consent(unit, exchange, call.caller.user)):
        return Reply(
            say(call.language, "exchange-consent-kept" if kept else "exchange-consent", to=names),
            tlp=exchange.tlp,
            question=Question(
                options=(str(exchange.ref),),
                body=text,
                extra={"in_thread": True, **taken(call.extra)},
            ),
        )
    languages: dict[RoomId, str] = {}
    for other in to:
        record = services.register.room(other.room)
        if record is not None:
            languages[other.room] = services.addressing.language(record)
    reached: tuple[Participant, ...] = ()
    if to or not exchange.open:  # what is closed is refused as that
        reached = await services.exchange.relay(
            unit,
            exchange=exchange,
            author=_author(call, own),
            device=call.caller.device,
            room=place.room,
            said_in=call.place.room,
            event=EventId(str(call.extra.get("said") or call.event_id)),
            text=text,
            languages=languages,
            enclosure=enclosure,
            everyone=everyone,
            carries=bool(taken(call.extra)),
        )
    if not reached:
        why = "exchange-not-mailed" if await services.exchange.letters(unit, exchange.ref) else "exchange-nobody-left"
        return Refusal(say(call.language, why, ref=exchange.ref))
    # Once somebody has consented, the thread is a conversation: no answer to every line.
    quiet = in_thread and not call.confirmed
    said = say(call.language, "exchange-relayed", ref=exchange.ref, to=names)
    left_out = len(services.exchange.reach(exchange, place.room, everyone=True)) - len(to)
    if left_out:
        said = Rich.lines([said, say(call.language, "exchange-left-out", count=left_out)])
    return Reply(said, tlp=exchange.tlp, ref=exchange.ref, silent=quiet)


def _forbidden(call: Call, exchange: Exchange, typed: str) -> Refusal | None:
    """What the labels forbid: that of the exchange here, or one that is written in the text."""
    label = str(exchange.tlp)
    if accepted_in(exchange.tlp, call.place.kind, level_of(call.caller.verdict)).reason == "red-room":
        return Refusal(say(call.language, "reply-red", label=label, ref=exchange.ref), kept=False)
    if (written := above(typed, exchange.tlp)) is not None:
        said = say(call.language, "reply-label", written=str(written), label=label, ref=exchange.ref)
        return Refusal(said, kept=False)
    return None


async def _read(call: Call, unit: Unit, services: Needs) -> tuple[Exchange | None, Participant | None, str]:
    """The exchange, the caller's place in it, and what is said; no exchange where one cannot be told."""
    word, text = call.first_line, call.body
    if not call.extra.get("in_thread"):
        word, _, text = call.first_line.partition(" ")
        points = () if word.upper().startswith("MSG") else (call.thread, call.reply_to)
        exchange = only(await exchanges_at(unit, services.exchange, call.place.room, *points))
        if exchange is not None:
            word, text = str(exchange.ref), call.first_line
        text = f"{text}\n{call.body}".strip("\n") if call.body else text
    if not word:
        return None, None, ""
    caller = call.caller
    found, place = await services.exchange.seat(
        unit, parse_ref(word), caller.user, caller.organisation, call.place.room
    )
    return found, place, text


async def _edit(call: Call, unit: Unit, services: Needs) -> Answer:
    """The author has edited what was relayed: the copies follow, unless it would not be relayed at all now."""
    message = await services.exchange.message(unit, call.place.room, EventId(call.extra["edits"]))
    if message is None:
        raise LookupError(call.extra["edits"])
    text = call.body
    relayed = text.strip() and not partly_stays(text) and not text.lstrip().startswith(("!", "¡", "！"))
    if call.caller.organisation is None or not relayed:
        raise EditNotFollowed(ref=message.ref)
    await services.changes.edit(
        unit, message, _author(call, call.caller.organisation), call.caller.device, call.event_id, text
    )
    return Reply(Rich(), ref=message.ref, silent=True)


def _author(call: Call, own: Handle) -> Author:
    return Author(call.caller.user, call.caller.name, own, call.caller.verdict.level or "verified")


def _brings(call: Call) -> bool:
    """A file posted in the thread; or what is pointed at by a line that names its exchange.

    Else the message that is replied to only says which exchange is meant."""
    named = call.first_line.upper().startswith("MSG-") and ABOUT in call.extra
    return (bool(call.extra.get("in_thread")) or named) and wanted(call.extra)


COMMAND = Command(name="reply", access=Access.DESK, run=run, prepare=prepare, prepares=_brings, group="exchange")
EVERYBODY = Command(name="all", access=Access.DESK, run=run, prepare=prepare, prepares=_brings, group="exchange")
