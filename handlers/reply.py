"""``!reply MSG-… TEXT``, and everything said in an exchange's thread."""

from collections.abc import Mapping
from typing import Any, Protocol

from bot.commands.call import Access, Answer, Call, Command, Question, Refusal, Reply
from bot.db.unit import Unit
from bot.directory.service import Register
from bot.exchange.model import Author
from bot.exchange.service import Addressing, Enclosures, Exchanges, UnknownExchange, enclosed, taken, wanted
from bot.i18n.catalogue import say
from bot.ids import RoomId, parse_ref


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
    def enclosures(self) -> Enclosures:
        """Files that go along."""


async def prepare(call: Call, services: Needs) -> Mapping[str, Any]:
    """A file is fetched, checked and encrypted anew before anybody is asked and anything is queued."""
    return await services.enclosures.prepare(call.place.room, call.extra)


async def run(call: Call, unit: Unit, services: Needs) -> Answer:
    """Relay to the other participants; a person's first message in a thread is asked about once."""
    if call.extra.get("in_thread"):
        word, text = call.first_line, call.body
    else:
        word, _, rest = call.first_line.partition(" ")
        text = f"{rest}\n{call.body}".strip("\n") if call.body else rest
    enclosure = enclosed(call.extra)
    if not word or not (text.strip() or enclosure):
        return Refusal(say(call.language, "reply-usage"))
    ref = parse_ref(word)
    exchange = await services.exchange.get(unit, ref)
    own = call.caller.organisation
    if exchange is None or own is None:
        raise UnknownExchange(ref=ref)
    place = exchange.in_room(call.place.room)
    if place is None or place.organisation != own:
        place = next((p for p in exchange.participants if p.organisation == own and p.left_at is None), None)
    if place is None or (place.person not in (None, call.caller.user)):
        raise UnknownExchange(ref=ref)
    to = services.exchange.reach(exchange, place.room)
    names = ", ".join(p.organisation for p in to)
    asks = bool(call.extra.get("in_thread")) and not call.confirmed
    if asks and await services.exchange.needs_consent(unit, exchange, call.caller.user):
        return Reply(
            say(call.language, "exchange-consent", to=names),
            tlp=exchange.tlp,
            question=Question(options=(str(ref),), body=text, extra={"in_thread": True, **taken(call.extra)}),
        )
    languages: dict[RoomId, str] = {}
    for other in to:
        record = services.register.room(other.room)
        if record is not None:
            languages[other.room] = services.addressing.language(record)
    reached = await services.exchange.relay(
        unit,
        exchange=exchange,
        author=Author(call.caller.user, call.caller.name, own, call.caller.verdict.level or "verified"),
        device=call.caller.device,
        room=place.room,
        event=call.event_id,
        text=text,
        languages=languages,
        enclosure=enclosure,
    )
    if not reached:
        return Refusal(say(call.language, "exchange-nobody-left", ref=ref))
    # Once somebody has consented, the thread is a conversation: no answer to every line.
    quiet = bool(call.extra.get("in_thread")) and not call.confirmed
    return Reply(say(call.language, "exchange-relayed", ref=ref, to=names), tlp=exchange.tlp, ref=ref, silent=quiet)


def _brings_file(call: Call) -> bool:
    return bool(call.extra.get("in_thread")) and wanted(call.extra)


COMMAND = Command(name="reply", access=Access.DESK, run=run, prepare=prepare, prepares=_brings_file, group="exchange")
