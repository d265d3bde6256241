"""``!people``: who staffs an organisation, and how each of them stands with enlace; adding is a proposal, removing
works at once."""

from functools import cache
from hashlib import sha256
from typing import Protocol

from bot.audit.service import Actor
from bot.commands.access import may
from bot.commands.answers import fold
from bot.commands.call import Access, Answer, Call, Command, Reply
from bot.commands.parse import take_user
from bot.db.unit import Unit
from bot.directory.model import Organisation, Person
from bot.directory.service import NoSuchPerson, Register, one_line
from bot.directory.service.proposal_news import say_change
from bot.directory.service.staffing import Staffing
from bot.errors import NotDone
from bot.i18n.catalogue import catalogue, say
from bot.i18n.rich import Rich, code
from bot.ports import TrustView
from bot.tlp import Tlp


class Needs(Protocol):
    """What ``!people`` uses."""

    @property
    def register(self) -> Register:
        """The directory."""

    @property
    def trust(self) -> TrustView:
        """Verdicts as of now."""

    @property
    def staffing(self) -> Staffing:
        """Who comes and goes."""


class PeopleWhat(NotDone):
    """“{word}” is nothing that can be done with people here; nothing was done."""

    code = "people-what"


class AddWhom(NotDone):
    """To add somebody, name the Matrix user, the person's name and the role. Nothing was proposed."""

    code = "people-add-whom"


class NotYourPeople(NotDone):
    """The directory has no organisation “{handle}” whose people you may see. Nothing was done."""

    code = "not-your-people"


async def run(call: Call, unit: Unit, services: Needs) -> Answer:
    """List, propose or remove."""
    denied = may(Access.DESK, call.caller, call.place)
    if denied is not None:
        raise denied
    word, _, rest = call.first_line.partition(" ")
    if not word or fold(word) in words("list"):
        return _list(call, services, rest.strip())
    if fold(word) in words("add"):
        return await _add(call, unit, services, rest.strip())
    if fold(word) in words("remove"):
        return await _remove(call, unit, services, rest.strip())
    raise PeopleWhat(word=word[:60])


def _list(call: Call, services: Needs, named: str) -> Reply:
    """One line for each person."""
    organisation = _whose(call, services.register, named)
    people = services.register.people_of(organisation.handle)
    head = say(call.language, "people-head", organisation=organisation.handle, count=len(people))
    return Reply(Rich.lines([head, *(_line(call.language, person, services) for person in people)]), tlp=Tlp.AMBER)


async def _add(call: Call, unit: Unit, services: Needs, said: str) -> Reply:
    """``[HANDLE] @x NAME ROLE``: kept until a coordinator approves it."""
    named, _, after = said.partition(" ")
    if services.register.organisation(named) is None:
        named, after = "", said
    user, rest = take_user(after)
    name, _, role = rest.rpartition(" ")
    name = " ".join(one_line(name).plain.replace('"', " ").split())
    if not name:
        raise AddWhom
    organisation = _whose(call, services.register, named)
    proposal = await services.staffing.propose_person(
        unit,
        organisation,
        user,
        name,
        role,
        file="!people add",
        file_sha256=sha256(call.first_line.encode()).hexdigest(),
        actor=_actor(call),
    )
    head = say(call.language, "people-proposed", ref=proposal.ref, until=f"{proposal.expires_at:%Y-%m-%d}")
    then = say(call.language, "people-proposed-then", user=code(user))
    return Reply(Rich.lines([head, *say_change(proposal), then]), tlp=Tlp.AMBER, ref=proposal.ref)


async def _remove(call: Call, unit: Unit, services: Needs, said: str) -> Reply:
    """``@x``: out of the directory and out of trust, now."""
    user, _ = take_user(said)
    person = services.register.person(user)
    if person is None or person.organisation is None:
        raise NoSuchPerson(user=user)
    if not call.caller.coordinator or person.organisation == call.caller.organisation:
        _whose(call, services.register, person.organisation)
    gone = await services.staffing.remove(unit, user, actor=_actor(call), room=call.place.room)
    text = say(
        call.language,
        "people-removed",
        user=code(user),
        name=one_line(gone.name),
        organisation=gone.organisation or "–",
    )
    return Reply(text, tlp=Tlp.AMBER)


def _actor(call: Call) -> Actor:
    return Actor(call.caller.organisation, call.caller.name, call.caller.user, call.caller.device)


def _whose(call: Call, register: Register, named: str) -> Organisation:
    """The caller's own organisation; a coordinator may name any in their own room, where nobody reads along."""
    handle = named or call.caller.organisation or ""
    found = register.organisation(handle)
    own = call.caller.organisation is not None and handle.casefold() == call.caller.organisation.casefold()
    alone = call.place.kind == "direct" and register.direct_room(call.caller.user) == call.place.room
    if found is None or not (own or (call.caller.coordinator and alone)):
        raise NotYourPeople(handle=handle[:63])
    return found


def _line(language: str, person: Person, services: Needs) -> Rich:
    """Name, Matrix user, roles, and the standing with its date."""
    facts = [one_line(person.name).bold()]
    if person.mxid:
        facts.append(code(person.mxid))
    if person.roles:
        facts.append(one_line(", ".join(person.roles)))
    if person.lead:
        facts.append(say(language, "people-lead"))
    facts.append(_standing(language, person, services))
    return Rich(" · ".join(fact.plain for fact in facts), " · ".join(fact.html for fact in facts))


def _standing(language: str, person: Person, services: Needs) -> Rich:
    if person.mxid is None:
        return say(language, "people-no-matrix")
    standing = services.trust.person(person.mxid).standing
    pin = services.register.pin(person.mxid)
    until = f"{pin.expires:%Y-%m-%d}" if pin and standing.value in {"verified", "vouched", "grace", "expired"} else "–"
    return say(language, f"people-{standing.value}", until=until)


@cache
def words(what: str) -> frozenset[str]:
    """The words for ``list``, ``add`` or ``remove``, folded, in every language."""
    said = [say(language, f"people-do-{what}").plain for language in catalogue().languages]
    return frozenset(fold(word) for text in said for word in text.split())


COMMAND = Command(name="people", access=Access.LEAD, run=run, group="trust")
