"""``!assist [list] | offer | request | take | pass | withdraw``: help, in the terms of FIRST's services framework."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Protocol

from bot.assist.model import Asked, Matches, Member, Offer, Origin, Request
from bot.assist.rules.terms import Meant, split_term, split_terms
from bot.assist.service import Assist, area_name, framework, lexicon, service_name
from bot.assist.service.texts import instant, label
from bot.commands.answers import fold
from bot.commands.call import Access, Answer, Call, Command, Question, Refusal, Reply
from bot.commands.readers import readers_of
from bot.db.unit import Unit
from bot.directory.model import Organisation
from bot.directory.rules.targets import split_at_label
from bot.directory.rules.visibility import DETAILS, may_see
from bot.directory.service import Register, language_name
from bot.errors import NotDone
from bot.i18n.catalogue import catalogue, say
from bot.i18n.rich import Rich
from bot.ids import EventId, parse_ref
from bot.outbox.model import Audience
from bot.ports import TrustView
from bot.tlp import Tlp

ACTS = ("list", "offer", "request", "take", "pass", "withdraw")
ASK_ABOVE = 5
"""So many organisations are asked without a question back, as by ``!send``."""
SHOWN = 12
"""Offers that a list names."""
QUOTED = 60
"""Characters of a term that is not known: a whole text may stand where one was expected."""


class Policy(Protocol):
    """The deployment's rules."""

    @property
    def tlp_default(self) -> Tlp:
        """Label of what names none."""


class Needs(Protocol):
    """What ``!assist`` uses."""

    @property
    def register(self) -> Register:
        """The directory."""

    @property
    def assist(self) -> Assist:
        """Offers and requests."""

    @property
    def trust(self) -> TrustView:
        """Verdicts as of now."""

    @property
    def policy(self) -> Policy:
        """The default label."""


class AssistNoOrganisation(NotDone):
    """The directory lists you in no organisation, so you can neither offer help nor ask for it. Nothing was done."""

    code = "assist-no-organisation"


async def run(call: Call, unit: Unit, services: Needs) -> Answer:  # noqa: PLR0911  (one for each word)
    """Do what the first word says."""
    act, rest = read(call)
    who = _member(call)
    if act is None:
        return Refusal(say(call.language, "assist-usage"))
    if act == "list":
        return await _list(call, unit, services, who, rest)
    if act == "offer":
        return await _offer(call, unit, services, who, rest)
    if act == "request":
        return await _request(call, unit, services, who, rest)
    if act == "withdraw" and not _is_ref(rest):
        return await _end_offer(call, unit, services, who, rest)
    ref = parse_ref(rest)
    if act == "withdraw":
        await services.assist.withdraw(unit, who, ref)
        return Reply(say(call.language, "assist-withdrawn", ref=ref), ref=ref)
    if act == "pass":
        await services.assist.decline(unit, who, ref)
        return Reply(say(call.language, "assist-passed", ref=ref), ref=ref)
    taken = await services.assist.take(unit, who, ref)
    organisation = taken.request.asker.organisation
    text = say(call.language, "assist-you-help", ref=ref, organisation=organisation, exchange=taken.exchange)
    return Reply(text, tlp=taken.request.tlp, ref=ref)


@cache
def words() -> Mapping[str, str]:
    """What may follow the command word, folded, in every language."""
    found = {act: act for act in ACTS}
    for language in catalogue().languages:
        for act in ACTS:
            found |= {fold(word): act for word in say(language, f"assist-do-{act}").plain.split()}
    return found


def read(call: Call) -> tuple[str | None, str]:
    """What is asked for, and the rest of the line; the bare command asks for the list."""
    first, _, rest = call.first_line.strip().partition(" ")
    return ("list" if not first else words().get(fold(first))), rest.strip()


def _answers(call: Call) -> bool:
    """Whoever was asked must get through."""
    return read(call)[0] in ("take", "pass")


def _member(call: Call) -> Member:
    caller = call.caller
    if caller.organisation is None:
        raise AssistNoOrganisation
    return Member(caller.user, caller.name, caller.organisation, caller.device, caller.languages)


def _is_ref(text: str) -> bool:
    return text[:3].upper() == "REQ" and not text[3:4].isalpha()


# --- offering ------------------------------------------------------------------------------------------


