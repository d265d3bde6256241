"""``!status``: this room, the caller's organisation's open business, and whether the bot hears its homeserver."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Protocol

from babel.dates import format_timedelta

from bot.commands.access import may
from bot.commands.call import Access, Answer, Call, Command, Reply
from bot.db.unit import Unit
from bot.directory.rules.confirming import unconfirmed
from bot.directory.service import Register
from bot.directory.service.confirming import say_confirmed
from bot.exchange.model import Exchange, Progress
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich, code
from bot.ids import Handle, Ref
from bot.outbox.model import Audience, Kind, Outgoing, State
from bot.tlp import Tlp

SHOWN = 5
"""References that are written out; the rest is counted."""
LOOKED_AT = 50
"""Of the newest exchanges; so that the answer costs the same whatever lies open."""
SOON = timedelta(minutes=1)
"""What is on its way for no longer is not worth a line."""


class Exchanges(Protocol):
    """What this command uses of the exchanges."""

    async def open_refs(self, unit: Unit, organisation: Handle) -> list[Ref]:
        """The organisation's open exchanges, newest first."""

    async def get(self, unit: Unit, ref: Ref) -> Exchange | None:
        """One exchange."""

    async def measure(self, unit: Unit, exchange: Exchange) -> Progress:
        """How far its copies are."""


class Escalations(Protocol):
    """What this command uses of the escalations."""

    async def open_refs(self, unit: Unit, organisation: Handle) -> list[Ref]:
        """Open escalations that the organisation calls in or is called by, newest first."""


class Assist(Protocol):
    """What this command uses of the requests for help."""

    async def open_refs(self, unit: Unit, organisation: Handle) -> list[Ref]:
        """Open requests that the organisation made or can take, oldest first."""


class Waiting(Protocol):
    """What this command uses of the outbox."""

    async def held(self, unit: Unit) -> list[Outgoing]:
        """Everything that is held."""

    async def of_ref(self, unit: Unit, ref: Ref, *kinds: Kind) -> list[Outgoing]:
        """Everything of these kinds that belongs to a reference."""


class Policy(Protocol):
    """The deployment's rules."""

    @property
    def confirm_every_days(self) -> int:
        """So long a confirmation of an entry is good."""

    @property
    def stale_after_days(self) -> int:
        """An entry that nobody confirmed for so long is stale."""


class Health(Protocol):
    """How the bot is."""

    @property
    def uptime_seconds(self) -> float:
        """Since the process started."""

    @property
    def synced_age_seconds(self) -> float | None:
        """Since the homeserver last answered a sync; None before the first."""


class Needs(Protocol):
    """What this command uses."""

    @property
    def exchange(self) -> Exchanges:
        """Exchanges."""

    @property
    def escalation(self) -> Escalations:
        """Escalations."""

    @property
    def assist(self) -> Assist:
        """Requests for help."""

    @property
    def outbox(self) -> Waiting:
        """What waits to be sent."""

    @property
    def register(self) -> Register:
        """The directory."""

    @property
    def policy(self) -> Policy:
        """When an entry is to be confirmed."""

    @property
    def health(self) -> Health:
        """The bot's own state."""


async def run(call: Call, unit: Unit, services: Needs) -> Answer:
    """Answer with the room's state, the organisation's open business (in its own rooms only), and the bot's."""
    language = call.language
    lines = [say(language, f"status-room-{'verified' if call.place.verified else 'not-verified'}")]
    organisation = _own_organisation(call)
    if organisation is not None:
        lines += await _business(call, unit, services, organisation)
        lines.append(_own_entry(call, services, organisation))
    if organisation is not None and call.caller.coordinator and call.place.kind == "direct":
        lines.append(_stale_entries(call, services))
    lines.append(_health(language, services.health))
    if organisation is not None:
        return Reply(Rich.lines(lines), tlp=Tlp.AMBER, audience=Audience.PINNED)
    return Reply(Rich.lines(lines), tlp=Tlp.CLEAR, audience=Audience.OPEN)


def _own_organisation(call: Call) -> Handle | None:
    """The caller's organisation, if this is its own verified room (or the caller's) and the caller is verified."""
    organisation = call.caller.organisation
    if organisation is None or may(Access.DESK, call.caller, call.place) is not None:
        return None
    theirs = {handle.casefold() for handle in call.place.organisations} == {organisation.casefold()}
    return organisation if theirs or call.place.kind == "direct" else None


