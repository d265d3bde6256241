"""``!people list``: who staffs an organisation, and how each of them stands with enlace."""

from functools import cache
from typing import Protocol

from bot.commands.access import may
from bot.commands.answers import fold
from bot.commands.call import Access, Answer, Call, Command, Reply
from bot.db.unit import Unit
from bot.directory.model import Organisation, Person
from bot.directory.service import Register, one_line
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


class PeopleWhat(NotDone):
    """“{word}” is nothing that can be done with people here; nothing was done."""

    code = "people-what"


class NotYourPeople(NotDone):
    """The directory has no organisation “{handle}” whose people you may see. Nothing was done."""

    code = "not-your-people"


async def run(call: Call, _unit: Unit, services: Needs) -> Answer:
    """Answer with one line for each person."""
    denied = may(Access.DESK, call.caller, call.place)
    if denied is not None:
        raise denied
    word, _, rest = call.first_line.partition(" ")
    if word and fold(word) not in words():
        raise PeopleWhat(word=word[:60])
    organisation = _whose(call, services.register, rest.strip())
    people = services.register.people_of(organisation.handle)
    head = say(call.language, "people-head", organisation=organisation.handle, count=len(people))
    return Reply(Rich.lines([head, *(_line(call.language, person, services) for person in people)]), tlp=Tlp.AMBER)


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
def words() -> frozenset[str]:
    """The words for the list, folded, in every language."""
    said = [say(language, "people-do-list").plain for language in catalogue().languages]
    return frozenset(fold(word) for text in said for word in text.split())


COMMAND = Command(name="people", access=Access.LEAD, run=run, group="trust")