async def _offer(call: Call, unit: Unit, services: Needs, who: Member, rest: str) -> Answer:
    terms = split_terms(f"{rest}\n{call.body}")
    if not terms:
        return Reply(_framework(call.language), tlp=Tlp.CLEAR)
    meant = [lexicon().find(term) for term in terms]
    unclear = next((place for place, one in enumerate(meant) if one.number is None), None)
    if unclear is not None:

        def again(number: str) -> str:
            return f"offer {', '.join([*terms[:unclear], number, *terms[unclear + 1 :]])}"

        return _unclear(call, terms[unclear], meant[unclear], again, "assist-offer-which", body="")
    numbers = [one.number for one in meant if one.number is not None]
    new = await services.assist.offers.add(unit, who, numbers)
    lines = [say(call.language, "assist-offered" if new else "assist-offered-already", organisation=who.organisation)]
    return Reply(Rich.lines([*lines, *(service_name(call.language, n) for n in numbers)]), audience=Audience.VERIFIED)


async def _end_offer(call: Call, unit: Unit, services: Needs, who: Member, rest: str) -> Answer:
    meant = lexicon().find(rest)
    if meant.number is None:
        return _unclear(call, rest, meant, lambda n: f"withdraw {n}", "assist-withdraw-which")
    await services.assist.offers.end(unit, who, meant.number, call.language)
    name = service_name(call.language, meant.number)
    return Reply(say(call.language, "assist-offer-ended", organisation=who.organisation, service=name))


def _framework(language: str) -> Rich:
    """Every service, under its area."""
    lines = [say(language, "assist-framework")]
    area = ""
    for service in framework():
        if (now := service.number.partition(".")[0]) != area:
            area = now
            lines.append(area_name(language, area).bold())
        lines.append(service_name(language, service.number))
    return Rich.lines([*lines, say(language, "assist-framework-end")])


def _unclear(
    call: Call, typed: str, meant: Meant, again: Callable[[str], str], key: str, body: str | None = None
) -> Refusal:
    """A term is never guessed: a numbered list, and nothing was done."""
    language = call.language
    typed = typed[:QUOTED] + "…" if len(typed) > QUOTED else typed
    if not meant.choices:
        return Refusal(say(language, "assist-unknown-term", term=typed))
    lines = [say(language, key, term=typed)]
    for place, number in enumerate(meant.choices, start=1):
        lines.append(Rich(f"{place}. ", f"{place}. ") + service_name(language, number))
    return Refusal(Rich.lines(lines), Question(tuple(again(number) for number in meant.choices), body=body))


# --- asking --------------------------------------------------------------------------------------------


async def _request(call: Call, unit: Unit, services: Needs, who: Member, rest: str) -> Answer:
    language = call.language
    head, labelled, behind = split_at_label(rest)
    term, sentence = split_term(head)
    text = "\n".join(part for part in (sentence, behind, call.body.strip()) if part)
    tlp = labelled or services.policy.tlp_default

    def again(number: str) -> str:
        return f"request {number} {tlp} {' '.join(part for part in (sentence, behind) if part)}".strip()

    if not term:
        return Refusal(say(language, "assist-request-usage"))
    meant = lexicon().find(term)
    if meant.number is None:
        return _unclear(call, term, meant, again, "assist-request-which")
    name = service_name(language, meant.number)
    if not text:
        return Refusal(say(language, "assist-request-no-text", service=name))
    matches = await services.assist.offers.matches(unit, who, meant.number, tlp)
    if len(matches.asked) > ASK_ABOVE and not call.confirmed:
        to = ", ".join(matches.asked)
        preview = say(language, "assist-preview", count=len(matches.asked), to=to, service=name, label=label(tlp))
        return Reply(preview, tlp=tlp, question=Question((again(meant.number),)))
    said = EventId(str(call.extra.get("said") or call.event_id))
    origin = Origin(call.place.room, call.place.kind, call.event_id, said, language)
    request = await services.assist.request(unit, who, origin, meant.number, tlp, text, matches)
    lines = [
        say(language, "assist-requested", ref=request.ref, service=name, label=label(tlp)),
        Rich() if labelled else say(language, "assist-default-label", label=label(tlp)),
        *_asked(language, matches, services.trust),
        say(language, "assist-requested-end", ref=request.ref, until=instant(request.expires_at)),
    ]
    return Reply(Rich.lines(lines), tlp=tlp, ref=request.ref)