async def _business(call: Call, unit: Unit, services: Needs, organisation: Handle) -> list[Rich]:
    language = call.language
    exchanges = []
    refs = await services.exchange.open_refs(unit, organisation)
    for ref in refs[:LOOKED_AT]:
        exchange = await services.exchange.get(unit, ref)
        if exchange is not None and _may_see(call, exchange):
            exchanges.append(exchange)
    calls = await services.escalation.open_refs(unit, organisation)
    lines = [
        say(language, "status-organisation", organisation=organisation),
        say(
            language,
            "status-exchanges",
            count=len(exchanges) + len(refs[LOOKED_AT:]),
            refs=_refs([exchange.ref for exchange in exchanges]),
        ),
        say(language, "status-escalations", count=len(calls), refs=_refs(calls)),
    ]
    if requests := await services.assist.open_refs(unit, organisation):
        lines.append(say(language, "status-requests", count=len(requests), refs=_refs(requests)))
    for exchange in exchanges:
        lines += await _undelivered(call, unit, services, exchange, organisation)
    waiting = [
        row
        for row in await services.outbox.held(unit)
        if (row.post.organisation or "").casefold() == organisation.casefold() and row.post.tlp is not Tlp.RED
    ]
    if waiting:
        lines.append(say(language, "status-waiting", count=len(waiting)))
    return lines


async def _undelivered(call: Call, unit: Unit, services: Needs, exchange: Exchange, organisation: Handle) -> list[Rich]:
    """What the organisation said there and is not where it should be: for whom, and since when."""
    rows = await services.outbox.of_ref(unit, exchange.ref, Kind.COPY, Kind.LETTER)
    own = [row for row in rows if _said_by(row, exchange).casefold() == organisation.casefold()]
    held = [row for row in own if row.state is State.HELD]
    late = [row for row in own if row.state is State.QUEUED and call.now - row.accepted_at > SOON]
    lines = [
        say(
            call.language,
            key,
            ref=code(exchange.ref),
            who=_whom(row.post.organisation or "–" for row in waiting),
            since=f"{min(row.held_since or row.accepted_at for row in waiting):%Y-%m-%d %H:%M} UTC",
        )
        for key, waiting in (("status-held", held), ("status-late", late))
        if waiting
    ]
    if exchange.author.organisation.casefold() == organisation.casefold():
        lost = (await services.exchange.measure(unit, exchange)).lost
        if lost:
            lines.append(say(call.language, "status-lost", ref=code(exchange.ref), who=_whom(who for who, _ in lost)))
    return lines


def _said_by(row: Outgoing, exchange: Exchange) -> str:
    """Whose words a row carries: a letter's are those of who opened the exchange.  Empty once they are wiped."""
    if row.post.kind is Kind.LETTER:
        return exchange.author.organisation
    return str(row.post.content.get("org.enlace.exchange", {}).get("from", ""))


def _whom(handles: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(handles))


def _own_entry(call: Call, services: Needs, organisation: Handle) -> Rich:
    """Whether the organisation's own entry is to be confirmed."""
    entry = services.register.organisation(organisation)
    if entry is None or not unconfirmed(entry, services.policy.confirm_every_days, call.now.date()):
        return Rich()
    return say(call.language, "status-entry", last=say_confirmed(entry, call.language))


def _stale_entries(call: Call, services: Needs) -> Rich:
    """How many entries are stale, for who keeps the directory."""
    days, entries = services.policy.stale_after_days, services.register.organisations()
    stale = sum(unconfirmed(entry, days, call.now.date()) for entry in entries)
    return say(call.language, "status-stale", count=stale, of=len(entries), days=days)


def _may_see(call: Call, exchange: Exchange) -> bool:
    """TLP:RED is shown to the named people alone, each in their own direct room."""
    if exchange.tlp is not Tlp.RED:
        return True
    named = {exchange.author.user, *(p.person for p in exchange.participants)}
    return call.place.kind == "direct" and call.caller.user in named


def _refs(refs: Sequence[Ref]) -> Rich:
    if not refs:
        return Rich("–", "–")
    shown = [code(ref) for ref in refs[:SHOWN]]
    rest = " …" if len(refs) > SHOWN else ""
    return Rich(", ".join(p.plain for p in shown) + rest, ", ".join(p.html for p in shown) + rest)


def _health(language: str, health: Health) -> Rich:
    up = _span(health.uptime_seconds, language)
    if health.synced_age_seconds is None:
        return say(language, "status-health-unheard", up=up)
    return say(language, "status-health", up=up, heard=_span(health.synced_age_seconds, language))


def _span(seconds: float, language: str) -> str:
    return format_timedelta(timedelta(seconds=max(seconds, 0)), threshold=1.5, locale=language)


COMMAND = Command(name="status", access=Access.ANYONE, run=run)