def _asked(language: str, matches: Matches, trust: TrustView) -> list[Rich]:
    """Who is asked now, who later and who cannot be; a room that fails its verdict now is named."""
    lines = [say(language, "assist-asks", who=_offers(language, [offer for offer, _ in matches.first]))]
    if matches.later:
        later = _offers(language, [offer for offer, _ in matches.later])
        lines.append(say(language, "assist-asks-later", who=later))
    if held := [offer for offer, recipient in matches.first if not trust.room(recipient.room).ok]:
        lines.append(say(language, "assist-asks-held", who=_handles(held)))
    if matches.absent:
        lines.append(say(language, "assist-asks-absent", who=_handles(matches.absent)))
    return lines


def _handles(offers: Sequence[Offer]) -> str:
    return ", ".join(str(offer.organisation.handle) for offer in offers)


def _offers(language: str, offers: Sequence[Offer]) -> str:
    """``CERT-BR (español), CSIRT-CL``."""
    names = []
    for offer in offers:
        spoken = ", ".join(language_name(language, common) for common in offer.common)
        names.append(f"{offer.organisation.handle} ({spoken})" if spoken else str(offer.organisation.handle))
    return ", ".join(names)


# --- looking -------------------------------------------------------------------------------------------


async def _list(call: Call, unit: Unit, services: Needs, who: Member, rest: str) -> Answer:
    language = call.language
    ours = services.register.organisation(who.organisation)
    if ours is None:
        raise AssistNoOrganisation
    if rest:
        return await _who_offers(call, unit, services, who, ours, rest)
    offers = await services.assist.offers.of(unit, ours)
    lines = [say(language, "assist-list-offers" if offers else "assist-list-no-offers", organisation=ours.handle)]
    for number, own in offers.items():
        name = service_name(language, number)
        lines.append(name if own else say(language, "assist-list-entry", service=name))
    tlp = DETAILS
    for request, whom in await services.assist.open_of(unit, who.organisation):
        tlp = max(tlp, request.tlp, key=lambda one: one.rank)
        lines += [_line(language, request), say(language, "assist-list-whom", who=_whom(language, whom))]
    for request in await services.assist.open_for(unit, who.organisation):
        tlp = max(tlp, request.tlp, key=lambda one: one.rank)
        lines += [_line(language, request), say(language, "assist-list-take", ref=request.ref)]
    return Reply(Rich.lines(lines), tlp=tlp, audience=Audience.VERIFIED)


def _line(language: str, request: Request) -> Rich:
    return say(
        language,
        "assist-list-request",
        ref=request.ref,
        organisation=request.asker.organisation,
        service=service_name(language, request.service),
        label=label(request.tlp),
        until=instant(request.expires_at),
    )


def _whom(language: str, whom: Sequence[Asked]) -> str:
    """Everybody whom a request is for, with how it stands there."""
    said = []
    for one in whom:
        how = one.reply.value if one.reply else "held" if one.held else "later" if one.row is None else "asked"
        said.append(say(language, f"assist-whom-{how}", who=one.organisation).plain)
    return ", ".join(said)


async def _who_offers(call: Call, unit: Unit, services: Needs, who: Member, ours: Organisation, term: str) -> Answer:
    """Those who offer a service, as far as everybody in this room may know of it."""
    meant = lexicon().find(term)
    if meant.number is None:
        return _unclear(call, term, meant, lambda number: f"list {number}", "assist-list-which")
    audience = readers_of(call, services.register, services.trust)
    found = [
        offer
        for offer in await services.assist.offers.offering(unit, ours, meant.number, who.languages)
        if may_see(DETAILS, audience, offer.organisation, services.register.connected(offer.organisation.handle))
    ]
    name = service_name(call.language, meant.number)
    if not found:
        return Reply(say(call.language, "assist-offered-by-nobody", service=name), tlp=DETAILS)
    lines = [
        say(
            call.language,
            "assist-offered-by",
            count=len(found),
            service=name,
            who=_offers(call.language, found[:SHOWN]),
        )
    ]
    return Reply(Rich.lines(lines), tlp=DETAILS, audience=Audience.VERIFIED)


COMMAND = Command(name="assist", access=Access.DESK, run=run, group="assist", urgent=_answers)
